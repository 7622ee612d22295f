/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/spmv_case.h - circuits for the tests of gpu/spmv and of its kernels. Per curve; include arith_tests.inc.h first. */
#ifndef PT_SPMV_CASE_H
#define PT_SPMV_CASE_H

#include "gpu/spmv_layout.h"
#include "node/circuit/synthesis.h"

_Static_assert(sizeof(csr_entry) == sizeof(spmv_entry), "entries are handed over as they lie");

enum { N_SIGNALS = 60, N_VALUES = 8, ZERO = 3, PLUS_ONE = 0, MINUS_ONE = 1 };

/* Coefficients and witness values: 0, 1, -1, 2, 2^64, and random ones. */
typedef struct {
    csr circuit;
    _Alignas(16) fr dictionary[N_VALUES]; /* a device copies 16 bytes at a time; twice in Montgomery form */
    _Alignas(16) fr witness[N_SIGNALS];   /* canonical */
} instance;

static inline csr_matrix matrix_of(test_rng *rng, const size_t *lengths, uint32_t n_rows)
{
    csr_matrix m = {test_calloc(n_rows + (size_t)1, sizeof *m.row_start), NULL};
    for (uint32_t row = 0; row < n_rows; row++)
        m.row_start[row + 1] = m.row_start[row] + lengths[row];
    const size_t n = m.row_start[n_rows];
    m.entries = test_calloc(n + 1, sizeof *m.entries);
    for (size_t i = 0; i < n; i++)
        m.entries[i] = (csr_entry){(uint32_t)(rng_next(rng) % N_SIGNALS), (uint32_t)(rng_next(rng) % N_VALUES)};
    return m;
}

/* Rows of these lengths in A, in the other order in B. */
static inline void instance_init(instance *s, test_rng *rng, const size_t *lengths, uint32_t n_rows)
{
    fr minus_one = fr_modulus;
    size_t *turned = test_calloc(n_rows, sizeof *turned);
    minus_one.limb[0]--;
    const fr kinds[] = {{{1}}, minus_one, {{2}}, {{0}}, {{0, 1}}};
    for (size_t i = 0; i < N_VALUES; i++) {
        s->dictionary[i] = i < 5 ? kinds[i] : rng_fr(rng);
        fr_to_mont(&s->dictionary[i], &s->dictionary[i]);
        fr_to_mont(&s->dictionary[i], &s->dictionary[i]);
    }
    for (size_t i = 0; i < N_SIGNALS; i++)
        s->witness[i] = i < 20 ? kinds[i % 5] : rng_fr(rng);
    for (uint32_t i = 0; i < n_rows; i++)
        turned[i] = lengths[n_rows - 1 - i];
    s->circuit = (csr){.n_rows = n_rows,
                       .n_values = N_VALUES,
                       .values = (uint8_t *)s->dictionary,
                       .value_bytes = sizeof(fr),
                       .a = matrix_of(rng, lengths, n_rows),
                       .b = matrix_of(rng, turned, n_rows)};
    test_free(turned);
}

static inline void instance_clear(instance *s)
{
    test_free(s->circuit.a.row_start);
    test_free(s->circuit.a.entries);
    test_free(s->circuit.b.row_start);
    test_free(s->circuit.b.entries);
}

static inline spmv_circuit view_of(const csr *c)
{
    return (spmv_circuit){.n_rows = c->n_rows,
                          .n_values = c->n_values,
                          .values = c->values,
                          .value_bytes = c->value_bytes,
                          .zero = ZERO,
                          .plus_one = PLUS_ONE,
                          .minus_one = MINUS_ONE,
                          .matrices = {{c->a.row_start, (const spmv_entry *)(const void *)c->a.entries},
                                       {c->b.row_start, (const spmv_entry *)(const void *)c->b.entries}}};
}

#endif
