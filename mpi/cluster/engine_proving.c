/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/engine_proving.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "mpi/cluster/second_look.h"
#include "node/format/proof_bytes.h"
#include "node/pipeline/secret_arena.h"
#include "node/topo/machine.h"

typedef struct order {
    struct order *next;
    engine_proving *of;
    wire_attempt attempt;
    uint32_t key;
    char *witness;
    void *memory; /* secret: the witness, if it was sent */
    atomic_bool cancel;
    job_watch watch;
    engine_job job;
} order;

struct engine_proving {
    proving base;
    engine_proving_setup setup;
    workplace place;
    engine *engine;
    char **paths; /* these, each with room for WIRE_KEYS_MAX, so that none moves when keys join */
    key_copies *keys;
    engine_key **resident;
    proving_key_state *states;
    atomic_bool *known;        /* its state will not change any more */
    uint32_t n_keys, n_opened; /* opened: or left to the opener */
    memory_plan memory;
    atomic_uint n_in_flight; /* of the plan */
    uint64_t peak_before;
    pthread_t opener;
    uint32_t opens_from, opens_to; /* what the opener was started for */
    bool opening;                  /* its thread was started, and not joined */
    atomic_bool opened, closing;   /* it is through; it is to leave the rest */
    order *orders;                 /* handed to the engine, in any order */
    order *doubted;                /* whose proofs failed and wait for a second look, the first first */
    second_look *second;           /* under way; the order is its `looked` */
    order *looked;
    pthread_mutex_t fault_lock;
    char device_fault[WIRE_FAULT_MAX]; /* under fault_lock; of a rank that does not speak itself */
};

static engine_proving *of(proving *self)
{
    return (engine_proving *)self;
}

static const engine_proving *of_const(const proving *self)
{
    return (const engine_proving *)self;
}

static void tell_stage(engine_proving *self, uint32_t number, stage s)
{
    if (self->setup.on_stage != NULL)
        self->setup.on_stage(self->setup.ctx, number, s);
}

/* ---- keys ---- */

static pt_status open_key(engine_proving *self, uint32_t i, pt_err *err)
{
    crew *threads = engine_crew(self->engine);
    const proving_key_options opening = {.features = self->setup.options->features, .check = self->setup.check};
    const workplace *place = &self->place;
    timeline_span span = run_timeline_begin(self->setup.timeline, STAGE_KEY, TIMELINE_NO_PARTITION, threads);
    tell_stage(self, i, STAGE_KEY);
    if (key_copies_open(self->paths[i], opening, place->placed ? &place->where : NULL, &place->machine, threads,
                        &self->keys[i], err) == PT_OK)
        vkey_hash(&self->keys[i].of[0]->vkey, self->states[i].hash);
    run_timeline_end(self->setup.timeline, &span, threads);
    return err->code;
}

/* Memory is planned for all keys before a partition of the new ones takes any. */
static pt_status plan(engine_proving *self, pt_err *err)
{
    const proving_key **keys = calloc(self->opens_to, sizeof *keys);
    size_t n = 0;
    if (keys == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for %u keys", self->opens_to);
    for (uint32_t i = 0; i < self->opens_to; i++)
        if (self->keys[i].n > 0)
            keys[n++] = self->keys[i].of[0];
    if (self->peak_before == 0)
        self->peak_before = machine_peak_memory();
    if (n > 0 && engine_plan(self->engine, keys, n, self->setup.n_partitions, &self->memory, err) == PT_OK)
        atomic_store(&self->n_in_flight, (unsigned)self->memory.n_in_flight);
    free(keys);
    return err->code;
}

static pt_status make_resident(engine_proving *self, uint32_t i, pt_err *err)
{
    if (engine_key_create(self->engine, self->keys[i].of[0], &self->resident[i], err) != PT_OK)
        return err->code;
    for (size_t copy = 1; copy < self->keys[i].n; copy++)
        engine_key_add_copy(self->resident[i], self->keys[i].of[copy]);
    return PT_OK;
}

/* Those that were opened can be proven with, or it is said why not. */
static void admit(engine_proving *self)
{
    pt_err all = {0};
    plan(self, &all);
    for (uint32_t i = self->opens_from; i < self->opens_to; i++) {
        pt_err *own = &self->states[i].err;
        if (atomic_load(&self->known[i]))
            continue;
        if (all.code != PT_OK)
            *own = all;
        else if (!self->setup.plan_alone)
            make_resident(self, i, own);
        if (own->code != PT_OK)
            key_copies_close(&self->keys[i]);
        atomic_store(&self->known[i], true);
    }
}

/* What can't be opened is known at once. */
static void *open_all(void *arg)
{
    engine_proving *self = arg;
    for (uint32_t i = self->opens_from; i < self->opens_to && !atomic_load(&self->closing); i++)
        if (open_key(self, i, &self->states[i].err) != PT_OK)
            atomic_store(&self->known[i], true);
    if (!atomic_load(&self->closing))
        admit(self);
    atomic_store(&self->opened, true);
    return NULL;
}

/* A thread that has ended is not left for the end of the process, which a signal may bring at any time. */
static void gather_opener(engine_proving *self)
{
    if (self->opening && atomic_load(&self->opened)) {
        pthread_join(self->opener, NULL);
        self->opening = false;
    }
}

/* One opener at a time; what is asked for meanwhile is the next one's. */
static void open_more(engine_proving *self)
{
    gather_opener(self);
    if (self->n_opened == self->n_keys || self->opening)
        return;
    atomic_store(&self->opened, false);
    self->opens_from = self->n_opened;
    self->opens_to = self->n_opened = self->n_keys;
    self->opening = pthread_create(&self->opener, NULL, open_all, self) == 0;
    for (uint32_t i = self->opens_from; i < self->opens_to && !self->opening; i++) {
        pt_fail(&self->states[i].err, PT_E_NOMEM, "can't start the thread that opens keys");
        atomic_store(&self->known[i], true);
    }
}

static pt_status make_room_for_keys(engine_proving *self, pt_err *err)
{
    const size_t n = WIRE_KEYS_MAX;
    if (self->known != NULL)
        return PT_OK;
    self->paths = calloc(n, sizeof *self->paths);
    self->keys = calloc(n, sizeof *self->keys);
    self->resident = calloc(n, sizeof *self->resident);
    self->states = calloc(n, sizeof *self->states);
    self->known = calloc(n, sizeof *self->known);
    const bool whole = self->paths != NULL && self->keys != NULL && self->resident != NULL && self->states != NULL;
    return whole && self->known != NULL ? PT_OK : pt_fail(err, PT_E_NOMEM, "no memory for keys");
}

static pt_status open_keys(proving *base, const char *const *paths, uint32_t n_keys, pt_err *err)
{
    engine_proving *self = of(base);
    if (n_keys > WIRE_KEYS_MAX)
        return pt_fail(err, PT_E_ARG, "%u keys, expected at most %d", n_keys, WIRE_KEYS_MAX);
    if (make_room_for_keys(self, err) != PT_OK)
        return err->code;
    for (; self->n_keys < n_keys; self->n_keys++)
        if ((self->paths[self->n_keys] = strdup(paths[self->n_keys])) == NULL)
            return pt_fail(err, PT_E_NOMEM, "no memory for %u keys", n_keys);
    open_more(self);
    return PT_OK;
}

static const proving_key_state *key_of(proving *base, uint32_t number)
{
    engine_proving *self = of(base);
    open_more(self);
    return number < self->n_opened && atomic_load(&self->known[number]) ? &self->states[number] : NULL;
}

/* ---- orders ---- */

static uint32_t room(const proving *base)
{
    const engine_proving *self = of_const(base);
    return atomic_load(&self->n_in_flight) + self->setup.n_ahead;
}

static void report_stage(void *ctx, stage s)
{
    const order *o = ctx;
    tell_stage(o->of, o->attempt.partition, s);
}

static void order_destroy(order *o)
{
    engine_job_clear(&o->job);
    secret_free(o->memory);
    free(o->witness);
    free(o);
}

static pt_status begin(proving *base, const proving_order *asked, pt_err *err)
{
    engine_proving *self = of(base);
    const proving_key_state *key = key_of(base, asked->key);
    if (key == NULL || key->err.code != PT_OK)
        return pt_fail(err, PT_E_NOMEM, "%s: its key is not open", asked->witness);
    order *o = calloc(1, sizeof *o);
    if (o != NULL)
        o->witness = strdup(asked->witness);
    if (o == NULL || o->witness == NULL) {
        free(o);
        secret_free(asked->memory);
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for a partition", asked->witness);
    }
    o->of = self;
    o->attempt = asked->attempt;
    o->key = asked->key;
    o->memory = asked->memory;
    o->watch = (job_watch){.report = report_stage, .ctx = o, .cancel = &o->cancel};
    o->job = (engine_job){.key = self->resident[asked->key],
                          .witness = {.path = o->witness, .bytes = o->memory, .n_bytes = asked->n_memory_bytes},
                          .priority = asked->priority,
                          .span_partition = asked->attempt.partition + 1,
                          .watch = &o->watch};
    if (engine_submit(self->engine, &o->job, err) != PT_OK) {
        order_destroy(o);
        return err->code;
    }
    o->next = self->orders;
    self->orders = o;
    return PT_OK;
}

static order *unlink_order(engine_proving *self, const engine_job *job)
{
    order **at = &self->orders;
    while (&(*at)->job != job)
        at = &(*at)->next;
    order *o = *at;
    *at = o->next;
    return o;
}

static void fill_end(const engine_proving *self, order *o, proving_end *out)
{
    *out = (proving_end){.attempt = o->attempt, .err = o->job.err, .begun = o->job.begun, .seconds = o->job.seconds};
    if (o->job.err.code != PT_OK)
        return;
    proof_bytes_write(&o->job.proof, out->proof);
    out->n_proof_bytes = (uint32_t)proof_bytes_of(o->job.proof.curve);
    out->public_inputs = o->job.public_inputs;
    out->n_public = self->keys[o->key].of[0]->n_public;
    o->job.public_inputs = NULL;
}

/* What computes first; a device that is a choice is judged by the engine. NULL: the processor. */
static const char *device_of(const engine_proving *self)
{
    const gpu_device *device = self->place.on.device;
    const bool is_choice = device_choice_is_auto(self->setup.options->knobs.of[KNOB_DEVICE].name);
    return device == NULL || is_choice ? NULL : gpu_device_describe(device)->name;
}

/* In place of saying it: the root hears of a fault by the next report, and what was chosen it says for all. thread: any */
static void note_fault(void *ctx, bool is_fault, const char *text)
{
    engine_proving *self = ctx;
    if (!is_fault)
        return;
    pthread_mutex_lock(&self->fault_lock);
    snprintf(self->device_fault, sizeof self->device_fault, "%s", text);
    pthread_mutex_unlock(&self->fault_lock);
}

static void tell_of_miscomputing(void *ctx, const char *text)
{
    const engine_proving *self = ctx;
    const cli *options = self->setup.options;
    if (options->rank == 0)
        run_log_say(&options->log, LOG_WARNING, "warning", "WARNING: %s", text);
    else
        note_fault(ctx, true, text);
}

/* A proof that fails is computed once more where nobody else can; and where a device made it, which may be wrong in the same way on every
 * rank. */
static bool is_doubtful(const engine_proving *self, const order *o)
{
    return o->job.err.code == PT_E_VERIFY && (self->setup.is_alone || device_of(self) != NULL);
}

static void doubt(engine_proving *self, order *o)
{
    order **end = &self->doubted;
    while (*end != NULL)
        end = &(*end)->next;
    o->next = NULL;
    *end = o;
}

static pt_status look_again(engine_proving *self, order *o, pt_err *err)
{
    const second_look_setup setup = {.key_path = self->paths[o->key],
                                     .witness = o->job.witness,
                                     .device = device_of(self),
                                     .n_threads = workplace_threads(&self->place, self->setup.options),
                                     .features = self->setup.options->features,
                                     .cancel = &o->cancel,
                                     .told = tell_of_miscomputing,
                                     .ctx = self};
    if (second_look_begin(&setup, &self->second, err) == PT_OK)
        self->looked = o;
    return err->code;
}

static bool next_looked(engine_proving *self, proving_end *out)
{
    if (self->second == NULL || !second_look_is_over(self->second))
        return false;
    order *o = self->looked;
    second_look_end(self->second, &o->job);
    self->second = NULL;
    fill_end(self, o, out);
    order_destroy(o);
    return true;
}

/* One at a time. What can't be looked at is as it was at first. */
static bool next_unlooked(engine_proving *self, proving_end *out)
{
    while (self->second == NULL && self->doubted != NULL) {
        pt_err err = {0};
        order *o = self->doubted;
        self->doubted = o->next;
        if (look_again(self, o, &err) == PT_OK)
            break;
        fill_end(self, o, out);
        order_destroy(o);
        return true;
    }
    return false;
}

static bool next(proving *base, proving_end *out)
{
    engine_proving *self = of(base);
    gather_opener(self);
    if (next_looked(self, out))
        return true;
    for (engine_job *job = engine_next_finished(self->engine); job != NULL; job = engine_next_finished(self->engine)) {
        order *o = unlink_order(self, job);
        if (is_doubtful(self, o)) {
            doubt(self, o);
            continue;
        }
        fill_end(self, o, out);
        order_destroy(o);
        return true;
    }
    return next_unlooked(self, out);
}

static void cancel_if(order *o, wire_attempt attempt)
{
    if (o->attempt.partition == attempt.partition && o->attempt.attempt == attempt.attempt)
        atomic_store(&o->cancel, true);
}

static void cancel(proving *base, wire_attempt attempt)
{
    engine_proving *self = of(base);
    for (order *o = self->orders; o != NULL; o = o->next)
        cancel_if(o, attempt);
    for (order *o = self->doubted; o != NULL; o = o->next)
        cancel_if(o, attempt);
    if (self->second != NULL)
        cancel_if(self->looked, attempt);
}

/* ---- the device ---- */

static void device_fault(proving *base, char *out)
{
    engine_proving *self = of(base);
    pthread_mutex_lock(&self->fault_lock);
    memcpy(out, self->device_fault, sizeof self->device_fault);
    pthread_mutex_unlock(&self->fault_lock);
}

wire_device engine_proving_device(const engine_proving *self)
{
    if (self->place.on.device == NULL)
        return (wire_device){.n_proven = 0};
    const gpu_device_info *info = gpu_device_describe(self->place.on.device);
    const engine_figures achieved = engine_figures_now(self->engine);
    return (wire_device){.name = info->name,
                         .pci = info->pci,
                         .index = (uint32_t)info->index,
                         .n_proven = achieved.n_on_device,
                         .n_instead = achieved.n_left_device};
}

static const proving_ops ops = {.open_keys = open_keys,
                                .key = key_of,
                                .room = room,
                                .begin = begin,
                                .next = next,
                                .cancel = cancel,
                                .device_fault = device_fault};

/* ---- the whole ---- */

pt_status engine_proving_create(const engine_proving_setup *setup, engine_proving **out, pt_err *err)
{
    engine_proving *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory to prove");
    self->base.ops = &ops;
    self->setup = *setup;
    if (workplace_init(setup->options, setup->largest_key, setup->n_partitions, &self->place, err) != PT_OK) {
        free(self);
        return err->code;
    }
    pthread_mutex_init(&self->fault_lock, NULL);
    engine_setup with = workplace_setup(&self->place, setup->options);
    with.stop = setup->stop;
    with.timeline = run_timeline_recorder(setup->timeline);
    if (setup->options->rank != 0) {
        note_fault(self, self->place.device_fault.code != PT_OK, self->place.device_fault.msg);
        with.told = note_fault;
        with.ctx = self;
    }
    if (setup->n_partitions == 1)
        with.options.n_in_flight = 1;
    if (with.options.queue_depth != 0 && with.options.queue_depth < setup->n_ahead) /* who hands in more would wait */
        self->setup.n_ahead = (uint32_t)with.options.queue_depth;
    if (engine_create(&with, &self->engine, err) == PT_OK)
        *out = self;
    else
        engine_proving_destroy(self);
    return err->code;
}

static void close_keys(engine_proving *self)
{
    for (uint32_t i = 0; i < self->n_keys; i++) {
        engine_key_destroy(self->resident[i]);
        key_copies_close(&self->keys[i]);
        free(self->paths[i]);
    }
    free(self->known);
    free(self->states);
    free(self->resident);
    free(self->keys);
    free(self->paths);
}

void engine_proving_settle(engine_proving *self)
{
    for (order *o = self->orders; o != NULL; o = o->next)
        atomic_store(&o->cancel, true);
    if (self->second != NULL) {
        atomic_store(&self->looked->cancel, true);
        second_look_end(self->second, &self->looked->job);
        order_destroy(self->looked);
        self->second = NULL;
    }
    for (order *o = self->doubted; o != NULL; o = self->doubted) {
        self->doubted = o->next;
        order_destroy(o);
    }
    engine_stop(self->engine);
    for (engine_job *job = engine_next(self->engine); job != NULL; job = engine_next(self->engine))
        order_destroy(unlink_order(self, job));
}

void engine_proving_destroy(engine_proving *self)
{
    if (self == NULL)
        return;
    atomic_store(&self->closing, true);
    if (self->opening)
        pthread_join(self->opener, NULL);
    if (self->engine != NULL)
        engine_proving_settle(self);
    engine_destroy(self->engine);
    close_keys(self);
    workplace_clear(&self->place);
    pthread_mutex_destroy(&self->fault_lock);
    free(self);
}

void engine_proving_rest(engine_proving *self, unsigned us)
{
    if (us > 0)
        engine_wait_finished(self->engine, us);
}

proving *engine_proving_table(engine_proving *self)
{
    return &self->base;
}

engine_proving_parts engine_proving_look(engine_proving *self)
{
    return (engine_proving_parts){.engine = self->engine,
                                  .place = &self->place,
                                  .keys = self->keys,
                                  .n_keys = self->n_keys,
                                  .memory = &self->memory,
                                  .peak_before = self->peak_before};
}
