/* SPDX-License-Identifier: Apache-2.0 */
/* node/pipeline/time_axis.h - where a time axis has its ticks and what stands there. Pure. */
#ifndef PT_TIME_AXIS_H
#define PT_TIME_AXIS_H

#include <stdio.h>

#include "node/pipeline/timeline_stats.h"

typedef struct {
    int64_t first_ns, step_ns; /* step: 1, 2 or 5 times a power of ten */
    size_t n;
} time_axis;

/** The most ticks, at most n_max of them, that lie in the window. shape: n_max >= 2; the window is shorter than 100 years */
time_axis time_axis_of(timeline_window window, size_t n_max);

/** Seconds of a tick. */
double time_axis_at(const time_axis *axis, size_t tick);

/** A tick's text, such as "1.5 s" or "20 ms": the unit by the step, no digit more than the step has. */
void time_axis_label(const time_axis *axis, size_t tick, FILE *out);

/** A duration in the unit that suits it: "1.234 s", "56.7 ms", "8.9 us". */
void time_axis_duration(double seconds, FILE *out);

#endif
