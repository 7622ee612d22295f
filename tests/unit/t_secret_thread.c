/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/secret_thread.h"

#include "tests/unit/secret_tests.inc.h"

enum { LEFT_BYTES = 100000 };

typedef struct {
    pthread_t ran_on;
    uintptr_t stack;
    bool dumped;
    pt_status result;
} trace;

/* Leaves a stack full of a value. */
static pt_status leave_traces(void *ctx, pt_err *err)
{
    trace *t = ctx;
    volatile uint8_t frame[LEFT_BYTES];
    for (size_t i = 0; i < sizeof frame; i++)
        frame[i] = 0xa5;
    t->ran_on = pthread_self();
    t->stack = (uintptr_t)frame;
    t->dumped = !is_not_dumped((const void *)(uintptr_t)frame);
    return t->result == PT_OK ? PT_OK : pt_fail(err, t->result, "the job's message");
}

static void a_job_runs_on_a_stack_that_is_in_no_core_dump(void **state)
{
    (void)state;
    trace t = {.result = PT_OK, .ran_on = pthread_self(), .dumped = true};
    pt_err err = {0};
    assert_int_equal(secret_thread_run(leave_traces, &t, &err), PT_OK);
    assert_false(pthread_equal(t.ran_on, pthread_self()));
    assert_false(t.dumped);
}

static void a_jobs_error_is_the_callers(void **state)
{
    (void)state;
    trace t = {.result = PT_E_FORMAT};
    pt_err err = {0};
    assert_int_equal(secret_thread_run(leave_traces, &t, &err), PT_E_FORMAT);
    assert_int_equal(err.code, PT_E_FORMAT);
    assert_string_equal(err.msg, "the job's message");
}

static void its_stack_is_zero_at_the_end(void **state)
{
    (void)state;
    for (int failing = 0; failing < 2; failing++) {
        trace t = {.result = failing ? PT_E_VERIFY : PT_OK};
        pt_err err = {0};
        unmapped_forget();
        assert_int_equal(secret_thread_run(leave_traces, &t, &err), t.result);
        assert_true(unmapped.n_bytes > LEFT_BYTES);
        assert_in_range(t.stack, unmapped.begin, unmapped.begin + unmapped.n_bytes - LEFT_BYTES);
        assert_true(unmapped.zero);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_runs_on_a_stack_that_is_in_no_core_dump),
        cmocka_unit_test(a_jobs_error_is_the_callers),
        cmocka_unit_test(its_stack_is_zero_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
