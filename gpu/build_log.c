/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/build_log.h"

#include <stdio.h>
#include <string.h>

static void take_larger(unsigned *most, unsigned n)
{
    if (*most < n)
        *most = n;
}

/* "Used 96 registers, used 0 barriers", "0 bytes stack frame, 428 bytes spill stores, 400 bytes spill loads" */
bool build_log_read(const char *log, build_log_figures *out)
{
    build_log_figures found = {0};
    unsigned n;
    for (const char *at = log; (at = strstr(at, "Used ")) != NULL; at++)
        if (sscanf(at, "Used %u registers", &n) == 1)
            take_larger(&found.registers, n);
    for (const char *at = log; (at = strstr(at, " bytes stack frame, ")) != NULL; at++)
        if (sscanf(at, " bytes stack frame, %u bytes spill stores", &n) == 1)
            take_larger(&found.spill_bytes, n);
    if (found.registers == 0)
        return false;
    *out = found;
    return true;
}
