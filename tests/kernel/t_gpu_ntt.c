/* SPDX-License-Identifier: Apache-2.0 */
/* A device's transforms and quotient are the host's, byte for byte. */
#include "gpu/gpu_ntt.h"
#include "node/domain/quotient.h"

#include "tests/unit/arith_tests.inc.h"
#include "tests/unit/domain_tests.inc.h"
#include "tests/kernel/test_device.h"

typedef struct {
    test_rng rng;
    test_device device;
} fixture;

/* A transform of one size, the host's domain of it, and vectors: what is on the device, and what is expected. */
typedef struct {
    fixture *f;
    size_t n;
    gpu_ntt *ntt;
    ntt_domain *domain;
    gpu_buffer *buffers[GPU_NTT_VECTORS_MAX];
    fr *before[GPU_NTT_VECTORS_MAX], *got[GPU_NTT_VECTORS_MAX];
} trial;

static const gpu_ntt_options all_kinds = {.forward = true, .joins = true, .back = true};

static trial trial_of(fixture *f, unsigned log_n, gpu_ntt_shape shape)
{
    pt_err err = {0};
    trial t = {.f = f, .n = (size_t)1 << log_n, .domain = domain_of(log_n, 1)};
    gpu_ntt_options options = all_kinds;
    options.shape = shape;
    gpu_ntt_create(f->device.device, f->device.queue, PT_CURVE_OPTION, log_n, &options, &t.ntt, &err);
    ASSERT_OK(err);
    for (int i = 0; i < GPU_NTT_VECTORS_MAX; i++) {
        gpu_buffer_create(f->device.device, "a vector", t.n * sizeof(fr), &t.buffers[i], &err);
        ASSERT_OK(err);
        t.before[i] = rng_vector(&f->rng, t.n);
        t.got[i] = test_alloc(t.n);
    }
    return t;
}

static void trial_end(trial *t)
{
    for (int i = 0; i < GPU_NTT_VECTORS_MAX; i++) {
        free(t->before[i]);
        free(t->got[i]);
        gpu_buffer_destroy(t->buffers[i]);
    }
    gpu_ntt_destroy(t->ntt);
    ntt_domain_destroy(t->domain);
}

static void upload(trial *t, fr *const *from)
{
    pt_err err = {0};
    for (int i = 0; i < GPU_NTT_VECTORS_MAX; i++)
        gpu_queue_write(t->f->device.queue, t->buffers[i], 0, from[i], t->n * sizeof(fr), &err);
    ASSERT_OK(err);
}

static void download(trial *t)
{
    pt_err err = {0};
    for (int i = 0; i < GPU_NTT_VECTORS_MAX; i++)
        gpu_queue_read(t->f->device.queue, t->buffers[i], 0, t->n * sizeof(fr), t->got[i], &err);
    ASSERT_OK(err);
}

/* got = what this kind makes of from, n_vectors in one launch. */
static void transform(trial *t, gpu_ntt_kind kind, fr *const *from, size_t n_vectors)
{
    pt_err err = {0};
    upload(t, from);
    gpu_ntt_run(t->ntt, t->f->device.queue, kind, t->buffers, n_vectors, &err);
    ASSERT_OK(err);
    download(t);
}

static fr *copy_of(const fr *v, size_t n)
{
    fr *copy = test_alloc(n);
    memcpy(copy, v, n * sizeof *v);
    return copy;
}

static void check_transforms(trial *t)
{
    const unsigned log_n = gpu_ntt_planned(t->ntt)->log_n;
    fr *expected = copy_of(t->before[0], t->n);
    ON_CREW(1, ntt_inverse_scrambled(t->domain, threads, expected));
    transform(t, GPU_NTT_SCRAMBLED, t->before, 1);
    assert_memory_equal(t->got[0], expected, t->n * sizeof(fr));

    memcpy(expected, t->before[0], t->n * sizeof(fr));
    ON_CREW(1, ntt_forward_odd_coset(t->domain, threads, expected));
    transform(t, GPU_NTT_ODD_COSET, t->before, 1);
    assert_memory_equal(t->got[0], expected, t->n * sizeof(fr));

    memcpy(expected, t->before[0], t->n * sizeof(fr));
    ON_CREW(1, ntt_forward(t->domain, threads, expected));
    transform(t, GPU_NTT_FORWARD, t->before, 1);
    for (size_t i = 0; i < t->n; i++)
        assert_memory_equal(&t->got[0][bits_reversed(i, log_n)], &expected[i], sizeof(fr));
    transform(t, GPU_NTT_BACK, t->got, 1);
    assert_memory_equal(t->got[0], t->before[0], t->n * sizeof(fr));
    free(expected);
}

static void check_quotient(trial *t)
{
    pt_err err = {0};
    fr *expected[GPU_NTT_VECTORS_MAX];
    for (int i = 0; i < GPU_NTT_VECTORS_MAX; i++)
        expected[i] = copy_of(t->before[i], t->n);
    ON_CREW(1, quotient_run(t->domain, threads, expected[0], expected[1], expected[2]));
    upload(t, t->before);
    gpu_quotient_run(t->ntt, t->f->device.queue, t->buffers[0], t->buffers[1], t->buffers[2], &err);
    ASSERT_OK(err);
    download(t);
    assert_memory_equal(t->got[0], expected[0], t->n * sizeof(fr));
    for (int i = 0; i < GPU_NTT_VECTORS_MAX; i++)
        free(expected[i]);
}

static void check_all(fixture *f, unsigned log_n, gpu_ntt_shape shape)
{
    trial t = trial_of(f, log_n, shape);
    check_transforms(&t);
    check_quotient(&t);
    trial_end(&t);
}

/* Four shapes for all sizes: each is a program that the driver compiles for seconds. One to five passes. */
static void transforms_and_quotient_are_the_hosts_at_every_size(void **state)
{
    fixture *f = *state;
    const bool small = test_device_is_slow(&f->device);
    for (unsigned log_n = 1; log_n <= (small ? 3 : 5); log_n++)
        check_all(f, log_n, (gpu_ntt_shape){1, 1});
    for (unsigned log_n = 4; log_n <= (small ? 5 : 9); log_n++)
        check_all(f, log_n, (gpu_ntt_shape){3, 2});
    for (unsigned log_n = 6; log_n <= (small ? 6 : 13); log_n++)
        check_all(f, log_n, (gpu_ntt_shape){5, 2});
    if (!small)
        check_all(f, 14, (gpu_ntt_shape){0});
}

/* The last stage of each pass has one level or two. */
static void stages_of_three_levels_give_the_same(void **state)
{
    check_all(*state, 7, (gpu_ntt_shape){5, 3});
    check_all(*state, 5, (gpu_ntt_shape){5, 3});
}

static unsigned middle_size(const fixture *f)
{
    return test_device_is_slow(&f->device) ? 6 : 8;
}

static void vectors_side_by_side_are_each_alone(void **state)
{
    trial t = trial_of(*state, middle_size(*state), (gpu_ntt_shape){.log_tile = 5});
    fr *expected[GPU_NTT_VECTORS_MAX];
    for (int i = 0; i < GPU_NTT_VECTORS_MAX; i++) {
        expected[i] = copy_of(t.before[i], t.n);
        ON_CREW(1, ntt_inverse_scrambled(t.domain, threads, expected[i]));
    }
    for (size_t n_vectors = 1; n_vectors <= GPU_NTT_VECTORS_MAX; n_vectors++) {
        transform(&t, GPU_NTT_SCRAMBLED, t.before, n_vectors);
        for (size_t i = 0; i < GPU_NTT_VECTORS_MAX; i++)
            assert_memory_equal(t.got[i], i < n_vectors ? expected[i] : t.before[i], t.n * sizeof(fr));
    }
    for (int i = 0; i < GPU_NTT_VECTORS_MAX; i++)
        free(expected[i]);
    trial_end(&t);
}

/* r - 1 everywhere: sums are largest. */
static void the_largest_values_transform_right(void **state)
{
    trial t = trial_of(*state, middle_size(*state), (gpu_ntt_shape){.log_tile = 5});
    for (int v = 0; v < GPU_NTT_VECTORS_MAX; v++)
        for (size_t i = 0; i < t.n; i++) {
            t.before[v][i] = fr_modulus;
            t.before[v][i].limb[0]--;
        }
    check_transforms(&t);
    check_quotient(&t);
    trial_end(&t);
}

static void the_bytes_taken_are_the_plans(void **state)
{
    const fixture *f = *state;
    pt_err err = {0};
    for (unsigned asked = 0; asked < 8; asked++) {
        const bool forward = asked & 1, joins = asked & 2, back = asked & 4;
        const gpu_ntt_options options = {.shape = {.log_tile = 5}, .forward = forward, .joins = joins, .back = back};
        const uint64_t before = gpu_device_bytes(f->device.device);
        gpu_ntt *ntt;
        gpu_ntt_create(f->device.device, f->device.queue, PT_CURVE_OPTION, 8, &options, &ntt, &err);
        ASSERT_OK(err);
        const gpu_ntt_plan *plan = gpu_ntt_planned(ntt);
        assert_int_equal(gpu_device_bytes(f->device.device) - before,
                         plan->roots_bytes + plan->block_bytes + (forward ? plan->forward_bytes : 0) +
                             (joins ? plan->odd_bytes : 0) + (back ? plan->plain_bytes : 0));
        gpu_ntt_destroy(ntt);
        assert_int_equal(gpu_device_bytes(f->device.device), before);
    }
}

static void a_kind_that_was_not_asked_for_is_an_error(void **state)
{
    const fixture *f = *state;
    static const gpu_ntt_kind kinds[] = {GPU_NTT_FORWARD, GPU_NTT_BACK, GPU_NTT_ODD_COSET, GPU_NTT_SHIFT};
    const gpu_ntt_options options = {.shape = {.log_tile = 5}};
    gpu_ntt *ntt;
    gpu_buffer *v;
    pt_err err = {0};
    gpu_ntt_create(f->device.device, f->device.queue, PT_CURVE_OPTION, 8, &options, &ntt, &err);
    ASSERT_OK(err);
    gpu_buffer_create(f->device.device, "a vector", gpu_ntt_planned(ntt)->vector_bytes, &v, &err);
    ASSERT_OK(err);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        err = (pt_err){0};
        assert_int_equal(gpu_ntt_run(ntt, f->device.queue, kinds[i], &v, 1, &err), PT_E_INTERNAL);
    }
    gpu_buffer_destroy(v);
    gpu_ntt_destroy(ntt);
}

static void no_room_for_the_tables_is_an_error_and_releases_all(void **state)
{
    test_device small = test_device_open_with((gpu_device_options){.memory_max = 20000});
    const gpu_ntt_options options = {.shape = {.log_tile = 5}, .joins = true};
    gpu_ntt *ntt;
    pt_err err = {0};
    assert_int_equal(gpu_ntt_create(small.device, small.queue, PT_CURVE_OPTION, 9, &options, &ntt, &err), PT_E_NOMEM);
    assert_non_null(strstr(err.msg, "twiddles of the odd coset"));
    assert_int_equal(gpu_device_bytes(small.device), 0);
    test_device_close(&small);
    (void)state;
}

int main(void)
{
    fixture f = {.rng = rng_start(), .device = test_device_open()};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(transforms_and_quotient_are_the_hosts_at_every_size, &f),
        cmocka_unit_test_prestate(stages_of_three_levels_give_the_same, &f),
        cmocka_unit_test_prestate(vectors_side_by_side_are_each_alone, &f),
        cmocka_unit_test_prestate(the_largest_values_transform_right, &f),
        cmocka_unit_test_prestate(the_bytes_taken_are_the_plans, &f),
        cmocka_unit_test_prestate(a_kind_that_was_not_asked_for_is_an_error, &f),
        cmocka_unit_test_prestate(no_room_for_the_tables_is_an_error_and_releases_all, &f),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_device_close(&f.device);
    return failed;
}
