/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/msm_sort_plan.h"

#include <assert.h>
#include <stdio.h>

#include "kernels/shared/msm_layout.h"

enum {
    THREADS = 256,   /* what NVIDIA allows a kernel whose registers are not known to be few */
    ITEMS = 20,      /* 2^20 scalars in windows of 16 bits: 4,096 entries a bin, each bin a tile */
    ITEMS_WIDE = 12, /* 8 leave more bins of several tiles; of 13 fewer groups share a multiprocessor */
    ITEMS_MIN = MSM_TASK_BUCKETS_EACH,
    TWO_LEVELS_BITS = 2 * MSM_SORT_RADIX_BITS_MAX,
    BINS_SHARED = 1024,  /* so few bins: more than one group for the counts of each */
    GROUPS_WANTED = 256, /* of the kernels that read scalars, before their tiles grow: about two a multiprocessor */
    MATCH_MAX = 2,
    CUT_GROUPS_MAX = 256,             /* msm_task_cut walks on from there */
    SCALAR_BITS_MAX = 255,            /* for MSM_SORT_COUNTERS */
    TASK_SLACK = 64,                  /* a bucket that is so much longer than twice the mean is cut */
    TASK_MIN = 16,                    /* entries: below, partial sums cost more than they spare */
    TASKS_WANTED = 1 << 17,           /* about 1.5 times the work-items of msm_accumulate that an H200 holds */
    PARTIAL_WORDS = MSM_SORT_ROW + 1, /* kernels/sort_tile.h's, as the next */
    LOCAL_ALIGNMENT_WORDS = 4
};

const char *const msm_sort_kernel_names[MSM_SORT_N_KERNELS] = {
    [MSM_SORT_DIGITS] = "msm_digits",         [MSM_SORT_COLUMNS] = "msm_columns",
    [MSM_SORT_LIST_BINS] = "msm_bins",        [MSM_SORT_PARTITION] = "msm_partition",
    [MSM_SORT_TILE_SORT] = "msm_tile_sort",   [MSM_SORT_TILE_SCATTER] = "msm_tile_scatter",
    [MSM_SORT_TASK_COUNT] = "msm_task_count", [MSM_SORT_TASK_WRITE] = "msm_task_write",
    [MSM_SORT_TASK_CUT] = "msm_task_cut",
};

const char *const msm_sort_buffer_names[MSM_SORT_N_BUFFERS] = {
    [MSM_SORT_ENTRIES] = "msm entries",
    [MSM_SORT_SPARE] = "msm spare",
    [MSM_SORT_TASKS] = "msm tasks",
    [MSM_SORT_CUTS] = "msm cuts",
    [MSM_SORT_TOTALS] = "msm totals",
    [MSM_SORT_COUNTS] = "msm sort counts",
    [MSM_SORT_WINDOW_COUNTS] = "msm window counts",
    [MSM_SORT_PART_TOTALS] = "msm part totals",
    [MSM_SORT_BINS] = "msm bins",
    [MSM_SORT_BUCKETS] = "msm bucket ranges",
    [MSM_SORT_TILE_STARTS] = "msm tile starts",
    [MSM_SORT_TILE_BINS] = "msm tile bins",
};

static uint64_t divide_up(uint64_t a, uint64_t b)
{
    return (a + b - 1) / b;
}

static unsigned bits_of(uint64_t max)
{
    unsigned bits = 0;
    for (; max >> bits != 0; bits++)
        ;
    return bits;
}

/* What the steps share while they are written. */
typedef struct {
    msm_sort_plan *plan;
    msm_sort_args args;
    unsigned n_levels, bits[MSM_SORT_LEVELS_MAX];
    size_t tile;
} sort_design;

static pt_status check_shape(const msm_sort_shape *shape, pt_err *err)
{
    if (shape->n == 0 || shape->n_windows == 0)
        return pt_fail(err, PT_E_ARG, "a sort of no digits");
    if (shape->c < MSM_SORT_C_MIN || shape->c > MSM_SORT_C_MAX)
        return pt_fail(err, PT_E_ARG, "windows of %u bits: %d to %d are supported", shape->c, MSM_SORT_C_MIN,
                       MSM_SORT_C_MAX);
    const uint64_t windows = (uint64_t)shape->first_window + shape->n_windows;
    if (windows > (SCALAR_BITS_MAX - 1) / shape->c + 1)
        return pt_fail(err, PT_E_ARG, "window %llu of %u bits: a scalar has fewer", (unsigned long long)windows - 1,
                       shape->c);
    if (shape->n > MSM_ENTRY_INDEX_MASK || shape->n * (shape->one_set ? windows : shape->n_windows) > MSM_ENTRY_INDEX_MASK)
        return pt_fail(err, PT_E_ARG, "a sort of %zu scalars in %llu windows: at most %u entries are supported", shape->n,
                       (unsigned long long)windows, MSM_ENTRY_INDEX_MASK);
    return PT_OK;
}

static pt_status check_group(const msm_sort_plan *plan, pt_err *err)
{
    if (plan->of.match > MATCH_MAX + 1)
        return pt_fail(err, PT_E_ARG, "a sort's match %u: 0 to %d are there", plan->of.match - 1, MATCH_MAX);
    if (plan->group_threads % MSM_SORT_ROW != 0 || plan->group_items < ITEMS_MIN ||
        plan->group_items > MSM_SORT_TILE_MAX / plan->group_threads)
        return pt_fail(err, PT_E_ARG, "work-groups of %u times %u items: a multiple of 32, at least %d, %d in all at most",
                       plan->group_threads, plan->group_items, ITEMS_MIN, MSM_SORT_TILE_MAX);
    return PT_OK;
}

/* kernels/sort_tile.h: the tile, or what is counted before it; where digits begin in it and where they go. */
static uint64_t local_bytes_of(const msm_sort_plan *plan)
{
    const uint64_t radix = (uint64_t)1 << MSM_SORT_RADIX_BITS_MAX;
    const uint64_t tile = (uint64_t)plan->group_threads * plan->group_items * (plan->wide ? 2 : 1);
    const uint64_t rows = 2 * radix * (plan->group_threads / MSM_SORT_ROW);
    const uint64_t words = (tile > rows ? tile : rows) + radix + PARTIAL_WORDS;
    const uint64_t sort = divide_up(words, LOCAL_ALIGNMENT_WORDS) * LOCAL_ALIGNMENT_WORDS + radix;
    return sizeof(msm_word) * (sort > MSM_SORT_COUNTERS ? sort : MSM_SORT_COUNTERS);
}

/* The largest tile that local memory has room for, where none is asked for. */
static void choose_tile(sort_design *design)
{
    msm_sort_plan *plan = design->plan;
    plan->group_threads = plan->of.group_threads != 0 ? plan->of.group_threads : THREADS;
    plan->group_items = plan->of.group_items != 0 ? plan->of.group_items : plan->wide ? ITEMS_WIDE : ITEMS;
    if (plan->of.group_items == 0 && plan->of.local_max != 0)
        while (plan->group_items > ITEMS_MIN && local_bytes_of(plan) > plan->of.local_max)
            plan->group_items--;
    design->tile = (size_t)plan->group_threads * plan->group_items;
}

/* The bucket's c - 1 bits, in levels of nearly equal bits; but before the last level so many that its bins are tiles, where that can be:
 * a tile is read once, and nothing is counted for others. */
static void choose_levels(sort_design *design)
{
    msm_sort_plan *plan = design->plan;
    const uint64_t of_set = plan->n_entries / plan->n_sets, room = design->tile - design->tile / 8;
    const unsigned left = plan->of.c - 1;
    design->n_levels = left <= TWO_LEVELS_BITS ? 2 : 3;
    const unsigned n_first = design->n_levels - 1;
    unsigned bits = (unsigned)divide_up((uint64_t)left * n_first, design->n_levels),
             most = n_first * MSM_SORT_RADIX_BITS_MAX;
    while (most >= left || plan->of.n_windows << divide_up(most, n_first) > MSM_SORT_COUNTERS)
        most--;
    while (bits < most && of_set >> bits > room)
        bits++;
    plan->first_bits = plan->of.first_bits != 0 ? plan->of.first_bits : bits;
    design->bits[0] = (unsigned)divide_up(plan->first_bits, n_first);
    design->bits[1] = n_first == 2 ? plan->first_bits - design->bits[0] : 0;
    design->bits[n_first] = left - plan->first_bits;
}

/* The tile depends on the width of elements, and that on the first level's bits. */
static void choose_shape(sort_design *design)
{
    msm_sort_plan *plan = design->plan;
    const uint64_t windows = plan->of.one_set ? plan->of.first_window + plan->of.n_windows : 1;
    design->args.index_bits = bits_of(plan->of.n * windows - 1);
    plan->digit_bits = plan->of.c <= 16 ? 16 : 32;
    plan->wide = plan->of.wide;
    choose_tile(design);
    choose_levels(design);
    const unsigned key_bits = plan->of.c - 1 - design->bits[0];
    if (!plan->wide && (design->args.index_bits + 1 + key_bits > 32 || plan->of.c + MSM_SORT_WAITING_BITS > 32)) {
        plan->wide = true;
        choose_tile(design);
        choose_levels(design);
    }
}

/* Every window has the value 2^(c-1) - 1, so that the sum is sum (2^(c-1) - 1) 2^(cj): kernels/msm_digits.cl. */
static void write_offset(msm_sort_args *args)
{
    for (unsigned bit = 0; bit < 32 * MSM_SORT_OFFSET_WORDS; bit++)
        if (bit % args->c != args->c - 1)
            args->offset[bit / 32] |= 1u << bit % 32;
}

/* Buckets up to twice the mean are whole, but where entries are few for a device: it waits for the longest task there. A cut one of
 * n > limit entries has n / limit tasks, rounded up: at most 2 n / (limit + 1). */
static void choose_limit(msm_sort_plan *plan)
{
    if (plan->of.no_tasks)
        return;
    const uint64_t whole = 2 * divide_up(plan->n_entries, plan->n_buckets) + TASK_SLACK;
    uint64_t limit = plan->n_entries / (plan->of.n_tasks_wanted != 0 ? plan->of.n_tasks_wanted : TASKS_WANTED);
    if (limit < TASK_MIN)
        limit = TASK_MIN;
    if (limit > whole)
        limit = whole;
    if (plan->of.task_limit != 0)
        limit = plan->of.task_limit;
    if (plan->of.n_slots_max != 0 && 2 * (uint64_t)plan->n_entries / (limit + 1) > plan->of.n_slots_max)
        limit = divide_up(2 * (uint64_t)plan->n_entries, plan->of.n_slots_max);
    plan->task_limit = (unsigned)limit;
    plan->n_slots_max = (size_t)(2 * (uint64_t)plan->n_entries / (limit + 1));
    plan->n_cuts_max = (size_t)(plan->n_entries / (limit + 1));
    const size_t n_filled_max = plan->n_entries < plan->n_buckets ? plan->n_entries : plan->n_buckets;
    plan->n_tasks_max =
        n_filled_max + (size_t)(plan->n_entries / limit); /* a cut adds (n - 1) / limit tasks to its bucket's one */
}

static void need(msm_sort_plan *plan, msm_sort_buffer buffer, uint64_t bytes)
{
    if (plan->bytes[buffer] < bytes)
        plan->bytes[buffer] = bytes;
}

static void add_step(sort_design *design, msm_sort_kernel kernel, size_t n_groups, size_t n_buffers,
                     const msm_sort_buffer *buffers)
{
    msm_sort_step *step = &design->plan->steps[design->plan->n_steps++];
    step->kernel = kernel;
    step->n_groups = n_groups;
    step->n_buffers = n_buffers;
    step->args = design->args;
    for (size_t i = 0; i < n_buffers; i++)
        step->buffers[i] = buffers[i];
}
#define BUFFERS(...)                                                                                    \
    sizeof((const msm_sort_buffer[]){__VA_ARGS__}) / sizeof(msm_sort_buffer), (const msm_sort_buffer[]) \
    {                                                                                                   \
        __VA_ARGS__                                                                                     \
    }

/* n_rows rows of counts for each of n_bins bins; 0: a row for each of n_tiles tiles. Counts and totals lie in these buffers. */
static void add_columns_of(sort_design *design, msm_sort_buffer counts, msm_sort_buffer totals, size_t n_bins,
                           size_t n_rows, size_t n_tiles, size_t n_columns)
{
    msm_sort_args *args = &design->args;
    args->n_rows = (msm_word)n_rows;
    args->n_columns = (msm_word)n_columns;
    args->n_splits = n_rows == 0 && n_bins > BINS_SHARED ? 1 : (msm_word)divide_up(n_columns, MSM_COLUMNS_WIDTH);
    need(design->plan, counts, (n_rows == 0 ? n_tiles : n_bins * n_rows) * n_columns * sizeof(msm_word));
    need(design->plan, totals, n_bins * n_columns * sizeof(msm_word));
    add_step(design, MSM_SORT_COLUMNS, n_bins * args->n_splits, BUFFERS(counts, MSM_SORT_TILE_STARTS, totals));
}

static void add_columns(sort_design *design, size_t n_bins, size_t n_rows, size_t n_tiles, size_t n_columns)
{
    add_columns_of(design, MSM_SORT_COUNTS, MSM_SORT_PART_TOTALS, n_bins, n_rows, n_tiles, n_columns);
}

/* A chunk's counts become those of the chunks before it: in its window and then, where windows share their buckets, of windows before it. */
static void add_first_columns(sort_design *design)
{
    const msm_sort_plan *plan = design->plan;
    const size_t n_bins = (size_t)1 << design->args.radix_bits, n_windows = plan->of.n_windows;
    const msm_sort_buffer of_windows = plan->of.one_set ? MSM_SORT_WINDOW_COUNTS : MSM_SORT_PART_TOTALS;
    add_columns_of(design, MSM_SORT_COUNTS, of_windows, n_windows, design->args.n_chunks, 0, n_bins);
    if (plan->of.one_set)
        add_columns_of(design, MSM_SORT_WINDOW_COUNTS, MSM_SORT_PART_TOTALS, 1, n_windows, 0, n_bins);
}

static size_t add_bins(sort_design *design, size_t n_bins)
{
    const size_t n_tiles = n_bins + design->plan->n_entries / design->tile;
    design->args.n_bins = (msm_word)n_bins;
    need(design->plan, MSM_SORT_BINS, n_bins * sizeof(msm_range));
    need(design->plan, MSM_SORT_TILE_STARTS, (n_bins + 1) * sizeof(msm_word));
    need(design->plan, MSM_SORT_TILE_BINS, n_tiles * sizeof(msm_word));
    add_step(design, MSM_SORT_LIST_BINS, divide_up(n_bins, design->plan->group_threads),
             BUFFERS(MSM_SORT_PART_TOTALS, MSM_SORT_BINS, MSM_SORT_TILE_STARTS, MSM_SORT_TILE_BINS));
    return n_tiles;
}

/* From digits in one buffer to elements in the other. */
static void add_first_level(sort_design *design, msm_sort_buffer digits, msm_sort_buffer elements)
{
    msm_sort_plan *plan = design->plan;
    msm_sort_args *args = &design->args;
    const uint64_t element_bytes = sizeof(msm_word) * (plan->wide ? 2 : 1);
    const uint64_t items = divide_up(plan->of.n, (uint64_t)plan->group_threads * GROUPS_WANTED);
    const uint64_t chunk = plan->group_threads * (items < plan->group_items ? items : plan->group_items);
    args->chunk = plan->of.chunk != 0 ? plan->of.chunk : (msm_word)chunk;
    assert(args->chunk <= design->tile);
    args->n_chunks = (msm_word)divide_up(plan->of.n, args->chunk);
    args->radix_bits = design->bits[0];
    args->shift = plan->of.c - 1 - design->bits[0];
    assert(args->n_windows << args->radix_bits <= MSM_SORT_COUNTERS);
    need(plan, digits, plan->n_entries * (plan->digit_bits / 8));
    need(plan, elements, plan->n_entries * element_bytes);
    add_step(design, MSM_SORT_DIGITS, args->n_chunks, BUFFERS(MSM_SORT_SCALARS, digits, MSM_SORT_COUNTS));
    add_first_columns(design);
    add_bins(design, plan->n_sets << args->radix_bits);
    add_step(design, MSM_SORT_PARTITION, (size_t)plan->of.n_windows * args->n_chunks,
             BUFFERS(digits, MSM_SORT_COUNTS, plan->of.one_set ? MSM_SORT_WINDOW_COUNTS : MSM_SORT_COUNTS, MSM_SORT_BINS,
                     elements));
}

static void add_level(sort_design *design, unsigned level, size_t n_bins, size_t n_tiles, msm_sort_buffer from,
                      msm_sort_buffer to)
{
    msm_sort_plan *plan = design->plan;
    msm_sort_args *args = &design->args;
    args->radix_bits = design->bits[level];
    args->shift -= design->bits[level];
    args->last = level + 1 == design->n_levels;
    need(plan, to, plan->n_entries * sizeof(msm_word) * (plan->wide && !args->last ? 2 : 1));
    add_step(design, MSM_SORT_TILE_SORT, n_tiles,
             BUFFERS(from, MSM_SORT_BINS, MSM_SORT_TILE_STARTS, MSM_SORT_TILE_BINS, MSM_SORT_COUNTS, MSM_SORT_PART_TOTALS,
                     MSM_SORT_BUCKETS, to));
    add_columns(design, n_bins, 0, n_tiles, (size_t)1 << args->radix_bits);
    add_step(design, MSM_SORT_TILE_SCATTER, n_tiles,
             BUFFERS(from, MSM_SORT_BINS, MSM_SORT_TILE_STARTS, MSM_SORT_TILE_BINS, MSM_SORT_COUNTS, MSM_SORT_PART_TOTALS,
                     MSM_SORT_BUCKETS, to));
}

static void add_tasks(sort_design *design)
{
    msm_sort_plan *plan = design->plan;
    msm_sort_args *args = &design->args;
    need(plan, MSM_SORT_BUCKETS, plan->n_buckets * sizeof(msm_range));
    if (plan->of.no_tasks)
        return;
    const size_t n_blocks = (size_t)divide_up(plan->n_buckets, (uint64_t)plan->group_threads * MSM_TASK_BUCKETS_EACH);
    const size_t n_cut_groups = (size_t)divide_up(plan->n_slots_max, plan->group_threads);
    args->n_buckets = (msm_word)plan->n_buckets;
    args->task_limit = plan->task_limit;
    args->task_granule = (plan->task_limit - 1) / MSM_TASK_CLASSES + 1;
    need(plan, MSM_SORT_TASKS, plan->n_tasks_max * sizeof(msm_task));
    need(plan, MSM_SORT_CUTS, (plan->n_cuts_max > 0 ? plan->n_cuts_max : 1) * sizeof(msm_cut));
    need(plan, MSM_SORT_TOTALS, 2 * sizeof(msm_sort_totals));
    add_step(design, MSM_SORT_TASK_COUNT, n_blocks, BUFFERS(MSM_SORT_BUCKETS, MSM_SORT_COUNTS));
    add_columns(design, 1, n_blocks, 0, MSM_TASK_COLUMNS);
    add_step(
        design, MSM_SORT_TASK_WRITE, n_blocks,
        BUFFERS(MSM_SORT_BUCKETS, MSM_SORT_COUNTS, MSM_SORT_PART_TOTALS, MSM_SORT_TASKS, MSM_SORT_CUTS, MSM_SORT_TOTALS));
    if (n_cut_groups > 0)
        add_step(design, MSM_SORT_TASK_CUT, n_cut_groups < CUT_GROUPS_MAX ? n_cut_groups : CUT_GROUPS_MAX,
                 BUFFERS(MSM_SORT_BUCKETS, MSM_SORT_CUTS, MSM_SORT_TOTALS, MSM_SORT_TASKS));
}

/* Elements go to and fro between entries and spare, so that the last level ends in entries. */
static void add_steps(sort_design *design)
{
    msm_sort_plan *plan = design->plan;
    msm_sort_buffer from = design->n_levels == 2 ? MSM_SORT_ENTRIES : MSM_SORT_SPARE;
    msm_sort_buffer to = design->n_levels == 2 ? MSM_SORT_SPARE : MSM_SORT_ENTRIES;
    size_t n_bins = plan->n_sets << design->bits[0];
    add_first_level(design, from, to);
    size_t n_tiles = n_bins + plan->n_entries / design->tile;
    for (unsigned level = 1; level < design->n_levels; level++) {
        if (level > 1)
            n_tiles = add_bins(design, n_bins);
        const msm_sort_buffer read = to;
        to = from;
        from = read;
        add_level(design, level, n_bins, n_tiles, from, to);
        n_bins <<= design->bits[level];
    }
    add_tasks(design);
}

pt_status msm_sort_plan_make(const msm_sort_shape *shape, msm_sort_plan *out, pt_err *err)
{
    msm_sort_plan plan = {.of = *shape};
    sort_design design = {.plan = &plan};
    if (check_shape(shape, err) != PT_OK)
        return err->code;
    plan.n_entries = shape->n * shape->n_windows;
    plan.n_sets = shape->one_set ? 1 : shape->n_windows;
    plan.n_buckets = plan.n_sets << (shape->c - 1);
    choose_shape(&design);
    if (check_group(&plan, err) != PT_OK)
        return err->code;
    choose_limit(&plan);
    msm_sort_args *args = &design.args;
    args->n = (msm_word)shape->n;
    args->c = shape->c;
    args->first_window = shape->first_window;
    args->n_windows = shape->n_windows;
    args->one_set = shape->one_set;
    write_offset(args);
    need(&plan, MSM_SORT_SCALARS, (uint64_t)shape->n * 32);
    add_steps(&design);
    for (int i = 0; i < MSM_SORT_N_BUFFERS; i++)
        if (i != MSM_SORT_SCALARS && i != MSM_SORT_SPARE)
            plan.own_bytes += plan.bytes[i];
    plan.local_bytes = local_bytes_of(&plan);
    *out = plan;
    return PT_OK;
}

pt_status msm_sort_plan_part(const msm_sort_plan *of, size_t n, unsigned first_window, unsigned n_windows,
                             msm_sort_plan *out, pt_err *err)
{
    msm_sort_shape shape = of->of;
    shape.n = n;
    shape.first_window = first_window;
    shape.n_windows = n_windows;
    shape.wide = of->wide;
    shape.first_bits = of->first_bits;
    shape.task_limit = of->task_limit;
    shape.chunk = of->steps[0].args.chunk;
    return msm_sort_plan_make(&shape, out, err);
}

void msm_sort_options(const msm_sort_plan *plan, msm_sort_kernel kernel, const char *curve, char out[MSM_SORT_OPTIONS_MAX])
{
    const int len = snprintf(out, MSM_SORT_OPTIONS_MAX,
                             "-DPT_SORT_THREADS=%u -DPT_SORT_ITEMS=%u -DPT_SORT_WIDE=%d -DPT_SORT_DIGIT_BITS=%u%s%s",
                             plan->group_threads, plan->group_items, plan->wide, plan->digit_bits,
                             kernel == MSM_SORT_DIGITS ? " " : "", kernel == MSM_SORT_DIGITS ? curve : "");
    if (plan->of.match != 0)
        snprintf(out + len, MSM_SORT_OPTIONS_MAX - (size_t)len, " -DPT_SORT_MATCH=%u", plan->of.match - 1);
}
