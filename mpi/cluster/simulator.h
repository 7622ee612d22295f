/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/simulator.h - a cluster in one thread and no time: the coordinator and the workers as they are, over frames that are late,
 * lost, doubled, reordered or damaged, on ranks that prove by a clock of their own, die, freeze or lie.
 *
 * Everything that happens follows from the setup and its seed: a run that goes wrong goes wrong again. */
#ifndef PT_SIMULATOR_H
#define PT_SIMULATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"

enum { SIMULATED_KEYS_MAX = 4 };

/** What goes wrong how often. Zeros: nothing does. */
typedef struct simulator_faults {
    double lose, duplicate, reorder, damage; /* of frames, the part */
    double kill_s, freeze_s;                 /* mean seconds between two ranks that die, or freeze; 0: never */
    double frozen_s;                         /* mean seconds that one stays so; its frames wait */
    double revive_s;                         /* mean seconds until a dead rank is started again; 0: never */
    double root_crash_s; /* mean seconds between two ends of the root, with all ranks; it starts again at once */
    double miscompute;   /* of proofs that pass the check on their rank, the part that is wrong at the root */
    double
        unreadable; /* of pairs of a partition and a rank but the root's, the part where that rank can't read its witness */
    double unsatisfied; /* of partitions, the part whose witness is at fault */
} simulator_faults;

typedef struct simulator_setup {
    uint64_t seed;
    uint32_t n_ranks, n_partitions;
    uint32_t
        n_places; /* the request is open: so many partitions at once, which come as lines do; 0: it is known from the beginning */
    uint32_t n_keys;      /* of an open one, each named first when it is needed; at most SIMULATED_KEYS_MAX; 0: one */
    double line_s;        /* between two lines of an open one */
    double partition_s;   /* mean time of a partition on a rank of speed 1 that has no other in flight */
    double spread;        /* of a partition's time, as a part of the mean */
    double speed_spread;  /* ranks' speeds are in [1 - this, 1 + this] */
    uint32_t n_in_flight; /* of a rank: that many are proven side by side, each as fast as one alone */
    uint32_t n_ahead;     /* held beside those */
    double key_s;         /* to open a key */
    double frame_s;       /* of a frame on its way, at least; half as much again at random */
    double judge_s;       /* of the root's time for a proof that it checks */
    double commit_s;      /* of the root's time for a commit */
    double give_up_s;     /* of simulated time, after which the run is stuck */
    simulator_faults faults;
    const char *
        vfs; /* SQLite's name of the file system that the journal is on; NULL: there is no journal, so the root does not crash */
    void (*crash_disk)(void *ctx); /* what was not synced there is gone, and nobody writes to it any more */
    void (*start_disk)(void *ctx); /* it can be used again */
    void *ctx;
} simulator_setup;

typedef struct simulator_result {
    double makespan_s;  /* from the start of the last root to the last delivery */
    double needed_s;    /* of the proofs that were delivered, on their ranks */
    double proving_s;   /* of all ranks together, whether it was needed or not */
    double root_busy_s; /* judging and committing */
    uint32_t n_done, n_failed;
    uint64_t n_frames, frame_bytes;
    uint32_t n_lost, n_barred, n_roots;
    uint64_t n_given, n_twice, n_damaged, n_wrong;
} simulator_result;

/** Run until the request is over.
 *  ranks   root only
 *  errors  PT_E_INTERNAL a result was lost, wrong or published twice, a sound partition failed, or the run got stuck: the message says
 *          which, of what seed; PT_E_NOMEM; PT_E_IO of the journal */
pt_status simulator_run(const simulator_setup *setup, simulator_result *out, pt_err *err);

#endif
