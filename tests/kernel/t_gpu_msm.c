/* SPDX-License-Identifier: Apache-2.0 */
/* Whole MSMs on a device, sort and sums: point i is a known multiple of the generator, so each sum is known too. Per curve.
 *
 * usage: t_gpu_msm [TIMES | few | walkers]     TIMES: one run, repeated so often; few: every kernel, on as few points as do; walkers:
 *        every place of their products with both ways to invert in BN254's G1, pairs in the other groups, in several numbers of batches */
#include "tests/kernel/msm_groups.h"

#include "gpu/gpu_msm_state.h"
#include "node/msm/bit_fold.h"

static unsigned long n_repetitions = 3;

/* ---- scalars ---- */

typedef enum { UNIFORM, EQUAL, BITS, ONES, MINUS_ONES, MONSTER, SHORT, ZEROS, N_KINDS } scalar_kind;

static fr canon_of(int64_t k)
{
    fr a;
    fr_from_u64(&a, (uint64_t)(k < 0 ? -k : k));
    if (k < 0)
        fr_neg(&a, &a);
    fr_to_canon(&a, &a);
    return a;
}

/* One of n scalars. MONSTER: nearly all have one digit in common; every kind but ZEROS has some -1 = r - 1 and 0 at its end. */
static fr scalar_of(msm_case *self, scalar_kind kind, size_t i, const fr *equal)
{
    switch (kind) {
    case UNIFORM:
        return rng_fr(&self->rng);
    case EQUAL:
        return *equal;
    case BITS:
        return canon_of((int64_t)(rng_next(&self->rng) & 1));
    case ONES:
        return canon_of(1);
    case MINUS_ONES:
        return canon_of(-1);
    case MONSTER:
        return i % 8 == 0 ? rng_fr(&self->rng) : canon_of(5);
    case SHORT:
        return canon_of((int64_t)(rng_next(&self->rng) >> 40) - (1 << 20));
    default:
        return canon_of(0);
    }
}

static void make_scalars(msm_case *self, scalar_kind kind, size_t n, fr *scalars)
{
    const fr equal = rng_fr(&self->rng);
    for (size_t i = 0; i < n; i++)
        scalars[i] = scalar_of(self, kind, i, &equal);
    if (n > 8 && kind != ZEROS) {
        scalars[n - 1] = canon_of(-1);
        scalars[n - 3] = canon_of(0);
    }
}

/* The multiple of the generator that the points of scalars [first, first + n) sum to. */
static fr sum_of(const msm_case *self, const fr *scalars, size_t first, size_t n)
{
    fr sum = fr_zero, term, factor;
    for (size_t i = first; i < first + n; i++) {
        factor = canon_of(self->multiple[i]);
        fr_to_mont(&factor, &factor);
        fr_mul(&term, &factor, &scalars[i]); /* canonical times Montgomery: canonical */
        fr_add(&sum, &sum, &term);
    }
    return sum;
}

/* ---- runs ---- */

/* Three queries over the plan's scalars: all points, the later ones alone, and all in G2. */
typedef struct {
    gpu_msm_points *all, *later, *g2;
    gpu_buffer *scalars;
    size_t first; /* of the later ones */
    g1_xyzz *sums_all, *sums_later;
    g2_xyzz *sums_g2;
    size_t n_sums;
} run_room;

static run_room room_make(msm_case *self, const fr *scalars)
{
    const size_t n = self->plan.of.n;
    const gpu_msm_results results = gpu_msm_results_of(&self->plan);
    run_room room = {.first = n / 3, .n_sums = results.n_repeats * results.n_sets * self->plan.c};
    gpu_queue *queue = self->device.queue;
    pt_err err = {0};
    room.sums_all = test_calloc(room.n_sums, sizeof *room.sums_all);
    room.sums_later = test_calloc(room.n_sums, sizeof *room.sums_later);
    room.sums_g2 = test_calloc(room.n_sums, sizeof *room.sums_g2);
    gpu_buffer_create(self->device.device, "scalars", 32 * n, &room.scalars, &err);
    gpu_queue_write(queue, room.scalars, 0, scalars, 32 * n, &err);
    gpu_msm_points_create(self->msm, queue, GPU_MSM_G1, (const uint8_t *)self->g1, 0, n, &room.all, &err);
    gpu_msm_points_create(self->msm, queue, GPU_MSM_G1, (const uint8_t *)(self->g1 + room.first), room.first,
                          n - room.first, &room.later, &err);
    gpu_msm_points_create(self->msm, queue, GPU_MSM_G2, (const uint8_t *)self->g2, 0, n, &room.g2, &err);
    ASSERT_OK(err);
    return room;
}

static void room_clear(run_room *room)
{
    gpu_msm_points_destroy(room->g2);
    gpu_msm_points_destroy(room->later);
    gpu_msm_points_destroy(room->all);
    gpu_buffer_destroy(room->scalars);
    test_free(room->sums_g2);
    test_free(room->sums_later);
    test_free(room->sums_all);
}

static void room_run(msm_case *self, run_room *room)
{
    pt_err err = {0};
    const gpu_msm_query queries[] = {{room->all, (uint8_t *)room->sums_all},
                                     {room->later, (uint8_t *)room->sums_later},
                                     {room->g2, (uint8_t *)room->sums_g2}};
    gpu_msm_run(self->msm, self->device.queue, room->scalars, queries, 3, &err);
    ASSERT_OK(err);
}

static void check_sums(const msm_case *self, const run_room *room, const fr *scalars)
{
    const size_t n = self->plan.of.n;
    const gpu_msm_results results = gpu_msm_results_of(&self->plan);
    const bit_fold_shape shape = {results.n_repeats, results.n_sets, self->plan.c};
    const fr whole = sum_of(self, scalars, 0, n), later = sum_of(self, scalars, room->first, n - room->first);
    g1_xyzz sum1;
    g2_xyzz sum2;
    bit_fold_g1(&shape, room->sums_all, &sum1);
    g1_assert_product(&sum1, &whole);
    bit_fold_g1(&shape, room->sums_later, &sum1);
    g1_assert_product(&sum1, &later);
    bit_fold_g2(&shape, room->sums_g2, &sum2);
    g2_assert_product(&sum2, &whole);
}

static gpu_msm_shape shape_of(size_t n, unsigned c)
{
    gpu_msm_shape shape = msm_case_shape(c);
    shape.n = n;
    shape.n_queries[GPU_MSM_G1] = 2;
    shape.n_batches = 0;
    return shape;
}

static void run_shape(msm_case *self, const gpu_msm_shape *shape, scalar_kind kind)
{
    fr scalars[N_POINTS];
    make_scalars(self, kind, shape->n, scalars);
    msm_case_plan(self, shape);
    const gpu_msm_bytes *bytes = &self->plan.bytes;
    const uint64_t before = gpu_device_bytes(self->device.device) - bytes->sort - bytes->walk - bytes->sums -
                            bytes->kept[GPU_MSM_G1] - bytes->kept[GPU_MSM_G2];
    run_room room = room_make(self, scalars);
    const uint64_t slice_scalars = self->plan.n_slices > 1 ? 32 * self->plan.slice_len : 0;
    assert_int_equal(gpu_device_bytes(self->device.device) - (before - slice_scalars), bytes->total);
    room_run(self, &room);
    check_sums(self, &room, scalars);
    room_clear(&room);
}

static void with_walkers(msm_case *self, const gpu_msm_shape *shape, scalar_kind kind)
{
    self->accumulators[GPU_MSM_G1] = TEST_WALKER_G1;
    self->accumulators[GPU_MSM_G2] = TEST_WALKER_G2;
    run_shape(self, shape, kind);
    assert_true(self->plan.bytes.walk > 0 && self->plan.sort.bytes[MSM_SORT_TASKS] == 0);
    self->accumulators[GPU_MSM_G2] = (msm_accumulator){0}; /* tasks beside walkers */
    run_shape(self, shape, kind);
    assert_true(self->plan.bytes.walk > 0 && self->plan.sort.bytes[MSM_SORT_TASKS] > 0);
    self->accumulators[GPU_MSM_G1] = (msm_accumulator){0};
}

static void walkers_sum_every_kind_of_scalars(void **state)
{
    for (scalar_kind kind = UNIFORM; kind < N_KINDS; kind++) {
        gpu_msm_shape shape = shape_of(kind == UNIFORM ? 1 : 130, 8);
        shape.tables = kind % 2 == 0;
        shape.n_batches = 1 + (unsigned)kind % 3;
        with_walkers(*state, &shape, kind);
    }
}

/* Knobs i of 6: a place and a way to invert. */
static msm_accumulator walker_of(unsigned i)
{
    return (msm_accumulator){.kind = MSM_BY_WALK,
                             .group = 4u << i % 3,
                             .strands = 2 + i,
                             .scratch = (msm_scratch)(MSM_SCRATCH_PRIVATE + i % 3),
                             .shared = i / 3 != 0};
}

static void walkers_sum_with_every_knob(void **state)
{
    static const unsigned counts[] = {1, 2, 3, 5, 24}, pairs[] = {0, 4, 2};
    msm_case *self = *state;
    const bool is_all = strcmp(PT_CURVE_OPTION, "-DPT_CURVE_BN254") == 0;
    for (unsigned i = 0; i < (is_all ? 6 : 3); i++) {
        self->accumulators[GPU_MSM_G1] = walker_of(is_all ? i : pairs[i]);
        self->accumulators[GPU_MSM_G2] = walker_of(pairs[i % 3]);
        for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
            gpu_msm_shape shape = shape_of(100, 9);
            shape.n_batches = counts[k];
            run_shape(self, &shape, UNIFORM);
            shape.tables = true;
            run_shape(self, &shape, MONSTER);
        }
    }
    memset(self->accumulators, 0, sizeof self->accumulators);
}

/* Three points in each group, by these walkers. */
static void walk_few(msm_case *self, msm_accumulator g1, msm_accumulator g2)
{
    const gpu_msm_shape shape = shape_of(3, 9);
    self->accumulators[GPU_MSM_G1] = g1;
    self->accumulators[GPU_MSM_G2] = g2;
    run_shape(self, &shape, UNIFORM);
    memset(self->accumulators, 0, sizeof self->accumulators);
}

/* Every kernel, for checkers that are slow: tables of 3 points, and a bucket that is cut; walkers. */
static void few_points_are_summed(void **state)
{
    gpu_msm_shape tables = shape_of(3, 9), ones = shape_of(70, 9);
    tables.tables = true;
    run_shape(*state, &tables, UNIFORM);
    run_shape(*state, &ones, ONES);
    assert_true(((msm_case *)*state)->plan.sort.n_cuts_max > 0);
    walk_few(*state, TEST_WALKER_G1, TEST_WALKER_G2);
}

static void few_points_are_walked_with_private_products(void **state)
{
    walk_few(*state, TEST_WALKER_PRIVATE, TEST_WALKER_G2);
}

static void every_kind_of_scalars_is_summed(void **state)
{
    static const unsigned widths[] = {4, 11};
    for (scalar_kind kind = UNIFORM; kind < N_KINDS; kind++)
        for (size_t i = 0; i < 2; i++) {
            const gpu_msm_shape shape = shape_of(200, widths[i]);
            run_shape(*state, &shape, kind);
        }
}

static void every_number_of_points_is_summed(void **state)
{
    static const size_t numbers[] = {1, 2, 3, 15, 16, 17, 127, 128, 129, 511, 512};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const gpu_msm_shape shape = shape_of(numbers[i], 0);
        run_shape(*state, &shape, UNIFORM);
    }
}

static void every_batch_counts(void **state)
{
    static const unsigned counts[] = {1, 2, 3, 5, 24};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        gpu_msm_shape shape = shape_of(100, 9);
        shape.n_batches = counts[i];
        run_shape(*state, &shape, UNIFORM);
        shape.tables = true;
        run_shape(*state, &shape, MONSTER);
    }
}

/* Sets so large that a batch halves them itself before it keeps what is left; and where memory is too short to keep anything. */
static void batches_keep_what_fills_no_device(void **state)
{
    msm_case *self = *state;
    gpu_msm_shape shape = shape_of(60, 13);
    shape.n_batches = 2;
    run_shape(self, &shape, UNIFORM);
    assert_true(self->plan.kept_run == 1024 && gpu_msm_kept_runs(&self->plan).n_given == 2);
    shape.bytes_max = self->plan.bytes.total - self->plan.bytes.kept[GPU_MSM_G1] - self->plan.bytes.kept[GPU_MSM_G2];
    run_shape(self, &shape, UNIFORM);
    assert_int_equal(self->plan.kept_run, 0);
    assert_int_equal(self->plan.bytes.kept[GPU_MSM_G1] + self->plan.bytes.kept[GPU_MSM_G2], 0);
}

static void every_slice_counts(void **state)
{
    for (size_t n_slices = 2; n_slices <= 5; n_slices++) {
        gpu_msm_shape shape = shape_of(103, 8);
        shape.n_slices = n_slices;
        shape.n_batches = 2;
        run_shape(*state, &shape, UNIFORM);
    }
}

static void tables_give_the_same_sums(void **state)
{
    for (scalar_kind kind = UNIFORM; kind < N_KINDS; kind++) {
        gpu_msm_shape shape = shape_of(150, kind % 2 == 0 ? 10 : 7);
        shape.tables = true;
        run_shape(*state, &shape, kind);
        assert_true(((msm_case *)*state)->plan.tables);
    }
}

/* Another queue may run the MSM at once: times are those of commands that have ended. */
static void points_are_there_when_they_have_been_made(void **state)
{
    msm_case *self = *state;
    gpu_queue *queue = self->device.queue;
    gpu_msm_shape shape = shape_of(100, 8);
    gpu_msm_points *points;
    pt_err err = {0};
    size_t n_times, n_fills = 0;
    msm_case_plan(self, &shape);
    gpu_queue_forget_times(queue);
    gpu_msm_points_create(self->msm, queue, GPU_MSM_G1, (const uint8_t *)(self->g1 + 10), 10, 80, &points, &err);
    ASSERT_OK(err);
    const gpu_time *times = gpu_queue_times(queue, &n_times);
    for (size_t i = 0; i < n_times; i++)
        n_fills += strcmp(times[i].name, "fill") == 0 ? times[i].n : 0;
    assert_int_equal(n_fills, 2); /* infinities before and behind */
    gpu_msm_points_destroy(points);
}

static void a_run_repeated_gives_the_same_bytes(void **state)
{
    msm_case *self = *state;
    fr scalars[N_POINTS];
    gpu_msm_shape shape = shape_of(N_POINTS, 6);
    shape.n_batches = 2;
    make_scalars(self, MONSTER, N_POINTS, scalars);
    msm_case_plan(self, &shape);
    run_room room = room_make(self, scalars);
    room_run(self, &room);
    check_sums(self, &room, scalars);
    g1_xyzz *first1 = test_calloc(room.n_sums, sizeof *first1);
    g2_xyzz *first2 = test_calloc(room.n_sums, sizeof *first2);
    memcpy(first1, room.sums_all, room.n_sums * sizeof *first1);
    memcpy(first2, room.sums_g2, room.n_sums * sizeof *first2);
    for (unsigned long i = 1; i < n_repetitions; i++) {
        memset(room.sums_all, 0, room.n_sums * sizeof *first1);
        memset(room.sums_g2, 0, room.n_sums * sizeof *first2);
        room_run(self, &room);
        assert_memory_equal(room.sums_all, first1, room.n_sums * sizeof *first1);
        assert_memory_equal(room.sums_g2, first2, room.n_sums * sizeof *first2);
    }
    test_free(first2);
    test_free(first1);
    room_clear(&room);
}

static void walkers_repeated_give_the_same_bytes(void **state)
{
    msm_case *self = *state;
    const unsigned long n = n_repetitions;
    self->accumulators[GPU_MSM_G1] = walker_of(4);
    self->accumulators[GPU_MSM_G2] = walker_of(0);
    n_repetitions = 100;
    a_run_repeated_gives_the_same_bytes(state);
    n_repetitions = n;
    memset(self->accumulators, 0, sizeof self->accumulators);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest few[] = {cmocka_unit_test(few_points_are_summed),
                                     cmocka_unit_test(few_points_are_walked_with_private_products)};
    const struct CMUnitTest walkers[] = {cmocka_unit_test(walkers_sum_with_every_knob),
                                         cmocka_unit_test(walkers_repeated_give_the_same_bytes)};
    const struct CMUnitTest again[] = {cmocka_unit_test(a_run_repeated_gives_the_same_bytes)};
    /* A sanitizer sees how the host cuts an MSM and not what the kernels make of scalars. */
    const struct CMUnitTest host[] = {
        cmocka_unit_test(few_points_are_summed),
        cmocka_unit_test(every_batch_counts),
        cmocka_unit_test(every_slice_counts),
        cmocka_unit_test(a_run_repeated_gives_the_same_bytes),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_points_are_summed),
        cmocka_unit_test(every_kind_of_scalars_is_summed),
        cmocka_unit_test(every_number_of_points_is_summed),
        cmocka_unit_test(every_batch_counts),
        cmocka_unit_test(batches_keep_what_fills_no_device),
        cmocka_unit_test(every_slice_counts),
        cmocka_unit_test(tables_give_the_same_sums),
        cmocka_unit_test(walkers_sum_every_kind_of_scalars),
        cmocka_unit_test(points_are_there_when_they_have_been_made),
        cmocka_unit_test(a_run_repeated_gives_the_same_bytes),
    };
    if (argc == 1 && SANITIZED)
        return cmocka_run_group_tests_name("gpu_msm on the host", host, msm_set_up, msm_tear_down);
    if (argc == 1)
        return cmocka_run_group_tests_name("gpu_msm", tests, msm_set_up, msm_tear_down);
    if (strcmp(argv[1], "few") == 0)
        return cmocka_run_group_tests_name("gpu_msm of few points", few, msm_set_up, msm_tear_down);
    if (strcmp(argv[1], "walkers") == 0)
        return cmocka_run_group_tests_name("gpu_msm by walkers", walkers, msm_set_up, msm_tear_down);
    n_repetitions = strtoul(argv[1], NULL, 10);
    return cmocka_run_group_tests_name("gpu_msm repeated", again, msm_set_up, msm_tear_down);
}
