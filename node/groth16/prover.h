/* SPDX-License-Identifier: Apache-2.0 */
/* node/groth16/prover.h - one partition's way from witness to verified proof, stage by stage, in memory from outside.
 *
 * The engine (node/pipeline/engine.h) drives it; nothing here waits, reads a file or takes memory. */
#ifndef PT_PROVER_H
#define PT_PROVER_H

#include "node/format/proving_key.h"
#include "node/format/wtns.h"
#include "node/pipeline/stage.h"

struct ntt_domain;
struct device_key;
struct device_room;

typedef struct groth16_partition {
    const proving_key *key;
    const struct ntt_domain *domain; /* the twiddles of the key's domain */
    const char *witness_path;        /* for messages */
    const uint8_t *witness;          /* key->n_vars canonical values of the key's curve, 64-byte aligned; secret */
    void *memory;                    /* of partition_bytes, 64-byte aligned, any content; secret, the caller's to zero */
    size_t n_written;                /* set by stages: nothing was written behind so many bytes of memory; 0: not known */
    size_t n_threads;                /* of the largest crew that works on it */
    const atomic_int *yield_while;   /* synthesis gives way while it is above 0; NULL: never */
    struct device_key *device;       /* the key on a device; NULL: the processor's stages alone will run */
    struct device_room *room;        /* there, between the first and the last stage that need one; else NULL */
    groth16_proof proof;             /* of STAGE_ASSEMBLE; right after STAGE_VERIFY alone */
} groth16_partition;

/** Is this a witness of the key's circuit? path: for messages.
 *  errors  PT_E_FORMAT another curve, another number of values */
pt_status groth16_check_witness(const proving_key *key, const wtns *witness, const char *path, pt_err *err);

/** One stage of a partition on the threads of a crew.
 *  errors  PT_E_FORMAT a prepared key is damaged; PT_E_VERIFY the witness does not satisfy the circuit (or the key is damaged);
 *          PT_E_INTERNAL no source of randomness; PT_E_NOMEM
 *  thread  one whose stack is secret (secret_thread.h); one stage of a partition at a time, in their order */
typedef pt_status (*stage_run)(groth16_partition *partition, crew *threads, pt_err *err);

/** What runs the stages from STAGE_SYNTHESIS to STAGE_VERIFY; other entries are NULL.
 *  source  Groth, eprint 2016/260, section 3.2; blinding r, s from libsodium */
typedef struct stage_executors {
    const char *name; /* "cpu", "device" */
    stage_run run[STAGE_COUNT];
    /* After the last stage, or the one that failed: give back what the partition still holds beside its memory. NULL: nothing. */
    void (*leave)(groth16_partition *partition);
    /* units: bytes. What a partition's memory must hold for crews of up to n_threads. */
    size_t (*partition_bytes)(const proving_key *key, size_t n_threads);
    /* units: bytes. As far as stages write to it where all goes well; 0: to all of it. Of a device alone. */
    size_t (*written_bytes)(const struct device_key *device);
} stage_executors;

#endif
