/* SPDX-License-Identifier: Apache-2.0 */
/* What an engine gives to the stages of its partitions: threads and how many of them to count on, whom those go to first, memory,
 * and whom to give way to. */
#include "tests/unit/mapping_tests.inc.h"

#include <limits.h>
#include <stdio.h>

#include "node/topo/placement.h"
#include "tests/unit/contest_tests.inc.h"
#include "tests/unit/engine_tests.inc.h"
#include "tests/unit/stand_in_tests.inc.h"

static atomic_size_t n_small_pages; /* mappings that are to have no huge pages */

/* In the place of the library's. */
NOT_WATCHED int madvise(void *address, size_t n_bytes, int advice)
{
    atomic_fetch_add(&n_small_pages, advice == MADV_NOHUGEPAGE);
    return (int)syscall(SYS_madvise, address, n_bytes, advice);
}

/* ---- jobs that are looked at ---- */

/* What a stage was given. */
typedef struct {
    const crew *threads;
    size_t n_threads, share;
    bool gives_way;
    int n_tails; /* that it would give way to */
} look;

typedef struct {
    gate gate;
    job_watch watch;
    engine_job job;
    engine_key *key;
    stand_in stages;
    stage now;
    look looks[STAGE_COUNT];
    contender contender; /* of its run in STAGE_MSM_H, where a test has one */
    atomic_int driver;   /* thread */
} watched;

static pt_status look_at_stage(groth16_partition *partition, crew *threads, pt_err *err)
{
    watched *w = stand_in_ctx(partition);
    const atomic_int *tails = partition->yield_while;
    (void)err;
    w->looks[w->now] =
        (look){threads, crew_size(threads), crew_share(threads), tails != NULL, tails != NULL ? atomic_load(tails) : 0};
    return PT_OK;
}

static void note_stage(void *ctx, stage s)
{
    watched *w = ctx;
    w->now = s;
    atomic_store(&w->driver, gettid());
    report_to_gate(&w->gate, s);
}

/* Before an engine has it. */
static void watched_init(watched *w)
{
    *w = (watched){.gate = {.at = STAGE_COUNT}, .watch = {.report = note_stage, .ctx = w, .cancel = &w->gate.cancel}};
    stand_in_init(circuits[0].key, &circuits[0].witness, w, &w->stages);
    for (int s = STAGE_SYNTHESIS; s <= STAGE_VERIFY; s++)
        w->stages.executors.run[s] = look_at_stage;
    w->job = (engine_job){.witness = {.path = "stand-in"}, .ready = &w->stages.witness, .watch = &w->watch};
}

static void hand_in(engine *on, watched *w)
{
    pt_err err = {0};
    if (w->key == NULL)
        assert_int_equal(engine_key_create(on, &w->stages.key, &w->key, &err), PT_OK);
    w->job.key = w->key;
    assert_int_equal(engine_submit(on, &w->job, &err), PT_OK);
}

static void expect_end(engine *on, watched *w)
{
    assert_ptr_equal(engine_next(on), &w->job);
    if (w->job.err.code != PT_OK)
        fail_msg("%s", w->job.err.msg);
    engine_job_clear(&w->job);
}

static engine *engine_open(engine_setup setup)
{
    engine *on;
    pt_err err = {0};
    setup.features = cpu_features_read();
    assert_int_equal(engine_create(&setup, &on, &err), PT_OK);
    return on;
}

static void engine_close(engine *on, watched *of, size_t n)
{
    engine_destroy(on);
    for (size_t i = 0; i < n; i++)
        engine_key_destroy(of[i].key);
}

/* ---- who goes first ---- */

static pt_status contend_in_stage(groth16_partition *partition, crew *threads, pt_err *err)
{
    watched *w = stand_in_ctx(partition);
    (void)err;
    w->contender.threads = threads;
    contend(&w->contender);
    return PT_OK;
}

enum { N_CONTENDERS = 3 };

/* A partition has all threads; two others come, the younger one's run being opened first. How many threads turn to each? */
static void expect_threads(int older, int younger, size_t n_older)
{
    enum { N_ITEMS = 50, HOLDER = 0, OLDER = 1, YOUNGER = 2 };
    static watched jobs[N_CONTENDERS];
    contest in = {.n_threads = N_CONTENDERS};
    engine *on = engine_open((engine_setup){.options = {.n_threads = N_CONTENDERS, .n_in_flight = N_CONTENDERS}});
    for (size_t i = 0; i < N_CONTENDERS; i++) {
        watched_init(&jobs[i]);
        jobs[i].stages.executors.run[STAGE_MSM_H] = contend_in_stage;
        jobs[i].contender = (contender){.in = &in, .number = i, .n_items = i == HOLDER ? in.n_threads : N_ITEMS};
        jobs[i].gate.at = STAGE_MSM_H;
        jobs[i].job.priority = i == OLDER ? older : younger;
        hand_in(on, &jobs[i]);
        await(&jobs[i].gate.there);
    }
    static const size_t turns[N_CONTENDERS] = {HOLDER, YOUNGER, OLDER};
    for (size_t i = 0; i < N_CONTENDERS; i++) {
        atomic_store(&jobs[turns[i]].gate.go, true);
        await_contending(&jobs[turns[i]].contender);
    }
    atomic_store(&in.go, true);
    for (size_t i = 0; i < N_CONTENDERS; i++)
        expect_end(on, &jobs[i]);
    engine_close(on, jobs, N_CONTENDERS);
    assert_int_equal(in.n_first[OLDER], n_older);
    assert_int_equal(in.n_first[YOUNGER], N_CONTENDERS - n_older);
}

static void threads_go_to_a_larger_priority_first(void **state)
{
    (void)state;
    expect_threads(0, 5, 0);
    expect_threads(-3, -4, N_CONTENDERS);
    expect_threads(-1, 1, 0);
    expect_threads(INT_MAX, INT_MIN, N_CONTENDERS);
    expect_threads(INT_MIN, INT_MAX, 0);
}

static void an_odd_thread_goes_to_the_older_of_equal_ones(void **state)
{
    (void)state;
    expect_threads(0, 0, 2);
    expect_threads(INT_MIN, INT_MIN, 2);
}

/* Two wait for the memory that a third holds. Before, all drivers have had a job each, and said who they are. */
static void memory_goes_to_a_larger_priority_first(void **state)
{
    enum { N_DRIVERS = 3, HOLDER = 0, LOW = 1, HIGH = 2, LAST = 3, N = 4, LARGE_BYTES = 1 << 20 };
    static watched first[N_DRIVERS], jobs[N];
    (void)state;
    atomic_size_t n_begun = 0;
    for (size_t i = 0; i < N; i++) {
        watched_init(&jobs[i]);
        jobs[i].stages.n_bytes = LARGE_BYTES;
        jobs[i].gate.n_begun = &n_begun;
    }
    engine *on = engine_open((engine_setup){.options = {.n_threads = 1}});
    const uint64_t budget = engine_partition_bytes(on, &jobs[0].stages.key);
    engine_destroy(on);
    on = engine_open(
        (engine_setup){.options = {.n_threads = 1, .n_in_flight = N_DRIVERS, .queue_depth = 1, .memory_bytes = budget}});
    for (size_t i = 0; i < N_DRIVERS; i++) {
        watched_init(&first[i]);
        first[i].gate.at = STAGE_SYNTHESIS;
        hand_in(on, &first[i]);
        await(&first[i].gate.there);
    }
    for (size_t i = 0; i < N_DRIVERS; i++)
        atomic_store(&first[i].gate.go, true);
    for (size_t i = 0; i < N_DRIVERS; i++)
        expect_end(on, &first[i]);
    jobs[HOLDER].gate.at = STAGE_SYNTHESIS;
    jobs[HIGH].job.priority = 1;
    jobs[LAST].job.priority = -1;
    hand_in(on, &jobs[HOLDER]);
    await(&jobs[HOLDER].gate.there);
    for (size_t i = LOW; i < N; i++) /* the queue has room again when a driver has taken the one before */
        hand_in(on, &jobs[i]);
    for (size_t i = 0; i < N_DRIVERS; i++)
        if (first[i].driver != jobs[HOLDER].driver)
            await_asleep(&first[i].driver);
    atomic_store(&jobs[HOLDER].gate.go, true);
    for (size_t i = 0; i < N; i++)
        expect_end(on, &jobs[i]);
    assert_true(jobs[HIGH].gate.turn < jobs[LOW].gate.turn && jobs[LOW].gate.turn < jobs[LAST].gate.turn);
    engine_close(on, jobs, N);
    for (size_t i = 0; i < N_DRIVERS; i++)
        engine_key_destroy(first[i].key);
}

/* ---- which threads, and how many ---- */

static void partitions_in_flight_leave_one_another_threads(void **state)
{
    enum { N = 2, N_THREADS = 4 };
    static watched jobs[N];
    (void)state;
    engine *on = engine_open((engine_setup){.options = {.n_threads = N_THREADS, .n_in_flight = N}});
    for (size_t i = 0; i < N; i++) {
        watched_init(&jobs[i]);
        jobs[i].gate.at = STAGE_QUOTIENT;
        hand_in(on, &jobs[i]);
        await(&jobs[i].gate.there);
        assert_int_equal(jobs[i].looks[STAGE_SYNTHESIS].share, N_THREADS / (i + 1));
    }
    for (size_t i = 0; i < N; i++) {
        atomic_store(&jobs[i].gate.go, true);
        expect_end(on, &jobs[i]);
        assert_int_equal(jobs[i].looks[STAGE_MSM_H].share, N_THREADS / (N - i));
    }
    engine_close(on, jobs, N);
}

/* Three pools of two threads. */
enum { N_POOLS = 3, POOL_THREADS = 2 };

typedef struct {
    topology machine;
    placement plan;
} place;

static engine *engine_at(place *out, engine_options options, timeline *line)
{
    pt_err err = {0};
    options.pin = CHOICE_OFF;
    const placement_request request = {.options = options, .can_map = true};
    assert_int_equal(topology_read_from("l3:3 core:2 pu:1", &out->machine, &err), PT_OK);
    assert_int_equal(placement_make(&out->machine, &request, &out->plan, &err), PT_OK);
    assert_int_equal(out->plan.n_pools, N_POOLS);
    return engine_open((engine_setup){.options = options, .where = &out->plan, .machine = &out->machine, .timeline = line});
}

static void place_clear(place *p)
{
    placement_clear(&p->plan);
    topology_clear(&p->machine);
}

/* One after the other. The first has all pools until others wait; then each leaves some to those behind it in the queue. */
static void pools_are_left_to_jobs_that_wait(void **state)
{
    enum { N = 4 };
    static watched jobs[N];
    (void)state;
    place at;
    engine *on = engine_at(&at, (engine_options){.n_in_flight = 1}, NULL);
    for (size_t i = 0; i < N; i++) {
        watched_init(&jobs[i]);
        jobs[i].gate.at = i == 0 ? STAGE_SYNTHESIS : STAGE_COUNT;
        hand_in(on, &jobs[i]);
        if (i == 0)
            await(&jobs[0].gate.there);
    }
    atomic_store(&jobs[0].gate.go, true);
    for (size_t i = 0; i < N; i++) {
        pool_span crews[N_POOLS];
        expect_end(on, &jobs[i]);
        placement_crews(&at.plan, N - i, crews);
        assert_int_equal(jobs[i].looks[STAGE_QUOTIENT].n_threads, POOL_THREADS * crews[0].n_pools);
        assert_int_equal(jobs[i].looks[STAGE_SYNTHESIS].n_threads, POOL_THREADS * (i == 0 ? N_POOLS : crews[0].n_pools));
    }
    assert_int_equal(jobs[0].looks[STAGE_QUOTIENT].n_threads, POOL_THREADS);
    assert_int_equal(jobs[N - 1].looks[STAGE_QUOTIENT].n_threads, POOL_THREADS * N_POOLS);
    engine_close(on, jobs, N);
    place_clear(&at);
}

/* Where did a stage of a job run? TOPOLOGY_NONE: nowhere */
static uint16_t domain_of(const timeline *line, const watched *w, stage s)
{
    timeline_list list;
    pt_err err = {0};
    uint16_t domain = TOPOLOGY_NONE;
    assert_int_equal(timeline_read(line, &list, &err), PT_OK);
    for (size_t i = 0; i < list.n; i++)
        if (list.spans[i].partition == w->job.number && list.spans[i].stage == s)
            domain = list.spans[i].domain;
    timeline_list_clear(&list);
    return domain;
}

/* One job has all pools. When a second ends, its driver takes a third, which sits down in one pool, the first, for a fourth is in the queue.
 * The third waits for memory that the first job has, which goes on in the second pool. */
static void a_job_that_waits_for_memory_has_left_pools_to_the_queue(void **state)
{
    enum { LARGE = 0, SMALL = 1, N = 4, LARGE_BYTES = 1 << 20 };
    static watched jobs[N];
    (void)state;
    place at;
    timeline *line;
    pt_err err = {0};
    uint64_t budget = 0;
    assert_int_equal(timeline_create(N * STAGE_COUNT, &line, &err), PT_OK);
    engine *on = engine_open((engine_setup){.options = {.n_threads = 1}});
    for (size_t i = 0; i < N; i++) {
        watched_init(&jobs[i]);
        jobs[i].stages.n_bytes = i == SMALL ? 1 : LARGE_BYTES;
        jobs[i].gate.at = i <= SMALL ? STAGE_SYNTHESIS : STAGE_COUNT;
        budget += i <= SMALL ? engine_partition_bytes(on, &jobs[i].stages.key) : 0;
    }
    engine_destroy(on);
    on = engine_at(&at, (engine_options){.n_in_flight = 2, .memory_bytes = budget}, line);
    for (size_t i = 0; i < N; i++) {
        hand_in(on, &jobs[i]);
        if (i <= SMALL)
            await(&jobs[i].gate.there);
    }
    atomic_store(&jobs[SMALL].gate.go, true);
    while (engine_figures_now(on).arenas.kept_bytes == 0)
        sleep_ms(1);
    await_asleep(&jobs[SMALL].driver);
    atomic_store(&jobs[LARGE].gate.go, true);
    for (size_t i = 0; i < N; i++)
        expect_end(on, &jobs[i]);
    assert_int_equal(domain_of(line, &jobs[LARGE], STAGE_SYNTHESIS), 0);
    assert_int_equal(domain_of(line, &jobs[LARGE], STAGE_QUOTIENT), 1);
    engine_close(on, jobs, N);
    timeline_destroy(line);
    place_clear(&at);
}

/* What every stage of a partition alone is given. */
static void look_at_stages(engine *on, look looks[STAGE_COUNT])
{
    static watched alone;
    watched_init(&alone);
    hand_in(on, &alone);
    expect_end(on, &alone);
    memcpy(looks, alone.looks, sizeof alone.looks);
    engine_close(on, &alone, 1);
}

static void g2_sums_have_other_threads_where_that_was_asked_for_and_only_then(void **state)
{
    (void)state;
    look looks[STAGE_COUNT];
    for (size_t n_tail = 0; n_tail <= N_POOLS; n_tail++) {
        place at;
        look_at_stages(engine_at(&at, (engine_options){.n_tail_domains = n_tail}, NULL), looks);
        for (int s = STAGE_SYNTHESIS; s <= STAGE_VERIFY; s++) {
            const bool is_apart = s == STAGE_MSM_G2 && n_tail > 0;
            assert_int_equal(looks[s].n_threads, POOL_THREADS * (is_apart ? n_tail : N_POOLS));
            assert_int_equal(looks[s].threads != looks[STAGE_SYNTHESIS].threads, is_apart);
        }
        place_clear(&at);
    }
    look_at_stages(engine_open((engine_setup){.options = {.n_threads = 2, .n_tail_domains = 1}}), looks); /* no plan */
    assert_ptr_equal(looks[STAGE_MSM_G2].threads, looks[STAGE_SYNTHESIS].threads);
}

static void synthesis_gives_way_to_g2_sums_as_was_chosen(void **state)
{
    static const bool gives_way[][2] = {
        [CHOICE_AUTO] = {false, true}, [CHOICE_ON] = {true, true}, [CHOICE_OFF] = {false, false}};
    (void)state;
    for (choice throttle = CHOICE_AUTO; throttle <= CHOICE_OFF; throttle++)
        for (size_t n_tail = 0; n_tail < 2; n_tail++) {
            place at;
            look looks[STAGE_COUNT];
            look_at_stages(engine_at(&at, (engine_options){.n_tail_domains = n_tail, .throttle = throttle}, NULL), looks);
            for (int s = STAGE_SYNTHESIS; s <= STAGE_VERIFY; s++) {
                assert_int_equal(looks[s].gives_way, gives_way[throttle][n_tail]);
                assert_int_equal(looks[s].n_tails, looks[s].gives_way && s == STAGE_MSM_G2);
            }
            place_clear(&at);
        }
}

static void note_thread(void *ctx, size_t item, size_t thread)
{
    atomic_int *threads = ctx;
    (void)thread;
    atomic_store(&threads[item], gettid());
}

enum { N_NOTED = 3 };

static atomic_int noted[N_NOTED];

static pt_status note_threads(groth16_partition *partition, crew *threads, pt_err *err)
{
    (void)partition;
    (void)err;
    crew_run(threads, N_NOTED, note_thread, noted);
    return PT_OK;
}

/* However many others were asked for in flight. */
static void a_partition_alone_changes_no_threads(void **state)
{
    static watched alone;
    (void)state;
    pt_err err = {0};
    const engine_setup setup = {.options = {.n_threads = 1, .n_in_flight = 7}, .features = cpu_features_read()};
    watched_init(&alone);
    alone.stages.executors.run[STAGE_QUOTIENT] = note_threads;
    assert_int_equal(engine_run_alone(&setup, &alone.stages.key, &alone.job, &err), PT_OK);
    assert_int_equal(alone.job.err.code, PT_OK);
    engine_job_clear(&alone.job);
    for (size_t i = 0; i < N_NOTED; i++)
        assert_int_equal(noted[i], alone.driver);
}

static void a_driver_without_work_takes_the_next_job(void **state)
{
    enum { N = 10 };
    static watched jobs[N];
    (void)state;
    engine *on = engine_open((engine_setup){.options = {.n_threads = 1, .n_in_flight = N}});
    size_t n_maps = 0;
    for (size_t i = 0; i < N; i++) {
        watched_init(&jobs[i]);
        hand_in(on, &jobs[i]);
        expect_end(on, &jobs[i]);
        assert_int_equal(jobs[i].driver, jobs[0].driver);
        n_maps = i == 0 ? mappings.n_maps : n_maps;
    }
    assert_int_equal(mappings.n_maps, n_maps); /* a driver more would have mapped a stack */
    engine_close(on, jobs, N);
}

/* ---- which memory ---- */

static void memory_is_kept_or_freed_as_was_chosen(void **state)
{
    enum { LOOKS = 10000 };
    (void)state;
    for (arena_policy policy = ARENAS_KEPT; policy <= ARENAS_FREED_APART; policy++) {
        static watched alone;
        const bool is_kept = policy == ARENAS_KEPT;
        engine *on = engine_open((engine_setup){.options = {.n_threads = 1, .arenas = policy}});
        watched_init(&alone);
        hand_in(on, &alone);
        expect_end(on, &alone);
        arena_figures arenas = engine_figures_now(on).arenas;
        assert_int_equal(arenas.n_mapped, 1);
        assert_int_equal(arenas.kept_bytes > 0, is_kept);
        for (int i = 0; i < LOOKS && arenas.n_unmapped < !is_kept; i++) { /* by another thread */
            sleep_ms(1);
            arenas = engine_figures_now(on).arenas;
        }
        assert_int_equal(arenas.n_unmapped, !is_kept);
        engine_close(on, &alone, 1);
    }
}

static void huge_pages_are_had_unless_they_are_refused(void **state)
{
    (void)state;
    for (choice huge_pages = CHOICE_AUTO; huge_pages <= CHOICE_OFF; huge_pages++) {
        look looks[STAGE_COUNT];
        n_small_pages = 0;
        look_at_stages(engine_open((engine_setup){.options = {.n_threads = 1, .huge_pages = huge_pages}}), looks);
        assert_int_equal(n_small_pages, huge_pages == CHOICE_OFF);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_go_to_a_larger_priority_first),
        cmocka_unit_test(an_odd_thread_goes_to_the_older_of_equal_ones),
        cmocka_unit_test(memory_goes_to_a_larger_priority_first),
        cmocka_unit_test(partitions_in_flight_leave_one_another_threads),
        cmocka_unit_test(pools_are_left_to_jobs_that_wait),
        cmocka_unit_test(a_job_that_waits_for_memory_has_left_pools_to_the_queue),
        cmocka_unit_test(g2_sums_have_other_threads_where_that_was_asked_for_and_only_then),
        cmocka_unit_test(synthesis_gives_way_to_g2_sums_as_was_chosen),
        cmocka_unit_test(a_partition_alone_changes_no_threads),
        cmocka_unit_test(a_driver_without_work_takes_the_next_job),
        cmocka_unit_test(memory_is_kept_or_freed_as_was_chosen),
        cmocka_unit_test(huge_pages_are_had_unless_they_are_refused),
    };
    return cmocka_run_group_tests(tests, circuits_open, circuits_close);
}
