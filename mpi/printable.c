/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/printable.h"

#include <stdlib.h>
#include <string.h>

void printable_line(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++)
        if (*c < ' ' || *c == 0x7f)
            *c = '?';
}

json_t *printable_json(const char *text)
{
    json_t *out = json_string(text);
    char *ascii = out == NULL ? strdup(text) : NULL;
    if (ascii == NULL)
        return out;
    for (unsigned char *c = (unsigned char *)ascii; *c != '\0'; c++)
        if (*c >= 0x80)
            *c = '?';
    out = json_string(ascii);
    free(ascii);
    return out;
}
