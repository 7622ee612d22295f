/* SPDX-License-Identifier: Apache-2.0 */
/* Engines of every size in quick succession, and in each as many tiny partitions as fit into a fraction of a second: right ones, damaged
 * ones, ones that are cancelled, late, urgent or too large for the budget, stopped or left behind halfway. What may come of a
 * job follows from what was asked; what comes of it must be that, in order, and leave nothing.
 * usage: t_engine_stress [PARTITIONS]     PARTITA_SEED: as printed by a run before */
#include "tests/unit/mapping_tests.inc.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>

#include "node/topo/placement.h"
#include "tests/unit/engine_tests.inc.h"
#include "tests/unit/sanitizers.h"

enum {
    ROUND_JOBS_MAX = 120,
    WATCHDOG_S = 60, /* without a finished job */
    LATE_MS = 20,    /* of deadlines and cancels that come while a job runs */
    DEPTH_MAX = 12,
    THREADS_MAX = 4,
    IN_FLIGHT_MAX = 8
};

static size_t n_partitions = SANITIZED ? 100 : 400; /* a sanitizer's pairing takes 0.1 s */
static uint64_t seed;
static atomic_size_t n_finished;

/* ---- random choices ---- */

static uint64_t random_state;

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t random_word(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static size_t below(size_t n)
{
    return (size_t)(random_word() % n);
}

static bool once_in(size_t n)
{
    return below(n) == 0;
}

/* ---- a job and what may come of it ---- */

typedef enum { RIGHT, READY, UNSATISFYING, TRUNCATED, UNREDUCED, OF_ANOTHER, MISSING, WITNESS_KINDS } witness_kind;

typedef enum { NEVER, BEFORE, IN_A_STAGE, SOME_TIME } moment;

typedef struct {
    engine_job job;
    job_watch watch;
    size_t circuit;
    witness_kind kind;
    moment cancel_at, deadline_at;
    stage cancel_stage;
    bool is_too_large;
    atomic_bool cancel;
    int last_stage; /* reported; -1: none */
    bool out_of_order;
} asked_job;

static void report(void *ctx, stage s)
{
    asked_job *a = ctx;
    a->out_of_order |= (int)s != (a->last_stage < 0 ? STAGE_WITNESS : a->last_stage + 1);
    a->last_stage = (int)s;
    if (a->cancel_at == IN_A_STAGE && s == a->cancel_stage)
        atomic_store(&a->cancel, true);
}

static witness_image unreduced[N_CIRCUITS]; /* their last value is all ones */

static const wtns *choose_witness(asked_job *a)
{
    const size_t other = (a->circuit + 1 + below(N_CIRCUITS - 1)) % N_CIRCUITS;
    const tiny_circuit *c = &circuits[a->circuit];
    const witness_image *image = a->kind == UNSATISFYING ? &c->wrong
                                 : a->kind == UNREDUCED  ? &unreduced[a->circuit]
                                 : a->kind == OF_ANOTHER ? &circuits[other].right
                                                         : &c->right;
    a->job.witness = (input_source){.path = "memory", .bytes = image->bytes, .n_bytes = image->n_bytes};
    if (a->kind == TRUNCATED)
        a->job.witness.n_bytes = 1 + below(image->n_bytes - 1);
    if (a->kind == MISSING)
        a->job.witness = (input_source){.path = "/no/such.wtns"};
    return a->kind == READY ? &c->witness : NULL;
}

static moment choose_moment(void)
{
    return once_in(4) ? (moment)(BEFORE + below(3)) : NEVER;
}

static void choose_job(asked_job *a, const rig *r, uint64_t budget, bool is_calm)
{
    *a = (asked_job){.circuit = below(N_CIRCUITS), .last_stage = -1};
    a->kind = is_calm || below(3) > 0 ? (witness_kind)below(2) : (witness_kind)below(WITNESS_KINDS);
    a->job.key = r->keys[a->circuit];
    a->job.ready = choose_witness(a);
    a->job.priority = once_in(3) ? (int)below(7) - 3 : 0;
    a->is_too_large = budget != 0 && engine_partition_bytes(r->engine, circuits[a->circuit].key) > budget;
    if (!is_calm) {
        a->cancel_at = choose_moment();
        a->deadline_at = once_in(2) ? choose_moment() : NEVER;
    }
    a->cancel_stage = (stage)(STAGE_WITNESS + below(STAGE_VERIFY - STAGE_WITNESS + 1));
    atomic_store(&a->cancel, a->cancel_at == BEFORE);
    const double late = (double)below(LATE_MS) * 1e-3;
    a->job.deadline = a->deadline_at == NEVER ? 0 : clock_seconds() + (a->deadline_at == BEFORE ? -1 : late);
    if (a->deadline_at == IN_A_STAGE) /* which is far away */
        a->job.deadline = clock_seconds() + 1000;
    a->watch = (job_watch){.report = report, .ctx = a, .cancel = &a->cancel};
    a->job.watch = &a->watch;
}

static bool ends_in(const pt_err *err, const char *ending)
{
    const size_t n = strlen(err->msg), n_ending = strlen(ending);
    return n >= n_ending && strcmp(err->msg + n - n_ending, ending) == 0;
}

static bool is_bad_witness(const asked_job *a)
{
    const pt_err *err = &a->job.err;
    switch (a->kind) {
    case UNSATISFYING:
        return err->code == PT_E_VERIFY && ends_in(err, "the witness does not satisfy the key's circuit");
    case TRUNCATED:
        return err->code == PT_E_FORMAT;
    case UNREDUCED:
        return err->code == PT_E_FORMAT && strstr(err->msg, "is not below r") != NULL;
    case OF_ANOTHER:
        return err->code == PT_E_FORMAT && strstr(err->msg, "a witness of ") != NULL;
    case MISSING:
        return err->code == PT_E_NOINPUT && ends_in(err, "No such file or directory");
    default:
        return false;
    }
}

/* Is what came of a job something that may come of it? */
static bool is_allowed(const asked_job *a, bool may_be_unbegun)
{
    const engine_job *job = &a->job;
    const pt_err *err = &job->err;
    if (!job->finished || a->out_of_order)
        return false;
    if (err->code == PT_OK)
        return job->begun && a->kind <= READY && !a->is_too_large && a->cancel_at != BEFORE && a->deadline_at != BEFORE &&
               (a->cancel_at != IN_A_STAGE || a->cancel_stage == STAGE_VERIFY) && a->last_stage == STAGE_VERIFY &&
               is_right(&circuits[a->circuit], job);
    if (strncmp(err->msg, job->witness.path, strlen(job->witness.path)) != 0)
        return false;
    if (!job->begun)
        return may_be_unbegun && a->last_stage < 0 && ends_in(err, ": interrupted before it was begun");
    if (a->is_too_large)
        return err->code == PT_E_NOMEM && a->last_stage < 0 && strstr(err->msg, "but the budget leaves") != NULL;
    if (ends_in(err, ": cancelled"))
        return a->cancel_at != NEVER && (a->cancel_at != IN_A_STAGE || a->last_stage == (int)a->cancel_stage);
    if (ends_in(err, ": not proven by its deadline"))
        return a->deadline_at == BEFORE || a->deadline_at == SOME_TIME;
    return is_bad_witness(a);
}

/* ---- a round: one engine ---- */

typedef enum { TO_THE_END, STOPPED, FLAGGED, LEFT_BEHIND, ROUND_ENDS } round_end;

typedef struct {
    rig rig;
    size_t n_jobs, n_in_flight, queue_depth;
    engine_setup setup;
    topology machine;
    placement plan;
    uint64_t budget; /* 0: none */
    round_end end;
    size_t end_at; /* so many jobs have come back */
    bool is_calm;  /* every job is a right one */
    atomic_bool flag;
    asked_job *asked;
    atomic_size_t n_submitted;
    size_t n_wrong;
} stress_round;

static void *submit_all(void *arg)
{
    stress_round *r = arg;
    for (size_t i = 0; i < r->n_jobs; i++) {
        pt_err err = {0};
        if (engine_submit(r->rig.engine, &r->asked[i].job, &err) != PT_OK)
            r->n_wrong++;
        atomic_store(&r->n_submitted, i + 1);
    }
    return NULL;
}

static void check_job(stress_round *r, size_t i)
{
    const asked_job *a = &r->asked[i];
    atomic_fetch_add(&n_finished, 1);
    if (is_allowed(a, r->end != TO_THE_END))
        return;
    print_error("job %zu of %zu: circuit %zu, witness %d, cancel %d (stage %d), deadline %d, too large %d, last stage %d, "
                "begun %d: %s\n",
                i, r->n_jobs, a->circuit, (int)a->kind, (int)a->cancel_at, (int)a->cancel_stage, (int)a->deadline_at,
                (int)a->is_too_large, a->last_stage, (int)a->job.begun,
                a->job.err.code == PT_OK ? "proven" : a->job.err.msg);
    r->n_wrong++;
}

/* Now and then one that is under way or waits is cancelled. */
static void cancel_some(stress_round *r, size_t from)
{
    const size_t until = atomic_load(&r->n_submitted);
    for (size_t i = from; i < until; i++)
        if (r->asked[i].cancel_at == SOME_TIME && once_in(4))
            atomic_store(&r->asked[i].cancel, true);
}

static void take_back(stress_round *r)
{
    const size_t n = r->end == LEFT_BEHIND ? r->end_at : r->n_jobs;
    for (size_t i = 0; i < n; i++) {
        while (atomic_load(&r->n_submitted) <= i) /* engine_next knows nothing of it yet */
            sleep_ms(1);
        if (r->end == STOPPED && i == r->end_at)
            engine_stop(r->rig.engine);
        if (r->end == FLAGGED && i == r->end_at)
            atomic_store(&r->flag, true);
        cancel_some(r, i);
        if (engine_next(r->rig.engine) != &r->asked[i].job)
            r->n_wrong++;
        check_job(r, i);
    }
    if (r->end != LEFT_BEHIND && (engine_next(r->rig.engine) != NULL || engine_is_proving(r->rig.engine)))
        r->n_wrong++;
}

/* Threads in one pool, or in several with crews of some of them and a crew for G2 MSMs; bound nowhere. */
static void choose_place(stress_round *r)
{
    static const char *const machines[] = {"l3:2 core:1 pu:1", "l3:2 core:2 pu:1", "l3:3 core:1 pu:1", "l3:4 core:1 pu:1"};
    pt_err err = {0};
    const engine_options options = {.pin = CHOICE_OFF,
                                    .n_in_flight = r->n_in_flight,
                                    .queue_depth = r->queue_depth,
                                    .n_io_threads = below(3),
                                    .throttle = (choice)below(3)};
    r->setup = (engine_setup){.options = options, .stop = &r->flag};
    r->setup.options.n_threads = 1 + below(THREADS_MAX);
    if (once_in(2))
        return;
    placement_request request = {.options = options, .can_map = true};
    request.options.n_tail_domains = r->setup.options.n_tail_domains = below(3);
    request.options.n_domains_crew = below(3);
    if (topology_read_from(machines[below(sizeof machines / sizeof *machines)], &r->machine, &err) != PT_OK ||
        placement_make(&r->machine, &request, &r->plan, &err) != PT_OK)
        fail_msg("%s", err.msg);
    r->setup.where = &r->plan;
    r->setup.machine = &r->machine;
}

static void choose_round(stress_round *r, size_t n_left)
{
    *r = (stress_round){.n_jobs = 1 + below(ROUND_JOBS_MAX),
                        .n_in_flight = 1 + below(IN_FLIGHT_MAX),
                        .queue_depth = 1 + below(DEPTH_MAX),
                        .is_calm = once_in(4)};
    r->n_jobs = r->n_jobs < n_left ? r->n_jobs : n_left;
    r->end = once_in(3) ? (round_end)below(ROUND_ENDS) : TO_THE_END;
    r->end_at = below(r->n_jobs);
    choose_place(r);
}

/* From one that the largest does not fit into to one that never runs short. */
static uint64_t choose_budget(const rig *r)
{
    uint64_t bytes[N_CIRCUITS], least = UINT64_MAX;
    for (size_t i = 0; i < N_CIRCUITS; i++) {
        bytes[i] = engine_partition_bytes(r->engine, circuits[i].key);
        least = bytes[i] < least ? bytes[i] : least;
    }
    return once_in(3) ? 0 : bytes[below(N_CIRCUITS)] + below(3) * least - once_in(4);
}

static size_t run_round(size_t number, size_t n_left)
{
    stress_round r;
    pthread_t submitting;
    random_state = seed ^ number << 32; /* what a round is follows from seed and number, whatever happened before */
    choose_round(&r, n_left);
    r.rig = rig_open(r.setup);
    r.setup.options.memory_bytes = r.budget = choose_budget(&r.rig);
    rig_close(&r.rig);
    r.rig = rig_open(r.setup);
    r.asked = calloc(r.n_jobs, sizeof *r.asked);
    for (size_t i = 0; i < r.n_jobs; i++)
        choose_job(&r.asked[i], &r.rig, r.budget, r.is_calm);
    assert_int_equal(pthread_create(&submitting, NULL, submit_all, &r), 0);
    take_back(&r);
    pthread_join(submitting, NULL);
    const arena_figures arenas = engine_figures_now(r.rig.engine).arenas;
    if (r.end != LEFT_BEHIND && arenas.taken_bytes != 0)
        r.n_wrong++;
    if (arenas.taken_bytes + arenas.kept_bytes > arenas.budget_bytes)
        r.n_wrong++;
    rig_close(&r.rig);
    for (size_t i = r.end == LEFT_BEHIND ? r.end_at : r.n_jobs; i < r.n_jobs; i++)
        check_job(&r, i);
    for (size_t i = 0; i < r.n_jobs; i++)
        engine_job_clear(&r.asked[i].job);
    free(r.asked);
    placement_clear(&r.plan);
    topology_clear(&r.machine);
    if (r.n_wrong > 0)
        fail_msg("PARTITA_SEED=%llu: round %zu: %zu of %zu jobs wrong; pools %zu, in flight %zu, queue %zu, budget %llu, "
                 "end %d",
                 (unsigned long long)seed, number, r.n_wrong, r.n_jobs, r.plan.n_pools, r.n_in_flight, r.queue_depth,
                 (unsigned long long)r.budget, (int)r.end);
    return r.n_jobs;
}

/* ---- all rounds ---- */

/* Every WATCHDOG_S: has a job finished since? Only what a signal handler may do. */
static void bark(int signal_number)
{
    static const char text[] = "no job has finished for a long time: a deadlock?\n";
    static size_t before = SIZE_MAX;
    (void)signal_number;
    const size_t now = atomic_load(&n_finished);
    if (now == before) {
        ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
        (void)written;
        abort();
    }
    before = now;
}

static void start_watchdog(void)
{
    const struct itimerval every = {{WATCHDOG_S, 0}, {WATCHDOG_S, 0}};
    const struct sigaction action = {.sa_handler = bark, .sa_flags = SA_RESTART};
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
}

static void every_partition_ends_as_it_may_in_order_and_leaves_nothing(void **state)
{
    (void)state;
    const char *given = getenv("PARTITA_SEED");
    random_state = seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    print_message("PARTITA_SEED=%llu\n", (unsigned long long)seed);
    fflush(stdout);
    start_watchdog();
    const size_t mapped_before = mappings.bytes;
    const double begin = clock_seconds();
    size_t n_done = 0, n_rounds = 0;
    for (; n_done < n_partitions; n_rounds++) {
        n_done += run_round(n_rounds, n_partitions - n_done);
        assert_int_equal(mappings.bytes, mapped_before);
    }
    const double seconds = clock_seconds() - begin;
    print_message("%zu partitions in %zu engines: %.1f s, %.0f a second\n", n_done, n_rounds, seconds,
                  (double)n_done / seconds);
}

static int set_up(void **state)
{
    circuits_open(state);
    for (size_t i = 0; i < N_CIRCUITS; i++) {
        const size_t value_bytes = circuits[i].witness.curve->fr_bytes;
        unreduced[i] = image_of(&circuits[i].witness);
        memset(unreduced[i].bytes + unreduced[i].n_bytes - value_bytes, 0xff, value_bytes);
    }
    return 0;
}

static int tear_down(void **state)
{
    for (size_t i = 0; i < N_CIRCUITS; i++)
        free(unreduced[i].bytes);
    return circuits_close(state);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_partition_ends_as_it_may_in_order_and_leaves_nothing)};
    if (argc > 1)
        n_partitions = strtoul(argv[1], NULL, 10);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
