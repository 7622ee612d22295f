/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_frame.c - a frame of any bytes, also with right sums and lengths.
 *
 * Each input is read four times: as it is; with its sum put right; with version and the payload's lengths put right as well; and with its payload, which
 * may then be what a reader of fields meets and not only one of zstd, packed. What is accepted is written again to the same payload, byte for
 * byte, and read again says the same. */
#include "mpi/cluster/wire.h"

#include <zstd.h>

#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/memory_watch.h"
#include "tests/unit/wire_frames.inc.h"

/* The room doubles as it grows, and the old one is there until the new one has its bytes: less than three times what is needed. That is the
 * payload and, of a welcome, a pointer behind it for each text. What zstd takes for itself is not counted. */
enum { TEXT_MIN = 3, GROWTH = 3, ROOM_MIN = 512, SMALL_BYTES_MAX = 64 << 10, PLAIN_MAX = 1 << 20 };

/* Memory follows the length that the payload has, or unpacked says that it has, as far as its type may. */
static size_t bound_of(const uint8_t *bytes, size_t n_bytes)
{
    size_t n_plain = n_bytes;
    if (n_bytes >= FRAME_MIN && bytes[AT_PACKING] != 0) {
        const bool large = bytes[AT_TYPE] == WIRE_WELCOME || bytes[AT_TYPE] == WIRE_RESULT || bytes[AT_TYPE] == WIRE_CHUNK;
        const size_t most = large ? WIRE_FRAME_MAX : SMALL_BYTES_MAX, said = u32_at(bytes, AT_PLAIN);
        n_plain = said < most ? said : most;
    }
    return GROWTH * (ROOM_MIN + n_plain + (n_plain / TEXT_MIN + 1) * sizeof(char *));
}

/* What zstd itself makes of an accepted frame's payload; the caller's to free(). */
static uint8_t *plain_payload(const uint8_t *bytes, size_t n_bytes)
{
    const size_t n_plain = u32_at(bytes, AT_PLAIN), n_sent = n_bytes - FRAME_MIN;
    uint8_t *plain = malloc(n_plain + 1);
    FUZZ_REQUIRE(plain != NULL);
    if (bytes[AT_PACKING] == 0) {
        FUZZ_REQUIRE(n_plain == n_sent);
        memcpy(plain, bytes + AT_PAYLOAD, n_plain);
    } else {
        FUZZ_REQUIRE(ZSTD_findFrameCompressedSize(bytes + AT_PAYLOAD, n_sent) == n_sent);
        FUZZ_REQUIRE(ZSTD_decompress(plain, n_plain, bytes + AT_PAYLOAD, n_sent) == n_plain);
    }
    return plain;
}

/* A payload has one form: what is written again is what was read, byte for byte. */
static void require_one_form(const uint8_t *read, size_t n_read, const wire_room *written)
{
    uint8_t *before = plain_payload(read, n_read), *after = plain_payload(written->bytes, written->n_bytes);
    FUZZ_REQUIRE(u32_at(read, AT_PLAIN) == u32_at(written->bytes, AT_PLAIN));
    FUZZ_REQUIRE(memcmp(before, after, u32_at(read, AT_PLAIN)) == 0);
    free(before);
    free(after);
}

static void write_again(const wire_frame *frame, const uint8_t *bytes, size_t n_bytes)
{
    pt_err err = {0};
    wire_room writes = {0}, reads = {0};
    wire_frame out;
    FUZZ_REQUIRE(wire_write(frame, &writes, &err) == PT_OK);
    require_one_form(bytes, n_bytes, &writes);
    FUZZ_REQUIRE(wire_read(writes.bytes, writes.n_bytes, &reads, &out, &err) == PT_OK);
    FUZZ_REQUIRE(frames_alike(frame, &out));
    wire_room_clear(&writes);
    wire_room_clear(&reads);
}

static void read_one(const uint8_t *bytes, size_t n_bytes)
{
    pt_err err = {0};
    wire_room room = {0};
    wire_frame frame;
    memory_watch_begin();
    const pt_status status = wire_read(bytes, n_bytes, &room, &frame, &err);
    FUZZ_REQUIRE(memory_watch_peak() <= bound_of(bytes, n_bytes));
    FUZZ_REQUIRE(status == err.code && fuzz_is_printable(err.msg));
    FUZZ_REQUIRE(status == PT_OK || status == PT_E_FORMAT || status == PT_E_ARG);
    if (status == PT_OK)
        write_again(&frame, bytes, n_bytes);
    wire_room_clear(&room);
}

static void read_packed(const uint8_t *bytes, size_t n_bytes)
{
    const size_t n_plain = n_bytes - FRAME_MIN, room = ZSTD_compressBound(n_plain);
    if (n_plain > PLAIN_MAX)
        return;
    uint8_t *frame = malloc(FRAME_MIN + room);
    FUZZ_REQUIRE(frame != NULL);
    memcpy(frame, bytes, AT_PAYLOAD);
    const size_t n_sent = ZSTD_compress(frame + AT_PAYLOAD, room, bytes + AT_PAYLOAD, n_plain, 1);
    FUZZ_REQUIRE(!ZSTD_isError(n_sent));
    frame[AT_PACKING] = 1;
    put_u32_at(frame, AT_PLAIN, (uint32_t)n_plain);
    frame_seal_lengths(frame, FRAME_MIN + n_sent);
    read_one(frame, FRAME_MIN + n_sent);
    free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    read_one(bytes, n_bytes);
    if (n_bytes < FRAME_MIN)
        return 0;
    uint8_t *frame = malloc(n_bytes);
    FUZZ_REQUIRE(frame != NULL);
    memcpy(frame, bytes, n_bytes);
    frame_seal(frame, n_bytes);
    read_one(frame, n_bytes);
    frame_seal_lengths(frame, n_bytes);
    read_one(frame, n_bytes);
    read_packed(frame, n_bytes);
    free(frame);
    return 0;
}
