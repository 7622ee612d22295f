/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/opencl.h - OpenCL's loader, opened at run time and never linked: a machine without one is none the worse. */
#ifndef PT_OPENCL_H
#define PT_OPENCL_H

#include "kernels/shared/status.h"

/** The loader's calls as a table of pointers: gpu/opencl_calls.h. */
typedef struct opencl opencl;

/** Load libOpenCL.so.1 and find its calls. Drivers keep threads: the library stays in the process once it is there.
 *  owns    *out is the caller's (opencl_close), after every device that was opened by it
 *  errors  PT_E_DEVICE there is no loader, or it lacks a call; PT_E_NOMEM */
pt_status opencl_open(opencl **out, pt_err *err);
void opencl_close(opencl *cl);

#endif
