/* SPDX-License-Identifier: Apache-2.0 */
/* faulty_gpu.c - in the program that is made with it every OpenCL device says that it is a GPU, and launches of one kernel fail: of that which
 * PARTITA_FAULTY_KERNEL names. The linker puts __wrap_opencl_open in place of opencl_open. */
#include "gpu/opencl_calls.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_ROOM = 64 };

static opencl driver;

pt_status __real_opencl_open(opencl **out, pt_err *err);
pt_status __wrap_opencl_open(opencl **out, pt_err *err);

static cl_int CL_API_CALL say_gpu(cl_device_id device, cl_device_info what, size_t room, void *value, size_t *bytes)
{
    const cl_int code = driver.clGetDeviceInfo(device, what, room, value, bytes);
    if (what == CL_DEVICE_TYPE && code == CL_SUCCESS && value != NULL)
        memcpy(value, &(cl_device_type){CL_DEVICE_TYPE_GPU}, sizeof(cl_device_type));
    return code;
}

static bool is_faulty(cl_kernel kernel)
{
    const char *faulty = getenv("PARTITA_FAULTY_KERNEL");
    char name[NAME_ROOM] = "";
    return faulty != NULL &&
           driver.clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME, sizeof name, name, NULL) == CL_SUCCESS &&
           strcmp(name, faulty) == 0;
}

static cl_int CL_API_CALL launch(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions, const size_t *offset,
                                 const size_t *global, const size_t *local, cl_uint n, const cl_event *after,
                                 cl_event *event)
{
    return is_faulty(kernel)
               ? CL_OUT_OF_RESOURCES
               : driver.clEnqueueNDRangeKernel(queue, kernel, dimensions, offset, global, local, n, after, event);
}

pt_status __wrap_opencl_open(opencl **out, pt_err *err)
{
    if (__real_opencl_open(out, err) != PT_OK)
        return err->code;
    driver = **out;
    (*out)->clGetDeviceInfo = say_gpu;
    (*out)->clEnqueueNDRangeKernel = launch;
    return PT_OK;
}
