/* SPDX-License-Identifier: Apache-2.0 */
/* t_device_key [bn254 | bls12_381] [all]: a key and a partition on a device whose driver fails at one call, or reads wrongly, and the bytes they
 * take. Of calls after the first some are skipped, without `all`. */
#include "tests/kernel/device_key_tests.inc.h"

enum { N_CALLS_MAX = 20000, EACH_UP_TO = 40, STRIDE = SANITIZED ? 97 : 7 };

enum { N_SUMS = 5, N_VECTORS_OF_ROOM = 4 };

static bool all;

/* ---- every call fails ---- */

static bool names_it(const char *text, cl_int code)
{
    return strstr(text, gpu_device_describe(self.device.device)->name) != NULL &&
           strstr(text, opencl_error_name(code)) != NULL;
}

/* A key that isn't there is proven with elsewhere, and so is a partition that failed there: told why either way. */
static void check_choice(const run *r, cl_int code, size_t n)
{
    const char *failed = failing_opencl_failed();
    const engine_figures *f = &r->figures;
    if (r->err.code != PT_OK)
        fail_msg("%s failed (call %zu), and the processor did not prove: %s", failed, n, r->err.msg);
    if (f->n_on_device + f->n_left_device != 1 || (f->n_on_device == 1) != (r->said[0] == '\0'))
        fail_msg("%s failed (call %zu): %zu proofs there, %zu here, and was told: %s", failed, n, f->n_on_device,
                 f->n_left_device, r->said);
    if (r->said[0] != '\0' && !names_it(r->said, code))
        fail_msg("%s failed (call %zu), and was told: %s", failed, n, r->said);
}

static void check_must(const run *r, cl_int code, size_t n)
{
    const char *failed = failing_opencl_failed();
    assert_string_equal(r->said, "");
    if (r->err.code != PT_OK && !names_it(r->err.msg, code))
        fail_msg("%s failed (call %zu), and the error is: %s", failed, n, r->err.msg);
    if ((r->figures.n_on_device == 1) != (r->err.code == PT_OK) || r->figures.n_left_device != 0)
        fail_msg("%s failed (call %zu): %zu proofs there, %zu here: %s", failed, n, r->figures.n_on_device,
                 r->figures.n_left_device, r->err.msg);
}

static void fail_each(bool is_choice, cl_int code, bool for_good)
{
    const char *kind;
    failing_opencl_set(0, CL_SUCCESS, false);
    run r = run_of(is_choice);
    go(&r); /* kernels are the device's from here on */
    ASSERT_OK(r.err);
    const long n_live = failing_opencl_n_live(&kind);
    size_t n = 1, n_runs = 0, n_faults = 0;
    for (; n < N_CALLS_MAX; n += all || n < EACH_UP_TO ? 1 : STRIDE, n_runs++) {
        r = run_of(is_choice);
        failing_opencl_set(n, code, for_good);
        go(&r);
        if (failing_opencl_failed() == NULL)
            break;
        (is_choice ? check_choice : check_must)(&r, code, n);
        if (failing_opencl_n_live(&kind) != n_live)
            fail_msg("%s failed (call %zu): a %s is left", failing_opencl_failed(), n, kind);
        n_faults += r.figures.n_on_device == 0;
    }
    assert_true(n > 500 && n < N_CALLS_MAX && n_faults > n_runs / 2);
}

static void every_failed_call_ends_in_an_error_or_a_proof(void **state)
{
    (void)state;
    fail_each(false, CL_OUT_OF_RESOURCES, false);
}

static void a_device_that_is_lost_ends_in_an_error_or_a_proof(void **state)
{
    (void)state;
    fail_each(false, CL_DEVICE_NOT_AVAILABLE, true);
}

static void of_a_choice_every_failed_call_ends_in_a_proof(void **state)
{
    (void)state;
    fail_each(true, CL_OUT_OF_RESOURCES, false);
}

static void of_a_choice_a_device_that_is_lost_ends_in_a_proof(void **state)
{
    (void)state;
    fail_each(true, CL_DEVICE_NOT_AVAILABLE, true);
}

/* ---- what it takes ---- */

static void takes_planned_bytes(const proving_key *of, const device_plan *plan)
{
    pt_err err = {0};
    crew *threads;
    device_key *key;
    assert_int_equal(crew_create(1, &threads, &err), PT_OK);
    device_key_create(&self.place, of, plan, threads, &key, &err);
    ASSERT_OK(err);
    assert_int_equal(gpu_device_bytes(self.device.device), plan->total);
    assert_int_equal(plan->total,
                     plan->matrices + plan->twiddles + plan->points + plan->scratch + plan->n_rooms * plan->room);
    device_key_destroy(key);
    assert_int_equal(gpu_device_bytes(self.device.device), 0);
    crew_destroy(threads);
}

static void a_key_takes_what_was_planned_to_the_byte(void **state)
{
    (void)state;
    failing_opencl_set(0, CL_SUCCESS, false);
    for (unsigned i = 0; i < 24; i++) {
        const engine_options options = {
            .synthesis = i & 1 ? SIDE_GPU : SIDE_CPU, .g2 = i & 2 ? SIDE_GPU : SIDE_CPU, .n_gpu_workers = 1 + i / 8};
        const device_request request = device_request_of(&self.place, &options, 0, (i & 4) != 0);
        pt_err err = {0};
        device_plan plan;
        device_plan_make(&request, self.circuit.key, &plan, &err);
        ASSERT_OK(err);
        assert_true(plan.synthesis == (options.synthesis == SIDE_GPU) && plan.g2 == (options.g2 == SIDE_GPU));
        assert_int_equal(plan.n_rooms, options.n_gpu_workers);
        takes_planned_bytes(self.circuit.key, &plan);
    }
}

/* Windows go in batches then, which keep what only the end of all needs. Few budgets make such plans: each of them is taken, and some of
 * the others. */
static void a_key_takes_what_was_planned_where_memory_is_short(void **state)
{
    enum { LOG_DOMAIN = 10, N_STEPS = 192, OTHERS = 16 }; /* the least domain that has such batches */
    (void)state;
    const engine_options options = {.n_gpu_workers = 1};
    tiny_circuit larger = circuit_open(self.curve, LOG_DOMAIN);
    device_request request = device_request_of(&self.place, &options, 0, false);
    pt_err err = {0};
    device_plan plan;
    size_t n_keep = 0, n_plans = 0;
    failing_opencl_set(0, CL_SUCCESS, false);
    device_plan_make(&request, larger.key, &plan, &err);
    ASSERT_OK(err);
    const uint64_t step = plan.total / N_STEPS;
    for (request.bytes_max = plan.total; device_plan_make(&request, larger.key, &plan, &err) == PT_OK;
         request.bytes_max -= step) {
        const bool keeps = plan.h.bytes.kept[GPU_MSM_G1] > 0 || plan.witness.bytes.kept[GPU_MSM_G1] > 0;
        if (keeps || n_plans % OTHERS == 0)
            takes_planned_bytes(larger.key, &plan);
        n_keep += keeps;
        n_plans++;
    }
    assert_true(n_keep > 0);
    circuit_close(&larger);
}

typedef struct {
    cl_mem at[N_FILLED_MAX];
    size_t n;
} buffers;

static void begin_looking(void)
{
    filled.n = 0;
    filled.looked_at = true;
}

static buffers filled_now(void)
{
    buffers now = {.n = filled.n};
    memcpy(now.at, filled.at, sizeof now.at);
    return now;
}

/* Whatever is secret enough to be zeroed before it goes back, as it was by now, was zeroed when the last partition had ended. */
static void check_was_cleared(const buffers *idle)
{
    filled.looked_at = false;
    assert_true(filled.n > N_VECTORS_OF_ROOM);
    for (size_t i = 0; i < filled.n; i++) {
        size_t at = 0;
        while (at < idle->n && idle->at[at] != filled.at[i])
            at++;
        assert_true(at < idle->n);
    }
}

/* Partitions that wait for a room take the place of those before them, and the last one's is cleared. */
static void nothing_is_left_when_nobody_waits(size_t n_rooms)
{
    enum { N_JOBS = 6 };
    pt_err err = {0};
    engine *on;
    engine_key *key;
    engine_job jobs[N_JOBS];
    run r = run_of(false);
    r.setup.options.n_in_flight = 3;
    r.setup.options.n_gpu_workers = n_rooms;
    r.setup.ctx = &r;
    failing_opencl_set(0, CL_SUCCESS, false);
    engine_create(&r.setup, &on, &err);
    ASSERT_OK(err);
    engine_key_create(on, self.circuit.key, &key, &err);
    ASSERT_OK(err);
    begin_looking();
    witnesses.n = 0;
    witnesses.bytes = 32 * self.circuit.key->n_vars;
    for (size_t i = 0; i < N_JOBS; i++) {
        jobs[i] = (engine_job){.key = key,
                               .witness = {.path = "right.wtns", .bytes = r.witness->bytes, .n_bytes = r.witness->n_bytes}};
        engine_submit(on, &jobs[i], &err);
        ASSERT_OK(err);
    }
    for (size_t i = 0; i < N_JOBS; i++)
        ASSERT_OK(engine_next(on)->err);
    assert_int_equal(witnesses.n, n_rooms);
    for (size_t i = 0; i < n_rooms; i++)
        assert_false(witnesses.at[i].is_there);
    for (size_t i = 0; i < N_JOBS; i++) {
        assert_true(is_right(&self.circuit, &jobs[i]));
        engine_job_clear(&jobs[i]);
    }
    witnesses.bytes = 0;
    engine_destroy(on);
    const buffers idle = filled_now();
    filled.n = 0;
    engine_key_destroy(key);
    check_was_cleared(&idle);
}

static void no_witness_is_left_when_nobody_waits(void **state)
{
    (void)state;
    nothing_is_left_when_nobody_waits(1);
    nothing_is_left_when_nobody_waits(2);
}

static void compute(device_room *room, const device_plan *plan)
{
    enum { SUMS_BYTES = 1 << 20 };
    const proving_key *key = self.circuit.key;
    const witness_image *file = &self.circuit.right;
    uint8_t *sums[N_SUMS];
    pt_err err = {0};
    assert_true(plan->synthesis && plan->g2);
    for (int i = 0; i < N_SUMS; i++)
        sums[i] = test_calloc(SUMS_BYTES, 1);
    device_room_witness(room, file->bytes + file->n_bytes - 32 * (size_t)key->n_vars, &err);
    ASSERT_OK(err);
    device_room_synthesis(room, &err);
    ASSERT_OK(err);
    device_room_quotient(room, &err);
    ASSERT_OK(err);
    device_room_sum_h(room, sums[0], &err);
    ASSERT_OK(err);
    device_room_sum_witness(room, sums[1], sums[2], sums[3], sums[4], &err);
    ASSERT_OK(err);
    for (int i = 0; i < N_SUMS; i++)
        test_free(sums[i]);
}

/* Alone, a partition clears what rooms share within its turn. One that has computed while another has a room leaves it to the one that goes last,
 * though that computes nothing. */
static void what_rooms_share_is_cleared_by_the_last(void **state)
{
    (void)state;
    const engine_options options = {.synthesis = SIDE_GPU, .g2 = SIDE_GPU, .n_gpu_workers = 2};
    const device_request request = device_request_of(&self.place, &options, 0, false);
    pt_err err = {0};
    device_plan plan;
    device_key *key;
    crew *threads;
    failing_opencl_set(0, CL_SUCCESS, false);
    device_plan_make(&request, self.circuit.key, &plan, &err);
    ASSERT_OK(err);
    assert_int_equal(crew_create(1, &threads, &err), PT_OK);
    device_key_create(&self.place, self.circuit.key, &plan, threads, &key, &err);
    ASSERT_OK(err);
    begin_looking();
    device_room *room = device_room_take(key);
    compute(room, &plan);
    assert_true(filled.n > N_VECTORS_OF_ROOM); /* the room's own are still to be cleared */
    device_room_give(room);
    begin_looking();
    device_room *idle_room = device_room_take(key);
    room = device_room_take(key);
    compute(room, &plan);
    device_room_give(room);
    const size_t n_before = filled.n;
    device_room_give(idle_room);
    assert_true(filled.n > n_before + N_VECTORS_OF_ROOM);
    const buffers idle = filled_now();
    filled.n = 0;
    device_key_destroy(key);
    check_was_cleared(&idle);
    crew_destroy(threads);
}

/* A key that is left to the processor has as many partitions in flight as if there was no device. */
static void a_choice_that_does_not_pay_takes_nothing_from_the_processor(void **state)
{
    enum { N_THREADS = 8, N_PARTITIONS = 64 };
    (void)state;
    size_t n_in_flight[3];
    failing_opencl_set(0, CL_SUCCESS, false);
    for (int i = 0; i < 3; i++) { /* no device; one that does not pay; one that is to prove */
        run r = run_of(i == 1);
        memory_plan plan;
        engine *on;
        r.setup.options = (engine_options){.n_threads = N_THREADS};
        r.setup.device_if_it_pays = i == 1;
        r.setup.device = i == 0 ? NULL : &self.place;
        r.setup.ctx = &r;
        pt_err err = {0};
        engine_create(&r.setup, &on, &err);
        ASSERT_OK(err);
        engine_plan(on, (const proving_key *[]){self.circuit.key}, 1, N_PARTITIONS, &plan, &err);
        ASSERT_OK(err);
        n_in_flight[i] = plan.n_in_flight;
        engine_destroy(on);
    }
    assert_int_equal(n_in_flight[0], N_THREADS);
    assert_int_equal(n_in_flight[1], N_THREADS);
    assert_int_equal(n_in_flight[2], 3);
}

/* ---- wrong answers ---- */

static run lie(bool is_choice, size_t skip, size_t n_jobs, bool from_the_start)
{
    run r = run_of(is_choice);
    r.n_jobs = n_jobs;
    failing_opencl_set(0, CL_SUCCESS, false);
    liar.lies = from_the_start;
    liar.lies_to_jobs = true;
    liar.skip = skip;
    go(&r);
    liar.lies = liar.lies_to_jobs = false;
    return r;
}

static void a_wrong_proof_of_a_device_is_no_proof(void **state)
{
    (void)state;
    for (size_t sum = 0; sum < N_SUMS; sum++) {
        const run r = lie(false, sum, 1, false);
        assert_int_equal(r.err.code, PT_E_VERIFY);
        assert_string_equal(r.said, "");
        assert_int_equal(r.figures.n_on_device, 0);
    }
}

static void of_a_choice_it_is_told_and_the_device_is_used_no_more(void **state)
{
    (void)state;
    for (size_t sum = 0; sum < N_SUMS; sum++) {
        const run r = lie(true, N_SUMS + sum, 4, false); /* the second partition */
        ASSERT_OK(r.err);
        assert_int_equal(r.figures.n_on_device, 1);
        assert_int_equal(r.figures.n_left_device, 3);
        assert_non_null(strstr(r.said, "the device is used no more: "));
        assert_non_null(strstr(r.said, gpu_device_describe(self.device.device)->name));
        assert_non_null(strstr(r.said, "its proof of right.wtns was wrong, the processor's is right\n"));
        assert_ptr_equal(strchr(r.said, '\n') + 1, r.said + strlen(r.said));
    }
}

/* Each answer of the self-test, in turn; the one after them is a proof's. */
static void a_device_that_is_wrong_from_the_start_gets_no_key(void **state)
{
    static const char *const said[] = {"self-test: it computes wrongly in G1", "self-test: it computes wrongly in G2",
                                       "self-test: its transforms of 2^", "self-test: its MSM in G1 of ",
                                       "self-test: its MSM in G2 of "};
    enum { N_ANSWERS = sizeof said / sizeof *said };
    (void)state;
    for (size_t answer = 0; answer < N_ANSWERS; answer++) {
        run r = lie(false, answer, 1, true);
        assert_int_equal(r.err.code, PT_E_INTERNAL);
        assert_non_null(strstr(r.err.msg, said[answer]));
        assert_non_null(strstr(r.err.msg, gpu_device_describe(self.device.device)->name));
        r = lie(true, answer, 2, true);
        ASSERT_OK(r.err);
        assert_int_equal(r.figures.n_left_device, 2);
        assert_non_null(strstr(r.said, said[answer]));
    }
    assert_int_equal(lie(false, N_ANSWERS, 1, true).err.code, PT_E_VERIFY);
}

static void a_wrong_witness_is_not_the_device_s_fault(void **state)
{
    (void)state;
    for (int is_choice = 0; is_choice < 2; is_choice++) {
        run r = run_of(is_choice);
        r.witness = &self.circuit.wrong;
        failing_opencl_set(0, CL_SUCCESS, false);
        go(&r);
        assert_int_equal(r.err.code, PT_E_VERIFY);
        assert_string_equal(r.said, "");
        assert_int_equal(r.figures.n_on_device + r.figures.n_left_device, 0);
    }
}

/* The first three partitions ask it, the others do not. */
static void a_choice_that_is_lost_is_asked_three_times(void **state)
{
    (void)state;
    run r = run_of(true);
    r.n_jobs = 5;
    r.lost = true;
    failing_opencl_set(0, CL_SUCCESS, false);
    go(&r);
    ASSERT_OK(r.err);
    assert_int_equal(r.figures.n_left_device, 5);
    size_t n_lines = 0;
    for (const char *at = r.said; (at = strchr(at, '\n')) != NULL; at++)
        n_lines++;
    assert_int_equal(n_lines, 3);
    assert_non_null(strstr(r.said, "the device is used no more: "));
}

int main(int n_args, char **args)
{
    for (int i = 1; i < n_args; i++)
        if (strcmp(args[i], "all") == 0)
            all = true;
        else
            self.curve = args[i];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_takes_what_was_planned_to_the_byte),
        cmocka_unit_test(a_key_takes_what_was_planned_where_memory_is_short),
        cmocka_unit_test(no_witness_is_left_when_nobody_waits),
        cmocka_unit_test(what_rooms_share_is_cleared_by_the_last),
        cmocka_unit_test(a_choice_that_does_not_pay_takes_nothing_from_the_processor),
        cmocka_unit_test(a_wrong_proof_of_a_device_is_no_proof),
        cmocka_unit_test(of_a_choice_it_is_told_and_the_device_is_used_no_more),
        cmocka_unit_test(a_device_that_is_wrong_from_the_start_gets_no_key),
        cmocka_unit_test(a_wrong_witness_is_not_the_device_s_fault),
        cmocka_unit_test(a_choice_that_is_lost_is_asked_three_times),
        cmocka_unit_test(every_failed_call_ends_in_an_error_or_a_proof),
        cmocka_unit_test(a_device_that_is_lost_ends_in_an_error_or_a_proof),
        cmocka_unit_test(of_a_choice_every_failed_call_ends_in_a_proof),
        cmocka_unit_test(of_a_choice_a_device_that_is_lost_ends_in_a_proof),
    };
    return cmocka_run_group_tests_name("device_key", tests, set_up, tear_down);
}
