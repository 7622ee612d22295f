/* SPDX-License-Identifier: Apache-2.0 */
#include "node/topo/placement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ONE_NODE "l3:2 core:2 pu:1"
#define HUGE(choice) .options.huge_pages = (choice)
#define EPYC_NPS4 "pack:1 numa:4(memory=64GiB) l3:3 core:8 pu:2"

typedef struct {
    topology machine;
    placement plan;
} planned;

static planned plan_for(const char *source, const placement_request *request)
{
    planned made = {0};
    pt_err err = {0};
    if (topology_read_from(source, &made.machine, &err) != PT_OK ||
        placement_make(&made.machine, request, &made.plan, &err) != PT_OK)
        fail_msg("%s", err.msg);
    return made;
}

static void drop(planned *made)
{
    placement_clear(&made->plan);
    topology_clear(&made->machine);
}

static void assert_refused(const char *source, const placement_request *request, const char *says)
{
    planned made = {0};
    pt_err err = {0};
    assert_int_equal(topology_read_from(source, &made.machine, &err), PT_OK);
    assert_int_equal(placement_make(&made.machine, request, &made.plan, &err), PT_E_ARG);
    assert_string_equal(err.msg, says);
    assert_null(made.plan.threads);
    drop(&made);
}

static void every_core_has_one_thread(void **state)
{
    (void)state;
    planned made = plan_for(EPYC_NPS4, &(placement_request){0});
    assert_int_equal(made.plan.n_threads, 96);
    assert_int_equal(made.plan.n_pools, 12);
    assert_int_equal(made.plan.n_nodes, 4);
    assert_int_equal(made.plan.n_io_threads, 4);
    assert_true(made.plan.pin);
    for (size_t i = 0; i < 96; i++)
        assert_int_equal(made.plan.threads[i].pu, 2 * i);
    drop(&made);
}

static void fewer_threads_share_few_domains(void **state)
{
    (void)state;
    planned made = plan_for(EPYC_NPS4, &(placement_request){.options.n_threads = 20});
    assert_int_equal(made.plan.n_pools, 3);
    assert_int_equal(made.plan.pools[0].n_threads, 7);
    assert_int_equal(made.plan.pools[1].n_threads, 7);
    assert_int_equal(made.plan.pools[2].n_threads, 6);
    assert_int_equal(made.plan.n_nodes, 1);
    assert_false(made.plan.pin);
    drop(&made);
}

/* Two domains of four cores; of the first only n_first may be used. */
static placement plan_for_two(size_t n_first, uint16_t second_kind, size_t n_threads)
{
    topology machine = {0};
    placement plan = {0};
    pt_err err = {0};
    assert_int_equal(topology_read_from("l3:2 core:4 pu:1", &machine, &err), PT_OK);
    for (size_t i = n_first; i < 4; i++)
        machine.pus[i].allowed = false;
    for (size_t i = 4; i < 8; i++)
        machine.cores[i].kind = second_kind;
    machine.n_kinds = (size_t)second_kind + 1;
    topology_count_allowed(&machine);
    assert_int_equal(placement_make(&machine, &(placement_request){.options.n_threads = n_threads}, &plan, &err), PT_OK);
    topology_clear(&machine);
    return plan;
}

static void fewer_threads_take_fast_cores_and_whole_domains(void **state)
{
    (void)state;
    placement fast = plan_for_two(4, 1, 4), whole = plan_for_two(2, 0, 4), first = plan_for_two(4, 0, 4);
    assert_int_equal(fast.n_pools, 1);
    assert_int_equal(fast.pools[0].domain, 1);
    assert_int_equal(whole.n_pools, 1);
    assert_int_equal(whole.pools[0].domain, 1);
    assert_int_equal(first.pools[0].domain, 0);
    placement_clear(&fast);
    placement_clear(&whole);
    placement_clear(&first);
}

static void a_quota_bounds_the_threads(void **state)
{
    (void)state;
    planned made = plan_for(EPYC_NPS4, &(placement_request){.quota_threads = 3});
    assert_int_equal(made.plan.n_threads, 3);
    assert_int_equal(made.plan.n_pools, 1);
    drop(&made);
    made = plan_for(EPYC_NPS4, &(placement_request){.quota_threads = 192});
    assert_int_equal(made.plan.n_threads, 96);
    drop(&made);
}

static void too_much_is_an_argument_error(void **state)
{
    (void)state;
    assert_refused("pack:1 l3:1 core:8 pu:2", &(placement_request){.options.n_threads = 9},
                   "9 threads are more than the 8 cores that may be used here: one thread a core");
    assert_refused("pack:1 l3:1 core:8 pu:2", &(placement_request){.options.n_tail_domains = 2},
                   "2 domains for the tail crew are more than the 1 that are used");
}

static void the_tail_crew_is_bounded(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        size_t n_pools;
    } cases[] = {{"l3:1 core:4 pu:1", 1}, {"l3:2 core:4 pu:1", 2}, {"l3:3 core:4 pu:1", 1}, {"pack:2 l3:1 core:4 pu:1", 1},
                 {"l3:4 core:4 pu:1", 2}, {"l3:5 core:4 pu:1", 2}, {"l3:12 core:4 pu:1", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        planned made = plan_for(cases[i].source, &(placement_request){0});
        assert_int_equal(made.plan.tail.n_pools, cases[i].n_pools);
        assert_int_equal(made.plan.tail.first_pool + made.plan.tail.n_pools, made.plan.n_pools);
        drop(&made);
    }
    planned all = plan_for("l3:12 core:4 pu:1", &(placement_request){.options.n_tail_domains = 12});
    assert_int_equal(all.plan.tail.n_pools, 12);
    drop(&all);
}

static void the_tail_crew_is_on_fast_cores(void **state)
{
    (void)state;
    planned made = plan_for("l3:2 core:4 pu:1", &(placement_request){0});
    placement_clear(&made.plan);
    for (size_t i = 0; i < 4; i++)
        made.machine.cores[i].kind = 1;
    made.machine.n_kinds = 2;
    pt_err err = {0};
    assert_int_equal(placement_make(&made.machine, &(placement_request){.options.n_tail_domains = 1}, &made.plan, &err),
                     PT_OK);
    assert_int_equal(made.plan.tail.first_pool, 0);
    drop(&made);
}

static void the_tail_crew_stays_in_a_node(void **state)
{
    (void)state;
    planned uneven = plan_for("numa:2 l3:2 core:4 pu:1", &(placement_request){0});
    placement_clear(&uneven.plan);
    for (size_t i = 12; i < 16; i++)
        uneven.machine.pus[i].allowed = false;
    topology_count_allowed(&uneven.machine);
    pt_err err = {0};
    assert_int_equal(placement_make(&uneven.machine, &(placement_request){.options.n_tail_domains = 2}, &uneven.plan, &err),
                     PT_OK);
    assert_int_equal(uneven.plan.n_pools, 3);
    assert_int_equal(uneven.plan.tail.first_pool, 0);
    drop(&uneven);
    planned made = plan_for("numa:2 l3:3 core:4 pu:1", &(placement_request){.options.n_tail_domains = 3});
    assert_int_equal(made.plan.tail.first_pool, 3);
    drop(&made);
    made = plan_for("[numa] l3:5 core:4 pu:1", &(placement_request){0});
    assert_int_equal(made.plan.tail.first_pool, 3);
    drop(&made);
}

static void crews_keep_to_their_nodes(void **state)
{
    (void)state;
    planned made = plan_for(EPYC_NPS4, &(placement_request){0});
    static const size_t even[] = {1, 2, 4, 8, 12};
    pool_span crews[12];
    for (size_t i = 0; i < sizeof even / sizeof *even; i++) {
        assert_int_equal(placement_crews(&made.plan, even[i], crews), even[i]);
        for (size_t c = 0; c < even[i] && even[i] >= 4; c++)
            assert_int_equal(made.plan.pools[crews[c].first_pool].node,
                             made.plan.pools[crews[c].first_pool + crews[c].n_pools - 1].node);
    }
    assert_int_equal(placement_crews(&made.plan, 99, crews), 12);
    assert_int_equal(placement_crews(&made.plan, 0, crews), 1);
    assert_int_equal(placement_n_threads(&made.plan, crews[0]), 96);
    drop(&made);
}

static void a_crew_may_be_kept_narrow(void **state)
{
    (void)state;
    planned made = plan_for(EPYC_NPS4, &(placement_request){.options.n_domains_crew = 3});
    pool_span crews[12];
    assert_int_equal(placement_crews(&made.plan, 1, crews), 1); /* alone: all of them */
    assert_int_equal(placement_crews(&made.plan, 2, crews), 4);
    assert_int_equal(crews[3].first_pool, 9);
    assert_int_equal(placement_crews(&made.plan, 99, crews), 12);
    drop(&made);
    made = plan_for("l3:2 core:2 pu:1", &(placement_request){.options.n_domains_crew = 3});
    assert_int_equal(placement_crews(&made.plan, 99, crews), 2);
    drop(&made);
}

static void the_key_lies_where_memory_allows(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        placement_request request;
        key_home home;
    } cases[] = {
        {ONE_NODE, {.can_map = true}, KEY_MAPPED},
        {ONE_NODE, {.can_map = false}, KEY_ONE_COPY},
        {ONE_NODE, {.can_map = true, .copies_max = 1, .huge_pages = true}, KEY_MAPPED},
        {ONE_NODE, {.can_map = true, .copies_max = 1, .huge_pages = true, HUGE(CHOICE_ON)}, KEY_ONE_COPY},
        {ONE_NODE, {.can_map = true, .copies_max = 1, .huge_pages = false, HUGE(CHOICE_ON)}, KEY_MAPPED},
        {ONE_NODE, {.can_map = true, .copies_max = 0, .huge_pages = true, HUGE(CHOICE_ON)}, KEY_MAPPED},
        {ONE_NODE, {.can_map = true, .copies_max = 1, .huge_pages = true, HUGE(CHOICE_OFF)}, KEY_MAPPED},
        {ONE_NODE,
         {.can_map = true, .copies_max = 1, .huge_pages = true, HUGE(CHOICE_ON), .key_bytes = 9, .memory_bytes = 8},
         KEY_MAPPED},
        {EPYC_NPS4, {.key_bytes = 10, .partition_bytes = 1, .memory_bytes = 52, .copies_max = 4}, KEY_COPY_A_NODE},
        {EPYC_NPS4, {.key_bytes = 10, .partition_bytes = 1, .memory_bytes = 52, .copies_max = 3}, KEY_INTERLEAVED},
        {EPYC_NPS4, {.key_bytes = 10, .partition_bytes = 1, .memory_bytes = 51, .copies_max = 4}, KEY_INTERLEAVED},
        {EPYC_NPS4, {.key_bytes = 10, .memory_bytes = 9, .copies_max = 4, .can_map = true}, KEY_MAPPED},
        {EPYC_NPS4, {.copies_max = 4, .can_map = true}, KEY_COPY_A_NODE},
        {EPYC_NPS4, {.copies_max = 4, .can_map = true, .n_partitions = 3}, KEY_MAPPED},
        {EPYC_NPS4, {.copies_max = 4, .can_map = true, .n_partitions = 4}, KEY_COPY_A_NODE},
        {EPYC_NPS4, {.copies_max = 0, .can_map = true}, KEY_MAPPED},
        {EPYC_NPS4, {.key_bytes = 64000000000, .partition_bytes = 1000000000, .copies_max = 4}, KEY_COPY_A_NODE},
        {EPYC_NPS4, {.key_bytes = 66000000000, .partition_bytes = 1000000000, .copies_max = 4}, KEY_INTERLEAVED},
        {EPYC_NPS4, {.key_bytes = UINT64_MAX, .partition_bytes = UINT64_MAX, .copies_max = 4}, KEY_INTERLEAVED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        planned made = plan_for(cases[i].source, &cases[i].request);
        if (made.plan.home != cases[i].home)
            fail_msg("case %zu: %d: %s", i, (int)made.plan.home, made.plan.home_reason);
        assert_true(strlen(made.plan.home_reason) > 0);
        assert_int_equal(made.plan.huge_pages,
                         cases[i].request.huge_pages && cases[i].request.options.huge_pages != CHOICE_OFF);
        const bool a_node = cases[i].home == KEY_COPY_A_NODE;
        assert_int_equal(placement_n_copies(&made.plan), cases[i].home == KEY_MAPPED ? 0 : a_node ? made.plan.n_nodes : 1);
        for (size_t k = 0; k < placement_n_copies(&made.plan); k++) {
            const memory_place place = placement_copy_place(&made.plan, &made.machine, k);
            assert_int_equal(place.n_nodes, a_node ? 1 : made.plan.n_nodes);
            assert_int_equal(place.nodes[0], made.plan.nodes[k]);
            assert_int_equal(place.huge_pages, made.plan.huge_pages);
        }
        drop(&made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_core_has_one_thread),
        cmocka_unit_test(fewer_threads_share_few_domains),
        cmocka_unit_test(fewer_threads_take_fast_cores_and_whole_domains),
        cmocka_unit_test(a_quota_bounds_the_threads),
        cmocka_unit_test(too_much_is_an_argument_error),
        cmocka_unit_test(the_tail_crew_is_bounded),
        cmocka_unit_test(the_tail_crew_stays_in_a_node),
        cmocka_unit_test(the_tail_crew_is_on_fast_cores),
        cmocka_unit_test(crews_keep_to_their_nodes),
        cmocka_unit_test(a_crew_may_be_kept_narrow),
        cmocka_unit_test(the_key_lies_where_memory_allows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
