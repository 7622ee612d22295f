/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/engine_tests.inc.h - tiny circuits of both curves with keys and witnesses, engines that have them, jobs
 * that are held in a stage until a test has looked, and what comes of a job. */
#ifndef PT_ENGINE_TESTS_H
#define PT_ENGINE_TESTS_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/bench/generated_key.h"
#include "node/pipeline/crew.h"
#include "node/pipeline/engine.h"
#include "tests/unit/thread_tests.inc.h"

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

/* A file without a name, and the path by which this process opens it again. */
typedef struct {
    FILE *stream;
    char path[40];
} witness_file;

static inline witness_file file_of(const witness_image *image)
{
    witness_file file = {.stream = tmpfile()};
    assert_non_null(file.stream);
    assert_int_equal(fwrite(image->bytes, 1, image->n_bytes, file.stream), image->n_bytes);
    fflush(file.stream);
    snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", fileno(file.stream));
    return file;
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

enum { N_CIRCUITS = 3 };

/* Two of one curve, of which the second takes more memory, and one of the other. */
static tiny_circuit circuits[N_CIRCUITS];

static inline int circuits_open(void **state)
{
    (void)state;
    circuits[0] = circuit_open("bn254", 2);
    circuits[1] = circuit_open("bn254", 4);
    circuits[2] = circuit_open("bls12_381", 3);
    return 0;
}

static inline int circuits_close(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_CIRCUITS; i++)
        circuit_close(&circuits[i]);
    return 0;
}

/* ---- an engine with its keys ---- */

typedef struct {
    engine *engine;
    engine_key *keys[N_CIRCUITS];
} rig;

static inline rig rig_open(engine_setup setup)
{
    rig r;
    pt_err err = {0};
    setup.features = cpu_features_read();
    setup.options.n_threads = setup.options.n_threads == 0 ? 2 : setup.options.n_threads;
    assert_int_equal(engine_create(&setup, &r.engine, &err), PT_OK);
    for (size_t i = 0; i < N_CIRCUITS; i++)
        assert_int_equal(engine_key_create(r.engine, circuits[i].key, &r.keys[i], &err), PT_OK);
    return r;
}

static inline rig rig_of(size_t n_in_flight)
{
    return rig_open((engine_setup){.options = {.n_in_flight = n_in_flight}});
}

static inline void rig_close(rig *r)
{
    engine_destroy(r->engine);
    for (size_t i = 0; i < N_CIRCUITS; i++)
        engine_key_destroy(r->keys[i]);
}

static inline engine_job job_of(const rig *r, size_t circuit)
{
    const tiny_circuit *c = &circuits[circuit];
    return (engine_job){.key = r->keys[circuit],
                        .witness = {.path = "right.wtns", .bytes = c->right.bytes, .n_bytes = c->right.n_bytes}};
}

static inline void submit(const rig *r, engine_job *job)
{
    pt_err err = {0};
    if (engine_submit(r->engine, job, &err) != PT_OK)
        fail_msg("%s", err.msg);
}

static inline void expect_next(const rig *r, engine_job *job)
{
    assert_ptr_equal(engine_next(r->engine), job);
}

/* The next job is this one, and its proof is right. */
static inline void expect_proof(const rig *r, size_t circuit, engine_job *job)
{
    expect_next(r, job);
    if (job->err.code != PT_OK)
        fail_msg("%s", job->err.msg);
    assert_true(job->begun);
    assert_true(job->seconds > 0);
    assert_true(is_right(&circuits[circuit], job));
    engine_job_clear(job);
}

static inline void expect_failure(const rig *r, engine_job *job, pt_status code, const char *message)
{
    expect_next(r, job);
    assert_string_equal(job->err.msg, message);
    assert_int_equal(job->err.code, code);
    engine_job_clear(job);
}

static inline void expect_unbegun(const rig *r, engine_job *job)
{
    expect_failure(r, job, PT_E_NOMEM, "right.wtns: interrupted before it was begun");
    assert_false(job->begun);
}

/* A job that stops at the beginning of a stage until it may go on, and says when stages began. */
typedef struct {
    job_watch watch;
    stage at; /* STAGE_COUNT: it stops nowhere */
    atomic_bool there, go;
    atomic_bool cancel;
    atomic_size_t *n_begun; /* counted up at the first stage */
    size_t turn;            /* which it was */
    unsigned n_reports[STAGE_COUNT];
} gate;

static inline void report_to_gate(void *ctx, stage s)
{
    gate *g = ctx;
    g->n_reports[s]++;
    if (s == STAGE_WITNESS && g->n_begun != NULL)
        g->turn = atomic_fetch_add(g->n_begun, 1);
    if (s != g->at)
        return;
    atomic_store(&g->there, true);
    while (!atomic_load(&g->go))
        sleep_ms(1);
}

static inline engine_job job_at_gate(const rig *r, size_t circuit, gate *g)
{
    engine_job job = job_of(r, circuit);
    g->watch = (job_watch){.report = report_to_gate, .ctx = g, .cancel = &g->cancel};
    job.watch = &g->watch;
    return job;
}

static inline void await(const atomic_bool *flag)
{
    while (!atomic_load(flag))
        sleep_ms(1);
}

/* Does it become true, within 10 s? */
static inline bool comes_true(const atomic_bool *flag)
{
    for (int i = 0; i < 10000 && !atomic_load(flag); i++)
        sleep_ms(1);
    return atomic_load(flag);
}

/* Submits a job that may have to wait. */
typedef struct {
    const rig *rig;
    engine_job *job;
    atomic_int thread;
    atomic_bool done;
    pthread_t id;
} submitter;

static inline void *submit_one(void *arg)
{
    submitter *s = arg;
    pt_err err = {0};
    atomic_store(&s->thread, gettid());
    engine_submit(s->rig->engine, s->job, &err);
    atomic_store(&s->done, true);
    return NULL;
}

#endif
