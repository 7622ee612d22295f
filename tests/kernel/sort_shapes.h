/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/sort_shapes.h - shapes of sorts that meet every branch: one tile and several, two levels and three, both kinds of sets. */
#ifndef PT_SORT_SHAPES_H
#define PT_SORT_SHAPES_H

#include "tests/kernel/sort_expect.h"

/* The first ones are enough for a second curve on a device. Of c bits, all windows (n_windows 0) or some of them, with small groups, so that a few thousand entries fill many tiles. */
static const msm_sort_shape sort_shapes[] = {
    {.n = 1, .c = 4},
    {.n = 257, .c = 9, .one_set = true},
    {.n = 3, .c = 16, .first_window = 15, .n_windows = 1},
    {.n = 1023, .c = 10, .first_window = 3, .n_windows = 4},
    {.n = 2, .c = 5},
    {.n = 255, .c = 7, .n_windows = 5},
    {.n = 256, .c = 8, .first_window = 29, .n_windows = 3},
    {.n = 1024, .c = 13, .first_window = 5, .n_windows = 2, .one_set = true},
    {.n = 1025, .c = 11, .n_windows = 2, .n_slots_max = 50},
    {.n = 700, .c = 15, .n_windows = 1},
    {.n = 3000, .c = 6, .first_window = 40, .n_windows = 1},
    {.n = 100, .c = 17, .one_set = true},
    {.n = 513, .c = 18, .n_windows = 1},
    {.n = 300, .c = 20, .n_windows = 3, .one_set = true},
};
enum { SORT_N_SHAPES_FIRST = 4, SORT_N_SHAPES = sizeof sort_shapes / sizeof sort_shapes[0] };

#endif
