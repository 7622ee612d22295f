/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/span_source.h"

#include <stdlib.h>

struct span_source {
    span_source_setup setup;
    bool is_read;
    timeline_list list;
    uint64_t n_lost;
    wire_device device;
};

pt_status span_source_create(const span_source_setup *setup, span_source **out, pt_err *err)
{
    span_source *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory to tell of a timeline");
    self->setup = *setup;
    *out = self;
    return PT_OK;
}

void span_source_destroy(span_source *self)
{
    if (self == NULL)
        return;
    timeline_list_clear(&self->list);
    free(self);
}

static double not_below(double value, double least)
{
    return value > least ? value : least;
}

/* A frame holds no time that goes back, whatever a clock said. */
static void settle(timeline_span *span, double origin)
{
    span->start = not_below(span->start + origin, 0);
    span->end = not_below(span->end + origin, span->start);
    span->cpu_seconds = not_below(span->cpu_seconds, 0);
}

static bool read_all(span_source *self)
{
    pt_err err = {0};
    if (self->is_read)
        return true;
    if (timeline_read(self->setup.recorded, &self->list, &err) != PT_OK)
        return false;
    for (size_t i = 0; i < self->list.n; i++)
        settle(&self->list.spans[i], timeline_origin(self->setup.recorded));
    self->n_lost = timeline_n_lost(self->setup.recorded);
    if (self->setup.device != NULL)
        self->device = self->setup.device(self->setup.ctx);
    self->is_read = true;
    return true;
}

bool span_source_fill(span_source *self, uint32_t first, wire_frame *out)
{
    if (!read_all(self))
        return false;
    const uint32_t in_all = (uint32_t)self->list.n;
    if (first > in_all)
        first = in_all;
    const uint32_t left = in_all - first;
    *out = (wire_frame){.type = WIRE_SPANS,
                        .of.spans = {.first = first,
                                     .n = left < WIRE_SPANS_MAX ? left : WIRE_SPANS_MAX,
                                     .n_in_all = in_all,
                                     .n_threads = self->setup.n_threads,
                                     .n_lost = self->n_lost,
                                     .device = self->device,
                                     .spans = self->list.spans + first}};
    return true;
}
