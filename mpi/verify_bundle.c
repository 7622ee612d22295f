/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/verify_bundle.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mpi/bundle_batch.h"
#include "mpi/interrupt.h"
#include "mpi/live_line.h"
#include "mpi/printable.h"
#include "node/pipeline/stage.h"

enum { READ_STEPS = 1 };

typedef struct {
    const cli *options;
    const char *path;
    const groth16_vkey *given;
    char *const *given_paths;
    size_t n_given;
    bundle_reader *reader;
    const bundle_head *head;
    size_t *places; /* of the head's keys among the given ones */
    size_t *n_of;   /* partitions of each */
    bundle_batch *batch;
    json_t *bad; /* {id, status, error}, in order */
    pt_status first_bad;
    atomic_size_t steps;
    live_line *line; /* NULL: none is shown */
    double start, read_seconds, verify_seconds;
} bundle_run;

static bool look(void *ctx, live_line_view *out)
{
    bundle_run *run = ctx;
    const size_t n = run->head->n_partitions, a_proof = READ_STEPS + GROTH16_BATCH_STEPS, n_done = atomic_load(&run->steps);
    out->fraction = (double)n_done / (double)(n * a_proof);
    if (n_done > 0 && n_done < n * a_proof)
        out->seconds_left = (clock_seconds() - run->start) * (1 / out->fraction - 1);
    snprintf(out->doing, sizeof out->doing, "verifying %zu/%zu", n_done / a_proof, n);
    snprintf(out->name, sizeof out->name, "%s", run->path);
    return true;
}

/* ---- keys ---- */

/* Nothing that a bundle says of a key is believed but which one of ours it means. */
static pt_status find_key(bundle_run *run, uint32_t i, const bundle_key *given, pt_err *err)
{
    const bundle_key *key = &run->head->keys[i];
    char hash[2 * VKEY_HASH_BYTES + 1];
    for (size_t k = 0; k < run->n_given; k++) {
        if (memcmp(given[k].hash, key->hash, VKEY_HASH_BYTES) != 0)
            continue;
        run->places[i] = k;
        return given[k].curve == key->curve && given[k].n_public == key->n_public
                   ? PT_OK
                   : pt_fail(err, PT_E_FORMAT, "%s: key %u: %u public inputs on %s, but %s has %u on %s", run->path, i,
                             key->n_public, key->curve->name, run->given_paths[k], given[k].n_public, given[k].curve->name);
    }
    sodium_bin2hex(hash, sizeof hash, key->hash, sizeof key->hash);
    return pt_fail(err, PT_E_FORMAT, "%s: the verification key %s (%s, %u public input%s) is not given", run->path, hash,
                   key->curve->name, key->n_public, key->n_public == 1 ? "" : "s");
}

static pt_status find_keys(bundle_run *run, pt_err *err)
{
    bundle_key *given = calloc(run->n_given, sizeof *given);
    run->places = calloc(run->head->n_keys, sizeof *run->places);
    run->n_of = calloc(run->head->n_keys, sizeof *run->n_of);
    if (given == NULL || run->places == NULL || run->n_of == NULL)
        pt_fail(err, PT_E_NOMEM, "%s: no memory for its keys", run->path);
    for (size_t k = 0; err->code == PT_OK && k < run->n_given; k++)
        bundle_key_of(&run->given[k], &given[k]);
    for (uint32_t i = 0; err->code == PT_OK && i < run->head->n_keys; i++)
        find_key(run, i, given, err);
    free(given);
    return err->code;
}

/* ---- proofs ---- */

/* Those of one key in a batch, as arrays; index[k] is the place of the k-th. */
typedef struct {
    groth16_proof proofs[BUNDLE_BATCH_MAX];
    const uint8_t *public_inputs[BUNDLE_BATCH_MAX];
    pt_err verdicts[BUNDLE_BATCH_MAX];
    size_t index[BUNDLE_BATCH_MAX], n;
} packed;

static void pack(bundle_run *run, uint32_t key, packed *out)
{
    const bundle_batch *batch = run->batch;
    out->n = 0;
    for (size_t i = 0; i < batch->n; i++) {
        if (batch->partitions[i].key != key)
            continue;
        run->n_of[key]++;
        if (batch->errs[i].code != PT_OK) {
            atomic_fetch_add(&run->steps, GROTH16_BATCH_STEPS);
            continue;
        }
        out->proofs[out->n] = batch->proofs[i];
        out->public_inputs[out->n] = batch->public_inputs[i];
        out->verdicts[out->n] = (pt_err){0};
        out->index[out->n++] = i;
    }
}

static pt_status verify_packed(bundle_run *run, uint32_t key, packed *p, crew *threads, pt_err *err)
{
    const groth16_batch batch = {.vkey = &run->given[run->places[key]],
                                 .public_inputs = p->public_inputs,
                                 .proofs = p->proofs,
                                 .n = p->n,
                                 .threads = threads,
                                 .steps = &run->steps};
    pt_err first_bad = {0};
    pt_status status = p->n == 0 ? PT_OK : groth16_verify_batch(&batch, p->verdicts, &first_bad);
    if (status != PT_OK && status != PT_E_VERIFY)
        return pt_fail(err, status, "%s", first_bad.msg);
    for (size_t k = 0; k < p->n; k++)
        if (p->verdicts[k].code != PT_OK)
            pt_fail(&run->batch->errs[p->index[k]], PT_E_VERIFY, "%s: %s: invalid proof: %s", run->path,
                    run->batch->partitions[p->index[k]].id, p->verdicts[k].msg);
    return PT_OK;
}

static pt_status note_bad(bundle_run *run, pt_err *err)
{
    const bundle_batch *batch = run->batch;
    for (size_t i = 0; i < batch->n; i++) {
        const pt_err *verdict = &batch->errs[i];
        if (verdict->code == PT_OK)
            continue;
        if (run->first_bad == PT_OK)
            run->first_bad = verdict->code;
        if (json_array_append_new(run->bad,
                                  json_pack("{s:o, s:i, s:o}", "id", printable_json(batch->partitions[i].id), "status",
                                            (int)verdict->code, "error", printable_json(verdict->msg))) != 0)
            return pt_fail(err, PT_E_NOMEM, "%s: no memory for the result", run->path);
    }
    return PT_OK;
}

static pt_status verify_one_batch(bundle_run *run, size_t n_left, packed *p, crew *threads, pt_err *err)
{
    const double begin = clock_seconds();
    if (bundle_batch_read(run->batch, run->reader, run->path, n_left, true, threads, err) != PT_OK)
        return err->code;
    const double read = clock_seconds();
    atomic_fetch_add(&run->steps, READ_STEPS * run->batch->n);
    for (uint32_t key = 0; key < run->head->n_keys; key++) {
        pack(run, key, p);
        if (verify_packed(run, key, p, threads, err) != PT_OK)
            return err->code;
    }
    run->read_seconds += read - begin;
    run->verify_seconds += clock_seconds() - read;
    return note_bad(run, err);
}

static pt_status verify_batches(bundle_run *run, crew *threads, pt_err *err)
{
    packed *p = malloc(sizeof *p);
    run->bad = json_array();
    if (p == NULL || run->bad == NULL || bundle_batch_create(&run->batch, err) != PT_OK) {
        free(p);
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to verify it", run->path);
    }
    run->start = clock_seconds();
    run->line = run->options->quiet ? NULL : live_line_create(look, run);
    if (run->line != NULL)
        live_line_draw(run->line);
    for (size_t n_left = run->head->n_partitions; err->code == PT_OK && n_left > 0; n_left -= run->batch->n)
        verify_one_batch(run, n_left, p, threads, err);
    live_line_destroy(run->line);
    free(p);
    return err->code;
}

/* Until there are verdicts to tell, nothing is lost by ending at once: so does every signal. */
static pt_status verify_all(bundle_run *run, pt_err *err)
{
    interrupt *signals;
    crew *threads = NULL;
    if (interrupt_create(&signals, err) != PT_OK)
        return err->code;
    interrupt_allow_exit(signals, true);
    if (bundle_open(run->path, run->options->features, &run->reader, err) == PT_OK) {
        run->head = bundle_head_of(run->reader);
        if (find_keys(run, err) == PT_OK && crew_create(run->options->n_threads, &threads, err) == PT_OK)
            verify_batches(run, threads, err);
    }
    crew_destroy(threads);
    interrupt_destroy(signals);
    return err->code;
}

/* ---- the result ---- */

static void tell_bad(const bundle_run *run)
{
    size_t i;
    json_t *one;
    json_array_foreach(run->bad, i, one) cli_say("%s", json_string_value(json_object_get(one, "error")));
}

static pt_status print_json(bundle_run *run, pt_err *err)
{
    json_t *keys = json_array();
    const size_t n = run->head->n_partitions;
    for (uint32_t i = 0; i < run->head->n_keys; i++) {
        const bundle_key *key = &run->head->keys[i];
        char hash[2 * VKEY_HASH_BYTES + 1];
        sodium_bin2hex(hash, sizeof hash, key->hash, sizeof key->hash);
        if (json_array_append_new(keys, json_pack("{s:s, s:s, s:o, s:I, s:I}", "curve", key->curve->name, "vkey_hash", hash,
                                                  "vkey", printable_json(run->given_paths[run->places[i]]), "n_public",
                                                  (json_int_t)key->n_public, "n", (json_int_t)run->n_of[i])) != 0)
            pt_fail(err, PT_E_NOMEM, "no memory for the result");
    }
    return cli_print_json(json_pack("{s:s, s:o, s:I, s:I, s:o, s:O, s:{s:f, s:f}}", "command", "verify", "bundle",
                                    printable_json(run->path), "n", (json_int_t)n, "n_valid",
                                    (json_int_t)(n - json_array_size(run->bad)), "keys", keys, "bad", run->bad, "seconds",
                                    "read", run->read_seconds, "verify", run->verify_seconds),
                          err);
}

static void print_count(const bundle_run *run)
{
    const size_t n = run->head->n_partitions, n_bad = json_array_size(run->bad), n_keys = run->head->n_keys;
    printf("%zu proof%s of %zu key%s: %zu valid", n, n == 1 ? "" : "s", n_keys, n_keys == 1 ? "" : "s", n - n_bad);
    if (n_bad > 0)
        printf(", %zu bad", n_bad);
    printf(" (read in %.3f s, verified in %.3f s)\n", run->read_seconds, run->verify_seconds);
}

pt_status verify_bundle(const cli *self, const groth16_vkey *vkeys, char *const *paths, size_t n, const char *bundle,
                        pt_err *err)
{
    bundle_run run = {.options = self, .path = bundle, .given = vkeys, .given_paths = paths, .n_given = n};
    if (verify_all(&run, err) == PT_OK) {
        tell_bad(&run);
        if (!self->json)
            print_count(&run);
        if (!self->json || print_json(&run, err) == PT_OK)
            err->code = run.first_bad; /* its message has been told */
    }
    json_decref(run.bad);
    bundle_batch_destroy(run.batch);
    bundle_close(run.reader);
    free(run.places);
    free(run.n_of);
    return err->code;
}
