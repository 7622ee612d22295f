/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/shared/msm_layout.h - what the sort of an MSM hands to its sums: entries, buckets, tasks and cuts.
 *
 * A scalar above r / 2 stands for its negative, so that n_windows = (FR_BITS - 1) / c + 1; a digit of c bits lies in
 * [-(2^(c-1) - 1), 2^(c-1)], and its bucket is set * 2^(c-1) + |digit| - 1. Sets are the windows of a batch, or there is one for all
 * windows where tables of multiples stand in for the points: then an entry's index is window * n + i.
 *
 * An empty bucket has no task: the sums clear every bucket to infinity (all zero) before they begin. */
#ifndef PT_MSM_LAYOUT_H
#define PT_MSM_LAYOUT_H

#include "kernels/shared/word.h"

typedef pt_word msm_word;

/** An entry: the index of a point in the low 31 bits; the top bit says that the point is to be negated. */
#define MSM_ENTRY_SIGN 31
#define MSM_ENTRY_INDEX_MASK 0x7fffffffu

/** Entries or elements [first, first + n): those of a bin or of a bucket. */
typedef struct {
    msm_word first, n;
} msm_range;

/** Entries [first, first + n), n >= 1, all of one bucket. First come the tasks of buckets that are cut, in the order of their slots; then the
 *  others by falling n, to within a 256th of the longest that is not cut.
 *  shape   slot 0: the bucket's one task, which writes its sum; else one of several, which writes partial sum slot - 1 */
typedef struct {
    msm_word bucket, first, n, slot;
} msm_task;

/** A bucket that was cut: its sum is that of partial sums [first, first + n), n >= 2. */
typedef struct {
    msm_word bucket, first, n;
} msm_cut;

/** How many there are of each, known on the device alone: whoever launches work over them takes the plan's bounds. */
typedef struct {
    msm_word n_tasks, n_slots, n_cuts;
} msm_sort_totals;

#ifndef __OPENCL_VERSION__
_Static_assert(sizeof(msm_task) == 16 && sizeof(msm_cut) == 12, "host and device agree");
#endif
#endif
