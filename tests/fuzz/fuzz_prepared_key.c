/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_prepared_key.c - a prepared key of any contents, also with right sums and hashes.
 *
 * The input is a byte that says what is put right, the header, and the contents of the arrays without the zeros between them:
 * so a mutation meets what a reader looks at, and not only the sums. An input that is too short is the file itself. */
#include "node/format/prepared_key.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "tests/fuzz/fuzz_input.h"

/* The mapping, IC, and the scratch of the subgroup checks. */
static const fuzz_bound bound = {.factor = 2, .fixed = 2 << 20};

enum { RIGHT_LAYOUT = 1, RIGHT_SUMS = 2, RIGHT_HEADER = 4 }; /* of the first byte */
enum { FILE_BYTES_MAX = 1 << 20, PRIME_BYTES_MIN = 32, PRIME_BYTES_MAX = 48 };

typedef struct {
    prepared_header header; /* as it goes into the file */
    uint8_t *bytes;
    size_t n_bytes;
} image;

/* What prepared_layout_plan asks of counts. */
static bool can_be_planned(const prepared_header *h)
{
    for (int i = 0; i < PREPARED_QUERIES; i++)
        if (h->n_infinite[i] > UINT32_MAX)
            return false;
    return h->n_public < h->n_vars && h->domain_size <= 1u << 27 && h->n_entries[0] <= UINT32_MAX &&
           h->n_entries[1] <= UINT32_MAX && h->fq_bytes >= PRIME_BYTES_MIN && h->fq_bytes <= PRIME_BYTES_MAX &&
           h->fr_bytes == PT_FR_BYTES;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The arrays to where the plan has them, as far as contents and file last. */
static void place_arrays(image *file, const prepared_header *planned, const uint8_t *contents, size_t n_bytes)
{
    for (int i = 0; i < PREPARED_ARRAYS; i++) {
        const prepared_place *place = &planned->places[i];
        if (place->offset >= file->n_bytes)
            return;
        size_t n = smaller(smaller(place->n_bytes, n_bytes), file->n_bytes - place->offset);
        memcpy(file->bytes + place->offset, contents, n);
        contents += n;
        n_bytes -= n;
    }
}

static void put_sums(image *file, const prepared_header *planned)
{
    for (int i = 0; i < PREPARED_ARRAYS; i++) {
        const prepared_place *place = &planned->places[i];
        for (uint64_t at = 0, chunk = place->first_chunk; at < place->n_bytes; at += PREPARED_CHUNK_BYTES, chunk++) {
            size_t n = smaller(place->n_bytes - at, PREPARED_CHUNK_BYTES);
            if (place->offset + at + n > file->n_bytes)
                return;
            uint64_t sum = XXH3_64bits(file->bytes + place->offset + at, n);
            memcpy(file->bytes + sizeof *planned + chunk * sizeof sum, &sum, sizeof sum);
        }
    }
    const uint64_t begin = planned->places[0].offset;
    crypto_generichash(file->header.content_hash, PREPARED_HASH_BYTES, file->bytes + begin, file->n_bytes - begin, NULL, 0);
}

static void put_header(image *file, bool hashed)
{
    const uint64_t header_bytes = file->header.header_bytes;
    memcpy(file->bytes, &file->header, sizeof file->header);
    if (!hashed || header_bytes < sizeof file->header + PREPARED_HASH_BYTES || header_bytes > file->n_bytes)
        return;
    size_t n = (size_t)header_bytes - PREPARED_HASH_BYTES;
    crypto_generichash(file->bytes + n, PREPARED_HASH_BYTES, file->bytes, n, NULL, 0);
}

/* The file of an input; its bytes are the caller's to free(). */
static image image_of(const uint8_t *input, size_t n_input)
{
    image file = {.n_bytes = n_input};
    const bool whole = n_input > sizeof file.header;
    const uint8_t right = n_input > 0 ? input[0] : 0;
    if (whole)
        memcpy(&file.header, input + 1, sizeof file.header);
    if (!whole || !can_be_planned(&file.header)) {
        file.bytes = malloc(n_input + 1);
        FUZZ_REQUIRE(file.bytes != NULL);
        memcpy(file.bytes, input + (n_input > 0), n_input - (n_input > 0));
        file.n_bytes -= n_input > 0;
        return file;
    }
    prepared_header planned = file.header;
    prepared_layout_plan(&planned);
    if (right & RIGHT_LAYOUT)
        file.header = planned;
    file.n_bytes = smaller(planned.file_bytes, FILE_BYTES_MAX);
    file.bytes = calloc(1, file.n_bytes);
    FUZZ_REQUIRE(file.bytes != NULL);
    place_arrays(&file, &planned, input + 1 + sizeof file.header, n_input - 1 - sizeof file.header);
    if (right & RIGHT_SUMS && planned.places[0].offset < file.n_bytes)
        put_sums(&file, &planned);
    put_header(&file, right & RIGHT_HEADER);
    return file;
}

static pt_status check_parts(const proving_key *key, crew *threads, pt_err *err)
{
    for (int part = 0; part < KEY_PARTS; part++)
        if (proving_key_check_part(key, (key_part)part, threads, err) != PT_OK)
            return err->code;
    return PT_OK;
}

static void use(const fuzz_input *input, crew *threads)
{
    pt_err err = {0};
    proving_key *key = NULL;
    const proving_key_options options = {.features = cpu_features_read()};
    pt_status status = prepared_key_open(input->path, options, threads, &key, &err);
    fuzz_input_check(input, status, &err);
    FUZZ_REQUIRE((status == PT_OK) == (key != NULL));
    if (status != PT_OK)
        return;
    pt_err of_check = {0};
    pt_status full = prepared_key_check(key, KEY_CHECK_FULL, threads, &of_check);
    fuzz_input_check(input, full, &of_check);
    status = check_parts(key, threads, &err);
    fuzz_input_check(input, status, &err);
    FUZZ_REQUIRE(full != PT_OK || status == PT_OK);
    if (status == PT_OK)
        fuzz_prove(key, threads);
    proving_key_close(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    crew *threads;
    pt_err err = {0};
    fuzz_input input;
    FUZZ_REQUIRE(sodium_init() >= 0 && crew_create(1, &threads, &err) == PT_OK);
    image file = image_of(bytes, n_bytes);
    fuzz_input_open(file.bytes, file.n_bytes, bound, &input);
    use(&input, threads);
    fuzz_lint(&input, lint_key, threads);
    fuzz_input_close(&input);
    free(file.bytes);
    crew_destroy(threads);
    return 0;
}
