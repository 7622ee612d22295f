/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/root_view.h"

#include <stdlib.h>

#include "mpi/rank_view.h"

struct root_view {
    rank_view *view;
    uint32_t n_ranks;
    rank_row *rows;
    bool is_open, began;
    double since;      /* partitions are given out, */
    uint32_t n_before; /* of which so many were done: they say nothing of the rate */
};

root_view *root_view_create(uint32_t n_ranks, bool is_open, run_log *log)
{
    root_view *self = calloc(1, sizeof *self);
    rank_row *rows = calloc(n_ranks, sizeof *rows);
    rank_view *view = self == NULL || rows == NULL ? NULL : rank_view_create(n_ranks, log);
    if (view == NULL) {
        free(rows);
        free(self);
        return NULL;
    }
    *self = (root_view){.view = view, .n_ranks = n_ranks, .is_open = is_open, .rows = rows};
    return self;
}

void root_view_end(root_view *self)
{
    if (self != NULL)
        rank_view_end(self->view);
}

void root_view_destroy(root_view *self)
{
    if (self == NULL)
        return;
    rank_view_destroy(self->view);
    free(self->rows);
    free(self);
}

/* From the rate since partitions are given out. */
static void estimate(root_view *self, rank_page *page, bool began, double now)
{
    const uint32_t n_ended = page->n_done + page->n_failed;
    if (began && !self->began) {
        self->began = true;
        self->since = now;
        self->n_before = n_ended;
    }
    page->seconds_left = -1;
    if (!self->began || n_ended <= self->n_before || now <= self->since)
        return;
    page->per_second = (double)(n_ended - self->n_before) / (now - self->since);
    if (!page->is_open)
        page->seconds_left = (double)(page->n_partitions - n_ended) / page->per_second;
}

void root_view_look(root_view *self, const coordinator *ranks, bool began, double now)
{
    if (self == NULL || !rank_view_is_due(self->view, now))
        return;
    const ledger_counts n = coordinator_figures_now(ranks).partitions;
    rank_page page = {.n_partitions = n.n_queued + n.n_leased + n.n_proven + n.n_done + n.n_failed,
                      .n_done = n.n_done,
                      .n_failed = n.n_failed,
                      .rows = self->rows,
                      .n_rows = self->n_ranks};
    for (uint32_t i = 0; i < self->n_ranks; i++) {
        rank_row *row = &self->rows[i];
        *row = (rank_row){.rank = i, .now = coordinator_rank_now(ranks, i, now)};
        snprintf(row->host, sizeof row->host, "%s",
                 row->now.condition == RANK_IS_AWAITED ? "-" : coordinator_host(ranks, i));
    }
    if (self->is_open) { /* places are used again: proofs are what there is to count */
        page.is_open = true;
        page.n_done = page.n_failed = 0;
        for (uint32_t i = 0; i < self->n_ranks; i++)
            page.n_done += self->rows[i].now.n_proven;
    }
    estimate(self, &page, began, now);
    rank_view_set(self->view, &page, now);
}
