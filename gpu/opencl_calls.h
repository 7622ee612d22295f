/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/opencl_calls.h - every call of OpenCL that is made, as a table: of OpenCL 1.2, so that every driver has it. gpu/'s own.
 *
 * Code calls cl->clCreateBuffer(...). A test puts a table of its own in place, whose n-th call fails. */
#ifndef PT_OPENCL_CALLS_H
#define PT_OPENCL_CALLS_H

#define CL_TARGET_OPENCL_VERSION 300
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>
#include <CL/cl_ext.h>

#include "gpu/opencl.h"

/* clFinish is for a queue whose wait has failed, alone. */
#define OPENCL_CALLS(X)            \
    X(clGetPlatformIDs)            \
    X(clGetPlatformInfo)           \
    X(clGetDeviceIDs)              \
    X(clGetDeviceInfo)             \
    X(clCreateContext)             \
    X(clReleaseContext)            \
    X(clCreateCommandQueue)        \
    X(clReleaseCommandQueue)       \
    X(clCreateBuffer)              \
    X(clReleaseMemObject)          \
    X(clCreateProgramWithSource)   \
    X(clCreateProgramWithBinary)   \
    X(clBuildProgram)              \
    X(clGetProgramInfo)            \
    X(clGetProgramBuildInfo)       \
    X(clReleaseProgram)            \
    X(clCreateKernel)              \
    X(clGetKernelInfo)             \
    X(clGetKernelWorkGroupInfo)    \
    X(clSetKernelArg)              \
    X(clReleaseKernel)             \
    X(clEnqueueNDRangeKernel)      \
    X(clEnqueueReadBuffer)         \
    X(clEnqueueWriteBuffer)        \
    X(clEnqueueCopyBuffer)         \
    X(clEnqueueFillBuffer)         \
    X(clEnqueueMapBuffer)          \
    X(clEnqueueUnmapMemObject)     \
    X(clEnqueueMarkerWithWaitList) \
    X(clFinish)                    \
    X(clFlush)                     \
    X(clWaitForEvents)             \
    X(clGetEventInfo)              \
    X(clGetEventProfilingInfo)     \
    X(clReleaseEvent)

struct opencl {
#define OPENCL_MEMBER(name) __typeof__(&name) name;
    OPENCL_CALLS(OPENCL_MEMBER)
#undef OPENCL_MEMBER
    void *library; /* of dlopen; NULL in a table of a test */
};

/** As opencl_open, of another library than libOpenCL.so.1. */
pt_status opencl_open_library(const char *name, opencl **out, pt_err *err);

/** What OpenCL calls this error: "CL_OUT_OF_RESOURCES", or "an unknown error".
 *  thread  any */
const char *opencl_error_name(cl_int code);

/** Record that a step failed: "DEVICE: STEP: CL_OUT_OF_RESOURCES (-5)".
 *  errors  PT_E_NOMEM where the code says that memory is short; PT_E_DEVICE */
pt_status opencl_fail(pt_err *err, const char *device, const char *step, cl_int code);

#endif
