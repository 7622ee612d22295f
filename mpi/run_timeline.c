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
};

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

static pt_status write_files(const run_timeline *self, const timeline_list *list, interrupt *signals, pt_err *err)
{
    const request *asked = self->plan.request;
    const size_t n = asked->n_partitions;
    const char **names = calloc(n + 1, sizeof *names);
    if (names == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for the timeline's names of %zu partitions", n);
    for (size_t i = 0; i < n; i++)
        names[i] = asked->partitions[i].id;
    const timeline_view view = {.list = list,
                                .stats = &self->stats,
                                .n_lost = run_timeline_n_lost(self),
                                .circuit = file_of(asked->keys[0]),
                                .partition_names = names,
                                .n_partition_names = n};
    for (size_t i = 0; i < self->plan.n_files && err->code == PT_OK; i++)
        timeline_files_write(self->plan.files[i], &view, signals, err);
    free(names);
    return err->code;
}

pt_status run_timeline_finish(run_timeline *self, size_t n_threads, interrupt *signals, pt_err *err)
{
    timeline_list list;
    if (self == NULL || timeline_read(self->recorder, &list, err) != PT_OK)
        return err->code;
    if (timeline_stats_of(&list, n_threads, TIMELINE_GAP_SECONDS, &self->stats, err) == PT_OK)
        write_files(self, &list, signals, err);
    timeline_list_clear(&list);
    return err->code;
}

const timeline_stats *run_timeline_stats(const run_timeline *self)
{
    return self == NULL ? NULL : &self->stats;
}

size_t run_timeline_n_lost(const run_timeline *self)
{
    return self == NULL ? 0 : timeline_n_lost(self->recorder);
}
