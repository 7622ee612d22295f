/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mpi/scale_device.h"

/* A processor between two alike cards. */
static gpu_device_info machine[] = {
    {.index = 0, .kind = GPU_KIND_GPU, .name = "H200", .platform = "CUDA", .pci = "0000:19:00.0"},
    {.index = 1, .kind = GPU_KIND_CPU, .name = "cpu", .platform = "PoCL"},
    {.index = 2, .kind = GPU_KIND_GPU, .name = "H200", .platform = "CUDA", .pci = "0000:3b:00.0"},
};
static const gpu_device_list list = {.devices = machine, .n = sizeof machine / sizeof *machine};

static const scale_devices *two_cards(void)
{
    static scale_devices two;
    scale_devices_take(&list, "h200", 0, &two);
    return &two;
}

static void ranks_take_alike_devices_in_turn(void **state)
{
    const scale_devices *two = two_cards();
    scale_devices one;
    assert_int_equal(two->n, 2);
    assert_string_equal(two->name, "H200");
    assert_string_equal(two->pci[1], "0000:3b:00.0");
    const size_t expected[] = {0, 2, 0, 2, 0};
    for (size_t rank = 0; rank < sizeof expected / sizeof *expected; rank++)
        assert_int_equal(scale_devices_of(two, rank), expected[rank]);
    scale_devices_take(&list, "2", 2, &one);
    assert_int_equal(one.n, 1);
    assert_int_equal(scale_devices_of(&one, 3), 2);
    (void)state;
}

static void devices_are_told_as_far_as_there_are_ranks(void **state)
{
    const scale_devices *two = two_cards(), none = {0};
    char text[SCALE_DEVICES_ROOM];
    assert_string_equal(scale_devices_text(two, 1, text), "0");
    assert_string_equal(scale_devices_text(two, 2, text), "0 2");
    assert_string_equal(scale_devices_text(two, 3, text), "0 2 x2");
    assert_string_equal(scale_devices_text(&none, 3, text), "");
    scale_devices many = {.n = SCALE_DEVICES_MAX};
    for (size_t i = 0; i < many.n; i++)
        many.index[i] = 9999;
    assert_true(strlen(scale_devices_text(&many, 4096, text)) < SCALE_DEVICES_ROOM);
    assert_string_equal(text + strlen(text) - 4, " x64");
    (void)state;
}

static void the_processor_opens_no_opencl_and_auto_is_refused(void **state)
{
    pt_err err = {0};
    scale_devices devices = {.n = 7};
    assert_int_equal(scale_devices_find("cpu", &devices, &err), PT_OK);
    assert_int_equal(devices.n, 0);
    assert_int_equal(scale_devices_find(NULL, &devices, &err), PT_OK);
    assert_int_equal(scale_devices_find("auto", &devices, &err), PT_E_ARG);
    (void)state;
}

static void what_prove_wrote_is_read(void **state)
{
    scale_told all[2] = {{.told = false}};
    json_t *on_processor = json_pack("{s:{s:[]}}", "stats", "devices");
    json_t *on_devices =
        json_pack("{s:{s:[{s:i, s:i, s:i, s:i}, {s:i, s:i}]}}", "stats", "devices", "rank", 1, "index", 12, "partitions",
                  20, "by_processor_instead", 3, "rank", 2 /* of no rank there is */, "index", 9);
    scale_told_read(on_processor, all, 2);
    assert_false(all[0].told || all[1].told);
    scale_told_read(on_devices, all, 2);
    assert_false(all[0].told);
    assert_true(all[1].told);
    assert_int_equal(all[1].device, 12);
    assert_int_equal(all[1].n_proven, 20);
    assert_int_equal(all[1].n_instead, 3);
    json_decref(on_processor);
    json_decref(on_devices);
    (void)state;
}

static void judged(const scale_told all[2], size_t first, size_t n_partitions, const char *says)
{
    pt_err err = {0};
    assert_int_equal(scale_told_judge(two_cards(), all, 2, first, n_partitions, &err),
                     says == NULL ? PT_OK : PT_E_INTERNAL);
    if (says != NULL && strstr(err.msg, says) == NULL)
        fail_msg("%s", err.msg);
}

static void each_rank_proves_on_its_own_device_or_it_is_an_error(void **state)
{
    const scale_told good[] = {{true, 0, 5, 0}, {true, 2, 4, 0}}, silent[] = {{true, 0, 9, 0}, {.told = false}};
    const scale_told same[] = {{true, 0, 5, 0}, {true, 0, 4, 0}}, by_processor[] = {{true, 0, 5, 1}, {true, 2, 4, 0}};
    judged(good, 0, 9, NULL);
    judged(good, 2, 9, NULL);
    judged(good, 1, 9, "rank 1 was to prove on device 2, and had device 0");
    judged(good, 0, 10, "9 of 10 partitions");
    judged(silent, 0, 9, "rank 1 was to prove on device 2, and told of none");
    judged(same, 0, 9, "rank 1 was to prove on device 2, and had device 0");
    judged(by_processor, 0, 9, "rank 0: 1 partitions were proven by the processor");
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_take_alike_devices_in_turn),
        cmocka_unit_test(devices_are_told_as_far_as_there_are_ranks),
        cmocka_unit_test(the_processor_opens_no_opencl_and_auto_is_refused),
        cmocka_unit_test(what_prove_wrote_is_read),
        cmocka_unit_test(each_rank_proves_on_its_own_device_or_it_is_an_error),
    };
    return cmocka_run_group_tests_name("scale_device", tests, NULL, NULL);
}
