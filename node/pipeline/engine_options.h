/* SPDX-License-Identifier: Apache-2.0 */
/* node/pipeline/engine_options.h - what can be chosen about how a node proves; no choice changes a proof.
 *
 * A zero is the measured default, which the plan works out and names. */
#ifndef PT_ENGINE_OPTIONS_H
#define PT_ENGINE_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
    CHOICE_AUTO, /* the plan decides, and says why */
    CHOICE_ON,
    CHOICE_OFF
} choice;

/** What a stage runs on that a device can run. */
typedef enum {
    SIDE_AUTO, /* the device, if there is one and it has room */
    SIDE_CPU,
    SIDE_GPU
} stage_side;

/** What becomes of a partition's memory when it is done with. The last two are worse: `partita bench` has them to show by how much. */
typedef enum {
    ARENAS_KEPT,         /* the next partition has it, with its pages */
    ARENAS_FREED_BY_ONE, /* it goes back to the system, by one thread for all; pages come as they are touched */
    ARENAS_FREED_APART   /* the same, by a thread each */
} arena_policy;

/** How long a partition has the device's lock. The last is worse: `partita bench` has it to show by how much. */
typedef enum {
    GPU_LOCK_KERNELS,  /* while its kernels run */
    GPU_LOCK_PARTITION /* from its first copy to the device until its room there is another's */
} gpu_lock_span;

typedef struct engine_options {
    size_t n_threads;      /* of all crews together: at most one a core */
    size_t n_in_flight;    /* partitions that hold memory at once ("workers") */
    size_t n_tail_domains; /* shared-L3 domains on which G2 MSMs run; 0: those of their partition */
    size_t n_io_threads;   /* witnesses that are read from files at a time */
    size_t queue_depth;    /* partitions that wait to begin, at most */
    uint64_t memory_bytes; /* of keys, matrices, witnesses, vectors and scratch together */
    choice throttle;       /* synthesis yields while a G2 MSM runs */
    choice pin;            /* threads to cores */
    choice huge_pages;     /* for keys that are read into memory, and arenas */
    arena_policy arenas;
    size_t n_domains_crew; /* shared-L3 domains a crew may span when several partitions are ready */
    size_t n_gpu_workers;  /* partitions that have vectors on a device at once */
    uint64_t gpu_memory_bytes;
    stage_side synthesis, g2;
    gpu_lock_span gpu_lock;
} engine_options;

#endif
