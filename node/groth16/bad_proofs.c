/* SPDX-License-Identifier: Apache-2.0 */
#include "node/groth16/bad_proofs.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Units are chunks of terms, or single terms: unit u is the terms [u len, (u + 1) len) and has the product values[u]. */
typedef struct {
    const equation *eq;
    crew **alone;   /* one for each thread, of that thread only */
    fr *ic_scalars; /* n_public + 1 for each thread */
    size_t len;
    fq12 *values;
    crew_range *bad; /* ranges of units that hold a false proof; room for as many as there are units */
    size_t n_bad;
    bool *left_bad, *right_bad; /* of each range's two halves */
    crew_range *next;
    atomic_bool no_memory;
} search;

static size_t middle(crew_range range)
{
    return range.begin + (range.end - range.begin) / 2;
}

/* Does the equation hold for these units alone? Without memory the answer does not matter. */
static bool units_hold(search *s, crew_range units, size_t thread)
{
    const equation *eq = s->eq;
    const size_t end = units.end * s->len < eq->n ? units.end * s->len : eq->n;
    fr *ic_scalars = s->ic_scalars + thread * ((size_t)eq->batch->vkey->n_public + 1);
    g1_affine p[N_KEY_TERMS];
    g2_affine q[N_KEY_TERMS];
    fq12 product;
    pt_err err = {0};
    if (equation_key_terms(eq, (crew_range){units.begin * s->len, end}, s->alone[thread], ic_scalars, p, q, &err) !=
        PT_OK) {
        atomic_store(&s->no_memory, true);
        return false;
    }
    pairing_miller(p, q, N_KEY_TERMS, &product);
    for (size_t u = units.begin; u < units.end; u++)
        fq12_mul(&product, &product, &s->values[u]);
    return pairing_miller_is_one(&product);
}

static void try_left(void *ctx, size_t item, size_t thread)
{
    search *s = ctx;
    crew_range range = s->bad[item];
    if (range.end - range.begin > 1)
        s->left_bad[item] = !units_hold(s, (crew_range){range.begin, middle(range)}, thread);
}

/* A product that is not 1 with a left half that is: the right one is not. */
static void try_right(void *ctx, size_t item, size_t thread)
{
    search *s = ctx;
    crew_range range = s->bad[item];
    if (range.end - range.begin > 1)
        s->right_bad[item] = !s->left_bad[item] || !units_hold(s, (crew_range){middle(range), range.end}, thread);
}

/* The bad halves of every range take its place; ranges of one unit stay. Returns the number of longer ones. */
static size_t halve(search *s)
{
    size_t n = 0, n_longer = 0;
    for (size_t i = 0; i < s->n_bad; i++) {
        crew_range range = s->bad[i], halves[2] = {{range.begin, middle(range)}, {middle(range), range.end}};
        if (range.end - range.begin == 1) {
            s->next[n++] = range;
            continue;
        }
        const bool bad[2] = {s->left_bad[i], s->right_bad[i]};
        for (int half = 0; half < 2; half++)
            if (bad[half]) {
                n_longer += halves[half].end - halves[half].begin > 1;
                s->next[n++] = halves[half];
            }
    }
    crew_range *done = s->bad;
    s->bad = s->next;
    s->next = done;
    s->n_bad = n;
    return n_longer;
}

/* Afterwards every range in bad is one unit. */
static pt_status narrow(search *s, pt_err *err)
{
    do {
        crew_run(s->eq->threads, s->n_bad, try_left, s);
        crew_run(s->eq->threads, s->n_bad, try_right, s);
        if (atomic_load(&s->no_memory))
            return pt_fail(err, PT_E_NOMEM, "no memory to find the bad ones of %zu proofs", s->eq->n);
    } while (halve(s) > 0);
    return PT_OK;
}

/* The pairs of a bad chunk, each on its own. */
static void split_chunk(void *ctx, size_t item, size_t thread)
{
    search *s = ctx;
    const crew_range range = s->bad[item];
    (void)thread;
    for (size_t i = range.begin; i < range.end; i++)
        pairing_miller(&s->eq->a[i], &s->eq->b[i], 1, &s->values[i]);
}

static pt_status find(search *s, bool *is_bad, fq12 *singles, pt_err *err)
{
    const equation *eq = s->eq;
    s->bad[0] = (crew_range){0, eq->n_chunks};
    s->n_bad = 1;
    s->len = eq->chunk;
    s->values = eq->products;
    if (narrow(s, err) != PT_OK)
        return err->code;
    for (size_t i = 0; i < s->n_bad; i++) {
        size_t begin = s->bad[i].begin * eq->chunk, end = begin + eq->chunk;
        s->bad[i] = (crew_range){begin, end < eq->n ? end : eq->n};
    }
    s->len = 1;
    s->values = singles;
    crew_run(eq->threads, s->n_bad, split_chunk, s);
    if (narrow(s, err) != PT_OK)
        return err->code;
    for (size_t i = 0; i < s->n_bad; i++)
        is_bad[s->bad[i].begin] = true;
    return PT_OK;
}

static pt_status create_alone(crew **alone, size_t n, pt_err *err)
{
    for (size_t i = 0; i < n; i++)
        if (crew_create(1, &alone[i], err) != PT_OK)
            return err->code;
    return PT_OK;
}

pt_status bad_proofs_find(const equation *self, bool *is_bad, pt_err *err)
{
    const size_t n = self->n, n_threads = crew_size(self->threads);
    crew_range *ranges = calloc(2 * n, sizeof *ranges);
    bool *halves = calloc(2 * n, sizeof *halves);
    fq12 *singles = calloc(n, sizeof *singles);
    fr *ic_scalars = calloc(n_threads * ((size_t)self->batch->vkey->n_public + 1), sizeof *ic_scalars);
    crew **alone = calloc(n_threads, sizeof *alone);
    search s = {.eq = self, .alone = alone, .ic_scalars = ic_scalars, .bad = ranges, .left_bad = halves};
    if (ranges == NULL || halves == NULL || singles == NULL || ic_scalars == NULL || alone == NULL) {
        pt_fail(err, PT_E_NOMEM, "no memory to find the bad ones of %zu proofs", n);
    } else if (create_alone(alone, n_threads, err) == PT_OK) {
        s.next = ranges + n;
        s.right_bad = halves + n;
        find(&s, is_bad, singles, err);
    }
    for (size_t i = 0; alone != NULL && i < n_threads; i++)
        crew_destroy(alone[i]);
    free(alone);
    free(ic_scalars);
    free(singles);
    free(halves);
    free(ranges);
    return err->code;
}
