/* SPDX-License-Identifier: Apache-2.0 */
/* node/bench/resident.h - an engine that stays, with one key and one witness: what loads are put on. */
#ifndef PT_RESIDENT_H
#define PT_RESIDENT_H

#include "node/pipeline/engine.h"
#include "node/pipeline/key_copies.h"
#include "node/setup/circuit_generator.h"

/** Where key and witness come from. */
typedef struct resident_source {
    const char *key_path, *witness_path; /* NULL: of a circuit that is generated, as follows */
    const pt_curve *curve;
    unsigned log_domain;
    circuit_witness kind;
    uint64_t seed;
} resident_source;

typedef struct resident {
    engine *engine;
    key_copies keys;
    const proving_key *key; /* the first of these */
    engine_key *prepared;
    memory_plan memory;       /* that the engine keeps to */
    wtns witness;             /* of a generated circuit; a file is read anew for every partition, as in `prove` */
    const char *witness_path; /* NULL: `witness` */
    const pt_curve *other;    /* verifies proofs once more: another build, or the same one if there is no other */
    timeline *timeline;       /* of its engine */
    size_t n_threads;
} resident;

/** Start an engine and open the key on its threads.
 *  shape   n_spans: of the timeline; setup->timeline is set here
 *  owns    the caller's (resident_close, also after an error); setup and source are read here alone, but for the witness's path
 *  errors  of engine_create, proving_key_open, generated_key_open, engine_plan; PT_E_NOMEM */
pt_status resident_open(const resident_source *source, const engine_setup *setup, size_t n_spans, resident *out,
                        pt_err *err);

/** Zeroed ones are fine. */
void resident_close(resident *self);

/** A partition to be proven. owns: *out is the caller's (engine_job_clear, when it has been given back) */
void resident_order(const resident *self, engine_job *out);

/** Is a job that was given back a right proof? It is verified once more.
 *  errors  how the job ended; PT_E_INTERNAL a wrong proof; PT_E_NOMEM */
pt_status resident_judge(const resident *self, const engine_job *job, pt_err *err);

#endif
