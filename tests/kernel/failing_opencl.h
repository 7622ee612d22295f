/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/failing_opencl.h - a driver whose n-th call fails: a table before another, which counts calls and what they leave.
 * One a program, one thread at a time. */
#ifndef PT_FAILING_OPENCL_H
#define PT_FAILING_OPENCL_H

#include <stdbool.h>

#include "gpu/opencl_calls.h"

/** The table, before the calls of real; none fails yet. A release that fails has released all the same, clFinish has waited. */
const opencl *failing_opencl(const opencl *real);

/** Count calls from 1 again; the n-th fails (0: none does) with this code, and with for_good every later one: the device is lost. */
void failing_opencl_set(size_t n, cl_int code, bool for_good);

/** Calls since then, and the name of the first that failed or NULL. */
size_t failing_opencl_n_calls(void);
const char *failing_opencl_failed(void);

/** How many of these calls have this name. */
size_t failing_opencl_n_named(const char *name);

/** Objects of OpenCL that were made through the table and not released, and the kind of one, such as "event". */
long failing_opencl_n_live(const char **kind);

#endif
