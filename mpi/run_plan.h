/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/run_plan.h - what `prove --plan` shows: where a run's threads go and what memory it takes, here and on a device. */
#ifndef PT_RUN_PLAN_H
#define PT_RUN_PLAN_H

#include "mpi/workplace.h"

typedef struct {
    const proving_key *key;
    device_plan device; /* n_rooms 0: the processor proves */
} run_plan_key;

typedef struct {
    const workplace *place;
    const memory_plan *memory; /* of all keys together */
    const run_plan_key *keys;
    size_t n_keys; /* at least 1 */
} run_plan;

/** For people.
 *  ranks   root only
 *  errors  PT_E_NOMEM */
pt_status run_plan_print(const run_plan *plan, FILE *stream, pt_err *err);

/** The same as a JSON object, the caller's; NULL if there is no memory. Bytes.
 *  ranks   any */
json_t *run_plan_json(const run_plan *plan);

/** The memory alone.
 *  ranks   any */
json_t *run_plan_memory_json(const memory_plan *memory);

#endif
