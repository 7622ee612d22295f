/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "node/topo/pin.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "node/topo/machine.h"

enum { HUGE_PAGE = 2 << 20, N_BYTES = 4 * HUGE_PAGE };

typedef struct {
    topology machine, other;
    cpu_set_t mask;
    char *mapping, *block; /* the block begins where a huge page may */
} fixture;

static int set_up(void **state)
{
    static fixture f;
    pt_err err = {0};
    *state = &f;
    f.mapping = mmap(NULL, N_BYTES + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    f.block = f.mapping + (HUGE_PAGE - (size_t)f.mapping % HUGE_PAGE);
    return f.mapping == MAP_FAILED || sched_getaffinity(0, sizeof f.mask, &f.mask) != 0 ||
           topology_read(&f.machine, &err) != PT_OK || topology_read_from("l3:1 core:2 pu:2", &f.other, &err) != PT_OK;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    munmap(f->mapping, N_BYTES + HUGE_PAGE);
    topology_clear(&f->machine);
    topology_clear(&f->other);
    return sched_setaffinity(0, sizeof f->mask, &f->mask);
}

static void a_thread_is_bound_to_its_unit(void **state)
{
    fixture *f = *state;
    for (uint16_t pu = 0; pu < f->machine.n_pus; pu++) {
        if (!f->machine.pus[pu].allowed)
            continue;
        const pin_report report = pin_thread(&f->machine, pu);
        assert_int_equal(report.n_threads, 1);
        assert_int_equal(report.n_bound, 1);
        assert_int_equal(report.error, 0);
        assert_int_equal(sched_getcpu(), f->machine.pus[pu].os_index);
    }
}

static void a_unit_that_is_not_there_is_reported(void **state)
{
    fixture *f = *state;
    topology_pu absent = {.os_index = TOPOLOGY_PUS_MAX - 1};
    topology machine = f->machine;
    machine.pus = &absent;
    const pin_report report = pin_thread(&machine, 0);
    assert_int_equal(report.n_bound, 0);
    assert_int_equal(report.error, EINVAL);
}

static void a_thread_is_moved_and_moved_back(void **state)
{
    fixture *f = *state;
    pin_mask before;
    cpu_set_t now;
    assert_int_equal(sched_setaffinity(0, sizeof f->mask, &f->mask), 0); /* as it was before all tests */
    for (size_t pu = 0; pu < f->machine.n_pus; pu++) {
        if (!f->machine.pus[pu].allowed)
            continue;
        assert_int_equal(pin_move(&f->machine.pus[pu].os_index, 1, &before), 0);
        assert_int_equal(sched_getcpu(), f->machine.pus[pu].os_index);
        assert_int_equal(pin_move_back(&before), 0);
        assert_int_equal(sched_getaffinity(0, sizeof now, &now), 0);
        assert_true(CPU_EQUAL(&now, &f->mask));
    }
}

static void processors_that_are_not_there_are_refused(void **state)
{
    fixture *f = *state;
    static const unsigned absent[] = {TOPOLOGY_PUS_MAX - 1, TOPOLOGY_PUS_MAX};
    pin_mask before;
    cpu_set_t was, now;
    assert_int_equal(sched_getaffinity(0, sizeof was, &was), 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pin_move(&absent[i], 1, &before), EINVAL);
    assert_int_equal(pin_move(&f->machine.pus[0].os_index, 0, &before), EINVAL);
    assert_int_equal(sched_getaffinity(0, sizeof now, &now), 0);
    assert_true(CPU_EQUAL(&now, &was));
}

static void another_machine_s_plan_binds_nothing(void **state)
{
    fixture *f = *state;
    const uint16_t node = 0;
    assert_int_equal(pin_thread(&f->other, 1).n_bound, 0);
    assert_int_equal(pin_thread(&f->other, 1).error, EXDEV);
    assert_int_equal(pin_memory(&f->other, f->block, N_BYTES, &node, 1), EXDEV);
    memset(f->block, 1, N_BYTES);
    assert_int_equal(pin_check_memory(&f->other, f->block, N_BYTES, &node, 1).n_placed, 0);
}

static void pages_lie_on_their_nodes(void **state)
{
    fixture *f = *state;
    const uint16_t all[2] = {f->machine.domains[0].node, f->machine.domains[f->machine.n_domains - 1].node};
    const size_t n = all[0] == all[1] ? 1 : 2;
    for (size_t n_nodes = 1; n_nodes <= n; n_nodes++) {
        madvise(f->block, N_BYTES, MADV_DONTNEED);
        const int refused = pin_memory(&f->machine, f->block, N_BYTES, all, n_nodes);
        if (refused == EPERM || refused == ENOSYS)
            skip(); /* a container that forbids it */
        assert_int_equal(refused, 0);
        const pin_report before = pin_check_memory(&f->machine, f->block, N_BYTES, all, n_nodes);
        assert_int_equal(before.n_absent, before.n_pages);
        assert_int_equal(before.n_placed, 0);
        memset(f->block, 1, N_BYTES);
        const pin_report after = pin_check_memory(&f->machine, f->block, N_BYTES, all, n_nodes);
        assert_int_equal(after.n_pages, 64);
        assert_int_equal(after.n_placed, after.n_pages);
        assert_int_equal(after.n_absent, 0);
    }
}

/* What is mapped for a place is there to the last byte, and begins with a huge page if it can hold one. */
static void a_block_is_mapped_where_it_is_to_lie(void **state)
{
    fixture *f = *state;
    static const size_t sizes[] = {1, 4096, HUGE_PAGE - 1, HUGE_PAGE, HUGE_PAGE + 1, 3 * HUGE_PAGE + 12345};
    const uint16_t node = f->machine.domains[0].node;
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof *sizes; i++) {
        const memory_place place = {&f->machine, &node, 1, i % 2 == 1};
        const size_t n = sizes[i / 2];
        char *block = pin_map(&place, n);
        assert_non_null(block);
        if (n >= HUGE_PAGE)
            assert_int_equal((uintptr_t)block % HUGE_PAGE, 0);
        memset(block, 1, n);
        const pin_report report = pin_check_memory(&f->machine, block, n, &node, 1);
        assert_true(report.error != 0 || f->machine.n_nodes > 1 || report.n_placed == report.n_pages);
        assert_int_equal(munmap(block, n), 0);
    }
    const memory_place place = {&f->machine, &node, 1, false};
    assert_null(pin_map(&place, 0));
    assert_null(pin_map(&place, SIZE_MAX));
    assert_null(pin_map(&place, (size_t)1 << 60));
}

static void pages_on_another_node_are_told_apart(void **state)
{
    fixture *f = *state;
    topology_node elsewhere = {.os_index = 1000};
    topology machine = f->machine;
    const uint16_t node = 0;
    machine.nodes = &elsewhere;
    memset(f->block, 1, N_BYTES);
    const pin_report report = pin_check_memory(&machine, f->block, N_BYTES, &node, 1);
    assert_int_equal(report.n_placed, 0);
}

static void huge_pages_are_counted(void **state)
{
    fixture *f = *state;
    if (!machine_gives_huge_pages())
        skip();
    madvise(f->block, N_BYTES, MADV_DONTNEED);
    assert_int_equal(pin_huge_bytes(f->block, N_BYTES), 0);
    assert_int_equal(pin_huge_pages(f->block, N_BYTES), 0);
    memset(f->block, 1, N_BYTES);
    assert_int_equal(pin_huge_bytes(f->block, N_BYTES) % HUGE_PAGE, 0); /* none, when memory is in pieces */
    assert_int_equal(pin_huge_bytes(&f->block, sizeof f->block), 0);
    madvise(f->block, N_BYTES, MADV_NOHUGEPAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_is_bound_to_its_unit),
        cmocka_unit_test(a_unit_that_is_not_there_is_reported),
        cmocka_unit_test(a_thread_is_moved_and_moved_back),
        cmocka_unit_test(processors_that_are_not_there_are_refused),
        cmocka_unit_test(another_machine_s_plan_binds_nothing),
        cmocka_unit_test(pages_lie_on_their_nodes),
        cmocka_unit_test(a_block_is_mapped_where_it_is_to_lie),
        cmocka_unit_test(pages_on_another_node_are_told_apart),
        cmocka_unit_test(huge_pages_are_counted),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
