/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/program.h - kernels by name: text from kernels/embedded.h, built once for each device and set of options. */
#ifndef PT_PROGRAM_H
#define PT_PROGRAM_H

#include "gpu/build_log.h"
#include "gpu/device.h"

typedef struct gpu_kernel gpu_kernel;

typedef struct {
    const char *name;
    size_t group_max;      /* work-items of a work-group of this kernel at most */
    size_t group_multiple; /* a work-group is best a multiple of this: a warp */
    uint64_t local_bytes, private_bytes;
    bool tells_registers; /* does the log say what follows? */
    build_log_figures figures;
    const char *log; /* what the compiler said: registers and spills on NVIDIA; "" if nothing */
} gpu_kernel_info;

/** The kernel NAME of kernels/NAME.cl, built with these options; the device adds its own: -DPT_PTX=1 on NVIDIA.
 *  shape   options: the compiler's, "-DPT_CURVE_BN254 -DPT_GROUP=1"; the same text gives the same kernel
 *  owns    *out is the device's, until it is closed
 *  thread  any; a launch sets all arguments, so one kernel may be launched from several threads
 *  errors  PT_E_DEVICE it can't be built: the compiler's first error; PT_E_NOMEM; PT_E_INTERNAL there is no such file */
pt_status gpu_kernel_get(gpu_device *device, const char *name, const char *options, gpu_kernel **out, pt_err *err);

const gpu_kernel_info *gpu_kernel_describe(const gpu_kernel *kernel);

/** The text that is compiled: kernels/NAME.cl with each #include "kernels/..." in its place, however often it stands.
 *  owns    *out is the caller's (free)
 *  thread  any
 *  errors  PT_E_INTERNAL a file that is not there, or includes that go in a circle; PT_E_NOMEM */
pt_status gpu_source_expand(const char *name, char **out, size_t *len, pt_err *err);

#endif
