/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/soak.h"
#include "tests/unit/sanitizers.h"

#include <math.h>
#include <time.h>

#include "tests/unit/thread_tests.inc.h"

#include "tests/unit/stand_in_tests.inc.h"

static soak_result steady(void)
{
    const soak_sample settled = {
        .seconds = 60,
        .n_done = 100,
        .process = {.resident = 300 << 20, .anonymous = 200 << 20, .mapped = 100 << 20, .n_threads = 9, .n_files = 5},
        .arenas = {.n_mapped = 4}};
    soak_result out = {.has_settled = true, .settled = settled, .last = settled, .n_done = 1004};
    out.last.seconds = 600;
    out.last.n_done = 1000;
    return out;
}

static pt_err judge(soak_result result)
{
    pt_err err = {0};
    pt_status status = soak_judge(&result, &err);
    assert_int_equal(status, err.code);
    return err;
}

static void a_steady_engine_is_as_it_should_be(void **state)
{
    (void)state;
    soak_result result = steady();
    result.last.process.anonymous += 1 << 19;
    result.last.process.mapped += 50 << 20; /* pages of the key that were needed late */
    assert_int_equal(judge(result).code, PT_OK);
}

static void whatever_grows_is_a_fault(void **state)
{
    (void)state;
    soak_result result = steady();
    result.last.process.anonymous += 2 << 20;
    assert_string_equal(judge(result).msg, "soak: memory grew from 209715200 to 211812352 bytes");
    result = steady();
    result.last.process.n_threads++;
    assert_string_equal(judge(result).msg, "soak: threads grew from 9 to 10");
    result = steady();
    result.last.process.n_files++;
    assert_string_equal(judge(result).msg, "soak: open files grew from 5 to 6");
    result = steady();
    result.last.arenas.n_mapped++;
    result.last.arenas.n_unmapped += 2;
    assert_string_equal(judge(result).msg, "soak: 1 arenas were mapped and 2 unmapped");
    assert_int_equal(judge(result).code, PT_E_INTERNAL);
    result = steady();
    result.last.arenas.n_mapped += 3;
    assert_string_equal(judge(result).msg, "soak: 3 arenas were mapped and 0 unmapped");
    result = steady();
    result.last.arenas.n_unmapped++;
    assert_string_equal(judge(result).msg, "soak: 0 arenas were mapped and 1 unmapped");
}

static void a_proof_that_is_not_valid_is_a_fault(void **state)
{
    (void)state;
    soak_result result = steady();
    result.n_failed = 2;
    result.fault = (pt_err){PT_E_VERIFY, "w.wtns: the proof is wrong"};
    assert_int_equal(judge(result).code, PT_E_VERIFY);
    assert_string_equal(judge(result).msg, "soak: 2 of 1006 partitions failed, the first: w.wtns: the proof is wrong");
}

static void a_soak_that_never_settled_shows_nothing(void **state)
{
    (void)state;
    soak_result result = steady();
    result.has_settled = false;
    assert_int_equal(judge(result).code, PT_E_NOMEM);
}

static void figures_that_are_not_given_show_nothing(void **state)
{
    (void)state;
    soak_result result = steady();
    result.settled.process = (process_figures){.n_files = 5};
    assert_int_equal(judge(result).code, PT_E_NOINPUT);
    result = steady();
    result.last.process = (process_figures){.n_files = 5};
    assert_int_equal(judge(result).code, PT_E_NOINPUT);
}

typedef struct {
    size_t n_reports;
    soak_sample last;
} reports;

/* Up to what the system's clock may be set by meanwhile. */
static void expect_clock(double clock, double seconds_ago)
{
    assert_true(fabs(clock - ((double)time(NULL) - seconds_ago)) < 5);
}

static void note(void *ctx, const soak_sample *now)
{
    reports *all = ctx;
    expect_clock(now->clock, 0);
    assert_true(now->n_done >= all->last.n_done && now->seconds > all->last.seconds);
    all->last = *now;
    all->n_reports++;
}

static resident small_resident(const atomic_bool *stop)
{
    const cpu_features features = cpu_features_read();
    const resident_source source = {.curve = pt_curve_by_name("bn254", features), .log_domain = 5, .seed = 3};
    const engine_setup setup = {.options = {.n_threads = 2, .n_in_flight = 2}, .features = features, .stop = stop};
    resident out;
    pt_err err = {0};
    if (resident_open(&source, &setup, 1, &out, &err) != PT_OK)
        fail_msg("%s", err.msg);
    return out;
}

/* So long that there are partitions enough to count, whatever the machine and the build. */
static void an_engine_is_kept_full_for_its_time(void **state)
{
    enum { N_ENOUGH = 60 };
    (void)state;
    soak_result result = {0};
    pt_err err = {0};
    for (double seconds = 0.6; result.last.n_done < N_ENOUGH && seconds < 100; seconds *= 3) {
        reports all = {0};
        resident on = small_resident(NULL);
        const soak_job job = {
            .resident = &on, .seconds = seconds, .n_at_once = 4, .interval = seconds / 3, .report = note, .ctx = &all};
        const double begin = clock_seconds();
        assert_int_equal(soak_run(&job, &result, &err), PT_OK);
        assert_true(result.last.seconds >= seconds && result.last.seconds <= clock_seconds() - begin);
        expect_clock(result.last.clock, 0);
        expect_clock(result.settled.clock, result.last.seconds - result.settled.seconds);
        resident_close(&on);
        assert_in_range(all.n_reports, 1, (size_t)(result.last.seconds / job.interval));
        assert_true(result.settled.seconds >= seconds / 10);
    }
    assert_true(result.settled.n_done >= 4 && result.last.n_done > result.settled.n_done);
    assert_in_range(result.n_done - result.last.n_done, 1, 3); /* those that were begun */
    assert_true(result.first_rate > 0 && result.last_rate > 0);
    assert_int_equal(result.last.arenas.n_mapped, 2);
    if (SANITIZED) /* freed memory stays in a sanitizer's quarantine, and its shadow grows as it is touched */
        result.last.process.anonymous = result.settled.process.anonymous;
    assert_int_equal(soak_judge(&result, &err), PT_OK);
}

/* A partition that takes its time. */
static pt_status take_a_while(groth16_partition *partition, crew *threads, pt_err *err)
{
    (void)partition;
    (void)threads;
    (void)err;
    sleep_ms(1);
    return PT_OK;
}

enum { N_RECORDED = 4096 };

typedef struct {
    soak_sample samples[N_RECORDED];
    size_t n;
} record;

static void record_all(void *ctx, const soak_sample *now)
{
    record *all = ctx;
    if (all->n < N_RECORDED)
        all->samples[all->n++] = *now;
}

/* The first that was reported so late, when n_least were done. */
static size_t first_after(const record *all, double seconds, size_t n_least)
{
    size_t i = 0;
    while (i + 2 < all->n && (all->samples[i].seconds < seconds || all->samples[i].n_done < n_least))
        i++;
    return i;
}

/* Every partition is reported, a little later than it is looked at: what of them is the first that may be the one, or the next. So long
 * that there are many in the first tenth, and in the second. */
static void it_settles_after_a_tenth_of_the_time(void **state)
{
    enum { N_AT_ONCE = 4, N_ENOUGH = 2 * N_AT_ONCE };
    static record all;
    static stand_in stages;
    (void)state;
    size_t n_before = 0, n_between = 0;
    for (double seconds = 0.2; (n_before < N_ENOUGH || n_between < N_ENOUGH) && seconds < 100; seconds *= 3) {
        resident on = small_resident(NULL), slow = resident_with(&on, NULL, &stages);
        const soak_job job = {
            .resident = &slow, .seconds = seconds, .n_at_once = N_AT_ONCE, .report = record_all, .ctx = &all};
        soak_result result;
        pt_err err = {0};
        all.n = 0;
        stages.executors.run[STAGE_QUOTIENT] = take_a_while;
        assert_int_equal(soak_run(&job, &result, &err), PT_OK);
        engine_key_destroy(slow.prepared);
        resident_close(&on);
        assert_int_equal(result.n_failed, 0);
        const size_t first = first_after(&all, seconds / 10, N_AT_ONCE);
        n_before = all.samples[first].n_done;
        n_between = first_after(&all, seconds / 5, N_AT_ONCE) - first;
        assert_in_range(result.settled.n_done, n_before, n_before + 1);
        assert_true(result.settled.seconds >= seconds / 10 && result.settled.seconds <= all.samples[first + 1].seconds);
    }
    assert_true(n_before >= N_ENOUGH && n_between >= N_ENOUGH);
}

/* Each report in the last fifth of a soak takes a 25th of its time, so that three or four come in its last tenth. */
static void dawdle(void *ctx, const soak_sample *now)
{
    const double *seconds = ctx;
    if (now->seconds >= 0.8 * *seconds)
        sleep_ms((long)(1000 * *seconds / 25));
}

/* units: partitions in a tenth of the time */
static double in_a_tenth(double rate, double seconds)
{
    const double n = rate * seconds / 10;
    assert_true(n - floor(n + 0.5) > -1e-6 && n - floor(n + 0.5) < 1e-6);
    return n;
}

/* So long that many come in a tenth, and that nothing holds up the last ones. */
static void rates_are_of_the_first_tenth_and_of_the_last(void **state)
{
    enum { N_ENOUGH = 20 };
    (void)state;
    soak_result result = {0};
    pt_err err = {0};
    double n_first = 0, n_last = 0;
    for (double seconds = 0.7; (n_first < N_ENOUGH || n_last < 1) && seconds < 100; seconds *= 3) {
        static stand_in stages;
        resident on = small_resident(NULL), quick = resident_with(&on, NULL, &stages);
        const soak_job job = {.resident = &quick, .seconds = seconds, .n_at_once = 4, .report = dawdle, .ctx = &seconds};
        stages.executors.run[STAGE_QUOTIENT] = take_a_while;
        assert_int_equal(soak_run(&job, &result, &err), PT_OK);
        engine_key_destroy(quick.prepared);
        resident_close(&on);
        n_first = in_a_tenth(result.first_rate, seconds);
        n_last = in_a_tenth(result.last_rate, seconds);
        assert_true(n_last < 4.5);
    }
    assert_true(n_first > N_ENOUGH - 0.5 && n_last > 0.5);
}

static void a_soak_ends_when_it_is_stopped(void **state)
{
    (void)state;
    atomic_bool stop = true;
    resident on = small_resident(&stop);
    const soak_job job = {.resident = &on, .seconds = 3600, .n_at_once = 4, .stop = &stop, .interval = 10};
    soak_result result;
    pt_err err = {0};
    assert_int_equal(soak_run(&job, &result, &err), PT_OK);
    resident_close(&on);
    assert_int_equal(result.n_done + result.n_failed, 0);
}

static void a_soak_goes_on_until_it_has_settled(void **state)
{
    (void)state;
    resident on = small_resident(NULL);
    const soak_job job = {.resident = &on, .seconds = 1e-4, .n_at_once = 5, .interval = 10};
    soak_result result;
    pt_err err = {0};
    assert_int_equal(soak_run(&job, &result, &err), PT_OK);
    resident_close(&on);
    assert_true(result.has_settled);
    assert_int_equal(result.settled.n_done, 5);
    assert_int_equal(result.last.n_done, 10);
}

static void the_engine_has_been_stopped_afterwards(void **state)
{
    (void)state;
    resident on = small_resident(NULL);
    const soak_job job = {.resident = &on, .seconds = 1e-4, .n_at_once = 1, .interval = 10};
    soak_result result;
    engine_job order;
    pt_err err = {0};
    assert_int_equal(soak_run(&job, &result, &err), PT_OK);
    resident_order(&on, &order);
    assert_int_equal(engine_submit(on.engine, &order, &err), PT_OK);
    assert_ptr_equal(engine_next(on.engine), &order);
    assert_false(order.begun);
    assert_string_equal(order.err.msg, "generated witness: interrupted before it was begun");
    engine_job_clear(&order);
    resident_close(&on);
}

static pt_status fail_by_number(groth16_partition *partition, crew *threads, pt_err *err)
{
    size_t *n_begun = stand_in_ctx(partition);
    (void)threads;
    return pt_fail(err, PT_E_VERIFY, "partition %zu", (*n_begun)++);
}

/* One at a time. */
static void the_fault_is_that_of_the_first_partition_that_failed(void **state)
{
    static stand_in stages;
    (void)state;
    size_t n_begun = 0;
    resident on = small_resident(NULL), failing = resident_with(&on, &n_begun, &stages);
    stages.executors.run[STAGE_QUOTIENT] = fail_by_number;
    const soak_job job = {.resident = &failing, .seconds = 1e-4, .n_at_once = 1, .interval = 10};
    soak_result result;
    pt_err err = {0};
    assert_int_equal(soak_run(&job, &result, &err), PT_OK);
    assert_true(result.n_failed > 1);
    assert_string_equal(result.fault.msg, "partition 0");
    engine_key_destroy(failing.prepared);
    resident_close(&on);
}

static void a_bad_witness_fails_every_partition(void **state)
{
    (void)state;
    resident on = small_resident(NULL);
    on.witness_path = "/no/such.wtns";
    const soak_job job = {.resident = &on, .seconds = 0.05, .n_at_once = 4, .interval = 10};
    soak_result result;
    pt_err err = {0};
    assert_int_equal(soak_run(&job, &result, &err), PT_OK);
    resident_close(&on);
    assert_int_equal(result.n_done, 0);
    assert_int_equal(soak_judge(&result, &err), PT_E_NOINPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_steady_engine_is_as_it_should_be),
        cmocka_unit_test(whatever_grows_is_a_fault),
        cmocka_unit_test(a_proof_that_is_not_valid_is_a_fault),
        cmocka_unit_test(a_soak_that_never_settled_shows_nothing),
        cmocka_unit_test(figures_that_are_not_given_show_nothing),
        cmocka_unit_test(an_engine_is_kept_full_for_its_time),
        cmocka_unit_test(it_settles_after_a_tenth_of_the_time),
        cmocka_unit_test(rates_are_of_the_first_tenth_and_of_the_last),
        cmocka_unit_test(a_soak_ends_when_it_is_stopped),
        cmocka_unit_test(a_soak_goes_on_until_it_has_settled),
        cmocka_unit_test(the_engine_has_been_stopped_afterwards),
        cmocka_unit_test(the_fault_is_that_of_the_first_partition_that_failed),
        cmocka_unit_test(a_bad_witness_fails_every_partition),
    };
    return cmocka_run_group_tests_name("soak", tests, NULL, NULL);
}
