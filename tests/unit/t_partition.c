/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/partition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char one[] = "some/dir/one.wtns", two[] = "two", twin[] = "other/one.wtns", bare[] = "dir/.wtns", folder[] = "dir/";

static void outputs_are_named_after_the_witness(void **unused)
{
    (void)unused;
    pt_err err = {0};
    partition_list list;
    char *const witnesses[] = {one, two};
    assert_int_equal(partition_list_in("out", witnesses, 2, &list, &err), PT_OK);
    assert_int_equal(list.n, 2);
    assert_string_equal(list.items[0].name, "one");
    assert_string_equal(list.items[0].proof_path, "out/one.proof.json");
    assert_string_equal(list.items[0].public_path, "out/one.public.json");
    assert_string_equal(list.items[1].proof_path, "out/two.proof.json");
    partition_list_clear(&list);
}

static void two_witnesses_of_one_name_are_refused(void **unused)
{
    (void)unused;
    pt_err err = {0};
    partition_list list;
    char *const witnesses[] = {one, two, twin};
    assert_int_equal(partition_list_in("out", witnesses, 3, &list, &err), PT_E_ARG);
    assert_non_null(strstr(err.msg, "out/one.proof.json"));
}

static void a_witness_without_a_name_is_refused(void **unused)
{
    (void)unused;
    char *const witnesses[] = {bare, folder};
    for (size_t i = 0; i < 2; i++) {
        pt_err err = {0};
        partition_list list;
        assert_int_equal(partition_list_in("out", witnesses + i, 1, &list, &err), PT_E_ARG);
    }
}

static void one_path_for_both_outputs_is_refused_but_for_a_device(void **unused)
{
    (void)unused;
    pt_err err = {0};
    partition_list list;
    assert_int_equal(partition_list_single(one, "same.json", "same.json", &list, &err), PT_E_ARG);
    err = (pt_err){0};
    assert_int_equal(partition_list_single(one, "/dev/null", "/dev/null", &list, &err), PT_OK);
    partition_list_clear(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_are_named_after_the_witness),
        cmocka_unit_test(two_witnesses_of_one_name_are_refused),
        cmocka_unit_test(a_witness_without_a_name_is_refused),
        cmocka_unit_test(one_path_for_both_outputs_is_refused_but_for_a_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
