/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/prepared_key.h"

#include <sodium.h>
#include <xxhash.h>

#include "node/bench/generated_key.h"
#include "node/format/prepared_write.h"
#include "node/format/zkey.h"
#include "tests/unit/format_tests.inc.h"

static const char *const KEYS[2] = {GOLDEN("bn254.zkey"), GOLDEN("bls12_381.zkey")};

/* ---- making, damaging and opening prepared keys ---- */

static proving_key *open_at(const char *path, key_check check, size_t n_threads, pt_err *err)
{
    crew *threads;
    proving_key *key = NULL;
    const proving_key_options options = {.features = cpu_features_read(), .check = check};
    assert_int_equal(crew_create(n_threads, &threads, err), PT_OK);
    proving_key_open(path, options, threads, &key, err);
    crew_destroy(threads);
    return key;
}

static proving_key *open_good(const char *path, key_check check)
{
    pt_err err = {0};
    proving_key *key = open_at(path, check, 2, &err);
    if (key == NULL)
        fail_msg("%s", err.msg);
    return key;
}

static void write_prepared(const proving_key *key, const char *path)
{
    crew *threads;
    pt_err err = {0};
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(crew_create(2, &threads, &err), PT_OK);
    if (prepared_write(key, threads, NULL, stream, path, &err) != PT_OK)
        fail_msg("%s", err.msg);
    crew_destroy(threads);
    assert_int_equal(fclose(stream), 0);
}

/* k.ptkey of a golden key, with nothing beside it. */
static image prepared_image(const char *zkey_path)
{
    proving_key *key = open_good(zkey_path, KEY_CHECK_FULL);
    write_prepared(key, "k.ptkey");
    proving_key_close(key);
    return image_read("k.ptkey");
}

static prepared_header *header_of(const image *file)
{
    return (prepared_header *)(void *)file->bytes;
}

static void seal_header(image *file)
{
    size_t hashed = (size_t)header_of(file)->header_bytes - PREPARED_HASH_BYTES;
    crypto_generichash(file->bytes + hashed, PREPARED_HASH_BYTES, file->bytes, hashed, NULL, 0);
}

/* Right sums and hashes for whatever stands there: a file that was made to harm, not damaged. */
static void seal(image *file)
{
    prepared_header *h = header_of(file);
    for (int i = 0; i < PREPARED_ARRAYS; i++) {
        const prepared_place *p = &h->places[i];
        for (uint64_t at = 0, chunk = p->first_chunk; at < p->n_bytes; at += PREPARED_CHUNK_BYTES, chunk++) {
            uint64_t left = p->n_bytes - at;
            image_u64(file, sizeof *h + chunk * 8,
                      XXH3_64bits(file->bytes + p->offset + at, left < PREPARED_CHUNK_BYTES ? left : PREPARED_CHUNK_BYTES));
        }
    }
    const uint64_t begin = h->places[0].offset;
    crypto_generichash(h->content_hash, PREPARED_HASH_BYTES, file->bytes + begin, file->n - begin, NULL, 0);
    seal_header(file);
}

/* Open, then read all parts as a proof does. */
static pt_status use(const char *path, size_t n_threads, pt_err *err)
{
    crew *threads;
    proving_key *key = open_at(path, KEY_CHECK_QUICK, n_threads, err);
    if (key == NULL)
        return err->code;
    assert_int_equal(crew_create(n_threads, &threads, err), PT_OK);
    for (int part = 0; part < KEY_PARTS && err->code == PT_OK; part++)
        proving_key_check_part(key, (key_part)part, threads, err);
    crew_destroy(threads);
    proving_key_close(key);
    return err->code;
}

static void expect_unusable(const image *file, const char *part)
{
    image_write(file, "k.ptkey");
    for (size_t n_threads = 1; n_threads < 4; n_threads++) {
        pt_err err = {0};
        assert_error(&err, use("k.ptkey", n_threads, &err), PT_E_FORMAT, part);
    }
}

/* What inspect would say, at a check that use() passes. */
static void expect_check_fails(const image *file, key_check check, const char *part)
{
    crew *threads;
    pt_err err = {0};
    image_write(file, "k.ptkey");
    proving_key *key = open_good("k.ptkey", KEY_CHECK_QUICK);
    assert_int_equal(crew_create(2, &threads, &err), PT_OK);
    assert_error(&err, prepared_key_check(key, check, threads, &err), PT_E_FORMAT, part);
    crew_destroy(threads);
    proving_key_close(key);
}

/* ---- good ones ---- */

static void assert_same_circuit(const csr *a, const csr *b)
{
    assert_int_equal(a->n_rows, b->n_rows);
    assert_int_equal(a->n_values, b->n_values);
    assert_memory_equal(a->values, b->values, a->n_values * a->value_bytes);
    const csr_matrix *const both[2][2] = {{&a->a, &b->a}, {&a->b, &b->b}};
    for (int i = 0; i < 2; i++) {
        assert_memory_equal(both[i][0]->row_start, both[i][1]->row_start, ((size_t)a->n_rows + 1) * 8);
        assert_memory_equal(both[i][0]->entries, both[i][1]->entries, both[i][0]->row_start[a->n_rows] * sizeof(csr_entry));
    }
}

static void a_prepared_key_is_the_key_that_it_came_from(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        pt_err err = {0};
        proving_key *source = open_good(KEYS[i], KEY_CHECK_FULL);
        write_prepared(source, "k.ptkey");
        assert_int_equal(use("k.ptkey", 2, &err), PT_OK);
        proving_key *key = open_good("k.ptkey", KEY_CHECK_FULL);
        const size_t g1 = 2 * (size_t)key->curve->fq_bytes, n = key->n_vars;
        assert_ptr_equal(key->curve, source->curve);
        assert_int_equal(key->n_vars, 243);
        assert_int_equal(key->n_public, 1);
        assert_int_equal(key->log_domain, 8);
        assert_int_equal(key->n_coefficients, source->n_coefficients);
        assert_false(key->insecure);
        assert_memory_equal(key->vkey.alpha1, source->vkey.alpha1, g1);
        assert_memory_equal(key->vkey.delta2, source->vkey.delta2, 2 * g1);
        assert_memory_equal(key->vkey.ic, source->vkey.ic, 2 * g1);
        assert_memory_equal(key->beta1, source->beta1, g1);
        assert_memory_equal(key->delta1, source->delta1, g1);
        assert_memory_equal(key->a, source->a, n * g1);
        assert_memory_equal(key->b1, source->b1, n * g1);
        assert_memory_equal(key->b2, source->b2, 2 * n * g1);
        assert_memory_equal(key->c, source->c, (n - 2) * g1);
        assert_memory_equal(key->h, source->h, 256 * g1);
        assert_same_circuit(&key->circuit, &source->circuit);
        proving_key_close(key);
        proving_key_close(source);
    }
}

static void the_mark_of_an_insecure_key_is_kept(void **state)
{
    (void)state;
    image file = image_read(KEYS[0]);
    image_add_section(&file, ZKEY_SECTION_INSECURE, "", 0);
    image_write(&file, "marked.zkey");
    proving_key *source = open_good("marked.zkey", KEY_CHECK_FULL);
    write_prepared(source, "marked.ptkey");
    proving_key *key = open_good("marked.ptkey", KEY_CHECK_QUICK);
    assert_true(key->insecure);
    proving_key_close(key);
    proving_key_close(source);
    assert_int_equal(remove("marked.zkey"), 0);
    free(file.bytes);
}

static void points_at_infinity_are_listed(void **state)
{
    (void)state;
    image file = prepared_image(KEYS[0]);
    const prepared_header *h = header_of(&file);
    const prepared_place *list = &h->places[PREPARED_INFINITE_B2], *points = &h->places[PREPARED_B2];
    assert_true(h->n_infinite[2] > 0);
    assert_int_equal(list->n_bytes, 4 * h->n_infinite[2]);
    for (size_t i = 0, listed = 0; i < h->n_vars; i++) {
        bool infinite = sodium_is_zero(file.bytes + points->offset + i * 128, 128);
        if (infinite)
            assert_int_equal(image_get_u32(&file, list->offset + 4 * listed++), i);
        if (i + 1 == h->n_vars)
            assert_int_equal(listed, h->n_infinite[2]);
    }
    free(file.bytes);
}

static void a_prepared_key_is_not_prepared_again(void **state)
{
    (void)state;
    image file = prepared_image(KEYS[0]);
    pt_err err = {0};
    crew *threads;
    proving_key *key = open_good("k.ptkey", KEY_CHECK_QUICK);
    assert_int_equal(crew_create(1, &threads, &err), PT_OK);
    assert_error(&err, prepared_write(key, threads, NULL, stderr, "again.ptkey", &err), PT_E_FORMAT,
                 "k.ptkey: is prepared");
    crew_destroy(threads);
    proving_key_close(key);
    free(file.bytes);
}

static void a_full_disk_and_a_signal_end_the_writing(void **state)
{
    (void)state;
    const atomic_bool cancel = true;
    pt_err full = {0}, cancelled = {0};
    crew *threads;
    proving_key *key = open_good(KEYS[0], KEY_CHECK_FULL);
    FILE *stream = fopen("/dev/full", "wb");
    assert_non_null(stream);
    setvbuf(stream, NULL, _IONBF, 0);
    assert_int_equal(crew_create(1, &threads, &full), PT_OK);
    assert_error(&full, prepared_write(key, threads, NULL, stream, "k.ptkey", &full), PT_E_IO,
                 "k.ptkey: write failed: No space");
    assert_error(&cancelled, prepared_write(key, threads, &cancel, stream, "k.ptkey", &cancelled), PT_E_NOMEM, "cancelled");
    crew_destroy(threads);
    fclose(stream);
    proving_key_close(key);
}

/* ---- files that are refused when they are opened ---- */

static void a_truncated_file_is_refused(void **state)
{
    (void)state;
    image file = prepared_image(KEYS[0]);
    const size_t whole = file.n;
    const size_t cuts[] = {4, 8, sizeof(prepared_header) - 1, sizeof(prepared_header), 4096, 8192, whole - 4096, whole - 1};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        char part[64];
        file.n = cuts[i];
        snprintf(part, sizeof part, "k.ptkey: truncated: %zu bytes of ", cuts[i]);
        expect_unusable(&file, part);
    }
    file.n = whole;
    image_append(&file, "", 1);
    expect_unusable(&file, "k.ptkey: 1 bytes behind its end");
    free(file.bytes);
}

static void stale_and_foreign_files_say_what_they_are(void **state)
{
    (void)state;
    image file = prepared_image(KEYS[0]);
    header_of(&file)->version = 2;
    expect_unusable(&file,
                    "k.ptkey: stale: version 2, written by another version of Partita (this one: 1), prepare it again");
    header_of(&file)->byte_order = PREPARED_BYTE_ORDER_FOREIGN;
    expect_unusable(&file, "k.ptkey: foreign: written on a machine of another byte order");
    header_of(&file)->byte_order = 0;
    expect_unusable(&file, "k.ptkey: header: byte order 0x00000000");
    free(file.bytes);
}

static void a_damaged_header_is_refused(void **state)
{
    (void)state;
    image file = prepared_image(KEYS[1]);
    const size_t end = (size_t)header_of(&file)->header_bytes;
    for (size_t at = 32; at < end; at += at < end - 40 ? 37 : 1) {
        file.bytes[at] ^= 4;
        expect_unusable(&file, "k.ptkey: header: damaged: its BLAKE2b differs");
        file.bytes[at] ^= 4;
    }
    file.bytes[end] = 1;
    expect_unusable(&file, "k.ptkey: header: the bytes behind it are not zero");
    free(file.bytes);
}

static void another_source_beside_it_makes_it_stale(void **state)
{
    (void)state;
    static const char said[] = "beside/k.ptkey: stale: beside/k.zkey is no longer the file that it was prepared from";
    image source = image_read(KEYS[0]);
    assert_int_equal(mkdir("beside", 0700), 0);
    image_write(&source, "beside/k.zkey");
    proving_key *key = open_good("beside/k.zkey", KEY_CHECK_FULL);
    write_prepared(key, "beside/k.ptkey");
    proving_key_close(key);
    proving_key_close(open_good("beside/k.ptkey", KEY_CHECK_FULL));

    static const struct {
        uint32_t section;
        size_t n_bytes;
        key_check check;
    } changes[] = {{2, 1, KEY_CHECK_QUICK}, {3, 1, KEY_CHECK_QUICK}, {9, 0, KEY_CHECK_QUICK}, {9, 1, KEY_CHECK_FULL}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        pt_err err = {0};
        const size_t at = image_section(&source, changes[i].section) + (changes[i].n_bytes == 0 ? 0 : 100), n = source.n;
        source.bytes[at] ^= 1;
        source.n -= changes[i].n_bytes == 0;
        image_write(&source, "beside/k.zkey");
        assert_null(open_at("beside/k.ptkey", changes[i].check, 1, &err));
        assert_error(&err, err.code, PT_E_FORMAT, said);
        source.bytes[at] ^= 1;
        source.n = n;
    }
    pt_err err = {0}, longer = {0};
    image_add_section(&source, 99, "more", 4);
    image_write(&source, "beside/k.zkey");
    assert_null(open_at("beside/k.ptkey", KEY_CHECK_QUICK, 1, &longer));
    assert_error(&longer, longer.code, PT_E_FORMAT, said);
    text_write("zkey? no", "beside/k.zkey");
    assert_null(open_at("beside/k.ptkey", KEY_CHECK_QUICK, 1, &err));
    assert_error(&err, err.code, PT_E_FORMAT, said);
    assert_int_equal(remove("beside/k.zkey"), 0);
    proving_key_close(open_good("beside/k.ptkey", KEY_CHECK_FULL));
    free(source.bytes);
}

/* ---- damaged arrays ---- */

static void a_damaged_array_is_named(void **state)
{
    (void)state;
    image file = prepared_image(KEYS[0]);
    for (int i = 0; i < PREPARED_ARRAYS; i++) {
        char part[80];
        const prepared_place *p = &header_of(&file)->places[i];
        if (p->n_bytes == 0)
            continue;
        uint8_t *byte = file.bytes + p->offset + p->n_bytes / 2, *behind = file.bytes + p->offset + p->n_bytes;
        snprintf(part, sizeof part, "k.ptkey: %s: MiB 1 of 1: checksum differs", prepared_array_name((prepared_array)i));
        *byte ^= 1;
        if (i < PREPARED_INFINITE_A)
            expect_unusable(&file, part);
        else
            expect_check_fails(&file, KEY_CHECK_QUICK, part);
        *byte ^= 1;
        if (p->n_bytes % PREPARED_PAGE_BYTES == 0)
            continue;
        snprintf(part, sizeof part, "k.ptkey: %s: the bytes behind it are not zero",
                 prepared_array_name((prepared_array)i));
        *behind ^= 1;
        if (i < PREPARED_INFINITE_A)
            expect_unusable(&file, part);
        else
            expect_check_fails(&file, KEY_CHECK_QUICK, part);
        *behind ^= 1;
    }
    pt_err err = {0};
    image_write(&file, "k.ptkey");
    assert_int_equal(use("k.ptkey", 3, &err), PT_OK);
    free(file.bytes);
}

/* B2 of some 2^14 signals is more than one MiB: the first bad one is named, whatever the crew. */
static void the_first_bad_mib_is_named(void **state)
{
    (void)state;
    crew *threads;
    proving_key *key;
    wtns witness;
    pt_err err = {0};
    assert_int_equal(crew_create(2, &threads, &err), PT_OK);
    const pt_curve *curve = pt_curve_by_name("bn254", cpu_features_read());
    assert_int_equal(generated_key_open(curve, cpu_features_read(), 14, CIRCUIT_BITS, 1, threads, &key, &witness, &err),
                     PT_OK);
    write_prepared(key, "k.ptkey");
    proving_key *prepared = open_good("k.ptkey", KEY_CHECK_QUICK);
    const prepared_place b2 = prepared->prepared->header.places[PREPARED_B2];
    const uint64_t bad[2] = {b2.offset + PREPARED_CHUNK_BYTES, prepared->prepared->header.places[PREPARED_C].offset};
    proving_key_close(prepared);
    assert_int_equal(prepared_chunks(b2.n_bytes), 2);
    FILE *file = fopen("k.ptkey", "r+b");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fseek(file, (long)bad[i], SEEK_SET), 0);
        assert_int_equal(fwrite("????????", 1, 8, file), 8);
    }
    assert_int_equal(fclose(file), 0);
    for (size_t n_threads = 1; n_threads < 4; n_threads++) {
        pt_err said = {0};
        assert_error(&said, use("k.ptkey", n_threads, &said), PT_E_FORMAT, "k.ptkey: B2: MiB 2 of 2: ");
    }
    wtns_clear(&witness);
    proving_key_close(key);
    crew_destroy(threads);
}

static void a_part_is_checked_once_and_a_bad_one_every_time(void **state)
{
    (void)state;
    crew *threads;
    pt_err first = {0}, second = {0};
    image file = prepared_image(KEYS[0]);
    file.bytes[header_of(&file)->places[PREPARED_H].offset] ^= 1;
    image_write(&file, "k.ptkey");
    proving_key *key = open_good("k.ptkey", KEY_CHECK_QUICK);
    assert_int_equal(crew_create(1, &threads, &first), PT_OK);
    assert_int_equal(proving_key_check_part(key, KEY_PART_MATRICES, threads, &first), PT_OK);
    assert_true(key->prepared->checked[KEY_PART_MATRICES]);
    assert_int_equal(proving_key_check_part(key, KEY_PART_H, threads, &first), PT_E_FORMAT);
    assert_int_equal(proving_key_check_part(key, KEY_PART_H, threads, &second), PT_E_FORMAT);
    crew_destroy(threads);
    proving_key_close(key);
    free(file.bytes);
}

/* ---- files that were made to harm: every sum and hash is right ---- */

static void a_crafted_header_is_refused(void **state)
{
    (void)state;
    static const struct {
        size_t offset, n_bytes;
        uint64_t value;
        const char *part;
    } cases[] = {
#define IN_HEADER(member) offsetof(prepared_header, member), sizeof(((prepared_header *)0)->member)
        {IN_HEADER(fr_bytes), UINT32_MAX, "header: the prime r is neither"},
        {IN_HEADER(r[3]), 0, "header: the prime r is neither"},
        {IN_HEADER(fq_bytes), UINT32_MAX, "header: the prime r is that of bn254, but the prime q is not"},
        {IN_HEADER(q[3]), 0, "header: the prime r is that of bn254, but the prime q is not"},
        {IN_HEADER(n_public), 243, "header: 243 public of 243 signals"},
        {IN_HEADER(n_vars), 0, "header: 1 public of 0 signals"},
        {IN_HEADER(n_vars), UINT32_MAX, "header: layout: IC does not stand where"},
        {IN_HEADER(domain_size), 0, "header: domain size 0 is no power"},
        {IN_HEADER(domain_size), 255, "header: domain size 255 is no power"},
        {IN_HEADER(domain_size), 1u << 28, "header: domain size 268435456 is no power of two up to 2^27"},
        {IN_HEADER(domain_size), 1u << 27, "header: layout: IC does not stand where"},
        {IN_HEADER(n_values), UINT32_MAX, "header: layout: IC does not stand where"},
        {IN_HEADER(n_entries[1]), UINT64_MAX, "header: more than 2^32 entries"},
        {IN_HEADER(n_entries[1]), 1, "header: layout: entries of B does not stand where"},
        {IN_HEADER(n_infinite[4]), UINT64_MAX, "header: more than 2^32 points at infinity"},
        {IN_HEADER(n_infinite[0]), UINT32_MAX, "header: layout: IC does not stand where"},
        {IN_HEADER(places[PREPARED_H].offset), 0, "header: layout: H does not stand where"},
        {IN_HEADER(places[PREPARED_H].n_bytes), UINT64_MAX, "header: layout: H does not stand where"},
        {IN_HEADER(places[PREPARED_C].first_chunk), UINT64_MAX, "header: layout: C does not stand where"},
        {IN_HEADER(places[PREPARED_IC].element_bytes), 0, "header: layout: IC does not stand where"},
        {IN_HEADER(places[PREPARED_B1].array), 3, "header: layout: B1 does not stand where"},
        {IN_HEADER(file_bytes), 1, "header: layout: its sizes are not"},
        {IN_HEADER(alpha1), 0, "alpha1: point 0 of 1 is infinity"},
        {IN_HEADER(delta2), 0, "delta2: point 0 of 1 is infinity"},
#undef IN_HEADER
    };
    image file = prepared_image(KEYS[0]);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t old[PT_G2_BYTES_MAX];
        const size_t n = cases[i].n_bytes;
        memcpy(old, file.bytes + cases[i].offset, n);
        memset(file.bytes + cases[i].offset, 0, n);
        memcpy(file.bytes + cases[i].offset, &cases[i].value, n < 8 ? n : 8);
        seal_header(&file);
        expect_unusable(&file, cases[i].part);
        memcpy(file.bytes + cases[i].offset, old, n);
    }
    header_of(&file)->header_bytes += 8;
    seal_header(&file);
    expect_unusable(&file, "k.ptkey: header: layout: its sizes are not");
    const uint64_t sizes[] = {0, sizeof(prepared_header), UINT64_MAX};
    for (size_t i = 0; i < 3; i++) {
        header_of(&file)->header_bytes = sizes[i];
        expect_unusable(&file, "k.ptkey: ");
    }
    free(file.bytes);
}

static void crafted_arrays_are_refused(void **state)
{
    (void)state;
    static const struct {
        prepared_array array;
        uint32_t word; /* u32 from the array's beginning */
        uint32_t value;
        const char *part;
    } cases[] = {
        {PREPARED_VALUES, 17 * 8 + 7, UINT32_MAX, "dictionary: value 17 is not below r of bn254"},
        {PREPARED_ROW_START_A, 0, 1, "rows of A: rows do not rise from 0 to"},
        {PREPARED_ROW_START_A, 11, 1, "rows of A: rows do not rise from 0 to"},
        {PREPARED_ROW_START_B, 20, UINT32_MAX, "rows of B: rows do not rise from 0 to"},
        {PREPARED_ROW_START_B, 2 * 256, UINT32_MAX, "rows of B: rows do not rise from 0 to"},
        {PREPARED_ENTRIES_A, 2 * 17, 243, "entries of A: entry 17: signal 243, but the circuit has 243"},
        {PREPARED_ENTRIES_A, 2 * 17 + 1, 270, "entries of A: entry 17: value 270, but the dictionary has 270"},
        {PREPARED_ENTRIES_B, 2 * 17, UINT32_MAX, "entries of B: entry 17: signal 4294967295, but"},
    };
    image file = prepared_image(KEYS[0]);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const size_t at = header_of(&file)->places[cases[i].array].offset + 4 * (size_t)cases[i].word;
        const uint32_t old = image_get_u32(&file, at);
        image_u32(&file, at, cases[i].value);
        seal(&file);
        expect_unusable(&file, cases[i].part);
        image_u32(&file, at, old);
    }
    /* Rows that rise, but not as far as there are entries. */
    const size_t rows = header_of(&file)->places[PREPARED_ROW_START_A].offset;
    for (size_t row = 0; row <= 256; row++)
        image_u64(&file, rows + 8 * row, 0);
    seal(&file);
    expect_unusable(&file, "rows of A: rows do not rise from 0 to");
    free(file.bytes);
}

static void crafted_lists_and_points_are_found_by_the_checks_of_inspect(void **state)
{
    (void)state;
    image file = prepared_image(KEYS[1]);
    const size_t list = header_of(&file)->places[PREPARED_INFINITE_B1].offset;
    const uint32_t old = image_get_u32(&file, list + 4);
    image_u32(&file, list + 4, 243);
    seal(&file);
    expect_check_fails(&file, KEY_CHECK_QUICK, "infinity in B1: place 1: index 243, expected");
    image_u32(&file, list + 4, image_get_u32(&file, list));
    seal(&file);
    expect_check_fails(&file, KEY_CHECK_QUICK, "infinity in B1: place 1: index ");
    image_u32(&file, list + 4, old);

    /* (0, 2) is on BLS12-381's curve and has order 3. */
    uint8_t two[48] = {2}, *point = file.bytes + header_of(&file)->places[PREPARED_C].offset + 7 * 96;
    memset(point, 0, 48);
    pt_curve_by_name("bls12_381", cpu_features_read())->fq_to_mont(two, point + 48);
    seal(&file);
    expect_check_fails(&file, KEY_CHECK_FULL, "k.ptkey: C: point 7 of 241 is not in the subgroup of order r");
    point[0] = 1;
    seal(&file);
    expect_check_fails(&file, KEY_CHECK_QUICK, "k.ptkey: C: point 7 of 241 is not on the curve");
    free(file.bytes);
}

static void the_hash_of_all_content_is_asked_by_the_full_check(void **state)
{
    (void)state;
    image file = prepared_image(KEYS[0]);
    header_of(&file)->content_hash[5] ^= 1;
    seal_header(&file);
    expect_check_fails(&file, KEY_CHECK_FULL, "k.ptkey: the BLAKE2b of its content differs");
    free(file.bytes);
}

static void a_source_s_name_leads_nowhere_else(void **state)
{
    (void)state;
    image file = prepared_image(KEYS[0]);
    assert_int_equal(mkdir("sub", 0700), 0);
    text_write("not a key", "sub/k.zkey");
    static const char *const names[] = {"sub/k.zkey", "../sub/k.zkey", "/etc/passwd", ".", ""};
    char *name = header_of(&file)->source_name;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        pt_err err = {0};
        memset(name, 0, PREPARED_NAME_BYTES);
        memcpy(name, names[i], strlen(names[i]));
        seal_header(&file);
        image_write(&file, "k.ptkey");
        assert_int_equal(use("k.ptkey", 1, &err), PT_OK);
    }
    memset(name, 'x', PREPARED_NAME_BYTES);
    seal_header(&file);
    expect_unusable(&file, "k.ptkey: header: the name of its source does not end");
    free(file.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prepared_key_is_the_key_that_it_came_from),
        cmocka_unit_test(the_mark_of_an_insecure_key_is_kept),
        cmocka_unit_test(points_at_infinity_are_listed),
        cmocka_unit_test(a_prepared_key_is_not_prepared_again),
        cmocka_unit_test(a_full_disk_and_a_signal_end_the_writing),
        cmocka_unit_test(a_truncated_file_is_refused),
        cmocka_unit_test(stale_and_foreign_files_say_what_they_are),
        cmocka_unit_test(a_damaged_header_is_refused),
        cmocka_unit_test(another_source_beside_it_makes_it_stale),
        cmocka_unit_test(a_damaged_array_is_named),
        cmocka_unit_test(the_first_bad_mib_is_named),
        cmocka_unit_test(a_part_is_checked_once_and_a_bad_one_every_time),
        cmocka_unit_test(a_crafted_header_is_refused),
        cmocka_unit_test(crafted_arrays_are_refused),
        cmocka_unit_test(crafted_lists_and_points_are_found_by_the_checks_of_inspect),
        cmocka_unit_test(the_hash_of_all_content_is_asked_by_the_full_check),
        cmocka_unit_test(a_source_s_name_leads_nowhere_else),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
