/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "node/topo/topology.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "node/topo/machine.h"

static topology made_of(const char *source)
{
    topology machine = {0};
    pt_err err = {0};
    if (topology_read_from(source, &machine, &err) != PT_OK)
        fail_msg("%s", err.msg);
    return machine;
}

static void assert_refused(const char *source, pt_status code, const char *says)
{
    topology machine = {0};
    pt_err err = {0};
    if (topology_read_from(source, &machine, &err) != code)
        fail_msg("%s: %d: %s", source, (int)err.code, err.msg);
    if (strstr(err.msg, says) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.msg, says);
    assert_null(machine.pus);
}

static void a_description_gives_its_counts(void **state)
{
    (void)state;
    topology machine = made_of("pack:2 numa:2 l3:3 core:4 pu:2");
    assert_int_equal(machine.n_packages, 2);
    assert_int_equal(machine.n_nodes, 4);
    assert_int_equal(machine.n_domains, 12);
    assert_int_equal(machine.n_cores, 48);
    assert_int_equal(machine.n_pus, 96);
    assert_int_equal(machine.n_kinds, 1);
    assert_int_equal(machine.n_allowed_cores, 48);
    assert_false(machine.own_machine);
    for (size_t i = 0; i < machine.n_domains; i++) {
        assert_int_equal(machine.domains[i].node, i / 3);
        assert_int_equal(machine.domains[i].package, i / 6);
        assert_int_equal(machine.domains[i].n_cores, 4);
        assert_true(machine.domains[i].has_l3);
    }
    for (size_t i = 0; i < machine.n_cores; i++)
        assert_int_equal(machine.cores[i].n_allowed_pus, 2);
    topology_clear(&machine);
}

static void cores_without_l3_share_a_node(void **state)
{
    (void)state;
    topology machine = made_of("pack:2 numa:2 core:4 pu:1");
    assert_int_equal(machine.n_domains, 4);
    assert_false(machine.domains[0].has_l3);
    assert_int_equal(machine.domains[3].n_cores, 4);
    topology_clear(&machine);
}

/* Sub-NUMA clusters: one L3 for the package, two nodes. */
static void an_l3_of_several_nodes_is_divided(void **state)
{
    (void)state;
    topology machine = made_of("pack:1 l3:1(size=40MiB) numa:2 core:10 pu:2");
    assert_int_equal(machine.n_nodes, 2);
    assert_int_equal(machine.n_domains, 2);
    assert_int_equal(machine.domains[0].l3_bytes, 20u << 20);
    assert_int_equal(machine.domains[1].node, 1);
    topology_clear(&machine);
}

static void units_without_cores_are_cores(void **state)
{
    (void)state;
    topology machine = made_of("numa:1 pu:3");
    assert_int_equal(machine.n_cores, 3);
    assert_int_equal(machine.n_packages, 1);
    topology_clear(&machine);
}

static void an_l3_of_the_host_is_not_believed(void **state)
{
    (void)state;
    topology guest = made_of("pack:1 l3:1(size=480MiB) core:2 pu:1");
    assert_int_equal(guest.domains[0].l3_bytes, 8u << 20);
    assert_string_equal(guest.note, "an L3 of 480 MiB for 2 cores is its host's: 8 MiB are counted on");
    topology_clear(&guest);
    topology cache_rich = made_of("pack:1 l3:8(size=96MiB) core:2 pu:2");
    assert_int_equal(cache_rich.domains[0].l3_bytes, 96u << 20);
    assert_string_equal(cache_rich.note, "");
    topology_clear(&cache_rich);
}

static void what_is_no_topology_is_refused(void **state)
{
    (void)state;
    assert_refused("no_such_file", PT_E_NOINPUT, "no_such_file: No such file");
    assert_refused("/", PT_E_NOINPUT, "/: not a regular file");
    assert_refused(PT_TESTS_DIR "/CMakeLists.txt", PT_E_FORMAT, "no topology in hwloc's XML");
    assert_refused("core:x", PT_E_FORMAT, "no topology in hwloc's notation");
    assert_refused("pack:0 core:2 pu:1", PT_E_FORMAT, "no topology in hwloc's notation");
    assert_refused("pu:2 core:2", PT_E_FORMAT, "no topology in hwloc's notation");
    assert_refused("core:100 pu:100", PT_E_FORMAT, "more than 8192 processing units");
    assert_refused("core:18446744073709551617 pu:1", PT_E_FORMAT, "more than 8192 processing units");
    assert_refused("core:2 l3:2 pu:1", PT_E_FORMAT, "core 0 is divided");
}

static void this_machine_is_read(void **state)
{
    (void)state;
    topology machine = {0};
    pt_err err = {0};
    assert_int_equal(topology_read(&machine, &err), PT_OK);
    assert_true(machine.own_machine);
    size_t n_allowed = 0;
    for (size_t i = 0; i < machine.n_pus; i++)
        n_allowed += machine.pus[i].allowed;
    assert_in_range(machine_threads(), 1, n_allowed);
    assert_in_range(machine.n_allowed_cores, 1, n_allowed);
    assert_true(machine.nodes[0].memory_bytes > 0);
    topology_clear(&machine);
}

static void the_mask_of_the_thread_counts(void **state)
{
    (void)state;
    cpu_set_t before, one;
    pt_err err = {0};
    topology machine = {0};
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    size_t last = CPU_SETSIZE - 1;
    while (!CPU_ISSET(last, &before))
        last--;
    CPU_ZERO(&one);
    CPU_SET(last, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    assert_int_equal(topology_read(&machine, &err), PT_OK);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    assert_int_equal(machine.n_allowed_cores, 1);
    for (size_t i = 0; i < machine.n_pus; i++)
        assert_int_equal(machine.pus[i].allowed, machine.pus[i].os_index == last);
    topology_clear(&machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_description_gives_its_counts),
        cmocka_unit_test(cores_without_l3_share_a_node),
        cmocka_unit_test(an_l3_of_several_nodes_is_divided),
        cmocka_unit_test(units_without_cores_are_cores),
        cmocka_unit_test(an_l3_of_the_host_is_not_believed),
        cmocka_unit_test(what_is_no_topology_is_refused),
        cmocka_unit_test(this_machine_is_read),
        cmocka_unit_test(the_mask_of_the_thread_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
