/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/simulator_parts.h - what the simulator's files share: what happens when (simulator.c), frames on their way
 * (simulator_frames.c), the ranks (simulator_node.c), the root (simulator_root.c) and a request that comes line by line (simulator_lines.c). */
#ifndef PT_SIMULATOR_PARTS_H
#define PT_SIMULATOR_PARTS_H

#include "mpi/cluster/coordinator.h"
#include "mpi/cluster/simulated_time.h"
#include "mpi/cluster/simulator.h"
#include "mpi/cluster/worker.h"

enum { SIMULATED_PROOF_BYTES = 128, ROOT = UINT32_MAX };
#define SIMULATED_BUILD "simulated"

typedef struct simulator simulator;

typedef struct task {
    struct task *next;
    wire_attempt attempt;
    uint32_t number;     /* of the partition, whatever its place is */
    double ends, length; /* 0: it waits */
} task;

/* A rank: its worker and its proving. */
typedef struct {
    proving base;
    transport link;
    simulator *of;
    uint32_t number, life, n_running;
    bool dead, frozen;
    double speed, keys_at[SIMULATED_KEYS_MAX]; /* when each is open */
    uint32_t n_keys;                           /* that were asked for */
    proving_key_state key;
    task *tasks, **last_task;
    worker *worker;
} simulated_node;

/* An open request: what has come, and which partition has which place. */
typedef struct {
    uint32_t n_come, *number_in;
    uint32_t *free_places, n_free;
    uint32_t n_named, n_told, n_known; /* keys; known: open at the root */
    double known_at;                   /* the one that is being opened */
} simulated_lines;

enum { WITNESS_ROOM = 12 };

struct simulator {
    simulator_setup setup;
    chances chances;
    event_queue events, inbox;   /* inbox: frames that wait for the root */
    double now, root_free;       /* root_free: when the root has done what it has begun */
    double root_due, commit_due; /* when it is to be woken, INFINITY: by a frame alone; and to commit */
    double group_ends;           /* a delivery from then on is of another commit */
    simulated_node *nodes;
    request request;
    uint8_t *identities, *key_hash;
    char (*witnesses)[WITNESS_ROOM]; /* of each place: the partition's number */
    simulated_lines lines;
    transport root_link;
    coordinator *coordinator;
    journal *journal;
    uint32_t n_roots;
    double begun_at;
    bool *delivered; /* by any root: what counts for the world */
    bool *failed;
    bool *unsatisfied;
    double *link_free; /* of each rank, both ways: frames stay in order unless a fault says otherwise */
    simulator_result result;
    pt_err *err;
};

extern const transport_ops simulator_root_ops, simulator_node_ops;

/** Something is to happen.
 *  ranks   root only, here and below */
void simulator_push(simulator *self, event e);
/** The same, to a rank or the root in the life that it has now. */
void simulator_push_rank(simulator *self, event_kind kind, uint32_t rank, double at);

/** A simulated rank's life: it starts, looks at what is due, and stops with all that it holds. */
void simulated_node_start(simulator *self, uint32_t rank);
void simulated_node_tick(simulated_node *n);
void simulated_node_stop(simulated_node *n);
bool simulated_proof_is_right(const uint8_t *proof, const uint8_t *public_inputs);

/** The root's life, and that of all ranks with it. */
void simulator_root_start(simulator *self);
void simulator_root_stop(simulator *self);
/** All is gone but what was synced and frames on their way; the root starts again. */
void simulator_crash(simulator *self);
/** Have the root look at what is due, not later than at this time. */
void simulator_wake_root(simulator *self, double at);
/** What has come, then what is due, as the program does. */
void simulator_root_turn(simulator *self);
/** Has the root come to its end, or the simulation? */
bool simulator_is_over(simulator *self);

/** A root starts: its request begins anew.
 *  errors  the simulation's: PT_E_NOMEM */
void simulator_lines_begin(simulator *self);
void simulator_lines_clear(simulator *self);
/** Take what has come by now, and keys that are open by now. */
void simulator_lines_turn(simulator *self);
/** A partition has ended: another may have its place. returns its number; of a request that is known, its place */
uint32_t simulator_lines_ended(simulator *self, uint32_t place);
/** An earlier root may have proven it.
 *  returns false: it did not, or the simulation has failed */
bool simulator_recall(simulator *self, uint32_t number);

/** The run is wrong: of this partition, what is. */
void simulator_broken(simulator *self, const char *what, uint32_t partition);

#endif
