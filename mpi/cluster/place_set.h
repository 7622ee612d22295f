/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/place_set.h - a set of numbers below n that knows its least member: a bit each, and above every 64 bits one that says whether
 * any of them is set. Every operation takes as many steps as n has digits to the base 64. */
#ifndef PT_PLACE_SET_H
#define PT_PLACE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"

enum { PLACE_NONE = UINT32_MAX, PLACE_LEVELS_MAX = 6 }; /* 64^6 > 2^32 */

typedef struct place_set {
    uint64_t *level[PLACE_LEVELS_MAX]; /* [0]: the members; bit i of [l + 1] : word i of [l] is not 0 */
    uint32_t n_bits[PLACE_LEVELS_MAX];
    uint32_t n_levels;
} place_set;

/** An empty set of numbers below n, which may be 0.
 *  owns    the set's own memory (place_set_clear; of {0} too)
 *  thread  one at a time, here and below
 *  ranks   any, here and below
 *  errors  PT_E_NOMEM */
pt_status place_set_init(uint32_t n, place_set *out, pt_err *err);
void place_set_clear(place_set *self);

/** Adding a member and removing what is none change nothing. */
void place_set_add(place_set *self, uint32_t place);
void place_set_remove(place_set *self, uint32_t place);

/** No members are left. */
void place_set_empty(place_set *self);

/** The least member that is not below `from`, or PLACE_NONE. */
uint32_t place_set_first(const place_set *self, uint32_t from);

#endif
