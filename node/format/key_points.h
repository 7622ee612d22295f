/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/key_points.h - every point of a proving key: the kinds of places, what messages call them, what is asked of each. */
#ifndef PT_KEY_POINTS_H
#define PT_KEY_POINTS_H

#include "node/format/point_check.h"
#include "node/format/proving_key.h"

/** In a zkey's order: the verifying key's points, then the queries. */
typedef enum {
    KEY_ALPHA1,
    KEY_BETA1,
    KEY_BETA2,
    KEY_GAMMA2,
    KEY_DELTA1,
    KEY_DELTA2,
    KEY_IC,
    KEY_A,
    KEY_B1,
    KEY_B2,
    KEY_C,
    KEY_H,
    KEY_PLACES
} key_place;

/** "section 5 (A)" of a zkey, "A" of a prepared key, which has no sections. */
const char *key_place_name(const proving_key *key, key_place place);

/** The points of a place. The verifying key's are in the subgroup, and finite but for those of IC; of the queries' the caller says
 *  what is asked.
 *  owns    a view of the key */
point_span key_points_at(const proving_key *key, key_place place, point_rule of_queries);

/** units: bytes. All of them together. */
uint64_t key_points_bytes(const proving_key *key);

/** Check the places first to last. The message names the first bad point.
 *  errors  as points_check */
pt_status key_points_check(const proving_key *key, key_place first, key_place last, point_rule of_queries, crew *threads,
                           pt_err *err);

#endif
