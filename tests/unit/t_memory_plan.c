/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/memory_plan.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static memory_request wanted(size_t n_in_flight, uint64_t budget)
{
    return (memory_request){.points = 700000001,
                            .matrices = 50000003,
                            .twiddles = 4000007,
                            .partition = 30000011,
                            .n_threads = 8,
                            .n_in_flight = n_in_flight,
                            .budget = budget};
}

static memory_plan made(memory_request request)
{
    memory_plan plan;
    pt_err err = {0};
    if (memory_plan_make(&request, &plan, &err) != PT_OK)
        fail_msg("%s", err.msg);
    return plan;
}

static void a_plan_is_the_sum_of_its_parts(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 20; n++) {
        const memory_plan plan = made(wanted(n, UINT64_MAX));
        assert_int_equal(plan.n_in_flight, n);
        assert_int_equal(plan.fixed, 700000001 + 50000003 + 4000007 + plan.stacks_fixed);
        assert_int_equal(plan.arenas, n * 30000011);
        assert_int_equal(plan.total, plan.fixed + plan.arenas + n * plan.stack_each);
        assert_int_equal(plan.least, plan.fixed + 30000011 + plan.stack_each);
        assert_int_equal(plan.of.points, 700000001);
        assert_int_equal(plan.of.budget, UINT64_MAX);
    }
}

static void every_thread_and_every_partition_has_a_stack(void **state)
{
    (void)state;
    memory_request request = wanted(3, UINT64_MAX);
    const memory_plan eight = made(request);
    request.n_threads = 16;
    assert_true(eight.stacks_fixed > 0 && eight.stack_each > 0);
    assert_int_equal(made(request).stacks_fixed, 2 * eight.stacks_fixed);
    assert_int_equal(made(request).stack_each, eight.stack_each);
}

static void no_more_are_in_flight_than_there_are(void **state)
{
    (void)state;
    memory_request request = wanted(5, UINT64_MAX);
    for (size_t n = 1; n <= 8; n++) {
        request.n_partitions = n;
        assert_int_equal(made(request).n_in_flight, n < 5 ? n : 5);
    }
    request.n_partitions = 0; /* no end is known */
    assert_int_equal(made(request).n_in_flight, 5);
}

/* To the byte: what n in flight take is room for n, and a byte less for one fewer. */
static void as_many_are_in_flight_as_a_budget_has_room_for(void **state)
{
    (void)state;
    for (size_t n = 2; n <= 10; n++) {
        const uint64_t total = made(wanted(n, UINT64_MAX)).total;
        assert_int_equal(made(wanted(20, total)).n_in_flight, n);
        assert_int_equal(made(wanted(20, total)).total, total);
        const memory_plan fewer = made(wanted(20, total - 1));
        assert_int_equal(fewer.n_in_flight, n - 1);
        assert_int_equal(fewer.arenas, (n - 1) * 30000011);
        assert_true(fewer.total < total);
        assert_int_equal(made(wanted(n - 1, total)).n_in_flight, n - 1);
    }
}

static void what_can_never_fit_is_refused_with_the_figures(void **state)
{
    (void)state;
    const memory_plan least = made(wanted(1, UINT64_MAX));
    assert_int_equal(least.total, least.least);
    assert_int_equal(made(wanted(9, least.least)).n_in_flight, 1);
    const uint64_t budgets[] = {0, least.fixed - 1, least.fixed, least.least - 1};
    for (size_t i = 0; i < sizeof budgets / sizeof *budgets; i++) {
        const memory_request request = wanted(1, budgets[i]);
        memory_plan plan = {.n_in_flight = 77};
        pt_err err = {0};
        char expected[sizeof err.msg];
        snprintf(expected, sizeof expected,
                 "memory: proving takes at least %" PRIu64 " bytes (key %" PRIu64 ", a partition %" PRIu64
                 "), but there are %" PRIu64,
                 least.least, least.fixed, least.least - least.fixed, budgets[i]);
        assert_int_equal(memory_plan_make(&request, &plan, &err), PT_E_NOMEM);
        assert_string_equal(err.msg, expected);
        assert_int_equal(plan.n_in_flight, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_is_the_sum_of_its_parts),
        cmocka_unit_test(every_thread_and_every_partition_has_a_stack),
        cmocka_unit_test(no_more_are_in_flight_than_there_are),
        cmocka_unit_test(as_many_are_in_flight_as_a_budget_has_room_for),
        cmocka_unit_test(what_can_never_fit_is_refused_with_the_figures),
    };
    return cmocka_run_group_tests_name("memory_plan", tests, NULL, NULL);
}
