/* SPDX-License-Identifier: Apache-2.0 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "node/format/key_points.h"
#include "node/format/lint_parts.h"
#include "node/format/lint_record.h"

typedef struct {
    const proving_key *key;
    crew *threads;
    uint32_t sound; /* a bit for each place: all its points are in the subgroup */
    lint_report *report;
} key_lint;

static bool is_sound(const key_lint *k, key_place place)
{
    return (k->sound >> place & 1) != 0;
}

static const char *place_name(const key_lint *k, key_place place)
{
    return key_place_name(k->key, place);
}

/* ---- points ---- */

static pt_status lint_all_points(key_lint *k, pt_err *err)
{
    point_span spans[KEY_PLACES];
    for (unsigned place = 0; place < KEY_PLACES; place++)
        spans[place] = key_points_at(k->key, (key_place)place, POINTS_IN_SUBGROUP);
    return lint_points(k->report, k->threads, k->key->curve, k->key->path, spans, KEY_PLACES, &k->sound, err);
}

static bool pairings_equal(const pt_curve *curve, const uint8_t *p1, const uint8_t *q1, const uint8_t *p2,
                           const uint8_t *q2)
{
    uint8_t one[PT_FQ12_BYTES_MAX], other[PT_FQ12_BYTES_MAX];
    curve->pairing(p1, q1, one);
    curve->pairing(p2, q2, other);
    return memcmp(one, other, 12 * (size_t)curve->fq_bytes) == 0;
}

/* beta and delta stand in both groups: e(beta1, G2) = e(G1, beta2). */
static void lint_pairs(const key_lint *k)
{
    const proving_key *key = k->key;
    const pt_curve *curve = key->curve;
    const struct {
        const char *name;
        const uint8_t *in_g1, *in_g2;
        key_place place1, place2;
    } pairs[] = {{"beta", key->beta1, key->vkey.beta2, KEY_BETA1, KEY_BETA2},
                 {"delta", key->delta1, key->vkey.delta2, KEY_DELTA1, KEY_DELTA2}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (is_sound(k, pairs[i].place1) && is_sound(k, pairs[i].place2) &&
            !pairings_equal(curve, pairs[i].in_g1, curve->g2_generator, curve->g1_generator, pairs[i].in_g2))
            lint_add(k->report, LINT_G1_G2_MISMATCH, place_name(k, pairs[i].place2), "%s1 and %s2 are of two secrets",
                     pairs[i].name, pairs[i].name);
}

/* ---- signals ---- */

static bool is_infinity(const uint8_t *points, size_t index, size_t point_bytes)
{
    return sodium_is_zero(points + index * point_bytes, point_bytes);
}

/* A private signal of no constraint has infinity in every query; and B1 and B2 are one query in two groups. */
static void lint_private(const key_lint *k)
{
    const proving_key *key = k->key;
    const size_t g1_bytes = 2 * (size_t)key->curve->fq_bytes, first = (size_t)key->n_public + 1;
    lint_indices unused = {0}, torn = {0};
    for (uint32_t i = 0; i < key->n_vars; i++) {
        bool in_b = !is_infinity(key->b1, i, g1_bytes);
        if (in_b == is_infinity(key->b2, i, 2 * g1_bytes))
            lint_indices_add(&torn, i);
        if (i >= first && !in_b && is_infinity(key->a, i, g1_bytes) && is_infinity(key->c, i - first, g1_bytes))
            lint_indices_add(&unused, i);
    }
    char text[LINT_INDICES_ROOM];
    lint_indices_text(&torn, key->n_vars, text);
    if (torn.n > 0)
        lint_add(k->report, LINT_G1_G2_MISMATCH, place_name(k, KEY_B2), "infinity in one of B1 and B2 alone, signals %s",
                 text);
    lint_indices_text(&unused, key->n_vars - first, text);
    if (unused.n > 0)
        lint_add(k->report, LINT_UNUSED_SIGNAL, place_name(k, KEY_C), "in no constraint, private signals %s", text);
}

/* What could use a public signal: set for each that is in more than rows A = signal with an empty B, such as a set-up adds. */
static void mark_used_public(const proving_key *key, uint8_t *used)
{
    const csr_matrix *a = &key->circuit.a, *b = &key->circuit.b;
    for (uint32_t row = 0; row < key->domain_size; row++) {
        bool b_is_empty = b->row_start[row] == b->row_start[row + 1];
        for (uint64_t e = a->row_start[row]; e < a->row_start[row + 1]; e++)
            if (a->entries[e].signal <= key->n_public && !b_is_empty)
                used[a->entries[e].signal] = 1;
        for (uint64_t e = b->row_start[row]; e < b->row_start[row + 1]; e++)
            if (b->entries[e].signal <= key->n_public)
                used[b->entries[e].signal] = 1;
    }
}

typedef struct {
    const proving_key *key;
    uint8_t *used; /* n_public + 1 */
} public_use;

/* The matrix C is not in a key, but IC_i = (beta A_i + alpha B_i + C_i) / gamma (docs/math.md), and here B_i = 0:
 * C_i = 0 exactly when e(IC_i, gamma) = e(A_i, beta). */
static void ask_matrix_c(void *ctx, size_t item, size_t thread)
{
    const public_use *u = ctx;
    const proving_key *key = u->key;
    const size_t signal = item + 1, offset = signal * 2 * key->curve->fq_bytes;
    (void)thread;
    if (!u->used[signal])
        u->used[signal] =
            !pairings_equal(key->curve, key->vkey.ic + offset, key->vkey.gamma2, key->a + offset, key->vkey.beta2);
}

static pt_status lint_public(const key_lint *k, pt_err *err)
{
    const proving_key *key = k->key;
    const uint32_t asked =
        (uint32_t)1 << KEY_IC | (uint32_t)1 << KEY_A | (uint32_t)1 << KEY_GAMMA2 | (uint32_t)1 << KEY_BETA2;
    if ((k->sound & asked) != asked || key->n_public == 0)
        return PT_OK;
    public_use use = {key, calloc((size_t)key->n_public + 1, 1)};
    if (use.used == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for marks of %u signals", key->path, key->n_public);
    mark_used_public(key, use.used);
    crew_run(k->threads, key->n_public, ask_matrix_c, &use);
    lint_indices unused = {0};
    for (uint32_t i = 1; i <= key->n_public; i++)
        if (!use.used[i])
            lint_indices_add(&unused, i);
    free(use.used);
    char text[LINT_INDICES_ROOM];
    lint_indices_text(&unused, key->n_public, text);
    if (unused.n > 0)
        lint_add(k->report, LINT_UNUSED_PUBLIC, place_name(k, KEY_IC), "in no constraint, public signals %s", text);
    return PT_OK;
}

/* Rows of the domain are in use up to the last that is not empty. */
static void lint_domain(const key_lint *k)
{
    const csr *circuit = &k->key->circuit;
    uint32_t rows = circuit->n_rows;
    while (rows > 0 && circuit->a.row_start[rows - 1] == circuit->a.row_start[rows] &&
           circuit->b.row_start[rows - 1] == circuit->b.row_start[rows])
        rows--;
    if (rows <= circuit->n_rows / 2 && circuit->n_rows > 2)
        lint_add(k->report, LINT_DOMAIN_TOO_LARGE, "", "a domain of 2^%u for %u rows with coefficients in A or B",
                 k->key->log_domain, rows);
}

/* ---- the whole ---- */

static pt_status lint_open_key(key_lint *k, pt_err *err)
{
    const proving_key *key = k->key;
    const lint_vkey_places places = {place_name(k, KEY_ALPHA1), place_name(k, KEY_BETA2), place_name(k, KEY_GAMMA2),
                                     place_name(k, KEY_DELTA2), place_name(k, KEY_IC)};
    if (key->insecure)
        lint_add(k->report, LINT_TEST_KEY, "", "made by `partita setup --insecure`: whoever made it can forge proofs");
    if (lint_all_points(k, err) != PT_OK)
        return err->code;
    lint_vkey_points(k->report, &key->vkey, &places);
    lint_pairs(k);
    lint_record(k->report, key);
    lint_private(k);
    lint_domain(k);
    return lint_public(k, err);
}

/* The checksums of a prepared key come before its arrays are read. */
static pt_status check_parts(const proving_key *key, crew *threads, pt_err *err)
{
    for (int part = 0; part < KEY_PARTS; part++)
        if (proving_key_check_part(key, (key_part)part, threads, err) != PT_OK)
            return err->code;
    return PT_OK;
}

pt_status lint_key(const char *path, cpu_features features, crew *threads, lint_report *out, pt_err *err)
{
    proving_key *key;
    const proving_key_options opening = {.features = features, .check = KEY_CHECK_LINT};
    if (proving_key_open(path, opening, threads, &key, err) != PT_OK)
        return lint_take_error(out, path, err);
    key_lint k = {.key = key, .threads = threads, .report = out};
    if (check_parts(key, threads, err) != PT_OK)
        lint_take_error(out, path, err);
    else
        lint_open_key(&k, err);
    proving_key_close(key);
    return err->code;
}
