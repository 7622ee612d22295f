/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/thread_tests.inc.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "gpu/lock.h"
#include "tests/unit/format_tests.inc.h"

enum { N_TURNS = 100, N_WAITING = 4, LOG_ROOM = 16, NO_LOCK = 3 };

/* In the place of the library's: the n-th call from now on is refused. */
static int refused_call;

int flock(int file, int operation)
{
    if (refused_call > 0 && --refused_call == 0) {
        errno = ENOLCK;
        return -1;
    }
    return (int)syscall(SYS_flock, file, operation);
}

/* What holders and their watcher share, processes as well as threads. */
typedef struct {
    atomic_int inside, n_together, n_turns; /* n_together: times that two were inside */
    atomic_int waiting;                     /* await_asleep */
    int log[LOG_ROOM];                      /* who was inside, written there */
} scene;

static scene *scene_create(void)
{
    scene *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(s != MAP_FAILED);
    return s;
}

static void scene_destroy(scene *s)
{
    munmap(s, sizeof *s);
}

static gpu_lock *lock_of(const char *name)
{
    gpu_lock *lock;
    pt_err err = {0};
    if (gpu_lock_open(".", name, &lock, &err) != PT_OK)
        fail_msg("%s", err.msg);
    return lock;
}

/* For a child, where cmocka's own way out is none: await_child sees the code. */
static gpu_lock *child_lock_of(const char *name)
{
    gpu_lock *lock;
    pt_err err = {0};
    if (gpu_lock_open(".", name, &lock, &err) != PT_OK) {
        fprintf(stderr, "%s\n", err.msg);
        _exit(NO_LOCK);
    }
    return lock;
}

static void take(gpu_lock *lock)
{
    pt_err err = {0};
    if (gpu_lock_take(lock, &err) != PT_OK)
        abort(); /* in children and threads too */
}

static void note(scene *s, int who)
{
    const int at = atomic_fetch_add(&s->n_turns, 1);
    if (at < LOG_ROOM)
        s->log[at] = who;
}

static void go_in_and_out(gpu_lock *lock, scene *s, int n_turns)
{
    for (int i = 0; i < n_turns; i++) {
        take(lock);
        if (atomic_fetch_add(&s->inside, 1) != 0)
            atomic_fetch_add(&s->n_together, 1);
        atomic_fetch_add(&s->n_turns, 1);
        if (i % 8 == 0)
            sleep_ms(1);
        atomic_fetch_sub(&s->inside, 1);
        gpu_lock_give(lock);
    }
}

static void await_child(pid_t child, int expected_signal)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WIFSIGNALED(status) ? WTERMSIG(status) : 0, expected_signal);
    if (expected_signal == 0)
        assert_int_equal(WEXITSTATUS(status), 0);
}

typedef struct {
    gpu_lock *lock;
    scene *scene;
    int number;
    atomic_int thread; /* await_asleep */
    pthread_t id;
} visitor;

static void *visit_often(void *arg)
{
    const visitor *v = arg;
    go_in_and_out(v->lock, v->scene, N_TURNS);
    return NULL;
}

static void *visit_once(void *arg)
{
    visitor *v = arg;
    atomic_store(&v->thread, gettid());
    take(v->lock);
    note(v->scene, v->number);
    gpu_lock_give(v->lock);
    return NULL;
}

static void visit_by_threads(gpu_lock *const locks[2])
{
    scene *s = scene_create();
    visitor visitors[2];
    for (int i = 0; i < 2; i++) {
        visitors[i] = (visitor){.lock = locks[i], .scene = s};
        assert_int_equal(pthread_create(&visitors[i].id, NULL, visit_often, &visitors[i]), 0);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(visitors[i].id, NULL);
    assert_int_equal(s->n_together, 0);
    assert_int_equal(s->n_turns, 2 * N_TURNS);
    scene_destroy(s);
}

static void one_thread_at_a_time_has_it(void **state)
{
    gpu_lock *lock = lock_of("threads");
    visit_by_threads((gpu_lock *[]){lock, lock});
    gpu_lock_close(lock);
    (void)state;
}

static void two_locks_of_one_device_are_one(void **state)
{
    gpu_lock *locks[2] = {lock_of("twice"), lock_of("twice")};
    visit_by_threads(locks);
    gpu_lock_close(locks[0]);
    gpu_lock_close(locks[1]);
    (void)state;
}

static void one_process_at_a_time_has_it(void **state)
{
    scene *s = scene_create();
    const pid_t child = fork();
    assert_true(child >= 0);
    /* Each its own: what was opened before a fork is shared. */
    gpu_lock *lock = child == 0 ? child_lock_of("processes") : lock_of("processes");
    go_in_and_out(lock, s, N_TURNS);
    gpu_lock_close(lock);
    if (child == 0)
        _exit(0);
    await_child(child, 0);
    assert_int_equal(s->n_together, 0);
    assert_int_equal(s->n_turns, 2 * N_TURNS);
    scene_destroy(s);
    (void)state;
}

static void threads_get_it_in_the_order_in_which_they_came(void **state)
{
    gpu_lock *lock = lock_of("order");
    scene *s = scene_create();
    visitor visitors[N_WAITING];
    take(lock);
    for (int i = 0; i < N_WAITING; i++) {
        visitors[i] = (visitor){.lock = lock, .scene = s, .number = i};
        assert_int_equal(pthread_create(&visitors[i].id, NULL, visit_once, &visitors[i]), 0);
        await_asleep(&visitors[i].thread);
    }
    gpu_lock_give(lock);
    for (int i = 0; i < N_WAITING; i++)
        pthread_join(visitors[i].id, NULL);
    for (int i = 0; i < N_WAITING; i++)
        assert_int_equal(s->log[i], i);
    scene_destroy(s);
    gpu_lock_close(lock);
    (void)state;
}

/* A child that waits for the device, notes itself and goes. */
static pid_t start_visiting_child(scene *s, const char *name, int number)
{
    atomic_store(&s->waiting, 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        gpu_lock *own = child_lock_of(name);
        atomic_store(&s->waiting, getpid());
        take(own);
        note(s, number);
        gpu_lock_give(own);
        _exit(0);
    }
    await_asleep(&s->waiting);
    return child;
}

static void who_gives_it_back_comes_after_a_process_that_waits(void **state)
{
    enum { ROUNDS = 5 };
    gpu_lock *lock = lock_of("turns");
    scene *s = scene_create();
    for (int i = 0; i < ROUNDS; i++) {
        take(lock);
        const pid_t child = start_visiting_child(s, "turns", 1);
        gpu_lock_give(lock);
        take(lock);
        note(s, 2);
        gpu_lock_give(lock);
        await_child(child, 0);
        assert_int_equal(s->log[2 * i], 1);
        assert_int_equal(s->log[2 * i + 1], 2);
    }
    scene_destroy(s);
    gpu_lock_close(lock);
    (void)state;
}

/* Killed at the gate as well as inside. */
static void what_a_killed_process_held_is_free(void **state)
{
    gpu_lock *lock = lock_of("killed");
    scene *s = scene_create();
    take(lock);
    const pid_t at_gate = start_visiting_child(s, "killed", 1);
    assert_int_equal(kill(at_gate, SIGKILL), 0);
    await_child(at_gate, SIGKILL);
    gpu_lock_give(lock);

    const pid_t inside = fork();
    assert_true(inside >= 0);
    if (inside == 0) {
        take(child_lock_of("killed"));
        raise(SIGKILL);
    }
    await_child(inside, SIGKILL);
    take(lock);
    gpu_lock_give(lock);
    assert_int_equal(s->n_turns, 0);
    scene_destroy(s);
    gpu_lock_close(lock);
    (void)state;
}

/* The first call is for the gate, the second for the device. */
static void a_refused_lock_is_an_error_and_free_again(void **state)
{
    gpu_lock *lock = lock_of("refused"), *other = lock_of("refused");
    for (int call = 1; call <= 2; call++) {
        pt_err err = {0};
        refused_call = call;
        pt_status status = gpu_lock_take(lock, &err);
        assert_error(&err, status, PT_E_DEVICE, "device refused: its lock can't be taken: No locks available");
        take(other);
        gpu_lock_give(other);
        take(lock);
        gpu_lock_give(lock);
    }
    gpu_lock_close(lock);
    gpu_lock_close(other);
    (void)state;
}

static void devices_have_locks_of_their_own(void **state)
{
    gpu_lock *one = lock_of("0000:41:00.0"), *other = lock_of("0000:42:00.0");
    take(one);
    take(other);
    gpu_lock_give(one);
    gpu_lock_give(other);
    gpu_lock_close(one);
    gpu_lock_close(other);
    assert_int_equal(access("0000_41_00.0.device", F_OK), 0);
    (void)state;
}

static void a_name_stays_in_the_folder(void **state)
{
    gpu_lock *lock = lock_of("../up and/away");
    gpu_lock_close(lock);
    assert_int_equal(access(".._up_and_away.gate", F_OK), 0);
    (void)state;
}

static void other_users_can_take_it_whatever_the_umask(void **state)
{
    struct stat info;
    const mode_t before = umask(0077);
    gpu_lock_close(lock_of("umask"));
    umask(before);
    assert_int_equal(stat("umask.device", &info), 0);
    assert_int_equal(info.st_mode & 0777, 0644);
    (void)state;
}

static void open_fails(const char *dir, const char *name, pt_status code, const char *part)
{
    gpu_lock *lock;
    pt_err err = {0};
    pt_status status = gpu_lock_open(dir, name, &lock, &err);
    assert_error(&err, status, code, part);
}

static void what_is_no_plain_file_is_refused(void **state)
{
    assert_int_equal(mkfifo("fifo.gate", 0600), 0);
    fclose(fopen("link.device", "w"));
    assert_int_equal(symlink("link.device", "link.gate"), 0);
    open_fails(".", "fifo", PT_E_CREATE, "./fifo.gate: the device's lock is no plain file");
    open_fails(".", "link", PT_E_CREATE, "./link.gate: can't open the device's lock");
    open_fails("none", "name", PT_E_CREATE, "none/name.gate: can't open the device's lock: No such file or directory");
    (void)state;
}

static void a_name_must_make_a_file_name(void **state)
{
    char name[NAME_MAX];
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    open_fails(".", "", PT_E_ARG, "a name of 0 characters");
    open_fails(".", name, PT_E_ARG, "a name of 254 characters");
    gpu_lock_close(NULL);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread_at_a_time_has_it),
        cmocka_unit_test(two_locks_of_one_device_are_one),
        cmocka_unit_test(one_process_at_a_time_has_it),
        cmocka_unit_test(threads_get_it_in_the_order_in_which_they_came),
        cmocka_unit_test(who_gives_it_back_comes_after_a_process_that_waits),
        cmocka_unit_test(what_a_killed_process_held_is_free),
        cmocka_unit_test(a_refused_lock_is_an_error_and_free_again),
        cmocka_unit_test(devices_have_locks_of_their_own),
        cmocka_unit_test(a_name_stays_in_the_folder),
        cmocka_unit_test(other_users_can_take_it_whatever_the_umask),
        cmocka_unit_test(what_is_no_plain_file_is_refused),
        cmocka_unit_test(a_name_must_make_a_file_name),
    };
    return cmocka_run_group_tests_name("lock", tests, scratch_enter, scratch_leave);
}
