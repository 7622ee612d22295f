/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/host_share.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define EPYC "pack:1 numa:4(memory=64GiB) l3:3 core:8 pu:2"

static topology read_machine(const char *source)
{
    topology machine = {0};
    pt_err err = {0};
    if (topology_read_from(source, &machine, &err) != PT_OK)
        fail_msg("%s", err.msg);
    return machine;
}

/* Ranks that may all use all of it. */
static host_share take(topology *machine, size_t rank, size_t n)
{
    return host_share_take(machine, &(host_rank){rank, n, rank, n}, &(host_supply){machine->n_pus, (uint64_t)64 << 30});
}

/* Reading a machine takes a process: one is used again. */
static void allow_all(topology *machine)
{
    for (size_t i = 0; i < machine->n_pus; i++)
        machine->pus[i].allowed = true;
    topology_count_allowed(machine);
}

/* The parts of n ranks: the fewest and the most cores, and whether domains are whole. Cores are counted in seen[]. */
typedef struct {
    size_t least, most, seen[1024];
    bool whole_domains;
} parts;

static parts deal_out_of(topology *machine, size_t n)
{
    parts all = {.least = SIZE_MAX, .whole_domains = true};
    for (size_t rank = 0; rank < n; rank++) {
        allow_all(machine);
        const host_share share = take(machine, rank, n);
        assert_int_equal(share.n_threads, machine->n_allowed_cores);
        assert_int_equal(share.memory_bytes, ((uint64_t)64 << 30) / n);
        assert_string_equal(share.warning, "");
        all.least = machine->n_allowed_cores < all.least ? machine->n_allowed_cores : all.least;
        all.most = machine->n_allowed_cores > all.most ? machine->n_allowed_cores : all.most;
        for (size_t i = 0; i < machine->n_cores; i++) {
            assert_true(machine->cores[i].n_allowed_pus == 0 || machine->cores[i].n_allowed_pus == machine->cores[i].n_pus);
            all.seen[i] += machine->cores[i].n_allowed_pus > 0;
        }
        for (size_t i = 0; i < machine->n_domains; i++)
            all.whole_domains &= machine->domains[i].n_allowed_cores == 0 ||
                                 machine->domains[i].n_allowed_cores == machine->domains[i].n_cores;
    }
    return all;
}

static parts deal_out(const char *source, size_t n)
{
    topology machine = read_machine(source);
    const parts all = deal_out_of(&machine, n);
    topology_clear(&machine);
    return all;
}

static void every_core_is_one_rank_s(void **state)
{
    (void)state;
    topology machine = read_machine(EPYC);
    for (size_t n = 1; n <= 96; n++) {
        const parts all = deal_out_of(&machine, n);
        for (size_t i = 0; i < 96; i++)
            assert_int_equal(all.seen[i], 1);
        assert_true(all.least * n * 4 >= 96 * 3 || all.most - all.least <= 1);
    }
    topology_clear(&machine);
}

static void parts_are_whole_domains_where_that_is_fair(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 6; n++)
        assert_true(deal_out(EPYC, n).whole_domains);
    assert_true(deal_out(EPYC, 12).whole_domains);
    const parts seven = deal_out(EPYC, 7), two = deal_out("l3:3 core:8 pu:1", 2);
    assert_true(seven.most - seven.least <= 1);
    assert_int_equal(two.least, 12);
    assert_int_equal(two.most, 12);
}

static void more_ranks_than_cores_have_one_each(void **state)
{
    (void)state;
    const parts four = deal_out("l3:1 core:2 pu:1", 4);
    assert_int_equal(four.least, 1);
    assert_int_equal(four.most, 1);
    assert_int_equal(four.seen[0], 2);
    assert_int_equal(four.seen[1], 2);
}

static void what_a_mask_forbids_is_nobody_s(void **state)
{
    (void)state;
    size_t n_cores = 0;
    for (size_t rank = 0; rank < 2; rank++) {
        topology machine = read_machine("l3:2 core:4 pu:1");
        for (size_t i = 0; i < 3; i++)
            machine.pus[i].allowed = false;
        topology_count_allowed(&machine);
        take(&machine, rank, 2);
        n_cores += machine.n_allowed_cores;
        for (size_t i = 0; i < 3; i++)
            assert_false(machine.pus[i].allowed);
        topology_clear(&machine);
    }
    assert_int_equal(n_cores, 5);
}

static void ranks_bound_apart_keep_what_they_have(void **state)
{
    (void)state;
    topology machine = read_machine("l3:2 core:4 pu:1");
    for (size_t i = 4; i < 8; i++)
        machine.pus[i].allowed = false;
    topology_count_allowed(&machine);
    machine.n_unbound_cores = 8;
    const host_share share = host_share_take(&machine, &(host_rank){0, 2, 0, 1}, &(host_supply){4, UINT64_MAX});
    assert_int_equal(machine.n_allowed_cores, 4);
    assert_int_equal(share.n_threads, 4);
    assert_true(share.memory_bytes == UINT64_MAX);
    assert_string_equal(share.warning, "");
    topology_clear(&machine);
}

static void a_quota_is_divided(void **state)
{
    (void)state;
    const size_t quotas[] = {6, 3, 1}, expected[] = {3, 1, 1};
    for (size_t i = 0; i < 3; i++) {
        topology machine = read_machine("l3:2 core:4 pu:1");
        const host_share share = host_share_take(&machine, &(host_rank){1, 2, 1, 2}, &(host_supply){quotas[i], 100});
        assert_int_equal(share.n_threads, expected[i]);
        assert_int_equal(share.memory_bytes, 50);
        topology_clear(&machine);
    }
}

static host_share take_bound(size_t n_local, size_t n_bound_cores)
{
    topology machine = read_machine("l3:2 core:8 pu:1");
    for (size_t i = n_bound_cores; i < 16; i++)
        machine.pus[i].allowed = false;
    topology_count_allowed(&machine);
    machine.n_unbound_cores = 16;
    const host_share share = host_share_take(&machine, &(host_rank){0, n_local, 0, 1}, &(host_supply){n_bound_cores, 100});
    topology_clear(&machine);
    return share;
}

static void a_narrow_binding_is_told_with_the_flags_to_use(void **state)
{
    (void)state;
    assert_string_equal(
        take_bound(1, 1).warning,
        "WARNING: mpirun's binding leaves a rank 1 of the 16 cores that are its part of this host: give it --map-by "
        "ppr:1:node --bind-to none");
    assert_string_equal(
        take_bound(2, 4).warning,
        "WARNING: mpirun's binding leaves a rank 4 of the 8 cores that are its part of this host: give it --map-by "
        "ppr:2:node --bind-to none, or --map-by ppr:2:node:pe=8 --bind-to core");
    assert_string_equal(take_bound(4, 4).warning, "");
    assert_string_equal(take_bound(99, 1).warning, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_core_is_one_rank_s),
        cmocka_unit_test(parts_are_whole_domains_where_that_is_fair),
        cmocka_unit_test(more_ranks_than_cores_have_one_each),
        cmocka_unit_test(what_a_mask_forbids_is_nobody_s),
        cmocka_unit_test(ranks_bound_apart_keep_what_they_have),
        cmocka_unit_test(a_quota_is_divided),
        cmocka_unit_test(a_narrow_binding_is_told_with_the_flags_to_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
