/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/timeline_layout.h"

#include <stdlib.h>

/* A span in the order of its group, then of the list, which is by start. */
typedef struct {
    uint64_t group_key;
    size_t index;
} entry;

static int by_group(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->group_key != y->group_key)
        return x->group_key < y->group_key ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* What is of no partition has the largest number; one more makes it the first. */
static uint64_t key_of(const timeline_span *span, timeline_grouping by)
{
    return by == TIMELINE_BY_ROW ? (uint64_t)span->rank << 16 | span->row : (uint32_t)(span->partition + 1);
}

typedef struct {
    const timeline_list *list;
    timeline_grouping by;
    entry *order;
    double *lane_ends; /* of the group that is laid out */
    timeline_layout out;
} work;

/* The first lane that is free when the span starts. */
static uint32_t take_lane(const work *self, timeline_group *group, const timeline_span *span)
{
    uint32_t lane = 0;
    while (lane < group->n_lanes && self->lane_ends[lane] > span->start)
        lane++;
    group->n_lanes += lane == group->n_lanes;
    self->lane_ends[lane] = span->end;
    return lane;
}

static timeline_group *begin_group(work *self, const timeline_span *span)
{
    timeline_layout *out = &self->out;
    const timeline_group *last = out->n_groups == 0 ? NULL : &out->groups[out->n_groups - 1];
    timeline_group *group = &out->groups[out->n_groups++];
    *group = (timeline_group){.number = self->by == TIMELINE_BY_ROW ? span->row : span->partition,
                              .rank = span->rank,
                              .domain = span->domain,
                              .first_lane = last == NULL ? 0 : last->first_lane + last->n_lanes,
                              .start = span->start,
                              .end = span->end};
    return group;
}

static void lay_out(work *self)
{
    timeline_group *group = NULL;
    for (size_t i = 0; i < self->list->n; i++) {
        const timeline_span *span = &self->list->spans[self->order[i].index];
        if (i == 0 || self->order[i].group_key != self->order[i - 1].group_key)
            group = begin_group(self, span);
        group->end = span->end > group->end ? span->end : group->end;
        uint32_t lane = take_lane(self, group, span);
        self->out.places[self->order[i].index] = (struct timeline_place){(uint32_t)(group - self->out.groups), lane};
    }
}

pt_status timeline_layout_of(const timeline_list *list, timeline_grouping by, timeline_layout *out, pt_err *err)
{
    size_t room = list->n + 1;
    work w = {.list = list,
              .by = by,
              .order = calloc(room, sizeof *w.order),
              .lane_ends = calloc(room, sizeof *w.lane_ends),
              .out = {.groups = calloc(room, sizeof *w.out.groups), .places = calloc(room, sizeof *w.out.places)}};
    if (w.order == NULL || w.lane_ends == NULL || w.out.groups == NULL || w.out.places == NULL) {
        timeline_layout_clear(&w.out);
        pt_fail(err, PT_E_NOMEM, "no memory to lay out %zu spans", list->n);
        goto err_free;
    }
    for (size_t i = 0; i < list->n; i++)
        w.order[i] = (entry){key_of(&list->spans[i], by), i};
    qsort(w.order, list->n, sizeof *w.order, by_group);
    lay_out(&w);
    *out = w.out;
err_free:
    free(w.lane_ends);
    free(w.order);
    return err->code;
}

void timeline_layout_clear(timeline_layout *layout)
{
    free(layout->groups);
    free(layout->places);
    *layout = (timeline_layout){0};
}
