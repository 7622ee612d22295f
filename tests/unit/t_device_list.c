/* SPDX-License-Identifier: Apache-2.0 */
/* The list of a machine whose drivers are made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gpu/device.h"
#include "gpu/opencl_calls.h"

/* A device as its driver would tell of it. */
typedef struct {
    const char *name, *version;
    cl_device_type type;
    cl_bool available, compiler, little;
    cl_ulong memory;
    bool has_pci;
} made_up;

static const made_up devices[] = {
    {"card", "OpenCL 3.0 CUDA", CL_DEVICE_TYPE_GPU, CL_TRUE, CL_TRUE, CL_TRUE, 1 << 30, true},
    {"gone", "OpenCL 3.0 CUDA", CL_DEVICE_TYPE_GPU, CL_FALSE, CL_TRUE, CL_TRUE, 1 << 30, false},
    {"no compiler", "OpenCL 1.2", CL_DEVICE_TYPE_ACCELERATOR, CL_TRUE, CL_FALSE, CL_TRUE, 1 << 30, false},
    {"big-endian", "OpenCL 1.2", CL_DEVICE_TYPE_CPU, CL_TRUE, CL_TRUE, CL_FALSE, 1 << 30, false},
    {"old", "OpenCL 1.1 old", CL_DEVICE_TYPE_GPU, CL_TRUE, CL_TRUE, CL_TRUE, 1 << 30, false},
    {"strange", "Metal 3", CL_DEVICE_TYPE_CUSTOM, CL_TRUE, CL_TRUE, CL_TRUE, 1 << 30, false},
    {"silent", "OpenCL 1.2", CL_DEVICE_TYPE_GPU, CL_TRUE, CL_TRUE, CL_TRUE, 0, false},
};
enum { N_DEVICES = sizeof devices / sizeof *devices };

/* Platforms by number from 1: two without devices, one that fails, one with all of the above. */
enum { EMPTY = 1, NOT_FOUND, BROKEN, FULL };

static cl_int CL_API_CALL platforms(cl_uint room, cl_platform_id *out, cl_uint *n)
{
    assert_true(room >= FULL);
    for (uintptr_t i = EMPTY; i <= FULL; i++)
        out[i - 1] = (cl_platform_id)i;
    *n = FULL;
    return CL_SUCCESS;
}

static cl_int CL_API_CALL no_platforms(cl_uint room, cl_platform_id *out, cl_uint *n)
{
    (void)room;
    (void)out;
    (void)n;
    return CL_PLATFORM_NOT_FOUND_KHR;
}

static cl_int give(const void *value, size_t bytes, size_t room, void *out)
{
    if (bytes > room)
        return CL_INVALID_VALUE;
    memcpy(out, value, bytes);
    return CL_SUCCESS;
}

static cl_int give_text(const char *text, size_t room, void *out)
{
    return give(text, strlen(text) + 1, room, out);
}

static cl_int CL_API_CALL platform_info(cl_platform_id id, cl_platform_info what, size_t room, void *out, size_t *n)
{
    (void)n;
    assert_int_equal(what, CL_PLATFORM_NAME);
    return give_text((uintptr_t)id == BROKEN ? "Broken" : "NVIDIA CUDA", room, out);
}

static cl_int CL_API_CALL device_ids(cl_platform_id id, cl_device_type type, cl_uint room, cl_device_id *out, cl_uint *n)
{
    assert_int_equal(type, CL_DEVICE_TYPE_ALL);
    assert_true(room >= N_DEVICES);
    if ((uintptr_t)id == NOT_FOUND)
        return CL_DEVICE_NOT_FOUND;
    if ((uintptr_t)id == BROKEN)
        return CL_OUT_OF_HOST_MEMORY;
    *n = (uintptr_t)id == FULL ? N_DEVICES : 0;
    for (cl_uint i = 0; i < *n; i++)
        out[i] = (cl_device_id)(uintptr_t)(i + 1);
    return CL_SUCCESS;
}

static cl_int CL_API_CALL device_info(cl_device_id id, cl_device_info what, size_t room, void *out, size_t *n)
{
    const made_up *device = &devices[(uintptr_t)id - 1];
    const cl_ulong local = 48 << 10;
    const size_t group = 1024;
    const cl_uint units = 132;
    const cl_device_pci_bus_info_khr pci = {.pci_domain = 0x10000, .pci_bus = 0x19, .pci_device = 0x1f, .pci_function = 1};
    (void)n;
    switch (what) {
    case CL_DEVICE_NAME:
        return give_text(device->name, room, out);
    case CL_DEVICE_VERSION:
        return give_text(device->version, room, out);
    case CL_DRIVER_VERSION:
        return give_text("580.1", room, out);
    case CL_DEVICE_TYPE:
        return give(&device->type, sizeof device->type, room, out);
    case CL_DEVICE_AVAILABLE:
        return give(&device->available, sizeof device->available, room, out);
    case CL_DEVICE_COMPILER_AVAILABLE:
        return give(&device->compiler, sizeof device->compiler, room, out);
    case CL_DEVICE_ENDIAN_LITTLE:
        return give(&device->little, sizeof device->little, room, out);
    case CL_DEVICE_GLOBAL_MEM_SIZE:
    case CL_DEVICE_MAX_MEM_ALLOC_SIZE:
        return give(&device->memory, sizeof device->memory, room, out);
    case CL_DEVICE_LOCAL_MEM_SIZE:
        return give(&local, sizeof local, room, out);
    case CL_DEVICE_MAX_WORK_GROUP_SIZE:
        return give(&group, sizeof group, room, out);
    case CL_DEVICE_MAX_COMPUTE_UNITS:
        return give(&units, sizeof units, room, out);
    case CL_DEVICE_PCI_BUS_INFO_KHR:
        return device->has_pci ? give(&pci, sizeof pci, room, out) : CL_INVALID_VALUE;
    default:
        fail_msg("asked for %#x", what);
        return CL_INVALID_VALUE;
    }
}

static const opencl made_up_calls = {.clGetPlatformIDs = platforms,
                                     .clGetPlatformInfo = platform_info,
                                     .clGetDeviceIDs = device_ids,
                                     .clGetDeviceInfo = device_info};

static int set_up(void **state)
{
    static gpu_device_list list;
    pt_err err = {0};
    *state = &list;
    return gpu_device_list_init(&made_up_calls, &list, &err) == PT_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    gpu_device_list_clear(*state);
    return 0;
}

static void every_device_of_every_platform_is_listed(void **state)
{
    const gpu_device_list *list = *state;
    assert_int_equal(list->n, 1 + N_DEVICES);
    for (size_t i = 0; i < list->n; i++)
        assert_int_equal(list->devices[i].index, i);
}

static void a_platform_that_fails_is_listed_with_its_error(void **state)
{
    const gpu_device_info *broken = &((const gpu_device_list *)*state)->devices[0];
    assert_string_equal(broken->platform, "Broken");
    assert_string_equal(broken->unfit, "its platform lists no devices: CL_OUT_OF_HOST_MEMORY (-6)");
}

static void a_fit_device_says_what_it_is(void **state)
{
    const gpu_device_info *card = &((const gpu_device_list *)*state)->devices[1];
    assert_string_equal(card->name, "card");
    assert_string_equal(card->platform, "NVIDIA CUDA");
    assert_string_equal(card->driver, "580.1");
    assert_string_equal(card->pci, "10000:19:1f.1");
    assert_string_equal(card->unfit, "");
    assert_true(card->nvidia);
    assert_int_equal(card->kind, GPU_KIND_GPU);
    assert_int_equal(card->memory_bytes, 1 << 30);
    assert_int_equal(card->local_bytes, 48 << 10);
    assert_int_equal(card->group_max, 1024);
    assert_int_equal(card->n_compute_units, 132);
}

static void an_unfit_device_says_why(void **state)
{
    static const char *const reasons[N_DEVICES] = {"",
                                                   "not available",
                                                   "its driver has no compiler",
                                                   "not little-endian",
                                                   "OpenCL 1.2 is needed",
                                                   "OpenCL 1.2 is needed",
                                                   "its driver does not say what it can do"};
    const gpu_device_list *list = *state;
    for (size_t i = 0; i < N_DEVICES; i++)
        assert_string_equal(list->devices[1 + i].unfit, reasons[i]);
    assert_int_equal(list->devices[3].kind, GPU_KIND_ACCELERATOR);
    assert_int_equal(list->devices[4].kind, GPU_KIND_CPU);
    assert_int_equal(list->devices[6].kind, GPU_KIND_OTHER);
}

static void a_machine_without_platforms_has_no_devices(void **state)
{
    (void)state;
    const opencl none = {.clGetPlatformIDs = no_platforms};
    gpu_device_list list = {.n = 7};
    gpu_device *device;
    pt_err err = {0}, open = {0}, named = {0};
    assert_int_equal(gpu_device_list_init(&none, &list, &err), PT_OK);
    assert_int_equal(list.n, 0);
    assert_int_equal(gpu_device_open(&none, NULL, &(gpu_device_options){0}, &device, &open), PT_E_DEVICE);
    assert_non_null(strstr(open.msg, "no GPU or accelerator"));
    assert_int_equal(gpu_device_open(&none, "h200", &(gpu_device_options){0}, &device, &named), PT_E_DEVICE);
    assert_non_null(strstr(named.msg, "device h200: no device has this"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_device_of_every_platform_is_listed),
        cmocka_unit_test(a_platform_that_fails_is_listed_with_its_error),
        cmocka_unit_test(a_fit_device_says_what_it_is),
        cmocka_unit_test(an_unfit_device_says_why),
        cmocka_unit_test(a_machine_without_platforms_has_no_devices),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
