/* SPDX-License-Identifier: Apache-2.0 */
#include "node/groth16/device_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gpu/spmv.h"
#include "node/bench/generated_key.h"

enum { N_KEYS = 2, LOG_DOMAIN = 8 };

static proving_key *keys[N_KEYS];

/* Of a device with so many bytes; everything else is no bound. */
static device_request request_of(uint64_t bytes_max)
{
    return (device_request){
        .bytes_max = bytes_max, .buffer_max = (uint64_t)1 << 40, .local_bytes = 48 << 10, .group_max = 1024, .n_rooms = 2};
}

static const uint64_t much = (uint64_t)1 << 40;

static device_plan plan_of(const device_request *request, const proving_key *key)
{
    device_plan plan;
    pt_err err = {0};
    if (device_plan_make(request, key, &plan, &err) != PT_OK)
        fail_msg("%s", err.msg);
    return plan;
}

static pt_err refusal_of(const device_request *request, const proving_key *key)
{
    device_plan plan = {.total = 12345};
    pt_err err = {0};
    assert_int_not_equal(device_plan_make(request, key, &plan, &err), PT_OK);
    assert_int_equal(plan.total, 12345);
    return err;
}

/* Scalars lie in a room. */
static uint64_t beside_scalars(const gpu_msm_plan *sum)
{
    return sum->bytes.total - sum->bytes.scalars;
}

static void a_plan_is_the_sum_of_its_parts_and_within_its_bound(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_KEYS; k++)
        for (unsigned i = 0; i < 24; i++) {
            device_request request = request_of((uint64_t)64 << 20);
            request.synthesis = i & 1 ? SIDE_GPU : SIDE_CPU;
            request.g2 = i & 2 ? SIDE_GPU : SIDE_CPU;
            request.tables = i & 4;
            request.n_rooms = 1 + i / 8;
            const device_plan p = plan_of(&request, keys[k]);
            assert_int_equal(p.synthesis, request.synthesis == SIDE_GPU);
            assert_int_equal(p.g2, request.g2 == SIDE_GPU);
            assert_int_equal(p.n_rooms, request.n_rooms);
            assert_int_equal(p.matrices != 0, p.synthesis);
            assert_int_equal(p.room, keys[k]->n_vars * 32 + 3 * (32 << LOG_DOMAIN));
            assert_int_equal(p.total, p.matrices + p.twiddles + p.points + p.scratch + p.n_rooms * p.room);
            assert_int_equal(p.points + p.scratch, beside_scalars(&p.h) + beside_scalars(&p.witness));
            assert_true(p.total <= request.bytes_max);
            assert_int_equal(p.witness.of.n_queries[GPU_MSM_G1], 3);
            assert_int_equal(p.witness.of.n_queries[GPU_MSM_G2], p.g2);
            assert_int_equal(p.witness.of.n, keys[k]->n_vars);
            assert_int_equal(p.h.of.n, 1 << LOG_DOMAIN);
        }
}

/* A key as far as sums and vectors go, of so many points. */
static proving_key key_of(const proving_key *like, unsigned log_domain)
{
    proving_key key = *like;
    key.log_domain = log_domain;
    key.domain_size = key.n_vars = 1u << log_domain;
    return key;
}

static void what_batches_keep_is_in_the_plan(void **state)
{
    enum { N_STEPS = 32 };
    (void)state;
    for (size_t k = 0; k < N_KEYS; k++) {
        const proving_key key = key_of(keys[k], 10);
        device_request request = request_of(much);
        device_plan p;
        size_t n_keep = 0;
        request.synthesis = SIDE_CPU;
        const uint64_t all = plan_of(&request, &key).total, step = all / N_STEPS;
        for (request.bytes_max = all; device_plan_make(&request, &key, &p, &(pt_err){0}) == PT_OK;
             request.bytes_max -= step) {
            n_keep += p.h.bytes.kept[GPU_MSM_G1] > 0 || p.witness.bytes.kept[GPU_MSM_G1] > 0;
            assert_int_equal(p.points + p.scratch, beside_scalars(&p.h) + beside_scalars(&p.witness));
            assert_true(p.total <= request.bytes_max);
        }
        assert_true(n_keep > 0);
    }
}

static void points_without_tables_are_those_of_the_key(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_KEYS; k++) {
        device_request request = request_of(much);
        const uint64_t point = 2 * keys[k]->curve->fq_bytes, n = keys[k]->n_vars;
        request.g2 = SIDE_GPU;
        assert_int_equal(plan_of(&request, keys[k]).points, point * (3 * n + 2 * n + (1 << LOG_DOMAIN)));
        request.g2 = SIDE_CPU;
        assert_int_equal(plan_of(&request, keys[k]).points, point * (3 * n + (1 << LOG_DOMAIN)));
        request.tables = true;
        assert_true(plan_of(&request, keys[k]).points > point * (3 * n + (1 << LOG_DOMAIN)));
    }
}

/* The least that fits, by a search of its own. */
static uint64_t floor_of(device_request request, const proving_key *key)
{
    uint64_t step = (uint64_t)1 << 22, at = 0; /* what is refused takes longest */
    device_plan plan;
    for (; step > 0; step /= 2) {
        request.bytes_max = at + step;
        if (device_plan_make(&request, key, &plan, &(pt_err){0}) != PT_OK)
            at += step;
    }
    return at + 1;
}

static void the_floor_is_enough_and_a_byte_less_is_refused_with_it(void **state)
{
    static const struct {
        stage_side synthesis, g2;
    } asked[] = {{SIDE_AUTO, SIDE_AUTO}, {SIDE_GPU, SIDE_GPU}, {SIDE_CPU, SIDE_GPU}};
    (void)state;
    for (size_t k = 0; k < N_KEYS; k++)
        for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
            char expected[80];
            device_request request = request_of(much);
            request.synthesis = asked[i].synthesis;
            request.g2 = asked[i].g2;
            const uint64_t floor = floor_of(request, keys[k]);
            request.bytes_max = floor;
            assert_true(plan_of(&request, keys[k]).total <= floor);
            snprintf(expected, sizeof expected, "at least %llu bytes", (unsigned long long)floor);
            for (request.bytes_max = floor - 1; request.bytes_max > 0; request.bytes_max /= 99) {
                const pt_err err = refusal_of(&request, keys[k]);
                assert_int_equal(err.code, PT_E_NOMEM);
                assert_non_null(strstr(err.msg, expected));
                assert_non_null(strstr(err.msg, keys[k]->path));
            }
        }
}

/* First synthesis leaves it, then B2 does and synthesis may be back, then both. */
static void an_open_side_goes_to_the_device_as_long_as_there_is_room(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_KEYS; k++) {
        unsigned n_seen[4] = {0}, last = 0;
        device_request request = request_of(much);
        device_plan p = plan_of(&request, keys[k]);
        assert_true(p.synthesis && p.g2);
        const uint64_t floor = floor_of(request, keys[k]);
        for (request.bytes_max = 2 * p.total; request.bytes_max >= floor; request.bytes_max -= floor / 64 + 1) {
            p = plan_of(&request, keys[k]);
            const unsigned sides = (p.g2 ? 0u : 2u) + (p.synthesis ? 0u : 1u);
            assert_true(sides >= last);
            n_seen[last = sides]++;
        }
        assert_true(n_seen[0] > 0 && n_seen[1] > 0 && n_seen[3] > 0);
    }
}

static void a_device_with_too_little_local_memory_is_refused(void **state)
{
    (void)state;
    for (unsigned local = 256; local < 18000;
         local *= 2) { /* the transforms have room in the largest of these, a sort in none */
        device_request request = request_of(much);
        request.local_bytes = local;
        const pt_err err = refusal_of(&request, keys[0]);
        assert_int_equal(err.code, PT_E_DEVICE);
        if (local == 16384)
            assert_non_null(strstr(err.msg, "local memory, but the device has 16384"));
    }
}

static void a_buffer_that_no_device_has_is_refused(void **state)
{
    (void)state;
    device_request request = request_of(much);
    request.buffer_max = 1000;
    const pt_err err = refusal_of(&request, keys[0]);
    assert_int_equal(err.code, PT_E_NOMEM);
    assert_non_null(strstr(err.msg, "1000 bytes"));
}

static void names_the_buffer(const proving_key *key, uint64_t buffer_max, const char *name, uint64_t bytes)
{
    char expected[120];
    device_request request = request_of(much);
    request.buffer_max = buffer_max;
    const pt_err err = refusal_of(&request, key);
    assert_int_equal(err.code, PT_E_NOMEM);
    snprintf(expected, sizeof expected,
             "%s: on the device %s would take a buffer of %llu bytes, and one may have %llu bytes", key->path, name,
             (unsigned long long)bytes, (unsigned long long)buffer_max);
    assert_string_equal(err.msg, expected);
}

static void a_buffer_of_a_key_that_the_device_has_not_is_refused(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_KEYS; k++) {
        const device_request request = request_of(much);
        const gpu_ntt_plan ntt = plan_of(&request, keys[k]).ntt;
        const uint64_t witness = 32 * (uint64_t)keys[k]->n_vars;
        proving_key wide = *keys[k];
        names_the_buffer(keys[k], ntt.odd_bytes - 1, "twiddles", ntt.odd_bytes);
        names_the_buffer(keys[k], ntt.roots_bytes - 1, "roots of unity", ntt.roots_bytes);
        wide.n_vars *= 9;
        names_the_buffer(&wide, 9 * witness - 1, "a witness", 9 * witness);
    }
}

static void matrices_that_no_buffer_holds_stay_with_the_processor(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_KEYS; k++) {
        const proving_key key = key_of(keys[k], 4); /* its matrices are the largest by far */
        const spmv_circuit circuit = device_circuit(&key);
        device_request request = request_of(much);
        uint64_t all, largest;
        pt_err err = {0};
        assert_int_equal(gpu_spmv_bytes(&circuit, &all, &largest, &err), PT_OK);
        request.buffer_max = largest;
        assert_true(plan_of(&request, &key).synthesis);
        request.buffer_max = largest - 1;
        assert_false(plan_of(&request, &key).synthesis);
        request.synthesis = SIDE_GPU;
        err = refusal_of(&request, &key);
        assert_int_equal(err.code, PT_E_NOMEM);
        assert_non_null(strstr(err.msg, "on the device matrices would take a buffer of"));
    }
}

static void a_domain_of_one_value_is_an_argument_error(void **state)
{
    (void)state;
    const device_request request = request_of(much);
    proving_key one = *keys[0];
    one.domain_size = 1;
    one.log_domain = 0;
    assert_int_equal(refusal_of(&request, &one).code, PT_E_ARG);
}

static void a_device_pays_for_large_domains_and_few_threads(void **state)
{
    (void)state;
    gpu_device_info device = {.n_compute_units = 132};
    proving_key key = *keys[0];
    key.domain_size = 1 << 10;
    assert_false(device_pays(&device, &key, 64));
    key.domain_size = 1 << 20;
    assert_true(device_pays(&device, &key, 1));
    assert_true(device_pays(&device, &key, 64));
    bool before = true;
    for (uint32_t n = 132; n > 0; n--) {
        device.n_compute_units = n;
        const bool pays = device_pays(&device, &key, 96);
        assert_true(before || !pays);
        before = pays;
    }
    assert_false(before);
}

static int keys_open(void **state)
{
    static const char *const curves[N_KEYS] = {"bn254", "bls12_381"};
    const cpu_features features = cpu_features_read();
    crew *threads;
    pt_err err = {0};
    (void)state;
    crew_create(1, &threads, &err);
    for (size_t i = 0; i < N_KEYS && err.code == PT_OK; i++) {
        wtns witness;
        if (generated_key_open(pt_curve_by_name(curves[i], features), features, LOG_DOMAIN, CIRCUIT_FULL, 1, threads,
                               &keys[i], &witness, &err) == PT_OK)
            wtns_clear(&witness);
    }
    crew_destroy(threads);
    return err.code;
}

static int keys_close(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_KEYS; i++)
        proving_key_close(keys[i]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_is_the_sum_of_its_parts_and_within_its_bound),
        cmocka_unit_test(points_without_tables_are_those_of_the_key),
        cmocka_unit_test(the_floor_is_enough_and_a_byte_less_is_refused_with_it),
        cmocka_unit_test(an_open_side_goes_to_the_device_as_long_as_there_is_room),
        cmocka_unit_test(a_device_with_too_little_local_memory_is_refused),
        cmocka_unit_test(a_buffer_that_no_device_has_is_refused),
        cmocka_unit_test(what_batches_keep_is_in_the_plan),
        cmocka_unit_test(a_buffer_of_a_key_that_the_device_has_not_is_refused),
        cmocka_unit_test(matrices_that_no_buffer_holds_stay_with_the_processor),
        cmocka_unit_test(a_domain_of_one_value_is_an_argument_error),
        cmocka_unit_test(a_device_pays_for_large_domains_and_few_threads),
    };
    return cmocka_run_group_tests(tests, keys_open, keys_close);
}
