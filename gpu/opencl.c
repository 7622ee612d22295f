/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/opencl_calls.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>

static const struct {
    cl_int code;
    const char *name;
} errors[] = {
#define ERROR_NAME(name) \
    {                    \
        name, #name      \
    }
    ERROR_NAME(CL_DEVICE_NOT_FOUND),
    ERROR_NAME(CL_DEVICE_NOT_AVAILABLE),
    ERROR_NAME(CL_COMPILER_NOT_AVAILABLE),
    ERROR_NAME(CL_MEM_OBJECT_ALLOCATION_FAILURE),
    ERROR_NAME(CL_OUT_OF_RESOURCES),
    ERROR_NAME(CL_OUT_OF_HOST_MEMORY),
    ERROR_NAME(CL_PROFILING_INFO_NOT_AVAILABLE),
    ERROR_NAME(CL_BUILD_PROGRAM_FAILURE),
    ERROR_NAME(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST),
    ERROR_NAME(CL_INVALID_VALUE),
    ERROR_NAME(CL_INVALID_PLATFORM),
    ERROR_NAME(CL_INVALID_DEVICE),
    ERROR_NAME(CL_INVALID_CONTEXT),
    ERROR_NAME(CL_INVALID_COMMAND_QUEUE),
    ERROR_NAME(CL_INVALID_MEM_OBJECT),
    ERROR_NAME(CL_INVALID_BINARY),
    ERROR_NAME(CL_INVALID_BUILD_OPTIONS),
    ERROR_NAME(CL_INVALID_PROGRAM),
    ERROR_NAME(CL_INVALID_PROGRAM_EXECUTABLE),
    ERROR_NAME(CL_INVALID_KERNEL_NAME),
    ERROR_NAME(CL_INVALID_KERNEL),
    ERROR_NAME(CL_INVALID_ARG_INDEX),
    ERROR_NAME(CL_INVALID_ARG_VALUE),
    ERROR_NAME(CL_INVALID_ARG_SIZE),
    ERROR_NAME(CL_INVALID_KERNEL_ARGS),
    ERROR_NAME(CL_INVALID_WORK_GROUP_SIZE),
    ERROR_NAME(CL_INVALID_EVENT),
    ERROR_NAME(CL_INVALID_OPERATION),
    ERROR_NAME(CL_INVALID_BUFFER_SIZE),
    ERROR_NAME(CL_PLATFORM_NOT_FOUND_KHR),
#undef ERROR_NAME
};

const char *opencl_error_name(cl_int code)
{
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i].code == code)
            return errors[i].name;
    return "an unknown error";
}

pt_status opencl_fail(pt_err *err, const char *device, const char *step, cl_int code)
{
    bool memory = code == CL_OUT_OF_HOST_MEMORY || code == CL_MEM_OBJECT_ALLOCATION_FAILURE;
    return pt_fail(err, memory ? PT_E_NOMEM : PT_E_DEVICE, "%s: %s: %s (%d)", device, step, opencl_error_name(code), code);
}

/* Find every call of the table, or name the first that is missing. */
static pt_status find_calls(opencl *cl, pt_err *err)
{
#define FIND_CALL(name)                              \
    *(void **)&cl->name = dlsym(cl->library, #name); \
    if (cl->name == NULL)                            \
        return pt_fail(err, PT_E_DEVICE, "OpenCL's loader has no " #name ": OpenCL 1.2 is needed");
    OPENCL_CALLS(FIND_CALL)
#undef FIND_CALL
    return PT_OK;
}

pt_status opencl_open_library(const char *name, opencl **out, pt_err *err)
{
    opencl *cl = calloc(1, sizeof *cl);
    if (cl == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for the table of OpenCL's calls");
    cl->library = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (cl->library == NULL)
        pt_fail(err, PT_E_DEVICE, "no OpenCL here: %s", dlerror());
    if (cl->library == NULL || find_calls(cl, err) != PT_OK) {
        opencl_close(cl);
        return err->code;
    }
    *out = cl;
    return PT_OK;
}

pt_status opencl_open(opencl **out, pt_err *err)
{
    return opencl_open_library("libOpenCL.so.1", out, err);
}

void opencl_close(opencl *cl)
{
    if (cl == NULL)
        return;
    if (cl->library != NULL)
        dlclose(cl->library);
    free(cl);
}
