/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "gpu/device_state.h"

/* What the driver tells of a kernel; what it doesn't tell is 0. */
static void describe(gpu_kernel *kernel)
{
    const opencl *cl = kernel->device->cl;
    cl_device_id id = kernel->device->id;
    cl_ulong local = 0, private = 0;
    gpu_kernel_info *info = &kernel->info;
    cl->clGetKernelWorkGroupInfo(kernel->kernel, id, CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE,
                                 sizeof info->group_multiple, &info->group_multiple, NULL);
    cl->clGetKernelWorkGroupInfo(kernel->kernel, id, CL_KERNEL_LOCAL_MEM_SIZE, sizeof local, &local, NULL);
    cl->clGetKernelWorkGroupInfo(kernel->kernel, id, CL_KERNEL_PRIVATE_MEM_SIZE, sizeof private, &private, NULL);
    info->local_bytes = local;
    info->private_bytes = private;
    info->tells_registers = build_log_read(info->log, &info->figures);
}

static pt_status make_kernel(gpu_kernel *kernel, cl_program program, pt_err *err)
{
    gpu_device *device = kernel->device;
    const opencl *cl = device->cl;
    cl_int code;
    cl_uint n_args;
    kernel->kernel = cl->clCreateKernel(program, kernel->name, &code);
    if (code != CL_SUCCESS) {
        kernel->kernel = NULL;
        return opencl_fail(err, device->info.name, kernel->name, code);
    }
    code = cl->clGetKernelInfo(kernel->kernel, CL_KERNEL_NUM_ARGS, sizeof n_args, &n_args, NULL);
    if (code == CL_SUCCESS)
        code = cl->clGetKernelWorkGroupInfo(kernel->kernel, device->id, CL_KERNEL_WORK_GROUP_SIZE,
                                            sizeof kernel->info.group_max, &kernel->info.group_max, NULL);
    if (code != CL_SUCCESS)
        return opencl_fail(err, device->info.name, kernel->name, code);
    kernel->n_args = n_args;
    describe(kernel);
    return PT_OK;
}

static void kernel_destroy(gpu_kernel *kernel)
{
    if (kernel->kernel != NULL)
        kernel->device->cl->clReleaseKernel(kernel->kernel);
    pthread_mutex_destroy(&kernel->lock);
    free(kernel->log);
    free(kernel->name);
    free(kernel->options);
    free(kernel);
}

/* owns: *out is the caller's, without a cl_kernel */
static pt_status kernel_begin(gpu_device *device, const char *name, const char *options, gpu_kernel **out, pt_err *err)
{
    gpu_kernel *kernel = calloc(1, sizeof *kernel);
    if (kernel == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for the kernel %s", name);
    pthread_mutex_init(&kernel->lock, NULL);
    kernel->device = device;
    kernel->name = strdup(name);
    kernel->options = strdup(options);
    if (kernel->name == NULL || kernel->options == NULL) {
        kernel_destroy(kernel);
        return pt_fail(err, PT_E_NOMEM, "no memory for the kernel %s", name);
    }
    *out = kernel;
    return PT_OK;
}

static pt_status kernel_build(gpu_kernel *kernel, pt_err *err)
{
    cl_program program = NULL;
    if (gpu_program_build(kernel->device, kernel->name, kernel->options, &program, &kernel->log, err) != PT_OK)
        return err->code;
    kernel->info.name = kernel->name;
    kernel->info.log = kernel->log;
    make_kernel(kernel, program, err);
    kernel->device->cl->clReleaseProgram(program); /* the kernel holds it */
    return err->code;
}

static gpu_kernel *find(gpu_kernel *kernels, const char *name, const char *options)
{
    for (gpu_kernel *kernel = kernels; kernel != NULL; kernel = kernel->next)
        if (strcmp(kernel->name, name) == 0 && strcmp(kernel->options, options) == 0)
            return kernel;
    return NULL;
}

/* Under build_lock. */
static pt_status build_new(gpu_device *device, const char *name, const char *options, gpu_kernel **out, pt_err *err)
{
    gpu_kernel *kernel = NULL;
    if (kernel_begin(device, name, options, &kernel, err) != PT_OK)
        return err->code;
    if (kernel_build(kernel, err) != PT_OK) {
        kernel_destroy(kernel);
        return err->code;
    }
    kernel->next = device->kernels;
    device->kernels = kernel;
    *out = kernel;
    return PT_OK;
}

pt_status gpu_kernel_get(gpu_device *device, const char *name, const char *options, gpu_kernel **out, pt_err *err)
{
    pthread_mutex_lock(&device->build_lock);
    gpu_kernel *kernel = find(device->kernels, name, options);
    if (kernel != NULL || build_new(device, name, options, &kernel, err) == PT_OK)
        *out = kernel;
    pthread_mutex_unlock(&device->build_lock);
    return err->code;
}

void gpu_kernels_clear(gpu_device *device)
{
    for (gpu_kernel *kernel = device->kernels, *next; kernel != NULL; kernel = next) {
        next = kernel->next;
        kernel_destroy(kernel);
    }
    device->kernels = NULL;
}

const gpu_kernel_info *gpu_kernel_describe(const gpu_kernel *kernel)
{
    return &kernel->info;
}
