/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/wire_frames.inc.h - frames made up of a seed, frames put right after damage, and whether two frames say the same. */
#ifndef PT_WIRE_FRAMES_H
#define PT_WIRE_FRAMES_H

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "mpi/cluster/wire.h"
#include "node/setup/splitmix.h"

/* ---- the bytes of a frame, as docs/protocol.md has them ---- */

enum {
    AT_MAGIC = 0,
    AT_VERSION = 4,
    AT_TYPE = 6,
    AT_PACKING = 7,
    AT_SENT = 8,
    AT_PLAIN = 12,
    AT_EPOCH = 16,
    AT_REQUEST = 24,
    AT_PARTITION = 32,
    AT_ATTEMPT = 36,
    AT_PAYLOAD = 40,
    SUM_BYTES = 8,
    FRAME_MIN = AT_PAYLOAD + SUM_BYTES
};

static inline void put_u32_at(uint8_t *bytes, size_t at, uint32_t value)
{
    memcpy(bytes + at, &value, sizeof value);
}

static inline uint32_t u32_at(const uint8_t *bytes, size_t at)
{
    uint32_t value;
    memcpy(&value, bytes + at, sizeof value);
    return value;
}

/* The sum of what stands there. */
static inline void frame_seal(uint8_t *bytes, size_t n_bytes)
{
    const uint64_t sum = XXH3_64bits(bytes, n_bytes - SUM_BYTES);
    memcpy(bytes + n_bytes - SUM_BYTES, &sum, sizeof sum);
}

/* And the version and the payload's lengths. */
static inline void frame_seal_lengths(uint8_t *bytes, size_t n_bytes)
{
    const uint16_t version = WIRE_VERSION;
    memcpy(bytes + AT_VERSION, &version, sizeof version);
    put_u32_at(bytes, AT_SENT, (uint32_t)(n_bytes - FRAME_MIN));
    if (bytes[AT_PACKING] == 0)
        put_u32_at(bytes, AT_PLAIN, (uint32_t)(n_bytes - FRAME_MIN));
    frame_seal(bytes, n_bytes);
}

/* ---- what frames say ---- */

static inline bool held_alike(const wire_frame *a, const wire_frame *b)
{
    for (uint32_t i = 0; i < a->of.report.n_held; i++)
        if (a->of.report.held[i].partition != b->of.report.held[i].partition ||
            a->of.report.held[i].attempt != b->of.report.held[i].attempt)
            return false;
    return true;
}

static inline bool paths_alike(const wire_frame *a, const wire_frame *b)
{
    for (uint32_t i = 0; i < a->of.welcome.n_keys; i++)
        if (strcmp(a->of.welcome.key_paths[i], b->of.welcome.key_paths[i]) != 0)
            return false;
    return true;
}

static inline bool results_alike(const wire_frame *a, const wire_frame *b)
{
    return memcmp(&a->of.result.seconds, &b->of.result.seconds, sizeof a->of.result.seconds) == 0 &&
           a->of.result.n_proof_bytes == b->of.result.n_proof_bytes && a->of.result.n_public == b->of.result.n_public &&
           memcmp(a->of.result.proof, b->of.result.proof, a->of.result.n_proof_bytes) == 0 &&
           (a->of.result.n_public == 0 ||
            memcmp(a->of.result.public_inputs, b->of.result.public_inputs, (size_t)a->of.result.n_public * 32) == 0);
}

static inline bool files_alike(wire_file a, wire_file b)
{
    return a.kind == b.kind && a.index == b.index && a.attempt == b.attempt;
}

static inline bool chunks_alike(const wire_frame *a, const wire_frame *b)
{
    const char *said = a->of.chunk.message == NULL ? "" : a->of.chunk.message;
    return files_alike(a->of.chunk.file, b->of.chunk.file) && a->of.chunk.status == b->of.chunk.status &&
           a->of.chunk.total_bytes == b->of.chunk.total_bytes && a->of.chunk.offset == b->of.chunk.offset &&
           memcmp(a->of.chunk.hash, b->of.chunk.hash, WIRE_HASH_BYTES) == 0 && strcmp(said, b->of.chunk.message) == 0 &&
           a->of.chunk.n_bytes == b->of.chunk.n_bytes &&
           (a->of.chunk.n_bytes == 0 || memcmp(a->of.chunk.bytes, b->of.chunk.bytes, a->of.chunk.n_bytes) == 0);
}

static inline bool devices_alike(const wire_device *a, const wire_device *b)
{
    return a->index == b->index && a->n_proven == b->n_proven && a->n_instead == b->n_instead &&
           strcmp(a->name, b->name) == 0 && strcmp(a->pci, b->pci) == 0;
}

static inline bool spans_alike(const wire_frame *a, const wire_frame *b)
{
    for (uint32_t i = 0; i < a->of.spans.n; i++) {
        const timeline_span *x = &a->of.spans.spans[i], *y = &b->of.spans.spans[i];
        if (x->start != y->start || x->end != y->end || x->cpu_seconds != y->cpu_seconds || x->bytes != y->bytes ||
            x->partition != y->partition || x->stage != y->stage || x->row != y->row || x->domain != y->domain ||
            y->rank != 0)
            return false;
    }
    return a->of.spans.first == b->of.spans.first && a->of.spans.n == b->of.spans.n &&
           a->of.spans.n_in_all == b->of.spans.n_in_all && a->of.spans.n_threads == b->of.spans.n_threads &&
           a->of.spans.n_lost == b->of.spans.n_lost && devices_alike(&a->of.spans.device, &b->of.spans.device);
}

static inline bool contents_alike(const wire_frame *a, const wire_frame *b)
{
    switch (a->type) {
    case WIRE_HELLO:
        return a->of.hello.process == b->of.hello.process && a->of.hello.n_threads == b->of.hello.n_threads &&
               strcmp(a->of.hello.build, b->of.hello.build) == 0 && strcmp(a->of.hello.host, b->of.hello.host) == 0;
    case WIRE_WELCOME:
        return a->of.welcome.n_keys == b->of.welcome.n_keys && paths_alike(a, b);
    case WIRE_READY:
        return a->of.ready.key == b->of.ready.key && a->of.ready.status == b->of.ready.status &&
               memcmp(a->of.ready.hash, b->of.ready.hash, WIRE_HASH_BYTES) == 0 &&
               strcmp(a->of.ready.message, b->of.ready.message) == 0;
    case WIRE_REPORT:
        return a->of.report.number == b->of.report.number && a->of.report.n_may_hold == b->of.report.n_may_hold &&
               a->of.report.n_proven == b->of.report.n_proven && a->of.report.n_held == b->of.report.n_held &&
               a->of.report.n_keys == b->of.report.n_keys && a->of.report.n_ready == b->of.report.n_ready &&
               strcmp(a->of.report.device_fault, b->of.report.device_fault) == 0 && held_alike(a, b);
    case WIRE_ASSIGN:
        return a->of.assign.key == b->of.assign.key && a->of.assign.priority == b->of.assign.priority &&
               strcmp(a->of.assign.id, b->of.assign.id) == 0 && strcmp(a->of.assign.witness, b->of.assign.witness) == 0;
    case WIRE_RESULT:
        return results_alike(a, b);
    case WIRE_FAILURE:
        return a->of.failure.status == b->of.failure.status && strcmp(a->of.failure.message, b->of.failure.message) == 0 &&
               memcmp(&a->of.failure.seconds, &b->of.failure.seconds, sizeof a->of.failure.seconds) == 0;
    case WIRE_STOP:
        return a->of.stop.status == b->of.stop.status && strcmp(a->of.stop.message, b->of.stop.message) == 0;
    case WIRE_WANT:
        return files_alike(a->of.want.file, b->of.want.file) && a->of.want.offset == b->of.want.offset &&
               a->of.want.n_bytes == b->of.want.n_bytes;
    case WIRE_CHUNK:
        return chunks_alike(a, b);
    case WIRE_PING:
        return a->of.ping.asked == b->of.ping.asked;
    case WIRE_PONG:
        return a->of.pong.asked == b->of.pong.asked && a->of.pong.now == b->of.pong.now;
    case WIRE_TELL:
        return a->of.tell.first == b->of.tell.first;
    case WIRE_SPANS:
        return a->of.spans.n == b->of.spans.n && spans_alike(a, b);
    default:
        return true;
    }
}

static inline bool frames_alike(const wire_frame *a, const wire_frame *b)
{
    return a->type == b->type && a->epoch == b->epoch && a->request == b->request &&
           a->attempt.partition == b->attempt.partition && a->attempt.attempt == b->attempt.attempt && contents_alike(a, b);
}

/* ---- frames made up ---- */

static inline uint32_t random_below(uint64_t *state, uint32_t n)
{
    return (uint32_t)(splitmix_next(state) % n);
}

enum { MADE_TEXTS = 6, MADE_HELD = 80, MADE_PUBLIC = 24, MADE_PIECE = MADE_PUBLIC * 32, MADE_SPANS = 40 };

typedef struct {
    wire_frame frame; /* its pointers point below */
    char texts[MADE_TEXTS][WIRE_TEXT_MAX];
    const char *paths[MADE_TEXTS];
    wire_attempt held[MADE_HELD];
    timeline_span spans[MADE_SPANS];
    uint8_t proof[WIRE_PROOF_BYTES_MAX], public_inputs[MADE_PUBLIC * 32];
} made_frame;

/* Mostly short, one in sixteen of any length; of any characters, or of two so that it shrinks. */
static inline const char *made_text(char *out, size_t max, uint64_t *state)
{
    const size_t n = random_below(state, random_below(state, 16) == 0 ? (uint32_t)max : 40);
    const uint32_t n_letters = random_below(state, 2) == 0 ? 2 : 255;
    for (size_t i = 0; i < n; i++)
        out[i] = (char)(1 + random_below(state, n_letters));
    out[n] = '\0';
    return out;
}

/* Half of them small: they shrink. */
static inline void made_public(made_frame *m, uint64_t *state)
{
    const bool small = random_below(state, 2) == 0;
    memset(m->public_inputs, 0, sizeof m->public_inputs);
    for (size_t i = 0; i < sizeof m->public_inputs; i += small ? 32 : 1)
        m->public_inputs[i] = (uint8_t)splitmix_next(state);
}

static inline pt_status made_status(uint64_t *state)
{
    static const pt_status all[] = {PT_E_ARG,    PT_E_FORMAT, PT_E_NOINPUT, PT_E_DEVICE, PT_E_INTERNAL,
                                    PT_E_CREATE, PT_E_IO,     PT_E_NOMEM,   PT_E_VERIFY};
    return all[random_below(state, sizeof all / sizeof *all)];
}

static inline wire_file made_file(uint64_t *state)
{
    const uint32_t index = (uint32_t)splitmix_next(state);
    if (random_below(state, 2) == 0)
        return (wire_file){WIRE_OF_KEY, index, 0};
    return (wire_file){WIRE_OF_WITNESS, index, 1 + random_below(state, UINT32_MAX)};
}

/* A piece of a file, what file it is, that there is nothing yet, or why there is none. */
static inline void made_chunk(made_frame *m, uint64_t *state)
{
    wire_frame *f = &m->frame;
    const uint32_t which = random_below(state, 4);
    f->of.chunk.file = made_file(state);
    f->of.chunk.message = "";
    f->of.chunk.level = (int)random_below(state, 4);
    if (which == 0) {
        f->of.chunk.status = made_status(state);
        f->of.chunk.message = made_text(m->texts[0], WIRE_TEXT_MAX, state);
    } else if (which == 1) {
        made_public(m, state);
        f->of.chunk.bytes = m->public_inputs;
        f->of.chunk.n_bytes = random_below(state, MADE_PIECE + 1);
        f->of.chunk.offset = splitmix_next(state) >> 1;
        f->of.chunk.total_bytes = f->of.chunk.offset + f->of.chunk.n_bytes + random_below(state, 2);
    } else if (which == 2) {
        f->of.chunk.file = (wire_file){WIRE_OF_KEY, f->of.chunk.file.index, 0};
        f->of.chunk.total_bytes = 1 + (splitmix_next(state) >> 1);
        for (size_t i = 0; i < WIRE_HASH_BYTES; i++)
            f->of.chunk.hash[i] = (uint8_t)splitmix_next(state);
    }
}

static inline void made_spans(made_frame *m, uint64_t *state)
{
    wire_frame *f = &m->frame;
    f->of.spans.n = random_below(state, MADE_SPANS + 1);
    f->of.spans.first = random_below(state, 1000000);
    f->of.spans.n_in_all = f->of.spans.first + f->of.spans.n + random_below(state, 3);
    f->of.spans.n_threads = random_below(state, 128);
    f->of.spans.n_lost = random_below(state, 2);
    f->of.spans.device = (wire_device){.name = made_text(m->texts[0], WIRE_NAME_MAX, state),
                                       .pci = made_text(m->texts[1], WIRE_NAME_MAX, state),
                                       .index = (uint32_t)splitmix_next(state),
                                       .n_proven = splitmix_next(state),
                                       .n_instead = splitmix_next(state)};
    f->of.spans.spans = m->spans;
    for (uint32_t i = 0; i < f->of.spans.n; i++) {
        const double start = random_below(state, 1000000) * 1e-3;
        m->spans[i] = (timeline_span){.start = start,
                                      .end = start + random_below(state, 1000) * 1e-3,
                                      .cpu_seconds = random_below(state, 1000) * 1e-3,
                                      .bytes = splitmix_next(state),
                                      .partition = (uint32_t)splitmix_next(state),
                                      .stage = (uint16_t)random_below(state, STAGE_COUNT),
                                      .row = (uint16_t)splitmix_next(state),
                                      .domain = (uint16_t)splitmix_next(state)};
    }
}

static inline void make_contents(made_frame *m, uint64_t *state)
{
    wire_frame *f = &m->frame;
    switch (f->type) {
    case WIRE_HELLO:
        f->of.hello.process = splitmix_next(state);
        f->of.hello.n_threads = (uint32_t)splitmix_next(state);
        f->of.hello.build = made_text(m->texts[0], WIRE_NAME_MAX, state);
        f->of.hello.host = made_text(m->texts[1], WIRE_NAME_MAX, state);
        break;
    case WIRE_WELCOME:
        f->of.welcome.n_keys = random_below(state, MADE_TEXTS + 1);
        f->of.welcome.key_paths = m->paths;
        for (uint32_t i = 0; i < f->of.welcome.n_keys; i++)
            m->paths[i] = made_text(m->texts[i], WIRE_TEXT_MAX, state);
        break;
    case WIRE_READY:
        f->of.ready.key = (uint32_t)splitmix_next(state);
        f->of.ready.status = random_below(state, 2) == 0 ? PT_OK : made_status(state);
        for (size_t i = 0; i < WIRE_HASH_BYTES && f->of.ready.status == PT_OK; i++)
            f->of.ready.hash[i] = (uint8_t)splitmix_next(state);
        f->of.ready.message = f->of.ready.status == PT_OK ? "" : made_text(m->texts[0], WIRE_TEXT_MAX, state);
        break;
    case WIRE_REPORT:
        f->of.report.number = splitmix_next(state);
        f->of.report.n_proven = splitmix_next(state);
        f->of.report.n_keys = random_below(state, WIRE_KEYS_MAX + 1);
        f->of.report.n_ready = random_below(state, f->of.report.n_keys + 1);
        f->of.report.n_may_hold = random_below(state, WIRE_HELD_MAX + 1);
        f->of.report.n_held = random_below(state, MADE_HELD + 1);
        f->of.report.held = m->held;
        for (uint32_t i = 0; i < f->of.report.n_held; i++)
            m->held[i] = (wire_attempt){random_below(state, 1000), 1 + random_below(state, 3)};
        f->of.report.device_fault = made_text(m->texts[0], WIRE_FAULT_MAX, state);
        break;
    case WIRE_ASSIGN:
        f->of.assign.key = (uint32_t)splitmix_next(state);
        f->of.assign.priority = (int32_t)splitmix_next(state);
        f->of.assign.id = made_text(m->texts[0], WIRE_NAME_MAX, state);
        f->of.assign.witness = made_text(m->texts[1], WIRE_TEXT_MAX, state);
        break;
    case WIRE_RESULT:
        made_public(m, state);
        for (size_t i = 0; i < sizeof m->proof; i++)
            m->proof[i] = (uint8_t)splitmix_next(state);
        f->of.result.seconds = random_below(state, 1000000) * 1e-3;
        f->of.result.n_proof_bytes = random_below(state, 2) == 0 ? 128 : 192;
        f->of.result.proof = m->proof;
        f->of.result.n_public = random_below(state, MADE_PUBLIC + 1);
        f->of.result.public_inputs = m->public_inputs;
        break;
    case WIRE_FAILURE:
        f->of.failure.status = made_status(state);
        f->of.failure.message = made_text(m->texts[0], WIRE_TEXT_MAX, state);
        f->of.failure.seconds = random_below(state, 1000000) * 1e-3;
        break;
    case WIRE_STOP:
        f->of.stop.status = random_below(state, 2) == 0 ? PT_OK : made_status(state);
        f->of.stop.message = made_text(m->texts[0], WIRE_TEXT_MAX, state);
        break;
    case WIRE_WANT:
        f->of.want.file = made_file(state);
        f->of.want.offset = splitmix_next(state);
        f->of.want.n_bytes = random_below(state, WIRE_CHUNK_MAX + 1);
        break;
    case WIRE_CHUNK:
        made_chunk(m, state);
        break;
    case WIRE_PING:
    case WIRE_PONG:
        f->of.pong.asked = random_below(state, 1000000) * 1e-3;
        if (f->type == WIRE_PONG)
            f->of.pong.now = random_below(state, 1000000) * 1e-3;
        break;
    case WIRE_TELL:
        f->of.tell.first = (uint32_t)splitmix_next(state);
        break;
    case WIRE_SPANS:
        made_spans(m, state);
        break;
    default:
        break;
    }
}

static inline bool names_attempt(wire_type type)
{
    return type == WIRE_ASSIGN || type == WIRE_CANCEL || type == WIRE_RESULT || type == WIRE_FAILURE || type == WIRE_ACK;
}

static inline void make_frame(made_frame *m, wire_type type, uint64_t *state)
{
    m->frame = (wire_frame){.type = type};
    if (type != WIRE_HELLO) {
        m->frame.epoch = splitmix_next(state);
        m->frame.request = splitmix_next(state);
    }
    if (names_attempt(type))
        m->frame.attempt = (wire_attempt){(uint32_t)splitmix_next(state), 1 + random_below(state, UINT32_MAX)};
    make_contents(m, state);
}

#endif
