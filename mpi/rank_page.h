/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/rank_page.h - how a run of several ranks goes on, as lines on a terminal: all of it, then a line a rank. Pure. */
#ifndef PT_RANK_PAGE_H
#define PT_RANK_PAGE_H

#include <stdio.h>

#include "mpi/cluster/coordinator.h"

enum { RANK_PAGE_HOST = 64 };

typedef struct rank_row {
    uint32_t rank;
    char host[RANK_PAGE_HOST];
    rank_figures now;
} rank_row;

typedef struct rank_page {
    bool is_open; /* nobody knows how many there will be: no bar, and no end */
    uint32_t n_partitions, n_done, n_failed;
    double per_second;    /* 0: not known yet */
    double seconds_left;  /* negative: not known yet */
    const rank_row *rows; /* by rank */
    size_t n_rows;
} rank_page;

typedef struct {
    size_t columns, lines;
    bool coloured;
} rank_page_room;

/** Write at most so many lines, each shorter than `columns`, "\n" between them and none behind the last. Where there is no room for all ranks those come
 *  first that are lost or get no work, then the slowest, and the rest is counted.
 *  ranks   any
 *  errors  PT_E_NOMEM */
pt_status rank_page_write(const rank_page *page, const rank_page_room *room, FILE *out, pt_err *err);

#endif
