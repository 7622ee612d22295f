/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/time_axis.h"

#include "node/format/text_write.h"

enum { NS_A_SECOND = 1000000000, NS_A_MS = 1000000, NS_A_US = 1000 };

static int64_t floor_ns(double seconds)
{
    int64_t ns = (int64_t)(seconds * NS_A_SECOND);
    return (double)ns > seconds * NS_A_SECOND ? ns - 1 : ns;
}

/* Ticks from..to, from being the first multiple of the step that is not below the window. */
static time_axis ticks(int64_t from, int64_t to, int64_t step)
{
    int64_t first = from / step * step;
    first += first < from ? step : 0;
    return (time_axis){first, step, to < first ? 0 : (size_t)((to - first) / step) + 1};
}

time_axis time_axis_of(timeline_window window, size_t n_max)
{
    int64_t from = -floor_ns(-window.from), to = floor_ns(window.to);
    for (int64_t power = 1;; power *= 10)
        for (int64_t digit = 1; digit <= 5; digit += digit == 1 ? 1 : 3) { /* 1, 2, 5 */
            time_axis axis = ticks(from, to, digit * power);
            if (axis.n <= n_max)
                return axis;
        }
}

double time_axis_at(const time_axis *axis, size_t tick)
{
    return (double)(axis->first_ns + (int64_t)tick * axis->step_ns) / NS_A_SECOND;
}

void time_axis_label(const time_axis *axis, size_t tick, FILE *out)
{
    int64_t last = axis->first_ns + (int64_t)(axis->n - 1) * axis->step_ns;
    int64_t unit = last >= NS_A_SECOND ? NS_A_SECOND : last >= NS_A_MS ? NS_A_MS : NS_A_US;
    unsigned decimals = 0;
    for (int64_t part = unit; axis->step_ns % part != 0 && decimals < 9; part /= 10)
        decimals++;
    text_write_fixed(out, (double)(axis->first_ns + (int64_t)tick * axis->step_ns) / (double)unit, decimals);
    fputs(unit == NS_A_SECOND ? " s" : unit == NS_A_MS ? " ms" : " us", out);
}

void time_axis_duration(double seconds, FILE *out)
{
    bool is_seconds = seconds >= 1, is_ms = !is_seconds && seconds >= 1e-3;
    text_write_fixed(out, seconds * (is_seconds ? 1 : is_ms ? 1e3 : 1e6), is_seconds ? 3 : is_ms ? 2 : 1);
    fputs(is_seconds ? " s" : is_ms ? " ms" : " us", out);
}
