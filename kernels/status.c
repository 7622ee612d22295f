/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/shared/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Copy text into msg; keep its first and last parts around "..." if it does not fit. */
static void message_fit(char *msg, size_t room, const char *text, size_t len)
{
    if (len < room) {
        memcpy(msg, text, len + 1);
        return;
    }
    size_t head = (room - 4) / 3, tail = room - 4 - head;
    memcpy(msg, text, head);
    memcpy(msg + head, "...", 3);
    memcpy(msg + head + 3, text + len - tail, tail + 1);
}

pt_status pt_fail(pt_err *err, pt_status code, const char *fmt, ...)
{
    if (err->code != PT_OK)
        return err->code;
    char text[4608];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    err->code = code;
    size_t kept = len < 0 ? 0 : ((size_t)len < sizeof text ? (size_t)len : sizeof text - 1);
    text[kept] = '\0'; /* an argument that can't be converted leaves text as it was */
    message_fit(err->msg, sizeof err->msg, text, kept);
    return code;
}
