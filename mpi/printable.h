/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/printable.h - the names of files hold any byte but NUL; terminals, messages of one line and JSON do not take all. */
#ifndef PT_PRINTABLE_H
#define PT_PRINTABLE_H

#include <jansson.h>

/** Put '?' for every control character.
 *  ranks   any */
void printable_line(char *text);

/** A JSON string of text; if that is not UTF-8, with '?' for every byte beyond ASCII.
 *  owns    the caller's; NULL without memory
 *  ranks   any */
json_t *printable_json(const char *text);

#endif
