/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/wire_payload.h"

#include <math.h>
#include <string.h>

enum { LIST_ALIGN = 8, LEAST_TEXT_BYTES = 3 };

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "integers are copied as they lie");
_Static_assert(sizeof(wire_attempt) == 8, "as in a frame");
_Static_assert(sizeof(double) == 8, "as in a frame");

/* ---- writing fields ---- */

void wire_put(wire_writing *w, const void *bytes, size_t n_bytes)
{
    if (w->status == PT_OK)
        w->status = wire_room_reserve(w->room, w->n_bytes + n_bytes, w->err);
    if (w->status != PT_OK || n_bytes == 0)
        return;
    memcpy(w->room->bytes + w->n_bytes, bytes, n_bytes);
    w->n_bytes += n_bytes;
}

static void put_u32(wire_writing *w, uint32_t value)
{
    wire_put(w, &value, sizeof value);
}

static void put_u64(wire_writing *w, uint64_t value)
{
    wire_put(w, &value, sizeof value);
}

/* A bound of the format, asked of what is to be written. */
static bool may_put(wire_writing *w, const char *field, uint64_t n, uint64_t least, uint64_t most)
{
    if (w->status == PT_OK && (n < least || n > most))
        w->status = pt_fail(w->err, PT_E_ARG, "a %s can't be written: %s is %llu, but it goes from %llu to %llu", w->type,
                            field, (unsigned long long)n, (unsigned long long)least, (unsigned long long)most);
    return w->status == PT_OK;
}

/* No text is an empty one. */
static void put_text(wire_writing *w, const char *field, const char *text, size_t max)
{
    const size_t n = (text == NULL ? 0 : strlen(text)) + 1;
    if (w->status == PT_OK && n > max)
        w->status = pt_fail(w->err, PT_E_ARG, "a %s can't be written: %s of %zu bytes, at most %zu with its NUL", w->type,
                            field, n, max);
    if (w->status != PT_OK)
        return;
    const uint16_t n16 = (uint16_t)n;
    wire_put(w, &n16, sizeof n16);
    wire_put(w, text == NULL ? "" : text, n);
}

static bool is_status(uint32_t code)
{
    return code == PT_OK || (code >= PT_E_ARG && code <= PT_E_NOINPUT) || code == PT_E_DEVICE || code == PT_E_INTERNAL ||
           (code >= PT_E_CREATE && code <= PT_E_VERIFY);
}

static void put_status(wire_writing *w, pt_status code, bool may_be_ok)
{
    if (w->status == PT_OK && (!is_status(code) || (code == PT_OK && !may_be_ok)))
        w->status = pt_fail(w->err, PT_E_ARG, "a %s can't be written: status is %d", w->type, (int)code);
    put_u32(w, code);
}

static bool is_duration(double seconds)
{
    return isfinite(seconds) && !signbit(seconds);
}

static void put_seconds(wire_writing *w, double seconds)
{
    if (w->status == PT_OK && !is_duration(seconds))
        w->status = pt_fail(w->err, PT_E_ARG, "a %s can't be written: seconds are %g", w->type, seconds);
    wire_put(w, &seconds, sizeof seconds);
}

/* ---- reading fields ---- */

static bool is_there(wire_reading *r, const char *field, size_t n_bytes)
{
    if (r->status == PT_OK && n_bytes > r->n_bytes - r->at)
        r->status = pt_fail(r->err, PT_E_FORMAT, "frame: %s: %s needs %zu bytes at %zu, but the payload has %zu", r->type,
                            field, n_bytes, r->at, r->n_bytes);
    return r->status == PT_OK;
}

/* NULL: it is not there. */
static const uint8_t *take(wire_reading *r, const char *field, size_t n_bytes)
{
    if (!is_there(r, field, n_bytes))
        return NULL;
    r->at += n_bytes;
    return r->room->bytes + r->at - n_bytes;
}

static void take_into(wire_reading *r, const char *field, void *out, size_t n_bytes)
{
    const uint8_t *bytes = take(r, field, n_bytes);
    if (bytes == NULL)
        memset(out, 0, n_bytes);
    else
        memcpy(out, bytes, n_bytes);
}

static uint32_t take_u32(wire_reading *r, const char *field)
{
    uint32_t value;
    take_into(r, field, &value, sizeof value);
    return value;
}

static uint64_t take_u64(wire_reading *r, const char *field)
{
    uint64_t value;
    take_into(r, field, &value, sizeof value);
    return value;
}

static uint32_t take_count(wire_reading *r, const char *field, uint32_t least, uint32_t most)
{
    const uint32_t n = take_u32(r, field);
    if (r->status != PT_OK || (n >= least && n <= most))
        return n;
    r->status =
        pt_fail(r->err, PT_E_FORMAT, "frame: %s: %s is %u, but it goes from %u to %u", r->type, field, n, least, most);
    return 0;
}

static const char *take_text(wire_reading *r, const char *field, size_t max)
{
    uint16_t n;
    take_into(r, field, &n, sizeof n);
    if (r->status == PT_OK && (n == 0 || n > max))
        r->status =
            pt_fail(r->err, PT_E_FORMAT, "frame: %s: %s has %u bytes, but it has from 1 to %zu", r->type, field, n, max);
    const uint8_t *text = take(r, field, n);
    if (text != NULL && memchr(text, '\0', n) != text + n - 1) {
        r->status = pt_fail(r->err, PT_E_FORMAT, "frame: %s: %s of %u bytes: its NUL does not end it", r->type, field, n);
        text = NULL;
    }
    return (const char *)text;
}

static pt_status take_status(wire_reading *r, bool may_be_ok)
{
    const uint32_t code = take_u32(r, "status");
    if (r->status == PT_OK && (!is_status(code) || (code == PT_OK && !may_be_ok)))
        r->status = pt_fail(r->err, PT_E_FORMAT, "frame: %s: status %u", r->type, code);
    return r->status == PT_OK ? (pt_status)code : PT_OK;
}

static double take_seconds(wire_reading *r)
{
    double seconds;
    take_into(r, "seconds", &seconds, sizeof seconds);
    if (r->status == PT_OK && !is_duration(seconds))
        r->status = pt_fail(r->err, PT_E_FORMAT, "frame: %s: seconds are %g", r->type, seconds);
    return seconds;
}

/* Where a list of n items goes, of which the payload has at least so many bytes each: behind it. May move it. */
static void *list_of(wire_reading *r, const char *field, size_t n, size_t least_bytes, size_t item_bytes)
{
    const size_t at = (r->n_bytes + LIST_ALIGN - 1) / LIST_ALIGN * LIST_ALIGN;
    if (is_there(r, field, n * least_bytes))
        r->status = wire_room_reserve(r->room, at + n * item_bytes, r->err);
    return r->status == PT_OK ? r->room->bytes + at : NULL;
}

/* ---- the payload of each type ---- */

static void put_nothing(wire_writing *w, const wire_frame *f)
{
    (void)w;
    (void)f;
}

static void take_nothing(wire_reading *r, wire_frame *f)
{
    (void)r;
    (void)f;
}

static void put_hello(wire_writing *w, const wire_frame *f)
{
    put_u64(w, f->of.hello.process);
    put_u32(w, f->of.hello.n_threads);
    put_text(w, "build", f->of.hello.build, WIRE_NAME_MAX);
    put_text(w, "host", f->of.hello.host, WIRE_NAME_MAX);
}

static void take_hello(wire_reading *r, wire_frame *f)
{
    f->of.hello.process = take_u64(r, "process");
    f->of.hello.n_threads = take_u32(r, "threads");
    f->of.hello.build = take_text(r, "build", WIRE_NAME_MAX);
    f->of.hello.host = take_text(r, "host", WIRE_NAME_MAX);
}

static void put_welcome(wire_writing *w, const wire_frame *f)
{
    const uint32_t n = f->of.welcome.n_keys;
    if (may_put(w, "number of keys", n, 0, WIRE_KEYS_MAX))
        put_u32(w, n);
    for (uint32_t i = 0; i < n && w->status == PT_OK; i++)
        put_text(w, "key", f->of.welcome.key_paths[i], WIRE_TEXT_MAX);
}

static void take_welcome(wire_reading *r, wire_frame *f)
{
    const uint32_t n = take_count(r, "number of keys", 0, WIRE_KEYS_MAX);
    const char **paths = list_of(r, "keys", n, LEAST_TEXT_BYTES, sizeof *paths); /* nothing points into the payload yet */
    for (uint32_t i = 0; i < n && r->status == PT_OK; i++)
        paths[i] = take_text(r, "key", WIRE_TEXT_MAX);
    f->of.welcome.n_keys = n;
    f->of.welcome.key_paths = paths;
}

static void put_ready(wire_writing *w, const wire_frame *f)
{
    static const uint8_t no_hash[WIRE_HASH_BYTES];
    const bool ok = f->of.ready.status == PT_OK;
    put_u32(w, f->of.ready.key);
    put_status(w, f->of.ready.status, true);
    wire_put(w, ok ? f->of.ready.hash : no_hash, WIRE_HASH_BYTES);
    put_text(w, "message", ok ? "" : f->of.ready.message, WIRE_TEXT_MAX);
}

static bool is_zero(const uint8_t *bytes, size_t n_bytes)
{
    while (n_bytes > 0 && bytes[n_bytes - 1] == 0)
        n_bytes--;
    return n_bytes == 0;
}

/* A hash or a message, never both. */
static void take_ready(wire_reading *r, wire_frame *f)
{
    f->of.ready.key = take_u32(r, "key");
    const bool ok = (f->of.ready.status = take_status(r, true)) == PT_OK;
    take_into(r, "hash", f->of.ready.hash, WIRE_HASH_BYTES);
    f->of.ready.message = take_text(r, "message", WIRE_TEXT_MAX);
    if (r->status == PT_OK && (ok ? f->of.ready.message[0] != '\0' : !is_zero(f->of.ready.hash, WIRE_HASH_BYTES)))
        r->status = pt_fail(r->err, PT_E_FORMAT, "frame: %s: status %d, but there is a %s", r->type,
                            (int)f->of.ready.status, ok ? "message" : "hash");
}

static void put_report(wire_writing *w, const wire_frame *f)
{
    put_u64(w, f->of.report.number);
    put_u64(w, f->of.report.n_proven);
    if (may_put(w, "number of keys", f->of.report.n_keys, 0, WIRE_KEYS_MAX))
        put_u32(w, f->of.report.n_keys);
    if (may_put(w, "number of keys ready", f->of.report.n_ready, 0, f->of.report.n_keys))
        put_u32(w, f->of.report.n_ready);
    if (may_put(w, "number that it may hold", f->of.report.n_may_hold, 0, WIRE_HELD_MAX))
        put_u32(w, f->of.report.n_may_hold);
    if (may_put(w, "number that it holds", f->of.report.n_held, 0, WIRE_HELD_MAX))
        put_u32(w, f->of.report.n_held);
    for (uint32_t i = 0; i < f->of.report.n_held && w->status == PT_OK; i++)
        if (may_put(w, "attempt held", f->of.report.held[i].attempt, 1, UINT32_MAX))
            wire_put(w, &f->of.report.held[i], sizeof f->of.report.held[i]);
    put_text(w, "device's fault", f->of.report.device_fault, WIRE_FAULT_MAX);
}

static void take_report(wire_reading *r, wire_frame *f)
{
    f->of.report.number = take_u64(r, "number");
    f->of.report.n_proven = take_u64(r, "number of proofs");
    f->of.report.n_keys = take_count(r, "number of keys", 0, WIRE_KEYS_MAX);
    f->of.report.n_ready = take_count(r, "number of keys ready", 0, f->of.report.n_keys);
    f->of.report.n_may_hold = take_count(r, "number that it may hold", 0, WIRE_HELD_MAX);
    const uint32_t n = take_count(r, "number that it holds", 0, WIRE_HELD_MAX);
    wire_attempt *held = list_of(r, "attempts held", n, sizeof *held, sizeof *held);
    for (uint32_t i = 0; i < n && r->status == PT_OK; i++) {
        const uint32_t partition = take_u32(r, "partition held");
        held[i] = (wire_attempt){partition, take_count(r, "attempt held", 1, UINT32_MAX)};
    }
    f->of.report.n_held = n;
    f->of.report.held = held;
    f->of.report.device_fault = take_text(r, "device's fault", WIRE_FAULT_MAX);
}

static void put_assign(wire_writing *w, const wire_frame *f)
{
    put_u32(w, f->of.assign.key);
    wire_put(w, &f->of.assign.priority, sizeof f->of.assign.priority);
    put_text(w, "id", f->of.assign.id, WIRE_NAME_MAX);
    put_text(w, "witness", f->of.assign.witness, WIRE_TEXT_MAX);
}

static void take_assign(wire_reading *r, wire_frame *f)
{
    f->of.assign.key = take_u32(r, "key");
    take_into(r, "priority", &f->of.assign.priority, sizeof f->of.assign.priority);
    f->of.assign.id = take_text(r, "id", WIRE_NAME_MAX);
    f->of.assign.witness = take_text(r, "witness", WIRE_TEXT_MAX);
}

enum {
    PUBLIC_BYTES = 32,
    RESULT_FIXED = 16,
    PUBLIC_MAX = (WIRE_PLAIN_MAX - RESULT_FIXED - WIRE_PROOF_BYTES_MAX) / PUBLIC_BYTES
};

static void put_result(wire_writing *w, const wire_frame *f)
{
    put_seconds(w, f->of.result.seconds);
    if (!may_put(w, "proof's number of bytes", f->of.result.n_proof_bytes, 1, WIRE_PROOF_BYTES_MAX) ||
        !may_put(w, "number of public inputs", f->of.result.n_public, 0, PUBLIC_MAX))
        return;
    put_u32(w, f->of.result.n_proof_bytes);
    put_u32(w, f->of.result.n_public);
    wire_put(w, f->of.result.proof, f->of.result.n_proof_bytes);
    wire_put(w, f->of.result.public_inputs, (size_t)f->of.result.n_public * PUBLIC_BYTES);
}

static void take_result(wire_reading *r, wire_frame *f)
{
    f->of.result.seconds = take_seconds(r);
    f->of.result.n_proof_bytes = take_count(r, "proof's number of bytes", 1, WIRE_PROOF_BYTES_MAX);
    f->of.result.n_public = take_count(r, "number of public inputs", 0, PUBLIC_MAX);
    f->of.result.proof = take(r, "proof", f->of.result.n_proof_bytes);
    f->of.result.public_inputs = take(r, "public inputs", (size_t)f->of.result.n_public * PUBLIC_BYTES);
}

static void put_failure(wire_writing *w, const wire_frame *f)
{
    put_seconds(w, f->of.failure.seconds);
    put_status(w, f->of.failure.status, false);
    put_text(w, "message", f->of.failure.message, WIRE_TEXT_MAX);
}

static void take_failure(wire_reading *r, wire_frame *f)
{
    f->of.failure.seconds = take_seconds(r);
    f->of.failure.status = take_status(r, false);
    f->of.failure.message = take_text(r, "message", WIRE_TEXT_MAX);
}

static void put_stop(wire_writing *w, const wire_frame *f)
{
    put_status(w, f->of.stop.status, true);
    put_text(w, "message", f->of.stop.message, WIRE_TEXT_MAX);
}

static void take_stop(wire_reading *r, wire_frame *f)
{
    f->of.stop.status = take_status(r, true);
    f->of.stop.message = take_text(r, "message", WIRE_TEXT_MAX);
}

static void put_file(wire_writing *w, wire_file file)
{
    if (may_put(w, "kind of file", file.kind, 0, WIRE_OF_END - 1))
        put_u32(w, file.kind);
    put_u32(w, file.index);
    if (may_put(w, "attempt", file.attempt, file.kind == WIRE_OF_WITNESS, file.kind == WIRE_OF_WITNESS ? UINT32_MAX : 0))
        put_u32(w, file.attempt);
}

static wire_file take_file(wire_reading *r)
{
    const uint32_t kind = take_count(r, "kind of file", 0, WIRE_OF_END - 1), index = take_u32(r, "file");
    const bool numbered = kind == WIRE_OF_WITNESS;
    return (wire_file){(wire_file_kind)kind, index, take_count(r, "attempt", numbered, numbered ? UINT32_MAX : 0)};
}

static void put_want(wire_writing *w, const wire_frame *f)
{
    put_file(w, f->of.want.file);
    put_u64(w, f->of.want.offset);
    if (may_put(w, "number of bytes", f->of.want.n_bytes, 0, WIRE_CHUNK_MAX))
        put_u32(w, f->of.want.n_bytes);
}

static void take_want(wire_reading *r, wire_frame *f)
{
    f->of.want.file = take_file(r);
    f->of.want.offset = take_u64(r, "offset");
    f->of.want.n_bytes = take_count(r, "number of bytes", 0, WIRE_CHUNK_MAX);
}

/* What a chunk's fields must agree in. NULL: they do. */
static const char *chunk_fault(const wire_frame *f)
{
    const bool failed = f->of.chunk.status != PT_OK;
    const char *message = f->of.chunk.message == NULL ? "" : f->of.chunk.message;
    const bool hashed = !is_zero(f->of.chunk.hash, WIRE_HASH_BYTES);
    if (failed && (f->of.chunk.total_bytes != 0 || f->of.chunk.n_bytes != 0 || f->of.chunk.offset != 0))
        return "a status, and a place in a file";
    if (!failed && message[0] != '\0')
        return "a message, and no status";
    if (hashed && (f->of.chunk.total_bytes == 0 || f->of.chunk.n_bytes != 0 || f->of.chunk.file.kind != WIRE_OF_KEY))
        return "a hash, of no key";
    if (f->of.chunk.n_bytes > f->of.chunk.total_bytes || f->of.chunk.offset > f->of.chunk.total_bytes - f->of.chunk.n_bytes)
        return "a place beyond the file's end";
    return NULL;
}

static void put_chunk(wire_writing *w, const wire_frame *f)
{
    const char *fault = chunk_fault(f);
    if (w->status == PT_OK && fault != NULL)
        w->status = pt_fail(w->err, PT_E_ARG, "a %s can't be written: it has %s", w->type, fault);
    put_file(w, f->of.chunk.file);
    put_status(w, f->of.chunk.status, true);
    put_u64(w, f->of.chunk.total_bytes);
    put_u64(w, f->of.chunk.offset);
    if (may_put(w, "number of bytes", f->of.chunk.n_bytes, 0, WIRE_CHUNK_MAX))
        put_u32(w, f->of.chunk.n_bytes);
    wire_put(w, f->of.chunk.hash, WIRE_HASH_BYTES);
    put_text(w, "message", f->of.chunk.message, WIRE_TEXT_MAX);
    wire_put(w, f->of.chunk.bytes, f->of.chunk.n_bytes);
}

static void take_chunk(wire_reading *r, wire_frame *f)
{
    f->of.chunk.file = take_file(r);
    f->of.chunk.status = take_status(r, true);
    f->of.chunk.total_bytes = take_u64(r, "bytes of the file");
    f->of.chunk.offset = take_u64(r, "offset");
    f->of.chunk.n_bytes = take_count(r, "number of bytes", 0, WIRE_CHUNK_MAX);
    take_into(r, "hash", f->of.chunk.hash, WIRE_HASH_BYTES);
    f->of.chunk.message = take_text(r, "message", WIRE_TEXT_MAX);
    f->of.chunk.bytes = take(r, "bytes", f->of.chunk.n_bytes);
    const char *fault = r->status == PT_OK ? chunk_fault(f) : NULL;
    if (fault != NULL)
        r->status = pt_fail(r->err, PT_E_FORMAT, "frame: %s: it has %s", r->type, fault);
}

static void put_ping(wire_writing *w, const wire_frame *f)
{
    put_seconds(w, f->of.ping.asked);
}

static void take_ping(wire_reading *r, wire_frame *f)
{
    f->of.ping.asked = take_seconds(r);
}

static void put_pong(wire_writing *w, const wire_frame *f)
{
    put_seconds(w, f->of.pong.asked);
    put_seconds(w, f->of.pong.now);
}

static void take_pong(wire_reading *r, wire_frame *f)
{
    f->of.pong.asked = take_seconds(r);
    f->of.pong.now = take_seconds(r);
}

static void put_tell(wire_writing *w, const wire_frame *f)
{
    put_u32(w, f->of.tell.first);
}

static void take_tell(wire_reading *r, wire_frame *f)
{
    f->of.tell.first = take_u32(r, "first span");
}

enum { SPAN_BYTES = 3 * 8 + 8 + 4 + 3 * 2, SPANS_FIXED = 4 * 4 + 8, DEVICE_FIXED = 4 + 2 * 8 };

static void put_device(wire_writing *w, const wire_device *device)
{
    put_u32(w, device->index);
    put_u64(w, device->n_proven);
    put_u64(w, device->n_instead);
    put_text(w, "device's name", device->name, WIRE_NAME_MAX);
    put_text(w, "device's PCI address", device->pci, WIRE_NAME_MAX);
}

static wire_device take_device(wire_reading *r)
{
    wire_device device = {.index = take_u32(r, "device's index")};
    device.n_proven = take_u64(r, "partitions on the device");
    device.n_instead = take_u64(r, "partitions in its place");
    device.name = take_text(r, "device's name", WIRE_NAME_MAX);
    device.pci = take_text(r, "device's PCI address", WIRE_NAME_MAX);
    return device;
}

static void put_span(wire_writing *w, const timeline_span *span)
{
    may_put(w, "stage", span->stage, 0, STAGE_COUNT - 1);
    if (w->status == PT_OK && span->end < span->start)
        w->status = pt_fail(w->err, PT_E_ARG, "a %s can't be written: a span ends before it begins", w->type);
    put_seconds(w, span->start);
    put_seconds(w, span->end);
    put_seconds(w, span->cpu_seconds);
    put_u64(w, span->bytes);
    put_u32(w, span->partition);
    wire_put(w, &span->stage, sizeof span->stage);
    wire_put(w, &span->row, sizeof span->row);
    wire_put(w, &span->domain, sizeof span->domain);
}

static void put_spans(wire_writing *w, const wire_frame *f)
{
    const uint32_t first = f->of.spans.first, in_all = f->of.spans.n_in_all, n = f->of.spans.n;
    may_put(w, "first span", first, 0, in_all);
    may_put(w, "number of spans", n, 0, in_all - first < WIRE_SPANS_MAX ? in_all - first : WIRE_SPANS_MAX);
    put_u32(w, first);
    put_u32(w, in_all);
    put_u32(w, f->of.spans.n_threads);
    put_u64(w, f->of.spans.n_lost);
    put_u32(w, n);
    for (uint32_t i = 0; i < n && w->status == PT_OK; i++)
        put_span(w, &f->of.spans.spans[i]);
    put_device(w, &f->of.spans.device);
}

static timeline_span take_span(wire_reading *r)
{
    timeline_span span = {.start = take_seconds(r)};
    span.end = take_seconds(r);
    span.cpu_seconds = take_seconds(r);
    span.bytes = take_u64(r, "bytes");
    span.partition = take_u32(r, "partition");
    take_into(r, "stage", &span.stage, sizeof span.stage);
    take_into(r, "row", &span.row, sizeof span.row);
    take_into(r, "domain", &span.domain, sizeof span.domain);
    if (r->status == PT_OK && (span.stage >= STAGE_COUNT || span.end < span.start))
        r->status = pt_fail(r->err, PT_E_FORMAT, "frame: %s: a span of stage %u from %g to %g", r->type, span.stage,
                            span.start, span.end);
    return span;
}

static void take_spans(wire_reading *r, wire_frame *f)
{
    f->of.spans.first = take_u32(r, "first span");
    f->of.spans.n_in_all = take_u32(r, "number of all spans");
    f->of.spans.n_threads = take_u32(r, "threads");
    f->of.spans.n_lost = take_u64(r, "lost spans");
    const uint32_t n = take_count(r, "number of spans", 0, WIRE_SPANS_MAX);
    if (r->status == PT_OK && (f->of.spans.first > f->of.spans.n_in_all || n > f->of.spans.n_in_all - f->of.spans.first))
        r->status = pt_fail(r->err, PT_E_FORMAT, "frame: %s: %u from %u on, but there are %u", r->type, n,
                            f->of.spans.first, f->of.spans.n_in_all);
    timeline_span *spans = list_of(r, "spans", n, SPAN_BYTES, sizeof *spans);
    for (uint32_t i = 0; i < n && r->status == PT_OK; i++)
        spans[i] = take_span(r);
    f->of.spans.n = n;
    f->of.spans.spans = spans;
    f->of.spans.device = take_device(r);
}

enum { NAME_BYTES = 2 + WIRE_NAME_MAX, TEXT_BYTES = 2 + WIRE_TEXT_MAX };
const wire_payload wire_payloads[WIRE_TYPE_END] = {
    [WIRE_HELLO] = {"hello", false, 12 + 2 * NAME_BYTES, put_hello, take_hello},
    [WIRE_WELCOME] = {"welcome", false, 4 + WIRE_KEYS_MAX *TEXT_BYTES, put_welcome, take_welcome},
    [WIRE_READY] = {"ready", false, 8 + WIRE_HASH_BYTES + TEXT_BYTES, put_ready, take_ready},
    [WIRE_REPORT] = {"report", false, 32 + WIRE_HELD_MAX * sizeof(wire_attempt) + 2 + WIRE_FAULT_MAX, put_report,
                     take_report},
    [WIRE_ASSIGN] = {"assign", true, 8 + NAME_BYTES + TEXT_BYTES, put_assign, take_assign},
    [WIRE_CANCEL] = {"cancel", true, 0, put_nothing, take_nothing},
    [WIRE_RESULT] = {"result", true, WIRE_PLAIN_MAX, put_result, take_result},
    [WIRE_FAILURE] = {"failure", true, 12 + TEXT_BYTES, put_failure, take_failure},
    [WIRE_ACK] = {"ack", true, 0, put_nothing, take_nothing},
    [WIRE_ALIVE] = {"alive", false, 0, put_nothing, take_nothing},
    [WIRE_AGAIN] = {"again", false, 0, put_nothing, take_nothing},
    [WIRE_STOP] = {"stop", false, 4 + TEXT_BYTES, put_stop, take_stop},
    [WIRE_WANT] = {"want", false, 24, put_want, take_want},
    [WIRE_CHUNK] = {"chunk", false, 36 + WIRE_HASH_BYTES + TEXT_BYTES + WIRE_CHUNK_MAX, put_chunk, take_chunk},
    [WIRE_PING] = {"ping", false, 8, put_ping, take_ping},
    [WIRE_PONG] = {"pong", false, 16, put_pong, take_pong},
    [WIRE_TELL] = {"tell", false, 4, put_tell, take_tell},
    [WIRE_SPANS] = {"spans", false, SPANS_FIXED + WIRE_SPANS_MAX *SPAN_BYTES + DEVICE_FIXED + 2 * NAME_BYTES, put_spans,
                    take_spans},
};
