/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/cluster/simulator.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mpi/cluster/coordinator.h"
#include "mpi/cluster/simulated_time.h"
#include "mpi/cluster/worker.h"

enum { PROOF_BYTES = 128, TRIES_MAX = 8, ROOT = UINT32_MAX };
static const double lease_s = 3, root_patience_s = 15, worker_tick_s = 0.5, root_tick_s = 0.25;
static const double group_s = 0.005001; /* the coordinator's, and what rounding may take */
static const char build[] = "simulated";

typedef struct simulator simulator;

typedef struct task {
    struct task *next;
    wire_attempt attempt;
    double ends, length; /* 0: it waits */
    bool cancelled;
} task;

/* A rank: its worker and its proving. */
typedef struct {
    proving base;
    transport link;
    simulator *of;
    uint32_t number, life, n_running;
    bool dead, frozen;
    double speed, keys_at;
    bool opening;
    proving_key_state key;
    task *tasks, **last_task;
    worker *worker;
} node;

struct simulator {
    simulator_setup setup;
    chances chances;
    event_queue events, inbox;   /* inbox: frames that wait for the root */
    double now, root_free;       /* root_free: when the root has done what it has begun */
    double root_due, commit_due; /* when it is to be woken, INFINITY: by a frame alone; and to commit */
    double group_ends;           /* a delivery from then on is of another commit */
    node *nodes;
    request request;
    uint8_t *identities, *key_hash;
    transport root_link;
    coordinator *coordinator;
    journal *journal;
    uint32_t n_roots;
    double begun_at;
    bool *delivered; /* by any root: what counts for the world */
    bool *failed;
    bool *unsatisfied;
    double *link_free; /* of each rank, both ways: frames stay in order unless a fault says otherwise */
    simulator_result result;
    pt_err *err;
};

/* ---- events ---- */

static void push(simulator *self, event e)
{
    event_queue_push(&self->events, e, self->err);
}

static void push_rank(simulator *self, event_kind kind, uint32_t rank, double at)
{
    push(self,
         (event){.at = at, .kind = kind, .rank = rank, .life = rank == ROOT ? self->n_roots : self->nodes[rank].life});
}

/* ---- frames ---- */

static void send_copy(simulator *self, uint32_t from, uint32_t to, uint32_t rank, const uint8_t *frame, size_t n_bytes)
{
    const simulator_faults *f = &self->setup.faults;
    uint8_t *bytes = malloc(n_bytes + 1);
    if (bytes == NULL) {
        pt_fail(self->err, PT_E_NOMEM, "no memory for a simulated frame");
        return;
    }
    memcpy(bytes, frame, n_bytes);
    if (chance(&self->chances) < f->damage && n_bytes > 0)
        bytes[chance_word(&self->chances) % n_bytes] ^= (uint8_t)(1u << chance_word(&self->chances) % 8);
    double at =
        fmax(self->now, from == ROOT ? self->root_free : 0) + self->setup.frame_s * (1 + chance(&self->chances) / 2);
    double *in_order = &self->link_free[2 * rank + (to == ROOT)];
    if (chance(&self->chances) < f->reorder)
        at += chance_wait(&self->chances, 2);
    else
        *in_order = at = fmax(at, *in_order);
    push(self, (event){.at = at, .kind = EVENT_FRAME, .rank = to, .from = from, .bytes = bytes, .n_bytes = n_bytes});
}

static void send_frame(simulator *self, uint32_t from, uint32_t to, uint32_t rank, const uint8_t *frame, size_t n_bytes)
{
    self->result.n_frames++;
    self->result.frame_bytes += n_bytes;
    if (chance(&self->chances) < self->setup.faults.lose)
        return;
    send_copy(self, from, to, rank, frame, n_bytes);
    if (chance(&self->chances) < self->setup.faults.duplicate)
        send_copy(self, from, to, rank, frame, n_bytes);
}

static pt_status root_send(transport *link, uint32_t to, const uint8_t *frame, size_t n_bytes, pt_err *err)
{
    simulator *self = (simulator *)((char *)link - offsetof(simulator, root_link));
    send_frame(self, ROOT, to, to, frame, n_bytes);
    return err->code;
}

static pt_status node_send(transport *link, uint32_t to, const uint8_t *frame, size_t n_bytes, pt_err *err)
{
    node *n = (node *)((char *)link - offsetof(node, link));
    (void)to;
    send_frame(n->of, n->number, ROOT, n->number, frame, n_bytes);
    return err->code;
}

static const transport_ops root_ops = {.send = root_send}, node_ops = {.send = node_send};

/* ---- proving ---- */

/* A proof is the hash of what it proves, which the root can check without knowing the partition, as a pairing can. */
static void fill_proof(uint32_t partition, uint8_t *out)
{
    for (uint32_t i = 0; i < PROOF_BYTES; i += 8) {
        const uint64_t word = chance_mix(((uint64_t)partition << 32 | i) + 1);
        memcpy(out + i, &word, sizeof word);
    }
}

static bool is_right(const uint8_t *proof, const uint8_t *public_inputs)
{
    uint8_t expected[PROOF_BYTES];
    uint32_t partition;
    memcpy(&partition, public_inputs, sizeof partition);
    fill_proof(partition, expected);
    return memcmp(proof, expected, sizeof expected) == 0;
}

static pt_status node_open_keys(proving *base, const char *const *paths, uint32_t n_keys, pt_err *err)
{
    node *n = (node *)base;
    (void)paths;
    (void)n_keys;
    n->opening = true;
    n->keys_at = n->of->now + n->of->setup.key_s;
    push_rank(n->of, EVENT_PROVEN, n->number, n->keys_at);
    return err->code;
}

static const proving_key_state *node_keys(proving *base)
{
    node *n = (node *)base;
    return n->opening && n->of->now >= n->keys_at ? &n->key : NULL;
}

static uint32_t node_room(const proving *base)
{
    const node *n = (const node *)base;
    return n->of->setup.n_in_flight + n->of->setup.n_ahead;
}

static void start_tasks(node *n)
{
    simulator *self = n->of;
    for (task *t = n->tasks; t != NULL && n->n_running < self->setup.n_in_flight; t = t->next) {
        if (t->ends != 0)
            continue;
        t->length = self->setup.partition_s * (1 + self->setup.spread * (2 * chance(&self->chances) - 1)) / n->speed;
        t->ends = self->now + t->length;
        self->result.proving_s += t->length;
        n->n_running++;
        push_rank(self, EVENT_PROVEN, n->number, t->ends);
    }
}

static pt_status node_begin(proving *base, const proving_order *order, pt_err *err)
{
    node *n = (node *)base;
    task *t = calloc(1, sizeof *t);
    if (t == NULL)
        return pt_fail(err, pt_fail(n->of->err, PT_E_NOMEM, "no memory for a simulated partition"), "%s", n->of->err->msg);
    t->attempt = order->attempt;
    *n->last_task = t;
    n->last_task = &t->next;
    start_tasks(n);
    return PT_OK;
}

/* A file that one rank does not see, and rank 0 does. */
static bool is_unreadable(const node *n, uint32_t partition)
{
    const uint64_t word = chance_mix(n->of->setup.seed ^ chance_mix((uint64_t)partition << 32 | n->number));
    return n->number != 0 && (double)(word >> 11) * 0x1p-53 < n->of->setup.faults.unreadable;
}

static void fill_end(node *n, const task *t, proving_end *out)
{
    simulator *self = n->of;
    const uint32_t partition = t->attempt.partition;
    *out = (proving_end){.attempt = t->attempt, .begun = true, .seconds = t->length};
    if (self->unsatisfied[partition]) {
        pt_fail(&out->err, PT_E_VERIFY, "not satisfied or miscomputed");
    } else if (is_unreadable(n, partition)) {
        pt_fail(&out->err, PT_E_NOINPUT, "not to be read on this rank");
    } else if ((out->public_inputs = calloc(1, 32)) == NULL) {
        pt_fail(&out->err, pt_fail(self->err, PT_E_NOMEM, "no memory for a simulated proof"), "%s", self->err->msg);
    } else {
        memcpy(out->public_inputs, &partition, sizeof partition);
        fill_proof(partition, out->proof);
        out->n_proof_bytes = PROOF_BYTES;
        out->n_public = 1;
        if (chance(&self->chances) < self->setup.faults.miscompute)
            out->proof[chance_word(&self->chances) % PROOF_BYTES] ^= 1;
    }
}

static void free_task(node *n, task **at)
{
    task *t = *at;
    *at = t->next;
    if (t->next == NULL)
        n->last_task = at;
    free(t);
}

static bool node_next(proving *base, proving_end *out)
{
    node *n = (node *)base;
    for (task **at = &n->tasks; *at != NULL; at = &(*at)->next) {
        if ((*at)->ends == 0 || (*at)->ends > n->of->now)
            continue;
        fill_end(n, *at, out);
        free_task(n, at);
        n->n_running--;
        start_tasks(n);
        return true;
    }
    return false;
}

/* What waits goes; what is under way ends as it would have. */
static void node_cancel(proving *base, wire_attempt attempt)
{
    node *n = (node *)base;
    for (task **at = &n->tasks; *at != NULL; at = &(*at)->next)
        if ((*at)->ends == 0 && (*at)->attempt.partition == attempt.partition &&
            (*at)->attempt.attempt == attempt.attempt) {
            free_task(n, at);
            return;
        }
}

static const proving_ops proving_table = {.open_keys = node_open_keys,
                                          .keys = node_keys,
                                          .room = node_room,
                                          .begin = node_begin,
                                          .next = node_next,
                                          .cancel = node_cancel};

/* ---- lives of ranks ---- */

static void node_stop(node *n)
{
    worker_destroy(n->worker);
    n->worker = NULL;
    while (n->tasks != NULL)
        free_task(n, &n->tasks);
    n->n_running = 0;
    n->opening = n->frozen = false;
    n->dead = true;
    n->life++;
}

static void node_start(simulator *self, uint32_t rank)
{
    node *n = &self->nodes[rank];
    *n = (node){.base = {.ops = &proving_table},
                .link = {.ops = &node_ops, .rank = rank, .n_ranks = self->setup.n_ranks},
                .of = self,
                .number = rank,
                .life = n->life + 1,
                .speed = n->speed};
    n->last_task = &n->tasks;
    const worker_setup setup = {.transport = &n->link,
                                .proving = &n->base,
                                .build = build,
                                .host = "node",
                                .process = n->life,
                                .n_threads = 1,
                                .patience_s = root_patience_s};
    worker_create(&setup, self->now, &n->worker, self->err);
    push_rank(self, EVENT_TICK, rank, self->now + chance(&self->chances) * self->setup.frame_s);
}

/* ---- the root ---- */

static void be_busy(simulator *self, double seconds)
{
    self->root_free = fmax(self->root_free, self->now) + seconds;
    self->result.root_busy_s += seconds;
}

/* Have the root look at what is due, not later than at this time. */
static void wake_root(simulator *self, double at)
{
    if (at >= self->root_due)
        return;
    self->root_due = at;
    push_rank(self, EVENT_TICK, ROOT, at);
}

static pt_status judge(void *ctx, const cluster_proof *proofs, size_t n, pt_err *verdicts, pt_err *err)
{
    simulator *self = ctx;
    for (size_t i = 0; i < n; i++)
        if (proofs[i].n_bytes != PROOF_BYTES || proofs[i].n_public != 1 ||
            !is_right(proofs[i].bytes, proofs[i].public_inputs))
            pt_fail(&verdicts[i], PT_E_VERIFY, "a simulated proof is wrong");
    be_busy(self, self->setup.judge_s * (double)n);
    self->commit_due = fmax(self->root_free, self->now + group_s);
    return err->code;
}

static pt_status broken(simulator *self, const char *what, uint32_t partition)
{
    return pt_fail(self->err, PT_E_INTERNAL, "seed %" PRIu64 ": partition %u %s", self->setup.seed, partition, what);
}

static void check_proof(simulator *self, uint32_t partition, const uint8_t *proof, const uint8_t *public_inputs)
{
    uint32_t proven;
    memcpy(&proven, public_inputs, sizeof proven);
    if (proven != partition || !is_right(proof, public_inputs))
        broken(self, "was published with a wrong proof", partition);
}

static void deliver(void *ctx, const cluster_proof *proof, const char *host)
{
    simulator *self = ctx;
    (void)host;
    check_proof(self, proof->partition, proof->bytes, proof->public_inputs);
    if (self->delivered[proof->partition])
        broken(self, "was proven and published twice", proof->partition);
    self->delivered[proof->partition] = true;
    if (self->now >= self->group_ends) {
        self->group_ends = self->now + group_s;
        be_busy(self, self->setup.commit_s);
    }
    self->result.needed_s += proof->seconds;
    self->result.makespan_s = fmax(self->now, self->root_free) - self->begun_at;
}

static void fail(void *ctx, uint32_t partition, const pt_err *why)
{
    simulator *self = ctx;
    /* With a rank at fault those that are left may all have failed at it. */
    const coordinator_figures f = coordinator_figures_now(self->coordinator);
    if (!self->unsatisfied[partition] && f.n_barred + f.n_wrong == 0)
        pt_fail(self->err, PT_E_INTERNAL, "seed %" PRIu64 ": partition %u is sound and failed: %s", self->setup.seed,
                partition, why->msg);
    self->failed[partition] = true;
}

static void say(void *ctx, const char *line)
{
    (void)ctx;
    (void)line;
}

/* A root that starts finds what earlier ones have published, or it was lost. */
static void recall(simulator *self)
{
    for (uint32_t i = 0; i < self->setup.n_partitions && self->err->code == PT_OK; i++) {
        journal_entry entry;
        bool found;
        if (journal_find(self->journal, self->identities + (size_t)i * JOURNAL_HASH_BYTES, &found, &entry, self->err) !=
            PT_OK)
            return;
        if (self->delivered[i] && !found)
            broken(self, "was published, and the journal does not know it", i);
        if (!found)
            continue;
        check_proof(self, i, entry.proof, entry.public_inputs);
        self->delivered[i] = true; /* by this root, if the last one did not come to it */
        coordinator_set_done(self->coordinator, i);
    }
}

static void open_journal(simulator *self)
{
    if (self->setup.vfs == NULL)
        return;
    const journal_setup setup = {.path = "simulated.db",
                                 .vfs = self->setup.vfs,
                                 .request_hash = self->key_hash,
                                 .n_partitions = self->setup.n_partitions,
                                 .host = "root",
                                 .process = self->n_roots,
                                 .now_unix = self->now,
                                 .resume = self->n_roots > 1};
    if (journal_open(&setup, &self->journal, self->err) == PT_OK)
        recall(self);
}

static void root_start(simulator *self)
{
    const coordinator_setup setup = {.request = &self->request,
                                     .transport = &self->root_link,
                                     .calls = {.ctx = self, .judge = judge, .deliver = deliver, .failed = fail, .say = say},
                                     .build = build,
                                     .epoch = ++self->n_roots,
                                     .number = 1,
                                     .lease_s = lease_s,
                                     .tries_max = TRIES_MAX};
    self->root_free = self->begun_at = self->now;
    memset(self->failed, 0, self->setup.n_partitions * sizeof *self->failed);
    if (coordinator_create(&setup, self->now, &self->coordinator, self->err) != PT_OK)
        return;
    open_journal(self);
    coordinator_begin(self->coordinator, self->key_hash, self->journal, self->identities, self->now);
    for (uint32_t i = 0; i < self->setup.n_ranks; i++)
        node_start(self, i);
    self->root_due = INFINITY;
    wake_root(self, self->now);
}

static void keep_figures(simulator *self)
{
    const coordinator_figures f = coordinator_figures_now(self->coordinator);
    simulator_result *r = &self->result;
    r->n_done = f.partitions.n_done;
    r->n_failed = f.partitions.n_failed;
    r->n_lost += f.n_lost;
    r->n_barred += f.n_barred;
    r->n_given += f.n_given;
    r->n_twice += f.n_twice;
    r->n_damaged += f.n_damaged;
    r->n_wrong += f.n_wrong;
    r->n_roots = self->n_roots;
}

static void root_stop(simulator *self)
{
    if (self->coordinator != NULL)
        keep_figures(self);
    coordinator_destroy(self->coordinator);
    self->coordinator = NULL;
    journal_close(self->journal);
    self->journal = NULL;
}

/* All is gone but what was synced, and frames on their way. */
static void crash(simulator *self)
{
    self->setup.crash_disk(self->setup.ctx);
    root_stop(self);
    for (uint32_t i = 0; i < self->setup.n_ranks; i++)
        node_stop(&self->nodes[i]);
    self->setup.start_disk(self->setup.ctx);
    root_start(self);
}

/* What has come, then what is due, as the program does. */
static void root_turn(simulator *self)
{
    for (size_t i = 0; i < COORDINATOR_FRAMES_MAX && self->inbox.n > 0; i++) {
        const event e = event_queue_pop(&self->inbox);
        coordinator_receive(self->coordinator, e.from, e.bytes, e.n_bytes, self->now);
        free(e.bytes);
    }
    coordinator_tick(self->coordinator, self->now);
    if (self->commit_due > self->now)
        wake_root(self, self->commit_due);
    if (self->inbox.n > 0)
        wake_root(self, self->root_free);
}

/* ---- what happens ---- */

static void node_tick(node *n)
{
    pt_err how = {0};
    worker_tick(n->worker, n->of->now);
    if (worker_is_over(n->worker, &how)) {
        node_stop(n);
        push_rank(n->of, EVENT_REVIVE, n->number, n->of->now + 1);
    }
}

/* Some rank, of those that live. */
static uint32_t pick(simulator *self)
{
    const uint32_t first = (uint32_t)(chance_word(&self->chances) % self->setup.n_ranks);
    for (uint32_t i = 0; i < self->setup.n_ranks; i++) {
        const uint32_t rank = (first + i) % self->setup.n_ranks;
        if (!self->nodes[rank].dead && !self->nodes[rank].frozen)
            return rank;
    }
    return ROOT;
}

static void strike(simulator *self, event_kind kind)
{
    const simulator_faults *f = &self->setup.faults;
    const uint32_t rank = pick(self);
    if (kind == EVENT_KILL) {
        push_rank(self, kind, ROOT, self->now + chance_wait(&self->chances, f->kill_s));
        if (rank == ROOT || (f->revive_s == 0 && rank == 0)) /* somebody goes on */
            return;
        node_stop(&self->nodes[rank]);
        if (f->revive_s > 0)
            push_rank(self, EVENT_REVIVE, rank, self->now + chance_wait(&self->chances, f->revive_s));
    } else {
        push_rank(self, kind, ROOT, self->now + chance_wait(&self->chances, f->freeze_s));
        if (rank == ROOT)
            return;
        self->nodes[rank].frozen = true;
        push_rank(self, EVENT_THAW, rank, self->now + chance_wait(&self->chances, f->frozen_s));
    }
}

static void happen_to_rank(simulator *self, event *e)
{
    node *n = &self->nodes[e->rank];
    if (e->kind == EVENT_FRAME && n->frozen) { /* it waits with the rank */
        event later = *e;
        later.at = self->now + worker_tick_s;
        e->bytes = NULL;
        push(self, later);
    } else if (e->kind == EVENT_FRAME && !n->dead) {
        worker_receive(n->worker, e->bytes, e->n_bytes, self->now);
        node_tick(n);
    } else if (e->kind == EVENT_FRAME || e->life != n->life) {
        return;
    } else if (e->kind == EVENT_REVIVE) {
        node_start(self, e->rank);
    } else if (e->kind == EVENT_THAW) {
        n->frozen = false;
        node_tick(n);
    } else if (!n->frozen || e->kind == EVENT_TICK) {
        if (e->kind == EVENT_TICK)
            push_rank(self, EVENT_TICK, e->rank, self->now + worker_tick_s);
        if (!n->frozen)
            node_tick(n);
    }
}

static void happen_to_root(simulator *self, event *e)
{
    if (e->kind == EVENT_FRAME) {
        event_queue_push(&self->inbox, *e, self->err);
        e->bytes = NULL;
        if (self->root_free > self->now)
            wake_root(self, self->root_free);
        else
            root_turn(self);
    } else if (e->kind == EVENT_KILL || e->kind == EVENT_FREEZE) {
        strike(self, e->kind);
    } else if (e->kind == EVENT_CRASH) {
        push_rank(self, EVENT_CRASH, ROOT, self->now + chance_wait(&self->chances, self->setup.faults.root_crash_s));
        crash(self);
    } else if (e->life == self->n_roots && e->at >= self->root_due) { /* else it was woken before */
        self->root_due = INFINITY;
        if (self->now >= self->root_free)
            root_turn(self);
        wake_root(self, self->root_free > self->now ? self->root_free : self->now + root_tick_s);
    }
}

static bool is_over(simulator *self)
{
    pt_err of_root = {0};
    if (self->err->code != PT_OK)
        return true;
    if (!coordinator_is_over(self->coordinator, &of_root))
        return false;
    if (of_root.code != PT_OK)
        pt_fail(self->err, of_root.code, "seed %" PRIu64 ": %s", self->setup.seed, of_root.msg);
    return true;
}

static void run(simulator *self)
{
    const simulator_faults *f = &self->setup.faults;
    root_start(self);
    if (f->kill_s > 0)
        push_rank(self, EVENT_KILL, ROOT, chance_wait(&self->chances, f->kill_s));
    if (f->freeze_s > 0)
        push_rank(self, EVENT_FREEZE, ROOT, chance_wait(&self->chances, f->freeze_s));
    if (f->root_crash_s > 0)
        push_rank(self, EVENT_CRASH, ROOT, chance_wait(&self->chances, f->root_crash_s));
    while (self->err->code == PT_OK && !is_over(self)) {
        event e = event_queue_pop(&self->events);
        self->now = e.at;
        if (self->now > self->setup.give_up_s) {
            pt_fail(self->err, PT_E_INTERNAL, "seed %" PRIu64 ": not over after %.0f simulated seconds", self->setup.seed,
                    self->now);
        } else if (e.rank == ROOT) {
            happen_to_root(self, &e);
        } else {
            happen_to_rank(self, &e);
        }
        free(e.bytes);
    }
}

/* Everything was proven and published, but for partitions whose witness is at fault. */
static void check_end(simulator *self)
{
    for (uint32_t i = 0; i < self->setup.n_partitions && self->err->code == PT_OK; i++)
        if (self->unsatisfied[i] ? self->delivered[i] : !self->delivered[i] && !self->failed[i])
            broken(self, self->unsatisfied[i] ? "can't be proven and was" : "was lost", i);
}

/* ---- the whole ---- */

static pt_status make_request(simulator *self)
{
    const uint32_t n = self->setup.n_partitions;
    static char key_path[] = "simulated.zkey", witness[] = "simulated.wtns";
    self->request.keys = calloc(1, sizeof *self->request.keys);
    self->request.partitions = calloc(n, sizeof *self->request.partitions);
    self->identities = calloc(n, JOURNAL_HASH_BYTES);
    self->key_hash = calloc(1, WIRE_HASH_BYTES);
    if (self->request.keys == NULL || self->request.partitions == NULL || self->identities == NULL ||
        self->key_hash == NULL)
        return pt_fail(self->err, PT_E_NOMEM, "no memory for %u simulated partitions", n);
    self->request.keys[0] = key_path;
    self->request.n_keys = 1;
    self->request.n_partitions = n;
    for (uint32_t i = 0; i < n; i++) {
        self->request.partitions[i] = (request_partition){.id = witness, .witness = witness};
        memcpy(self->identities + (size_t)i * JOURNAL_HASH_BYTES, &i, sizeof i);
    }
    return PT_OK;
}

static pt_status make_world(simulator *self)
{
    const simulator_setup *s = &self->setup;
    self->nodes = calloc(s->n_ranks, sizeof *self->nodes);
    self->link_free = calloc(2 * (size_t)s->n_ranks, sizeof *self->link_free);
    self->delivered = calloc(s->n_partitions, sizeof *self->delivered);
    self->failed = calloc(s->n_partitions, sizeof *self->failed);
    self->unsatisfied = calloc(s->n_partitions, sizeof *self->unsatisfied);
    if (self->nodes == NULL || self->link_free == NULL || self->delivered == NULL || self->failed == NULL ||
        self->unsatisfied == NULL)
        return pt_fail(self->err, PT_E_NOMEM, "no memory for %u simulated ranks", s->n_ranks);
    for (uint32_t i = 0; i < s->n_ranks; i++)
        self->nodes[i].speed = 1 + s->speed_spread * (2 * chance(&self->chances) - 1);
    for (uint32_t i = 0; i < s->n_partitions; i++)
        self->unsatisfied[i] = chance(&self->chances) < s->faults.unsatisfied;
    self->root_link = (transport){.ops = &root_ops, .n_ranks = s->n_ranks};
    return make_request(self);
}

static void clear(simulator *self)
{
    root_stop(self);
    for (uint32_t i = 0; i < self->setup.n_ranks && self->nodes != NULL; i++)
        node_stop(&self->nodes[i]);
    event_queue_clear(&self->events);
    event_queue_clear(&self->inbox);
    free(self->nodes);
    free(self->link_free);
    free(self->delivered);
    free(self->failed);
    free(self->unsatisfied);
    free(self->identities);
    free(self->key_hash);
    free(self->request.partitions);
    free(self->request.keys);
}

pt_status simulator_run(const simulator_setup *setup, simulator_result *out, pt_err *err)
{
    simulator self = {.setup = *setup, .chances = {setup->seed}, .err = err};
    if (make_world(&self) == PT_OK) {
        run(&self);
        check_end(&self);
    }
    clear(&self);
    if (err->code == PT_OK)
        *out = self.result;
    return err->code;
}
