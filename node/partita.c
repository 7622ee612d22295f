/* SPDX-License-Identifier: Apache-2.0 */
/* The public API over node/: arguments are checked, values and errors translated; the work is done below. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/format/proof_json.h"
#include "node/format/proof_list.h"
#include "node/format/vkey_json.h"
#include "node/partita_device.h"
#include "node/topo/machine.h"

struct partita_key {
    proving_key *key;
    partita_device *device; /* NULL: each job has an engine of its own */
    engine_key *resident;   /* of the device's engine */
};

struct partita_vkey {
    groth16_vkey vkey;
};

/* The public numbers are those of the floors below. */
_Static_assert((int)PARTITA_E_ARG == PT_E_ARG && (int)PARTITA_E_FORMAT == PT_E_FORMAT &&
                   (int)PARTITA_E_NOINPUT == PT_E_NOINPUT && (int)PARTITA_E_DEVICE == PT_E_DEVICE &&
                   (int)PARTITA_E_INTERNAL == PT_E_INTERNAL && (int)PARTITA_E_AGAIN == PT_E_NOMEM &&
                   (int)PARTITA_E_VERIFY == PT_E_VERIFY,
               "a status of the library is one of the program");
_Static_assert((int)PARTITA_CHECK_QUICK == KEY_CHECK_QUICK && (int)PARTITA_CHECK_FULL == KEY_CHECK_FULL &&
                   (int)PARTITA_CHECK_NONE == KEY_CHECK_NONE,
               "a check of the library is one of the key's");
_Static_assert((int)PARTITA_STAGE_WITNESS == STAGE_WITNESS && (int)PARTITA_STAGE_SYNTHESIS == STAGE_SYNTHESIS &&
                   (int)PARTITA_STAGE_QUOTIENT == STAGE_QUOTIENT && (int)PARTITA_STAGE_MSM_H == STAGE_MSM_H &&
                   (int)PARTITA_STAGE_MSM_G1 == STAGE_MSM_G1 && (int)PARTITA_STAGE_MSM_G2 == STAGE_MSM_G2 &&
                   (int)PARTITA_STAGE_ASSEMBLE == STAGE_ASSEMBLE && (int)PARTITA_STAGE_VERIFY == STAGE_VERIFY,
               "a stage of the library is one of stage.h");
_Static_assert(sizeof((partita_error *)0)->message == sizeof((pt_err *)0)->msg, "a message fits");
_Static_assert(sizeof(partita_cancel_flag) == sizeof(atomic_bool) &&
                   _Alignof(partita_cancel_flag) == _Alignof(atomic_bool) && ATOMIC_BOOL_LOCK_FREE == 2,
               "a flag is one that jobs look at, and a signal handler may raise it");

/* ---- errors, texts, threads ---- */

partita_status partita_tell(const pt_err *from, partita_error *to)
{
    if (to != NULL) {
        to->code = (partita_status)from->code;
        memcpy(to->message, from->msg, sizeof to->message);
    }
    return (partita_status)from->code;
}

static pt_status missing(pt_err *err)
{
    return pt_fail(err, PT_E_ARG, "an argument is NULL that must not be");
}

size_t partita_threads(size_t asked)
{
    return asked == 0 ? machine_threads() : asked;
}

const char *partita_version(void)
{
    return PT_LIBRARY_VERSION;
}

void partita_free(char *text)
{
    free(text);
}

/* ---- keys ---- */

static pt_status open_key(const char *path, const partita_key_options *options, partita_key *self, pt_err *err)
{
    const partita_key_options asked = options == NULL ? (partita_key_options){.n_threads = 0} : *options;
    if ((unsigned)asked.check > PARTITA_CHECK_NONE)
        return pt_fail(err, PT_E_ARG, "%u is no check of a key", (unsigned)asked.check);
    crew *threads;
    if (crew_create(partita_threads(asked.n_threads), &threads, err) != PT_OK)
        return err->code;
    const proving_key_options opening = {.features = cpu_features_read(), .check = (key_check)asked.check};
    proving_key_open(path, opening, threads, &self->key, err);
    crew_destroy(threads);
    self->device = asked.device;
    if (err->code == PT_OK && self->device != NULL &&
        partita_device_send(self->device, self->key, &self->resident, err) != PT_OK)
        proving_key_close(self->key);
    return err->code;
}

partita_status partita_key_open(const char *path, const partita_key_options *options, partita_key **out, partita_error *err)
{
    pt_err cause = {0};
    partita_key *self = NULL;
    if (path == NULL || out == NULL)
        missing(&cause);
    else if ((self = calloc(1, sizeof *self)) == NULL)
        pt_fail(&cause, PT_E_NOMEM, "%s: no memory to open it", path);
    else if (open_key(path, options, self, &cause) == PT_OK)
        *out = self;
    if (cause.code != PT_OK)
        free(self);
    return partita_tell(&cause, err);
}

void partita_key_close(partita_key *key)
{
    if (key == NULL)
        return;
    engine_key_destroy(key->resident);
    proving_key_close(key->key);
    free(key);
}

void partita_key_describe(const partita_key *key, partita_key_info *out)
{
    const proving_key *k = key->key;
    *out = (partita_key_info){.curve = k->curve->name,
                              .n_wires = k->n_vars,
                              .n_public = k->n_public,
                              .domain_size = k->domain_size,
                              .insecure = k->insecure || groth16_gamma_is_delta(&k->vkey)};
}

/* ---- proofs ---- */

const char *partita_stage_name(partita_stage stage_number)
{
    bool known = stage_number >= PARTITA_STAGE_WITNESS && stage_number <= PARTITA_STAGE_VERIFY;
    return known ? stage_name((stage)stage_number) : NULL;
}

void partita_cancel(partita_cancel_flag *flag)
{
    atomic_store((atomic_bool *)(void *)flag, true);
}

static void report_stage(void *ctx, stage s)
{
    const partita_job *job = ctx;
    if (job->progress != NULL)
        job->progress(job->ctx, (partita_stage)s);
}

static job_watch watch_of(partita_job *job)
{
    return (job_watch){.report = report_stage, .ctx = job, .cancel = (const atomic_bool *)(const void *)job->cancel};
}

static pt_status make_texts(const engine_job *proven, uint32_t n_public, partita_proof *out, pt_err *err)
{
    partita_proof texts = {.on_device = proven->on_device};
    size_t len_bytes;
    if (proof_json_text(&proven->proof, &texts.proof_json, &len_bytes, err) == PT_OK &&
        public_json_text(proven->public_inputs, n_public, &texts.public_json, &len_bytes, err) == PT_OK)
        *out = texts;
    else
        partita_proof_clear(&texts);
    return err->code;
}

/* In the device's engine, with the jobs of other threads, or in one of its own. */
static pt_status run(const partita_key *key, size_t n_threads, engine_job *job, pt_err *err)
{
    const engine_setup setup = {.options = {.n_threads = partita_threads(n_threads)}, .features = cpu_features_read()};
    job->key = key->resident;
    return key->device != NULL ? partita_device_run(key->device, job, err) : engine_run_alone(&setup, key->key, job, err);
}

static pt_status prove(const partita_key *key, input_source from, partita_job asked, partita_proof *out, pt_err *err)
{
    const job_watch watch = watch_of(&asked);
    engine_job job = {.witness = from, .watch = &watch};
    if (run(key, asked.n_threads, &job, err) == PT_OK) {
        if (job.err.code == PT_OK)
            make_texts(&job, key->key->n_public, out, err);
        else
            *err = job.err;
    }
    engine_job_clear(&job);
    return err->code;
}

static partita_status prove_from(const partita_key *key, input_source from, const partita_job *job, partita_proof *out,
                                 partita_error *err)
{
    pt_err cause = {0};
    const partita_job asked = job == NULL ? (partita_job){0} : *job;
    if (key == NULL || from.path == NULL || out == NULL)
        missing(&cause);
    else
        prove(key, from, asked, out, &cause);
    return partita_tell(&cause, err);
}

partita_status partita_prove_file(const partita_key *key, const char *witness_path, const partita_job *job,
                                  partita_proof *out, partita_error *err)
{
    return prove_from(key, (input_source){.path = witness_path}, job, out, err);
}

partita_status partita_prove_memory(const partita_key *key, const void *witness, size_t len_bytes, const partita_job *job,
                                    partita_proof *out, partita_error *err)
{
    const input_source from = {.path = witness == NULL ? NULL : "witness", .bytes = witness, .n_bytes = len_bytes};
    return prove_from(key, from, job, out, err);
}

void partita_proof_clear(partita_proof *proof)
{
    if (proof == NULL)
        return;
    free(proof->proof_json);
    free(proof->public_json);
    *proof = (partita_proof){.proof_json = NULL};
}

/* ---- verifying ---- */

static pt_status read_vkey(input_source from, partita_vkey **out, pt_err *err)
{
    partita_vkey *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to read it", from.path);
    if (vkey_json_read_from(from, cpu_features_read(), NULL, &self->vkey, err) == PT_OK)
        *out = self;
    else
        free(self);
    return err->code;
}

static partita_status vkey_from(input_source from, partita_vkey **out, partita_error *err)
{
    pt_err cause = {0};
    if (from.path == NULL || out == NULL)
        missing(&cause);
    else
        read_vkey(from, out, &cause);
    return partita_tell(&cause, err);
}

partita_status partita_vkey_open(const char *path, partita_vkey **out, partita_error *err)
{
    return vkey_from((input_source){.path = path}, out, err);
}

partita_status partita_vkey_parse(const char *json, size_t len_bytes, partita_vkey **out, partita_error *err)
{
    return vkey_from((input_source){.path = json == NULL ? NULL : "verifying key", .bytes = json, .n_bytes = len_bytes},
                     out, err);
}

static pt_status copy_vkey(const groth16_vkey *from, partita_vkey **out, pt_err *err)
{
    size_t n_bytes = ((size_t)from->n_public + 1) * 2 * from->curve->fq_bytes;
    partita_vkey *self = calloc(1, sizeof *self);
    uint8_t *ic = malloc(n_bytes);
    if (self == NULL || ic == NULL) {
        free(self);
        free(ic);
        return pt_fail(err, PT_E_NOMEM, "no memory for a verifying key of %u public values", from->n_public);
    }
    self->vkey = *from;
    self->vkey.ic = memcpy(ic, from->ic, n_bytes);
    *out = self;
    return PT_OK;
}

partita_status partita_vkey_of_key(const partita_key *key, partita_vkey **out, partita_error *err)
{
    pt_err cause = {0};
    if (key == NULL || out == NULL)
        missing(&cause);
    else
        copy_vkey(&key->key->vkey, out, &cause);
    return partita_tell(&cause, err);
}

void partita_vkey_close(partita_vkey *vkey)
{
    if (vkey == NULL)
        return;
    groth16_vkey_clear(&vkey->vkey);
    free(vkey);
}

partita_status partita_vkey_json(const partita_vkey *vkey, char **out, partita_error *err)
{
    pt_err cause = {0};
    size_t len_bytes;
    if (vkey == NULL || out == NULL)
        missing(&cause);
    else
        vkey_json_text(&vkey->vkey, out, &len_bytes, &cause);
    return partita_tell(&cause, err);
}

/* The names that messages give to text i of n. */
static char *text_name(const char *what, size_t i, size_t n)
{
    char name[64];
    snprintf(name, sizeof name, n == 1 ? "%s" : "%s %zu", what, i);
    return strdup(name);
}

static pt_status list_statements(const partita_statement *statements, size_t n, proof_list *list, pt_err *err)
{
    list->items = calloc(n, sizeof *list->items);
    if (list->items == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory to verify %zu proofs", n);
    list->n = n;
    for (size_t i = 0; i < n; i++) {
        proof_list_item *item = &list->items[i];
        if (statements[i].proof_json == NULL || statements[i].public_json == NULL)
            return missing(err);
        *item = (proof_list_item){.proof_path = text_name("proof", i, n),
                                  .public_path = text_name("public values", i, n),
                                  .proof_text = statements[i].proof_json,
                                  .public_text = statements[i].public_json};
        if (item->proof_path == NULL || item->public_path == NULL)
            return pt_fail(err, PT_E_NOMEM, "no memory to verify %zu proofs", n);
    }
    return PT_OK;
}

/* A statement that could not be read for want of memory has no verdict, and so the batch has none. */
static pt_status find_shortage(const proof_list *list, pt_err *err)
{
    for (size_t i = 0; i < list->n; i++) {
        const pt_err *verdict = &list->items[i].err;
        if (verdict->code == PT_E_NOMEM || verdict->code == PT_E_INTERNAL)
            return pt_fail(err, verdict->code, "%s", verdict->msg);
    }
    return PT_OK;
}

/* Each item's err is its verdict; *err is a fault of the batch as a whole. */
static pt_status verify_list(const groth16_vkey *vkey, size_t n_threads, proof_list *list, pt_err *err)
{
    crew *threads;
    if (crew_create(n_threads, &threads, err) != PT_OK)
        return err->code;
    proof_list_read(list, vkey, cpu_features_read(), threads);
    if (find_shortage(list, err) == PT_OK)
        proof_list_verify(list, vkey, threads, err);
    crew_destroy(threads);
    return err->code;
}

/* The first that is not right becomes *err. */
static void tell_verdicts(const proof_list *list, partita_error *verdicts, pt_err *err)
{
    for (size_t i = 0; i < list->n; i++) {
        const pt_err *verdict = &list->items[i].err;
        if (verdicts != NULL)
            partita_tell(verdict, &verdicts[i]);
        if (err->code == PT_OK)
            *err = *verdict;
    }
}

partita_status partita_verify_batch(const partita_vkey *vkey, const partita_statement *statements, size_t n,
                                    size_t n_threads, partita_error *verdicts, partita_error *err)
{
    pt_err cause = {0};
    proof_list list = {0};
    if (vkey == NULL || (statements == NULL && n > 0))
        missing(&cause);
    else if (n > 0 && list_statements(statements, n, &list, &cause) == PT_OK &&
             verify_list(&vkey->vkey, partita_threads(n_threads), &list, &cause) == PT_OK)
        tell_verdicts(&list, verdicts, &cause);
    proof_list_clear(&list);
    return partita_tell(&cause, err);
}

partita_status partita_verify(const partita_vkey *vkey, const partita_statement *statement, partita_error *err)
{
    return partita_verify_batch(vkey, statement, 1, 1, NULL, err);
}
