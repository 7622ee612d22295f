/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/gpu_msm_plan.h"

#include <inttypes.h>

/* Costs in products of Fq; an H200 does 60 G of BN254's a second. Only their ratios matter, and BLS12-381's are the same. */
enum {
    COST_ADD_AFFINE = 10,
    COST_ENTRY = 4,   /* an entry is made and sorted in the time of so many */
    COST_BUCKET = 40, /* cleared, a task, and two complete additions: kernels/msm_halve.cl */
    COST_BATCH = 6 << 20,
    COST_QUERY = 3 << 20,     /* launches that are too small to fill the device */
    COST_QUERY_END = 4 << 20, /* the last levels of its reduction */
    COST_BYTE_PERCENT = 120,  /* sent from the host */
    COST_SLOTS_PERCENT = 5,   /* of the additions, for each time that partial sums are halved and tasks longer */
    G2_FACTOR = 3,
    N_SLOT_CHOICES = 9,
    PARTIALS_MIN = 16,         /* no plan has room for fewer */
    TASKS_WANTED_G2 = 1 << 14, /* a device holds a third as many work-items, and a cut costs three times as much */
    SLICE_LEN_MIN = 1 << 10
};

size_t gpu_msm_part_len(const gpu_msm_plan *plan, gpu_msm_group group)
{
    const uint64_t fit = plan->of.buffer_max / gpu_msm_point_bytes(plan, group), n = gpu_msm_indices(plan);
    return (size_t)(n < fit ? n : fit);
}

gpu_msm_results gpu_msm_results_of(const gpu_msm_plan *plan)
{
    if (plan->tables)
        return (gpu_msm_results){plan->n_slices * plan->n_batches, 1};
    return (gpu_msm_results){plan->n_slices, plan->n_windows};
}

msm_runs gpu_msm_kept_runs(const gpu_msm_plan *plan)
{
    msm_runs runs = {.n_sets = plan->tables ? plan->n_batches : plan->n_windows, .n = (msm_word)gpu_msm_set_len(plan)};
    for (; runs.n > plan->kept_run; runs.n /= 2)
        runs.n_given++;
    return runs;
}

size_t gpu_msm_kept_len(const gpu_msm_plan *plan)
{
    const msm_runs runs = gpu_msm_kept_runs(plan);
    return runs.n_sets * (gpu_msm_kept_set_len(&runs) + plan->c);
}

pt_status gpu_msm_sort_shape(const gpu_msm_plan *plan, size_t n, unsigned batch, msm_sort_plan *out, pt_err *err)
{
    const unsigned first = gpu_msm_batch_first(plan, batch);
    return msm_sort_plan_part(&plan->sort, n, first, gpu_msm_batch_first(plan, batch + 1) - first, out, err);
}

static uint64_t larger_of(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t cut_bytes(const gpu_msm_plan *plan)
{
    return gpu_msm_walkers_max(plan) * sizeof(msm_cut);
}

uint64_t gpu_msm_product_bytes(const gpu_msm_plan *plan)
{
    uint64_t bytes = 0;
    for (int group = GPU_MSM_G1; group <= GPU_MSM_G2; group++)
        bytes = larger_of(bytes, msm_walk_global_bytes(&plan->accumulators[group], plan->n_walkers[group],
                                                       gpu_msm_point_bytes(plan, (gpu_msm_group)group) / 2));
    return bytes;
}

uint64_t gpu_msm_local_bytes(const gpu_msm_plan *plan)
{
    uint64_t bytes = plan->sort.local_bytes;
    for (int group = GPU_MSM_G1; group <= GPU_MSM_G2; group++)
        if (plan->n_walkers[group] > 0)
            bytes = larger_of(bytes, msm_walk_local_bytes(&plan->accumulators[group],
                                                          gpu_msm_point_bytes(plan, (gpu_msm_group)group) / 2));
    return bytes;
}

/* As many walkers as are useful, or for choice i fewer: in the end so few that a floor is as low as with tasks. And room for the partial sums of whatever accumulates. */
static void plan_walkers(gpu_msm_plan *plan, int i)
{
    const int n_halvings = i < 3 ? i : 2 * i - 2;
    plan->n_partials_max = plan->sort.n_slots_max;
    for (int group = GPU_MSM_G1; group <= GPU_MSM_G2; group++) {
        const msm_accumulator *of = &plan->accumulators[group];
        plan->n_walkers[group] = plan->of.n_queries[group] > 0 && of->kind == MSM_BY_WALK
                                     ? msm_walkers(of, plan->sort.n_entries, n_halvings)
                                     : 0;
        plan->n_partials_max = larger_of(plan->n_partials_max, 2 * plan->n_walkers[group]);
    }
}

/* Of the widest batch: with tables the last one's, whose indices are the largest. */
static pt_status plan_sort(gpu_msm_plan *plan, size_t n_slots_max)
{
    pt_err err = {0}; /* indices that are too many: not a choice */
    const msm_sort_shape shape = {.n = plan->slice_len,
                                  .c = plan->c,
                                  .first_window = plan->n_windows - plan->batch_windows,
                                  .n_windows = plan->batch_windows,
                                  .one_set = plan->tables,
                                  .n_slots_max = n_slots_max,
                                  .n_tasks_wanted = plan->of.n_queries[GPU_MSM_G2] > 0 ? TASKS_WANTED_G2 : 0,
                                  .wide = plan->of.wide,
                                  .no_tasks = !gpu_msm_takes_tasks(&plan->of),
                                  .local_max = plan->of.local_max};
    return msm_sort_plan_make(&shape, &plan->sort, &err);
}

static void count_bytes(gpu_msm_plan *plan)
{
    gpu_msm_bytes *b = &plan->bytes;
    const gpu_msm_group larger = plan->of.n_queries[GPU_MSM_G2] > 0 ? GPU_MSM_G2 : GPU_MSM_G1;
    const uint64_t n_sums = plan->sort.n_buckets + plan->n_partials_max + plan->sort.n_sets * plan->c;
    const uint64_t spare = plan->sort.bytes[MSM_SORT_SPARE];
    b->scalars = 32 * (uint64_t)(plan->of.n + (plan->n_slices > 1 ? plan->slice_len : 0));
    b->sort = plan->sort.own_bytes;
    b->sums = n_sums * gpu_msm_sum_bytes(plan, larger);
    if (b->sums < spare)
        b->sums = spare;
    b->walk = gpu_msm_walkers_max(plan) > 0 ? cut_bytes(plan) + sizeof(msm_sort_totals) + gpu_msm_product_bytes(plan) : 0;
    b->total = b->scalars + b->sort + b->walk + b->sums;
    for (int group = GPU_MSM_G1; group <= GPU_MSM_G2; group++) {
        const size_t n_kept = plan->kept_run > 0 ? plan->of.n_queries[group] * gpu_msm_kept_len(plan) : 0;
        b->kept[group] = n_kept * gpu_msm_sum_bytes(plan, (gpu_msm_group)group);
        b->points[group] = gpu_msm_indices(plan) * gpu_msm_point_bytes(plan, (gpu_msm_group)group);
        b->total += b->kept[group] + plan->of.n_queries[group] * b->points[group];
    }
}

static bool buffers_fit(const gpu_msm_plan *plan)
{
    const uint64_t max = plan->of.buffer_max;
    for (int group = GPU_MSM_G1; group <= GPU_MSM_G2; group++)
        if (plan->of.n_queries[group] > 0) {
            const size_t part_len = gpu_msm_part_len(plan, (gpu_msm_group)group);
            if (part_len == 0 || (gpu_msm_indices(plan) + part_len - 1) / part_len > GPU_MSM_PARTS_MAX)
                return false;
        }
    for (int i = 0; i < MSM_SORT_N_BUFFERS; i++)
        if (plan->sort.bytes[i] > max)
            return false;
    return plan->bytes.sums <= max && plan->bytes.kept[GPU_MSM_G1] <= max && plan->bytes.kept[GPU_MSM_G2] <= max &&
           cut_bytes(plan) <= max && gpu_msm_product_bytes(plan) <= max && 32 * (uint64_t)plan->of.n <= max;
}

static double cost(const gpu_msm_plan *plan, int n_slot_cuts)
{
    const double weight = (double)plan->of.n_queries[GPU_MSM_G1] + G2_FACTOR * (double)plan->of.n_queries[GPU_MSM_G2];
    const double n_queries = (double)(plan->of.n_queries[GPU_MSM_G1] + plan->of.n_queries[GPU_MSM_G2]);
    const double n_entries = (double)plan->of.n * plan->n_windows;
    const double n_passes = (double)plan->n_slices * plan->n_batches;
    const double n_sets = plan->tables ? n_passes : (double)plan->n_slices * plan->n_windows;
    double total = n_entries * (COST_ADD_AFFINE * weight * (1 + COST_SLOTS_PERCENT / 100.0 * n_slot_cuts) + COST_ENTRY);
    total += n_sets * (double)gpu_msm_set_len(plan) * COST_BUCKET * weight;
    total += n_passes * (COST_BATCH + COST_QUERY * n_queries);
    total += (plan->kept_run > 0 ? (double)plan->n_slices : n_passes) * COST_QUERY_END * n_queries;
    if (!plan->resident)
        for (int group = GPU_MSM_G1; group <= GPU_MSM_G2; group++)
            total += (double)(plan->of.n_queries[group] * plan->bytes.points[group] * plan->n_slices) *
                     (COST_BYTE_PERCENT / 100.0);
    return total;
}

/* The best so far, and the smallest. */
typedef struct {
    gpu_msm_plan plan; /* under consideration */
    gpu_msm_plan best;
    double best_cost;
    bool found;
    bool fits; /* any choice with these slices */
    uint64_t floor;
    uint64_t local_floor; /* what the work-groups of a choice take at least */
} plan_search;

static void consider_one(plan_search *search, int n_slot_cuts)
{
    gpu_msm_plan *plan = &search->plan;
    count_bytes(plan);
    if (!buffers_fit(plan))
        return;
    if (plan->bytes.total < search->floor)
        search->floor = plan->bytes.total;
    if (plan->of.bytes_max != 0 && plan->bytes.total > plan->of.bytes_max)
        return;
    search->fits = true;
    const double total = cost(plan, n_slot_cuts);
    if (search->found && total >= search->best_cost)
        return;
    search->best = *plan;
    search->best_cost = total;
    search->found = true;
}

/* Sums of a query, without its bit sums. */
static size_t n_kept(const gpu_msm_plan *plan)
{
    const msm_runs runs = gpu_msm_kept_runs(plan);
    return runs.n_sets * gpu_msm_kept_set_len(&runs);
}

/* Batches keep all that they can in no more memory than a batch's buckets take, or the least, or nothing. */
static void consider(plan_search *search, int n_slot_cuts)
{
    gpu_msm_plan *plan = &search->plan;
    plan->kept_run = 0;
    consider_one(search, n_slot_cuts);
    if (plan->n_batches == 1)
        return;
    plan->kept_run = (msm_word)gpu_msm_set_len(plan);
    while (plan->kept_run > MSM_KEPT_RUN && n_kept(plan) > plan->sort.n_buckets)
        plan->kept_run /= 2;
    consider_one(search, n_slot_cuts);
    if (plan->kept_run > MSM_KEPT_RUN) {
        plan->kept_run = MSM_KEPT_RUN;
        consider_one(search, n_slot_cuts);
    }
}

static bool is_local_enough(plan_search *search)
{
    const uint64_t bytes = gpu_msm_local_bytes(&search->plan), max = search->plan.of.local_max;
    if (bytes < search->local_floor)
        search->local_floor = bytes;
    return max == 0 || bytes <= max;
}

/* As many partial sums as are useful, or fewer where sums are what memory lacks. */
static void consider_slots(plan_search *search)
{
    size_t n_slots_max = 0;
    for (int i = 0; i < N_SLOT_CHOICES; i++) {
        if (plan_sort(&search->plan, n_slots_max) != PT_OK)
            return;
        plan_walkers(&search->plan, i);
        if (!is_local_enough(search))
            return;
        consider(search, i);
        if (search->plan.n_partials_max < 2 * PARTIALS_MIN)
            return;
        n_slots_max = larger_of(search->plan.sort.n_slots_max / 2, PARTIALS_MIN);
    }
}

static void consider_batches(plan_search *search)
{
    gpu_msm_plan *plan = &search->plan;
    for (unsigned n_batches = 1; n_batches <= plan->n_windows; n_batches++) {
        plan->n_batches = n_batches;
        plan->batch_windows = (plan->n_windows + n_batches - 1) / n_batches;
        const bool fewest = (plan->n_windows + plan->batch_windows - 1) / plan->batch_windows == n_batches;
        if (plan->of.n_batches == 0 ? fewest : n_batches == plan->of.n_batches)
            consider_slots(search);
    }
}

/* Slices where nothing else fits: points then go to the device each time. */
static void consider_slices(plan_search *search)
{
    gpu_msm_plan *plan = &search->plan;
    const size_t asked = plan->of.n_slices;
    for (plan->n_slices = asked != 0 ? asked : 1;; plan->n_slices *= 2) {
        plan->slice_len = (plan->of.n + plan->n_slices - 1) / plan->n_slices;
        plan->n_slices = (plan->of.n + plan->slice_len - 1) / plan->slice_len;
        plan->resident = plan->n_slices == 1;
        search->fits = false;
        consider_batches(search);
        if (search->fits || asked != 0 || plan->tables || plan->slice_len <= SLICE_LEN_MIN)
            return;
    }
}

static void consider_widths(plan_search *search, bool tables)
{
    const unsigned c = search->plan.of.c;
    search->plan.tables = tables;
    for (search->plan.c = c != 0 ? c : GPU_MSM_C_MIN; search->plan.c <= (c != 0 ? c : GPU_MSM_C_MAX); search->plan.c++) {
        search->plan.n_windows = gpu_msm_windows(search->plan.of.scalar_bits, search->plan.c);
        consider_slices(search);
    }
}

static pt_status check_shape(const gpu_msm_shape *shape, pt_err *err)
{
    if (shape->n == 0 || shape->n_queries[GPU_MSM_G1] + shape->n_queries[GPU_MSM_G2] == 0)
        return pt_fail(err, PT_E_ARG, "a device's MSM of no points");
    if (shape->c != 0 && (shape->c < GPU_MSM_C_MIN || shape->c > GPU_MSM_C_MAX))
        return pt_fail(err, PT_E_ARG, "windows of %u bits: %d to %d are supported", shape->c, GPU_MSM_C_MIN, GPU_MSM_C_MAX);
    const unsigned n_windows = gpu_msm_windows(shape->scalar_bits, shape->c != 0 ? shape->c : GPU_MSM_C_MIN);
    if (shape->n_batches > n_windows)
        return pt_fail(err, PT_E_ARG, "%u batches of %u windows", shape->n_batches, n_windows);
    if (shape->n_slices > shape->n || (shape->n_slices > 1 && shape->tables))
        return pt_fail(err, PT_E_ARG, "%zu slices of %zu points%s", shape->n_slices, shape->n,
                       shape->tables ? ", but tables are of all points" : "");
    return PT_OK;
}

pt_status gpu_msm_plan_make(const gpu_msm_shape *shape, gpu_msm_plan *out, pt_err *err)
{
    if (check_shape(shape, err) != PT_OK)
        return err->code;
    plan_search search = {.plan.of = *shape, .floor = UINT64_MAX, .local_floor = UINT64_MAX};
    for (int group = GPU_MSM_G1; group <= GPU_MSM_G2; group++)
        if (msm_accumulator_complete(&shape->accumulators[group], &search.plan.accumulators[group], err) != PT_OK)
            return err->code;
    if (shape->tables)
        consider_widths(&search, true);
    consider_widths(&search, false);
    if (search.found) {
        *out = search.best;
        return PT_OK;
    }
    if (shape->local_max != 0 && search.local_floor != UINT64_MAX && search.local_floor > shape->local_max)
        return pt_fail(err, PT_E_DEVICE,
                       "an MSM's work-group takes %" PRIu64 " bytes of local memory, but the device has %" PRIu64,
                       search.local_floor, shape->local_max);
    if (search.floor == UINT64_MAX)
        return pt_fail(err, PT_E_NOMEM, "an MSM of %zu points has buffers of more than the device's %" PRIu64 " bytes",
                       shape->n, shape->buffer_max);
    return pt_fail(err, PT_E_NOMEM, "an MSM of %zu points needs %" PRIu64 " bytes on the device, but may have %" PRIu64,
                   shape->n, search.floor, shape->bytes_max);
}
