/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/gpu_msm_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MIB ((uint64_t)1 << 20)

/* BN254 on a device with large buffers: n scalars, one query in G1. */
static gpu_msm_shape shape_of(size_t n)
{
    return (gpu_msm_shape){
        .scalar_bits = 254, .fq_bytes = 32, .n = n, .n_queries = {1, 0}, .buffer_max = (uint64_t)35 << 30};
}

static gpu_msm_plan plan_of(const gpu_msm_shape *shape)
{
    pt_err err = {0};
    gpu_msm_plan plan;
    gpu_msm_plan_make(shape, &plan, &err);
    if (err.code != PT_OK)
        fail_msg("%s", err.msg);
    return plan;
}

static pt_status status_of(const gpu_msm_shape *shape)
{
    pt_err err = {0};
    gpu_msm_plan plan;
    return gpu_msm_plan_make(shape, &plan, &err);
}

/* Every window is in one batch, and every batch's sort has room in the memory of the planned one. */
static void assert_batches(const gpu_msm_plan *plan)
{
    unsigned window = 0;
    for (unsigned batch = 0; batch < plan->n_batches; batch++) {
        const size_t lengths[] = {plan->of.n - (plan->n_slices - 1) * plan->slice_len, plan->slice_len};
        msm_sort_plan sort;
        for (size_t slice = 0; slice < 2; slice++) {
            pt_err err = {0};
            assert_int_equal(gpu_msm_sort_shape(plan, lengths[slice], batch, &sort, &err), PT_OK);
            assert_int_equal(sort.of.first_window, window);
            assert_int_equal(sort.wide, plan->sort.wide);
            assert_true(sort.n_sets <= plan->sort.n_sets && sort.n_slots_max <= plan->sort.n_slots_max);
            for (int i = 0; i < MSM_SORT_N_BUFFERS; i++)
                assert_true(sort.bytes[i] <= plan->sort.bytes[i]);
        }
        window += sort.of.n_windows;
    }
    assert_int_equal(window, plan->n_windows);
}

static void batches_cover_the_windows(void **state)
{
    (void)state;
    for (size_t n = 1; n < (size_t)1 << 24; n = 5 * n + 2)
        for (unsigned c = 4; c <= 22; c += 3)
            for (unsigned n_batches = 1; n_batches <= 5; n_batches++)
                for (int tables = 0; tables <= 1; tables++) {
                    gpu_msm_shape shape = shape_of(n);
                    shape.c = c;
                    shape.n_batches = n_batches;
                    shape.tables = tables != 0;
                    gpu_msm_plan plan = plan_of(&shape);
                    assert_int_equal(plan.c, c);
                    assert_int_equal(plan.n_batches, n_batches);
                    assert_batches(&plan);
                }
}

static void slices_cover_the_points(void **state)
{
    (void)state;
    for (size_t n = 7; n < (size_t)1 << 22; n = 5 * n + 2)
        for (size_t n_slices = 1; n_slices <= 7; n_slices++) {
            gpu_msm_shape shape = shape_of(n);
            shape.n_slices = n_slices;
            gpu_msm_plan plan = plan_of(&shape);
            assert_true(plan.n_slices <= n_slices && plan.n_slices * plan.slice_len >= n);
            assert_true((plan.n_slices - 1) * plan.slice_len < n);
            assert_int_equal(plan.resident, plan.n_slices == 1);
            assert_batches(&plan);
        }
}

/* Fewer scalars than planned might ask for more tasks, as their mean length decides, or for more rows of counts. */
static void a_last_slice_of_nearly_all_fits(void **state)
{
    (void)state;
    static const struct {
        size_t n, n_slices;
        unsigned c, n_batches;
    } cases[] = {{86833, 9, 5, 3}, {2 * 65537 - 1, 2, 16, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gpu_msm_shape shape = shape_of(cases[i].n);
        shape.n_slices = cases[i].n_slices;
        shape.c = cases[i].c;
        shape.n_batches = cases[i].n_batches;
        gpu_msm_plan plan = plan_of(&shape);
        assert_batches(&plan);
    }
}

static void bytes_are_those_of_the_buffers(void **state)
{
    (void)state;
    gpu_msm_shape shape = shape_of(1000);
    shape.n_queries[GPU_MSM_G2] = 2;
    shape.fq_bytes = 48;
    shape.scalar_bits = 255;
    for (int tables = 0; tables <= 1; tables++) {
        shape.tables = tables != 0;
        gpu_msm_plan plan = plan_of(&shape);
        const uint64_t n = 1000 * (plan.tables ? plan.n_windows : 1);
        assert_int_equal(plan.bytes.scalars, 32000);
        assert_int_equal(plan.bytes.points[GPU_MSM_G1], 96 * n);
        assert_int_equal(plan.bytes.points[GPU_MSM_G2], 192 * n);
        assert_int_equal(plan.bytes.sort, plan.sort.own_bytes);
        assert_true(plan.bytes.sums >= plan.sort.bytes[MSM_SORT_SPARE]);
        assert_true(plan.bytes.sums >= (plan.sort.n_buckets + plan.sort.n_slots_max + plan.sort.n_sets * plan.c) * 384);
        assert_int_equal(plan.bytes.total, 32000 + (96 + 2 * 192) * n + plan.bytes.sort + plan.bytes.sums);
    }
}

static uint64_t mapped_bytes(const gpu_msm_plan *plan)
{
    const gpu_msm_map map = gpu_msm_map_of(plan);
    uint64_t total = 0;
    assert_in_range(map.n, 3, GPU_MSM_MAP_MAX);
    for (size_t i = 0; i < map.n; i++)
        total += map.rows[i].bytes * map.rows[i].n;
    return total;
}

/* Points in several parts with a shorter last one, in both groups; in slices; as tables. */
static void the_map_has_every_byte_of_the_plan(void **state)
{
    (void)state;
    for (size_t n = 1; n < 4 * MIB; n = 7 * n + 3) {
        gpu_msm_shape shape = shape_of(n);
        gpu_msm_plan plan = plan_of(&shape);
        assert_int_equal(mapped_bytes(&plan), plan.bytes.total);
        shape.tables = true;
        shape.n_queries[GPU_MSM_G2] = 2;
        shape.c = 14;
        plan = plan_of(&shape);
        assert_int_equal(mapped_bytes(&plan), plan.bytes.total);
        shape.buffer_max = 128 * n * plan.n_windows / 3 + 4 * MIB; /* of many points several parts in G2 */
        shape.n_batches = plan.n_windows;
        plan = plan_of(&shape);
        assert_int_equal(mapped_bytes(&plan), plan.bytes.total);
        shape = shape_of(n);
        shape.n_slices = n < 3 ? n : 3;
        plan = plan_of(&shape);
        assert_int_equal(mapped_bytes(&plan), plan.bytes.total);
    }
}

static void walkers_have_their_bytes_and_tasks_have_none(void **state)
{
    (void)state;
    const msm_accumulator walk = {.kind = MSM_BY_WALK, .scratch = MSM_SCRATCH_GLOBAL};
    for (size_t n = 1; n < 4 * MIB; n = 9 * n + 2) {
        gpu_msm_shape shape = shape_of(n);
        shape.c = 13;
        const uint64_t of_tasks = plan_of(&shape).sort.own_bytes;
        shape.n_queries[GPU_MSM_G2] = 1;
        const uint64_t of_both = plan_of(&shape).sort.own_bytes;
        shape.n_queries[GPU_MSM_G2] = 0;
        shape.accumulators[GPU_MSM_G1] = walk;
        gpu_msm_plan plan = plan_of(&shape);
        const size_t n_walkers = plan.n_walkers[GPU_MSM_G1];
        assert_true(n_walkers > 0 && n_walkers % MSM_ACCUMULATOR_GROUP == 0);
        assert_int_equal(plan.n_partials_max, 2 * n_walkers);
        assert_int_equal(plan.bytes.walk, n_walkers * (12 + 32 * MSM_ACCUMULATOR_STRANDS) + 12);
        assert_true(plan.sort.own_bytes < of_tasks);
        assert_int_equal(mapped_bytes(&plan), plan.bytes.total);
        shape.n_queries[GPU_MSM_G2] = 1; /* by tasks, beside them */
        plan = plan_of(&shape);
        assert_int_equal(plan.n_walkers[GPU_MSM_G2], 0);
        assert_true(plan.n_partials_max >= 2 * n_walkers && plan.n_partials_max >= plan.sort.n_slots_max);
        assert_int_equal(plan.sort.own_bytes, of_both);
        assert_int_equal(mapped_bytes(&plan), plan.bytes.total);
        shape.accumulators[GPU_MSM_G2] = walk;
        plan = plan_of(&shape);
        assert_int_equal(plan.bytes.walk, n_walkers * (12 + 64 * MSM_ACCUMULATOR_STRANDS) + 12);
        assert_int_equal(mapped_bytes(&plan), plan.bytes.total);
    }
}

static void walkers_are_fewer_where_memory_lacks(void **state)
{
    (void)state;
    gpu_msm_shape shape = shape_of(MIB);
    shape.accumulators[GPU_MSM_G1] = (msm_accumulator){.kind = MSM_BY_WALK, .strands = 16};
    shape.c = 16;
    shape.n_batches = 8;
    const gpu_msm_plan most = plan_of(&shape);
    shape.bytes_max = most.bytes.total - 1;
    const gpu_msm_plan fewer = plan_of(&shape);
    assert_int_equal(fewer.n_walkers[GPU_MSM_G1], most.n_walkers[GPU_MSM_G1] / 2);
    assert_true(fewer.n_batches == 8 && fewer.n_slices == 1);
}

static void a_walker_s_local_memory_counts(void **state)
{
    (void)state;
    gpu_msm_shape shape = shape_of(1000);
    pt_err err = {0};
    shape.accumulators[GPU_MSM_G1] =
        (msm_accumulator){.kind = MSM_BY_WALK, .group = 128, .strands = 16, .scratch = MSM_SCRATCH_LOCAL, .shared = true};
    gpu_msm_plan plan = plan_of(&shape);
    assert_int_equal(gpu_msm_local_bytes(&plan), 128 * (16 + 2) * 32);
    shape.local_max = gpu_msm_local_bytes(&plan);
    plan = plan_of(&shape);
    shape.local_max--;
    assert_int_equal(gpu_msm_plan_make(&shape, &plan, &err), PT_E_DEVICE);
    assert_string_equal(err.msg, "an MSM's work-group takes 73728 bytes of local memory, but the device has 73727");
}

static void local_memory_that_is_too_small_is_refused_with_what_it_takes(void **state)
{
    (void)state;
    gpu_msm_shape shape = shape_of(1000);
    pt_err err = {0};
    const gpu_msm_plan largest = plan_of(&shape);
    shape.local_max = largest.sort.local_bytes;
    assert_int_equal(plan_of(&shape).bytes.total, largest.bytes.total);
    shape.local_max = 18576;
    assert_int_equal(plan_of(&shape).sort.local_bytes, shape.local_max);
    assert_true(largest.sort.local_bytes > shape.local_max);
    shape.local_max--;
    gpu_msm_plan none;
    assert_int_equal(gpu_msm_plan_make(&shape, &none, &err), PT_E_DEVICE);
    assert_string_equal(err.msg, "an MSM's work-group takes 18576 bytes of local memory, but the device has 18575");
}

/* From what is best down to the floor: the plan keeps within, and one byte less is refused with the same figure. */
static void a_budget_is_kept_down_to_the_floor(void **state)
{
    (void)state;
    gpu_msm_shape shape = shape_of(100000);
    shape.n_queries[GPU_MSM_G2] = 1;
    gpu_msm_plan plan = plan_of(&shape);
    for (;;) {
        pt_err err = {0};
        shape.bytes_max = plan.bytes.total - 1;
        if (gpu_msm_plan_make(&shape, &plan, &err) == PT_OK) {
            assert_true(plan.bytes.total <= shape.bytes_max);
            assert_batches(&plan);
            continue;
        }
        char floor[32];
        snprintf(floor, sizeof floor, "needs %llu bytes", (unsigned long long)plan.bytes.total);
        assert_int_equal(err.code, PT_E_NOMEM);
        assert_non_null(strstr(err.msg, floor));
        break;
    }
    assert_true(plan.n_slices > 1 && plan.bytes.total < 8 * MIB);
}

/* What issue 6 asks of 2^20 points of BN254 without tables. */
static void a_million_points_take_what_they_may(void **state)
{
    (void)state;
    gpu_msm_shape shape = shape_of(MIB);
    shape.bytes_max = 256 * MIB;
    gpu_msm_plan best = plan_of(&shape);
    assert_in_range(best.c, 15, 16);
    assert_int_equal(best.n_batches, 1);
    shape.bytes_max = 120 * MIB;
    gpu_msm_plan batched = plan_of(&shape);
    assert_true(batched.resident && batched.n_batches > 1);
    shape.bytes_max = 80 * MIB;
    gpu_msm_plan sliced = plan_of(&shape);
    assert_false(sliced.resident);
    assert_true(sliced.c >= 10); /* of all that fits the fastest, not the first */
}

/* Two batches keep much, as their buckets take as much again; many little; where memory lacks two keep little as well, or nothing. */
static void batches_keep_what_memory_there_is_for(void **state)
{
    (void)state;
    gpu_msm_shape shape = shape_of(MIB);
    shape.c = 16;
    shape.n_batches = 8;
    assert_int_equal(plan_of(&shape).kept_run, 1024);
    shape.n_batches = 2;
    const gpu_msm_plan most = plan_of(&shape);
    assert_int_equal(most.kept_run, 4096);
    assert_int_equal(most.bytes.kept[GPU_MSM_G1], (16 * 4 * 4096 + 16 * 16) * gpu_msm_sum_bytes(&most, GPU_MSM_G1));
    shape.bytes_max = most.bytes.total - 1;
    const gpu_msm_plan least = plan_of(&shape);
    assert_int_equal(least.kept_run, 1024);
    shape.bytes_max = least.bytes.total - 1;
    assert_int_equal(plan_of(&shape).kept_run, 0);
    shape.n_batches = 1;
    shape.bytes_max = 0;
    assert_int_equal(plan_of(&shape).kept_run, 0);
}

static void tables_are_used_where_they_fit(void **state)
{
    (void)state;
    gpu_msm_shape shape = shape_of(MIB);
    shape.tables = true;
    gpu_msm_plan plan = plan_of(&shape);
    assert_true(plan.tables);
    assert_in_range(plan.c, 18, 22);
    assert_int_equal(plan.sort.n_sets, 1);
    shape.bytes_max = 300 * MIB;
    assert_false(plan_of(&shape).tables);
    shape.bytes_max = 0;
    shape.buffer_max = 200 * MIB; /* less than a quarter of the tables */
    plan = plan_of(&shape);
    assert_true(!plan.tables || gpu_msm_indices(&plan) <= 4 * gpu_msm_part_len(&plan, GPU_MSM_G1));
}

static void what_can_t_be_is_an_argument_error(void **state)
{
    (void)state;
    gpu_msm_shape none = shape_of(0), no_query = shape_of(9), narrow = shape_of(9), wide = shape_of(9),
                  batches = shape_of(9);
    gpu_msm_shape slices = shape_of(9), tables = shape_of(9);
    no_query.n_queries[GPU_MSM_G1] = 0;
    narrow.c = 3;
    wide.c = 25;
    batches.c = 16;
    batches.n_batches = 17;
    slices.n_slices = 10;
    tables.n_slices = 2;
    tables.tables = true;
    for (unsigned i = 0; i < 3; i++) {
        gpu_msm_shape accumulator = shape_of(9);
        accumulator.accumulators[GPU_MSM_G1] = (msm_accumulator){.kind = MSM_BY_WALK,
                                                                 .group = i == 0   ? 48
                                                                          : i == 1 ? 512
                                                                                   : 64,
                                                                 .strands = i == 2 ? 33 : 4};
        assert_int_equal(status_of(&accumulator), PT_E_ARG);
    }
    assert_int_equal(status_of(&none), PT_E_ARG);
    assert_int_equal(status_of(&no_query), PT_E_ARG);
    assert_int_equal(status_of(&narrow), PT_E_ARG);
    assert_int_equal(status_of(&wide), PT_E_ARG);
    assert_int_equal(status_of(&batches), PT_E_ARG);
    assert_int_equal(status_of(&slices), PT_E_ARG);
    assert_int_equal(status_of(&tables), PT_E_ARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_cover_the_windows),
        cmocka_unit_test(slices_cover_the_points),
        cmocka_unit_test(a_last_slice_of_nearly_all_fits),
        cmocka_unit_test(bytes_are_those_of_the_buffers),
        cmocka_unit_test(the_map_has_every_byte_of_the_plan),
        cmocka_unit_test(walkers_have_their_bytes_and_tasks_have_none),
        cmocka_unit_test(walkers_are_fewer_where_memory_lacks),
        cmocka_unit_test(a_walker_s_local_memory_counts),
        cmocka_unit_test(local_memory_that_is_too_small_is_refused_with_what_it_takes),
        cmocka_unit_test(a_budget_is_kept_down_to_the_floor),
        cmocka_unit_test(a_million_points_take_what_they_may),
        cmocka_unit_test(batches_keep_what_memory_there_is_for),
        cmocka_unit_test(tables_are_used_where_they_fit),
        cmocka_unit_test(what_can_t_be_is_an_argument_error),
    };
    return cmocka_run_group_tests_name("gpu_msm_plan", tests, NULL, NULL);
}
