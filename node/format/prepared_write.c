/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/prepared_write.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "node/format/prepared_layout.h"
#include "node/format/prepared_source.h"

static const uint8_t zeros[PREPARED_PAGE_BYTES];

/* What is written of one key. */
typedef struct {
    const proving_key *key;
    prepared_header header;
    const uint8_t *arrays[PREPARED_ARRAYS];
    uint32_t *infinite[PREPARED_QUERIES];
    uint64_t *sums;
    size_t n_sums;
    const atomic_bool *cancel;
    FILE *stream;
    const char *path;
} writing;

static pt_status check_cancelled(const writing *w, pt_err *err)
{
    if (w->cancel != NULL && atomic_load(w->cancel))
        return pt_fail(err, PT_E_NOMEM, "%s: cancelled", w->path);
    return PT_OK;
}

/* ---- header ---- */

static void fill_header(writing *w)
{
    const proving_key *key = w->key;
    const groth16_vkey *v = &key->vkey;
    const csr *circuit = &key->circuit;
    const size_t g1_bytes = 2 * (size_t)key->curve->fq_bytes, g2_bytes = 2 * g1_bytes;
    prepared_header *h = &w->header;
    *h = (prepared_header){.version = PREPARED_VERSION,
                           .byte_order = PREPARED_BYTE_ORDER,
                           .flags = key->insecure ? PREPARED_INSECURE : 0,
                           .fq_bytes = key->curve->fq_bytes,
                           .fr_bytes = key->curve->fr_bytes,
                           .n_vars = key->n_vars,
                           .n_public = key->n_public,
                           .domain_size = key->domain_size,
                           .n_values = circuit->n_values,
                           .n_entries = {circuit->a.row_start[circuit->n_rows], circuit->b.row_start[circuit->n_rows]}};
    memcpy(h->magic, PREPARED_MAGIC, sizeof h->magic);
    memcpy(h->q, key->curve->q, key->curve->fq_bytes);
    memcpy(h->r, key->curve->r, key->curve->fr_bytes);
    memcpy(h->alpha1, v->alpha1, g1_bytes);
    memcpy(h->beta1, key->beta1, g1_bytes);
    memcpy(h->delta1, key->delta1, g1_bytes);
    memcpy(h->beta2, v->beta2, g2_bytes);
    memcpy(h->gamma2, v->gamma2, g2_bytes);
    memcpy(h->delta2, v->delta2, g2_bytes);
}

static void point_at_arrays(writing *w)
{
    const proving_key *key = w->key;
    const uint8_t *const arrays[PREPARED_INFINITE_A] = {
        [PREPARED_IC] = key->vkey.ic,
        [PREPARED_VALUES] = key->circuit.values,
        [PREPARED_ROW_START_A] = (const uint8_t *)key->circuit.a.row_start,
        [PREPARED_ENTRIES_A] = (const uint8_t *)key->circuit.a.entries,
        [PREPARED_ROW_START_B] = (const uint8_t *)key->circuit.b.row_start,
        [PREPARED_ENTRIES_B] = (const uint8_t *)key->circuit.b.entries,
        [PREPARED_A] = key->a,
        [PREPARED_B1] = key->b1,
        [PREPARED_B2] = key->b2,
        [PREPARED_C] = key->c,
        [PREPARED_H] = key->h,
    };
    memcpy(w->arrays, arrays, sizeof arrays);
}

/* ---- points at infinity ---- */

static bool is_infinity(const uint8_t *point, size_t point_bytes)
{
    return memcmp(point, zeros, point_bytes) == 0;
}

/* Count them, then list them. */
static pt_status list_infinite(writing *w, int query, pt_err *err)
{
    const prepared_array array = (prepared_array)(PREPARED_A + query);
    const size_t n = (size_t)prepared_array_length(&w->header, array);
    const size_t point_bytes = (array == PREPARED_B2 ? 4 : 2) * (size_t)w->header.fq_bytes;
    const uint8_t *points = w->arrays[array];
    size_t n_infinite = 0, listed = 0;
    for (size_t i = 0; i < n; i++)
        n_infinite += is_infinity(points + i * point_bytes, point_bytes);
    uint32_t *list = malloc((n_infinite + 1) * sizeof *list);
    if (list == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to list %zu points", w->path, n_infinite);
    for (size_t i = 0; i < n; i++)
        if (is_infinity(points + i * point_bytes, point_bytes))
            list[listed++] = (uint32_t)i;
    w->header.n_infinite[query] = n_infinite;
    w->infinite[query] = list;
    w->arrays[PREPARED_INFINITE_A + query] = (const uint8_t *)list;
    return PT_OK;
}

/* ---- sums and hashes ---- */

static void sum_chunk(void *ctx, size_t item, size_t thread)
{
    writing *w = ctx;
    (void)thread;
    const prepared_place *place = w->header.places;
    while (item >= place->first_chunk + prepared_chunks(place->n_bytes))
        place++;
    uint64_t begin = (item - place->first_chunk) * PREPARED_CHUNK_BYTES, left = place->n_bytes - begin;
    size_t n_bytes = left < PREPARED_CHUNK_BYTES ? (size_t)left : PREPARED_CHUNK_BYTES;
    w->sums[item] = XXH3_64bits(w->arrays[place->array] + begin, n_bytes);
}

static void hash_content(writing *w)
{
    crypto_generichash_state hash;
    crypto_generichash_init(&hash, NULL, 0, PREPARED_HASH_BYTES);
    for (int i = 0; i < PREPARED_ARRAYS; i++) {
        const uint64_t n_bytes = w->header.places[i].n_bytes;
        crypto_generichash_update(&hash, w->arrays[i], n_bytes);
        crypto_generichash_update(&hash, zeros, prepared_page_end(n_bytes) - n_bytes);
    }
    crypto_generichash_final(&hash, w->header.content_hash, PREPARED_HASH_BYTES);
}

/* Both hashes are of one thread each: 0 the content's, 1 the source's. */
static void hash_one(void *ctx, size_t item, size_t thread)
{
    writing *w = ctx;
    (void)thread;
    const input_file *source = &w->key->zkey_file->input;
    if (item == 0)
        hash_content(w);
    else
        crypto_generichash(w->header.source_hash, PREPARED_HASH_BYTES, source->bytes, source->n_bytes, NULL, 0);
}

static pt_status sum_all(writing *w, crew *threads, pt_err *err)
{
    const prepared_place *last = &w->header.places[PREPARED_ARRAYS - 1];
    w->n_sums = (size_t)(last->first_chunk + prepared_chunks(last->n_bytes));
    w->sums = malloc(w->n_sums * sizeof *w->sums);
    if (w->sums == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for %zu checksums", w->path, w->n_sums);
    crew_run(threads, w->n_sums, sum_chunk, w);
    if (check_cancelled(w, err) != PT_OK)
        return err->code;
    crew_run(threads, 2, hash_one, w);
    return check_cancelled(w, err);
}

/* ---- the file ---- */

static pt_status put(const writing *w, const void *bytes, uint64_t n_bytes, pt_err *err)
{
    for (uint64_t done = 0, n; done < n_bytes; done += n) {
        n = n_bytes - done < PREPARED_CHUNK_BYTES ? n_bytes - done : PREPARED_CHUNK_BYTES;
        if (check_cancelled(w, err) != PT_OK)
            return err->code;
        if (fwrite((const uint8_t *)bytes + done, 1, (size_t)n, w->stream) != n)
            return pt_fail(err, PT_E_IO, "%s: write failed: %s", w->path, strerror(errno));
    }
    return PT_OK;
}

static pt_status put_header(const writing *w, pt_err *err)
{
    uint8_t hash[PREPARED_HASH_BYTES];
    const prepared_header *h = &w->header;
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    crypto_generichash_update(&state, (const uint8_t *)h, sizeof *h);
    crypto_generichash_update(&state, (const uint8_t *)w->sums, w->n_sums * sizeof *w->sums);
    crypto_generichash_final(&state, hash, sizeof hash);
    if (put(w, h, sizeof *h, err) != PT_OK || put(w, w->sums, w->n_sums * sizeof *w->sums, err) != PT_OK ||
        put(w, hash, sizeof hash, err) != PT_OK)
        return err->code;
    return put(w, zeros, prepared_page_end(h->header_bytes) - h->header_bytes, err);
}

static pt_status write_all(writing *w, crew *threads, pt_err *err)
{
    fill_header(w);
    point_at_arrays(w);
    pt_status status = prepared_source_describe(w->key->zkey_file, &w->header, err);
    for (int query = 0; status == PT_OK && query < PREPARED_QUERIES; query++)
        status = list_infinite(w, query, err);
    if (status != PT_OK)
        return status;
    prepared_layout_plan(&w->header);
    status = sum_all(w, threads, err);
    if (status == PT_OK)
        status = put_header(w, err);
    for (int i = 0; status == PT_OK && i < PREPARED_ARRAYS; i++) {
        const uint64_t n_bytes = w->header.places[i].n_bytes;
        status = put(w, w->arrays[i], n_bytes, err);
        if (status == PT_OK)
            status = put(w, zeros, prepared_page_end(n_bytes) - n_bytes, err);
    }
    return status;
}

pt_status prepared_write(const proving_key *key, crew *threads, const atomic_bool *cancel, FILE *stream, const char *path,
                         pt_err *err)
{
    if (key->prepared != NULL)
        return pt_fail(err, PT_E_FORMAT, "%s: is prepared already", key->path);
    if (sodium_init() < 0)
        return pt_fail(err, PT_E_NOMEM, "%s: libsodium can't be used", path);
    writing w = {.key = key, .cancel = cancel, .stream = stream, .path = path};
    pt_status status = write_all(&w, threads, err);
    for (int query = 0; query < PREPARED_QUERIES; query++)
        free(w.infinite[query]);
    free(w.sums);
    return status;
}
