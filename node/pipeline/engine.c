/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/engine_parts.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "node/format/wtns.h"
#include "node/pipeline/timed_wait.h"

enum { QUEUE_DEPTH = 64 };

/* ---- one job ---- */

/* A job under way: what its driver knows of it. */
typedef struct {
    driver *driver;
    engine_job *job;
    const stage_executors *by;
    groth16_partition partition;
    void *arena;
} passage;

static pt_status check_on(const engine_job *job, pt_err *err)
{
    if (job->watch != NULL && job->watch->cancel != NULL && atomic_load(job->watch->cancel))
        return pt_fail(err, PT_E_NOMEM, "%s: cancelled", job->witness.path);
    if (job->deadline > 0 && clock_seconds() > job->deadline)
        return pt_fail(err, PT_E_NOMEM, "%s: not proven by its deadline", job->witness.path);
    return PT_OK;
}

static size_t jobs_queued(engine *self)
{
    pthread_mutex_lock(&self->lock);
    const size_t n = self->n_queued;
    pthread_mutex_unlock(&self->lock);
    return n;
}

/* Processor time of the driver and of the pools' threads on its runs. */
static double cpu_so_far(const driver *d)
{
    return timeline_cpu_now() + seat_cpu_seconds(&d->seat);
}

_Static_assert(TIMELINE_NO_DOMAIN == TOPOLOGY_NONE, "a seat's domain is a span's");

static uint32_t span_partition(const engine_job *job)
{
    return job->span_partition != 0 ? job->span_partition - 1 : job->number;
}

/* Run one stage: reported before, counted and recorded after. */
static pt_status run_stage(passage *p, stage s, pt_status (*run)(passage *, stage, pt_err *), uint64_t bytes, pt_err *err)
{
    const engine_setup *setup = &p->driver->engine->setup;
    if (check_on(p->job, err) != PT_OK)
        return err->code;
    seat_adjust(&p->driver->seat, jobs_queued(p->driver->engine));
    double begin = stage_begin(p->job->watch, s), cpu = cpu_so_far(p->driver);
    timeline_span span = {.start = timeline_now(setup->timeline),
                          .bytes = bytes,
                          .partition = span_partition(p->job),
                          .stage = (uint16_t)s,
                          .row = p->driver->row,
                          .domain = seat_domain(&p->driver->seat)};
    pt_status status = run(p, s, err);
    span.end = timeline_now(setup->timeline);
    span.cpu_seconds = cpu_so_far(p->driver) - cpu;
    timeline_record(setup->timeline, &span);
    stage_end(p->job->watch, s, begin);
    return status;
}

static bool is_stopped(const engine *self)
{
    return atomic_load(&self->stopped) || (self->setup.stop != NULL && atomic_load(self->setup.stop));
}

static void fail_unbegun(engine_job *job)
{
    job->begun = false;
    pt_fail(&job->err, PT_E_NOMEM, "%s: interrupted before it was begun", job->witness.path);
}

/* A job that waits, for its memory or to read, is not begun. */
static bool is_wanted(void *ctx)
{
    const passage *p = ctx;
    if (is_stopped(p->driver->engine))
        fail_unbegun(p->job);
    else
        check_on(p->job, &p->job->err);
    return p->job->err.code == PT_OK;
}

static uint8_t *witness_of(const passage *p)
{
    return (uint8_t *)p->arena + WTNS_VALUES_AT;
}

static pt_status read_witness(passage *p, stage s, pt_err *err)
{
    const proving_key *key = p->job->key->key;
    const wtns *ready = p->job->ready;
    input_source from = p->job->witness;
    wtns witness;
    (void)s;
    if (ready == NULL) {
        from.wanted = is_wanted;
        from.ctx = p;
        if (wtns_read_into(from, p->driver->engine->setup.features, key->n_vars, p->arena, &witness, err) == PT_OK)
            groth16_check_witness(key, &witness, p->job->witness.path, err);
    } else if (groth16_check_witness(key, ready, p->job->witness.path, err) == PT_OK) {
        memcpy(witness_of(p), ready->values, (size_t)ready->n * key->curve->fr_bytes);
    }
    return err->code;
}

static pt_status run_executor(passage *p, stage s, pt_err *err)
{
    driver *d = p->driver;
    const bool is_tail = s == STAGE_MSM_G2;
    crew *threads = is_tail && d->seat.tail != NULL ? d->seat.tail : d->seat.crew;
    if (is_tail)
        atomic_fetch_add(&d->engine->n_tails, 1);
    pt_status status = p->by->run[s](&p->partition, threads, err);
    if (is_tail)
        atomic_fetch_sub(&d->engine->n_tails, 1);
    return status;
}

/* By default synthesis gives way where G2 MSMs have pools of their own: else they share threads with it as it is. */
static const atomic_int *throttle_of(const engine *self)
{
    const choice asked = self->setup.options.throttle;
    return asked == CHOICE_ON || (asked == CHOICE_AUTO && self->has_tail) ? &self->n_tails : NULL;
}

static pt_status run_by(passage *p, const stage_executors *by, pt_err *err)
{
    p->by = by;
    p->partition.n_written = 0;
    for (int s = STAGE_SYNTHESIS; s <= STAGE_VERIFY && err->code == PT_OK; s++)
        run_stage(p, (stage)s, run_executor, p->job->key->partition_bytes, err);
    if (by->leave != NULL)
        by->leave(&p->partition);
    return err->code;
}

/* The processor proves in the device's place. */
static pt_status run_instead(passage *p, pt_err *err)
{
    engine *self = p->driver->engine;
    if (run_by(p, p->job->key->key->curve->cpu, err) == PT_OK)
        engine_count_instead(self);
    return err->code;
}

/* A proof that fails: the witness is wrong, or what computed it. The processor's tells which. */
static pt_status judge_device(passage *p, pt_err *err)
{
    engine *self = p->driver->engine;
    pt_err text = {0};
    if (run_instead(p, err) != PT_OK)
        return err->code;
    pt_fail(&text, PT_E_DEVICE, "%s: its proof of %s was wrong, the processor's is right",
            gpu_device_describe(self->setup.device->device)->name, p->job->witness.path);
    engine_device_failed(self, true, text.msg);
    return PT_OK;
}

/* What is at fault is not the device: a damaged key, or nobody wants the proof any more. */
static bool is_not_devices(const passage *p, const pt_err *reason)
{
    pt_err unwanted = {0};
    return reason->code == PT_E_FORMAT || check_on(p->job, &unwanted) != PT_OK;
}

/* On the device where the key is on one; if that fails and is no must, once more on the processor. */
static pt_status run_all(passage *p, pt_err *err)
{
    engine *self = p->driver->engine;
    const pt_curve *curve = p->job->key->key->curve;
    pt_err reason = {0};
    if (self->setup.device == NULL)
        return run_by(p, curve->cpu, err);
    if (p->partition.device == NULL || engine_device_is_off(self))
        return run_instead(p, err);
    if (run_by(p, curve->device, &reason) == PT_OK) {
        p->job->on_device = true;
        engine_count_on_device(self);
        return PT_OK;
    }
    if (!self->setup.device_is_choice || is_not_devices(p, &reason)) {
        *err = reason;
        return err->code;
    }
    if (reason.code == PT_E_VERIFY)
        return judge_device(p, err);
    engine_device_failed(self, false, reason.msg);
    return run_instead(p, err);
}

static pt_status prove_partition(passage *p, pt_err *err)
{
    const engine_key *key = p->job->key;
    p->partition = (groth16_partition){.key = key->copies[seat_node(&p->driver->seat) % key->n_copies],
                                       .domain = key->domain,
                                       .witness_path = p->job->witness.path,
                                       .witness = witness_of(p),
                                       .memory = (uint8_t *)p->arena + key->witness_bytes,
                                       .n_threads = p->driver->engine->n_threads,
                                       .yield_while = throttle_of(p->driver->engine),
                                       .device = key->on_device};
    if (run_all(p, err) != PT_OK)
        return err->code;
    p->job->proof = p->partition.proof;
    memcpy(p->job->public_inputs, witness_of(p) + PT_FR_BYTES, (size_t)key->key->n_public * PT_FR_BYTES);
    return PT_OK;
}

/* What goes first has the smaller rank: a larger priority, then an earlier number. */
static uint64_t rank_of(const engine_job *job)
{
    return (uint64_t)((int64_t)INT32_MAX - job->priority) << 32 | job->number;
}

static void count_proving(engine *self, bool more)
{
    pthread_mutex_lock(&self->lock);
    self->n_proving += more ? 1 : (size_t)-1;
    pthread_mutex_unlock(&self->lock);
}

/* A stream's writer may never come: who waits for one keeps nobody from reading files. */
static bool is_regular(const input_source *witness)
{
    struct stat info;
    return witness->bytes == NULL && stat(witness->path, &info) == 0 && S_ISREG(info.st_mode);
}

/* As many drivers read files at once as there are to be I/O threads; a job that is no longer wanted reads none. */
static pt_status begin_reading(passage *p)
{
    engine *self = p->driver->engine;
    pthread_mutex_lock(&self->lock);
    while (is_wanted(p) && self->n_reading >= self->n_io_threads)
        timed_wait(&self->reader_left, &self->lock);
    const pt_status status = p->job->err.code;
    self->n_reading += status == PT_OK;
    pthread_mutex_unlock(&self->lock);
    return status;
}

static void end_reading(engine *self)
{
    pthread_mutex_lock(&self->lock);
    self->n_reading--;
    pthread_cond_broadcast(&self->reader_left); /* who is no longer wanted may be among those that wait */
    pthread_mutex_unlock(&self->lock);
}

static pt_status run_reading(passage *p)
{
    engine_job *job = p->job;
    const bool is_counted = is_regular(&job->witness);
    if (is_counted && begin_reading(p) != PT_OK)
        return job->err.code;
    run_stage(p, STAGE_WITNESS, read_witness, job->key->witness_bytes, &job->err);
    if (is_counted)
        end_reading(p->driver->engine);
    return job->err.code;
}

/* Not inlined: what it and its callees leave on the stack is zeroed behind it. */
static __attribute__((noinline)) void carry(driver *d, engine_job *job)
{
    passage p = {.driver = d, .job = job};
    engine *self = d->engine;
    const arena_request request = {.n_bytes = job->key->partition_bytes,
                                   .n_ready = job->key->ready_bytes,
                                   .rank = rank_of(job),
                                   .wanted = is_wanted,
                                   .ctx = &p};
    pt_err reason = {0};
    job->begun = true;
    seat_set_rank(&d->seat, request.rank);
    if (arena_take(self->arenas, &request, &p.arena, &reason) != PT_OK) {
        pt_fail(&job->err, reason.code, "%s: %s", job->witness.path, reason.msg); /* where is_wanted has not said why */
        return;
    }
    double begin = clock_seconds();
    if (run_reading(&p) == PT_OK) {
        count_proving(self, true);
        prove_partition(&p, &job->err);
        count_proving(self, false);
    }
    arena_give_used(self->arenas, p.arena,
                    p.partition.n_written != 0 ? job->key->witness_bytes + p.partition.n_written : SIZE_MAX);
    job->seconds = clock_seconds() - begin;
}

/* ---- drivers ---- */

static void finish(engine *self, engine_job *job)
{
    job->finished = self->has_news = true;
    pthread_cond_broadcast(&self->job_finished);
}

/* With the lock held. */
static engine_job *take_queued(engine *self)
{
    engine_job *job = self->queued;
    if (job == NULL)
        return NULL;
    self->queued = job->next_queued;
    self->n_queued--;
    pthread_cond_broadcast(&self->queue_changed);
    return job;
}

/* With the lock held. */
static void end_queued(engine *self)
{
    for (engine_job *job = take_queued(self); job != NULL; job = take_queued(self)) {
        fail_unbegun(job);
        finish(self, job);
    }
}

static void *driver_main(void *arg)
{
    driver *me = arg;
    engine *self = me->engine;
    pin_mask before;
    engine_move_near_device(self, &before); /* for good: it is who feeds the device */
    pthread_mutex_lock(&self->lock);
    while (!self->closing) {
        if (is_stopped(self))
            end_queued(self);
        engine_job *job = take_queued(self);
        if (job == NULL) {
            self->n_idle++;
            pthread_cond_wait(&self->queue_changed, &self->lock);
            self->n_idle--;
            continue;
        }
        seat_take(&me->seat, self->n_queued);
        pthread_mutex_unlock(&self->lock);
        carry(me, job);
        sodium_stackzero(SECRET_STACK_JOB_BYTES);
        seat_leave(&me->seat);
        pthread_mutex_lock(&self->lock);
        finish(self, job);
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

/* With the lock held, by the thread that submits: drivers are started as jobs need them. */
static pt_status start_driver(engine *self, pt_err *err)
{
    driver *d = &self->drivers[self->n_drivers];
    *d = (driver){.engine = self, .row = (uint16_t)self->n_drivers};
    if (seat_init(self->seating, &d->seat, err) != PT_OK)
        return err->code;
    if (secret_thread_start(driver_main, d, &d->running, err) != PT_OK) {
        seat_clear(&d->seat);
        return err->code;
    }
    self->n_drivers++;
    return PT_OK;
}

/* ---- the engine ---- */

static size_t or_else(size_t asked, size_t otherwise)
{
    return asked == 0 ? otherwise : asked;
}

size_t engine_in_flight_on_device(const engine_options *options)
{
    return or_else(options->n_in_flight, device_rooms_of(options) + 1);
}

/* Without a device a partition a thread: each then works by itself, whose data nobody else's core needs. Memory may allow fewer (engine_plan). Two
 * threads take one at a time: beside one key, two would hold more than half of what a process a thread does, for a few per cent. */
size_t engine_most_in_flight(const engine *self, bool on_device)
{
    const size_t least = ENGINE_IN_FLIGHT_LEAST * self->n_pools;
    if (on_device)
        return engine_in_flight_on_device(&self->setup.options);
    if (self->setup.options.n_in_flight != 0)
        return self->setup.options.n_in_flight;
    if (self->n_threads == 2 && self->n_pools == 1)
        return 1;
    return self->n_threads > least ? self->n_threads : least;
}

/* Where the device is a choice a key may be left to the processor. */
static size_t most_drivers(const engine *self)
{
    const size_t usual = self->n_in_flight, without = engine_most_in_flight(self, false);
    return self->setup.device_is_choice && without > usual ? without : usual;
}

static pt_status start(engine *self, pt_err *err)
{
    const engine_options *options = &self->setup.options;
    const placement *where = self->setup.where;
    self->n_in_flight = engine_most_in_flight(self, self->setup.device != NULL);
    self->n_drivers_max = most_drivers(self);
    self->n_io_threads = or_else(options->n_io_threads, where != NULL ? where->n_io_threads : SIZE_MAX);
    self->drivers = calloc(self->n_drivers_max, sizeof *self->drivers);
    if (self->drivers == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for an engine of %zu partitions", self->n_drivers_max);
    const seating_setup seats = {.where = where,
                                 .machine = self->setup.machine,
                                 .n_threads = self->n_threads,
                                 .alone = self->n_in_flight == 1,
                                 .has_tail = self->has_tail};
    if (seating_create(&seats, &self->seating, err) != PT_OK)
        return err->code;
    const bool huge_pages = options->huge_pages != CHOICE_OFF;
    return arena_store_create(options->memory_bytes != 0 ? options->memory_bytes : UINT64_MAX, huge_pages, options->arenas,
                              &self->arenas, err);
}

pt_status engine_create(const engine_setup *setup, engine **out, pt_err *err)
{
    engine *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for an engine");
    self->setup = *setup;
    self->n_threads = setup->where != NULL ? setup->where->n_threads : setup->options.n_threads;
    self->n_pools = setup->where != NULL ? setup->where->n_pools : 1;
    self->queue_depth = or_else(setup->options.queue_depth, QUEUE_DEPTH);
    self->has_tail = setup->where != NULL && setup->options.n_tail_domains != 0;
    pthread_mutex_init(&self->lock, NULL);
    timed_wait_init(&self->queue_changed);
    timed_wait_init(&self->job_finished);
    timed_wait_init(&self->reader_left);
    pt_status status = start(self, err);
    if (status == PT_OK)
        *out = self;
    else
        engine_destroy(self);
    return status;
}

void engine_destroy(engine *self)
{
    if (self == NULL)
        return;
    engine_stop(self);
    pthread_mutex_lock(&self->lock);
    self->closing = true;
    pthread_cond_broadcast(&self->queue_changed);
    pthread_mutex_unlock(&self->lock);
    for (size_t i = 0; i < self->n_drivers; i++) {
        secret_thread_join(&self->drivers[i].running);
        seat_clear(&self->drivers[i].seat);
    }
    arena_store_destroy(self->arenas);
    seating_destroy(self->seating);
    pthread_cond_destroy(&self->reader_left);
    pthread_cond_destroy(&self->job_finished);
    pthread_cond_destroy(&self->queue_changed);
    pthread_mutex_destroy(&self->lock);
    free(self->drivers);
    free(self);
}

crew *engine_crew(engine *self)
{
    return seating_all(self->seating);
}

/* With the lock held: behind those of the same priority. */
static void enqueue(engine *self, engine_job *job)
{
    engine_job **at = &self->queued;
    while (*at != NULL && (*at)->priority >= job->priority)
        at = &(*at)->next_queued;
    job->next_queued = *at;
    *at = job;
    self->n_queued++;
    if (self->newest_submitted != NULL)
        self->newest_submitted->next_submitted = job;
    else
        self->oldest_submitted = job;
    self->newest_submitted = job;
    pthread_cond_broadcast(&self->queue_changed);
}

pt_status engine_submit(engine *self, engine_job *job, pt_err *err)
{
    const size_t n_public = job->key->key->n_public;
    job->public_inputs = malloc(n_public * PT_FR_BYTES + 1);
    if (job->public_inputs == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for %zu public inputs", job->witness.path, n_public);
    job->err = (pt_err){0};
    job->begun = job->finished = job->on_device = false;
    job->next_queued = job->next_submitted = NULL;
    pthread_mutex_lock(&self->lock);
    while (self->n_queued >= self->queue_depth && !is_stopped(self))
        timed_wait(&self->queue_changed, &self->lock);
    job->number = self->n_submitted;
    pt_err no_driver = {0};
    if (self->n_idle <= self->n_queued && self->n_drivers < self->n_in_flight)
        start_driver(self, &no_driver);
    if (self->n_drivers > 0) { /* with fewer of them it goes on as well */
        self->n_submitted++;
        enqueue(self, job);
        if (is_stopped(self))
            end_queued(self);
    }
    pthread_mutex_unlock(&self->lock);
    return self->n_drivers > 0 ? PT_OK : pt_fail(err, no_driver.code, "%s", no_driver.msg);
}

/* With the lock held: give back the job behind `before` (NULL: the oldest). */
static engine_job *unlink_submitted(engine *self, engine_job *before)
{
    engine_job **at = before == NULL ? &self->oldest_submitted : &before->next_submitted, *job = *at;
    *at = job->next_submitted;
    if (self->newest_submitted == job)
        self->newest_submitted = before;
    return job;
}

engine_job *engine_next(engine *self)
{
    pthread_mutex_lock(&self->lock);
    engine_job *job = self->oldest_submitted;
    while (job != NULL && !job->finished)
        pthread_cond_wait(&self->job_finished, &self->lock);
    if (job != NULL)
        unlink_submitted(self, NULL);
    pthread_mutex_unlock(&self->lock);
    return job;
}

void engine_wait(engine *self, engine_job *job)
{
    pthread_mutex_lock(&self->lock);
    while (!job->finished)
        pthread_cond_wait(&self->job_finished, &self->lock);
    engine_job *before = NULL;
    for (engine_job *at = self->oldest_submitted; at != job; at = at->next_submitted)
        before = at;
    unlink_submitted(self, before);
    pthread_mutex_unlock(&self->lock);
}

engine_job *engine_next_finished(engine *self)
{
    pthread_mutex_lock(&self->lock);
    engine_job *before = NULL, *job = self->oldest_submitted;
    for (; job != NULL && !job->finished; job = job->next_submitted)
        before = job;
    if (job != NULL)
        unlink_submitted(self, before);
    pthread_mutex_unlock(&self->lock);
    return job;
}

void engine_wait_finished(engine *self, unsigned us)
{
    pthread_mutex_lock(&self->lock);
    if (!self->has_news)
        timed_wait_for(&self->job_finished, &self->lock, us);
    self->has_news = false;
    pthread_mutex_unlock(&self->lock);
}

pt_status engine_run_alone(const engine_setup *setup, const proving_key *key, engine_job *job, pt_err *err)
{
    engine *self;
    engine_key *resident = NULL;
    engine_setup alone = *setup;
    alone.options.n_in_flight = 1;
    if (engine_create(&alone, &self, err) != PT_OK)
        return err->code;
    if (engine_key_create(self, key, &resident, err) == PT_OK) {
        job->key = resident;
        if (engine_submit(self, job, err) == PT_OK)
            engine_next(self);
        job->key = NULL;
    }
    engine_destroy(self);
    engine_key_destroy(resident);
    return err->code;
}

void engine_stop(engine *self)
{
    pthread_mutex_lock(&self->lock);
    self->stopped = true;
    end_queued(self);
    pthread_cond_broadcast(&self->queue_changed);
    pthread_mutex_unlock(&self->lock);
}

engine_figures engine_figures_now(engine *self)
{
    const seating_figures seats = seating_figures_now(self->seating);
    engine_figures out = {.n_threads = seats.n_threads,
                          .n_bound = seats.n_bound,
                          .n_in_flight = self->n_in_flight,
                          .arenas = arena_store_figures(self->arenas)};
    pthread_mutex_lock(&self->lock);
    out.n_on_device = self->n_on_device;
    out.n_left_device = self->n_left_device;
    pthread_mutex_unlock(&self->lock);
    return out;
}

bool engine_is_proving(engine *self)
{
    pthread_mutex_lock(&self->lock);
    bool proving = self->n_proving > 0;
    pthread_mutex_unlock(&self->lock);
    return proving;
}

void engine_job_clear(engine_job *job)
{
    free(job->public_inputs);
    job->public_inputs = NULL;
}
