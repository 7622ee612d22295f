/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/run_timeline.h"

#include <stdlib.h>
#include <string.h>

#include "mpi/timeline_files.h"
#include "node/format/output_file.h"

struct run_timeline {
    run_timeline_plan plan;
    timeline *recorder;
    timeline_stats stats;
    size_t n_lost_elsewhere; /* spans that had no room on other ranks */
};

enum { SPANS_OF_RANK = 1 << 17 }; /* 8 MiB, 13,000 partitions: it does not know how many there will be */

static const char *file_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* ---- files that may be written ---- */

/* Would the file be one that this run writes too? */
static pt_status check_outputs(const run_timeline_plan *plan, size_t file, pt_err *err)
{
    const char *path = plan->files[file];
    for (size_t i = 0; i < file; i++)
        if (output_file_same(path, plan->files[i]))
            return pt_fail(err, PT_E_ARG, "%s: given twice", path);
    for (size_t i = 0; i < plan->request->n_partitions; i++) {
        const request_partition *p = &plan->request->partitions[i];
        if (output_file_same(path, p->proof_path) || output_file_same(path, p->public_path))
            return pt_fail(err, PT_E_ARG, "%s: a proof or its public inputs go there, and can't share it with a timeline",
                           path);
    }
    return PT_OK;
}

static pt_status check_files(const run_timeline_plan *plan, pt_err *err)
{
    input_set inputs;
    if (request_inputs(plan->request, &inputs, err) != PT_OK)
        return err->code;
    for (size_t i = 0; i < plan->n_files && err->code == PT_OK; i++)
        if (timeline_files_check(plan->files[i], &inputs, err) == PT_OK)
            check_outputs(plan, i, err);
    input_set_clear(&inputs);
    return err->code;
}

pt_status run_timeline_create(const run_timeline_plan *plan, run_timeline **out, pt_err *err)
{
    if (check_files(plan, err) != PT_OK)
        return err->code;
    run_timeline *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for a timeline");
    self->plan = *plan;
    if (timeline_create((size_t)plan->request->n_partitions * (STAGE_COUNT - 1) + plan->request->n_keys, &self->recorder,
                        err) == PT_OK)
        *out = self;
    else
        run_timeline_destroy(self);
    return err->code;
}

pt_status run_timeline_create_of_rank(run_timeline **out, pt_err *err)
{
    run_timeline *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for a timeline");
    if (timeline_create(SPANS_OF_RANK, &self->recorder, err) == PT_OK)
        *out = self;
    else
        run_timeline_destroy(self);
    return err->code;
}

void run_timeline_destroy(run_timeline *self)
{
    if (self == NULL)
        return;
    timeline_destroy(self->recorder);
    free(self);
}

/* ---- recording ---- */

timeline *run_timeline_recorder(run_timeline *self)
{
    return self == NULL ? NULL : self->recorder;
}

static double cpu_so_far(const crew *threads)
{
    return timeline_cpu_now() + (threads == NULL ? 0 : crew_cpu_seconds(threads));
}

timeline_span run_timeline_begin(run_timeline *self, stage s, uint32_t number, const crew *threads)
{
    return (timeline_span){.start = timeline_now(run_timeline_recorder(self)),
                           .cpu_seconds = -cpu_so_far(threads),
                           .partition = number,
                           .stage = (uint16_t)s,
                           .row = TIMELINE_MAIN_ROW,
                           .domain = TIMELINE_NO_DOMAIN};
}

void run_timeline_end(run_timeline *self, timeline_span *span, const crew *threads)
{
    span->end = timeline_now(run_timeline_recorder(self));
    span->cpu_seconds += cpu_so_far(threads);
    timeline_record(run_timeline_recorder(self), span);
}

/* ---- the end ---- */

/* All ranks together: spans by this rank's clock and from its beginning. */
typedef struct {
    timeline_list list;
    timeline_rank *ranks; /* of a job */
    size_t n_ranks, n_threads;
} whole;

static void whole_clear(whole *all)
{
    timeline_list_clear(&all->list);
    free(all->ranks);
}

/* Nothing began before the run did, whatever is known of a clock. */
static void add_span(whole *all, const timeline_span *theirs, uint32_t rank, const clock_match *clock, double origin)
{
    timeline_span span = *theirs;
    double error;
    const double start = clock_match_own(clock, theirs->start, &error) - origin;
    span.start = start > 0 ? start : 0;
    span.end = span.start + (theirs->end - theirs->start);
    span.rank = (uint16_t)rank;
    all->list.spans[all->list.n++] = span;
    if (error > all->ranks[rank].clock_error)
        all->ranks[rank].clock_error = error;
}

static pt_status add_ranks(whole *all, const run_timeline_job *job, double origin, pt_err *err)
{
    size_t n = all->list.n + 1;
    for (uint32_t i = 1; i < job->n_ranks; i++)
        n += span_gather_look(job->spans, i).n;
    timeline_span *spans = realloc(all->list.spans, n * sizeof *spans);
    all->ranks = calloc(job->n_ranks, sizeof *all->ranks);
    if (spans != NULL)
        all->list.spans = spans;
    if (spans == NULL || all->ranks == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for the timelines of %u ranks", job->n_ranks);
    all->n_ranks = job->n_ranks;
    for (uint32_t i = 0; i < job->n_ranks; i++) {
        const gathered theirs = span_gather_look(job->spans, i);
        all->ranks[i] = (timeline_rank){.host = job->host(job->ctx, i),
                                        .n_threads = i == 0 ? all->n_threads : theirs.n_threads,
                                        .n_lost = theirs.n_lost,
                                        .is_there = i == 0 || theirs.is_whole};
        for (uint32_t k = 0; theirs.is_whole && k < theirs.n; k++)
            add_span(all, &theirs.spans[k], i, theirs.clock, origin);
    }
    for (uint32_t i = 1; i < job->n_ranks; i++)
        all->n_threads += all->ranks[i].is_there ? all->ranks[i].n_threads : 0;
    timeline_list_sort(&all->list);
    return PT_OK;
}

static pt_status write_files(const run_timeline *self, const whole *all, interrupt *signals, pt_err *err)
{
    const request *asked = self->plan.request;
    const size_t n = asked->n_partitions;
    const char **names = calloc(n + 1, sizeof *names);
    if (names == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for the timeline's names of %zu partitions", n);
    for (size_t i = 0; i < n; i++)
        names[i] = asked->partitions[i].id;
    const timeline_view view = {.list = &all->list,
                                .stats = &self->stats,
                                .n_lost = run_timeline_n_lost(self),
                                .circuit = file_of(asked->keys[0]),
                                .partition_names = names,
                                .n_partition_names = n,
                                .ranks = all->ranks,
                                .n_ranks = all->n_ranks};
    for (size_t i = 0; i < self->plan.n_files && err->code == PT_OK; i++)
        timeline_files_write(self->plan.files[i], &view, signals, err);
    free(names);
    return err->code;
}

pt_status run_timeline_finish(run_timeline *self, size_t n_threads, const run_timeline_job *job, interrupt *signals,
                              pt_err *err)
{
    whole all = {.n_threads = n_threads};
    if (self == NULL || timeline_read(self->recorder, &all.list, err) != PT_OK)
        return err->code;
    if (job != NULL)
        add_ranks(&all, job, timeline_origin(self->recorder), err);
    for (size_t i = 1; i < all.n_ranks; i++)
        self->n_lost_elsewhere += all.ranks[i].n_lost;
    if (err->code == PT_OK && timeline_stats_of(&all.list, all.n_threads, TIMELINE_GAP_SECONDS, &self->stats, err) == PT_OK)
        write_files(self, &all, signals, err);
    whole_clear(&all);
    return err->code;
}

const timeline_stats *run_timeline_stats(const run_timeline *self)
{
    return self == NULL ? NULL : &self->stats;
}

size_t run_timeline_n_lost(const run_timeline *self)
{
    return self == NULL ? 0 : timeline_n_lost(self->recorder) + self->n_lost_elsewhere;
}
