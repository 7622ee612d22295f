/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/prepared_check.h"

#include <sodium.h>
#include <string.h>
#include <xxhash.h>

#include "node/format/key_points.h"
#include "node/format/prepared_source.h"

/* One MiB of an array, or what is left of it. */
typedef struct {
    const proving_key *key;
    prepared_array array;
    uint64_t index; /* of the chunk in its array */
    const uint8_t *bytes;
    size_t n_bytes;
    uint64_t first; /* element */
    uint64_t n;     /* elements that begin in it */
} chunk;

static chunk chunk_at(const proving_key *key, prepared_array array, uint64_t index)
{
    const prepared_place *place = &key->prepared->header.places[array];
    uint64_t begin = index * PREPARED_CHUNK_BYTES, left = place->n_bytes - begin;
    uint64_t n_bytes = left < PREPARED_CHUNK_BYTES ? left : PREPARED_CHUNK_BYTES;
    return (chunk){.key = key,
                   .array = array,
                   .index = index,
                   .bytes = key->prepared->input.bytes + place->offset + begin,
                   .n_bytes = (size_t)n_bytes,
                   .first = begin / place->element_bytes,
                   .n = n_bytes / place->element_bytes};
}

/* ---- what a chunk holds: arrays whose elements lie in one chunk each ---- */

static pt_status check_values(const chunk *c, pt_err *err)
{
    const pt_curve *curve = c->key->curve;
    size_t bad = curve->fr_find_unreduced(c->bytes, curve->fr_bytes, (size_t)c->n);
    if (bad == c->n)
        return PT_OK;
    return pt_fail(err, PT_E_FORMAT, "%s: dictionary: value %llu is not below r of %s", c->key->path,
                   (unsigned long long)c->first + bad, curve->name);
}

/* Rows begin at 0, never fall and end at the number of entries. */
static pt_status check_row_starts(const chunk *c, uint64_t n_entries, pt_err *err)
{
    const uint64_t *start = (const uint64_t *)(const void *)c->bytes;
    uint64_t before = c->first == 0 ? 0 : start[-1], falls = c->first == 0 && start[0] != 0;
    for (size_t i = 0; i < c->n; i++) {
        falls |= start[i] < before;
        before = start[i];
    }
    bool last = c->first + c->n == (uint64_t)c->key->domain_size + 1;
    if (falls == 0 && before <= n_entries && (!last || before == n_entries))
        return PT_OK;
    return pt_fail(err, PT_E_FORMAT, "%s: %s: rows do not rise from 0 to %llu entries", c->key->path,
                   prepared_array_name(c->array), (unsigned long long)n_entries);
}

static pt_status check_entries(const chunk *c, pt_err *err)
{
    const csr_entry *e = (const csr_entry *)(const void *)c->bytes;
    const uint32_t n_vars = c->key->n_vars, n_values = c->key->circuit.n_values;
    size_t i = 0;
    while (i < c->n && e[i].signal < n_vars && e[i].value < n_values)
        i++;
    if (i == c->n)
        return PT_OK;
    unsigned long long place = c->first + i;
    const char *name = prepared_array_name(c->array);
    if (e[i].signal >= n_vars)
        return pt_fail(err, PT_E_FORMAT, "%s: %s: entry %llu: signal %u, but the circuit has %u", c->key->path, name, place,
                       e[i].signal, n_vars);
    return pt_fail(err, PT_E_FORMAT, "%s: %s: entry %llu: value %u, but the dictionary has %u", c->key->path, name, place,
                   e[i].value, n_values);
}

static pt_status check_infinite(const chunk *c, pt_err *err)
{
    const uint32_t *index = (const uint32_t *)(const void *)c->bytes;
    const prepared_array query = (prepared_array)(c->array - PREPARED_INFINITE_A + PREPARED_A);
    const uint64_t n_points = prepared_array_length(&c->key->prepared->header, query);
    uint64_t least = c->first == 0 ? 0 : (uint64_t)index[-1] + 1;
    for (size_t i = 0; i < c->n; i++) {
        if (index[i] < least || index[i] >= n_points)
            return pt_fail(err, PT_E_FORMAT, "%s: %s: place %llu: index %u, expected %llu to %llu", c->key->path,
                           prepared_array_name(c->array), (unsigned long long)c->first + i, index[i],
                           (unsigned long long)least, (unsigned long long)n_points - 1);
        least = (uint64_t)index[i] + 1;
    }
    return PT_OK;
}

static pt_status check_contents(const chunk *c, pt_err *err)
{
    const prepared_header *h = &c->key->prepared->header;
    switch (c->array) {
    case PREPARED_VALUES:
        return check_values(c, err);
    case PREPARED_ROW_START_A:
        return check_row_starts(c, h->n_entries[0], err);
    case PREPARED_ROW_START_B:
        return check_row_starts(c, h->n_entries[1], err);
    case PREPARED_ENTRIES_A:
    case PREPARED_ENTRIES_B:
        return check_entries(c, err);
    case PREPARED_INFINITE_A:
    case PREPARED_INFINITE_B1:
    case PREPARED_INFINITE_B2:
    case PREPARED_INFINITE_C:
    case PREPARED_INFINITE_H:
        return check_infinite(c, err);
    default: /* points: any bytes may be read as one, and the proof is verified */
        return PT_OK;
    }
}

/* ---- chunks ---- */

static pt_status check_padding(const chunk *c, pt_err *err)
{
    const prepared_place *place = &c->key->prepared->header.places[c->array];
    const uint8_t *end = c->key->prepared->input.bytes + place->offset + place->n_bytes;
    uint64_t padding = prepared_page_end(place->n_bytes) - place->n_bytes;
    if (sodium_is_zero(end, (size_t)padding))
        return PT_OK;
    return pt_fail(err, PT_E_FORMAT, "%s: %s: the bytes behind it are not zero", c->key->path,
                   prepared_array_name(c->array));
}

static pt_status check_chunk(const chunk *c, pt_err *err)
{
    const prepared_place *place = &c->key->prepared->header.places[c->array];
    const uint64_t n_chunks = prepared_chunks(place->n_bytes);
    uint64_t sum;
    memcpy(&sum, c->key->prepared->sums + (place->first_chunk + c->index) * sizeof sum, sizeof sum);
    if (XXH3_64bits(c->bytes, c->n_bytes) != sum)
        return pt_fail(err, PT_E_FORMAT,
                       "%s: %s: MiB %llu of %llu: checksum differs, the file is damaged: prepare it again", c->key->path,
                       prepared_array_name(c->array), (unsigned long long)c->index + 1, (unsigned long long)n_chunks);
    if (c->index + 1 == n_chunks && check_padding(c, err) != PT_OK)
        return PT_E_FORMAT;
    return check_contents(c, err);
}

typedef struct {
    const proving_key *key;
    prepared_array first;
    uint64_t first_chunk;    /* of that array: item 0 */
    atomic_size_t first_bad; /* item */
} chunk_run;

static chunk chunk_of_item(const chunk_run *run, size_t item)
{
    const prepared_place *places = run->key->prepared->header.places;
    uint64_t number = run->first_chunk + item;
    prepared_array array = run->first;
    while (number >= places[array].first_chunk + prepared_chunks(places[array].n_bytes))
        array++;
    return chunk_at(run->key, array, number - places[array].first_chunk);
}

static void check_item(void *ctx, size_t item, size_t thread)
{
    chunk_run *run = ctx;
    const chunk c = chunk_of_item(run, item);
    pt_err unsaid = {0}; /* the first bad chunk is asked again for its message */
    (void)thread;
    size_t seen = atomic_load(&run->first_bad);
    if (item >= seen || check_chunk(&c, &unsaid) == PT_OK)
        return;
    while (item < seen && !atomic_compare_exchange_weak(&run->first_bad, &seen, item))
        ;
}

pt_status prepared_check_arrays(const proving_key *key, prepared_array first, prepared_array last, crew *threads,
                                pt_err *err)
{
    const prepared_place *places = key->prepared->header.places;
    chunk_run run = {.key = key, .first = first, .first_chunk = places[first].first_chunk, .first_bad = SIZE_MAX};
    uint64_t end = places[last].first_chunk + prepared_chunks(places[last].n_bytes);
    crew_run(threads, (size_t)(end - run.first_chunk), check_item, &run);
    size_t bad = atomic_load(&run.first_bad);
    if (bad == SIZE_MAX)
        return PT_OK;
    const chunk c = chunk_of_item(&run, bad);
    return check_chunk(&c, err);
}

pt_status prepared_key_check_part(const proving_key *key, key_part part, crew *threads, pt_err *err)
{
    static const struct {
        prepared_array first, last;
    } arrays[KEY_PARTS] = {[KEY_PART_MATRICES] = {PREPARED_VALUES, PREPARED_ENTRIES_B},
                           [KEY_PART_WITNESS_POINTS] = {PREPARED_A, PREPARED_C},
                           [KEY_PART_H] = {PREPARED_H, PREPARED_H}};
    prepared_key *prepared = key->prepared;
    if (atomic_load(&prepared->checked[part]))
        return PT_OK;
    pt_status status = prepared_check_arrays(key, arrays[part].first, arrays[part].last, threads, err);
    if (status == PT_OK)
        atomic_store(&prepared->checked[part], true);
    return status;
}

/* ---- everything ---- */

static pt_status check_content_hash(const prepared_key *prepared, pt_err *err)
{
    uint8_t hash[PREPARED_HASH_BYTES];
    const input_file *in = &prepared->input;
    const uint64_t begin = prepared->header.places[0].offset;
    crypto_generichash(hash, sizeof hash, in->bytes + begin, in->n_bytes - begin, NULL, 0);
    if (memcmp(hash, prepared->header.content_hash, sizeof hash) != 0)
        return pt_fail(err, PT_E_FORMAT, "%s: the BLAKE2b of its content differs: prepare it again", in->path);
    return PT_OK;
}

pt_status prepared_key_check(const proving_key *key, key_check check, crew *threads, pt_err *err)
{
    if (check == KEY_CHECK_NONE || check == KEY_CHECK_LINT)
        return PT_OK;
    const point_rule rule = check == KEY_CHECK_FULL ? POINTS_IN_SUBGROUP : POINTS_ON_CURVE;
    if (prepared_check_arrays(key, PREPARED_IC, PREPARED_INFINITE_H, threads, err) != PT_OK ||
        key_points_check(key, KEY_A, KEY_H, rule, threads, err) != PT_OK)
        return err->code;
    for (int part = 0; part < KEY_PARTS; part++)
        atomic_store(&key->prepared->checked[part], true);
    if (check == KEY_CHECK_QUICK)
        return PT_OK;
    return check_content_hash(key->prepared, err) == PT_OK ? prepared_source_check_all(key->prepared, err) : err->code;
}
