/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/device_state.h - what is behind the handles of gpu/device.h, buffer.h, program.h. gpu/'s own. */
#ifndef PT_DEVICE_STATE_H
#define PT_DEVICE_STATE_H

#include <pthread.h>

#include "gpu/buffer.h"
#include "gpu/device.h"
#include "gpu/opencl_calls.h"
#include "gpu/program.h"

struct gpu_device {
    const opencl *cl;
    gpu_device_info info;
    gpu_device_options options;
    cl_device_id id;
    cl_context context;
    cl_command_queue wipes; /* zeroes secret buffers before they are released; maps and unmaps pinned memory */
    pthread_mutex_t count_lock;
    uint64_t bytes, peak_bytes; /* under count_lock */
    pthread_mutex_t build_lock;
    gpu_kernel *kernels; /* a list, under build_lock; each stays where it is until the device is closed */
};

struct gpu_buffer {
    gpu_device *device;
    cl_mem mem;
    size_t bytes;
    bool secret;
    char name[40];
};

/** Queues the filling of [offset, offset + bytes), in words, by a word. Its patterns are as long as a large buffer needs: NVIDIA's driver 580 counts them in
 *  32 bits with a sign. By bytes a fill of 2 GiB does not end, one of 4 does nothing, and one from 2 GiB on writes elsewhere.
 *  shape   beyond 8 GiB in units of 16 bytes, beyond 32 of 32, and so on to 128
 *  event   of the fill, the caller's; NULL: none
 *  returns OpenCL's code */
cl_int gpu_buffer_fill(const gpu_buffer *buffer, cl_command_queue queue, size_t offset, uint32_t word, size_t bytes,
                       cl_event *event);

struct gpu_kernel {
    gpu_kernel *next;
    gpu_device *device;
    cl_kernel kernel;
    pthread_mutex_t lock; /* from the first argument that is set to the launch: OpenCL keeps arguments in the kernel */
    char *name, *options;
    gpu_kernel_info info;
    char *log; /* info.log, or NULL */
    size_t n_args;
};

/** As gpu_device_list_init, with OpenCL's names for the devices beside it.
 *  owns    *ids is the caller's (free) */
pt_status gpu_device_ids(const opencl *cl, gpu_device_list *out, cl_device_id **ids, pt_err *err);

/** Compute what is known.
 *  errors  PT_E_INTERNAL a wrong answer; those of what it takes to ask */
pt_status gpu_device_test(gpu_device *device, pt_err *err);

/** The program of one kernel: from the cache, or built from its text and kept there.
 *  owns    *out is the caller's (clReleaseProgram), *log too (free) */
pt_status gpu_program_build(const gpu_device *device, const char *name, const char *options, cl_program *out, char **log,
                            pt_err *err);

/** Release every kernel of the device. */
void gpu_kernels_clear(gpu_device *device);

#endif
