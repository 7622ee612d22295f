/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/worker.h"

#include <stdlib.h>
#include <string.h>

#include "mpi/cluster/shortage.h"

enum { ROOT = 0 };

static const double again_s = 0.05; /* between two questions for what was damaged */
static const double report_s = 1;   /* between two reports, and two answers of one kind */

/* An answer that the root has not acknowledged. */
typedef struct answer {
    struct answer *next;
    proving_end end;
    double sent;
} answer;

struct worker {
    worker_setup setup;
    uint64_t epoch, request; /* of the root's run, once it was heard */
    bool welcomed;
    uint32_t n_opened;        /* of keys that were shipped: those that are here, which the proving opens */
    uint32_t n_keys, n_ready; /* ready: the first ones, which are open or can't be opened, and were said to be so */
    double heard, hello_sent, reported, asked_again;
    uint64_t n_reports, n_proven;
    wire_attempt held[WIRE_HELD_MAX];
    uint32_t n_held;
    answer *answers, **last_answer;
    bool report_due, draining, over;
    char device_fault[WIRE_FAULT_MAX]; /* as it is reported */
    pt_err how;
    wire_room in, out;
    shortage sending, reading; /* of memory */
    ship_line line;
};

/* A frame that can't be sent for want of memory is one that was lost: it is said again. */
static size_t send_to(void *ctx, uint32_t to, wire_frame *frame)
{
    worker *self = ctx;
    pt_err err = {0};
    frame->epoch = self->epoch;
    frame->request = self->request;
    if (wire_write(frame, &self->out, &err) == PT_OK)
        transport_send(self->setup.transport, to, self->out.bytes, self->out.n_bytes, &err);
    shortage_note(&self->sending, &err);
    return err.code == PT_OK ? self->out.n_bytes : 0;
}

static void send(worker *self, wire_frame *frame)
{
    send_to(self, ROOT, frame);
}

pt_status worker_create(const worker_setup *setup, double now, worker **out, pt_err *err)
{
    worker *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for a worker");
    self->setup = *setup;
    self->heard = now;
    self->hello_sent = now - report_s;
    self->last_answer = &self->answers;
    self->line = (ship_line){.ctx = self, .send = send_to};
    *out = self;
    return PT_OK;
}

static void forget_answer(worker *self, answer **at)
{
    answer *a = *at;
    *at = a->next;
    if (a->next == NULL)
        self->last_answer = at;
    free(a->end.public_inputs);
    free(a);
}

void worker_destroy(worker *self)
{
    if (self == NULL)
        return;
    while (self->answers != NULL)
        forget_answer(self, &self->answers);
    wire_room_clear(&self->in);
    wire_room_clear(&self->out);
    free(self);
}

static void end(worker *self, pt_status status, const char *message)
{
    if (self->over)
        return;
    self->over = true;
    if (status != PT_OK)
        pt_fail(&self->how, status, "%s", message);
}

void worker_drain(worker *self)
{
    self->report_due = !self->draining;
    self->draining = true;
}

bool worker_is_over(const worker *self, pt_err *how)
{
    if (self->over)
        *how = self->how;
    return self->over;
}

/* ---- what is sent ---- */

static void send_hello(worker *self, double now)
{
    const worker_setup *s = &self->setup;
    wire_frame frame = {.type = WIRE_HELLO,
                        .of.hello = {.build = s->build, .host = s->host, .process = s->process, .n_threads = s->n_threads}};
    self->hello_sent = now;
    send(self, &frame);
}

/* NULL: it is on its way, or being opened. */
static const proving_key_state *key_state(const worker *self, uint32_t key)
{
    const proving_key_state *failed = self->setup.ship == NULL ? NULL : ship_keys_failure(self->setup.ship->keys, key);
    return failed != NULL ? failed : proving_key_of(self->setup.proving, key);
}

static void send_ready(worker *self, uint32_t key)
{
    const proving_key_state *state = key_state(self, key);
    wire_frame frame = {.type = WIRE_READY, .of.ready = {.key = key, .status = state->err.code, .message = state->err.msg}};
    memcpy(frame.of.ready.hash, state->hash, WIRE_HASH_BYTES);
    send(self, &frame);
}

static uint32_t may_hold(const worker *self)
{
    const uint32_t room = self->n_ready > 0 && !self->draining ? proving_room(self->setup.proving) : 0;
    return room < WIRE_HELD_MAX ? room : WIRE_HELD_MAX;
}

static void send_report(worker *self, double now)
{
    wire_frame frame = {.type = WIRE_REPORT,
                        .of.report = {.number = ++self->n_reports,
                                      .n_may_hold = may_hold(self),
                                      .n_held = self->n_held,
                                      .held = self->held,
                                      .n_proven = self->n_proven,
                                      .n_keys = self->n_keys,
                                      .n_ready = self->n_ready,
                                      .device_fault = self->device_fault}};
    self->reported = now;
    self->report_due = false;
    send(self, &frame);
}

static void send_answer(worker *self, answer *a, double now)
{
    const proving_end *e = &a->end;
    wire_frame frame = {.attempt = e->attempt};
    if (e->err.code == PT_OK) {
        frame.type = WIRE_RESULT;
        frame.of.result.proof = e->proof;
        frame.of.result.n_proof_bytes = e->n_proof_bytes;
        frame.of.result.public_inputs = e->public_inputs;
        frame.of.result.n_public = e->n_public;
        frame.of.result.seconds = e->seconds;
    } else {
        frame.type = WIRE_FAILURE;
        frame.of.failure.status = e->err.code;
        frame.of.failure.message = e->err.msg;
        frame.of.failure.seconds = e->seconds;
    }
    a->sent = now;
    send(self, &frame);
}

static void say_all_again(worker *self, double now)
{
    if (!self->welcomed) {
        send_hello(self, now);
        return;
    }
    for (uint32_t i = 0; i < self->n_ready; i++)
        send_ready(self, i);
    for (answer *a = self->answers; a != NULL; a = a->next)
        send_answer(self, a, now);
    send_report(self, now);
}

/* ---- answers ---- */

static bool is_attempt(wire_attempt a, wire_attempt b)
{
    return a.partition == b.partition && a.attempt == b.attempt;
}

static answer **find_answer(worker *self, wire_attempt attempt)
{
    answer **at = &self->answers;
    while (*at != NULL && !is_attempt((*at)->end.attempt, attempt))
        at = &(*at)->next;
    return at;
}

static uint32_t find_held(const worker *self, wire_attempt attempt)
{
    uint32_t i = 0;
    while (i < self->n_held && !is_attempt(self->held[i], attempt))
        i++;
    return i;
}

/* Keep an answer and send it; for want of memory it is as if the attempt had never been assigned: the root gives it again. */
static void answer_with(worker *self, const proving_end *e, double now)
{
    const uint32_t held = find_held(self, e->attempt);
    answer *a = held < self->n_held ? malloc(sizeof *a) : NULL; /* what was cancelled is not answered */
    if (held < self->n_held)
        self->held[held] = self->held[--self->n_held];
    if (a == NULL) {
        free(e->public_inputs);
        self->report_due = true;
        return;
    }
    *a = (answer){.end = *e};
    *self->last_answer = a;
    self->last_answer = &a->next;
    self->n_proven += e->err.code == PT_OK;
    send_answer(self, a, now);
}

/* ---- what is received ---- */

static void open_keys(worker *self, const char *const *paths, uint32_t n_keys)
{
    pt_err err = {0};
    if (proving_open_keys(self->setup.proving, paths, n_keys, &err) != PT_OK)
        end(self, err.code, err.msg);
}

static void welcome(worker *self, const wire_frame *frame, double now)
{
    pt_err err = {0};
    if (self->welcomed && frame->of.welcome.n_keys <= self->n_keys)
        return;
    self->welcomed = true;
    self->epoch = frame->epoch;
    self->request = frame->request;
    self->n_keys = frame->of.welcome.n_keys;
    if (self->setup.ship == NULL)
        open_keys(self, frame->of.welcome.key_paths, self->n_keys);
    else if (ship_keys_want(self->setup.ship->keys, self->n_keys, now, &err) != PT_OK)
        end(self, err.code, err.msg);
    send_report(self, now);
}

static void begin(worker *self, const proving_order *order, double now)
{
    proving_end refused = {.attempt = order->attempt};
    if (proving_begin(self->setup.proving, order, &refused.err) != PT_OK)
        answer_with(self, &refused, now);
}

static void take(worker *self, const wire_frame *frame, double now)
{
    const proving_order order = {.attempt = frame->attempt,
                                 .key = frame->of.assign.key,
                                 .priority = frame->of.assign.priority,
                                 .id = frame->of.assign.id,
                                 .witness = frame->of.assign.witness};
    answer **known = find_answer(self, frame->attempt);
    proving_end refused = {.attempt = frame->attempt};
    if (*known != NULL) {
        send_answer(self, *known, now);
        return;
    }
    if (order.key >= self->n_ready || self->n_held == WIRE_HELD_MAX || find_held(self, frame->attempt) < self->n_held)
        return;
    self->held[self->n_held++] = frame->attempt;
    if (self->setup.ship == NULL)
        begin(self, &order, now);
    else if (ship_witnesses_add(&self->setup.ship->witnesses, &order, now, &refused.err) != PT_OK)
        answer_with(self, &refused, now);
}

static void cancel(worker *self, wire_attempt attempt)
{
    const uint32_t held = find_held(self, attempt);
    if (held == self->n_held)
        return;
    self->held[held] = self->held[--self->n_held];
    proving_cancel(self->setup.proving, attempt);
    if (self->setup.ship != NULL)
        ship_witnesses_cancel(&self->setup.ship->witnesses, attempt);
    self->report_due = true;
}

static void acknowledged(worker *self, wire_attempt attempt)
{
    answer **at = find_answer(self, attempt);
    if (*at != NULL)
        forget_answer(self, at);
}

static void say_time(worker *self, const wire_frame *ping, double now)
{
    wire_frame pong = {.type = WIRE_PONG, .of.pong = {.asked = ping->of.ping.asked, .now = now}};
    send(self, &pong);
}

static void tell_spans(worker *self, const wire_frame *asked)
{
    wire_frame spans = {.type = WIRE_SPANS};
    if (self->setup.spans == NULL || span_source_fill(self->setup.spans, asked->of.tell.first, &spans))
        send(self, &spans);
}

/* A frame of an older run of the root, or of another request, is none. */
static bool is_of_this_run(const worker *self, const wire_frame *frame)
{
    if (frame->type == WIRE_STOP)
        return true;
    return self->welcomed ? frame->epoch == self->epoch && frame->request == self->request
                          : frame->type == WIRE_WELCOME || frame->type == WIRE_AGAIN;
}

static void ask_again(worker *self, double now)
{
    wire_frame again = {.type = WIRE_AGAIN};
    if (now - self->asked_again < again_s)
        return;
    self->asked_again = now;
    send(self, &again);
}

static bool is_shipped(const wire_frame *frame)
{
    return frame->type == WIRE_WANT || frame->type == WIRE_CHUNK;
}

/* A piece of a witness does not stay where it came to. */
static void take_shipped(worker *self, uint32_t from, const wire_frame *frame, double now)
{
    if (self->setup.ship != NULL)
        ship_in_take(self->setup.ship, &self->line, from, frame, now);
    if (frame->type == WIRE_CHUNK && frame->of.chunk.file.kind == WIRE_OF_WITNESS)
        wire_room_wipe(&self->in);
}

void worker_receive_from(worker *self, uint32_t from, const uint8_t *bytes, size_t n_bytes, double now)
{
    wire_frame frame;
    pt_err err = {0};
    if (wire_read(bytes, n_bytes, &self->in, &frame, &err) == PT_OK && !self->over && self->welcomed &&
        is_of_this_run(self, &frame) && is_shipped(&frame))
        take_shipped(self, from, &frame, now);
}

void worker_receive(worker *self, const uint8_t *bytes, size_t n_bytes, double now)
{
    wire_frame frame;
    pt_err err = {0};
    wire_read(bytes, n_bytes, &self->in, &frame, &err);
    shortage_note(&self->reading, &err);
    if (err.code != PT_OK) {
        ask_again(self, now);
        return;
    }
    if (self->over || !is_of_this_run(self, &frame))
        return;
    self->heard = now;
    if (frame.type == WIRE_WELCOME)
        welcome(self, &frame, now);
    else if (frame.type == WIRE_ASSIGN)
        take(self, &frame, now);
    else if (frame.type == WIRE_CANCEL)
        cancel(self, frame.attempt);
    else if (frame.type == WIRE_ACK)
        acknowledged(self, frame.attempt);
    else if (frame.type == WIRE_AGAIN)
        say_all_again(self, now);
    else if (frame.type == WIRE_PING)
        say_time(self, &frame, now);
    else if (frame.type == WIRE_TELL)
        tell_spans(self, &frame);
    else if (frame.type == WIRE_STOP)
        end(self, PT_OK, NULL);
    else if (is_shipped(&frame))
        take_shipped(self, ROOT, &frame, now);
}

/* ---- time ---- */

static void answer_what_ended(worker *self, double now, bool *did)
{
    proving_end e;
    while (proving_next(self->setup.proving, &e)) {
        answer_with(self, &e, now);
        *did = true;
    }
}

/* What has come takes its way as if it had been there. */
static void use_shipped(worker *self, double now, bool *did)
{
    ship_in *ship = self->setup.ship;
    ended_wait ended;
    *did |= ship_in_tick(ship, &self->line, now);
    if (ship_keys_n_here(ship->keys) > self->n_opened) {
        self->n_opened = ship_keys_n_here(ship->keys);
        open_keys(self, ship_keys_paths(ship->keys), self->n_opened);
    }
    while (ship_witnesses_next(&ship->witnesses, &ended)) {
        const proving_end failed = {.attempt = ended.order.attempt, .err = ended.how};
        if (ended.how.code == PT_OK)
            begin(self, &ended.order, now);
        else
            answer_with(self, &failed, now);
        ended_wait_clear(&ended);
    }
}

static void look_at_device(worker *self)
{
    char now[WIRE_FAULT_MAX];
    proving_device_fault(self->setup.proving, now);
    if (strcmp(now, self->device_fault) == 0)
        return;
    memcpy(self->device_fault, now, strlen(now) + 1);
    self->report_due = true;
}

static void repeat_answers(worker *self, double now)
{
    for (answer *a = self->answers; a != NULL; a = a->next)
        if (now - a->sent >= report_s)
            send_answer(self, a, now);
}

bool worker_tick(worker *self, double now)
{
    bool did = false;
    if (self->over)
        return false;
    if (!self->welcomed) {
        if (now - self->hello_sent >= report_s)
            send_hello(self, now);
    } else {
        if (self->setup.ship != NULL)
            use_shipped(self, now, &did);
        while (self->n_ready < self->n_keys && key_state(self, self->n_ready) != NULL) {
            send_ready(self, self->n_ready++);
            self->report_due = true;
        }
        look_at_device(self);
        answer_what_ended(self, now, &did);
        repeat_answers(self, now);
        if (self->report_due || now - self->reported >= report_s)
            send_report(self, now);
    }
    if (self->draining && self->n_held == 0 && self->answers == NULL)
        end(self, PT_OK, NULL);
    if (now - self->heard > self->setup.patience_s)
        end(self, PT_E_NOMEM, "the root was not heard any more");
    pt_err err = {0};
    if (shortage_look(&self->sending, now, &err) != PT_OK || shortage_look(&self->reading, now, &err) != PT_OK)
        end(self, err.code, err.msg);
    return did;
}
