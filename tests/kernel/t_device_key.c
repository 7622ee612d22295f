/* SPDX-License-Identifier: Apache-2.0 */
/* t_device_key [bn254 | bls12_381] [all]: a key and a partition on a device, by way of the engine, whose driver fails at one call, or reads
 * wrongly. Of calls after the first some are skipped, without `all`. */
#define _GNU_SOURCE /* gettid, cpu_set_t */
#include "tests/unit/engine_tests.inc.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <unistd.h>

#include "tests/kernel/failing_opencl.h"
#include "tests/kernel/test_device.h"

enum { N_CALLS_MAX = 20000, EACH_UP_TO = 40, STRIDE = SANITIZED ? 97 : 7, SAID_ROOM = 4096 };

enum { N_ROOMS_MAX = 4 };

enum { N_SUMS = 5, SUMS_LEAST = 128 /* bytes of a point; other reads of a partition are shorter */ };

/* A driver that flips bits of one long read, after so many right ones. */
static struct {
    opencl calls;
    const opencl *below;
    size_t skip;
    bool lies, lies_to_jobs;
} liar;

/* Witnesses on the device: where each was sent, and whether it is still there; whether the latest was sent under the lock. */
static struct {
    size_t bytes, n;
    struct {
        cl_mem mem;
        bool is_there;
    } at[N_ROOMS_MAX];
    bool came_under_lock;
} witnesses;

/* Where the threads may run that take pinned memory and that send witnesses by it. */
static struct {
    cpu_set_t taker, sender;
} feeders;

static struct {
    test_device device;
    device_place place;
    tiny_circuit circuit;
    char folder[40];
    bool all;
    const char *curve;
} self = {.curve = "bn254"};

static cl_int CL_API_CALL read_wrongly(cl_command_queue queue, cl_mem from, cl_bool blocking, size_t offset, size_t bytes,
                                       void *to, cl_uint n, const cl_event *after, cl_event *event)
{
    const bool now = liar.lies && bytes >= SUMS_LEAST;
    cl_int code =
        liar.below->clEnqueueReadBuffer(queue, from, now ? CL_TRUE : blocking, offset, bytes, to, n, after, event);
    if (now && liar.skip-- == 0)
        for (size_t i = 5; i < bytes; i += 32) /* not in one coordinate alone: of a point at infinity most do not count */
            ((uint8_t *)to)[i] ^= 1;
    return code;
}

/* The device's lock, as another process sees it. */
static bool is_locked(void)
{
    char path[60];
    snprintf(path, sizeof path, "%s/device.device", self.folder);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    const bool locked = flock(file, LOCK_EX | LOCK_NB) != 0;
    close(file);
    return locked;
}

static void note_witness(cl_mem mem, size_t bytes, bool is_there)
{
    size_t i = 0;
    while (i < witnesses.n && witnesses.at[i].mem != mem)
        i++;
    if (bytes != witnesses.bytes || (i == witnesses.n && !is_there))
        return;
    assert_true(i < N_ROOMS_MAX);
    witnesses.at[i].mem = mem;
    witnesses.at[i].is_there = is_there;
    witnesses.n += i == witnesses.n;
}

static cl_int CL_API_CALL note_write(cl_command_queue queue, cl_mem to, cl_bool blocking, size_t offset, size_t bytes,
                                     const void *from, cl_uint n, const cl_event *after, cl_event *event)
{
    note_witness(to, bytes, true);
    if (self.place.lock != NULL && bytes == 32 * self.circuit.key->n_vars) {
        witnesses.came_under_lock = is_locked();
        sched_getaffinity(0, sizeof feeders.sender, &feeders.sender);
    }
    return liar.below->clEnqueueWriteBuffer(queue, to, blocking, offset, bytes, from, n, after, event);
}

static cl_int CL_API_CALL note_fill(cl_command_queue queue, cl_mem to, const void *pattern, size_t pattern_bytes,
                                    size_t offset, size_t bytes, cl_uint n, const cl_event *after, cl_event *event)
{
    note_witness(to, bytes, false);
    return liar.below->clEnqueueFillBuffer(queue, to, pattern, pattern_bytes, offset, bytes, n, after, event);
}

static cl_mem CL_API_CALL note_create(cl_context context, cl_mem_flags flags, size_t bytes, void *from, cl_int *code)
{
    if ((flags & CL_MEM_ALLOC_HOST_PTR) != 0)
        sched_getaffinity(0, sizeof feeders.taker, &feeders.taker);
    return liar.below->clCreateBuffer(context, flags, bytes, from, code);
}

/* ---- one key, one engine, some partitions ---- */

typedef struct {
    engine_setup setup;
    size_t n_jobs;
    const witness_image *witness;
    bool lost;  /* the device, when the key is there */
    pt_err err; /* of the key, or the first job that failed */
    engine_figures figures;
    char said[SAID_ROOM];
} run;

static void hear(void *ctx, bool is_fault, const char *text)
{
    run *r = ctx;
    const size_t n = strlen(r->said);
    if (is_fault)
        snprintf(r->said + n, sizeof r->said - n, "%s\n", text);
}

static run run_of(bool is_choice)
{
    return (run){.setup = {.options = {.n_threads = 1, .n_in_flight = 1},
                           .features = cpu_features_read(),
                           .device = &self.place,
                           .device_is_choice = is_choice,
                           .told = hear},
                 .n_jobs = 1,
                 .witness = &self.circuit.right};
}

static void prove_one(engine *on, const engine_key *key, run *r)
{
    engine_job job = {.key = key,
                      .witness = {.path = "right.wtns", .bytes = r->witness->bytes, .n_bytes = r->witness->n_bytes}};
    pt_err err = {0};
    if (engine_submit(on, &job, &err) != PT_OK)
        fail_msg("%s", err.msg);
    assert_ptr_equal(engine_next(on), &job);
    if (job.err.code == PT_OK)
        assert_true(is_right(&self.circuit, &job));
    else if (r->err.code == PT_OK)
        r->err = job.err;
    engine_job_clear(&job);
}

static void go(run *r)
{
    engine *on;
    engine_key *key = NULL;
    pt_err err = {0};
    r->setup.ctx = r;
    if (engine_create(&r->setup, &on, &err) != PT_OK)
        fail_msg("%s", err.msg);
    const bool made = engine_key_create(on, self.circuit.key, &key, &r->err) == PT_OK;
    liar.lies = liar.lies || liar.lies_to_jobs;
    if (r->lost)
        failing_opencl_set(1, CL_DEVICE_NOT_AVAILABLE, true);
    if (made)
        for (size_t i = 0; i < r->n_jobs; i++)
            prove_one(on, key, r);
    r->figures = engine_figures_now(on);
    engine_destroy(on);
    engine_key_destroy(key);
    assert_int_equal(gpu_device_bytes(self.device.device), 0);
}

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
    for (; n < N_CALLS_MAX; n += self.all || n < EACH_UP_TO ? 1 : STRIDE, n_runs++) {
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

static void expect_planned_bytes(const engine_options *options, bool tables)
{
    pt_err err = {0};
    crew *threads;
    device_plan plan;
    device_key *key;
    const device_request request = device_request_of(&self.place, options, 0, tables);
    assert_int_equal(crew_create(1, &threads, &err), PT_OK);
    device_plan_make(&request, self.circuit.key, &plan, &err);
    ASSERT_OK(err);
    assert_true(plan.synthesis == (options->synthesis == SIDE_GPU) && plan.g2 == (options->g2 == SIDE_GPU));
    assert_int_equal(plan.n_rooms, options->n_gpu_workers);
    device_key_create(&self.place, self.circuit.key, &plan, threads, &key, &err);
    ASSERT_OK(err);
    assert_int_equal(gpu_device_bytes(self.device.device), plan.total);
    assert_int_equal(plan.total, plan.matrices + plan.twiddles + plan.points + plan.scratch + plan.n_rooms * plan.room);
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
        expect_planned_bytes(&options, (i & 4) != 0);
    }
}

static void who_shares_a_device_plans_for_a_part(void **state)
{
    (void)state;
    const engine_options asked = {.gpu_memory_bytes = 999}, any = {.n_gpu_workers = 1};
    device_place place = self.place;
    for (size_t n = 1; n <= 3; n++) {
        place.n_sharing = n;
        assert_int_equal(device_request_of(&place, &asked, 0, false).bytes_max, 999 / n);
        assert_int_equal(device_request_of(&place, &any, 0, false).bytes_max,
                         gpu_device_memory_share(gpu_device_describe(place.device)->memory_bytes) / n);
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

/* One room, and partitions that wait for it: each takes the place of the one before, and the last one's is cleared. */
static void no_witness_is_left_when_nobody_waits(void **state)
{
    enum { N_JOBS = 6 };
    (void)state;
    pt_err err = {0};
    engine *on;
    engine_key *key;
    engine_job jobs[N_JOBS];
    run r = run_of(false);
    r.setup.options.n_in_flight = 3;
    r.setup.options.n_gpu_workers = 1;
    r.setup.ctx = &r;
    failing_opencl_set(0, CL_SUCCESS, false);
    engine_create(&r.setup, &on, &err);
    ASSERT_OK(err);
    engine_key_create(on, self.circuit.key, &key, &err);
    ASSERT_OK(err);
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
    assert_int_equal(witnesses.n, 1);
    assert_false(witnesses.at[0].is_there);
    for (size_t i = 0; i < N_JOBS; i++) {
        assert_true(is_right(&self.circuit, &jobs[i]));
        engine_job_clear(&jobs[i]);
    }
    witnesses.bytes = 0;
    engine_destroy(on);
    engine_key_destroy(key);
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

/* ---- the lock ---- */

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

static int set_up(void **state)
{
    char name[] = "/tmp/t_device_key.XXXXXX";
    pt_err err = {0};
    (void)state;
    const char *asked = getenv("PARTITA_TEST_DEVICE");
    test_device device = test_device_open(); /* or skip */
    gpu_queue_destroy(device.queue);
    gpu_device_close(device.device);
    self.device.cl = device.cl;
    liar.below = failing_opencl(device.cl);
    liar.calls = *liar.below;
    liar.calls.clEnqueueReadBuffer = read_wrongly;
    liar.calls.clEnqueueWriteBuffer = note_write;
    liar.calls.clEnqueueFillBuffer = note_fill;
    liar.calls.clCreateBuffer = note_create;
    gpu_device_open(&liar.calls, asked == NULL ? "portable" : asked, &(gpu_device_options){0}, &self.device.device, &err);
    ASSERT_OK(err);
    assert_non_null(mkdtemp(name));
    snprintf(self.folder, sizeof self.folder, "%s", name);
    self.place.device = self.device.device;
    gpu_lock_open(self.folder, "device", &self.place.lock, &err);
    ASSERT_OK(err);
    self.circuit = circuit_open(self.curve, 3);
    return 0;
}

static int tear_down(void **state)
{
    char command[60];
    (void)state;
    failing_opencl_set(0, CL_SUCCESS, false);
    circuit_close(&self.circuit);
    gpu_lock_close(self.place.lock);
    gpu_device_close(self.device.device);
    opencl_close(self.device.cl);
    snprintf(command, sizeof command, "rm -r %s", self.folder);
    return system(command);
}

int main(int n_args, char **args)
{
    for (int i = 1; i < n_args; i++)
        if (strcmp(args[i], "all") == 0)
            self.all = true;
        else
            self.curve = args[i];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_takes_what_was_planned_to_the_byte),
        cmocka_unit_test(who_shares_a_device_plans_for_a_part),
        cmocka_unit_test(what_other_processes_claimed_is_left_to_them),
        cmocka_unit_test(a_key_has_what_others_left_or_is_refused),
        cmocka_unit_test(no_witness_is_left_when_nobody_waits),
        cmocka_unit_test(who_feeds_a_device_runs_next_to_it),
        cmocka_unit_test(a_wrong_proof_of_a_device_is_no_proof),
        cmocka_unit_test(of_a_choice_it_is_told_and_the_device_is_used_no_more),
        cmocka_unit_test(a_device_that_is_wrong_from_the_start_gets_no_key),
        cmocka_unit_test(a_wrong_witness_is_not_the_device_s_fault),
        cmocka_unit_test(a_choice_that_is_lost_is_asked_three_times),
        cmocka_unit_test(the_lock_is_held_for_kernels_or_for_a_partition),
        cmocka_unit_test(an_engine_holds_the_lock_as_it_is_told),
        cmocka_unit_test(every_failed_call_ends_in_an_error_or_a_proof),
        cmocka_unit_test(a_device_that_is_lost_ends_in_an_error_or_a_proof),
        cmocka_unit_test(of_a_choice_every_failed_call_ends_in_a_proof),
        cmocka_unit_test(of_a_choice_a_device_that_is_lost_ends_in_a_proof),
    };
    return cmocka_run_group_tests_name("device_key", tests, set_up, tear_down);
}
