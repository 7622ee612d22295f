/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* asprintf */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/device_state.h"

/* The options that every kernel of this device gets beside its own. owns: the caller's (free); NULL without memory */
static char *all_options(const gpu_device *device, const char *options)
{
    bool ptx = device->info.nvidia && !device->options.portable;
    char *all;
    int len = asprintf(&all, "-cl-std=CL1.2%s%s %s", device->info.nvidia ? " -cl-nv-verbose" : "", ptx ? " -DPT_PTX=1" : "",
                       options);
    return len < 0 ? NULL : all;
}

/* What the compiler said. owns: the caller's (free); NULL if that can't be had */
static char *read_log(const gpu_device *device, cl_program program)
{
    size_t bytes = 0;
    if (device->cl->clGetProgramBuildInfo(program, device->id, CL_PROGRAM_BUILD_LOG, 0, NULL, &bytes) != CL_SUCCESS)
        return NULL;
    char *log = calloc(1, bytes + 1);
    if (log != NULL &&
        device->cl->clGetProgramBuildInfo(program, device->id, CL_PROGRAM_BUILD_LOG, bytes, log, NULL) != CL_SUCCESS) {
        free(log);
        return NULL;
    }
    return log;
}

/* The line of the log that says what is wrong: the first with "error", else the first. */
static const char *telling_line(const char *log, int *len)
{
    const char *found = strstr(log, "error");
    while (found != NULL && found > log && found[-1] != '\n')
        found--;
    if (found == NULL)
        found = log + strspn(log, "\n ");
    *len = (int)strcspn(found, "\n");
    return found;
}

static pt_status build_failed(const gpu_device *device, cl_program program, const char *name, cl_int code, pt_err *err)
{
    char *log = read_log(device, program);
    int len;
    const char *line = telling_line(log == NULL ? "" : log, &len);
    if (log != NULL && device->options.build_log != NULL)
        fprintf(device->options.build_log, "%s\n", log);
    pt_fail(err, code == CL_OUT_OF_HOST_MEMORY ? PT_E_NOMEM : PT_E_DEVICE, "%s: build of %s: %s (%d)%s%.*s",
            device->info.name, name, opencl_error_name(code), code, len > 0 ? ": " : "", len, line);
    free(log);
    return err->code;
}

static pt_status build_source(const gpu_device *device, const char *name, const char *options, cl_program *out, pt_err *err)
{
    const opencl *cl = device->cl;
    char *text;
    size_t len;
    cl_int code;
    if (gpu_source_expand(name, &text, &len, err) != PT_OK)
        return err->code;
    cl_program program = cl->clCreateProgramWithSource(device->context, 1, (const char **)&text, &len, &code);
    free(text);
    if (code != CL_SUCCESS)
        return opencl_fail(err, device->info.name, "handing over a kernel's source", code);
    code = cl->clBuildProgram(program, 1, &device->id, options, NULL, NULL);
    if (code == CL_SUCCESS) {
        *out = program;
        return PT_OK;
    }
    build_failed(device, program, name, code, err);
    cl->clReleaseProgram(program);
    return err->code;
}

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
    gpu_device *device = kernel->device;
    cl_program program = NULL;
    char *options = all_options(device, kernel->options);
    if (options == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for the kernel %s", kernel->name);
    if (build_source(device, kernel->name, options, &program, err) == PT_OK) {
        kernel->log = read_log(device, program);
        kernel->info.log = kernel->log == NULL ? "" : kernel->log;
        kernel->info.name = kernel->name;
        make_kernel(kernel, program, err);
        device->cl->clReleaseProgram(program); /* the kernel holds it */
    }
    free(options);
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
