/* SPDX-License-Identifier: Apache-2.0 */
/* The sort of an MSM's entries on a device, against a plain one. An interpreted device gets a few scalars alone.
 * PARTITA_TEST_SORT=N: scalars of 2^13 to 2^N with default groups. */
#include "gpu/msm_sort.h"

#include <string.h>

#include "tests/kernel/sort_shapes.h"
#include "tests/kernel/test_device.h"

/* One kernel depends on the curve: its digits. */
#if defined(PT_CURVE_BN254)
enum { N_SHAPES = SANITIZED ? SORT_N_SHAPES_FIRST : SORT_N_SHAPES };
#else
enum { N_SHAPES = SORT_N_SHAPES_FIRST };
#endif

enum { N_REPETITIONS = SANITIZED ? 3 : 100, DEFAULT_LOG_N_MAX = 13 };

static test_device on;

/* What a device has sorted, on the host. */
typedef struct {
    uint32_t *entries;
    msm_task *tasks;
    msm_cut *cuts;
    msm_sort_totals totals;
    msm_sorted sorted;
} host_copy;

static void *copy_back(const gpu_buffer *from, size_t bytes)
{
    pt_err err = {0};
    void *to = malloc(bytes + 1);
    assert_non_null(to);
    if (bytes > 0)
        gpu_queue_read(on.queue, from, 0, bytes, to, &err);
    ASSERT_OK(err);
    return to;
}

static host_copy run(msm_sort *sort, const msm_sort_plan *plan, const gpu_buffer *scalars)
{
    pt_err err = {0};
    host_copy out;
    msm_sort_run(sort, on.queue, plan, scalars, &out.sorted, &err);
    gpu_queue_read(on.queue, out.sorted.totals, 0, sizeof out.totals, &out.totals, &err);
    msm_sort_check(sort, &out.totals, &err);
    ASSERT_OK(err);
    out.entries = copy_back(out.sorted.entries, plan->n_entries * sizeof *out.entries);
    assert_true(out.totals.n_tasks <= out.sorted.n_tasks_max && out.totals.n_slots <= out.sorted.n_slots_max &&
                out.totals.n_cuts <= out.sorted.n_cuts_max);
    out.tasks = copy_back(out.sorted.tasks, out.totals.n_tasks * sizeof *out.tasks);
    out.cuts = copy_back(out.sorted.cuts, out.totals.n_cuts * sizeof *out.cuts);
    return out;
}

static void clear(host_copy *copy)
{
    free(copy->entries);
    free(copy->tasks);
    free(copy->cuts);
}

/* A shape with its windows filled in, its plan, and its memory on the device. */
typedef struct {
    msm_sort_plan plan;
    msm_sort *sort;
    gpu_buffer *scalars;
    uint32_t *words;
} bench;

static bench bench_open(msm_sort_shape shape)
{
    bench out;
    pt_err err = {0};
    if (shape.n_windows == 0)
        shape.n_windows = (sort_order_bits() - 1) / shape.c + 1;
    const uint64_t before = gpu_device_bytes(on.device);
    msm_sort_plan_make(&shape, &out.plan, &err);
    ASSERT_OK(err);
    msm_sort_create(on.device, &out.plan, PT_CURVE_OPTION, NULL, &out.sort, &err);
    ASSERT_OK(err);
    assert_int_equal(gpu_device_bytes(on.device) - before, out.plan.own_bytes + out.plan.bytes[MSM_SORT_SPARE]);
    gpu_buffer_create(on.device, "scalars", shape.n * 32, &out.scalars, &err);
    ASSERT_OK(err);
    out.words = malloc(shape.n * 32);
    assert_non_null(out.words);
    return out;
}

static void bench_close(bench *self)
{
    msm_sort_destroy(self->sort);
    gpu_buffer_destroy(self->scalars);
    free(self->words);
}

static void bench_send(bench *self, sort_kind kind)
{
    pt_err err = {0};
    sort_draw(kind, self->plan.of.n, 11, self->words);
    gpu_queue_write(on.queue, self->scalars, 0, self->words, self->plan.of.n * 32, &err);
    ASSERT_OK(err);
}

static void check(const msm_sort_plan *plan, const uint32_t *words, const host_copy *got)
{
    sort_check(plan, words, &(sort_result){got->entries, got->tasks, got->cuts, got->totals});
}

static void sort_one_kind(bench *at, sort_kind kind)
{
    const msm_sort_shape *of = &at->plan.of;
    print_message("%zu scalars, %s: %u windows of %u bits from %u on%s\n", of->n, sort_kind_names[kind], of->n_windows,
                  of->c, of->first_window, of->one_set ? ", one set" : "");
    bench_send(at, kind);
    host_copy got = run(at->sort, &at->plan, at->scalars);
    check(&at->plan, at->words, &got);
    clear(&got);
}

static void sort_every_kind(msm_sort_shape shape)
{
    bench at = bench_open(shape);
    for (int kind = 0; kind < SORT_N_KINDS; kind++)
        sort_one_kind(&at, (sort_kind)kind);
    bench_close(&at);
}

static msm_sort_shape with_small_groups(msm_sort_shape shape)
{
    shape.group_threads = 64;
    shape.group_items = 4;
    return shape;
}

static void every_kind_of_scalars_is_sorted_in_every_shape(void **state)
{
    (void)state;
    for (int i = 0; i < N_SHAPES; i++)
        sort_every_kind(with_small_groups(sort_shapes[i]));
}

/* Little enough for a device that is interpreted: bins of several tiles, buckets that are cut, both kinds of sets. */
static void a_few_scalars_are_sorted_in_every_way(void **state)
{
    (void)state;
    const msm_sort_shape few[] = {
        {.n = 300, .c = 5, .first_window = 40, .n_windows = 2, .n_slots_max = 40},
        {.n = 150, .c = 4, .first_window = 62, .n_windows = 2, .one_set = true, .wide = true},
    };
    for (size_t i = 0; i < sizeof few / sizeof few[0]; i++) {
        bench at = bench_open(with_small_groups(few[i]));
        sort_one_kind(&at, SORT_UNIFORM);
        sort_one_kind(&at, SORT_EQUAL);
        bench_close(&at);
    }
}

/* The groups that a GPU has. */
static void default_groups_sort_too(void **state)
{
    (void)state;
    const char *log_n_max = getenv("PARTITA_TEST_SORT");
    const int last = log_n_max == NULL ? DEFAULT_LOG_N_MAX : atoi(log_n_max);
    if (last < DEFAULT_LOG_N_MAX)
        fail_msg("PARTITA_TEST_SORT=%s: expected %d at least", log_n_max, DEFAULT_LOG_N_MAX);
    for (int log_n = DEFAULT_LOG_N_MAX; log_n <= last; log_n++) {
        const unsigned c = log_n < 16 ? 9 : 16;
        sort_every_kind((msm_sort_shape){.n = ((size_t)1 << log_n) + 1, .c = c, .n_windows = log_n < 16 ? 2 : 0});
        sort_every_kind((msm_sort_shape){.n = ((size_t)1 << log_n) - 1, .c = c + 1, .n_windows = 2, .one_set = true});
    }
}

static void repeated_sorts_are_the_same_to_the_bit(void **state)
{
    (void)state;
    bench at = bench_open(with_small_groups((msm_sort_shape){.n = 1000, .c = 9, .n_windows = 3, .n_slots_max = 60}));
    bench_send(&at, SORT_MONSTER);
    host_copy first = run(at.sort, &at.plan, at.scalars);
    assert_true(first.totals.n_cuts > 0);
    for (int i = 1; i < N_REPETITIONS; i++) {
        host_copy again = run(at.sort, &at.plan, at.scalars);
        assert_true(first.totals.n_tasks == again.totals.n_tasks && first.totals.n_cuts == again.totals.n_cuts);
        size_t n_entries = 0;
        for (size_t k = 0; k < first.totals.n_tasks; k++)
            n_entries += first.tasks[k].n;
        assert_memory_equal(first.entries, again.entries, n_entries * sizeof *first.entries);
        assert_memory_equal(first.tasks, again.tasks, first.totals.n_tasks * sizeof *first.tasks);
        assert_memory_equal(first.cuts, again.cuts, first.totals.n_cuts * sizeof *first.cuts);
        clear(&again);
    }
    clear(&first);
    bench_close(&at);
}

static void a_lent_buffer_and_another_batch_do_as_well(void **state)
{
    (void)state;
    pt_err err = {0};
    const msm_sort_shape all = with_small_groups((msm_sort_shape){.n = 500, .c = 8, .n_windows = 4});
    msm_sort_shape rest = all;
    rest.first_window = 30;
    rest.n_windows = 2;
    bench at = bench_open(all);
    msm_sort_plan plan;
    gpu_buffer *spare;
    msm_sort *sort;
    msm_sort_plan_make(&rest, &plan, &err);
    gpu_buffer_create(on.device, "lent", at.plan.bytes[MSM_SORT_SPARE], &spare, &err);
    const uint64_t before = gpu_device_bytes(on.device);
    msm_sort_create(on.device, &at.plan, PT_CURVE_OPTION, spare, &sort, &err);
    ASSERT_OK(err);
    assert_int_equal(gpu_device_bytes(on.device) - before, at.plan.own_bytes);
    bench_send(&at, SORT_UNIFORM);
    host_copy got = run(sort, &plan, at.scalars);
    check(&plan, at.words, &got);
    clear(&got);
    msm_sort_destroy(sort);
    gpu_buffer_destroy(spare);
    bench_close(&at);
}

/* Of the batches since window 0, which comes last as well: it counts more of one, less of another. */
static void the_most_of_all_batches_is_told(void **state)
{
    (void)state;
    static const unsigned first_windows[] = {0, 2, 1, 0};
    const msm_sort_shape all = with_small_groups((msm_sort_shape){.n = 500, .c = 8, .n_windows = 4});
    bench at = bench_open(all);
    msm_sort_totals most = {0}, told;
    msm_sort *sort;
    pt_err err = {0};
    msm_sort_create(on.device, &at.plan, PT_CURVE_OPTION, NULL, &sort, &err);
    ASSERT_OK(err);
    for (unsigned i = 0; i < sizeof first_windows / sizeof *first_windows; i++) {
        msm_sort_shape shape = all;
        msm_sort_plan plan;
        shape.first_window = first_windows[i];
        shape.n_windows = 4 - i;
        msm_sort_plan_make(&shape, &plan, &err);
        ASSERT_OK(err);
        bench_send(&at, i % 2 == 0 ? SORT_UNIFORM : SORT_EQUAL);
        host_copy got = run(sort, &plan, at.scalars);
        if (first_windows[i] == 0)
            most = (msm_sort_totals){0};
        most.n_tasks = got.totals.n_tasks > most.n_tasks ? got.totals.n_tasks : most.n_tasks;
        most.n_slots = got.totals.n_slots > most.n_slots ? got.totals.n_slots : most.n_slots;
        most.n_cuts = got.totals.n_cuts > most.n_cuts ? got.totals.n_cuts : most.n_cuts;
        msm_sort_read_most(sort, on.queue, &told, &err);
        gpu_queue_wait(on.queue, &err);
        ASSERT_OK(err);
        assert_memory_equal(&told, &most, sizeof most);
        clear(&got);
    }
    msm_sort_destroy(sort);
    bench_close(&at);
}

/* The default groups, elements of one word and of two. A driver may take a little more for itself. */
static void work_groups_take_the_local_memory_of_the_plan(void **state)
{
    (void)state;
    for (int wide = 0; wide <= 1; wide++) {
        const msm_sort_shape shape = {.n = 1000, .c = 9, .n_windows = 2, .wide = wide != 0};
        msm_sort_plan plan;
        pt_err err = {0};
        uint64_t most = 0;
        msm_sort_plan_make(&shape, &plan, &err);
        for (int i = 0; i < MSM_SORT_N_KERNELS; i++) {
            char options[MSM_SORT_OPTIONS_MAX];
            gpu_kernel *kernel;
            msm_sort_options(&plan, (msm_sort_kernel)i, PT_CURVE_OPTION, options);
            gpu_kernel_get(on.device, msm_sort_kernel_names[i], options, &kernel, &err);
            ASSERT_OK(err);
            const uint64_t local_bytes = gpu_kernel_describe(kernel)->local_bytes;
            most = local_bytes > most ? local_bytes : most;
        }
        print_message("local memory: %llu bytes, %llu planned\n", (unsigned long long)most,
                      (unsigned long long)plan.local_bytes);
        assert_in_range(most, plan.local_bytes, plan.local_bytes + 31); /* drivers align: NVIDIA's adds 16 */
    }
}

static void what_was_not_planned_is_refused(void **state)
{
    (void)state;
    bench at = bench_open(with_small_groups((msm_sort_shape){.n = 100, .c = 8, .n_windows = 4}));
    msm_sort_shape more = at.plan.of;
    more.n_windows = 5;
    msm_sort_plan plan;
    msm_sorted sorted;
    pt_err err = {0};
    msm_sort_plan_make(&more, &plan, &err);
    ASSERT_OK(err);
    assert_int_equal(msm_sort_run(at.sort, on.queue, &plan, at.scalars, &sorted, &err), PT_E_INTERNAL);
    bench_close(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_few_scalars_are_sorted_in_every_way),
        cmocka_unit_test(every_kind_of_scalars_is_sorted_in_every_shape),
        cmocka_unit_test(default_groups_sort_too),
        cmocka_unit_test(repeated_sorts_are_the_same_to_the_bit),
        cmocka_unit_test(a_lent_buffer_and_another_batch_do_as_well),
        cmocka_unit_test(the_most_of_all_batches_is_told),
        cmocka_unit_test(work_groups_take_the_local_memory_of_the_plan),
        cmocka_unit_test(what_was_not_planned_is_refused),
    };
    on = test_device_open();
    if (test_device_is_interpreted(&on))
        cmocka_set_test_filter("a_few_*");
    const int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_device_close(&on);
    return n_failed;
}
