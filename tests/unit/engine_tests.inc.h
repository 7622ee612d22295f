/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/engine_tests.inc.h - tiny circuits of both curves with keys and witnesses, and what comes of a job. */
#ifndef PT_ENGINE_TESTS_H
#define PT_ENGINE_TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/bench/generated_key.h"
#include "node/pipeline/crew.h"
#include "node/pipeline/engine.h"

/* The bytes of a witness file. */
typedef struct {
    uint8_t *bytes;
    size_t n_bytes;
} witness_image;

typedef struct {
    proving_key *key;
    wtns witness;        /* that satisfies the circuit */
    witness_image right; /* the same as a file */
    witness_image wrong; /* one that does not */
} tiny_circuit;

static inline void put(witness_image *to, const void *bytes, size_t n_bytes)
{
    memcpy(to->bytes + to->n_bytes, bytes, n_bytes);
    to->n_bytes += n_bytes;
}

static inline void put_number(witness_image *to, uint64_t value, size_t n_bytes)
{
    put(to, &value, n_bytes);
}

static inline witness_image image_of(const wtns *witness)
{
    const uint64_t value_bytes = witness->curve->fr_bytes;
    witness_image image = {.bytes = malloc(1024 + witness->n * value_bytes)};
    put(&image, "wtns", 4);
    put_number(&image, 2, 4); /* version */
    put_number(&image, 2, 4); /* sections */
    put_number(&image, 1, 4);
    put_number(&image, 8 + value_bytes, 8);
    put_number(&image, value_bytes, 4);
    put(&image, witness->curve->r, value_bytes);
    put_number(&image, witness->n, 4);
    put_number(&image, 2, 4);
    put_number(&image, witness->n * value_bytes, 8);
    put(&image, witness->values, witness->n * value_bytes);
    return image;
}

static inline tiny_circuit circuit_open(const char *curve, unsigned log_domain)
{
    tiny_circuit out;
    pt_err err = {0};
    crew *threads;
    assert_int_equal(crew_create(1, &threads, &err), PT_OK);
    const cpu_features features = cpu_features_read();
    if (generated_key_open(pt_curve_by_name(curve, features), features, log_domain, CIRCUIT_FULL, log_domain, threads,
                           &out.key, &out.witness, &err) != PT_OK)
        fail_msg("%s", err.msg);
    crew_destroy(threads);
    out.right = image_of(&out.witness);
    out.wrong = image_of(&out.witness);
    out.wrong.bytes[out.wrong.n_bytes - out.witness.curve->fr_bytes] ^= 1;
    return out;
}

static inline void circuit_close(tiny_circuit *circuit)
{
    free(circuit->right.bytes);
    free(circuit->wrong.bytes);
    wtns_clear(&circuit->witness);
    proving_key_close(circuit->key);
}

/* Does its proof verify under the key, for the public inputs of the witness? */
static inline bool is_right(const tiny_circuit *circuit, const engine_job *job)
{
    const proving_key *key = circuit->key;
    pt_err err = {0};
    return memcmp(job->public_inputs, circuit->witness.values + PT_FR_BYTES, (size_t)key->n_public * PT_FR_BYTES) == 0 &&
           groth16_verify(&key->vkey, job->public_inputs, key->n_public, &job->proof, &err) == PT_OK;
}

#endif
