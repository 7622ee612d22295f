/* SPDX-License-Identifier: Apache-2.0 */
/* Plans for named machines and for random ones, each held to what must be true of every plan. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/setup/splitmix.h"
#include "node/topo/placement.h"

#define LAPTOP(name) PT_TESTS_DIR "/topo/" name ".xml"

typedef struct {
    const char *name, *source; /* source NULL: this machine */
    size_t n_packages, n_nodes, n_domains, n_cores, n_kinds;
    key_home home; /* of 40 GB that can't be mapped, partitions of 8 GB */
} named_machine;

static const named_machine machines[] = {
    {"Threadripper PRO 7995WX", "pack:1 numa:1(memory=755GiB) l3:12(size=32MiB) core:8 pu:2", 1, 1, 12, 96, 1,
     KEY_ONE_COPY},
    {"EPYC 9654, NPS1", "pack:1 numa:1(memory=768GiB) l3:12(size=32MiB) core:8 pu:2", 1, 1, 12, 96, 1, KEY_ONE_COPY},
    {"EPYC 9654, NPS4", "pack:1 numa:4(memory=192GiB) l3:3(size=32MiB) core:8 pu:2", 1, 4, 12, 96, 1, KEY_COPY_A_NODE},
    {"two EPYC 9654, NPS4, little memory", "pack:2 numa:4(memory=40GiB) l3:3(size=32MiB) core:8 pu:2", 2, 8, 24, 192, 1,
     KEY_INTERLEAVED},
    {"EPYC 7742", "pack:1 numa:1(memory=512GiB) die:8 l3:2(size=16MiB) core:4 pu:2", 1, 1, 16, 64, 1, KEY_ONE_COPY},
    {"two Xeon 8480+", "pack:2 numa:1(memory=512GiB) l3:1(size=105MiB) core:56 pu:2", 2, 2, 2, 112, 1, KEY_COPY_A_NODE},
    {"two Xeon 8480+, SNC4", "pack:2 l3:1(size=105MiB) numa:4(memory=128GiB) core:14 pu:2", 2, 8, 8, 112, 1,
     KEY_COPY_A_NODE},
    {"a laptop with two kinds", LAPTOP("laptop_two_kinds"), 1, 1, 1, 14, 2, KEY_ONE_COPY},
    {"a laptop with low-power cores", LAPTOP("laptop_low_power"), 1, 1, 2, 16, 3, KEY_ONE_COPY},
    {"an ARM server without L3", "pack:1 numa:4(memory=64GiB) core:20 pu:1", 1, 4, 4, 80, 1, KEY_COPY_A_NODE},
    {"one core", "pack:1 l3:1 core:1 pu:1", 1, 1, 1, 1, 1, KEY_ONE_COPY},
    {"one core with a sibling", "pack:1 l3:1 core:1 pu:2", 1, 1, 1, 1, 1, KEY_ONE_COPY},
};

enum { N_MACHINES = sizeof machines / sizeof *machines };

/* --- what must hold --- */

static void check_threads(const topology *machine, const placement *plan)
{
    char *seen = calloc(machine->n_cores, 1);
    for (size_t i = 0; i < plan->n_threads; i++) {
        const placement_thread *thread = &plan->threads[i];
        const topology_core *core = &machine->cores[thread->core];
        assert_int_equal(seen[thread->core]++, 0); /* one a core */
        assert_true(machine->pus[thread->pu].allowed);
        assert_int_equal(machine->pus[thread->pu].core, thread->core);
        for (size_t pu = core->first_pu; pu < thread->pu; pu++)
            assert_false(machine->pus[pu].allowed); /* the first that may be used */
        assert_int_equal(thread->os_pu, machine->pus[thread->pu].os_index);
    }
    if (plan->n_threads == machine->n_allowed_cores)
        for (size_t i = 0; i < machine->n_cores; i++)
            assert_int_equal(seen[i], machine->cores[i].n_allowed_pus > 0);
    free(seen);
}

/* Threads of a pool are those of one domain, whose node's memory is theirs. */
static void check_pools(const topology *machine, const placement *plan)
{
    size_t next = 0;
    for (size_t p = 0; p < plan->n_pools; p++) {
        const placement_pool *pool = &plan->pools[p];
        assert_int_equal(pool->first_thread, next);
        assert_true(pool->n_threads > 0);
        assert_true(p == 0 || pool->domain > plan->pools[p - 1].domain);
        next += pool->n_threads;
        for (size_t i = pool->first_thread; i < next; i++) {
            assert_int_equal(plan->threads[i].pool, p);
            assert_int_equal(machine->cores[plan->threads[i].core].domain, pool->domain);
        }
        assert_int_equal(pool->node, machine->domains[pool->domain].node);
        assert_int_equal(pool->package, machine->domains[pool->domain].package);
        size_t n_listed = 0;
        for (size_t i = 0; i < plan->n_nodes; i++)
            n_listed += plan->nodes[i] == pool->node;
        assert_int_equal(n_listed, 1);
    }
    assert_int_equal(next, plan->n_threads);
}

/* Pools differ by one core at most unless the machine's domains do. */
static bool fills_evenly(const topology *machine, const placement *plan)
{
    for (size_t i = 0; i < plan->n_pools; i++)
        for (size_t j = 0; j < plan->n_pools; j++)
            if (plan->pools[i].n_threads > plan->pools[j].n_threads + 1 &&
                plan->pools[j].n_threads < machine->domains[plan->pools[j].domain].n_allowed_cores)
                return false;
    return true;
}

static size_t pools_of_node(const placement *plan, uint16_t node)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->n_pools; i++)
        n += plan->pools[i].node == node;
    return n;
}

/* Can n crews keep to their nodes? They can where the nodes are alike, lie within packages, and n is a multiple of them. */
static bool fits_nodes(const topology *machine, const placement *plan, size_t n)
{
    for (size_t i = 0; i < plan->n_nodes; i++)
        if (pools_of_node(plan, plan->nodes[i]) * plan->n_nodes != plan->n_pools)
            return false;
    return n % plan->n_nodes == 0 && machine->n_packages <= machine->n_nodes;
}

static void check_crews(const topology *machine, const placement *plan, size_t n_ready, pool_span *crews)
{
    const size_t n = placement_crews(plan, n_ready, crews), wide = plan->crew_pools;
    const size_t ready = n_ready < 2 ? 1 : n_ready < plan->n_pools ? n_ready : plan->n_pools;
    size_t next = 0, least = SIZE_MAX, most = 0, n_threads = 0;
    assert_true(n == ready || (n > ready && ready > 1 && wide > 0));
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(crews[i].first_pool, next); /* each pool is in one crew */
        next += crews[i].n_pools;
        least = crews[i].n_pools < least ? crews[i].n_pools : least;
        most = crews[i].n_pools > most ? crews[i].n_pools : most;
        assert_int_equal(placement_first_thread(plan, crews[i]), n_threads);
        n_threads += placement_n_threads(plan, crews[i]);
        if (fits_nodes(machine, plan, n))
            assert_int_equal(plan->pools[crews[i].first_pool].node, plan->pools[next - 1].node);
    }
    assert_int_equal(next, plan->n_pools);
    assert_int_equal(n_threads, plan->n_threads);
    assert_true(least > 0 && most - least <= 1);
    assert_true(wide == 0 || ready == 1 || most <= wide);
}

static void check_plan(const topology *machine, const placement_request *request, const placement *plan)
{
    const size_t cores = machine->n_allowed_cores, asked = request->options.n_threads, quota = request->quota_threads;
    pool_span *crews = calloc(plan->n_pools, sizeof *crews);
    assert_int_equal(plan->n_threads, asked > 0 ? asked : quota > 0 && quota < cores ? quota : cores);
    check_threads(machine, plan);
    check_pools(machine, plan);
    assert_true(fills_evenly(machine, plan));
    for (size_t n_ready = 0; n_ready <= plan->n_pools + 2; n_ready++)
        check_crews(machine, plan, n_ready, crews);
    assert_true(plan->tail.n_pools > 0);
    assert_true(plan->tail.first_pool + plan->tail.n_pools <= plan->n_pools);
    if (request->options.n_tail_domains == 0)
        assert_true(plan->tail.n_pools <= 2 && (plan->n_pools <= 2 || 2 * plan->tail.n_pools <= plan->n_pools));
    assert_true(plan->n_io_threads >= 1);
    assert_true(plan->home != KEY_MAPPED || request->can_map);
    assert_true(plan->home != KEY_COPY_A_NODE || (plan->n_nodes > 1 && plan->n_nodes <= request->copies_max));
    free(crews);
}

static void plan_and_check(const topology *machine, const placement_request *request)
{
    placement plan = {0};
    pt_err err = {0};
    if (placement_make(machine, request, &plan, &err) != PT_OK)
        fail_msg("%s", err.msg);
    check_plan(machine, request, &plan);
    placement_clear(&plan);
}

static void open_machine(const char *source, topology *out)
{
    pt_err err = {0};
    if ((source == NULL ? topology_read(out, &err) : topology_read_from(source, out, &err)) != PT_OK)
        fail_msg("%s", err.msg);
}

/* Every number of threads, and some tail crews and widths. */
static void check_requests(const topology *machine)
{
    const size_t n = machine->n_allowed_cores;
    for (size_t n_threads = 0; n_threads <= n; n_threads += n_threads < 20 || n_threads > n - 20 ? 1 : 7)
        for (size_t wide = 0; wide < 4; wide++)
            plan_and_check(machine, &(placement_request){.options = {.n_threads = n_threads, .n_domains_crew = wide}});
    plan_and_check(machine, &(placement_request){.options = {.n_tail_domains = 1, .n_io_threads = 3}, .can_map = true});
}

/* --- named machines --- */

static void named_machines_have_good_plans(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_MACHINES; i++) {
        topology machine = {0};
        open_machine(machines[i].source, &machine);
        print_message("  %s\n", machines[i].name);
        assert_int_equal(machine.n_packages, machines[i].n_packages);
        assert_int_equal(machine.n_nodes, machines[i].n_nodes);
        assert_int_equal(machine.n_domains, machines[i].n_domains);
        assert_int_equal(machine.n_cores, machines[i].n_cores);
        assert_int_equal(machine.n_kinds, machines[i].n_kinds);
        check_requests(&machine);
        topology_clear(&machine);
    }
}

static void the_key_is_where_its_readers_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_MACHINES; i++) {
        const placement_request request = {.copies_max = SIZE_MAX, .key_bytes = 40000000000, .partition_bytes = 8000000000};
        topology machine = {0};
        placement plan = {0};
        pt_err err = {0};
        open_machine(machines[i].source, &machine);
        assert_int_equal(placement_make(&machine, &request, &plan, &err), PT_OK);
        if (plan.home != machines[i].home)
            fail_msg("%s: %d: %s", machines[i].name, (int)plan.home, plan.home_reason);
        placement_clear(&plan);
        topology_clear(&machine);
    }
}

static void this_machine_has_a_good_plan(void **state)
{
    (void)state;
    topology machine = {0};
    open_machine(NULL, &machine);
    check_requests(&machine);
    topology_clear(&machine);
}

/* Fast and slow cores share an L3 here, so one pool has both, the fast first; what has no L3 stands apart, and the tail crew is not there. */
static void every_kind_of_core_works(void **state)
{
    (void)state;
    topology machine = {0};
    placement plan = {0};
    pt_err err = {0};
    open_machine(LAPTOP("laptop_low_power"), &machine);
    assert_int_equal(placement_make(&machine, &(placement_request){.options.n_tail_domains = 1}, &plan, &err), PT_OK);
    assert_int_equal(plan.n_threads, 16);
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(machine.cores[plan.threads[i].core].kind, i < 6 ? 2 : i < 14 ? 1 : 0);
    assert_int_equal(plan.pools[1].n_threads, 2);
    assert_false(machine.domains[1].has_l3);
    assert_int_equal(plan.tail.first_pool, 0);
    placement_clear(&plan);
    assert_int_equal(placement_make(&machine, &(placement_request){.options.n_threads = 6}, &plan, &err), PT_OK);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(machine.cores[plan.threads[i].core].kind, 2);
    placement_clear(&plan);
    topology_clear(&machine);
}

/* --- masks --- */

static void a_mask_of_odd_cores_is_kept(void **state)
{
    (void)state;
    topology machine = {0};
    placement plan = {0};
    pt_err err = {0};
    open_machine(machines[0].source, &machine);
    for (size_t i = 0; i < machine.n_pus; i++)
        machine.pus[i].allowed = machine.pus[i].core % 2 == 1;
    topology_count_allowed(&machine);
    check_requests(&machine);
    assert_int_equal(placement_make(&machine, &(placement_request){0}, &plan, &err), PT_OK);
    assert_int_equal(plan.n_pools, 12);
    assert_int_equal(plan.n_threads, 48);
    for (size_t i = 0; i < 48; i++)
        assert_int_equal(plan.threads[i].core, 2 * i + 1);
    placement_clear(&plan);
    topology_clear(&machine);
}

/* Siblings alone, and none of the first three domains. */
static void a_mask_of_siblings_is_kept(void **state)
{
    (void)state;
    topology machine = {0};
    placement plan = {0};
    pt_err err = {0};
    open_machine(machines[2].source, &machine);
    for (size_t i = 0; i < machine.n_pus; i++)
        machine.pus[i].allowed = i >= 48 && i % 2 == 1;
    topology_count_allowed(&machine);
    check_requests(&machine);
    assert_int_equal(placement_make(&machine, &(placement_request){0}, &plan, &err), PT_OK);
    assert_int_equal(plan.n_pools, 9);
    assert_int_equal(plan.n_nodes, 3);
    assert_int_equal(plan.nodes[0], 1);
    assert_int_equal(plan.threads[0].pu, 49);
    placement_clear(&plan);
    topology_clear(&machine);
}

/* --- random machines --- */

static size_t below(uint64_t *seed, size_t n)
{
    return (size_t)(splitmix_next(seed) % n);
}

/* A description with every level there or not, the L3 inside of the node or around it. */
static void describe(uint64_t *seed, char *out, size_t room)
{
    static const char *const orders[] = {
        "pack:%zu numa:%zu l3:%zu core:%zu pu:%zu", "pack:%zu l3:%zu numa:%zu core:%zu pu:%zu",
        "numa:%zu pack:%zu l3:%zu core:%zu pu:%zu", "pack:%zu numa:%zu die:%zu core:%zu pu:%zu"};
    const char *order = orders[below(seed, sizeof orders / sizeof *orders)];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(out, room, order, 1 + below(seed, 3), 1 + below(seed, 4), 1 + below(seed, 7), 1 + below(seed, 9),
             1 + below(seed, 3));
#pragma GCC diagnostic pop
}

static void random_machines_have_good_plans(void **state)
{
    (void)state;
    const char *given = getenv("PARTITA_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 4;
    print_message("  PARTITA_SEED=%" PRIu64 "\n", seed);
    for (int run = 0; run < 200; run++) {
        char source[128];
        topology machine = {0};
        describe(&seed, source, sizeof source);
        open_machine(source, &machine);
        const size_t share = 1 + below(&seed, 4), kept = below(&seed, machine.n_pus);
        for (size_t i = 0; i < machine.n_pus; i++)
            machine.pus[i].allowed = i == kept || below(&seed, share) == 0;
        topology_count_allowed(&machine);
        for (int plan = 0; plan < 10; plan++)
            plan_and_check(&machine, &(placement_request){
                                         .options = {.n_threads = below(&seed, machine.n_allowed_cores + 1),
                                                     .n_domains_crew = below(&seed, 5)},
                                         .quota_threads = below(&seed, 30),
                                         .key_bytes = below(&seed, 1 << 20),
                                         .partition_bytes = below(&seed, 1 << 16),
                                         .memory_bytes = below(&seed, 1 << 22),
                                         .can_map = below(&seed, 2) == 1,
                                         .copies_max = below(&seed, 10),
                                         .huge_pages = below(&seed, 2) == 1,
                                     });
        topology_clear(&machine);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(named_machines_have_good_plans),  cmocka_unit_test(the_key_is_where_its_readers_are),
        cmocka_unit_test(this_machine_has_a_good_plan),    cmocka_unit_test(every_kind_of_core_works),
        cmocka_unit_test(a_mask_of_odd_cores_is_kept),     cmocka_unit_test(a_mask_of_siblings_is_kept),
        cmocka_unit_test(random_machines_have_good_plans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
