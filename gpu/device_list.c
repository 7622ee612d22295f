/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu/device_state.h"

enum { N_PLATFORMS_MAX = 32, N_DEVICES_MAX = 64 }; /* of the machine; of one platform */

/* A text that the driver gives, cut to fit; "" if it gives none. */
static void device_text(const opencl *cl, cl_device_id id, cl_device_info what, char *out, size_t room)
{
    char text[1024] = "";
    if (cl->clGetDeviceInfo(id, what, sizeof text, text, NULL) != CL_SUCCESS)
        text[0] = '\0';
    text[sizeof text - 1] = '\0';
    snprintf(out, room, "%.*s", (int)room - 1, text);
}

static bool device_figure(const opencl *cl, cl_device_id id, cl_device_info what, void *out, size_t bytes)
{
    return cl->clGetDeviceInfo(id, what, bytes, out, NULL) == CL_SUCCESS;
}

static void read_pci(const opencl *cl, cl_device_id id, gpu_device_info *info)
{
    cl_device_pci_bus_info_khr place;
    if (device_figure(cl, id, CL_DEVICE_PCI_BUS_INFO_KHR, &place, sizeof place))
        snprintf(info->pci, sizeof info->pci, "%04x:%02x:%02x.%x", place.pci_domain, place.pci_bus & 0xff,
                 place.pci_device & 0xff, place.pci_function & 0xf);
}

static gpu_kind kind_of(cl_device_type type)
{
    if (type & CL_DEVICE_TYPE_GPU)
        return GPU_KIND_GPU;
    if (type & CL_DEVICE_TYPE_ACCELERATOR)
        return GPU_KIND_ACCELERATOR;
    return type & CL_DEVICE_TYPE_CPU ? GPU_KIND_CPU : GPU_KIND_OTHER;
}

/* Say in info->unfit why kernels could not run, if so. */
static void judge(const opencl *cl, cl_device_id id, gpu_device_info *info)
{
    cl_bool available = CL_FALSE, compiler = CL_FALSE, little = CL_FALSE;
    unsigned major = 0, minor = 0;
    bool known = device_figure(cl, id, CL_DEVICE_AVAILABLE, &available, sizeof available) &&
                 device_figure(cl, id, CL_DEVICE_COMPILER_AVAILABLE, &compiler, sizeof compiler) &&
                 device_figure(cl, id, CL_DEVICE_ENDIAN_LITTLE, &little, sizeof little);
    const char *why = NULL;
    if (!known || info->version[0] == '\0' || info->memory_bytes == 0 || info->buffer_max == 0 || info->group_max == 0)
        why = "its driver does not say what it can do";
    else if (!available)
        why = "not available";
    else if (!compiler)
        why = "its driver has no compiler";
    else if (!little)
        why = "not little-endian";
    else if (sscanf(info->version, "OpenCL %u.%u", &major, &minor) != 2 || major * 10 + minor < 12)
        why = "OpenCL 1.2 is needed";
    if (why != NULL)
        snprintf(info->unfit, sizeof info->unfit, "%s", why);
}

static void describe(const opencl *cl, cl_device_id id, gpu_device_info *info)
{
    cl_device_type type = 0;
    cl_ulong memory = 0, buffer = 0, local = 0;
    cl_uint units = 0;
    device_text(cl, id, CL_DEVICE_NAME, info->name, sizeof info->name);
    device_text(cl, id, CL_DEVICE_VERSION, info->version, sizeof info->version);
    device_text(cl, id, CL_DRIVER_VERSION, info->driver, sizeof info->driver);
    device_figure(cl, id, CL_DEVICE_TYPE, &type, sizeof type);
    device_figure(cl, id, CL_DEVICE_GLOBAL_MEM_SIZE, &memory, sizeof memory);
    device_figure(cl, id, CL_DEVICE_MAX_MEM_ALLOC_SIZE, &buffer, sizeof buffer);
    device_figure(cl, id, CL_DEVICE_LOCAL_MEM_SIZE, &local, sizeof local);
    device_figure(cl, id, CL_DEVICE_MAX_WORK_GROUP_SIZE, &info->group_max, sizeof info->group_max);
    device_figure(cl, id, CL_DEVICE_MAX_COMPUTE_UNITS, &units, sizeof units);
    info->kind = kind_of(type);
    info->nvidia = strstr(info->platform, "NVIDIA") != NULL;
    info->memory_bytes = memory;
    info->buffer_max = buffer;
    info->local_bytes = local;
    info->n_compute_units = units;
    read_pci(cl, id, info);
    judge(cl, id, info);
}

static void platform_name(const opencl *cl, cl_platform_id platform, char *out, size_t room)
{
    char text[1024] = "";
    if (cl->clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof text, text, NULL) != CL_SUCCESS)
        text[0] = '\0';
    text[sizeof text - 1] = '\0';
    snprintf(out, room, "%.*s", (int)room - 1, text);
}

/* Make room for n more devices. */
static pt_status grow(gpu_device_list *list, cl_device_id **ids, size_t n, pt_err *err)
{
    gpu_device_info *devices = realloc(list->devices, (list->n + n) * sizeof *devices);
    if (devices != NULL)
        list->devices = devices;
    cl_device_id *all = devices == NULL ? NULL : realloc(*ids, (list->n + n) * sizeof(cl_device_id));
    if (all == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for a list of %zu devices", list->n + n);
    *ids = all;
    return PT_OK;
}

/* Append a platform's devices to the list, and their ids to ids. A platform that gives none for a fault of its own is itself an
 * unfit device, so that one broken driver doesn't hide the others. */
static pt_status add_platform(const opencl *cl, cl_platform_id platform, gpu_device_list *list, cl_device_id **ids,
                              pt_err *err)
{
    cl_device_id found[N_DEVICES_MAX] = {NULL};
    cl_uint n = 0;
    cl_int code = cl->clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, N_DEVICES_MAX, found, &n);
    if (code == CL_DEVICE_NOT_FOUND || (code == CL_SUCCESS && n == 0))
        return PT_OK;
    if (code != CL_SUCCESS)
        n = 1;
    if (n > N_DEVICES_MAX)
        n = N_DEVICES_MAX;
    if (grow(list, ids, n, err) != PT_OK)
        return err->code;
    for (cl_uint i = 0; i < n; i++, list->n++) {
        gpu_device_info *info = &list->devices[list->n];
        *info = (gpu_device_info){.index = list->n, .kind = GPU_KIND_OTHER};
        (*ids)[list->n] = found[i];
        platform_name(cl, platform, info->platform, sizeof info->platform);
        if (code == CL_SUCCESS)
            describe(cl, found[i], info);
        else
            snprintf(info->unfit, sizeof info->unfit, "its platform lists no devices: %s (%d)", opencl_error_name(code),
                     code);
    }
    return PT_OK;
}

pt_status gpu_device_ids(const opencl *cl, gpu_device_list *out, cl_device_id **ids, pt_err *err)
{
    cl_platform_id platforms[N_PLATFORMS_MAX];
    cl_uint n = 0;
    gpu_device_list list = {0};
    *ids = NULL;
    cl_int code = cl->clGetPlatformIDs(N_PLATFORMS_MAX, platforms, &n);
    if (code != CL_SUCCESS && code != CL_PLATFORM_NOT_FOUND_KHR)
        return opencl_fail(err, "OpenCL", "asking for the platforms", code);
    if (code == CL_PLATFORM_NOT_FOUND_KHR)
        n = 0;
    for (cl_uint i = 0; i < n && i < N_PLATFORMS_MAX && err->code == PT_OK; i++)
        add_platform(cl, platforms[i], &list, ids, err);
    if (err->code != PT_OK) {
        gpu_device_list_clear(&list);
        free(*ids);
        return err->code;
    }
    *out = list;
    return PT_OK;
}

pt_status gpu_device_list_init(const opencl *cl, gpu_device_list *out, pt_err *err)
{
    cl_device_id *ids;
    if (gpu_device_ids(cl, out, &ids, err) == PT_OK)
        free(ids);
    return err->code;
}

void gpu_device_list_clear(gpu_device_list *list)
{
    free(list->devices);
    *list = (gpu_device_list){0};
}
