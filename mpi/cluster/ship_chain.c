/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/ship_chain.h"

/* A host's first rank, or the one behind the root. */
static bool is_first(const uint32_t *host_of, uint32_t rank)
{
    if (rank == 0 || host_of[rank] != 0)
        return rank > 0 && host_of[rank] == rank;
    for (uint32_t i = 1; i < rank; i++)
        if (host_of[i] == 0)
            return false;
    return true;
}

ship_place ship_chain_place(const uint32_t *host_of, uint32_t n_ranks, uint32_t rank)
{
    ship_place place = {0};
    if (!is_first(host_of, rank))
        return place;
    place.is_first = true;
    for (uint32_t i = rank - 1; i > 0 && place.parent == 0; i--)
        place.parent = is_first(host_of, i) ? i : 0;
    for (uint32_t i = rank + 1; i < n_ranks && place.child == 0; i++)
        place.child = is_first(host_of, i) ? i : 0;
    return place;
}

size_t ship_chain_peers(ship_place place, uint32_t out[SHIP_PEERS_MAX])
{
    size_t n = 0;
    out[n++] = 0;
    if (place.parent != 0)
        out[n++] = place.parent;
    if (place.child != 0)
        out[n++] = place.child;
    return n;
}
