/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/gpu_msm_map.h"

static const char *const sort_holds[MSM_SORT_N_BUFFERS] = {
    [MSM_SORT_ENTRIES] = "digits, elements, then the entries by bucket",
    [MSM_SORT_TASKS] = "buckets by length, long ones in parts",
    [MSM_SORT_CUTS] = "buckets that were cut",
    [MSM_SORT_TOTALS] = "numbers of tasks, partial sums and cuts",
    [MSM_SORT_COUNTS] = "entries of each tile by bin",
    [MSM_SORT_WINDOW_COUNTS] = "entries of each window by bin",
    [MSM_SORT_PART_TOTALS] = "entries of each bin",
    [MSM_SORT_BINS] = "where bins begin",
    [MSM_SORT_BUCKETS] = "where buckets begin",
    [MSM_SORT_TILE_STARTS] = "first tile of each bin",
    [MSM_SORT_TILE_BINS] = "bin of each tile",
};

static void add(gpu_msm_map *map, const char *name, const char *holds, uint64_t bytes, size_t n)
{
    if (n > 0 && bytes > 0)
        map->rows[map->n++] = (gpu_msm_buffers){name, holds, bytes, n};
}

/* In parts where one buffer is too small: all of one length but for the last. */
static void add_points(gpu_msm_map *map, const gpu_msm_plan *plan, gpu_msm_group group)
{
    const char *holds = plan->tables          ? group == GPU_MSM_G1 ? "multiples in G1" : "multiples in G2"
                        : plan->resident      ? group == GPU_MSM_G1 ? "points in G1" : "points in G2"
                        : group == GPU_MSM_G1 ? "points of a slice in G1"
                                              : "points of a slice in G2";
    const size_t part_len = gpu_msm_part_len(plan, group), n_queries = plan->of.n_queries[group];
    const uint64_t each = gpu_msm_point_bytes(plan, group);
    add(map, "points", holds, part_len * each, gpu_msm_indices(plan) / part_len * n_queries);
    add(map, "points", holds, gpu_msm_indices(plan) % part_len * each, n_queries);
}

gpu_msm_map gpu_msm_map_of(const gpu_msm_plan *plan)
{
    gpu_msm_map map = {0};
    add(&map, "scalars", "all scalars", 32 * (uint64_t)plan->of.n, 1);
    add(&map, "scalars of a slice", "a copy of them", 32 * (uint64_t)plan->slice_len, plan->n_slices > 1 ? 1 : 0);
    for (int group = GPU_MSM_G1; group <= GPU_MSM_G2; group++)
        if (plan->of.n_queries[group] > 0)
            add_points(&map, plan, (gpu_msm_group)group);
    add(&map, "sums", "buckets' sums, partial sums and bit sums; elements while it sorts", plan->bytes.sums, 1);
    add(&map, "kept sums", "in G1, that batches leave to the end of all", plan->bytes.kept[GPU_MSM_G1], 1);
    add(&map, "kept sums", "in G2, that batches leave to the end of all", plan->bytes.kept[GPU_MSM_G2], 1);
    const size_t n_walkers = gpu_msm_walkers_max(plan);
    add(&map, "walk cuts", "a walker's bucket that goes on behind it", n_walkers * sizeof(msm_cut), 1);
    add(&map, "walk totals", "how many cuts there are", sizeof(msm_sort_totals), n_walkers > 0 ? 1 : 0);
    add(&map, "walk products", "denominators that wait for their inverses", gpu_msm_product_bytes(plan), 1);
    for (int i = 0; i < MSM_SORT_N_BUFFERS; i++)
        if (sort_holds[i] != NULL)
            add(&map, msm_sort_buffer_names[i], sort_holds[i], plan->sort.bytes[i], 1);
    return map;
}
