/* SPDX-License-Identifier: Apache-2.0 */
#include "node/circuit/synthesis.h"

#include <sched.h>

#include "node/circuit/row_split.h"

enum { ROWS_A_TASK = 1024 }; /* on the average: tasks have even shares of the non-zeros */

typedef struct {
    const csr *circuit;
    const atomic_int *yield_while; /* others need the memory's bandwidth while it is above 0; or NULL */
    size_t n_tasks;
    const fr *witness;
    fr *a, *b, *c;
    circuit_units units;
} synthesis;

static inline bool is_bit(const fr *w)
{
    uint64_t above = w->limb[0] & ~(uint64_t)1;
    for (int i = 1; i < FR_LIMBS; i++)
        above |= w->limb[i];
    return above == 0;
}

/* Sum of c w over a row, in Montgomery form. The dictionary has c R^2, the witness w, and a Montgomery product divides by R, so
 * three sums are kept: of products (c R^2)(w)/R; of +-w where c is +-1, times R^2 at the end; and of c R^2 where w is 0 or 1, times
 * 1 at the end. A row of 16 entries takes half the time of 16 products, and a third where the witness is bits. */
static void row_product(const synthesis *s, const csr_matrix *m, size_t row, fr *out)
{
    static const fr r2 = FR_R2;
    fr products = fr_zero, signals = fr_zero, values = fr_zero, t;
    for (uint64_t i = m->row_start[row]; i < m->row_start[row + 1]; i++) {
        const csr_entry e = m->entries[i];
        const fr *w = &s->witness[e.signal];
        if (e.value == s->units.plus_one) {
            fr_add(&signals, &signals, w);
        } else if (e.value == s->units.minus_one) {
            fr_sub(&signals, &signals, w);
        } else {
            fr_load(&t, s->circuit->values + e.value * s->circuit->value_bytes);
            if (is_bit(w)) {
                fr_cmov(&t, &fr_zero, w->limb[0] == 0); /* no branch: bits are random */
                fr_add(&values, &values, &t);
            } else {
                fr_mul(&t, &t, w);
                fr_add(&products, &products, &t);
            }
        }
    }
    if (!fr_is_zero(&signals)) {
        fr_mul(&signals, &signals, &r2);
        fr_add(&products, &products, &signals);
    }
    if (!fr_is_zero(&values)) {
        fr_to_canon(&values, &values);
        fr_add(&products, &products, &values);
    }
    *out = products;
}

static void multiply_rows(void *ctx, size_t task, size_t thread)
{
    const synthesis *s = ctx;
    const crew_range rows = row_split_part(s->circuit, s->n_tasks, task);
    if (s->yield_while != NULL && atomic_load_explicit(s->yield_while, memory_order_relaxed) > 0)
        sched_yield();
    for (size_t row = rows.begin; row < rows.end; row++) {
        row_product(s, &s->circuit->a, row, &s->a[row]);
        row_product(s, &s->circuit->b, row, &s->b[row]);
        fr_mul(&s->c[row], &s->a[row], &s->b[row]);
    }
    (void)thread;
}

/* The place of a coefficient, given twice in Montgomery form, in the dictionary, or n_values. */
static uint32_t dictionary_find(const csr *circuit, const fr *value)
{
    uint32_t i = 0;
    while (i < circuit->n_values && memcmp(circuit->values + i * circuit->value_bytes, value, sizeof *value) != 0)
        i++;
    return i;
}

circuit_units synthesis_find_units(const csr *circuit)
{
    static const fr one = FR_R2;
    fr minus_one;
    fr_neg(&minus_one, &one);
    return (circuit_units){.zero = dictionary_find(circuit, &fr_zero),
                           .plus_one = dictionary_find(circuit, &one),
                           .minus_one = dictionary_find(circuit, &minus_one)};
}

void synthesis_run(crew *threads, const csr *circuit, const fr *witness, const atomic_int *yield_while, fr *a, fr *b, fr *c)
{
    synthesis s = {.circuit = circuit,
                   .yield_while = yield_while,
                   .n_tasks = (circuit->n_rows + (size_t)ROWS_A_TASK - 1) / ROWS_A_TASK,
                   .witness = witness,
                   .a = a,
                   .b = b,
                   .c = c,
                   .units = synthesis_find_units(circuit)};
    crew_run(threads, s.n_tasks, multiply_rows, &s);
}
