/* SPDX-License-Identifier: Apache-2.0 */
#include "node/circuit/csr.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { RECORD_HEADER_BYTES = 12, VALUE_WORDS_MAX = 8, FIRST_CAPACITY = 1024 };

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
    unsigned __int128 key[VALUE_WORDS_MAX + 1];
    size_t value_bytes;
    uint8_t *values;
    uint32_t *slots;           /* index into values, plus 1; 0: empty */
    size_t n_values, capacity; /* capacity: slots, a power of two; values has room for half */
} dictionary;

static size_t hash_of(const dictionary *d, const uint8_t *value)
{
    unsigned __int128 sum = d->key[VALUE_WORDS_MAX];
    for (size_t i = 0; i < d->value_bytes / 8; i++) {
        uint64_t word;
        memcpy(&word, value + 8 * i, sizeof word);
        sum += d->key[i] * word;
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

static bool dictionary_init(dictionary *d, size_t value_bytes)
{
    *d = (dictionary){.value_bytes = value_bytes};
    if (sodium_init() < 0)
        return false;
    randombytes_buf(d->key, sizeof d->key);
    return dictionary_grow(d);
}

/* ---- counting sort ---- */

static bool matrix_allocate(csr_matrix *m, uint32_t n_rows)
{
    m->row_start = calloc((size_t)n_rows + 1, sizeof *m->row_start);
    return m->row_start != NULL;
}

/* row_start[i + 1]: first the number of entries in row i; here it becomes where row i begins; placing an entry moves it on, so
 * that in the end it is where row i ends and row i + 1 begins. */
static bool matrix_plan(csr_matrix *m, uint32_t n_rows)
{
    uint64_t before = 0;
    for (size_t i = 1; i <= n_rows; i++) {
        uint64_t count = m->row_start[i];
        m->row_start[i] = before;
        before += count;
    }
    m->entries = malloc((before > 0 ? before : 1) * sizeof *m->entries);
    return m->entries != NULL;
}

static bool place_entries(const uint8_t *coefficients, size_t n, dictionary *d, csr_matrix *const matrices[2])
{
    const uint8_t *last = NULL;
    uint32_t index = 0;
    for (size_t i = 0; i < n; i++, coefficients += RECORD_HEADER_BYTES + d->value_bytes) {
        record r = record_load(coefficients);
        const uint8_t *value = coefficients + RECORD_HEADER_BYTES;
        bool repeated = last != NULL && memcmp(last, value, d->value_bytes) == 0;
        if (!repeated && !dictionary_index(d, value, &index))
            return false;
        last = value;
        csr_matrix *m = matrices[r.matrix];
        m->entries[m->row_start[r.row + 1]++] = (csr_entry){r.signal, index};
    }
    return true;
}

pt_status csr_init(const uint8_t *coefficients, size_t n, uint32_t n_rows, size_t value_bytes, csr *out, pt_err *err)
{
    if (value_bytes % 8 != 0 || value_bytes > 8 * VALUE_WORDS_MAX)
        return pt_fail(err, PT_E_ARG, "coefficients of %zu bytes", value_bytes);
    csr circuit = {.n_rows = n_rows, .value_bytes = value_bytes};
    csr_matrix *const matrices[2] = {&circuit.a, &circuit.b};
    dictionary d;
    bool done =
        dictionary_init(&d, value_bytes) && matrix_allocate(&circuit.a, n_rows) && matrix_allocate(&circuit.b, n_rows);
    for (size_t i = 0; done && i < n; i++) {
        record r = record_load(coefficients + i * (RECORD_HEADER_BYTES + value_bytes));
        matrices[r.matrix]->row_start[r.row + 1]++;
    }
    done = done && matrix_plan(&circuit.a, n_rows) && matrix_plan(&circuit.b, n_rows) &&
           place_entries(coefficients, n, &d, matrices);
    free(d.slots);
    circuit.values = d.values;
    circuit.n_values = (uint32_t)d.n_values;
    if (!done) {
        csr_clear(&circuit);
        return pt_fail(err, PT_E_NOMEM, "no memory to sort %zu coefficients into %u rows", n, n_rows);
    }
    uint8_t *fitted = realloc(circuit.values, d.n_values > 0 ? d.n_values * value_bytes : 1);
    circuit.values = fitted != NULL ? fitted : circuit.values;
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
