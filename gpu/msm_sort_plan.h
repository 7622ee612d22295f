/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/msm_sort_plan.h - how entries of an MSM are sorted on a device: levels, tiles, every buffer's bytes, every launch. Pure.
 *
 * A radix sort from the top bits of the bucket's number, 2 or 3 levels of at most 8 bits. Each level reads what lies in a bin and writes it
 * to the bin's parts; work-groups put a tile in order in local memory, so that runs are written and not words. Bytes moved for each of the
 * N entries, 2 levels, one-word elements, digits of 16 bits (S = 32 bytes of scalar a window's entries share, so S / n_windows each):
 *
 *     msm_digits       reads S, writes 2                              msm_tile_sort     reads 4, writes 4: bins of one tile
 *     msm_partition    reads 2, writes 4                              msm_tile_scatter  bins of several: 4 more read
 *
 * 18 bytes for 16 windows of 16 bits: 2^20 scalars 0.3 GB, 70 us at 4.3 TB/s; 2^24 (bins of several tiles) 5.9 GB, 1.4 ms. Counts are
 * 1 KiB a tile, buckets' ranges and tasks 24 bytes a bucket: a tenth of that. Three levels with two-word elements move 60 bytes. Launches:
 * 7 for two levels, 11 for three, 4 for the tasks, and one more where windows share their buckets, whose counts are summed up by window first:
 * the rows of all together would be a few groups' work. */
#ifndef PT_MSM_SORT_PLAN_H
#define PT_MSM_SORT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/msm_sort_args.h"
#include "kernels/shared/status.h"

enum {
    MSM_SORT_C_MIN = 4, /* below, the windows' digits do not reach -r / 2 on every curve */
    MSM_SORT_C_MAX = 25,
    MSM_SORT_LEVELS_MAX = 3,
    MSM_SORT_STEPS_MAX = 16,
    MSM_SORT_STEP_BUFFERS_MAX = 8,
    MSM_SORT_TILE_MAX = 1 << MSM_SORT_WAITING_BITS
};

/** What is to be sorted. */
typedef struct {
    size_t n;                         /* scalars */
    unsigned c;                       /* bits of a window */
    unsigned first_window, n_windows; /* the batch */
    bool one_set;           /* all windows share 2^(c-1) buckets, and an entry's index is window * n + i (tables) */
    size_t n_slots_max;     /* partial sums that there is room for; 0: as many as are useful */
    size_t n_tasks_wanted;  /* that fill the device: long buckets are cut for it; 0: the default, of sums in G1 */
    unsigned group_threads; /* work-items of a group; 0: the default. A multiple of 32 */
    unsigned group_items;   /* items of a work-item at most; 0: the default. At least 4; a tile has at most 2^13 */
    unsigned match;         /* PT_SORT_MATCH (kernels/sort_tile.h) + 1; 0: the device's default */
    bool wide;              /* elements of two words even where one would do */
    unsigned task_limit; /* entries of a task at most; 0: by their mean. This, chunk and first_bits: msm_sort_plan_part's */
    bool no_tasks;       /* entries and buckets alone: for accumulators that take no tasks */
    unsigned chunk;      /* scalars of a group of the first level, at most a tile; 0: by n */
    unsigned first_bits; /* of a bucket's number, that are sorted by before the last level; 0: by n */
    uint64_t local_max;  /* local memory of a work-group, in bytes: the tile's size follows from it; 0: any */
} msm_sort_shape;

/** Device memory of a sort. Entries and spare hold digits and elements meanwhile; when it has ended, spare may be used for
 *  anything, and msm_sorted needs entries, buckets, tasks, cuts and totals alone. */
typedef enum {
    MSM_SORT_SCALARS, /* the caller's: n canonical values below r, 32 bytes each */
    MSM_SORT_ENTRIES,
    MSM_SORT_SPARE,
    MSM_SORT_TASKS,
    MSM_SORT_CUTS,
    MSM_SORT_TOTALS, /* msm_sort_totals of the latest batch, and the most of each since window 0 */
    MSM_SORT_COUNTS,
    MSM_SORT_WINDOW_COUNTS,
    MSM_SORT_PART_TOTALS,
    MSM_SORT_BINS,
    MSM_SORT_BUCKETS, /* msm_range of every bucket */
    MSM_SORT_TILE_STARTS,
    MSM_SORT_TILE_BINS,
    MSM_SORT_N_BUFFERS
} msm_sort_buffer;

/** As gpu/buffer.h has them; NULL: scalars. */
extern const char *const msm_sort_buffer_names[MSM_SORT_N_BUFFERS];

/** kernels/NAME.cl */
typedef enum {
    MSM_SORT_DIGITS,
    MSM_SORT_COLUMNS,
    MSM_SORT_LIST_BINS,
    MSM_SORT_PARTITION,
    MSM_SORT_TILE_SORT,
    MSM_SORT_TILE_SCATTER,
    MSM_SORT_TASK_COUNT, /* this and the next are for tasks */
    MSM_SORT_TASK_WRITE,
    MSM_SORT_TASK_CUT,
    MSM_SORT_N_KERNELS
} msm_sort_kernel;

extern const char *const msm_sort_kernel_names[MSM_SORT_N_KERNELS];

/** One launch: groups of plan.group_threads work-items; the kernel's arguments are these buffers and then args. */
typedef struct {
    msm_sort_kernel kernel;
    size_t n_groups;
    size_t n_buffers;
    msm_sort_buffer buffers[MSM_SORT_STEP_BUFFERS_MAX];
    msm_sort_args args;
} msm_sort_step;

typedef struct {
    msm_sort_shape of;
    size_t n_entries;         /* at most: zero digits drop out */
    size_t n_sets, n_buckets; /* of all sets */
    size_t n_tasks_max, n_slots_max, n_cuts_max;
    unsigned task_limit; /* entries of a task at most */
    unsigned group_threads, group_items, first_bits;
    bool wide;                          /* elements of two words */
    unsigned digit_bits;                /* 16 or 32: as a digit is stored */
    uint64_t bytes[MSM_SORT_N_BUFFERS]; /* units: bytes; MSM_SORT_SCALARS: that many are read */
    uint64_t own_bytes;                 /* of all but scalars and spare */
    uint64_t local_bytes;               /* of a work-group at most */
    size_t n_steps;
    msm_sort_step steps[MSM_SORT_STEPS_MAX];
} msm_sort_plan;

/** Plan a sort.
 *  errors  PT_E_ARG no scalar, no window, a c or a group that is not supported; indices that do not fit in 31 bits, or as many entries */
pt_status msm_sort_plan_make(const msm_sort_shape *shape, msm_sort_plan *out, pt_err *err);

/** The sort of a part of what was planned, with the same elements, chunks and tasks: it needs no more of any buffer.
 *  shape   n: at most of->of.n; windows: at most as many, ending no later
 *  errors  as msm_sort_plan_make; none for such a part */
pt_status msm_sort_plan_part(const msm_sort_plan *of, size_t n, unsigned first_window, unsigned n_windows,
                             msm_sort_plan *out, pt_err *err);

enum { MSM_SORT_OPTIONS_MAX = 160 };

/** The compiler's options for one of the plan's kernels; curve, "-DPT_CURVE_BN254", is for the one that it matters to. */
void msm_sort_options(const msm_sort_plan *plan, msm_sort_kernel kernel, const char *curve, char out[MSM_SORT_OPTIONS_MAX]);

#endif
