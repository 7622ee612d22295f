/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/attempt_log.h"

#include <stdlib.h>

pt_status attempt_log_init(uint64_t n_max, attempt_log *out, pt_err *err)
{
    past_attempt *attempts = n_max < ATTEMPT_NONE ? calloc((size_t)n_max + 1, sizeof *attempts) : NULL;
    if (attempts == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for %llu attempts that may fail", (unsigned long long)n_max);
    *out = (attempt_log){attempts, 0, ATTEMPT_NONE};
    return PT_OK;
}

void attempt_log_clear(attempt_log *self)
{
    free(self->attempts);
    *self = (attempt_log){0};
}

void attempt_log_add(attempt_log *self, uint32_t *list, uint32_t number, uint32_t rank, attempt_end end)
{
    uint32_t i = self->first_free;
    if (i != ATTEMPT_NONE)
        self->first_free = self->attempts[i].next;
    else
        i = self->n_used++;
    self->attempts[i] = (past_attempt){*list, number, rank & ((1u << ATTEMPT_RANK_BITS) - 1), end & 3u};
    *list = i;
}

/* The attempt that *link leads to. */
static void forget(attempt_log *self, uint32_t *link)
{
    const uint32_t i = *link;
    *link = self->attempts[i].next;
    self->attempts[i].next = self->first_free;
    self->first_free = i;
}

void attempt_log_add_lost(attempt_log *self, uint32_t *list, uint32_t number, uint32_t rank, uint32_t n_lost_max)
{
    uint32_t *oldest = NULL, n = 0;
    for (uint32_t *link = list; *link != ATTEMPT_NONE; link = &self->attempts[*link].next)
        if (self->attempts[*link].end == ATTEMPT_LOST) {
            oldest = link;
            n++;
        }
    if (n >= n_lost_max && oldest != NULL)
        forget(self, oldest);
    attempt_log_add(self, list, number, rank, ATTEMPT_LOST);
}

void attempt_log_empty(attempt_log *self, uint32_t *list)
{
    while (*list != ATTEMPT_NONE)
        forget(self, list);
}

past_attempt *attempt_log_find(const attempt_log *self, uint32_t list, uint32_t number, uint32_t rank)
{
    for (; list != ATTEMPT_NONE; list = self->attempts[list].next)
        if (self->attempts[list].number == number && self->attempts[list].rank == rank)
            return &self->attempts[list];
    return NULL;
}

uint32_t attempt_log_failures(const attempt_log *self, uint32_t list)
{
    uint32_t n = 0;
    for (; list != ATTEMPT_NONE; list = self->attempts[list].next)
        n += self->attempts[list].end == ATTEMPT_FAILED;
    return n;
}
