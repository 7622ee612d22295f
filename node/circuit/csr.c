/* SPDX-License-Identifier: Apache-2.0 */
#include "node/circuit/csr.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { RECORD_HEADER_BYTES = 12, VALUE_WORDS_MAX = 8, FIRST_CAPACITY = 256, RECORDS_A_BLOCK = 1024, PARTS_A_THREAD = 4 };

typedef struct {
    uint32_t matrix, row, signal;
} record;

static record record_load(const uint8_t *bytes)
{
    record r;
    memcpy(&r, bytes, RECORD_HEADER_BYTES);
    return r;
}

/* ---- the dictionary: open addressing, linear probing, at most half full ----
 *
 * The hash is multilinear over 2^128 with secret random keys, which is strongly universal for 64-bit words and results
 * (Thorup, arXiv 1504.06804, section 3.3). A file is written before the keys are drawn, so whatever values it holds, two
 * distinct ones share a slot with probability 1 / capacity: no file makes the work more than linear. */

typedef struct {
    unsigned __int128 word[VALUE_WORDS_MAX], sum;
} hash_key;

typedef struct {
    const hash_key *key;
    size_t value_bytes;
    uint8_t *values;
    uint32_t *slots;           /* index into values, plus 1; 0: empty */
    size_t n_values, capacity; /* capacity: slots, a power of two; values has room for half */
} dictionary;

static size_t hash_of(const dictionary *d, const uint8_t *value)
{
    unsigned __int128 sum = d->key->sum;
    for (size_t i = 0; i < d->value_bytes / 8; i++) {
        uint64_t word;
        memcpy(&word, value + 8 * i, sizeof word);
        sum += d->key->word[i] * word;
    }
    return (size_t)(sum >> 64);
}

/* The slot that holds value, or the empty one where it belongs. */
static size_t slot_of(const dictionary *d, const uint8_t *value)
{
    size_t mask = d->capacity - 1, slot = hash_of(d, value) & mask;
    while (d->slots[slot] != 0 && memcmp(d->values + (d->slots[slot] - 1) * d->value_bytes, value, d->value_bytes) != 0)
        slot = (slot + 1) & mask;
    return slot;
}

static bool dictionary_grow(dictionary *d)
{
    size_t capacity = d->capacity == 0 ? FIRST_CAPACITY : 2 * d->capacity;
    uint8_t *values = realloc(d->values, capacity / 2 * d->value_bytes);
    if (values == NULL)
        return false;
    d->values = values;
    uint32_t *slots = calloc(capacity, sizeof *slots);
    if (slots == NULL)
        return false;
    free(d->slots);
    d->slots = slots;
    d->capacity = capacity;
    for (size_t i = 0; i < d->n_values; i++)
        slots[slot_of(d, values + i * d->value_bytes)] = (uint32_t)i + 1;
    return true;
}

/* The index of value, added if it is new. */
static bool dictionary_index(dictionary *d, const uint8_t *value, uint32_t *out)
{
    size_t slot = slot_of(d, value);
    if (d->slots[slot] == 0) {
        if (d->n_values == d->capacity / 2) {
            if (!dictionary_grow(d))
                return false;
            slot = slot_of(d, value);
        }
        memcpy(d->values + d->n_values * d->value_bytes, value, d->value_bytes);
        d->slots[slot] = (uint32_t)++d->n_values;
    }
    *out = d->slots[slot] - 1;
    return true;
}

static bool dictionary_init(dictionary *d, const hash_key *key, size_t value_bytes)
{
    *d = (dictionary){.key = key, .value_bytes = value_bytes};
    return dictionary_grow(d);
}

static void dictionary_clear(dictionary *d)
{
    free(d->values);
    free(d->slots);
    *d = (dictionary){0};
}

/* ---- counting sort ----
 *
 * The file is cut into blocks of records. Each piece of the file, a run of blocks, is one task that numbers the piece's values;
 * the pieces' dictionaries, taken in order, make that of the whole, numbered by first places. Then each range of rows is one
 * task that counts and one that fills, passing over the blocks in order and skipping those without a record in its range: next
 * to none is read twice in a file sorted by row, as set-ups write it, and in any file a thread's share is at most
 * PARTS_A_THREAD times the records. So the result is that of one thread, and no thread needs counters for every row. */

typedef struct {
    uint32_t first_row, last_row; /* of its records */
    size_t piece;
} block;

typedef struct {
    dictionary values;   /* until it is merged */
    uint32_t *new_index; /* of each of its values in the dictionary of the whole */
    bool failed;         /* for want of memory */
} piece;

typedef struct {
    const uint8_t *records;
    size_t n, record_bytes;
    size_t n_blocks, n_parts; /* parts: both the pieces of the file and the ranges of rows */
    hash_key key;
    dictionary whole;
    piece *pieces;
    block *blocks;
    uint32_t *indices;        /* of each record's value in its piece's dictionary */
    uint64_t (*n_entries)[2]; /* of each range of rows in A and B */
    csr_matrix *matrices[2];
    uint32_t n_rows;
} sort;

static crew_range records_of(const sort *s, size_t b)
{
    size_t begin = b * RECORDS_A_BLOCK, rest = s->n - begin;
    return (crew_range){begin, begin + (rest < RECORDS_A_BLOCK ? rest : RECORDS_A_BLOCK)};
}

static bool index_block(sort *s, piece *p, block *b, crew_range records)
{
    const uint8_t *last = NULL;
    uint32_t index = 0;
    for (size_t i = records.begin; i < records.end; i++) {
        const uint8_t *bytes = s->records + i * s->record_bytes, *value = bytes + RECORD_HEADER_BYTES;
        uint32_t row = record_load(bytes).row;
        b->first_row = row < b->first_row ? row : b->first_row;
        b->last_row = row > b->last_row ? row : b->last_row;
        bool repeated = last != NULL && memcmp(last, value, p->values.value_bytes) == 0;
        if (!repeated && !dictionary_index(&p->values, value, &index))
            return false;
        last = value;
        s->indices[i] = index;
    }
    return true;
}

static void index_piece(void *ctx, size_t item, size_t thread)
{
    sort *s = ctx;
    piece *p = &s->pieces[item];
    crew_range blocks = crew_part(s->n_blocks, s->n_parts, item);
    p->failed = !dictionary_init(&p->values, &s->key, s->whole.value_bytes);
    for (size_t i = blocks.begin; !p->failed && i < blocks.end; i++) {
        s->blocks[i] = (block){.first_row = UINT32_MAX, .last_row = 0, .piece = item};
        p->failed = !index_block(s, p, &s->blocks[i], records_of(s, i));
    }
    (void)thread;
}

/* The values of a piece join those of the pieces before it. */
static bool piece_merge(piece *p, dictionary *whole)
{
    size_t n = p->values.n_values;
    p->new_index = p->failed ? NULL : malloc((n > 0 ? n : 1) * sizeof *p->new_index);
    if (p->new_index == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!dictionary_index(whole, p->values.values + i * whole->value_bytes, &p->new_index[i]))
            return false;
    dictionary_clear(&p->values);
    return true;
}

/* The next block, from one on, that has a record in a range of rows: the last one's successor if there is none. */
static size_t find_block(const sort *s, size_t from, crew_range rows)
{
    while (from < s->n_blocks && (s->blocks[from].first_row >= rows.end || s->blocks[from].last_row < rows.begin))
        from++;
    return from;
}

static void count_rows(void *ctx, size_t item, size_t thread)
{
    sort *s = ctx;
    const crew_range rows = crew_part(s->n_rows, s->n_parts, item);
    uint64_t n[2] = {0, 0};
    for (size_t b = find_block(s, 0, rows); b < s->n_blocks; b = find_block(s, b + 1, rows)) {
        crew_range records = records_of(s, b);
        for (size_t i = records.begin; i < records.end; i++) {
            record r = record_load(s->records + i * s->record_bytes);
            if (r.row < rows.begin || r.row >= rows.end)
                continue;
            s->matrices[r.matrix]->row_start[r.row + 1]++;
            n[r.matrix]++;
        }
    }
    memcpy(s->n_entries[item], n, sizeof n);
    (void)thread;
}

/* From each range's number of entries to where its first one goes. */
static bool matrix_allocate_entries(sort *s, size_t matrix)
{
    uint64_t before = 0;
    for (size_t i = 0; i < s->n_parts; i++) {
        uint64_t n = s->n_entries[i][matrix];
        s->n_entries[i][matrix] = before;
        before += n;
    }
    csr_matrix *m = s->matrices[matrix];
    m->entries = malloc((before > 0 ? before : 1) * sizeof *m->entries);
    return m->entries != NULL;
}

/* row_start[i + 1]: first the number of entries in row i; here it becomes where row i begins; placing an entry moves it on, so
 * that in the end it is where row i ends and row i + 1 begins. */
static void plan_rows(csr_matrix *m, crew_range rows, uint64_t before)
{
    for (size_t i = rows.begin + 1; i <= rows.end; i++) {
        uint64_t count = m->row_start[i];
        m->row_start[i] = before;
        before += count;
    }
}

static void fill_rows(void *ctx, size_t item, size_t thread)
{
    sort *s = ctx;
    const crew_range rows = crew_part(s->n_rows, s->n_parts, item);
    for (size_t matrix = 0; matrix < 2; matrix++)
        plan_rows(s->matrices[matrix], rows, s->n_entries[item][matrix]);
    for (size_t b = find_block(s, 0, rows); b < s->n_blocks; b = find_block(s, b + 1, rows)) {
        crew_range records = records_of(s, b);
        const uint32_t *new_index = s->pieces[s->blocks[b].piece].new_index;
        for (size_t i = records.begin; i < records.end; i++) {
            record r = record_load(s->records + i * s->record_bytes);
            if (r.row < rows.begin || r.row >= rows.end)
                continue;
            csr_matrix *m = s->matrices[r.matrix];
            m->entries[m->row_start[r.row + 1]++] = (csr_entry){r.signal, new_index[s->indices[i]]};
        }
    }
    (void)thread;
}

static bool sort_allocate(sort *s)
{
    if (sodium_init() < 0)
        return false;
    randombytes_buf(&s->key, sizeof s->key);
    s->pieces = calloc(s->n_parts, sizeof *s->pieces);
    s->blocks = malloc(s->n_blocks * sizeof *s->blocks);
    s->indices = malloc((s->n > 0 ? s->n : 1) * sizeof *s->indices);
    s->n_entries = malloc(s->n_parts * sizeof *s->n_entries);
    for (size_t i = 0; i < 2; i++)
        s->matrices[i]->row_start = calloc((size_t)s->n_rows + 1, sizeof *s->matrices[i]->row_start);
    return s->pieces != NULL && s->blocks != NULL && s->indices != NULL && s->n_entries != NULL &&
           s->matrices[0]->row_start != NULL && s->matrices[1]->row_start != NULL &&
           dictionary_init(&s->whole, &s->key, s->whole.value_bytes);
}

static bool sort_run(sort *s, crew *threads)
{
    crew_run(threads, s->n_parts, index_piece, s);
    for (size_t i = 0; i < s->n_parts; i++)
        if (!piece_merge(&s->pieces[i], &s->whole))
            return false;
    crew_run(threads, s->n_parts, count_rows, s);
    if (!matrix_allocate_entries(s, 0) || !matrix_allocate_entries(s, 1))
        return false;
    crew_run(threads, s->n_parts, fill_rows, s);
    return true;
}

/* Releases all but the matrices. */
static void sort_clear(sort *s)
{
    for (size_t i = 0; s->pieces != NULL && i < s->n_parts; i++) {
        dictionary_clear(&s->pieces[i].values);
        free(s->pieces[i].new_index);
    }
    free(s->pieces);
    free(s->blocks);
    free(s->indices);
    free(s->n_entries);
    dictionary_clear(&s->whole);
}

/* The dictionary's values leave it, without the room for more. */
static void take_values(dictionary *d, csr *circuit)
{
    uint8_t *fitted = realloc(d->values, d->n_values > 0 ? d->n_values * d->value_bytes : 1);
    circuit->values = fitted != NULL ? fitted : d->values;
    circuit->n_values = (uint32_t)d->n_values;
    d->values = NULL;
}

pt_status csr_init(crew *threads, const uint8_t *coefficients, size_t n, uint32_t n_rows, size_t value_bytes, csr *out,
                   pt_err *err)
{
    if (value_bytes % 8 != 0 || value_bytes > 8 * VALUE_WORDS_MAX)
        return pt_fail(err, PT_E_ARG, "coefficients of %zu bytes", value_bytes);
    const size_t n_blocks = n / RECORDS_A_BLOCK + 1, wanted = PARTS_A_THREAD * crew_size(threads);
    csr circuit = {.n_rows = n_rows, .value_bytes = value_bytes};
    sort s = {.records = coefficients,
              .n = n,
              .record_bytes = RECORD_HEADER_BYTES + value_bytes,
              .n_blocks = n_blocks,
              .n_parts = wanted < n_blocks ? wanted : n_blocks,
              .whole.value_bytes = value_bytes,
              .matrices = {&circuit.a, &circuit.b},
              .n_rows = n_rows};
    bool done = sort_allocate(&s) && sort_run(&s, threads);
    if (done)
        take_values(&s.whole, &circuit);
    sort_clear(&s);
    if (!done) {
        csr_clear(&circuit);
        return pt_fail(err, PT_E_NOMEM, "no memory to sort %zu coefficients into %u rows", n, n_rows);
    }
    *out = circuit;
    return PT_OK;
}

void csr_clear(csr *circuit)
{
    free(circuit->values);
    free(circuit->a.row_start);
    free(circuit->a.entries);
    free(circuit->b.row_start);
    free(circuit->b.entries);
    *circuit = (csr){0};
}

uint64_t csr_bytes(const csr *circuit, size_t n)
{
    return 2 * (circuit->n_rows + UINT64_C(1)) * sizeof *circuit->a.row_start + n * sizeof(csr_entry) +
           circuit->n_values * circuit->value_bytes;
}
