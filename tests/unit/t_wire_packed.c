/* SPDX-License-Identifier: Apache-2.0 */
/* Frames whose payload is a zstd frame, and what might stand there in its place. */
#include "mpi/cluster/wire.h"

#include <zstd.h>

#include "tests/unit/wire_tests.inc.h"

/* A frame of this type around sent bytes, whatever they are. */
static image packed_frame(wire_type type, const void *sent, size_t n_sent, size_t n_plain)
{
    image packed = {calloc(1, FRAME_MIN + n_sent), FRAME_MIN + n_sent};
    assert_non_null(packed.bytes);
    memcpy(packed.bytes, "ptwf", 4);
    packed.bytes[AT_VERSION] = WIRE_VERSION;
    packed.bytes[AT_TYPE] = (uint8_t)type;
    packed.bytes[AT_PACKING] = 1;
    put_u32_at(packed.bytes, AT_SENT, (uint32_t)n_sent);
    put_u32_at(packed.bytes, AT_PLAIN, (uint32_t)n_plain);
    put_u32_at(packed.bytes, AT_ATTEMPT, names_attempt(type));
    memcpy(packed.bytes + AT_PAYLOAD, sent, n_sent);
    frame_seal(packed.bytes, packed.n);
    return packed;
}

static void expect_packed_refused(wire_type type, const void *sent, size_t n_sent, size_t n_plain, const char *part)
{
    image packed = packed_frame(type, sent, n_sent, n_plain);
    expect_refused(&packed, part);
    free(packed.bytes);
}

static image zstd_of(const uint8_t *plain, size_t n_plain)
{
    image packed = {malloc(ZSTD_compressBound(n_plain)), 0};
    assert_non_null(packed.bytes);
    packed.n = ZSTD_compress(packed.bytes, ZSTD_compressBound(n_plain), plain, n_plain, 1);
    assert_false(ZSTD_isError(packed.n));
    return packed;
}

/* The payload of a result with 100 public inputs, all of them zero. */
static uint8_t plain_result[16 + 128 + 3200] = {[8] = 128, [12] = 100};

static void a_payload_that_shrinks_is_packed(void **state)
{
    (void)state;
    const wire_frame frame = {
        .type = WIRE_RESULT, .attempt = {0, 1}, .of.result = {plain_result + 16, 128, plain_result + 144, 100, 0}};
    image written = image_of_frame(&frame);
    assert_int_equal(written.bytes[AT_PACKING], 1);
    assert_int_equal(u32_at(written.bytes, AT_PLAIN), sizeof plain_result);
    assert_int_equal(u32_at(written.bytes, AT_SENT), written.n - FRAME_MIN);
    assert_true(written.n < 150);
    uint8_t plain[sizeof plain_result];
    assert_int_equal(ZSTD_decompress(plain, sizeof plain, written.bytes + AT_PAYLOAD, written.n - FRAME_MIN), sizeof plain);
    assert_memory_equal(plain, plain_result, sizeof plain);
    free(written.bytes);
}

static void one_that_does_not_shrink_is_plain(void **state)
{
    (void)state;
    uint64_t random = 3;
    uint8_t proof[WIRE_PROOF_BYTES_MAX], values[320];
    for (size_t i = 0; i < sizeof values; i++)
        values[i] = (uint8_t)splitmix_next(&random);
    for (size_t i = 0; i < sizeof proof; i++)
        proof[i] = (uint8_t)splitmix_next(&random);
    const wire_frame frame = {.type = WIRE_RESULT, .attempt = {0, 1}, .of.result = {proof, 192, values, 10, 0}};
    image written = image_of_frame(&frame);
    assert_int_equal(written.bytes[AT_PACKING], 0);
    assert_int_equal(written.n, FRAME_MIN + 16 + 192 + 320);
    free(written.bytes);
}

/* Packed and true for its type but for its length: told before there is memory for it. */
static void a_bomb_is_refused_before_memory_is_taken(void **state)
{
    (void)state;
    const size_t n_plain = (size_t)1 << 26;
    uint8_t *zeros = calloc(1, n_plain);
    assert_non_null(zeros);
    image packed = zstd_of(zeros, n_plain);
    for (wire_type type = WIRE_HELLO; type < WIRE_TYPE_END; type++) {
        image bomb = packed_frame(type, packed.bytes, packed.n, n_plain);
        pt_err err = {0};
        wire_room room = {0};
        wire_frame out;
        assert_int_equal(wire_read(bomb.bytes, bomb.n, &room, &out, &err), PT_E_FORMAT);
        assert_non_null(strstr(err.msg, "payload of 67108864 bytes, but it has at most"));
        assert_int_equal(room.capacity_bytes, 0);
        assert_null(room.unpacker);
        free(bomb.bytes);
    }
    expect_packed_refused(WIRE_RESULT, packed.bytes, packed.n, 1000000, "the zstd frame says 67108864 bytes in");
    free(packed.bytes);
    free(zeros);
}

static void a_zstd_frame_is_whole_alone_and_says_its_length(void **state)
{
    (void)state;
    static const uint8_t skippable[] = {0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4};
    static const uint8_t before_1_0[] = {0x27, 0xb5, 0x2f, 0xfd, 0x20, 0, 0, 0, 0, 0};
    const size_t n = sizeof plain_result;
    image once = zstd_of(plain_result, n), twice = {calloc(2, once.n + sizeof skippable), 2 * once.n};
    assert_non_null(twice.bytes);
    image good = packed_frame(WIRE_RESULT, once.bytes, once.n, n);
    pt_err err = {0};
    wire_room room = {0};
    wire_frame out;
    assert_int_equal(wire_read(good.bytes, good.n, &room, &out, &err), PT_OK);
    wire_room_clear(&room);
    free(good.bytes);
    expect_packed_refused(WIRE_RESULT, once.bytes, once.n, n + 1, "the zstd frame says 3344 bytes in");
    expect_packed_refused(WIRE_RESULT, once.bytes, once.n, n - 1, "the zstd frame says 3344 bytes in");
    for (size_t cut = 0; cut < once.n; cut++)
        expect_packed_refused(WIRE_RESULT, once.bytes, cut, n, "zstd frame");
    memcpy(twice.bytes, once.bytes, once.n);
    memcpy(twice.bytes + once.n, once.bytes, once.n);
    expect_packed_refused(WIRE_RESULT, twice.bytes, twice.n, n, "the zstd frame says 3344 bytes in");
    expect_packed_refused(WIRE_RESULT, twice.bytes, twice.n, 2 * n, "the zstd frame says 3344 bytes in");
    memcpy(twice.bytes, skippable, sizeof skippable);
    memcpy(twice.bytes + sizeof skippable, once.bytes, once.n);
    expect_packed_refused(WIRE_RESULT, twice.bytes, once.n + sizeof skippable, n, "the payload is no zstd frame");
    memcpy(twice.bytes, once.bytes, once.n);
    memcpy(twice.bytes + once.n, skippable, sizeof skippable);
    expect_packed_refused(WIRE_RESULT, twice.bytes, once.n + sizeof skippable, n, "the zstd frame says 3344 bytes in");
    expect_packed_refused(WIRE_RESULT, before_1_0, sizeof before_1_0, n, "the payload is no zstd frame");
    free(once.bytes);
    free(twice.bytes);
}

static void a_zstd_frame_of_no_stated_length_is_refused(void **state)
{
    (void)state;
    ZSTD_CCtx *context = ZSTD_createCCtx();
    assert_non_null(context);
    uint8_t packed[sizeof plain_result];
    assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0)));
    const size_t n = ZSTD_compress2(context, packed, sizeof packed, plain_result, sizeof plain_result);
    assert_false(ZSTD_isError(n));
    ZSTD_freeCCtx(context);
    expect_packed_refused(WIRE_RESULT, packed, n, sizeof plain_result, "the zstd frame says 18446744073709551615 bytes");
}

/* A raw block: longer than what is in it. */
static void packing_that_gains_nothing_is_refused(void **state)
{
    (void)state;
    uint8_t raw[9 + sizeof plain_result] = {0x28, 0xb5, 0x2f, 0xfd, 0x60, 0, 0, 0, 0};
    const uint16_t stated = sizeof plain_result - 256;
    memcpy(raw + 5, &stated, sizeof stated);
    raw[7] = (uint8_t)(sizeof plain_result << 3 | 1);
    raw[8] = (uint8_t)(sizeof plain_result >> 5);
    expect_packed_refused(WIRE_RESULT, raw, sizeof raw, sizeof plain_result, "bytes of packing 1 for 3344");
}

/* Every byte of the blocks changed in turn, under right sums: refused, or another payload of the stated length. */
static void damaged_blocks_never_harm(void **state)
{
    (void)state;
    uint8_t plain[sizeof plain_result];
    uint64_t random = 9;
    memcpy(plain, plain_result, sizeof plain);
    for (size_t i = 16; i < sizeof plain; i += 5)
        plain[i] = (uint8_t)(splitmix_next(&random) % 7);
    image packed = zstd_of(plain, sizeof plain);
    size_t n_refused = 0;
    for (size_t i = 0; i < packed.n; i++)
        for (unsigned change = 1; change < 256; change <<= 1) {
            pt_err err = {0};
            wire_room room = {0};
            wire_frame out;
            packed.bytes[i] ^= (uint8_t)change;
            image damaged = packed_frame(WIRE_RESULT, packed.bytes, packed.n, sizeof plain);
            const pt_status status = wire_read(damaged.bytes, damaged.n, &room, &out, &err);
            assert_true(status == PT_OK || status == PT_E_FORMAT);
            n_refused += status != PT_OK;
            if (status == PT_OK)
                expect_reads_alike(&out);
            wire_room_clear(&room);
            free(damaged.bytes);
            packed.bytes[i] ^= (uint8_t)change;
        }
    assert_true(n_refused > packed.n);
    free(packed.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_payload_that_shrinks_is_packed),
        cmocka_unit_test(one_that_does_not_shrink_is_plain),
        cmocka_unit_test(a_bomb_is_refused_before_memory_is_taken),
        cmocka_unit_test(a_zstd_frame_is_whole_alone_and_says_its_length),
        cmocka_unit_test(a_zstd_frame_of_no_stated_length_is_refused),
        cmocka_unit_test(packing_that_gains_nothing_is_refused),
        cmocka_unit_test(damaged_blocks_never_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
