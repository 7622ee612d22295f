/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/wire.h"

#include <float.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>

#include "tests/unit/wire_tests.inc.h"

static image image_made(wire_type type, uint64_t seed)
{
    made_frame *m = malloc(sizeof *m);
    assert_non_null(m);
    make_frame(m, type, &seed);
    image written = image_of_frame(&m->frame);
    free(m);
    return written;
}

static void expect_not_written(const wire_frame *frame, const char *part)
{
    pt_err err = {0};
    wire_room room = {0};
    assert_int_equal(wire_write(frame, &room, &err), PT_E_ARG);
    if (strstr(err.msg, part) == NULL)
        fail_msg("\"%s\" is not in: %s", part, err.msg);
    assert_int_equal(room.n_bytes, 0);
    wire_room_clear(&room);
}

/* ---- the least and the most of every field ---- */

static char text_max[WIRE_TEXT_MAX + 1], name_max[WIRE_NAME_MAX + 1],
    fault_max[WIRE_FAULT_MAX + 1]; /* one character too many: &text_max[1] is the longest */

static int make_texts(void **state)
{
    (void)state;
    memset(text_max, 0xff, WIRE_TEXT_MAX);
    memset(name_max, 'n', WIRE_NAME_MAX);
    memset(fault_max, 'f', WIRE_FAULT_MAX);
    return 0;
}

static const wire_frame least[] = {
    {.type = WIRE_HELLO, .of.hello = {.build = "", .host = ""}},
    {.type = WIRE_WELCOME},
    {.type = WIRE_READY, .of.ready = {.message = ""}},
    {.type = WIRE_REPORT, .of.report = {.device_fault = ""}},
    {.type = WIRE_ASSIGN, .attempt = {0, 1}, .of.assign = {.priority = INT32_MIN, .id = "", .witness = ""}},
    {.type = WIRE_CANCEL, .attempt = {0, 1}},
    {.type = WIRE_RESULT, .attempt = {0, 1}, .of.result = {.proof = (const uint8_t *)"", .n_proof_bytes = 1}},
    {.type = WIRE_FAILURE, .attempt = {0, 1}, .of.failure = {.status = PT_E_ARG, .message = ""}},
    {.type = WIRE_ACK, .attempt = {0, 1}},
    {.type = WIRE_ALIVE},
    {.type = WIRE_AGAIN},
    {.type = WIRE_STOP, .of.stop = {.message = ""}},
    {.type = WIRE_WANT},
    {.type = WIRE_CHUNK, .of.chunk = {.message = ""}},
    {.type = WIRE_PING},
    {.type = WIRE_PONG},
    {.type = WIRE_TELL},
    {.type = WIRE_SPANS, .of.spans = {.device = {.name = "", .pci = ""}}},
};

static void the_least_of_every_type_is_read_as_written(void **state)
{
    (void)state;
    assert_int_equal(sizeof least / sizeof *least, WIRE_TYPE_END - 1);
    for (size_t i = 0; i < sizeof least / sizeof *least; i++)
        expect_reads_alike(&least[i]);
}

static void expect_most(wire_frame frame)
{
    frame.epoch = frame.request = frame.type == WIRE_HELLO ? 0 : UINT64_MAX;
    if (names_attempt(frame.type))
        frame.attempt = (wire_attempt){UINT32_MAX, UINT32_MAX};
    expect_reads_alike(&frame);
}

static wire_frame whole_chunk(void)
{
    static uint8_t piece[WIRE_CHUNK_MAX];
    return (wire_frame){.type = WIRE_CHUNK,
                        .of.chunk = {.file = {WIRE_OF_WITNESS, UINT32_MAX, UINT32_MAX},
                                     .total_bytes = UINT64_MAX,
                                     .offset = UINT64_MAX - WIRE_CHUNK_MAX,
                                     .bytes = piece,
                                     .n_bytes = WIRE_CHUNK_MAX,
                                     .level = 3}};
}

/* Zeros shrink, where they are asked to. */
static void a_chunk_is_packed_by_its_own_level(void **state)
{
    (void)state;
    wire_frame chunk = whole_chunk();
    for (int level = 0; level <= 3; level++) {
        chunk.of.chunk.level = level;
        image written = image_of_frame(&chunk);
        if (level == 0)
            assert_true(written.n > WIRE_CHUNK_MAX);
        else
            assert_true(written.n < 1024);
        free(written.bytes);
    }
}

static void the_most_of_every_type_is_read_as_written(void **state)
{
    (void)state;
    static wire_attempt held[WIRE_HELD_MAX];
    static const char *paths[WIRE_KEYS_MAX];
    static uint8_t proof[WIRE_PROOF_BYTES_MAX];
    static timeline_span spans[WIRE_SPANS_MAX];
    const char *text = &text_max[1], *name = &name_max[1], *fault = &fault_max[1];
    for (size_t i = 0; i < WIRE_HELD_MAX; i++)
        held[i] = (wire_attempt){UINT32_MAX - (uint32_t)i, UINT32_MAX};
    for (size_t i = 0; i < WIRE_KEYS_MAX; i++)
        paths[i] = text;
    wire_frame ready = {.type = WIRE_READY, .of.ready = {.key = UINT32_MAX, .message = ""}};
    memset(ready.of.ready.hash, 0xff, WIRE_HASH_BYTES);
    memset(proof, 0xff, sizeof proof);
    expect_most((wire_frame){.type = WIRE_HELLO, .of.hello = {name, name, UINT64_MAX, UINT32_MAX}});
    expect_most((wire_frame){.type = WIRE_WELCOME, .of.welcome = {WIRE_KEYS_MAX, paths}});
    expect_most(ready);
    expect_most((wire_frame){.type = WIRE_READY, .of.ready = {.status = PT_E_VERIFY, .message = text}});
    expect_most((wire_frame){
        .type = WIRE_REPORT,
        .of.report = {UINT64_MAX, WIRE_HELD_MAX, WIRE_HELD_MAX, held, UINT64_MAX, WIRE_KEYS_MAX, WIRE_KEYS_MAX, fault}});
    expect_most((wire_frame){.type = WIRE_ASSIGN, .of.assign = {UINT32_MAX, INT32_MAX, name, text}});
    expect_most((wire_frame){.type = WIRE_CANCEL});
    expect_most((wire_frame){.type = WIRE_RESULT, .of.result = {proof, sizeof proof, NULL, 0, DBL_MAX}});
    expect_most((wire_frame){.type = WIRE_FAILURE, .of.failure = {PT_E_VERIFY, text, 4.9e-324}});
    expect_most((wire_frame){.type = WIRE_ACK});
    expect_most((wire_frame){.type = WIRE_ALIVE});
    expect_most((wire_frame){.type = WIRE_AGAIN});
    expect_most((wire_frame){.type = WIRE_STOP, .of.stop = {PT_E_VERIFY, text}});
    expect_most((wire_frame){.type = WIRE_WANT,
                             .of.want = {{WIRE_OF_WITNESS, UINT32_MAX, UINT32_MAX}, UINT64_MAX, WIRE_CHUNK_MAX}});
    expect_most((wire_frame){.type = WIRE_CHUNK, .of.chunk = {.status = PT_E_VERIFY, .message = text}});
    expect_most(whole_chunk());
    expect_most((wire_frame){.type = WIRE_PING, .of.ping = {DBL_MAX}});
    expect_most((wire_frame){.type = WIRE_PONG, .of.pong = {DBL_MAX, DBL_MAX}});
    expect_most((wire_frame){.type = WIRE_TELL, .of.tell = {UINT32_MAX}});
    for (size_t i = 0; i < WIRE_SPANS_MAX; i++)
        spans[i] = (timeline_span){0, DBL_MAX, DBL_MAX, UINT64_MAX, UINT32_MAX, STAGE_COUNT - 1, UINT16_MAX, UINT16_MAX, 0};
    const wire_device device = {name, name, UINT32_MAX, UINT64_MAX, UINT64_MAX};
    expect_most((wire_frame){
        .type = WIRE_SPANS,
        .of.spans = {UINT32_MAX - WIRE_SPANS_MAX, WIRE_SPANS_MAX, UINT32_MAX, UINT32_MAX, UINT64_MAX, device, spans}});
}

enum { PUBLIC_MAX = (WIRE_FRAME_MAX - FRAME_MIN - 16 - WIRE_PROOF_BYTES_MAX) / 32 };

/* Random ones fill the longest frame there is; zeros are a few kilobytes on the wire. */
static void two_million_public_inputs_fit_and_no_more_than_the_bound(void **state)
{
    (void)state;
    assert_true(PUBLIC_MAX > 2000000);
    uint8_t *values = calloc(PUBLIC_MAX, 32);
    assert_non_null(values);
    wire_frame frame = {
        .type = WIRE_RESULT, .attempt = {3, 4}, .of.result = {values, WIRE_PROOF_BYTES_MAX, values, PUBLIC_MAX, 1}};
    expect_reads_alike(&frame);
    image zeros = image_of_frame(&frame);
    assert_true(zeros.n < 1 << 16);
    free(zeros.bytes);
    uint64_t random = 1;
    for (size_t i = 0; i < (size_t)PUBLIC_MAX * 4; i++) {
        uint64_t word = splitmix_next(&random);
        memcpy(values + 8 * i, &word, sizeof word);
    }
    expect_reads_alike(&frame);
    image any = image_of_frame(&frame);
    assert_in_range(any.n, WIRE_FRAME_MAX - 32, WIRE_FRAME_MAX);
    free(any.bytes);
    frame.of.result.n_public = PUBLIC_MAX + 1;
    expect_not_written(&frame, "number of public inputs is");
    free(values);
}

static void any_frame_is_read_as_it_was_written(void **state)
{
    (void)state;
    uint64_t random = 20261121;
    made_frame *m = malloc(sizeof *m);
    assert_non_null(m);
    for (int i = 0; i < 3000; i++) {
        make_frame(m, (wire_type)(WIRE_HELLO + i % (WIRE_TYPE_END - WIRE_HELLO)), &random);
        expect_reads_alike(&m->frame);
    }
    free(m);
}

static void a_text_that_is_missing_is_read_as_an_empty_one(void **state)
{
    (void)state;
    pt_err err = {0};
    wire_room room = {0};
    wire_frame out, frame = {.type = WIRE_STOP};
    image written = image_of_frame(&frame);
    assert_int_equal(wire_read(written.bytes, written.n, &room, &out, &err), PT_OK);
    assert_string_equal(out.of.stop.message, "");
    wire_room_clear(&room);
    free(written.bytes);
}

/* What of a key could not be opened has no hash, whatever stands there; what was opened no message. */
static void a_key_has_a_hash_or_a_message(void **state)
{
    (void)state;
    pt_err err = {0};
    wire_room room = {0};
    wire_frame out, frame = {.type = WIRE_READY, .of.ready = {.hash = {1}, .message = "no such file"}};
    for (int ok = 0; ok < 2; ok++) {
        frame.of.ready.status = ok ? PT_OK : PT_E_NOINPUT;
        image written = image_of_frame(&frame);
        assert_int_equal(wire_read(written.bytes, written.n, &room, &out, &err), PT_OK);
        assert_string_equal(out.of.ready.message, ok ? "" : "no such file");
        assert_int_equal(out.of.ready.hash[0], ok);
        free(written.bytes);
    }
    wire_room_clear(&room);
}

static void a_room_is_used_again_and_again(void **state)
{
    (void)state;
    uint64_t random = 5;
    wire_room writes = {0}, reads = {0};
    made_frame *m = malloc(sizeof *m);
    assert_non_null(m);
    for (int i = 0; i < 2000; i++) {
        pt_err err = {0};
        wire_frame out;
        make_frame(m, (wire_type)(1 + random_below(&random, WIRE_TYPE_END - 1)), &random);
        assert_int_equal(wire_write(&m->frame, &writes, &err), PT_OK);
        assert_int_equal(wire_read(writes.bytes, writes.n_bytes, &reads, &out, &err), PT_OK);
        assert_true(frames_alike(&m->frame, &out));
    }
    assert_true(reads.capacity_bytes <= 1 << 16);
    wire_room_clear(&writes);
    wire_room_clear(&reads);
    free(m);
}

/* ---- what can't be written ---- */

static void what_is_over_its_bound_is_an_argument_error(void **state)
{
    (void)state;
    static const char *paths[WIRE_KEYS_MAX + 1];
    static wire_attempt held[WIRE_HELD_MAX + 1];
    static uint8_t proof[WIRE_PROOF_BYTES_MAX + 1];
    const char *long_path[] = {text_max};
    const timeline_span spans[] = {{.stage = STAGE_COUNT}, {.start = 2, .end = 1}};
    const wire_attempt one = {0, 1};
    const struct {
        wire_frame frame;
        const char *part;
    } wrong[] = {
        {{.type = 0}, "type 0"},
        {{.type = WIRE_TYPE_END}, "type 19"},
        {{.type = WIRE_HELLO, .of.hello = {.build = name_max}}, "build of 257 bytes, at most 256"},
        {{.type = WIRE_HELLO, .of.hello = {.host = name_max}}, "host of 257 bytes"},
        {{.type = WIRE_WELCOME, .of.welcome = {WIRE_KEYS_MAX + 1, paths}}, "number of keys is 4097"},
        {{.type = WIRE_WELCOME, .of.welcome = {1, long_path}}, "key of 4097 bytes, at most 4096"},
        {{.type = WIRE_READY, .of.ready = {.status = PT_E_ARG, .message = text_max}}, "message of 4097 bytes"},
        {{.type = WIRE_READY, .of.ready = {.status = (pt_status)1}}, "status is 1"},
        {{.type = WIRE_REPORT, .of.report = {.n_may_hold = WIRE_HELD_MAX + 1}}, "may hold is 4097"},
        {{.type = WIRE_REPORT, .of.report = {.n_keys = WIRE_KEYS_MAX + 1}}, "keys is 4097"},
        {{.type = WIRE_REPORT, .of.report = {.n_keys = 2, .n_ready = 3}}, "keys ready is 3"},
        {{.type = WIRE_REPORT, .of.report = {.n_held = WIRE_HELD_MAX + 1, .held = held}}, "it holds is 4097"},
        {{.type = WIRE_REPORT, .of.report = {.n_held = 1, .held = held}}, "attempt held is 0"},
        {{.type = WIRE_REPORT, .of.report = {.device_fault = fault_max}}, "device's fault of 513 bytes, at most 512"},
        {{.type = WIRE_ASSIGN, .attempt = one, .of.assign = {.id = name_max}}, "id of 257 bytes"},
        {{.type = WIRE_ASSIGN, .attempt = one, .of.assign = {.witness = text_max}}, "witness of 4097 bytes"},
        {{.type = WIRE_RESULT, .attempt = one, .of.result = {.proof = proof}}, "proof's number of bytes is 0"},
        {{.type = WIRE_RESULT, .attempt = one, .of.result = {.proof = proof, .n_proof_bytes = 193}}, "bytes is 193"},
        {{.type = WIRE_RESULT, .attempt = one, .of.result = {.proof = proof, .n_proof_bytes = 1, .seconds = -1}}, "are -1"},
        {{.type = WIRE_FAILURE, .attempt = one}, "status is 0"},
        {{.type = WIRE_FAILURE, .attempt = one, .of.failure = {PT_E_ARG, "", (double)NAN}}, "seconds are"},
        {{.type = WIRE_FAILURE, .attempt = one, .of.failure = {PT_E_ARG, "", (double)INFINITY}}, "seconds are inf"},
        {{.type = WIRE_FAILURE, .attempt = one, .of.failure = {PT_E_ARG, text_max, 0}}, "message of 4097 bytes"},
        {{.type = WIRE_STOP, .of.stop = {(pt_status)77, ""}}, "status is 77"},
        {{.type = WIRE_STOP, .of.stop = {PT_OK, text_max}}, "message of 4097 bytes"},
        {{.type = WIRE_WANT, .of.want = {{WIRE_OF_END, 0, 0}, 0, 0}}, "kind of file is 2"},
        {{.type = WIRE_WANT, .of.want = {{WIRE_OF_KEY, 0, 1}, 0, 0}}, "attempt is 1"},
        {{.type = WIRE_WANT, .of.want = {{WIRE_OF_WITNESS, 0, 0}, 0, 0}}, "attempt is 0"},
        {{.type = WIRE_WANT, .of.want = {.n_bytes = WIRE_CHUNK_MAX + 1}}, "number of bytes is 1048577"},
        {{.type = WIRE_CHUNK, .of.chunk = {.file = {WIRE_OF_END, 0, 0}}}, "kind of file is 2"},
        {{.type = WIRE_CHUNK, .of.chunk = {.status = (pt_status)77}}, "status is 77"},
        {{.type = WIRE_CHUNK, .of.chunk = {.status = PT_E_IO, .message = text_max}}, "message of 4097 bytes"},
        {{.type = WIRE_CHUNK, .of.chunk = {.status = PT_E_IO, .total_bytes = 1}}, "it has a status, and a place"},
        {{.type = WIRE_CHUNK, .of.chunk = {.message = "no"}}, "it has a message, and no status"},
        {{.type = WIRE_CHUNK, .of.chunk = {.hash = {1}}}, "it has a hash, of no key"},
        {{.type = WIRE_CHUNK, .of.chunk = {.file = {WIRE_OF_WITNESS, 0, 1}, .total_bytes = 1, .hash = {1}}}, "of no key"},
        {{.type = WIRE_CHUNK, .of.chunk = {.total_bytes = 1, .n_bytes = 1, .bytes = proof, .hash = {1}}}, "of no key"},
        {{.type = WIRE_CHUNK, .of.chunk = {.total_bytes = 1, .offset = 2}}, "beyond the file's end"},
        {{.type = WIRE_CHUNK, .of.chunk = {.total_bytes = 1, .offset = 1, .n_bytes = 1, .bytes = proof}}, "beyond the"},
        {{.type = WIRE_CHUNK, .of.chunk = {.total_bytes = 3 << 20, .n_bytes = WIRE_CHUNK_MAX + 1, .bytes = NULL}},
         "number of bytes is 1048577"},
        {{.type = WIRE_PING, .of.ping = {-1}}, "seconds are -1"},
        {{.type = WIRE_PONG, .of.pong = {0, (double)NAN}}, "seconds are"},
        {{.type = WIRE_SPANS, .of.spans = {.first = 1}}, "first span is 1, but it goes from 0 to 0"},
        {{.type = WIRE_SPANS, .of.spans = {.n = 3, .n_in_all = 2, .spans = spans}}, "number of spans is 3"},
        {{.type = WIRE_SPANS, .of.spans = {.n = 1025, .n_in_all = 2000, .spans = spans}}, "number of spans is 1025"},
        {{.type = WIRE_SPANS, .of.spans = {.n = 1, .n_in_all = 1, .spans = spans}}, "stage is 10"},
        {{.type = WIRE_SPANS, .of.spans = {.device = {.name = name_max}}}, "device's name of 257 bytes, at most 256"},
        {{.type = WIRE_SPANS, .of.spans = {.device = {.pci = name_max}}}, "device's PCI address of 257 bytes"},
        {{.type = WIRE_SPANS, .of.spans = {.n = 1, .n_in_all = 1, .spans = spans + 1}}, "ends before it begins"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_not_written(&wrong[i].frame, wrong[i].part);
}

static void what_the_header_says_fits_the_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof least / sizeof *least; i++) {
        wire_frame frame = least[i];
        frame.attempt.attempt = names_attempt(frame.type) ? 0 : 1;
        expect_not_written(&frame, names_attempt(frame.type) ? "it has no number of an attempt"
                                                             : "it has the number of an attempt");
        frame = least[i];
        frame.attempt.partition = 1;
        if (!names_attempt(frame.type))
            expect_not_written(&frame, "it has a partition");
    }
    expect_not_written(&(wire_frame){.type = WIRE_HELLO, .epoch = 1}, "it has an epoch or a request");
    expect_not_written(&(wire_frame){.type = WIRE_HELLO, .request = 1}, "it has an epoch or a request");
}

/* ---- damage ---- */

static void for_small_frames(void (*check)(const image *frame))
{
    for (size_t i = 0; i < sizeof least / sizeof *least; i++) {
        image written = image_of_frame(&least[i]);
        check(&written);
        free(written.bytes);
    }
    for (wire_type type = WIRE_HELLO; type < WIRE_TYPE_END; type++)
        for (uint64_t seed = 0; seed < 3; seed++) {
            image written = image_made(type, seed);
            if (written.n < 700)
                check(&written);
            free(written.bytes);
        }
}

static void expect_truncations_refused(const image *frame)
{
    for (size_t n = 0; n < frame->n; n++) {
        image cut = image_of(frame->bytes, n);
        expect_refused(&cut, n < FRAME_MIN ? "but it has from 48" : "checksum");
        free(cut.bytes);
    }
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    for_small_frames(expect_truncations_refused);
}

static void expect_flips_refused(const image *frame)
{
    for (size_t bit = 0; bit < 8 * frame->n; bit++) {
        frame->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        expect_refused(frame, bit / 8 < AT_VERSION ? "it does not begin with ptwf" : "checksum");
        frame->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void every_flip_of_a_bit_is_refused(void **state)
{
    (void)state;
    for_small_frames(expect_flips_refused);
}

/* Right sums around what a bit made of a frame: it is refused or means what it says, in no other way than it would be written. */
static void expect_flips_mean_themselves(const image *frame)
{
    for (size_t bit = 0; bit < 8 * (frame->n - SUM_BYTES); bit++) {
        pt_err err = {0};
        wire_room room = {0};
        wire_frame out;
        image flipped = image_of(frame->bytes, frame->n);
        flipped.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        frame_seal(flipped.bytes, flipped.n);
        const pt_status status = wire_read(flipped.bytes, flipped.n, &room, &out, &err);
        assert_int_equal(status, err.code);
        if (status == PT_OK && flipped.bytes[AT_PACKING] == 0 && flipped.n < FRAME_MIN + 256) {
            image again = image_of_frame(&out);
            assert_int_equal(again.n, flipped.n);
            assert_memory_equal(again.bytes, flipped.bytes, again.n);
            free(again.bytes);
        } else if (status == PT_OK) {
            expect_reads_alike(&out);
        } else {
            assert_true(status == (bit / 8 == AT_VERSION || bit / 8 == AT_VERSION + 1 ? PT_E_ARG : PT_E_FORMAT));
        }
        wire_room_clear(&room);
        free(flipped.bytes);
    }
}

static void a_flip_under_a_right_sum_is_refused_or_means_itself(void **state)
{
    (void)state;
    for_small_frames(expect_flips_mean_themselves);
}

static void expect_short_payloads_refused(const image *frame)
{
    for (size_t n = FRAME_MIN; n < frame->n; n++) {
        image cut = image_of(frame->bytes, n);
        frame_seal_lengths(cut.bytes, n);
        expect_refused(&cut, "frame: ");
        free(cut.bytes);
    }
    image longer = image_of(frame->bytes, frame->n);
    longer.bytes = realloc(longer.bytes, ++longer.n);
    assert_non_null(longer.bytes);
    longer.bytes[longer.n - 1 - SUM_BYTES] = 0;
    frame_seal_lengths(longer.bytes, longer.n);
    expect_refused(&longer, "frame: ");
    free(longer.bytes);
}

static void a_payload_ends_with_its_last_field(void **state)
{
    (void)state;
    for_small_frames(expect_short_payloads_refused);
    image written = image_of_frame(&least[WIRE_ASSIGN - 1]);
    written.bytes = realloc(written.bytes, ++written.n);
    assert_non_null(written.bytes);
    frame_seal_lengths(written.bytes, written.n);
    expect_refused(&written, "frame: assign: 1 bytes behind the payload's last field");
    free(written.bytes);
}

static void another_version_is_told_from_damage(void **state)
{
    (void)state;
    image written = image_of_frame(&least[WIRE_HELLO - 1]);
    written.bytes[AT_VERSION] = 1;
    expect_refused(&written, "checksum");
    frame_seal(written.bytes, written.n);
    expect_refused_as(&written, PT_E_ARG, "frame: version 1, but this program has 3");
    free(written.bytes);
}

static void a_frame_that_is_too_long_is_refused_by_its_length(void **state)
{
    (void)state;
    image large = {calloc(1, (size_t)WIRE_FRAME_MAX + 1), (size_t)WIRE_FRAME_MAX + 1};
    assert_non_null(large.bytes);
    expect_refused(&large, "frame: 67108865 bytes, but it has from 48 to 67108864");
    free(large.bytes);
}

/* ---- fields that are wrong under a right sum ---- */

typedef struct {
    const wire_frame *frame;
    size_t at; /* within the frame */
    uint32_t value;
    size_t n_value_bytes;
    const char *part;
} wrong_field;

static void expect_wrong(const wrong_field *wrong)
{
    image written = image_of_frame(wrong->frame);
    assert_true(wrong->at + wrong->n_value_bytes <= written.n - SUM_BYTES);
    memcpy(written.bytes + wrong->at, &wrong->value, wrong->n_value_bytes);
    frame_seal(written.bytes, written.n);
    expect_refused(&written, wrong->part);
    free(written.bytes);
}

static const wire_frame hello = {.type = WIRE_HELLO, .of.hello = {"build", "host", 1, 2}};
static const wire_frame alive = {.type = WIRE_ALIVE};
static const wire_frame ack = {.type = WIRE_ACK, .attempt = {5, 6}};
static const char *const two_keys[] = {"a.zkey", "b.zkey"};
static const wire_frame welcome = {.type = WIRE_WELCOME, .of.welcome = {2, two_keys}};
static const wire_frame opened = {.type = WIRE_READY, .of.ready = {.hash = {1, 2, 3}}};
static const wire_frame unopened = {.type = WIRE_READY, .of.ready = {.status = PT_E_NOINPUT, .message = "a"}};
static const wire_attempt two_held[] = {{1, 1}, {2, 1}};
static const wire_frame report = {.type = WIRE_REPORT, .of.report = {1, 4, 2, two_held, 0, 3, 2, "hot"}};
static const wire_frame result = {
    .type = WIRE_RESULT, .attempt = {5, 6}, .of.result = {(const uint8_t *)"ab", 2, NULL, 0, 1}};
static const wire_frame pong = {.type = WIRE_PONG, .of.pong = {1, 1}};
static const timeline_span two_spans[] = {{0.5, 1, 1, 9, 7, 3, 1, 1, 0}, {1, 2, 2, 9, 8, 4, 1, 1, 0}};
static const wire_frame some_spans = {.type = WIRE_SPANS, .of.spans = {2, 2, 4, 1, 0, {"d", "", 1, 2, 3}, two_spans}};
static const wire_frame failure = {.type = WIRE_FAILURE, .attempt = {5, 6}, .of.failure = {PT_E_VERIFY, "no", 1}};

static void a_wrong_header_is_refused(void **state)
{
    (void)state;
    const wrong_field wrong[] = {
        {&alive, AT_TYPE, 0, 1, "frame: type 0"},
        {&alive, AT_TYPE, WIRE_TYPE_END, 1, "frame: type 19"},
        {&alive, AT_TYPE, 255, 1, "frame: type 255"},
        {&alive, AT_PACKING, 2, 1, "frame: alive: packing 2"},
        {&alive, AT_SENT, 1, 4, "frame: alive: payload of 1 bytes, but there are 0"},
        {&alive, AT_PLAIN, 1, 4, "frame: alive: payload of 1 bytes, but it has at most 0"},
        {&hello, AT_PLAIN, 24, 4, "frame: hello: 27 bytes of packing 0 for 24"},
        {&hello, AT_PLAIN, UINT32_MAX, 4, "frame: hello: payload of 4294967295 bytes, but it has at most 528"},
        {&hello, AT_PACKING, 1, 1, "frame: hello: 27 bytes of packing 1 for 27"},
        {&hello, AT_EPOCH, 1, 4, "frame: hello: it has an epoch or a request"},
        {&hello, AT_REQUEST + 4, 1, 4, "frame: hello: it has an epoch or a request"},
        {&alive, AT_PARTITION, 1, 4, "frame: alive: it has a partition"},
        {&alive, AT_ATTEMPT, 1, 4, "frame: alive: it has the number of an attempt"},
        {&ack, AT_ATTEMPT, 0, 4, "frame: ack: it has no number of an attempt"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_wrong(&wrong[i]);
}

static void a_wrong_field_of_the_payload_is_refused(void **state)
{
    (void)state;
    enum { P = AT_PAYLOAD };
    const wrong_field wrong[] = {
        {&hello, P + 12, 0, 2, "frame: hello: build has 0 bytes, but it has from 1 to 256"},
        {&hello, P + 12, 257, 2, "frame: hello: build has 257 bytes, but it has from 1 to 256"},
        {&hello, P + 12, 200, 2, "frame: hello: build needs 200 bytes at 14, but the payload has 27"},
        {&hello, P + 12, 5, 2, "frame: hello: build of 5 bytes: its NUL does not end it"},
        {&hello, P + 19, 'x', 1, "frame: hello: build of 6 bytes: its NUL does not end it"},
        {&hello, P + 16, 0, 1, "frame: hello: build of 6 bytes: its NUL does not end it"},
        {&welcome, P, 3, 4, "frame: welcome: key needs 2 bytes at 22, but the payload has 22"},
        {&welcome, P, WIRE_KEYS_MAX, 4, "frame: welcome: keys needs 12288 bytes at 4, but the payload has 22"},
        {&welcome, P, 1, 4, "frame: welcome: 9 bytes behind the payload's last field"},
        {&welcome, P, WIRE_KEYS_MAX + 1, 4, "frame: welcome: number of keys is 4097, but it goes from 0 to 4096"},
        {&welcome, P, UINT32_MAX, 4, "frame: welcome: number of keys is 4294967295"},
        {&welcome, P + 4, 4097, 2, "frame: welcome: key has 4097 bytes, but it has from 1 to 4096"},
        {&opened, P + 4, 1, 4, "frame: ready: status 1"},
        {&opened, P + 4, PT_E_IO, 4, "frame: ready: status 74, but there is a hash"},
        {&unopened, P + 4, PT_OK, 4, "frame: ready: status 0, but there is a message"},
        {&report, P + 16, WIRE_KEYS_MAX + 1, 4, "frame: report: number of keys is 4097"},
        {&report, P + 20, 4, 4, "frame: report: number of keys ready is 4"},
        {&report, P + 24, WIRE_HELD_MAX + 1, 4, "frame: report: number that it may hold is 4097"},
        {&report, P + 28, WIRE_HELD_MAX + 1, 4, "frame: report: number that it holds is 4097"},
        {&report, P + 28, 3, 4, "frame: report: attempts held needs 24 bytes at 32, but the payload has 54"},
        {&report, P + 28, 1, 4, "frame: report: device's fault of 2 bytes: its NUL does not end it"},
        {&report, P + 48, 513, 2, "frame: report: device's fault has 513 bytes, but it has from 1 to 512"},
        {&report, P + 44, 0, 4, "frame: report: attempt held is 0"},
        {&result, P + 4, 0x7ff00000, 4, "frame: result: seconds are inf"},
        {&result, P + 4, 0xbff00000, 4, "frame: result: seconds are -1"},
        {&result, P + 8, 0, 4, "frame: result: proof's number of bytes is 0"},
        {&result, P + 8, 193, 4, "frame: result: proof's number of bytes is 193"},
        {&result, P + 8, 3, 4, "frame: result: proof needs 3 bytes at 16, but the payload has 18"},
        {&result, P + 12, 1, 4, "frame: result: public inputs needs 32 bytes at 18"},
        {&result, P + 12, PUBLIC_MAX + 1, 4, "frame: result: number of public inputs is"},
        {&result, P + 12, UINT32_MAX, 4, "frame: result: number of public inputs is"},
        {&failure, P + 8, PT_OK, 4, "frame: failure: status 0"},
        {&failure, P + 8, 67, 4, "frame: failure: status 67"},
        {&pong, P + 12, 0xbff00000, 4, "frame: pong: seconds are -1"},
        {&some_spans, P, 3, 4, "frame: spans: 2 from 3 on, but there are 4"},
        {&some_spans, P, 5, 4, "frame: spans: 2 from 5 on, but there are 4"},
        {&some_spans, P + 20, WIRE_SPANS_MAX + 1, 4, "frame: spans: number of spans is 1025"},
        {&some_spans, P + 20, 3, 4, "frame: spans: 3 from 2 on, but there are 4"},
        {&some_spans, P + 20, 1, 4, "frame: spans: device's name has 0 bytes, but it has from 1 to 256"},
        {&some_spans, P + 108 + 20, 3, 2, "frame: spans: device's name of 3 bytes: its NUL does not end it"},
        {&some_spans, P + 108 + 24, 2, 2, "frame: spans: device's PCI address needs 2 bytes at 134"},
        {&some_spans, P + 24 + 7, 0x40, 1, "frame: spans: a span of stage 3 from"},
        {&some_spans, P + 24 + 36, STAGE_COUNT, 2, "frame: spans: a span of stage 10 from"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_wrong(&wrong[i]);
}

/* Sealed, as the fuzz target has it. */
static bool is_read(const char *path)
{
    pt_err err = {0};
    wire_room room = {0};
    wire_frame frame;
    FILE *in = fopen(path, "rb");
    uint8_t bytes[2048];
    assert_non_null(in);
    const size_t n = fread(bytes, 1, sizeof bytes, in);
    fclose(in);
    assert_true(n >= FRAME_MIN && n < sizeof bytes);
    frame_seal(bytes, n);
    const bool read = wire_read(bytes, n, &room, &frame, &err) == PT_OK;
    if (!read)
        print_message("%s: %s\n", path, err.msg);
    wire_room_clear(&room);
    return read;
}

/* What fuzzing begins with is of today's frames: of an older version, or layout, every one would be refused at the first field. */
static void the_corpus_of_the_fuzz_target_is_read(void **state)
{
    (void)state;
    glob_t found;
    size_t n_refused = 0;
    assert_int_equal(glob(PT_TESTS_DIR "/fuzz/corpus/frame/*.frame", 0, NULL, &found), 0);
    assert_true(found.gl_pathc > WIRE_TYPE_END);
    for (size_t i = 0; i < found.gl_pathc; i++)
        n_refused += !is_read(found.gl_pathv[i]);
    assert_int_equal(n_refused, 2); /* result_and_more, and room_that_grows, which was a finding */
    globfree(&found);
}

static void every_type_has_a_word(void **state)
{
    (void)state;
    assert_string_equal(wire_type_name(WIRE_HELLO), "hello");
    assert_string_equal(wire_type_name(WIRE_STOP), "stop");
    assert_string_equal(wire_type_name(WIRE_SPANS), "spans");
    assert_string_equal(wire_type_name((wire_type)0), "unknown");
    assert_string_equal(wire_type_name(WIRE_TYPE_END), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_of_every_type_is_read_as_written),
        cmocka_unit_test(the_most_of_every_type_is_read_as_written),
        cmocka_unit_test(a_chunk_is_packed_by_its_own_level),
        cmocka_unit_test(two_million_public_inputs_fit_and_no_more_than_the_bound),
        cmocka_unit_test(any_frame_is_read_as_it_was_written),
        cmocka_unit_test(a_text_that_is_missing_is_read_as_an_empty_one),
        cmocka_unit_test(a_key_has_a_hash_or_a_message),
        cmocka_unit_test(a_room_is_used_again_and_again),
        cmocka_unit_test(what_is_over_its_bound_is_an_argument_error),
        cmocka_unit_test(what_the_header_says_fits_the_type),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_flip_of_a_bit_is_refused),
        cmocka_unit_test(a_flip_under_a_right_sum_is_refused_or_means_itself),
        cmocka_unit_test(a_payload_ends_with_its_last_field),
        cmocka_unit_test(another_version_is_told_from_damage),
        cmocka_unit_test(a_frame_that_is_too_long_is_refused_by_its_length),
        cmocka_unit_test(a_wrong_header_is_refused),
        cmocka_unit_test(a_wrong_field_of_the_payload_is_refused),
        cmocka_unit_test(the_corpus_of_the_fuzz_target_is_read),
        cmocka_unit_test(every_type_has_a_word),
    };
    return cmocka_run_group_tests(tests, make_texts, NULL);
}
