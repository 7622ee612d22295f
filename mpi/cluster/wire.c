/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/wire.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

#include "mpi/cluster/wire_payload.h"

/* A frame: header, payload, sum. Integers are little-endian, nothing is aligned. Magic, version and sum stand where they stand in every
 * version to come, so that one of another version is told from a damaged one. */
enum {
    AT_MAGIC = 0,
    AT_VERSION = 4, /* u16 */
    AT_TYPE = 6,    /* u8 */
    AT_PACKING = 7, /* u8 */
    AT_SENT = 8,    /* u32: bytes of the payload in the frame */
    AT_PLAIN = 12,  /* u32: bytes of the payload when it is unpacked */
    AT_EPOCH = 16,
    AT_REQUEST = 24,
    AT_PARTITION = 32,
    AT_ATTEMPT = 36,
    HEADER_BYTES = 40,
    SUM_BYTES = 8,
    FRAME_MIN = HEADER_BYTES + SUM_BYTES,
    PACKED_FROM = 256, /* bytes of a payload: less is one packet of the network's anyway */
    PACK_LEVEL = 1
};

enum { PACKING_NONE, PACKING_ZSTD, PACKING_END };

static const uint8_t magic[4] = {'p', 't', 'w', 'f'};

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "integers are copied as they lie");
_Static_assert(WIRE_PLAIN_MAX == WIRE_FRAME_MAX - FRAME_MIN, "a payload that can't be packed has room");

/* ---- the room ---- */

pt_status wire_room_reserve(wire_room *room, size_t n_bytes, pt_err *err)
{
    if (n_bytes <= room->capacity_bytes)
        return PT_OK;
    size_t capacity = room->capacity_bytes == 0 ? 512 : room->capacity_bytes;
    while (capacity < n_bytes)
        capacity *= 2;
    uint8_t *bytes = malloc(capacity);
    if (bytes == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for a frame: %zu bytes", capacity);
    if (room->capacity_bytes > 0) {
        memcpy(bytes, room->bytes, room->capacity_bytes);
        sodium_memzero(room->bytes, room->capacity_bytes);
        free(room->bytes);
    }
    room->bytes = bytes;
    room->capacity_bytes = capacity;
    return PT_OK;
}

void wire_room_clear(wire_room *room)
{
    ZSTD_freeCCtx(room->packer);
    ZSTD_freeDCtx(room->unpacker);
    free(room->bytes);
    *room = (wire_room){0};
}

void wire_room_wipe(wire_room *room)
{
    if (room->capacity_bytes > 0)
        sodium_memzero(room->bytes, room->capacity_bytes);
    room->n_bytes = 0;
}

static bool is_type(unsigned type)
{
    return type >= WIRE_HELLO && type < WIRE_TYPE_END;
}

const char *wire_type_name(wire_type type)
{
    return is_type(type) ? wire_payloads[type].name : "unknown";
}

/* What header and type must agree in. NULL: they do. */
static const char *header_fault(const wire_frame *f)
{
    const bool numbered = f->attempt.attempt != 0;
    if (wire_payloads[f->type].of_attempt != numbered)
        return numbered ? "it has the number of an attempt" : "it has no number of an attempt";
    if (!numbered && f->attempt.partition != 0)
        return "it has a partition";
    if (f->type == WIRE_HELLO && (f->epoch != 0 || f->request != 0))
        return "it has an epoch or a request";
    return NULL;
}

/* ---- writing a frame ---- */

/* Pack the payload, which begins behind the header, where that is shorter; returns its bytes. What fails leaves it as it is. */
static size_t pack(wire_writing *w, int level, size_t plain_bytes)
{
    wire_room *room = w->room;
    if (w->status != PT_OK || plain_bytes < PACKED_FROM || level == 0)
        return plain_bytes;
    if (room->packer == NULL)
        room->packer = ZSTD_createCCtx();
    w->status = wire_room_reserve(room, HEADER_BYTES + 2 * plain_bytes, w->err);
    if (w->status != PT_OK || room->packer == NULL)
        return plain_bytes;
    uint8_t *plain = room->bytes + HEADER_BYTES, *packed = plain + plain_bytes;
    const size_t n = ZSTD_compressCCtx(room->packer, packed, plain_bytes - 1, plain, plain_bytes, level);
    if (ZSTD_isError(n))
        return plain_bytes;
    memmove(plain, packed, n);
    return n;
}

static void put_header(uint8_t *at, const wire_frame *f, size_t sent_bytes, size_t plain_bytes)
{
    const uint16_t version = WIRE_VERSION;
    const uint32_t sent = (uint32_t)sent_bytes, plain = (uint32_t)plain_bytes;
    memcpy(at + AT_MAGIC, magic, sizeof magic);
    memcpy(at + AT_VERSION, &version, sizeof version);
    at[AT_TYPE] = (uint8_t)f->type;
    at[AT_PACKING] = sent < plain ? PACKING_ZSTD : PACKING_NONE;
    memcpy(at + AT_SENT, &sent, sizeof sent);
    memcpy(at + AT_PLAIN, &plain, sizeof plain);
    memcpy(at + AT_EPOCH, &f->epoch, sizeof f->epoch);
    memcpy(at + AT_REQUEST, &f->request, sizeof f->request);
    memcpy(at + AT_PARTITION, &f->attempt.partition, sizeof f->attempt.partition);
    memcpy(at + AT_ATTEMPT, &f->attempt.attempt, sizeof f->attempt.attempt);
}

pt_status wire_write(const wire_frame *frame, wire_room *room, pt_err *err)
{
    if (!is_type(frame->type))
        return pt_fail(err, PT_E_ARG, "a frame can't be written: type %d", (int)frame->type);
    const char *fault = header_fault(frame);
    if (fault != NULL)
        return pt_fail(err, PT_E_ARG, "a %s can't be written: %s", wire_payloads[frame->type].name, fault);
    wire_writing w = {.room = room, .n_bytes = HEADER_BYTES, .type = wire_payloads[frame->type].name, .err = err};
    w.status = wire_room_reserve(room, FRAME_MIN, err);
    wire_payloads[frame->type].put(&w, frame);
    const int level = frame->type == WIRE_CHUNK ? frame->of.chunk.level : PACK_LEVEL;
    const size_t plain_bytes = w.n_bytes - HEADER_BYTES, sent_bytes = pack(&w, level, plain_bytes);
    w.n_bytes = HEADER_BYTES + sent_bytes;
    if (w.status == PT_OK)
        put_header(room->bytes, frame, sent_bytes, plain_bytes);
    const uint64_t sum = w.status == PT_OK ? XXH3_64bits(room->bytes, w.n_bytes) : 0;
    wire_put(&w, &sum, sizeof sum);
    if (w.status == PT_OK)
        room->n_bytes = w.n_bytes;
    return w.status;
}

/* ---- reading a frame ---- */

typedef struct {
    unsigned packing;
    uint32_t plain_bytes;
    const uint8_t *sent;
    size_t n_sent;
} payload;

/* The frame is whole: what was sent, of this version. */
static pt_status check_whole(const uint8_t *bytes, size_t n_bytes, pt_err *err)
{
    uint64_t sum;
    uint16_t version;
    if (n_bytes < FRAME_MIN || n_bytes > WIRE_FRAME_MAX)
        return pt_fail(err, PT_E_FORMAT, "frame: %zu bytes, but it has from %d to %d", n_bytes, FRAME_MIN, WIRE_FRAME_MAX);
    if (memcmp(bytes + AT_MAGIC, magic, sizeof magic) != 0)
        return pt_fail(err, PT_E_FORMAT, "frame: it does not begin with ptwf");
    memcpy(&sum, bytes + n_bytes - SUM_BYTES, sizeof sum);
    const uint64_t own = XXH3_64bits(bytes, n_bytes - SUM_BYTES);
    if (sum != own)
        return pt_fail(err, PT_E_FORMAT, "frame: checksum of its %zu bytes is %016llx, but it says %016llx", n_bytes,
                       (unsigned long long)own, (unsigned long long)sum);
    memcpy(&version, bytes + AT_VERSION, sizeof version);
    if (version != WIRE_VERSION)
        return pt_fail(err, PT_E_ARG, "frame: version %u, but this program has %d", version, WIRE_VERSION);
    return PT_OK;
}

static pt_status read_header(const uint8_t *bytes, size_t n_bytes, wire_frame *f, payload *p, pt_err *err)
{
    uint32_t sent;
    if (!is_type(bytes[AT_TYPE]))
        return pt_fail(err, PT_E_FORMAT, "frame: type %u", bytes[AT_TYPE]);
    f->type = (wire_type)bytes[AT_TYPE];
    memcpy(&f->epoch, bytes + AT_EPOCH, sizeof f->epoch);
    memcpy(&f->request, bytes + AT_REQUEST, sizeof f->request);
    memcpy(&f->attempt.partition, bytes + AT_PARTITION, sizeof f->attempt.partition);
    memcpy(&f->attempt.attempt, bytes + AT_ATTEMPT, sizeof f->attempt.attempt);
    const char *fault = header_fault(f);
    if (fault != NULL)
        return pt_fail(err, PT_E_FORMAT, "frame: %s: %s", wire_payloads[f->type].name, fault);
    memcpy(&sent, bytes + AT_SENT, sizeof sent);
    memcpy(&p->plain_bytes, bytes + AT_PLAIN, sizeof p->plain_bytes);
    p->packing = bytes[AT_PACKING];
    p->sent = bytes + HEADER_BYTES;
    p->n_sent = n_bytes - FRAME_MIN;
    if (sent != p->n_sent)
        return pt_fail(err, PT_E_FORMAT, "frame: %s: payload of %u bytes, but there are %zu", wire_payloads[f->type].name,
                       sent, p->n_sent);
    return PT_OK;
}

/* Lengths, before there is memory for any. Of zstd one frame that says its length: no skippable ones, none of the formats before 1.0, none
 * behind the first. */
static pt_status check_lengths(wire_type type, const payload *p, pt_err *err)
{
    static const uint8_t zstd_magic[4] = {0x28, 0xb5, 0x2f, 0xfd};
    const char *name = wire_payloads[type].name;
    if (p->packing >= PACKING_END)
        return pt_fail(err, PT_E_FORMAT, "frame: %s: packing %u", name, p->packing);
    if (p->plain_bytes > wire_payloads[type].plain_max)
        return pt_fail(err, PT_E_FORMAT, "frame: %s: payload of %u bytes, but it has at most %u", name, p->plain_bytes,
                       wire_payloads[type].plain_max);
    if (p->packing == PACKING_NONE ? p->plain_bytes != p->n_sent : p->plain_bytes <= p->n_sent)
        return pt_fail(err, PT_E_FORMAT, "frame: %s: %zu bytes of packing %u for %u", name, p->n_sent, p->packing,
                       p->plain_bytes);
    if (p->packing == PACKING_NONE)
        return PT_OK;
    if (p->n_sent < sizeof zstd_magic || memcmp(p->sent, zstd_magic, sizeof zstd_magic) != 0)
        return pt_fail(err, PT_E_FORMAT, "frame: %s: the payload is no zstd frame", name);
    const unsigned long long plain = ZSTD_getFrameContentSize(p->sent, p->n_sent);
    const size_t first = ZSTD_findFrameCompressedSize(p->sent, p->n_sent);
    if (plain != p->plain_bytes || first != p->n_sent)
        return pt_fail(err, PT_E_FORMAT, "frame: %s: the zstd frame says %llu bytes in %zu, the header %u in %zu", name,
                       plain, ZSTD_isError(first) ? 0 : first, p->plain_bytes, p->n_sent);
    return PT_OK;
}

/* The plain payload to the beginning of the room. */
static pt_status unpack(wire_type type, const payload *p, wire_room *room, pt_err *err)
{
    if (wire_room_reserve(room, p->plain_bytes, err) != PT_OK)
        return err->code;
    if (p->packing == PACKING_NONE) {
        if (p->n_sent > 0)
            memcpy(room->bytes, p->sent, p->n_sent);
        return PT_OK;
    }
    if (room->unpacker == NULL && (room->unpacker = ZSTD_createDCtx()) == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory to unpack a frame");
    const size_t n = ZSTD_decompressDCtx(room->unpacker, room->bytes, p->plain_bytes, p->sent, p->n_sent);
    if (n != p->plain_bytes)
        return pt_fail(err, PT_E_FORMAT, "frame: %s: the payload's zstd frame is damaged: %s", wire_payloads[type].name,
                       ZSTD_isError(n) ? ZSTD_getErrorName(n) : "too short");
    return PT_OK;
}

pt_status wire_read(const uint8_t *bytes, size_t n_bytes, wire_room *room, wire_frame *out, pt_err *err)
{
    wire_frame f = {0};
    payload p = {0};
    pt_status status;
    if ((status = check_whole(bytes, n_bytes, err)) != PT_OK ||
        (status = read_header(bytes, n_bytes, &f, &p, err)) != PT_OK ||
        (status = check_lengths(f.type, &p, err)) != PT_OK || (status = unpack(f.type, &p, room, err)) != PT_OK)
        return status;
    wire_reading r = {.room = room, .n_bytes = p.plain_bytes, .type = wire_payloads[f.type].name, .err = err};
    wire_payloads[f.type].take(&r, &f);
    if (r.status == PT_OK && r.at != r.n_bytes)
        r.status =
            pt_fail(err, PT_E_FORMAT, "frame: %s: %zu bytes behind the payload's last field", r.type, r.n_bytes - r.at);
    room->n_bytes = p.plain_bytes;
    if (r.status == PT_OK)
        *out = f;
    return r.status;
}
