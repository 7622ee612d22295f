/* SPDX-License-Identifier: Apache-2.0 */
#include "node/setup/wire_values.h"

#include <sodium.h>
#include <string.h>

enum { WIRES_A_TASK = 4096 };

typedef struct {
    const r1cs *circuit;
    const fr *basis;
    fr *const *matrix;
} sum_run;

/* sums[wire] += value * basis_j for the terms of row j. Most coefficients are 1 or -1. */
static void add_terms(r1cs_terms row, const fr *basis_j, fr *sums)
{
    static const fr unit = {{1}};
    fr minus_unit, value, term;
    uint32_t wire;
    fr_sub(&minus_unit, &fr_zero, &unit);
    for (uint32_t t = 0; t < row.n; t++) {
        memcpy(&wire, row.terms + t * (size_t)(4 + FR_BYTES), sizeof wire);
        fr_load(&value, row.terms + t * (size_t)(4 + FR_BYTES) + 4);
        if (fr_eq(&value, &unit)) {
            fr_add(&sums[wire], &sums[wire], basis_j);
        } else if (fr_eq(&value, &minus_unit)) {
            fr_sub(&sums[wire], &sums[wire], basis_j);
        } else {
            fr_to_mont(&term, &value);
            fr_mul(&term, &term, basis_j);
            fr_add(&sums[wire], &sums[wire], &term);
        }
    }
}

static void task_sum_matrix(void *ctx, size_t item, size_t thread)
{
    const sum_run *run = ctx;
    const r1cs *circuit = run->circuit;
    fr *sums = run->matrix[item];
    const uint8_t *cursor = circuit->constraints;
    (void)thread;
    memset(sums, 0, circuit->n_wires * sizeof *sums);
    for (uint32_t j = 0; j < circuit->n_constraints; j++) {
        for (size_t m = 0; m < 3; m++) {
            r1cs_terms row = r1cs_next_terms(circuit, &cursor);
            if (m == item)
                add_terms(row, &run->basis[j], sums);
        }
    }
    for (uint32_t k = 0; item == 0 && k <= circuit->n_public; k++)
        fr_add(&sums[k], &sums[k], &run->basis[circuit->n_constraints + k]);
}

void wire_values_sum(const r1cs *circuit, crew *threads, const fr *basis, fr *const matrix[3])
{
    sum_run run = {circuit, basis, matrix};
    crew_run(threads, 3, task_sum_matrix, &run);
}

typedef struct {
    const r1cs *circuit;
    const toxic_waste *waste;
    fr gamma_inv, delta_inv;
    const fr *a, *b;
    fr *c;
} join_run;

static void task_join(void *ctx, size_t item, size_t thread)
{
    const join_run *run = ctx;
    size_t n = run->circuit->n_wires, begin = item * WIRES_A_TASK;
    size_t end = n - begin < WIRES_A_TASK ? n : begin + WIRES_A_TASK;
    (void)thread;
    for (size_t i = begin; i < end; i++) {
        fr beta_a, alpha_b;
        fr_mul(&beta_a, &run->waste->beta, &run->a[i]);
        fr_mul(&alpha_b, &run->waste->alpha, &run->b[i]);
        fr_add(&beta_a, &beta_a, &alpha_b);
        fr_add(&run->c[i], &run->c[i], &beta_a);
        fr_mul(&run->c[i], &run->c[i], i <= run->circuit->n_public ? &run->gamma_inv : &run->delta_inv);
    }
}

void wire_values_join(const r1cs *circuit, crew *threads, const toxic_waste *waste, const fr *a, const fr *b, fr *c)
{
    join_run run = {.circuit = circuit, .waste = waste, .a = a, .b = b, .c = c};
    fr_inv(&run.gamma_inv, &waste->gamma);
    fr_inv(&run.delta_inv, &waste->delta);
    crew_run(threads, ((size_t)circuit->n_wires + WIRES_A_TASK - 1) / WIRES_A_TASK, task_join, &run);
    sodium_memzero(&run, sizeof run);
}
