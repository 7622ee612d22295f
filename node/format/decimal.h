/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/decimal.h - integers of up to 48 bytes between little-endian bytes and the decimal strings of JSON files. */
#ifndef PT_DECIMAL_H
#define PT_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** 2^384 has 116 digits; a final zero is among the characters. */
enum { DECIMAL_BYTES_MAX = 48, DECIMAL_CHARS_MAX = 117 };

/** Write an integer, without leading zeros.
 *  shape   bytes: n_bytes, a multiple of 8, at most DECIMAL_BYTES_MAX */
void decimal_from_bytes(const uint8_t *bytes, size_t n_bytes, char text[DECIMAL_CHARS_MAX]);

/** Read an integer: digits alone, no leading zero but in "0". False, and out untouched, for anything else and for what n_bytes
 *  can't hold. */
bool decimal_to_bytes(const char *text, size_t n_chars, size_t n_bytes, uint8_t *out);

#endif
