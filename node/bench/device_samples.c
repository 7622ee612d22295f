/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/device_samples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

pt_status device_samples_init(size_t n_repeats, device_samples *out, pt_err *err)
{
    double *room = calloc((1 + DEVICE_COMMANDS_MAX) * n_repeats, sizeof *room);
    if (room == NULL)
        return pt_fail(err, PT_E_NOMEM, "benchmark: no memory for %zu samples", n_repeats);
    *out = (device_samples){.n_repeats = n_repeats, .total_ms = room};
    for (size_t i = 0; i < DEVICE_COMMANDS_MAX; i++)
        out->shares[i].ms = room + (1 + i) * n_repeats;
    return PT_OK;
}

void device_samples_clear(device_samples *self)
{
    free(self->total_ms);
    *self = (device_samples){0};
}

/* The share of this name, or a new one; names beyond DEVICE_COMMANDS_MAX go to the last. */
static device_share *share_of(device_samples *self, const char *name)
{
    size_t i = 0;
    while (i < self->n_shares && strcmp(self->shares[i].name, name) != 0)
        i++;
    if (i == DEVICE_COMMANDS_MAX)
        return &self->shares[i - 1];
    if (i == self->n_shares) {
        snprintf(self->shares[i].name, sizeof self->shares[i].name, "%s", name);
        self->n_shares++;
    }
    return &self->shares[i];
}

void device_samples_take(device_samples *self, size_t i, double total_ms, const gpu_queue *timed)
{
    size_t n;
    const gpu_time *times = gpu_queue_times(timed, &n);
    self->total_ms[i] = total_ms;
    for (size_t k = 0; k < n; k++)
        share_of(self, times[k].name)->ms[i] += 1e-6 * (double)times[k].total_ns;
}

pt_status device_samples_report(device_samples *self, const char *name, uint64_t size, const char *checked,
                                bench_report *report, pt_err *err)
{
    const bench_label whole = {name, size, 0, "ms", checked, NULL};
    bench_report_add(report, &whole, self->total_ms, self->n_repeats, err);
    for (size_t i = 0; i < self->n_shares && err->code == PT_OK; i++) {
        char row[2 * sizeof self->shares[i].name];
        snprintf(row, sizeof row, "%s.%s", name, self->shares[i].name);
        const bench_label share = {row, size, 0, "ms", checked, NULL};
        bench_report_add(report, &share, self->shares[i].ms, self->n_repeats, err);
    }
    return err->code;
}
