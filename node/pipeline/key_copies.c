/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/key_copies.h"

#include <string.h>

/* What is not seen here, a proof shows: it is verified before it is handed out. */
static bool is_same_key(const proving_key *a, const proving_key *b)
{
    const groth16_vkey *v = &a->vkey, *w = &b->vkey;
    const size_t ic_bytes = (size_t)(a->n_public + 1) * 2 * a->curve->fq_bytes;
    return a->curve == b->curve && a->n_vars == b->n_vars && a->n_public == b->n_public &&
           a->domain_size == b->domain_size && a->n_coefficients == b->n_coefficients &&
           memcmp(v->alpha1, w->alpha1, sizeof v->alpha1) == 0 && memcmp(v->beta2, w->beta2, sizeof v->beta2) == 0 &&
           memcmp(v->gamma2, w->gamma2, sizeof v->gamma2) == 0 && memcmp(v->delta2, w->delta2, sizeof v->delta2) == 0 &&
           memcmp(v->ic, w->ic, ic_bytes) == 0;
}

static pt_status open_copy(const char *path, proving_key_options options, crew *threads, key_copies *keys, pt_err *err)
{
    if (keys->n > 0)
        options.check = KEY_CHECK_NONE;
    if (proving_key_open(path, options, threads, &keys->of[keys->n], err) != PT_OK)
        return err->code;
    keys->n++;
    if (!is_same_key(keys->of[0], keys->of[keys->n - 1]))
        return pt_fail(err, PT_E_FORMAT, "%s: it changed while it was opened", path);
    return PT_OK;
}

pt_status key_copies_open(const char *path, proving_key_options options, const placement *where, const topology *machine,
                          crew *threads, key_copies *out, pt_err *err)
{
    const size_t n_places = where != NULL ? placement_n_copies(where) : 0;
    key_copies keys = {0};
    options.place = NULL;
    if (n_places == 0)
        open_copy(path, options, threads, &keys, err);
    for (size_t i = 0; i < n_places && err->code == PT_OK; i++) {
        const memory_place place = placement_copy_place(where, machine, i);
        options.place = &place;
        open_copy(path, options, threads, &keys, err);
    }
    if (err->code == PT_OK)
        *out = keys;
    else
        key_copies_close(&keys);
    return err->code;
}

void key_copies_close(key_copies *self)
{
    for (size_t i = 0; i < self->n; i++)
        proving_key_close(self->of[i]);
    *self = (key_copies){0};
}
