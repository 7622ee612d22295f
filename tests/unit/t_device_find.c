/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gpu/device.h"

/* Two cards of one name, a third of another, PoCL, a card that can't be used. */
static gpu_device_info machine[] = {
    {.index = 0,
     .kind = GPU_KIND_CPU,
     .name = "cpu-skylake",
     .platform = "Portable Computing Language",
     .memory_bytes = 1 << 30},
    {.index = 1,
     .kind = GPU_KIND_GPU,
     .name = "NVIDIA H200",
     .platform = "NVIDIA CUDA",
     .pci = "0000:19:00.0",
     .memory_bytes = 141},
    {.index = 2,
     .kind = GPU_KIND_GPU,
     .name = "NVIDIA H200",
     .platform = "NVIDIA CUDA",
     .pci = "0000:3b:00.0",
     .memory_bytes = 141},
    {.index = 3,
     .kind = GPU_KIND_GPU,
     .name = "NVIDIA A10",
     .platform = "NVIDIA CUDA",
     .pci = "0001:19:00.0",
     .memory_bytes = 24},
    {.index = 4,
     .kind = GPU_KIND_GPU,
     .name = "Old card",
     .platform = "Old",
     .memory_bytes = 999,
     .unfit = "OpenCL 1.2 is needed"},
};
static const gpu_device_list list = {.devices = machine, .n = sizeof machine / sizeof *machine};

static void finds(const char *name, size_t expected)
{
    size_t index = 99;
    pt_err err = {0};
    if (gpu_device_find(&list, name, &index, &err) != PT_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(index, expected);
}

static void finds_none(const char *name, const char *says)
{
    size_t index = 99;
    pt_err err = {0};
    assert_int_equal(gpu_device_find(&list, name, &index, &err), PT_E_DEVICE);
    assert_int_equal(index, 99);
    if (strstr(err.msg, says) == NULL)
        fail_msg("%s", err.msg);
}

static void a_number_is_an_index(void **state)
{
    (void)state;
    finds("0", 0);
    finds("3", 3);
    finds_none("5", "device 5: there are 5, counted from 0");
    finds_none("999999999", "there are 5");
}

static void a_pci_address_is_found_with_and_without_its_domain(void **state)
{
    (void)state;
    finds("0000:3B:00.0", 2);
    finds("19:00.0", 1);
    finds("0001:19:00.0", 3);
    finds_none("3c:00.0", "no device has this in its name");
}

static void a_part_of_a_name_is_found_in_any_letter_case(void **state)
{
    (void)state;
    finds("portable", 0);
    finds("a10", 3);
    finds("H200", 1); /* the first of one name */
    finds("NVIDIA h200", 1);
    finds_none("h200 nvl", "no device has this in its name (5 are there: partita doctor)");
    finds_none("", "expected a number");
}

static void a_part_of_two_different_names_is_refused(void **state)
{
    (void)state;
    finds_none("nvidia", "device nvidia: may be NVIDIA H200 (1) or NVIDIA A10 (3)");
}

static void an_unfit_device_is_refused_with_its_reason(void **state)
{
    (void)state;
    finds_none("old", "Old card: OpenCL 1.2 is needed");
    finds_none("4", "Old card: OpenCL 1.2 is needed");
    finds_none("card", "OpenCL 1.2 is needed");
}

static void a_fit_device_goes_before_an_unfit_one(void **state)
{
    (void)state;
    finds("l", 0); /* of "cpu-skylake" and "Old card"; PoCL comes first */
    gpu_device_info two[] = {machine[4], machine[3]};
    size_t index = 99;
    pt_err err = {0};
    two[0].index = 0;
    two[1].index = 1;
    gpu_device_find(&(gpu_device_list){two, 2}, "d", &index, &err);
    assert_int_equal(err.code, PT_OK);
    assert_int_equal(index, 1);
}

static void auto_takes_the_largest_fit_gpu_and_never_a_processor(void **state)
{
    (void)state;
    size_t index = 99;
    assert_true(gpu_device_find_auto(&list, &index));
    assert_int_equal(index, 1);
    assert_false(gpu_device_find_auto(&(gpu_device_list){machine, 1}, &index));
    assert_false(gpu_device_find_auto(&(gpu_device_list){machine + 4, 1}, &index));
    assert_false(gpu_device_find_auto(&(gpu_device_list){0}, &index));
    assert_int_equal(index, 1);
}

static void takes(const char *name, size_t found, size_t turn, size_t n, size_t expected, size_t n_sharing)
{
    size_t index = found;
    assert_int_equal(gpu_device_take_turn(&list, name, turn, n, &index), n_sharing);
    assert_int_equal(index, expected);
}

static void those_who_look_take_alike_devices_in_turn(void **state)
{
    (void)state;
    takes("h200", 1, 0, 1, 1, 1);
    takes("h200", 1, 0, 2, 1, 1);
    takes("h200", 1, 1, 2, 2, 1);
    takes("h200", 1, 2, 5, 1, 3); /* five on two: three at the most */
    takes("h200", 1, 3, 5, 2, 3);
    takes(NULL, 1, 1, 4, 2, 2);
    takes("a10", 3, 1, 2, 3, 2);
    gpu_device_info two[] = {machine[1], machine[2]};
    size_t index = 0;
    snprintf(two[1].unfit, sizeof two[1].unfit, "broken");
    assert_int_equal(gpu_device_take_turn(&(gpu_device_list){two, 2}, "h200", 1, 2, &index), 2);
    assert_int_equal(index, 0);
}

static void an_index_or_a_pci_address_means_one_for_all(void **state)
{
    (void)state;
    takes("1", 1, 1, 2, 1, 2);
    takes("19:00.0", 1, 1, 2, 1, 2);
    takes("0000:3b:00.0", 2, 3, 4, 2, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_who_look_take_alike_devices_in_turn),
        cmocka_unit_test(an_index_or_a_pci_address_means_one_for_all),
        cmocka_unit_test(a_number_is_an_index),
        cmocka_unit_test(a_pci_address_is_found_with_and_without_its_domain),
        cmocka_unit_test(a_part_of_a_name_is_found_in_any_letter_case),
        cmocka_unit_test(a_part_of_two_different_names_is_refused),
        cmocka_unit_test(an_unfit_device_is_refused_with_its_reason),
        cmocka_unit_test(a_fit_device_goes_before_an_unfit_one),
        cmocka_unit_test(auto_takes_the_largest_fit_gpu_and_never_a_processor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
