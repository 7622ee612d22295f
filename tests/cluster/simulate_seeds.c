/* SPDX-License-Identifier: Apache-2.0 */
/* simulate_seeds N [FIRST]: N simulated clusters, each of another seed, size and mix of faults; ends with 1 at the first that loses, falsifies or
 * doubles a result, after the line that names its seed. `simulate_seeds 1 SEED` repeats it exactly.
 *
 * With --expect-fault the program has a planted bug (CMakeLists.txt), and must find it: 0 if one of the seeds fails. --drop-syncs plants one
 * in the disk: it says that it has synced what it has not. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mpi/cluster/simulator.h"
#include "tests/cluster/memory_vfs.h"

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 33) * 0xff51afd7ed558ccdu;
    x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53u;
    return x ^ x >> 33;
}

/* The i-th number that is drawn for a seed, in [0, n). */
static uint32_t drawn(uint64_t seed, uint32_t i, uint32_t n)
{
    return (uint32_t)(mix(mix(seed + 1) + i) % n);
}

/* One of a few values, of which most seeds get 0. */
static double sometimes(uint64_t seed, uint32_t i, double value)
{
    return drawn(seed, i, 3) == 0 ? value * (1 + drawn(seed, i + 100, 4)) : 0;
}

/* A disk, and how it ends. */
typedef struct {
    memory_vfs *vfs;
    memory_vfs_loss loss;
} disk;

static void crash_disk(void *ctx)
{
    const disk *d = ctx;
    memory_vfs_crash(d->vfs, d->loss);
}

static void start_disk(void *ctx)
{
    const disk *d = ctx;
    memory_vfs_start(d->vfs);
}

static simulator_setup setup_of(uint64_t seed, disk *of)
{
    const bool crashes = drawn(seed, 1, 2) == 0, is_open = drawn(seed, 22, 3) == 0;
    const double partition_s = 0.5 + drawn(seed, 4, 8), speed_spread = 0.1 * drawn(seed, 5, 9), spread = 0.5;
    const double longest_s =
        partition_s * (1 + spread) / (1 - speed_spread); /* nothing is proven where all dies sooner than that */
    const uint32_t n_partitions = (1 + drawn(seed, 3, 12)) * (is_open ? 3 : 1);
    const double line_s = 0.5 * drawn(seed, 25, 4), unsatisfied = sometimes(seed, 21, 0.05);
    /* An open request's lines come anew to each root, and what can't be proven is tried twice anew, at worst in one place: nothing ends
     * where roots die much sooner than that. */
    const double anew_s = is_open ? n_partitions * (line_s + 2 * unsatisfied * longest_s) : 0;
    return (simulator_setup){.seed = seed,
                             .n_ranks = 1 + drawn(seed, 2, 6),
                             .n_partitions = n_partitions,
                             .n_places = is_open ? 1 + drawn(seed, 23, 6) : 0,
                             .n_keys = 1 + drawn(seed, 24, 3),
                             .line_s = line_s,
                             .partition_s = partition_s,
                             .spread = spread,
                             .speed_spread = speed_spread,
                             .n_in_flight = 1 + drawn(seed, 6, 3),
                             .n_ahead = drawn(seed, 7, 3),
                             .key_s = 0.2 * drawn(seed, 8, 4),
                             .frame_s = 0.001 * (1 + drawn(seed, 9, 100)),
                             .judge_s = 0.001,
                             .commit_s = 0.003,
                             .give_up_s = 20000,
                             .vfs = memory_vfs_name(of->vfs),
                             .crash_disk = crash_disk,
                             .start_disk = start_disk,
                             .ctx = of,
                             .faults = {.lose = sometimes(seed, 10, 0.05),
                                        .duplicate = sometimes(seed, 11, 0.05),
                                        .reorder = sometimes(seed, 12, 0.05),
                                        .damage = sometimes(seed, 13, 0.02),
                                        .kill_s = sometimes(seed, 14, 10 + longest_s),
                                        .freeze_s = sometimes(seed, 15, 10 + longest_s),
                                        .frozen_s = 2 + drawn(seed, 16, 6),
                                        .revive_s = drawn(seed, 17, 2) == 0 ? 0 : 5,
                                        .root_crash_s = crashes ? 10 + longest_s + anew_s + drawn(seed, 18, 30) : 0,
                                        .miscompute = sometimes(seed, 19, 0.01),
                                        .unreadable = sometimes(seed, 20, 0.01),
                                        .unsatisfied = unsatisfied}};
}

static pt_status run_seed(uint64_t seed, bool drops_syncs, simulator_result *out, pt_err *err)
{
    const memory_vfs_setup empty = {.seed = seed, .drops_syncs = drops_syncs};
    static const memory_vfs_loss losses[] = {LOSE_NOTHING, LOSE_ALL, LOSE_SOME};
    disk d = {.vfs = memory_vfs_create(&empty), .loss = losses[drawn(seed, 0, 3)]};
    if (d.vfs == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for a disk");
    const simulator_setup setup = setup_of(seed, &d);
    simulator_run(&setup, out, err);
    memory_vfs_destroy(d.vfs);
    return err->code;
}

int main(int argc, char **argv)
{
    const bool drops_syncs = argc > 1 && strcmp(argv[1], "--drop-syncs") == 0;
    const bool planted = drops_syncs || (argc > 1 && strcmp(argv[1], "--expect-fault") == 0);
    const uint64_t n = argc > 1 + planted ? strtoull(argv[1 + planted], NULL, 10) : 1000;
    const uint64_t first = argc > 2 + planted ? strtoull(argv[2 + planted], NULL, 10) : 1;
    uint64_t n_frames = 0, n_roots = 0, n_lost = 0, n_wrong = 0, n_done = 0, n_twice = 0;
    for (uint64_t seed = first; seed < first + n; seed++) {
        simulator_result result = {0};
        pt_err err = {0};
        if (run_seed(seed, drops_syncs, &result, &err) != PT_OK) {
            const bool found = planted && err.code != PT_E_NOMEM;
            printf("%s%s\n", found ? "found: " : "", err.msg);
            return found ? 0 : 1;
        }
        n_frames += result.n_frames;
        n_roots += result.n_roots;
        n_lost += result.n_lost;
        n_wrong += result.n_wrong;
        n_done += result.n_done;
        n_twice += result.n_twice;
    }
    printf("%" PRIu64 " seeds from %" PRIu64 ": %" PRIu64 " results, none lost, wrong or doubled, in %" PRIu64
           " frames, by %" PRIu64 " roots, with %" PRIu64 " ranks lost, %" PRIu64 " wrong proofs found, %" PRIu64
           " partitions given twice\n",
           n, first, n_done, n_frames, n_roots, n_lost, n_wrong, n_twice);
    return planted ? 1 : 0;
}
