/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/span_gather.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* At the end there is nothing else to do, and exchanges are the quickest of a run: so many, and more if none was quick. */
enum { EXCHANGES_LEAST = 8, EXCHANGES_MOST = 64 };

static const double again_s = 0.05;  /* what was not answered is asked again */
static const double close_s = 0.001; /* as the errors of clocks go */

/* What is known of a rank. */
typedef struct {
    clock_match clock;
    timeline_span *spans;
    uint32_t n, n_in_all, n_threads;
    uint64_t n_lost;
    wire_device device; /* its texts are these: */
    char device_name[WIRE_NAME_MAX], device_pci[WIRE_NAME_MAX];
    bool is_told;          /* n_in_all, n_threads, n_lost and device are known */
    bool is_answered;      /* the latest question */
    uint32_t n_unanswered; /* questions, one behind the other */
    double asked;          /* at the end; 0: not yet */
    uint64_t n_before;     /* exchanges, before the end */
} rank_spans;

struct span_gather {
    uint32_t n_ranks;
    rank_spans *ranks;
};

pt_status span_gather_create(uint32_t n_ranks, span_gather **out, pt_err *err)
{
    span_gather *self = calloc(1, sizeof *self);
    rank_spans *ranks = calloc(n_ranks, sizeof *ranks);
    if (self == NULL || ranks == NULL) {
        free(ranks);
        free(self);
        return pt_fail(err, PT_E_NOMEM, "no memory for the timelines of %u ranks", n_ranks);
    }
    *self = (span_gather){.n_ranks = n_ranks, .ranks = ranks};
    *out = self;
    return PT_OK;
}

void span_gather_destroy(span_gather *self)
{
    if (self == NULL)
        return;
    for (uint32_t i = 0; i < self->n_ranks; i++)
        free(self->ranks[i].spans);
    free(self->ranks);
    free(self);
}

void span_gather_forget(span_gather *self, uint32_t rank)
{
    free(self->ranks[rank].spans);
    self->ranks[rank] = (rank_spans){.n = 0};
}

/* ---- what comes ---- */

static void keep_device(rank_spans *r, const wire_device *device)
{
    r->device = *device;
    snprintf(r->device_name, sizeof r->device_name, "%s", device->name);
    snprintf(r->device_pci, sizeof r->device_pci, "%s", device->pci);
    r->device.name = r->device_name;
    r->device.pci = r->device_pci;
}

static bool begin_spans(rank_spans *r, const wire_frame *frame)
{
    const uint32_t n_in_all = frame->of.spans.n_in_all;
    timeline_span *spans = calloc((size_t)n_in_all + 1, sizeof *spans);
    if (spans == NULL)
        return false; /* it comes again */
    r->spans = spans;
    r->n_in_all = n_in_all;
    r->n_threads = frame->of.spans.n_threads;
    r->n_lost = frame->of.spans.n_lost;
    keep_device(r, &frame->of.spans.device);
    r->is_told = true;
    return true;
}

static void take_spans(rank_spans *r, const wire_frame *frame)
{
    if ((!r->is_told && !begin_spans(r, frame)) || frame->of.spans.n_in_all != r->n_in_all || frame->of.spans.first != r->n)
        return;
    if (frame->of.spans.n > 0)
        memcpy(r->spans + r->n, frame->of.spans.spans, frame->of.spans.n * sizeof *r->spans);
    r->n += frame->of.spans.n;
    r->is_answered = true;
}

void span_gather_take(span_gather *self, uint32_t rank, const wire_frame *frame, double now)
{
    rank_spans *r = &self->ranks[rank];
    if (frame->type == WIRE_PONG)
        clock_match_add(&r->clock, frame->of.pong.asked, frame->of.pong.now, now);
    else if (frame->type == WIRE_SPANS && r->asked > 0)
        take_spans(r, frame);
}

/* ---- at the end ---- */

static bool has_all(const rank_spans *r)
{
    const uint64_t n = r->clock.n_exchanges - r->n_before;
    const bool is_close = r->clock.n > 0 && r->clock.pairs[r->clock.n - 1].error <= close_s;
    return r->is_told && r->n == r->n_in_all && n >= (is_close ? EXCHANGES_LEAST : EXCHANGES_MOST);
}

gather_step span_gather_next(span_gather *self, uint32_t rank, double now, double patience_s, uint32_t *first)
{
    rank_spans *r = &self->ranks[rank];
    if (r->asked == 0) {
        r->n_before = r->clock.n_exchanges;
    } else if (has_all(r)) {
        return GATHER_DONE;
    } else if (!r->is_answered && now - r->asked < again_s) {
        return GATHER_WAIT;
    } else {
        r->n_unanswered = r->is_answered ? 0 : r->n_unanswered + 1;
    }
    if (r->n_unanswered * again_s > patience_s) /* by questions: time goes by while this process is stopped as well */
        return GATHER_GIVEN_UP;
    r->asked = now;
    r->is_answered = false;
    *first = r->n;
    return GATHER_ASK;
}

gathered span_gather_look(const span_gather *self, uint32_t rank)
{
    const rank_spans *r = &self->ranks[rank];
    gathered out = {.spans = r->spans,
                    .n = r->n,
                    .n_threads = r->n_threads,
                    .n_lost = r->n_lost,
                    .device = r->device,
                    .clock = &r->clock};
    out.is_whole = r->is_told && r->n == r->n_in_all && r->clock.n > 0;
    return out;
}
