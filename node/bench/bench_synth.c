/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/bench_curve.h"

#include <sodium.h>
#include <stdlib.h>

#include "node/circuit/synthesis.h"
#include "node/pipeline/stage.h"

/* sum over rows j and entries of x^j M_ji w_i, in plain order: what sum over j of x^j (M w)_j must be. */
static fr weighted_product(const csr *circuit, const csr_matrix *matrix, const fr *witness, const fr *x)
{
    fr sum = fr_zero, weight = fr_one, value, wire;
    for (uint32_t j = 0; j < circuit->n_rows; j++) {
        for (uint64_t k = matrix->row_start[j]; k < matrix->row_start[j + 1]; k++) {
            fr_load(&value, circuit->values + matrix->entries[k].value * circuit->value_bytes);
            fr_to_canon(&value, &value); /* the dictionary's values are twice in Montgomery form */
            fr_to_mont(&wire, &witness[matrix->entries[k].signal]);
            fr_mul(&value, &value, &wire);
            fr_mul(&value, &value, &weight);
            fr_add(&sum, &sum, &value);
        }
        fr_mul(&weight, &weight, x);
    }
    return sum;
}

static fr weighted_sum(const fr *v, size_t n, const fr *x)
{
    fr sum = fr_zero;
    for (size_t j = n; j-- > 0;) {
        fr_mul(&sum, &sum, x);
        fr_add(&sum, &sum, &v[j]);
    }
    return sum;
}

static bool is_right(const csr *circuit, const fr *witness, const fr *a, const fr *b, const fr *c, uint64_t seed)
{
    fr x = bench_draw_fr(&seed), product;
    fr a_sum = weighted_sum(a, circuit->n_rows, &x), a_expected = weighted_product(circuit, &circuit->a, witness, &x);
    fr b_sum = weighted_sum(b, circuit->n_rows, &x), b_expected = weighted_product(circuit, &circuit->b, witness, &x);
    for (size_t j = 0; j < circuit->n_rows; j++) {
        fr_mul(&product, &a[j], &b[j]);
        if (!fr_eq(&product, &c[j]))
            return false;
    }
    return fr_eq(&a_sum, &a_expected) && fr_eq(&b_sum, &b_expected);
}

static pt_status measure(const bench_job *job, fr *memory, double *samples, pt_err *err)
{
    const csr *circuit = &job->key->circuit;
    const fr *witness = (const fr *)(const void *)job->witness->values;
    const size_t n = circuit->n_rows;
    for (size_t sample = 0; sample < job->n_repeats; sample++) {
        double begin = clock_seconds();
        synthesis_run(job->crew, circuit, witness, NULL, memory, memory + n, memory + 2 * n);
        samples[sample] = 1e3 * (clock_seconds() - begin);
    }
    if (!is_right(circuit, witness, memory, memory + n, memory + 2 * n, job->seed))
        return pt_fail(err, PT_E_INTERNAL, "benchmark: synthesis of %zu rows: wrong products", n);
    const bench_label label = {"synthesis", n, crew_size(job->crew), "ms", "plain sum over all coefficients", NULL};
    return bench_report_add(job->report, &label, samples, job->n_repeats, err);
}

pt_status bench_synth(const bench_job *job, pt_err *err)
{
    if (job->witness->n != job->key->n_vars)
        return pt_fail(err, PT_E_FORMAT, "%s: %u values, but the key's circuit has %u wires", job->witness_path,
                       job->witness->n, job->key->n_vars);
    if (proving_key_check_part(job->key, KEY_PART_MATRICES, job->crew, err) != PT_OK)
        return err->code;
    const size_t n_values = 3 * (size_t)job->key->circuit.n_rows;
    fr *memory = malloc(n_values * sizeof *memory);
    double *samples = calloc(job->n_repeats, sizeof *samples);
    if (memory == NULL || samples == NULL)
        pt_fail(err, PT_E_NOMEM, "benchmark: no memory for 3 vectors of %u rows", job->key->circuit.n_rows);
    else
        measure(job, memory, samples, err);
    if (memory != NULL)
        sodium_memzero(memory, n_values * sizeof *memory);
    free(memory);
    free(samples);
    return err->code;
}
