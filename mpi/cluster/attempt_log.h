/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/attempt_log.h - how the attempts ended that are over while their partitions are not: a short list for each partition, all of
 * them in memory taken once. */
#ifndef PT_ATTEMPT_LOG_H
#define PT_ATTEMPT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"

enum { ATTEMPT_NONE = UINT32_MAX, ATTEMPT_RANK_BITS = 30 };

typedef enum {
    ATTEMPT_LOST,
    ATTEMPT_FAILED,
    ATTEMPT_PROVEN
} attempt_end; /* LOST: with its lease; it may be answered still */

typedef struct past_attempt {
    uint32_t next, number, rank : ATTEMPT_RANK_BITS, end : 2;
} past_attempt;

/** A list is the index of its newest attempt, ATTEMPT_NONE when empty. */
typedef struct attempt_log {
    past_attempt *attempts; /* untouched, so not backed by memory, from n_used on */
    uint32_t n_used, first_free;
} attempt_log;

/** owns    the log's own memory (attempt_log_clear; of {0} too)
 *  thread  one at a time, here and below
 *  ranks   any, here and below
 *  errors  PT_E_NOMEM */
pt_status attempt_log_init(uint64_t n_max, attempt_log *out, pt_err *err);
void attempt_log_clear(attempt_log *self);

/** Add an attempt to a list. There are never more than n_max in all: the caller's to see to. */
void attempt_log_add(attempt_log *self, uint32_t *list, uint32_t number, uint32_t rank, attempt_end end);
/** The same for a lost one; of n_lost_max that are in the list the oldest is forgotten. */
void attempt_log_add_lost(attempt_log *self, uint32_t *list, uint32_t number, uint32_t rank, uint32_t n_lost_max);
void attempt_log_empty(attempt_log *self, uint32_t *list);

/** returns NULL: it is not in the list */
past_attempt *attempt_log_find(const attempt_log *self, uint32_t list, uint32_t number, uint32_t rank);
uint32_t attempt_log_failures(const attempt_log *self, uint32_t list);

/** Has an attempt of this rank failed? */
static inline bool attempt_log_failed(const attempt_log *self, uint32_t list, uint32_t rank)
{
    for (; list != ATTEMPT_NONE; list = self->attempts[list].next)
        if (self->attempts[list].end == ATTEMPT_FAILED && self->attempts[list].rank == rank)
            return true;
    return false;
}

#endif
