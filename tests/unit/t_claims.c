/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "gpu/claims.h"
#include "tests/unit/format_tests.inc.h"
#include "tests/unit/thread_tests.inc.h"

/* In the place of the library's: a system without such locks, or that has none left. */
static int fault_of_fcntl;

int fcntl(int file, int command, ...)
{
    va_list args;
    va_start(args, command);
    void *of = va_arg(args, void *);
    va_end(args);
    if (fault_of_fcntl != 0) {
        errno = fault_of_fcntl;
        return -1;
    }
    return (int)syscall(SYS_fcntl, file, command, of);
}

static gpu_claims *claims_of(const char *name)
{
    gpu_claims *claims;
    pt_err err = {0};
    if (gpu_claims_open(".", name, &claims, &err) != PT_OK) {
        fprintf(stderr, "%s\n", err.msg);
        abort(); /* in children too */
    }
    return claims;
}

static gpu_claim add(gpu_claims *claims, uint64_t n_bytes)
{
    gpu_claim claim;
    pt_err err = {0};
    if (gpu_claims_begin(claims, &err) != PT_OK || gpu_claims_add(claims, n_bytes, &claim, &err) != PT_OK) {
        fprintf(stderr, "%s\n", err.msg);
        abort();
    }
    gpu_claims_end(claims);
    return claim;
}

static void each_sees_what_the_others_have(void **state)
{
    gpu_claims *all[3];
    gpu_claim claims[3][4];
    for (int i = 0; i < 3; i++)
        all[i] = claims_of("others");
    for (int round = 0; round < 4; round++)
        for (int i = 0; i < 3; i++)
            claims[i][round] = add(all[i], (uint64_t)(i + 1) << (10 * round));
    const uint64_t each = 1 + (1 << 10) + (1 << 20) + (1 << 30);
    assert_int_equal(gpu_claims_of_others(all[0]), 5 * each);
    assert_int_equal(gpu_claims_of_others(all[1]), 4 * each);
    assert_int_equal(gpu_claims_of_others(all[2]), 3 * each);
    gpu_claims_drop(all[1], claims[1][2]);
    assert_int_equal(gpu_claims_of_others(all[0]), 5 * each - (2 << 20));
    assert_int_equal(gpu_claims_of_others(all[1]), 4 * each);
    gpu_claims_close(all[2]);
    assert_int_equal(gpu_claims_of_others(all[0]), 2 * each - (2 << 20));
    assert_int_equal(gpu_claims_of_others(all[1]), each);
    gpu_claims_close(all[0]);
    gpu_claims_close(all[1]);
    (void)state;
}

static void nothing_is_no_claim(void **state)
{
    gpu_claims *one = claims_of("nothing"), *other = claims_of("nothing");
    gpu_claims_drop(one, add(one, 0));
    gpu_claims_drop(one, (gpu_claim){0});
    assert_int_equal(gpu_claims_of_others(other), 0);
    gpu_claims_close(one);
    gpu_claims_close(other);
    gpu_claims_close(NULL);
    (void)state;
}

static void more_than_there_can_be_is_refused(void **state)
{
    gpu_claims *one = claims_of("much"), *other = claims_of("much");
    gpu_claim claim = add(one, (uint64_t)INT64_MAX - 9);
    pt_err err = {0};
    pt_status status = gpu_claims_add(other, 9, &claim, &err);
    assert_error(&err, status, PT_E_DEVICE, "device much: its memory is claimed");
    assert_int_equal(claim.n_bytes, 0);
    add(other, 1);
    assert_int_equal(gpu_claims_of_others(other), (uint64_t)INT64_MAX - 9);
    gpu_claims_close(one);
    gpu_claims_close(other);
    (void)state;
}

/* A child that claims, tells so, and waits to be killed. */
static pid_t start_claiming_child(const char *name, uint64_t n_bytes)
{
    int told[2];
    char byte;
    assert_int_equal(pipe(told), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        add(claims_of(name), n_bytes);
        (void)!write(told[1], "x", 1);
        pause();
    }
    assert_int_equal(read(told[0], &byte, 1), 1);
    close(told[0]);
    close(told[1]);
    return child;
}

static void what_a_killed_process_claimed_is_free(void **state)
{
    gpu_claims *claims = claims_of("killed");
    const pid_t first = start_claiming_child("killed", 1000), second = start_claiming_child("killed", 30);
    assert_int_equal(gpu_claims_of_others(claims), 1030);
    kill(first, SIGKILL);
    waitpid(first, NULL, 0);
    assert_int_equal(gpu_claims_of_others(claims), 30);
    kill(second, SIGKILL);
    waitpid(second, NULL, 0);
    assert_int_equal(gpu_claims_of_others(claims), 0);
    gpu_claims_close(claims);
    (void)state;
}

typedef struct {
    gpu_claims *claims;
    atomic_int thread; /* await_asleep */
    atomic_bool planned;
} planner;

static void *plan_too(void *arg)
{
    planner *p = arg;
    pt_err err = {0};
    atomic_store(&p->thread, gettid());
    if (gpu_claims_begin(p->claims, &err) != PT_OK)
        abort();
    atomic_store(&p->planned, true);
    gpu_claims_end(p->claims);
    return NULL;
}

/* Of one process, or of another. */
static void one_plans_at_a_time(void **state)
{
    gpu_claims *first = claims_of("plans"), *other = claims_of("plans");
    for (int i = 0; i < 2; i++) {
        planner p = {.claims = i == 0 ? first : other};
        pthread_t id;
        pt_err err = {0};
        assert_int_equal(gpu_claims_begin(first, &err), PT_OK);
        assert_int_equal(pthread_create(&id, NULL, plan_too, &p), 0);
        await_asleep(&p.thread);
        assert_false(atomic_load(&p.planned));
        gpu_claims_end(first);
        pthread_join(id, NULL);
        assert_true(atomic_load(&p.planned));
    }
    gpu_claims_close(first);
    gpu_claims_close(other);
    (void)state;
}

static void without_such_locks_nobody_is_seen(void **state)
{
    gpu_claims *one = claims_of("old"), *other = claims_of("old");
    pt_err err = {0};
    gpu_claim claim;
    fault_of_fcntl = EINVAL;
    assert_int_equal(gpu_claims_add(one, 5, &claim, &err), PT_OK);
    assert_int_equal(claim.n_bytes, 0);
    assert_int_equal(gpu_claims_of_others(other), 0);
    fault_of_fcntl = ENOLCK;
    const pt_status status = gpu_claims_add(one, 5, &claim, &err);
    fault_of_fcntl = 0;
    assert_error(&err, status, PT_E_DEVICE, "device old: its memory can't be claimed: No locks available");
    gpu_claims_close(one);
    gpu_claims_close(other);
    (void)state;
}

static void files_and_names_are_those_of_locks(void **state)
{
    gpu_claims *claims;
    pt_err err = {0};
    pt_status status = gpu_claims_open(".", "", &claims, &err);
    assert_error(&err, status, PT_E_ARG, "a name of 0 characters");
    err = (pt_err){0};
    assert_int_equal(mkfifo("fifo.memory", 0600), 0);
    status = gpu_claims_open(".", "fifo", &claims, &err);
    assert_error(&err, status, PT_E_CREATE, "./fifo.memory: the device's lock is no plain file");
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_sees_what_the_others_have),
        cmocka_unit_test(nothing_is_no_claim),
        cmocka_unit_test(more_than_there_can_be_is_refused),
        cmocka_unit_test(what_a_killed_process_claimed_is_free),
        cmocka_unit_test(one_plans_at_a_time),
        cmocka_unit_test(without_such_locks_nobody_is_seen),
        cmocka_unit_test(files_and_names_are_those_of_locks),
    };
    return cmocka_run_group_tests_name("claims", tests, scratch_enter, scratch_leave);
}
