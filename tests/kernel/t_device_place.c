/* SPDX-License-Identifier: Apache-2.0 */
/* t_device_place [bn254 | bls12_381]: a device's lock, its memory that others use too, and the processors next to it. */
#include "tests/kernel/device_key_tests.inc.h"

/* ---- the lock, as a key is sent and a partition is proven ---- */

/* The first of all tests: kernels are built in it. */
static void the_lock_is_held_while_kernels_run_and_for_nothing_else(void **state)
{
    (void)state;
    run r = run_of(false);
    failing_opencl_set(0, CL_SUCCESS, false);
    lock_use.looked_at = true;
    go(&r);
    lock_use.looked_at = false;
    ASSERT_OK(r.err);
    assert_true(lock_use.n_kernels > 20);
    assert_int_equal(lock_use.n_unlocked_kernels, 0);
    assert_int_equal(lock_use.n_locked_builds, 0);
    assert_int_equal(lock_use.n_locked_buffers, 0);
    assert_int_equal(lock_use.n_locked_copies, 0);
}

enum { XYZZ_MAX = 4 * 2 * 48 }; /* bytes of a sum in G2 */

static void the_lock_is_held_for_kernels_or_for_a_partition(void **state)
{
    (void)state;
    pt_err err = {0};
    crew *threads;
    device_plan plan;
    device_key *key;
    const proving_key *of = self.circuit.key;
    const engine_options options = {.n_gpu_workers = 1};
    const device_request request = device_request_of(&self.place, &options, 0, false);
    uint8_t *witness = calloc(of->n_vars, of->curve->fr_bytes), *sums = malloc((size_t)4 * DEVICE_SUMS_MAX * XYZZ_MAX);
    failing_opencl_set(0, CL_SUCCESS, false);
    assert_true(witness != NULL && sums != NULL);
    assert_int_equal(crew_create(1, &threads, &err), PT_OK);
    if (device_plan_make(&request, of, &plan, &err) == PT_OK)
        device_key_create(&self.place, of, &plan, threads, &key, &err);
    ASSERT_OK(err);
    device_room *given_up = device_room_take(key);
    device_room_witness(given_up, witness, &err);
    device_room_synthesis(given_up, &err);
    assert_true(is_locked());
    device_room_give(given_up);
    assert_false(is_locked());
    for (int whole = 0; whole < 2; whole++) {
        if (whole)
            device_key_lock_partitions(key);
        device_room *room = device_room_take(key);
        assert_false(is_locked());
        device_room_witness(room, witness, &err);
        assert_int_equal(is_locked(), whole);
        device_room_synthesis(room, &err);
        assert_true(is_locked());
        device_room_quotient(room, &err);
        device_room_sum_h(room, sums, &err);
        assert_true(is_locked());
        device_room_sum_witness(room, sums, sums, sums, sums, &err);
        assert_int_equal(is_locked(), whole);
        device_room_give(room);
        assert_false(is_locked());
        ASSERT_OK(err);
    }
    device_key_destroy(key);
    crew_destroy(threads);
    free(witness);
    free(sums);
}

/* A fault leaves it free as well. */
static void an_engine_holds_the_lock_as_it_is_told(void **state)
{
    (void)state;
    failing_opencl_set(0, CL_SUCCESS, false);
    for (int whole = 0; whole < 2; whole++)
        for (int lies = 0; lies < 2; lies++) {
            run r = run_of(true);
            r.setup.options.gpu_lock = whole ? GPU_LOCK_PARTITION : GPU_LOCK_KERNELS;
            r.n_jobs = 2;
            liar.lies_to_jobs = lies;
            liar.skip = 0;
            go(&r);
            liar.lies = liar.lies_to_jobs = false;
            ASSERT_OK(r.err);
            assert_int_equal(r.figures.n_on_device, lies ? 0 : 2);
            assert_false(is_locked());
            assert_int_equal(witnesses.came_under_lock, whole);
        }
}

/* ---- memory that others use too ---- */

static void who_shares_a_device_plans_for_a_part(void **state)
{
    (void)state;
    const uint64_t has = gpu_device_describe(self.place.device)->memory_bytes;
    const engine_options asked = {.gpu_memory_bytes = 999}, any = {.n_gpu_workers = 1},
                         too_much = {.gpu_memory_bytes = has + 1};
    device_place place = self.place;
    for (size_t n = 1; n <= 3; n++) {
        place.n_sharing = n;
        assert_int_equal(device_request_of(&place, &asked, 0, false).bytes_max, 999 / n);
        assert_int_equal(device_request_of(&place, &any, 0, false).bytes_max, gpu_device_memory_share(has) / n);
        assert_int_equal(device_request_of(&place, &too_much, 0, false).bytes_max, has / n);
    }
}

static void what_other_processes_claimed_is_left_to_them(void **state)
{
    (void)state;
    const uint64_t all = gpu_device_memory_share(gpu_device_describe(self.place.device)->memory_bytes);
    const engine_options asked = {.gpu_memory_bytes = 999}, any = {.n_gpu_workers = 1};
    device_place place = self.place;
    place.n_sharing = 2;
    assert_int_equal(device_request_of(&place, &any, 5, false).bytes_max, all / 2);
    assert_int_equal(device_request_of(&place, &any, all - 700, false).bytes_max, 700);
    assert_int_equal(device_request_of(&place, &asked, all - 700, false).bytes_max, 999 / 2);
    assert_int_equal(device_request_of(&place, &asked, all - 7, false).bytes_max, 7);
    assert_int_equal(device_request_of(&place, &any, all + 1, false).bytes_max, 0);
}

static gpu_claims *claims_open(void)
{
    pt_err err = {0};
    gpu_claims *claims;
    gpu_claims_open(self.folder, "memory", &claims, &err);
    ASSERT_OK(err);
    return claims;
}

static uint64_t bytes_of_all(void)
{
    return gpu_device_memory_share(gpu_device_describe(self.place.device)->memory_bytes);
}

static gpu_claim claim_all_but(gpu_claims *other, uint64_t n_bytes)
{
    gpu_claim claim;
    pt_err err = {0};
    gpu_claims_add(other, bytes_of_all() - n_bytes, &claim, &err);
    ASSERT_OK(err);
    return claim;
}

/* What a key claims, where the other has left so many bytes: what its buffers take, as long as they are there. */
static uint64_t claim_of_key(gpu_claims *other, uint64_t n_left, pt_err *err)
{
    const run r = run_of(false);
    const gpu_claim claim = claim_all_but(other, n_left);
    engine *on;
    engine_key *key = NULL;
    engine_create(&r.setup, &on, err);
    ASSERT_OK(*err);
    engine_key_create(on, self.circuit.key, &key, err);
    const uint64_t claimed = gpu_claims_of_others(other);
    assert_int_equal(claimed, gpu_device_bytes(self.device.device));
    engine_destroy(on);
    engine_key_destroy(key);
    assert_int_equal(gpu_claims_of_others(other), 0);
    gpu_claims_drop(other, claim);
    return claimed;
}

static void a_key_has_what_others_left_or_is_refused(void **state)
{
    (void)state;
    gpu_claims *other = claims_open();
    pt_err err = {0};
    failing_opencl_set(0, CL_SUCCESS, false);
    self.place.claims = claims_open();
    const uint64_t usual = claim_of_key(other, bytes_of_all(), &err), less = usual - usual / 4;
    ASSERT_OK(err);
    const uint64_t claimed = claim_of_key(other, less, &err);
    ASSERT_OK(err);
    assert_true(claimed > 0 && claimed <= less);
    claim_all_but(other, less);
    run r = run_of(false);
    go(&r);
    ASSERT_OK(r.err);
    assert_int_equal(r.figures.n_on_device, 1);
    gpu_claims_close(other);
    other = claims_open();
    assert_int_equal(claim_of_key(other, 999, &err), 0);
    assert_int_equal(err.code, PT_E_NOMEM);
    assert_non_null(strstr(err.msg, " of 999, beside "));
    gpu_claims_close(self.place.claims);
    gpu_claims_close(other);
    self.place.claims = NULL;
}

/* ---- near the device ---- */

static void who_feeds_a_device_runs_next_to_it(void **state)
{
    (void)state;
    cpu_set_t own, near, after;
    unsigned last = 0;
    sched_getaffinity(0, sizeof own, &own);
    for (unsigned i = 0; i < CPU_SETSIZE; i++)
        last = CPU_ISSET(i, &own) ? i : last;
    CPU_ZERO(&near);
    CPU_SET(last, &near);
    failing_opencl_set(0, CL_SUCCESS, false);
    for (size_t n = 0; n < 2; n++) {
        self.place.near = &last;
        self.place.n_near = n;
        run r = run_of(false);
        go(&r);
        ASSERT_OK(r.err);
        assert_true(CPU_EQUAL(&feeders.taker, n == 0 ? &own : &near));
        assert_true(CPU_EQUAL(&feeders.sender, n == 0 ? &own : &near));
        sched_getaffinity(0, sizeof after, &after);
        assert_true(CPU_EQUAL(&after, &own)); /* who asked for all this */
    }
    self.place.near = NULL;
    self.place.n_near = 0;
}

int main(int n_args, char **args)
{
    if (n_args > 1)
        self.curve = args[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lock_is_held_while_kernels_run_and_for_nothing_else),
        cmocka_unit_test(the_lock_is_held_for_kernels_or_for_a_partition),
        cmocka_unit_test(an_engine_holds_the_lock_as_it_is_told),
        cmocka_unit_test(who_shares_a_device_plans_for_a_part),
        cmocka_unit_test(what_other_processes_claimed_is_left_to_them),
        cmocka_unit_test(a_key_has_what_others_left_or_is_refused),
        cmocka_unit_test(who_feeds_a_device_runs_next_to_it),
    };
    return cmocka_run_group_tests_name("device_place", tests, set_up, tear_down);
}
