/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "node/format/proof_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/format/proof_json.h"

static const char proof_ending[] = ".proof.json", public_ending[] = ".public.json";

/* ---- the list ---- */

/* The length of NAME; 0 for another file. */
static size_t name_len(const char *file)
{
    size_t len = strlen(file), ending = sizeof proof_ending - 1;
    return len > ending && strcmp(file + len - ending, proof_ending) == 0 ? len - ending : 0;
}

static char *path_of(const char *dir, const char *name, size_t len, const char *ending)
{
    const char *slash = dir[0] != '\0' && dir[strlen(dir) - 1] == '/' ? "" : "/";
    char *path;
    return asprintf(&path, "%s%s%.*s%s", dir, slash, (int)len, name, ending) < 0 ? NULL : path;
}

/* Does the next item have room? Doubled, with zeroes behind. */
static bool make_room(proof_list *self)
{
    if (self->n > 0 && (self->n & (self->n - 1)) != 0)
        return true;
    proof_list_item *items = realloc(self->items, (self->n == 0 ? 1 : 2 * self->n) * sizeof *items);
    if (items != NULL)
        self->items = items;
    return items != NULL;
}

static bool add(proof_list *self, const char *dir, const char *file, size_t len)
{
    if (!make_room(self))
        return false;
    proof_list_item *item = &self->items[self->n++];
    *item = (proof_list_item){.proof_path = path_of(dir, file, len, proof_ending),
                              .public_path = path_of(dir, file, len, public_ending)};
    return item->proof_path != NULL && item->public_path != NULL;
}

static int by_path(const void *a, const void *b)
{
    const proof_list_item *x = a, *y = b;
    return strcmp(x->proof_path, y->proof_path);
}

static pt_status read_names(proof_list *self, const char *path, DIR *dir, pt_err *err)
{
    const struct dirent *entry;
    for (errno = 0; (entry = readdir(dir)) != NULL; errno = 0) {
        size_t len = name_len(entry->d_name);
        if (len > 0 && !add(self, path, entry->d_name, len))
            return pt_fail(err, PT_E_NOMEM, "%s: no memory for the names of its proofs", path);
    }
    if (errno != 0)
        return pt_fail(err, PT_E_NOINPUT, "%s: %s", path, strerror(errno));
    if (self->n == 0)
        return pt_fail(err, PT_E_NOINPUT, "%s: no NAME%s in it", path, proof_ending);
    qsort(self->items, self->n, sizeof *self->items, by_path);
    return PT_OK;
}

pt_status proof_list_of_dir(const char *path, proof_list *out, pt_err *err)
{
    proof_list found = {0};
    DIR *dir = opendir(path);
    if (dir == NULL)
        return pt_fail(err, errno == ENOMEM ? PT_E_NOMEM : PT_E_NOINPUT, "%s: %s", path, strerror(errno));
    pt_status status = read_names(&found, path, dir, err);
    closedir(dir);
    if (status == PT_OK)
        *out = found;
    else
        proof_list_clear(&found);
    return status;
}

void proof_list_clear(proof_list *self)
{
    for (size_t i = 0; i < self->n; i++) {
        free(self->items[i].proof_path);
        free(self->items[i].public_path);
        free(self->items[i].public_inputs);
    }
    free(self->items);
    *self = (proof_list){0};
}

/* ---- reading ---- */

typedef struct {
    proof_list *list;
    const groth16_vkey *vkey;
    cpu_features features;
} reading;

static input_source source_of(const char *path, const char *text)
{
    return (input_source){.path = path, .bytes = text, .n_bytes = text == NULL ? 0 : strlen(text)};
}

static void read_statement(const reading *r, proof_list_item *item)
{
    const pt_curve *curve = r->vkey->curve;
    size_t n_public;
    if (proof_json_read_from(source_of(item->proof_path, item->proof_text), r->features, &item->proof, &item->err) != PT_OK)
        return;
    if (item->proof.curve != curve)
        pt_fail(&item->err, PT_E_FORMAT, "%s: a proof of curve %s, but the verifying key is of %s", item->proof_path,
                item->proof.curve->name, curve->name);
    else if (public_json_read_from(source_of(item->public_path, item->public_text), curve, &item->public_inputs, &n_public,
                                   &item->err) == PT_OK &&
             n_public != r->vkey->n_public)
        pt_fail(&item->err, PT_E_FORMAT, "%s: %zu public inputs, but the verifying key has %u", item->public_path, n_public,
                r->vkey->n_public);
}

static void count_steps(const proof_list *self, size_t n)
{
    if (self->steps != NULL)
        atomic_fetch_add(self->steps, n);
}

static void read_item(void *ctx, size_t i, size_t thread)
{
    const reading *r = ctx;
    (void)thread;
    read_statement(r, &r->list->items[i]);
    count_steps(r->list, 1);
}

void proof_list_read(proof_list *self, const groth16_vkey *vkey, cpu_features features, crew *threads)
{
    reading r = {self, vkey, features};
    crew_run(threads, self->n, read_item, &r);
}

/* ---- verifying ---- */

/* What a batch wants as arrays; index[k] is the item of its k-th proof. */
typedef struct {
    groth16_proof *proofs;
    const uint8_t **inputs;
    pt_err *verdicts;
    size_t *index, n;
} packed;

static void pack(const proof_list *self, packed *out)
{
    for (size_t i = 0; i < self->n; i++) {
        const proof_list_item *item = &self->items[i];
        if (item->err.code != PT_OK)
            continue;
        out->proofs[out->n] = item->proof;
        out->inputs[out->n] = item->public_inputs;
        out->index[out->n++] = i;
    }
    count_steps(self, GROTH16_BATCH_STEPS * (self->n - out->n));
}

static pt_status verify_packed(proof_list *self, const packed *p, const groth16_vkey *vkey, crew *threads, pt_err *err)
{
    const groth16_batch batch = {
        .vkey = vkey, .public_inputs = p->inputs, .proofs = p->proofs, .n = p->n, .threads = threads, .steps = self->steps};
    pt_err first_bad = {0};
    pt_status status = groth16_verify_batch(&batch, p->verdicts, &first_bad);
    if (status != PT_OK && status != PT_E_VERIFY)
        return pt_fail(err, status, "%s", first_bad.msg);
    for (size_t k = 0; k < p->n; k++) {
        proof_list_item *item = &self->items[p->index[k]];
        if (p->verdicts[k].code != PT_OK)
            pt_fail(&item->err, PT_E_VERIFY, "%s: invalid proof: %s", item->proof_path, p->verdicts[k].msg);
    }
    return PT_OK;
}

pt_status proof_list_verify(proof_list *self, const groth16_vkey *vkey, crew *threads, pt_err *err)
{
    packed p = {.proofs = calloc(self->n, sizeof *p.proofs),
                .inputs = calloc(self->n, sizeof *p.inputs),
                .verdicts = calloc(self->n, sizeof *p.verdicts),
                .index = calloc(self->n, sizeof *p.index)};
    if (p.proofs == NULL || p.inputs == NULL || p.verdicts == NULL || p.index == NULL) {
        pt_fail(err, PT_E_NOMEM, "no memory to verify %zu proofs", self->n);
    } else {
        pack(self, &p);
        verify_packed(self, &p, vkey, threads, err);
    }
    free(p.proofs);
    free(p.inputs);
    free(p.verdicts);
    free(p.index);
    return err->code;
}
