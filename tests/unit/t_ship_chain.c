/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/ship_chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "node/setup/splitmix.h"

static void expect(const uint32_t *host_of, uint32_t n, uint32_t rank, ship_place expected)
{
    const ship_place p = ship_chain_place(host_of, n, rank);
    assert_int_equal(p.is_first, expected.is_first);
    assert_int_equal(p.parent, expected.parent);
    assert_int_equal(p.child, expected.child);
}

static void a_rank_a_host_is_a_chain_of_all(void **state)
{
    (void)state;
    static const uint32_t host_of[] = {0, 1, 2, 3};
    expect(host_of, 4, 0, (ship_place){false, 0, 0});
    expect(host_of, 4, 1, (ship_place){true, 0, 2});
    expect(host_of, 4, 2, (ship_place){true, 1, 3});
    expect(host_of, 4, 3, (ship_place){true, 2, 0});
}

static void ranks_of_one_host_are_one_link(void **state)
{
    (void)state;
    static const uint32_t host_of[] = {0, 0, 0, 0};
    expect(host_of, 4, 1, (ship_place){true, 0, 0});
    expect(host_of, 4, 2, (ship_place){false, 0, 0});
    expect(host_of, 4, 3, (ship_place){false, 0, 0});
    expect(host_of, 1, 0, (ship_place){false, 0, 0});
}

static void hosts_may_be_mixed(void **state)
{
    (void)state;
    static const uint32_t by_host[] = {0, 0, 2, 2, 4, 4}, dealt[] = {0, 1, 2, 0, 1, 2};
    expect(by_host, 6, 1, (ship_place){true, 0, 2});
    expect(by_host, 6, 2, (ship_place){true, 1, 4});
    expect(by_host, 6, 3, (ship_place){false, 0, 0});
    expect(by_host, 6, 4, (ship_place){true, 2, 0});
    expect(dealt, 6, 1, (ship_place){true, 0, 2});
    expect(dealt, 6, 2, (ship_place){true, 1, 3});
    expect(dealt, 6, 3, (ship_place){true, 2, 0});
    expect(dealt, 6, 4, (ship_place){false, 0, 0});
}

static void talks_with(const uint32_t *host_of, uint32_t n, uint32_t rank, uint32_t other, unsigned times)
{
    uint32_t peers[SHIP_PEERS_MAX];
    unsigned seen = 0;
    const size_t n_peers = ship_chain_peers(ship_chain_place(host_of, n, rank), peers);
    assert_true(n_peers >= 1 && n_peers <= SHIP_PEERS_MAX);
    assert_int_equal(peers[0], 0);
    for (size_t i = 0; i < n_peers; i++)
        seen += peers[i] == other;
    assert_int_equal(seen, times);
}

/* Each host has one link, each link but the first a parent that knows it, and the chain has no end before the last. */
static void any_hosts_are_on_one_chain(void **state)
{
    (void)state;
    uint64_t random = 3;
    for (int round = 0; round < 500; round++) {
        uint32_t host_of[40], first[40];
        const uint32_t n = 2 + (uint32_t)(splitmix_next(&random) % 39);
        const uint32_t n_hosts = 1 + (uint32_t)(splitmix_next(&random) % n);
        for (uint32_t i = 0; i < n_hosts; i++)
            first[i] = UINT32_MAX;
        for (uint32_t i = 0; i < n; i++) {
            const uint32_t host = (uint32_t)(splitmix_next(&random) % n_hosts);
            first[host] = first[host] == UINT32_MAX ? i : first[host];
            host_of[i] = first[host];
        }
        uint32_t n_first = 0, before = 0;
        for (uint32_t i = 1; i < n; i++) {
            const ship_place p = ship_chain_place(host_of, n, i);
            if (!p.is_first)
                continue;
            n_first++;
            assert_int_equal(p.parent, before);
            if (before != 0) {
                talks_with(host_of, n, i, before, 1);
                talks_with(host_of, n, before, i, 1);
            }
            before = i;
        }
        uint32_t n_hosts_with_workers = 0;
        for (uint32_t h = 0; h < n_hosts; h++) {
            bool any = false;
            for (uint32_t i = 1; i < n; i++)
                any |= host_of[i] == first[h];
            n_hosts_with_workers += any;
        }
        assert_int_equal(n_first, n_hosts_with_workers);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rank_a_host_is_a_chain_of_all),
        cmocka_unit_test(ranks_of_one_host_are_one_link),
        cmocka_unit_test(hosts_may_be_mixed),
        cmocka_unit_test(any_hosts_are_on_one_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
