/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/host_share.h"

#include <stdio.h>
#include <string.h>

/* The place, among the allowed cores, where a domain begins that is nearest to `wanted`; their number is a place as well. */
static size_t nearest_domain(const topology *machine, size_t wanted)
{
    size_t best = 0, begin = 0;
    for (size_t i = 0; i < machine->n_domains; i++) {
        begin += machine->domains[i].n_allowed_cores;
        const size_t far = begin > wanted ? begin - wanted : wanted - begin,
                     best_far = best > wanted ? best - wanted : wanted - best;
        if (far < best_far)
            best = begin;
    }
    return best;
}

/* Where the part of a rank begins, among n allowed cores. */
static size_t even_cut(size_t n, size_t rank, size_t n_ranks)
{
    return n * rank / n_ranks;
}

/* Do whole domains give every rank three quarters of an even part? */
static bool domains_are_fair(const topology *machine, size_t n_ranks)
{
    const size_t n = machine->n_allowed_cores;
    for (size_t rank = 0; rank < n_ranks; rank++) {
        const size_t begin = nearest_domain(machine, even_cut(n, rank, n_ranks));
        const size_t end = nearest_domain(machine, even_cut(n, rank + 1, n_ranks));
        if ((end - begin) * n_ranks * 4 < n * 3)
            return false;
    }
    return true;
}

/* Keep the allowed cores from `begin` to before `end`. */
static void keep_cores(topology *machine, size_t begin, size_t end)
{
    size_t place = 0;
    for (size_t i = 0; i < machine->n_cores; i++) {
        const topology_core *core = &machine->cores[i];
        if (core->n_allowed_pus == 0)
            continue;
        for (size_t pu = core->first_pu; pu < (size_t)core->first_pu + core->n_pus; pu++)
            machine->pus[pu].allowed = machine->pus[pu].allowed && place >= begin && place < end;
        place++;
    }
    topology_count_allowed(machine);
}

static void take_cores(topology *machine, size_t rank, size_t n_ranks)
{
    const size_t n = machine->n_allowed_cores;
    size_t begin = even_cut(n, rank, n_ranks), end = even_cut(n, rank + 1, n_ranks);
    if (n_ranks > n) {
        end = begin + 1;
    } else if (domains_are_fair(machine, n_ranks)) {
        begin = nearest_domain(machine, begin);
        end = nearest_domain(machine, end);
    }
    keep_cores(machine, begin, end);
}

static size_t count_allowed_pus(const topology *machine)
{
    size_t n = 0;
    for (size_t i = 0; i < machine->n_pus; i++)
        n += machine->pus[i].allowed;
    return n;
}

/* A quota is the whole host's; what a mask allows is for those who have that mask. */
static size_t share_threads(const host_supply *supply, size_t n_allowed_pus, size_t n_cores, const host_rank *rank)
{
    if (supply->n_threads >= n_allowed_pus)
        return n_cores;
    const size_t quota = supply->n_threads / rank->n_local;
    return quota == 0 ? 1 : quota < n_cores ? quota : n_cores;
}

static void warn_of_binding(const topology *machine, const host_rank *rank, host_share *share)
{
    const size_t even = machine->n_unbound_cores / rank->n_local, own = machine->n_allowed_cores;
    if (own >= even)
        return;
    char other[96] = "";
    if (rank->n_local > 1)
        snprintf(other, sizeof other, ", or --map-by ppr:%zu:node:pe=%zu --bind-to core", rank->n_local, even);
    snprintf(share->warning, sizeof share->warning,
             "WARNING: mpirun's binding leaves a rank %zu of the %zu core%s that are its part of this host: give it "
             "--map-by ppr:%zu:node "
             "--bind-to none%s",
             own, even, even == 1 ? "" : "s", rank->n_local, other);
}

host_share host_share_take(topology *machine, const host_rank *rank, const host_supply *supply)
{
    const bool is_known = supply->memory_bytes != UINT64_MAX;
    const size_t n_pus = count_allowed_pus(machine);
    host_share share = {.memory_bytes = is_known ? supply->memory_bytes / rank->n_local : UINT64_MAX};
    take_cores(machine, rank->bound_rank, rank->n_bound);
    share.n_threads = share_threads(supply, n_pus, machine->n_allowed_cores, rank);
    warn_of_binding(machine, rank, &share);
    return share;
}
