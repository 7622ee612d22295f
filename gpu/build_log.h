/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/build_log.h - what a driver's compiler tells of a kernel in its log. Pure. */
#ifndef PT_BUILD_LOG_H
#define PT_BUILD_LOG_H

#include <stdbool.h>

/** The most of any function of the program. */
typedef struct {
    unsigned registers;   /* of a work-item, 32 bits each */
    unsigned spill_bytes; /* of a work-item: written to memory for want of registers */
} build_log_figures;

/** Read the lines of NVIDIA's ptxas, which -cl-nv-verbose asks for.
 *  returns false if no line tells of registers: *out is left as it is */
bool build_log_read(const char *log, build_log_figures *out);

#endif
