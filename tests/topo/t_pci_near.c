/* SPDX-License-Identifier: Apache-2.0 */
/* Machines with GPUs, as make_machines.py describes them, in the place of this one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "node/topo/pci_near.h"

#define MACHINE(name) PT_TESTS_DIR "/topo/" name ".xml"

/* hwloc takes the file for this machine, here and in pci_near_read. */
static void open_machine(const char *path, topology *machine)
{
    pt_err err = {0};
    assert_int_equal(setenv("HWLOC_XMLFILE", path, 1), 0);
    if (topology_read(machine, &err) != PT_OK)
        fail_msg("%s", err.msg);
}

static void allow(topology *machine, unsigned first, unsigned past)
{
    for (size_t i = 0; i < machine->n_pus; i++)
        machine->pus[i].allowed = machine->pus[i].os_index >= first && machine->pus[i].os_index < past;
    topology_count_allowed(machine);
}

/* Next to the device are the processors from first to past, and no others. */
static void expect_near(const topology *machine, const char *address, unsigned first, unsigned past)
{
    pci_near near;
    pt_err err = {0};
    assert_int_equal(pci_near_read(machine, address, &near, &err), PT_OK);
    assert_int_equal(near.n, past - first);
    for (size_t i = 0; i < near.n; i++)
        assert_int_equal(near.processors[i], first + i);
    pci_near_clear(&near);
    assert_null(near.processors);
}

static void a_package_is_next_to_what_hangs_on_it(void **state)
{
    (void)state;
    topology machine;
    open_machine(MACHINE("two_packages_with_gpus"), &machine);
    assert_int_equal(machine.n_pus, 16);
    expect_near(&machine, "0000:19:00.0", 0, 8);
    expect_near(&machine, "0000:3b:00.0", 0, 8);
    expect_near(&machine, "0000:9a:00.0", 8, 16);
    topology_clear(&machine);
}

static void those_that_may_not_be_used_are_none(void **state)
{
    (void)state;
    topology machine;
    open_machine(MACHINE("two_packages_with_gpus"), &machine);
    allow(&machine, 4, 11);
    expect_near(&machine, "0000:19:00.0", 4, 8);
    expect_near(&machine, "0000:9a:00.0", 8, 11);
    allow(&machine, 0, 8); /* a rank's share of the host */
    expect_near(&machine, "0000:19:00.0", 0, 8);
    expect_near(&machine, "0000:9a:00.0", 0, 0);
    topology_clear(&machine);
}

static void without_a_place_of_its_own_a_device_is_next_to_none(void **state)
{
    (void)state;
    topology machine;
    open_machine(MACHINE("two_packages_with_gpus"), &machine);
    expect_near(&machine, "", 0, 0);
    expect_near(&machine, "0000:1a:00.0", 0, 0);
    expect_near(&machine, "no address", 0, 0);
    topology_clear(&machine);
    open_machine(MACHINE("one_package_with_gpu"), &machine);
    expect_near(&machine, "0000:19:00.0", 0, 0);
    topology_clear(&machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_package_is_next_to_what_hangs_on_it),
        cmocka_unit_test(those_that_may_not_be_used_are_none),
        cmocka_unit_test(without_a_place_of_its_own_a_device_is_next_to_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
