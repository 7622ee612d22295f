/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/bundle.h"

#include <zstd.h>

#include "mpi/bundle_layout.h"
#include "node/format/proof_json.h"
#include "node/format/vkey_json.h"
#include "tests/unit/format_tests.inc.h"

enum { N_PARTITIONS = 5, N_KEYS = 2, CONTENT_MAX = 1 << 16 };
enum { AT_KEYS = BUNDLE_HEAD_BYTES, AT_PARTITIONS = AT_KEYS + N_KEYS * BUNDLE_KEY_BYTES }; /* in the content */

static const char *const VKEYS[N_KEYS] = {GOLDEN("bn254_vkey.json"), GOLDEN("bls12_381_vkey.json")};
static const char *const PROOFS[N_KEYS] = {GOLDEN("bn254_proof.json"), GOLDEN("bls12_381_proof.json")};
static const char *const PUBLICS[N_KEYS] = {GOLDEN("bn254_public.json"), GOLDEN("bls12_381_public.json")};
static const char *const IDS[N_PARTITIONS] = {"first", "a b", "\xc3\xa4", "4", "the last"};
static const uint32_t KEY_OF[N_PARTITIONS] = {0, 1, 1, 0, 1};

/* The example of both curves, as it goes into a bundle. */
typedef struct {
    bundle_key keys[N_KEYS];
    uint8_t proofs[N_KEYS][PROOF_BYTES_MAX];
    uint8_t *publics[N_KEYS];
} example;

static example example_read(void)
{
    example out;
    for (size_t i = 0; i < N_KEYS; i++) {
        groth16_vkey vkey;
        groth16_proof proof;
        size_t n;
        pt_err err = {0};
        assert_int_equal(vkey_json_read(VKEYS[i], cpu_features_read(), NULL, &vkey, &err), PT_OK);
        assert_int_equal(proof_json_read(PROOFS[i], cpu_features_read(), &proof, &err), PT_OK);
        assert_int_equal(public_json_read(PUBLICS[i], vkey.curve, &out.publics[i], &n, &err), PT_OK);
        bundle_key_of(&vkey, &out.keys[i]);
        assert_int_equal(out.keys[i].n_public, n);
        proof_bytes_write(&proof, out.proofs[i]);
        groth16_vkey_clear(&vkey);
    }
    return out;
}

static void example_clear(example *e)
{
    for (size_t i = 0; i < N_KEYS; i++)
        free(e->publics[i]);
}

/* ---- writing and reading ---- */

static bundle_writer *begin(const example *e, bundle_form form, uint32_t n_keys, uint32_t n_partitions)
{
    bundle_writer *writer;
    pt_err err = {0};
    if (bundle_writer_create("b", form, e->keys, n_keys, n_partitions, &writer, &err) != PT_OK)
        fail_msg("%s", err.msg);
    return writer;
}

static void add(bundle_writer *writer, const example *e, const char *id, uint32_t key)
{
    pt_err err = {0};
    if (bundle_writer_add(writer, id, key, e->proofs[key], e->publics[key], &err) != PT_OK)
        fail_msg("%s", err.msg);
}

static void write_example(const example *e)
{
    pt_err err = {0};
    bundle_writer *writer = begin(e, BUNDLE_FRAMED, N_KEYS, N_PARTITIONS);
    for (size_t i = 0; i < N_PARTITIONS; i++)
        add(writer, e, IDS[i], KEY_OF[i]);
    assert_int_equal(bundle_writer_commit(writer, &err), PT_OK);
}

/* The file b is the example. */
static void expect_example(bundle_reader *reader, const example *e)
{
    const bundle_head *head = bundle_head_of(reader);
    pt_err err = {0};
    assert_int_equal(head->n_keys, N_KEYS);
    assert_int_equal(head->n_partitions, N_PARTITIONS);
    for (size_t i = 0; i < N_KEYS; i++) {
        assert_ptr_equal(head->keys[i].curve, e->keys[i].curve);
        assert_int_equal(head->keys[i].n_public, e->keys[i].n_public);
        assert_memory_equal(head->keys[i].hash, e->keys[i].hash, VKEY_HASH_BYTES);
    }
    for (size_t i = 0; i < N_PARTITIONS; i++) {
        bundle_partition got;
        const uint32_t key = KEY_OF[i];
        uint8_t publics[8 * PT_FR_BYTES];
        assert_int_equal(bundle_next(reader, &got, &err), PT_OK);
        assert_string_equal(got.id, IDS[i]);
        assert_int_equal(got.key, key);
        assert_memory_equal(got.proof, e->proofs[key], proof_bytes_of(e->keys[key].curve));
        assert_int_equal(bundle_read_public(reader, i % 2 == 0 ? publics : NULL, &err), PT_OK);
        if (i % 2 == 0)
            assert_memory_equal(publics, e->publics[key], e->keys[key].n_public * PT_FR_BYTES);
    }
}

static void expect_refused(pt_status code, const char *part)
{
    bundle_reader *reader = NULL;
    pt_err err = {0};
    assert_error(&err, bundle_open("b", cpu_features_read(), &reader, &err), code, part);
    assert_null(reader);
}

/* ---- contents that are made here ---- */

static image content_of(const char *path)
{
    image file = image_read(path), content = {malloc(CONTENT_MAX), 0};
    content.n = ZSTD_decompress(content.bytes, CONTENT_MAX, file.bytes, file.n);
    assert_false(ZSTD_isError(content.n));
    free(file.bytes);
    return content;
}

static void write_frame(const image *content, int checksum, int window_log)
{
    image file = {malloc(2 * CONTENT_MAX), 0};
    ZSTD_CCtx *frame = ZSTD_createCCtx();
    ZSTD_outBuffer out = {file.bytes, 2 * CONTENT_MAX, 0};
    ZSTD_inBuffer in = {content->bytes, content->n, 0};
    ZSTD_CCtx_setParameter(frame, ZSTD_c_checksumFlag, checksum);
    ZSTD_CCtx_setParameter(frame, ZSTD_c_windowLog, window_log);
    ZSTD_compressStream2(frame, &out, &in, ZSTD_e_continue); /* so that it does not know its size */
    assert_int_equal(ZSTD_compressStream2(frame, &out, &in, ZSTD_e_end), 0);
    file.n = out.pos;
    image_write(&file, "b");
    ZSTD_freeCCtx(frame);
    free(file.bytes);
}

/* The example with some bytes of its content replaced. */
static void expect_bad_content(size_t at, const void *bytes, size_t n, const char *part)
{
    image content = content_of("good");
    memcpy(content.bytes + at, bytes, n);
    write_frame(&content, 1, BUNDLE_WINDOW_LOG);
    expect_refused(PT_E_FORMAT, part);
    free(content.bytes);
}

static void expect_bad_u32(size_t at, uint32_t value, const char *part)
{
    expect_bad_content(at, &value, sizeof value, part);
}

/* ---- tests ---- */

static void what_was_added_comes_back_in_order(void **state)
{
    (void)state;
    example e = example_read();
    bundle_reader *reader;
    bundle_partition none;
    pt_err err = {0};
    write_example(&e);
    assert_int_equal(bundle_open("b", cpu_features_read(), &reader, &err), PT_OK);
    expect_example(reader, &e);
    assert_error(&err, bundle_next(reader, &none, &err), PT_E_FORMAT, "it ends in a partition");
    bundle_close(reader);
    image file = image_read("b"), content = content_of("b");
    assert_memory_equal(file.bytes, BUNDLE_FRAME_MAGIC, 4);
    assert_true(file.bytes[4] & 4); /* with a checksum */
    assert_memory_equal(content.bytes, "ptbd\1\0\0\0\2\0\0\0\5\0\0\0", 16);
    free(file.bytes);
    free(content.bytes);
    example_clear(&e);
}

static void it_appears_whole_or_not_at_all(void **state)
{
    (void)state;
    example e = example_read();
    struct stat info;
    pt_err err = {0};
    unlink("b");
    bundle_writer *writer = begin(&e, BUNDLE_FRAMED, N_KEYS, 2);
    add(writer, &e, "1", 0);
    assert_int_not_equal(stat("b", &info), 0);
    bundle_writer_abandon(writer);
    assert_int_not_equal(stat("b", &info), 0);
    writer = begin(&e, BUNDLE_FRAMED, N_KEYS, 2);
    add(writer, &e, "1", 0);
    assert_error(&err, bundle_writer_commit(writer, &err), PT_E_INTERNAL, "1 partitions, but 2 were announced");
    assert_int_not_equal(stat("b", &info), 0);
    bundle_writer_abandon(NULL);
    example_clear(&e);
}

static void ids_are_names_of_files(void **state)
{
    (void)state;
    example e = example_read();
    char longest[BUNDLE_ID_MAX + 2];
    memset(longest, 'x', sizeof longest);
    longest[BUNDLE_ID_MAX + 1] = '\0';
    const char *const bad[] = {"", "a/b", longest};
    bundle_writer *writer = begin(&e, BUNDLE_FRAMED, N_KEYS, 1);
    for (size_t i = 0; i < 3; i++) {
        pt_err err = {0};
        assert_error(&err, bundle_writer_add(writer, bad[i], 0, e.proofs[0], e.publics[0], &err), PT_E_ARG,
                     "expected 1 to 255");
    }
    bundle_writer_abandon(writer);
    longest[BUNDLE_ID_MAX] = '\0';
    writer = begin(&e, BUNDLE_FRAMED, N_KEYS, 1);
    add(writer, &e, longest, 0);
    pt_err err = {0};
    assert_int_equal(bundle_writer_commit(writer, &err), PT_OK);
    bundle_reader *reader;
    bundle_partition got;
    assert_int_equal(bundle_open("b", cpu_features_read(), &reader, &err), PT_OK);
    assert_int_equal(bundle_next(reader, &got, &err), PT_OK);
    assert_string_equal(got.id, longest);
    bundle_close(reader);
    example_clear(&e);
}

static void too_many_keys_are_refused(void **state)
{
    (void)state;
    bundle_key *keys = calloc(BUNDLE_KEYS_MAX + 1, sizeof *keys);
    bundle_writer *writer = NULL;
    pt_err err = {0};
    assert_error(&err, bundle_writer_create("b", BUNDLE_FRAMED, keys, BUNDLE_KEYS_MAX + 1, 1, &writer, &err), PT_E_ARG,
                 "b: 4097 keys, a bundle has at most 4096");
    assert_null(writer);
    free(keys);
}

static void raw_is_the_proofs_alone(void **state)
{
    (void)state;
    example e = example_read();
    const size_t n_bytes = proof_bytes_of(e.keys[1].curve);
    pt_err err = {0};
    example other = {.keys = {e.keys[1], e.keys[1]}};
    bundle_writer *writer = begin(&other, BUNDLE_RAW, 2, 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(bundle_writer_add(writer, "", i % 2, e.proofs[1], NULL, &err), PT_OK);
    assert_int_equal(bundle_writer_commit(writer, &err), PT_OK);
    image file = image_read("b");
    assert_int_equal(file.n, 3 * n_bytes);
    for (size_t i = 0; i < 3; i++)
        assert_memory_equal(file.bytes + i * n_bytes, e.proofs[1], n_bytes);
    free(file.bytes);
    example_clear(&e);
}

static void raw_is_of_one_curve(void **state)
{
    (void)state;
    example e = example_read();
    bundle_writer *writer = NULL;
    pt_err err = {0};
    assert_int_equal(bundle_check_raw(e.keys, 1, &err), PT_OK);
    assert_error(&err, bundle_writer_create("b", BUNDLE_RAW, e.keys, N_KEYS, 1, &writer, &err), PT_E_ARG,
                 "--raw: keys of bn254 and bls12_381, expected one curve");
    assert_null(writer);
    example_clear(&e);
}

/* Flags of the frame that don't change its content may be others. */
static void a_changed_bit_is_refused_or_changes_nothing(void **state)
{
    (void)state;
    example e = example_read();
    size_t n_taken = 0;
    write_example(&e);
    image file = image_read("b");
    for (size_t bit = 0; bit < 8 * file.n; bit++) {
        bundle_reader *reader = NULL;
        pt_err err = {0};
        file.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        image_write(&file, "b");
        if (bundle_open("b", cpu_features_read(), &reader, &err) == PT_OK) {
            expect_example(reader, &e);
            n_taken++;
        } else {
            assert_int_equal(err.code, PT_E_FORMAT);
        }
        bundle_close(reader);
        file.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_in_range(n_taken, 0, 16);
    free(file.bytes);
    example_clear(&e);
}

static void a_shorter_file_is_refused(void **state)
{
    (void)state;
    example e = example_read();
    write_example(&e);
    image file = image_read("b");
    const size_t n = file.n;
    for (file.n = 0; file.n < n; file.n++) {
        image_write(&file, "b");
        expect_refused(PT_E_FORMAT, file.n < 5 ? "no zstd frame, so no bundle" : "truncated: it ends within its frame");
    }
    free(file.bytes);
    example_clear(&e);
}

static void a_shorter_or_longer_content_is_refused(void **state)
{
    (void)state;
    example e = example_read();
    write_example(&e);
    image content = content_of("b");
    const size_t n = content.n;
    for (content.n = 0; content.n < n; content.n += content.n < AT_PARTITIONS + 200 ? 1 : 17) {
        write_frame(&content, 1, BUNDLE_WINDOW_LOG);
        expect_refused(PT_E_FORMAT, "it ends in ");
    }
    content.n = n;
    image_append(&content, "x", 1);
    write_frame(&content, 1, BUNDLE_WINDOW_LOG);
    expect_refused(PT_E_FORMAT, "bytes behind its last partition");
    free(content.bytes);
    example_clear(&e);
}

static void it_is_one_frame_with_its_checksum(void **state)
{
    (void)state;
    example e = example_read();
    write_example(&e);
    image file = image_read("b"), content = content_of("b");
    const size_t n = file.n;
    image_append(&file, "", 1);
    image_write(&file, "b");
    expect_refused(PT_E_FORMAT, "b: bytes behind its frame");
    file.n = n;
    image_append(&file, file.bytes, n);
    image_write(&file, "b");
    expect_refused(PT_E_FORMAT, "b: bytes behind its frame");
    write_frame(&content, 0, BUNDLE_WINDOW_LOG);
    expect_refused(PT_E_FORMAT, "expected a frame with a checksum");
    text_write("\x50\x2a\x4d\x18\4\0\0\0", "b"); /* skippable */
    expect_refused(PT_E_FORMAT, "no zstd frame, so no bundle");
    free(file.bytes);
    free(content.bytes);
    example_clear(&e);
}

/* What a frame would have us keep is not its own to say. */
static void a_frame_with_a_large_window_is_refused(void **state)
{
    (void)state;
    image content = {calloc(1, CONTENT_MAX), CONTENT_MAX};
    write_frame(&content, 1, 27);
    expect_refused(PT_E_FORMAT, "damaged zstd frame: Frame requires too much memory");
    free(content.bytes);
}

static void every_count_is_checked(void **state)
{
    (void)state;
    example e = example_read();
    write_example(&e);
    assert_int_equal(rename("b", "good"), 0);
    expect_bad_content(0, "ptbe", 4, "b: compressed with zstd, but no bundle");
    expect_bad_u32(4, 2, "version 2, expected 1");
    expect_bad_u32(8, 0, "0 keys, expected 1 to 4096");
    expect_bad_u32(8, 4097, "4097 keys, expected 1 to 4096");
    expect_bad_u32(8, 1, "content, offset "); /* a key is taken for a partition */
    expect_bad_u32(8, 4096, "");
    expect_bad_u32(12, 0, "0 partitions in a file of");
    expect_bad_u32(12, UINT32_MAX, "4294967295 partitions in a file of");
    expect_bad_u32(12, 6, "it ends in a partition");
    expect_bad_u32(12, 4, "bytes behind its last partition");
    expect_bad_u32(AT_KEYS, 7, "content: key 0: r is that of neither bn254 nor bls12_381");
    expect_bad_u32(AT_KEYS + BUNDLE_KEY_BYTES, 7, "content: key 1: r is that of neither");
    expect_bad_u32(AT_KEYS + 32, 2, "");
    expect_bad_u32(AT_KEYS + 32, UINT32_MAX, "");
    expect_bad_u32(AT_PARTITIONS, 2, "key 2 of 2");
    example_clear(&e);
}

static void ids_and_public_inputs_are_checked(void **state)
{
    (void)state;
    example e = example_read();
    write_example(&e);
    assert_int_equal(rename("b", "good"), 0);
    expect_bad_content(AT_PARTITIONS + 4, "\0\0", 2, "an id that is empty or longer");
    expect_bad_content(AT_PARTITIONS + 4, "\0\1", 2, "an id that is empty or longer");
    expect_bad_content(AT_PARTITIONS + 6, "a\0b", 3, "an id with a byte 0 or a '/'");
    expect_bad_content(AT_PARTITIONS + 6, "a/b", 3, "an id with a byte 0 or a '/'");
    const size_t at_public = AT_PARTITIONS + 6 + strlen(IDS[0]) + 128;
    expect_bad_content(at_public, e.keys[0].curve->r, PT_FR_BYTES, "a public input that is not below r");
    example_clear(&e);
}

static void two_of_one_id_are_refused(void **state)
{
    (void)state;
    example e = example_read();
    pt_err err = {0};
    bundle_writer *writer = begin(&e, BUNDLE_FRAMED, N_KEYS, 4);
    add(writer, &e, "a", 0);
    add(writer, &e, "b", 1);
    add(writer, &e, "c", 0);
    add(writer, &e, "b", 0);
    assert_int_equal(bundle_writer_commit(writer, &err), PT_OK);
    expect_refused(PT_E_FORMAT, "b: partitions 1 and 3 have one id");
    example_clear(&e);
}

/* A small file whose content has no end to speak of. */
static void a_bomb_is_refused(void **state)
{
    (void)state;
    enum { PIECE = 1 << 20, N_PIECES = 1200 };
    example e = example_read();
    uint8_t *piece = calloc(1, PIECE), head[AT_KEYS + BUNDLE_KEY_BYTES + 7 + 128] = "ptbd\1\0\0\0\1\0\0\0\1\0\0\0";
    image file = {malloc(PIECE), 0};
    ZSTD_CCtx *frame = ZSTD_createCCtx();
    ZSTD_outBuffer out = {file.bytes, PIECE, 0};
    memcpy(head + AT_KEYS, e.keys[0].curve->r, PT_FR_BYTES);
    memset(head + AT_KEYS + PT_FR_BYTES, 0xff, 4); /* public inputs */
    memcpy(head + AT_KEYS + BUNDLE_KEY_BYTES, "\0\0\0\0\1\0x", 7);
    ZSTD_CCtx_setParameter(frame, ZSTD_c_checksumFlag, 1);
    ZSTD_CCtx_setParameter(frame, ZSTD_c_compressionLevel, 1);
    ZSTD_CCtx_setParameter(frame, ZSTD_c_windowLog, BUNDLE_WINDOW_LOG);
    ZSTD_inBuffer in = {head, sizeof head, 0};
    for (int i = 0; i <= N_PIECES; i++) {
        assert_false(ZSTD_isError(ZSTD_compressStream2(frame, &out, &in, i < N_PIECES ? ZSTD_e_continue : ZSTD_e_end)));
        in = (ZSTD_inBuffer){piece, PIECE, 0};
    }
    file.n = out.pos;
    assert_true(file.n < 200000);
    image_write(&file, "b");
    expect_refused(PT_E_FORMAT, "bytes hold over 1");
    ZSTD_freeCCtx(frame);
    free(piece);
    free(file.bytes);
    example_clear(&e);
}

static void what_is_no_file_is_no_input(void **state)
{
    (void)state;
    bundle_reader *reader = NULL;
    pt_err err = {0}, of_dir = {0};
    assert_error(&err, bundle_open("absent", cpu_features_read(), &reader, &err), PT_E_NOINPUT, "absent: No such file");
    assert_error(&of_dir, bundle_open("/dev/zero", cpu_features_read(), &reader, &of_dir), PT_E_NOINPUT,
                 "expected a regular file");
    text_write("{\"pi_a\": 1}", "b");
    expect_refused(PT_E_FORMAT, "b: offset 0: no zstd frame, so no bundle");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added_comes_back_in_order),
        cmocka_unit_test(it_appears_whole_or_not_at_all),
        cmocka_unit_test(ids_are_names_of_files),
        cmocka_unit_test(too_many_keys_are_refused),
        cmocka_unit_test(raw_is_the_proofs_alone),
        cmocka_unit_test(raw_is_of_one_curve),
        cmocka_unit_test(a_changed_bit_is_refused_or_changes_nothing),
        cmocka_unit_test(a_shorter_file_is_refused),
        cmocka_unit_test(a_shorter_or_longer_content_is_refused),
        cmocka_unit_test(it_is_one_frame_with_its_checksum),
        cmocka_unit_test(a_frame_with_a_large_window_is_refused),
        cmocka_unit_test(every_count_is_checked),
        cmocka_unit_test(ids_and_public_inputs_are_checked),
        cmocka_unit_test(two_of_one_id_are_refused),
        cmocka_unit_test(a_bomb_is_refused),
        cmocka_unit_test(what_is_no_file_is_no_input),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
