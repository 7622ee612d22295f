/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/text_write.h - pieces of text files that are the same in every locale: numbers, and names with any bytes in them. */
#ifndef PT_TEXT_WRITE_H
#define PT_TEXT_WRITE_H

#include <stdio.h>

/** A number with so many digits behind a point, rounded to the nearest. shape: |value| * 10^decimals < 2^63; decimals <= 9 */
void text_write_fixed(FILE *out, double value, unsigned decimals);

/** A JSON string with its quotes. Bytes that are not UTF-8 become '?'. */
void text_write_json(FILE *out, const char *text);

/** The same into memory, with a NUL; of a text that does not fit the beginning, whole characters.
 *  shape   out[room], room >= 3
 *  returns its bytes without the NUL */
size_t text_put_json(char *out, size_t room, const char *text);

/** Text of an XML element or attribute. What is not UTF-8, or no character of XML 1.0, becomes '?'. */
void text_write_xml(FILE *out, const char *text);

#endif
