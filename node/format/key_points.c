/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/key_points.h"

const char *key_place_name(const proving_key *key, key_place place)
{
    static const struct {
        const char *in_zkey, *in_prepared;
    } names[KEY_PLACES] = {
        [KEY_ALPHA1] = {"section 2 (alpha1)", "alpha1"},
        [KEY_BETA1] = {"section 2 (beta1)", "beta1"},
        [KEY_BETA2] = {"section 2 (beta2)", "beta2"},
        [KEY_GAMMA2] = {"section 2 (gamma2)", "gamma2"},
        [KEY_DELTA1] = {"section 2 (delta1)", "delta1"},
        [KEY_DELTA2] = {"section 2 (delta2)", "delta2"},
        [KEY_IC] = {"section 3 (IC)", "IC"},
        [KEY_A] = {"section 5 (A)", "A"},
        [KEY_B1] = {"section 6 (B1)", "B1"},
        [KEY_B2] = {"section 7 (B2)", "B2"},
        [KEY_C] = {"section 8 (C)", "C"},
        [KEY_H] = {"section 9 (H)", "H"},
    };
    return key->prepared == NULL ? names[place].in_zkey : names[place].in_prepared;
}

point_span key_points_at(const proving_key *key, key_place place, point_rule of_queries)
{
    const groth16_vkey *v = &key->vkey;
    const size_t n_wires = key->n_vars, n_ic = (size_t)key->n_public + 1;
    const struct {
        unsigned group;
        const uint8_t *points;
        size_t n;
    } at[KEY_PLACES] = {
        [KEY_ALPHA1] = {1, v->alpha1, 1}, [KEY_BETA1] = {1, key->beta1, 1},      [KEY_BETA2] = {2, v->beta2, 1},
        [KEY_GAMMA2] = {2, v->gamma2, 1}, [KEY_DELTA1] = {1, key->delta1, 1},    [KEY_DELTA2] = {2, v->delta2, 1},
        [KEY_IC] = {1, v->ic, n_ic},      [KEY_A] = {1, key->a, n_wires},        [KEY_B1] = {1, key->b1, n_wires},
        [KEY_B2] = {2, key->b2, n_wires}, [KEY_C] = {1, key->c, n_wires - n_ic}, [KEY_H] = {1, key->h, key->domain_size},
    };
    const point_rule rule = place > KEY_IC ? of_queries : place == KEY_IC ? POINTS_IN_SUBGROUP : POINTS_IN_SUBGROUP_FINITE;
    return (point_span){key_place_name(key, place), at[place].group, rule, at[place].points, at[place].n};
}

uint64_t key_points_bytes(const proving_key *key)
{
    uint64_t n_bytes = 0;
    for (unsigned place = 0; place < KEY_PLACES; place++) {
        const point_span span = key_points_at(key, (key_place)place, POINTS_ON_CURVE);
        n_bytes += span.n * span.group * 2 * key->curve->fq_bytes;
    }
    return n_bytes;
}

pt_status key_points_check(const proving_key *key, key_place first, key_place last, point_rule of_queries, crew *threads,
                           pt_err *err)
{
    point_span spans[KEY_PLACES];
    size_t n_spans = 0;
    for (unsigned place = first; place <= (unsigned)last; place++)
        spans[n_spans++] = key_points_at(key, (key_place)place, of_queries);
    return points_check(threads, key->curve, key->path, spans, n_spans, err);
}
