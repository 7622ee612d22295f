/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/coordinator_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double again_s = 0.05; /* between two questions for what was damaged */
static const double alive_s = 1;    /* between two signs of life */
static const double stuck_s = 30;   /* that is waited for ranks without which nothing goes on */

/* ---- creation ---- */

static pt_status allocate(coordinator *self, pt_err *err)
{
    const size_t n_ranks = self->n_ranks, n_keys = self->setup.is_open ? self->setup.n_keys_max : self->n_keys;
    self->ranks = calloc(n_ranks, sizeof *self->ranks);
    self->lost = calloc(n_ranks, sizeof *self->lost);
    self->setbacks = calloc(self->n_partitions, sizeof *self->setbacks);
    self->returned = calloc(self->n_partitions, sizeof *self->returned);
    self->proven_by = malloc(self->n_partitions * sizeof *self->proven_by);
    for (size_t i = 0; i < self->n_partitions && self->proven_by != NULL; i++)
        self->proven_by[i] = LEDGER_NONE;
    self->keys = calloc(n_keys, sizeof *self->keys);
    bool whole = self->ranks != NULL && self->lost != NULL && self->setbacks != NULL && self->returned != NULL &&
                 self->proven_by != NULL && self->keys != NULL;
    for (size_t i = 0; i < n_ranks && whole; i++) {
        rank_state *r = &self->ranks[i];
        r->hashes = calloc(n_keys, WIRE_HASH_BYTES);
        r->keys = calloc(n_keys, sizeof *r->keys);
        snprintf(r->host, sizeof r->host, "a host that never answered");
        whole = r->hashes != NULL && r->keys != NULL;
    }
    return whole ? PT_OK : pt_fail(err, PT_E_NOMEM, "no memory to coordinate %zu ranks", n_ranks);
}

static pt_status make_ledger(coordinator *self, pt_err *err)
{
    const request *r = self->setup.request;
    int32_t *priorities = calloc(r->n_partitions, sizeof *priorities);
    if (priorities == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for %u partitions", r->n_partitions);
    for (uint32_t i = 0; i < r->n_partitions; i++)
        priorities[i] = r->partitions[i].priority;
    const ledger_setup setup = {.n_partitions = r->n_partitions,
                                .n_ranks = self->n_ranks,
                                .priorities = priorities,
                                .lease_s = self->setup.lease_s,
                                .tries_max = self->setup.tries_max,
                                .is_open = self->setup.is_open};
    ledger_create(&setup, &self->ledger, err);
    free(priorities);
    return err->code;
}

pt_status coordinator_create(const coordinator_setup *setup, double now, coordinator **out, pt_err *err)
{
    coordinator *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for a coordinator");
    self->setup = *setup;
    self->n_ranks = setup->transport->n_ranks;
    self->n_keys = setup->is_open ? 0 : setup->request->n_keys;
    self->expecting = setup->is_open;
    self->n_partitions = setup->request->n_partitions;
    self->alive_sent = now;
    self->stuck_since = INFINITY;
    if (allocate(self, err) == PT_OK && make_ledger(self, err) == PT_OK)
        *out = self;
    else
        coordinator_destroy(self);
    return err->code;
}

void coordinator_destroy(coordinator *self)
{
    if (self == NULL)
        return;
    for (size_t i = 0; i < self->n_arrived; i++)
        free(self->arrived[i].public_inputs);
    for (size_t i = 0; i < self->n_grouped; i++)
        free(self->grouped[i].public_inputs);
    for (size_t i = 0; i < self->n_ranks && self->ranks != NULL; i++) {
        free(self->ranks[i].hashes);
        free(self->ranks[i].keys);
    }
    for (size_t i = 0; i < self->n_partitions && self->setbacks != NULL; i++)
        free(self->setbacks[i]);
    free(self->setbacks);
    free(self->returned);
    free(self->proven_by);
    free(self->keys);
    free(self->lost);
    free(self->ranks);
    ledger_destroy(self->ledger);
    wire_room_clear(&self->in);
    wire_room_clear(&self->out);
    free(self);
}

void coordinator_set_done(coordinator *self, uint32_t partition)
{
    ledger_set_done(self->ledger, partition);
}

/* ---- what is sent ---- */

/* A frame that can't be sent for want of memory is one that was lost: it is said again when it is missed. */
static size_t send_frame(void *ctx, uint32_t to, wire_frame *frame)
{
    coordinator *self = ctx;
    pt_err err = {0};
    frame->epoch = self->setup.epoch;
    frame->request = self->setup.number;
    if (wire_write(frame, &self->out, &err) == PT_OK)
        transport_send(self->setup.transport, to, self->out.bytes, self->out.n_bytes, &err);
    shortage_note(&self->sending, &err);
    return err.code == PT_OK ? self->out.n_bytes : 0;
}

void coordinator_send(coordinator *self, uint32_t to, wire_frame *frame)
{
    send_frame(self, to, frame);
}

void coordinator_send_attempt(coordinator *self, uint32_t to, wire_type type, wire_attempt attempt)
{
    wire_frame frame = {.type = type, .attempt = attempt};
    coordinator_send(self, to, &frame);
}

static void send_stop(coordinator *self, uint32_t to, pt_status status, const char *message)
{
    wire_frame frame = {.type = WIRE_STOP, .of.stop = {.status = status, .message = message}};
    coordinator_send(self, to, &frame);
}

static void send_assignment(coordinator *self, const ledger_lease *lease)
{
    const request_partition *p = &self->setup.request->partitions[lease->partition];
    wire_frame frame = {.type = WIRE_ASSIGN,
                        .attempt = {.partition = lease->partition, .attempt = lease->attempt},
                        .of.assign = {.key = p->key, .priority = p->priority, .id = p->id, .witness = p->witness}};
    coordinator_send(self, lease->rank, &frame);
}

static void send_welcome(coordinator *self, uint32_t to)
{
    wire_frame frame = {
        .type = WIRE_WELCOME,
        .of.welcome = {.n_keys = self->n_keys, .key_paths = (const char *const *)self->setup.request->keys}};
    coordinator_send(self, to, &frame);
}

void coordinator_tell(coordinator *self, cluster_event_kind kind, uint32_t rank, const char *text)
{
    const cluster_event event = {.kind = kind, .rank = rank, .host = self->ranks[rank].host, .text = text};
    self->setup.calls.tell(self->setup.calls.ctx, &event);
}

void coordinator_tell_attempt(coordinator *self, cluster_event_kind kind, const ledger_lease *of, double seconds,
                              const char *text)
{
    const cluster_event event = {.kind = kind,
                                 .rank = of->rank,
                                 .host = self->ranks[of->rank].host,
                                 .partition = of->partition,
                                 .attempt = of->attempt,
                                 .seconds = seconds,
                                 .text = text};
    self->setup.calls.tell(self->setup.calls.ctx, &event);
}

/* ---- ranks ---- */

/* A rank that gets no more work. */
void coordinator_bar(coordinator *self, uint32_t rank, const char *why)
{
    if (ledger_is_barred(self->ledger, rank))
        return;
    if (why != NULL)
        coordinator_tell(self, self->ranks[rank].refused ? RANK_REFUSED : RANK_BARRED, rank, why);
    ledger_bar(self->ledger, rank);
    self->figures.n_barred++;
}

static void refuse(coordinator *self, uint32_t rank, const char *why)
{
    if (self->ranks[rank].refused)
        return;
    self->ranks[rank].refused = true;
    coordinator_bar(self, rank, why);
    send_stop(self, rank, PT_E_DEVICE, why);
}

static void allow_room(coordinator *self, uint32_t rank, double now)
{
    const rank_state *r = &self->ranks[rank];
    const bool is_wanted = self->begun && r->fit && !r->refused && (rank == 0 || !self->setup.is_root_alone);
    ledger_set_room(self->ledger, rank, is_wanted ? r->n_may_hold : 0, now);
}

/* Are all of the root's keys known of this rank, and the same? */
static void compare_keys(coordinator *self, uint32_t rank)
{
    rank_state *r = &self->ranks[rank];
    bool all = self->begun && self->n_keys_open > 0;
    for (uint32_t i = 0; i < self->n_keys && all; i++) {
        if (self->keys[i] != KEY_OPEN)
            continue;
        all = r->keys[i] == KEY_OPEN;
        if (all && memcmp(r->hashes + i * WIRE_HASH_BYTES, self->key_hashes + i * WIRE_HASH_BYTES, WIRE_HASH_BYTES) != 0) {
            char why[300];
            snprintf(why, sizeof why, "has another key at %.200s than the root: it gets no work",
                     self->setup.request->keys[i]);
            refuse(self, rank, why);
            return;
        }
    }
    if (all && !r->fit)
        coordinator_tell(self, RANK_READY, rank, NULL);
    r->fit = all;
}

void coordinator_begin(coordinator *self, const uint8_t *key_hashes, journal *kept, const uint8_t *identities, double now)
{
    self->key_hashes = key_hashes;
    self->journal = kept;
    self->identities = identities;
    self->begun = true;
    memset(self->keys, KEY_OPEN, self->n_keys);
    self->n_keys_open = self->n_keys;
    for (uint32_t i = 0; i < self->n_ranks; i++) {
        compare_keys(self, i);
        if (self->ranks[i].fit)
            allow_room(self, i, now);
    }
}

/* ---- an open request ---- */

void coordinator_add_key(coordinator *self)
{
    self->n_keys++;
    for (uint32_t i = 0; i < self->n_ranks; i++)
        if (self->ranks[i].joined && !self->ranks[i].refused)
            send_welcome(self, i);
}

void coordinator_key_known(coordinator *self, uint32_t key, bool is_open, double now)
{
    self->keys[key] = is_open ? KEY_OPEN : KEY_BAD;
    self->n_keys_open += is_open;
    for (uint32_t i = 0; i < self->n_ranks; i++) {
        rank_state *r = &self->ranks[i];
        if (is_open && r->keys[key] == KEY_BAD)
            coordinator_send_attempt(self, i, WIRE_AGAIN, (wire_attempt){0, 0}); /* why, is not known any more */
        compare_keys(self, i);
        if (ledger_is_live(self->ledger, i))
            allow_room(self, i, now);
    }
}

void coordinator_add(coordinator *self, uint32_t partition)
{
    free(self->setbacks[partition]);
    self->setbacks[partition] = NULL;
    ledger_add(self->ledger, partition, self->setup.request->partitions[partition].priority);
}

void coordinator_close(coordinator *self)
{
    self->expecting = false;
}

/* ---- ranks and what they say ---- */

/* A process that takes another one's place knows nothing of what that one said. */
static void forget(coordinator *self, rank_state *r)
{
    r->n_reports = 0;
    r->device_fault[0] = '\0';
    r->n_may_hold = 0;
    r->fit = false;
    r->n_keys_known = 0;
    memset(r->keys, KEY_UNKNOWN, self->n_keys);
}

static void meet(coordinator *self, uint32_t rank, const wire_frame *frame)
{
    rank_state *r = &self->ranks[rank];
    const bool is_another = r->process != frame->of.hello.process;
    if (is_another) {
        forget(self, r);
        if (self->setup.spans != NULL)
            span_gather_forget(self->setup.spans, rank);
    }
    r->process = frame->of.hello.process;
    snprintf(r->host, sizeof r->host, "%s", frame->of.hello.host);
    if (strcmp(frame->of.hello.build, self->setup.build) != 0) {
        char why[300];
        snprintf(why, sizeof why, "is of another build (%.80s, the root's is %.80s): it gets no work",
                 frame->of.hello.build, self->setup.build);
        refuse(self, rank, why);
        return;
    }
    if (!r->joined || is_another)
        coordinator_tell(self, RANK_JOINED, rank, NULL);
    r->joined = true;
    send_welcome(self, rank);
}

static void learn_key(coordinator *self, uint32_t rank, const wire_frame *frame, double now)
{
    rank_state *r = &self->ranks[rank];
    const uint32_t key = frame->of.ready.key;
    if (key >= self->n_keys)
        return;
    r->n_keys_known += r->keys[key] == KEY_UNKNOWN;
    r->keys[key] = frame->of.ready.status == PT_OK ? KEY_OPEN : KEY_BAD;
    if (frame->of.ready.status != PT_OK) {
        if (self->setup.is_open && self->keys[key] != KEY_OPEN)
            return; /* perhaps the root can't either */
        char why[300];
        snprintf(why, sizeof why, "can't open its key: %.240s", frame->of.ready.message);
        refuse(self, rank, why);
        return;
    }
    memcpy(r->hashes + key * WIRE_HASH_BYTES, frame->of.ready.hash, WIRE_HASH_BYTES);
    compare_keys(self, rank);
    allow_room(self, rank, now);
}

/* ---- reports ---- */

static bool is_held(const wire_frame *report, const ledger_lease *lease)
{
    for (uint32_t i = 0; i < report->of.report.n_held; i++)
        if (report->of.report.held[i].partition == lease->partition && report->of.report.held[i].attempt == lease->attempt)
            return true;
    return false;
}

/* What was assigned and is not held was lost on the way; what is held and is nobody's lease is not wanted. */
static void reconcile(coordinator *self, uint32_t rank, const wire_frame *report)
{
    const uint32_t n = ledger_leases_of(self->ledger, rank, self->leases, WIRE_HELD_MAX);
    for (uint32_t i = 0; i < n && i < WIRE_HELD_MAX; i++)
        if (!is_held(report, &self->leases[i]))
            send_assignment(self, &self->leases[i]);
    for (uint32_t i = 0; i < report->of.report.n_held; i++) {
        const wire_attempt held = report->of.report.held[i];
        if (!ledger_holds(self->ledger, (ledger_lease){held.partition, held.attempt, rank}))
            coordinator_send_attempt(self, rank, WIRE_CANCEL, held);
    }
}

static void take_device_fault(coordinator *self, uint32_t rank, const char *fault)
{
    char text[WIRE_FAULT_MAX + 64];
    if (strcmp(fault, self->ranks[rank].device_fault) == 0)
        return;
    snprintf(self->ranks[rank].device_fault, WIRE_FAULT_MAX, "%s", fault);
    snprintf(text, sizeof text, "proves with the processor in the device's place: %s", fault);
    if (fault[0] != '\0')
        coordinator_tell(self, RANK_OFF_DEVICE, rank, text);
}

static void take_report(coordinator *self, uint32_t rank, const wire_frame *frame, double now)
{
    rank_state *r = &self->ranks[rank];
    if (frame->of.report.number <= r->n_reports)
        return;
    r->n_reports = frame->of.report.number;
    r->n_may_hold = frame->of.report.n_may_hold;
    if (frame->of.report.n_ready > r->n_keys_known && !r->refused)
        coordinator_send_attempt(self, rank, WIRE_AGAIN, (wire_attempt){0, 0}); /* some were not heard of */
    if (frame->of.report.n_keys < self->n_keys && !r->refused)
        send_welcome(self, rank);
    take_device_fault(self, rank, frame->of.report.device_fault);
    allow_room(self, rank, now);
    reconcile(self, rank, frame);
}

/* ---- frames ---- */

static void say_again(coordinator *self, uint32_t rank)
{
    const uint32_t n = ledger_leases_of(self->ledger, rank, self->leases, WIRE_HELD_MAX);
    if (self->ranks[rank].joined && !self->ranks[rank].fit)
        send_welcome(self, rank);
    for (uint32_t i = 0; i < n && i < WIRE_HELD_MAX; i++)
        send_assignment(self, &self->leases[i]);
}

/* Not at once for every damaged frame: two that ask each other over a line that damages all would never rest. */
static void ask_again(coordinator *self, uint32_t rank, double now)
{
    rank_state *r = &self->ranks[rank];
    if (now - r->asked_again < again_s)
        return;
    r->asked_again = now;
    coordinator_send_attempt(self, rank, WIRE_AGAIN, (wire_attempt){0, 0});
}

static void hear(coordinator *self, uint32_t rank, double now)
{
    ledger_heard(self->ledger, rank, now);
    self->ranks[rank].heard = now;
    if (self->ranks[rank].lost)
        coordinator_tell(self, RANK_BACK, rank, NULL);
    self->ranks[rank].lost = false;
}

/* A rank wants a piece of a file. Of a witness none stays where it was packed, and none goes out for a partition that had its place before. */
static void ship(coordinator *self, uint32_t to, const wire_frame *want)
{
    const ship_line line = {.ctx = self, .send = send_frame};
    const wire_file file = want->of.want.file;
    const bool secret = file.kind == WIRE_OF_WITNESS;
    if (self->setup.ship == NULL ||
        (secret && (file.index >= self->n_partitions ||
                    !ledger_is_current(self->ledger, (ledger_lease){file.index, file.attempt, to}))))
        return;
    ship_root_take(self->setup.ship, &line, to, want);
    if (secret)
        wire_room_wipe(&self->out);
}

void coordinator_receive(coordinator *self, uint32_t from, const uint8_t *bytes, size_t n_bytes, double now)
{
    wire_frame frame;
    pt_err err = {0};
    if (wire_read(bytes, n_bytes, &self->in, &frame, &err) == PT_E_ARG) {
        refuse(self, from, "speaks another version of the protocol: it gets no work");
        return;
    }
    if (err.code != PT_OK) {
        if (err.code == PT_E_NOMEM)
            shortage_note(&self->reading, &err);
        self->figures.n_damaged++;
        ask_again(self, from, now);
        return;
    }
    if (frame.type == WIRE_HELLO) {
        meet(self, from, &frame);
        return;
    }
    if (frame.type == WIRE_AGAIN && self->ranks[from].joined) {
        say_again(self, from);
        return;
    }
    if (frame.epoch != self->setup.epoch || frame.request != self->setup.number || !self->ranks[from].joined)
        return;
    hear(self, from, now);
    if (frame.type == WIRE_READY)
        learn_key(self, from, &frame, now);
    else if (frame.type == WIRE_REPORT)
        take_report(self, from, &frame, now);
    else if (frame.type == WIRE_WANT)
        ship(self, from, &frame);
    else if ((frame.type == WIRE_PONG || frame.type == WIRE_SPANS) && self->setup.spans != NULL)
        span_gather_take(self->setup.spans, from, &frame, now);
    else if (frame.type == WIRE_RESULT || frame.type == WIRE_FAILURE) {
        shortage_note(&self->reading, &err);
        coordinator_take_answer(self, from, &frame);
    }
}

/* ---- time ---- */

static void expire(coordinator *self, double now)
{
    const uint32_t n = ledger_expire(self->ledger, now, self->lost);
    for (uint32_t i = 0; i < n; i++) {
        self->ranks[self->lost[i]].lost = true;
        coordinator_tell(self, RANK_LOST, self->lost[i], "was not heard any more: others prove what it held");
    }
    self->figures.n_lost += n;
}

static bool give_out(coordinator *self, double now)
{
    ledger_lease lease;
    bool any = false;
    uint32_t n_queued = ledger_count(self->ledger).n_queued;
    while (!self->draining && ledger_give(self->ledger, now, &lease)) {
        const uint32_t n_left = ledger_count(self->ledger).n_queued;
        send_assignment(self, &lease);
        self->figures.n_given++;
        self->figures.n_twice += n_left == n_queued;
        coordinator_tell_attempt(self, n_left == n_queued ? ATTEMPT_SECOND : ATTEMPT_ASSIGNED, &lease, 0, NULL);
        n_queued = n_left;
        any = true;
    }
    return any;
}

/* Ranks that do not come are waited for, but not for ever. */
static void give_up_waiting(coordinator *self, double now)
{
    if (!ledger_is_stuck(self->ledger)) {
        self->stuck_since = INFINITY;
        return;
    }
    if (isinf(self->stuck_since))
        self->stuck_since = now;
    if (now - self->stuck_since < stuck_s)
        return;
    for (uint32_t i = 0; i < self->n_ranks; i++)
        if (!ledger_is_live(self->ledger, i))
            coordinator_bar(self, i, "did not come in time to prove what no other rank can");
}

/* To those who were refused as well, who wait for the end: one that heard nothing would take the root for dead and leave, and mpirun end the
 * job with it. */
static void show_life(coordinator *self, double now)
{
    if (now - self->alive_sent < alive_s)
        return;
    self->alive_sent = now;
    if (self->begun)
        give_up_waiting(self, now);
    for (uint32_t i = 0; i < self->n_ranks; i++) {
        const rank_state *r = &self->ranks[i];
        if (r->joined || r->refused)
            coordinator_send_attempt(self, i, WIRE_ALIVE, (wire_attempt){0, 0});
        if (r->joined && !r->refused)
            coordinator_ask_time(self, i, now);
    }
}

bool coordinator_tick(coordinator *self, double now)
{
    if (self->fatal.code != PT_OK)
        return false;
    bool did = coordinator_look_at_arrived(self, now);
    if (self->begun && self->fatal.code == PT_OK) {
        expire(self, now);
        did |= give_out(self, now);
    }
    show_life(self, now);
    coordinator_end_failed(self);
    shortage_look(&self->sending, now, &self->fatal);
    shortage_look(&self->reading, now, &self->fatal);
    return did;
}

void coordinator_drain(coordinator *self)
{
    self->draining = true;
}

bool coordinator_is_over(const coordinator *self, pt_err *err)
{
    const ledger_counts n = ledger_count(self->ledger);
    if (self->fatal.code != PT_OK) {
        pt_fail(err, self->fatal.code, "%s", self->fatal.msg);
        return true;
    }
    if (n.n_done + n.n_failed == self->n_partitions && !self->expecting)
        return true;
    return self->draining && n.n_proven == 0 && n.n_leased <= self->n_returned;
}

void coordinator_dismiss(coordinator *self)
{
    for (uint32_t i = 0; i < self->n_ranks && !self->dismissed; i++)
        if (!self->ranks[i].refused)
            send_stop(self, i, PT_OK, NULL);
    self->dismissed = true;
}

void coordinator_dismiss_all(transport *to)
{
    const wire_frame stop = {.type = WIRE_STOP};
    wire_room room = {0};
    pt_err err = {0};
    if (wire_write(&stop, &room, &err) == PT_OK)
        for (uint32_t i = 1; i < to->n_ranks; i++)
            transport_send(to, i, room.bytes, room.n_bytes, &err);
    wire_room_clear(&room);
}
