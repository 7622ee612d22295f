/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/shared/msm_sort_args.h - the scalar arguments of the kernels that sort an MSM's entries, and what they leave for one another. */
#ifndef PT_MSM_SORT_ARGS_H
#define PT_MSM_SORT_ARGS_H

#include "kernels/shared/msm_layout.h"

enum {
    MSM_SORT_RADIX_BITS_MAX = 8,
    MSM_SORT_OFFSET_WORDS = 9,
    MSM_SORT_ROW = 32,          /* work-items that count together: kernels/sort_tile.h */
    MSM_SORT_COUNTERS = 4096,   /* of msm_digits: windows times bins of the first level at most */
    MSM_SORT_WAITING_BITS = 13, /* a scalar's place in its chunk, beside its digit in one word: kernels/msm_element.h */
    /* Columns of msm_task_count: tasks by class of length, longest first; then the buckets that are cut, and their tasks. */
    MSM_TASK_CLASSES = 256,
    MSM_TASK_CUTS = MSM_TASK_CLASSES,
    MSM_TASK_SLOTS,
    MSM_TASK_COLUMNS,
    MSM_TASK_BUCKETS_EACH = 4, /* buckets of a work-item */
    MSM_COLUMNS_WIDTH = 16     /* columns that a group of msm_columns adds up at a time */
};

/** The same struct for every step; a level is a pass that takes every bin apart by the next bits of its buckets' numbers. */
typedef struct {
    msm_word n, c, first_window; /* scalars; bits of a window; the first of the batch */
    msm_word n_windows;          /* of the batch */
    msm_word one_set;            /* 1: all windows share one set of buckets, and an entry's index is window * n + i */
    msm_word index_bits;         /* of an entry */
    msm_word chunk, n_chunks;    /* scalars of a group in the first level; groups of a window */
    msm_word radix_bits, shift;  /* of this level: a bin has 2^radix_bits parts, by the key's bits from shift on */
    msm_word last;               /* 1: the parts are the buckets */
    msm_word n_bins;             /* bins that are taken apart, or listed with their tiles */
    msm_word n_rows, n_columns;  /* of counts that msm_columns adds up for each bin; n_rows 0: one for each of its tiles */
    msm_word n_splits;           /* groups that share a bin's columns */
    msm_word n_buckets, task_limit, task_granule; /* a task has at most task_limit entries; a class of lengths is so wide */
    msm_word offset[MSM_SORT_OFFSET_WORDS];       /* 2^(c-1) - 1 in every window */
} msm_sort_args;

#endif
