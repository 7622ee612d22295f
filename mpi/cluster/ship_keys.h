/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/ship_keys.h - the request's keys on their way to this host's cache, and from here to the next host.
 *
 * The root says what a key is (its length and hash). Is it in the cache, it is checked; else one rank of the host fetches it, from the rank
 * before it in the chain of hosts or from the root, and the others wait for it. One key after the other. */
#ifndef PT_SHIP_KEYS_H
#define PT_SHIP_KEYS_H

#include "mpi/cluster/key_cache.h"
#include "mpi/cluster/proving.h"
#include "mpi/cluster/ship_source.h"

typedef struct ship_keys ship_keys;

typedef struct ship_keys_setup {
    key_cache cache;
    pt_err no_cache; /* PT_OK, or why there is none: told to the root in place of every key */
    uint32_t parent; /* the rank to ask; 0: the root */
    bool is_first;   /* of this host's: it fetches, the others only if it does not */
    uint32_t n_ranks;
} ship_keys_setup;

/** owns    *out is the caller's (ship_keys_destroy)
 *  ranks   worker only, here and below
 *  errors  PT_E_NOMEM */
pt_status ship_keys_create(const ship_keys_setup *setup, ship_keys **out, pt_err *err);
/** Gives up what is being looked at or fetched. */
void ship_keys_destroy(ship_keys *self);

/** Get the first n_keys of the request. Those that are there or on their way stay so.
 *  errors  PT_E_NOMEM */
pt_status ship_keys_want(ship_keys *self, uint32_t n_keys, double now, pt_err *err);

/** A want or a chunk, of a key. */
void ship_keys_take(ship_keys *self, const ship_line *line, uint32_t from, const wire_frame *frame, double now);

/** Ask for what is due, pass on what has come.
 *  returns true if something was done */
bool ship_keys_tick(ship_keys *self, const ship_line *line, double now);

/** Does a thread look at a key, or settle one? It ends with a tick: a clock that isn't the machine's waits for it. */
bool ship_keys_is_at_work(const ship_keys *self);

/** How many of the first ones are here, or can't be had. */
uint32_t ship_keys_n_here(const ship_keys *self);

/** Where the keys are that are here; an empty path leads to one that can't be had.
 *  owns    borrowed, until ship_keys_want */
const char *const *ship_keys_paths(const ship_keys *self);

/** Why a key can't be had; NULL: it is here, or may come.
 *  owns    borrowed, until ship_keys_want */
const proving_key_state *ship_keys_failure(const ship_keys *self, uint32_t key);

#endif
