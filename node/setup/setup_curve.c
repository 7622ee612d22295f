/* SPDX-License-Identifier: Apache-2.0 */
#include "node/setup/setup_curve.h"

#include <stdlib.h>
#include <string.h>

#include "node/arith/fq.h"
#include "node/format/zkey.h"
#include "node/setup/fixed_base.h"
#include "node/setup/lagrange.h"
#include "node/setup/wire_values.h"
#include "node/setup/zkey_writer.h"

enum {
    POINTS_A_CHUNK = 1 << 15, /* computed together, then written */
    N_SECTIONS = 11,
    CALLEES_STACK_BYTES = 256 << 10, /* more than what the functions called here take of the stack, zeroed at the end */
};

/* What the set-up of one circuit works with. */
typedef struct {
    const setup_job *job;
    const r1cs *circuit;
    unsigned log_n;
    toxic_waste waste;
    fr *a, *b, *c;     /* a wire's A_i, B_i and (beta A_i + alpha B_i + C_i) / (gamma or delta), at tau */
    fr *chunk_scalars; /* POINTS_A_CHUNK, of the odd coset */
    void *chunk_points;
    fixed_base_g1 *g1;
    fixed_base_g2 *g2;
    zkey_writer writer;
} setup_run;

static pt_status take(size_t n, size_t each_bytes, void *out, pt_err *err)
{
    void *memory = malloc(n * each_bytes);
    if (memory == NULL)
        return pt_fail(err, PT_E_NOMEM, "set-up: no memory for %zu bytes", n * each_bytes);
    memcpy(out, &memory, sizeof memory);
    return PT_OK;
}

static void wipe(fr *values, size_t n)
{
    if (values != NULL)
        sodium_memzero(values, n * sizeof *values);
    free(values);
}

/* ---- scalars ---- */

static pt_status make_wire_values(setup_run *run, pt_err *err)
{
    const r1cs *circuit = run->circuit;
    size_t rows = (size_t)circuit->n_constraints + circuit->n_public + 1;
    crew *threads = run->job->crew;
    fr *basis = NULL;
    lagrange_line line;
    pt_status st = take(rows, sizeof *basis, &basis, err);
    if (st != PT_OK)
        return st;
    lagrange_of_domain(run->log_n, &run->waste.tau, &line);
    lagrange_values(&line, threads, 0, rows, basis);
    wire_values_sum(circuit, threads, basis, (fr *const[3]){run->a, run->b, run->c});
    wire_values_join(circuit, threads, &run->waste, run->a, run->b, run->c);
    sodium_memzero(&line, sizeof line);
    wipe(basis, rows);
    return PT_OK;
}

/* ---- sections ---- */

static void g1_multiple(const fr *scalar_mont, uint8_t *out)
{
    g1_xyzz p;
    g1_affine affine;
    fr canon;
    fr_to_canon(&canon, scalar_mont);
    g1_from_affine(&p, &g1_generator);
    g1_mul_secret(&p, &p, &canon);
    g1_to_affine(&affine, &p);
    memcpy(out, &affine, sizeof affine);
    sodium_memzero(&canon, sizeof canon);
}

static void g2_multiple(const fr *scalar_mont, uint8_t *out)
{
    g2_xyzz p;
    g2_affine affine;
    fr canon;
    fr_to_canon(&canon, scalar_mont);
    g2_from_affine(&p, &g2_generator);
    g2_mul_secret(&p, &p, &canon);
    g2_to_affine(&affine, &p);
    memcpy(out, &affine, sizeof affine);
    sodium_memzero(&canon, sizeof canon);
}

static void make_vkey_points(const setup_run *run, groth16_vkey *vkey)
{
    vkey->curve = run->circuit->curve;
    vkey->n_public = run->circuit->n_public;
    g1_multiple(&run->waste.alpha, vkey->alpha1);
    g2_multiple(&run->waste.beta, vkey->beta2);
    g2_multiple(&run->waste.gamma, vkey->gamma2);
    g2_multiple(&run->waste.delta, vkey->delta2);
}

/* Sections 1 and 2. */
static pt_status write_header(setup_run *run, const groth16_vkey *vkey, pt_err *err)
{
    uint8_t beta1[sizeof(g1_affine)], delta1[sizeof(g1_affine)];
    const uint32_t n8q = FQ_BYTES, n8r = FR_BYTES, domain_size = (uint32_t)1 << run->log_n;
    g1_multiple(&run->waste.beta, beta1);
    g1_multiple(&run->waste.delta, delta1);
    const struct {
        const void *bytes;
        size_t n;
    } fields[] = {
        {&n8q, 4},
        {&fq_modulus, FQ_BYTES},
        {&n8r, 4},
        {&fr_modulus, FR_BYTES},
        {&run->circuit->n_wires, 4},
        {&run->circuit->n_public, 4},
        {&domain_size, 4},
        {vkey->alpha1, sizeof(g1_affine)},
        {beta1, sizeof(g1_affine)},
        {vkey->beta2, sizeof(g2_affine)},
        {vkey->gamma2, sizeof(g2_affine)},
        {delta1, sizeof(g1_affine)},
        {vkey->delta2, sizeof(g2_affine)},
    };
    uint64_t len_bytes = 0;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        len_bytes += fields[i].n;
    pt_status st = zkey_writer_section(&run->writer, ZKEY_SECTION_PROTOCOL, 4, err);
    if (st == PT_OK)
        st = zkey_writer_u32(&run->writer, ZKEY_PROTOCOL_GROTH16, err);
    if (st == PT_OK)
        st = zkey_writer_section(&run->writer, ZKEY_SECTION_HEADER, len_bytes, err);
    for (size_t i = 0; st == PT_OK && i < sizeof fields / sizeof *fields; i++)
        st = zkey_writer_bytes(&run->writer, fields[i].bytes, fields[i].n, err);
    return st;
}

/* One coefficient of section 4: the value is twice in Montgomery form, as snarkjs writes it. */
static pt_status write_coefficient(zkey_writer *writer, uint32_t matrix, uint32_t row, uint32_t wire, const fr *canon,
                                   pt_err *err)
{
    struct {
        uint32_t matrix, row, wire;
        uint8_t value[FR_BYTES];
    } record = {.matrix = matrix, .row = row, .wire = wire};
    _Static_assert(sizeof record == ZKEY_COEFFICIENT_HEADER_BYTES + FR_BYTES, "as it lies in the file");
    fr value;
    fr_to_mont(&value, canon);
    fr_to_mont(&value, &value);
    fr_store(record.value, &value);
    return zkey_writer_bytes(writer, &record, sizeof record, err);
}

static pt_status write_row(zkey_writer *writer, uint32_t matrix, uint32_t row, r1cs_terms terms, pt_err *err)
{
    pt_status st = PT_OK;
    for (uint32_t t = 0; st == PT_OK && t < terms.n; t++) {
        const uint8_t *term = terms.terms + t * (size_t)(4 + FR_BYTES);
        uint32_t wire;
        fr value;
        memcpy(&wire, term, sizeof wire);
        fr_load(&value, term + 4);
        st = write_coefficient(writer, matrix, row, wire, &value, err);
    }
    return st;
}

/* Section 4: for each constraint A's terms, then B's; behind them the rows A = wire k of the public signals. */
static pt_status write_coefficients(setup_run *run, pt_err *err)
{
    static const fr unit = {{1}};
    const r1cs *circuit = run->circuit;
    const uint8_t *cursor = circuit->constraints;
    uint64_t n = circuit->n_terms[0] + circuit->n_terms[1] + circuit->n_public + 1;
    pt_status st = zkey_writer_section(&run->writer, ZKEY_SECTION_COEFFICIENTS,
                                       4 + n * (ZKEY_COEFFICIENT_HEADER_BYTES + FR_BYTES), err);
    if (st == PT_OK)
        st = zkey_writer_u32(&run->writer, (uint32_t)n, err);
    for (uint32_t j = 0; st == PT_OK && j < circuit->n_constraints; j++) {
        r1cs_terms a = r1cs_next_terms(circuit, &cursor), b = r1cs_next_terms(circuit, &cursor);
        r1cs_next_terms(circuit, &cursor);
        st = write_row(&run->writer, 0, j, a, err);
        if (st == PT_OK)
            st = write_row(&run->writer, 1, j, b, err);
    }
    for (uint32_t k = 0; st == PT_OK && k <= circuit->n_public; k++)
        st = write_coefficient(&run->writer, 0, circuit->n_constraints + k, k, &unit, err);
    return st;
}

/* Points of the open section, unless the set-up was cancelled. */
static pt_status write_chunk(setup_run *run, size_t n_bytes, pt_err *err)
{
    if (run->job->cancel != NULL && atomic_load(run->job->cancel))
        return pt_fail(err, PT_E_NOMEM, "%s: set-up cancelled", run->job->circuit_path);
    return zkey_writer_bytes(&run->writer, run->chunk_points, n_bytes, err);
}

static pt_status write_g1(setup_run *run, uint32_t type, const fr *scalars, size_t n, pt_err *err)
{
    pt_status st = zkey_writer_section(&run->writer, type, n * sizeof(g1_affine), err);
    for (size_t begin = 0, m; st == PT_OK && begin < n; begin += m) {
        m = n - begin < POINTS_A_CHUNK ? n - begin : POINTS_A_CHUNK;
        fixed_base_g1_multiples(run->g1, run->job->crew, scalars + begin, m, run->chunk_points);
        st = write_chunk(run, m * sizeof(g1_affine), err);
    }
    return st;
}

static pt_status write_g2(setup_run *run, uint32_t type, const fr *scalars, size_t n, pt_err *err)
{
    pt_status st = zkey_writer_section(&run->writer, type, n * sizeof(g2_affine), err);
    for (size_t begin = 0, m; st == PT_OK && begin < n; begin += m) {
        m = n - begin < POINTS_A_CHUNK ? n - begin : POINTS_A_CHUNK;
        fixed_base_g2_multiples(run->g2, run->job->crew, scalars + begin, m, run->chunk_points);
        st = write_chunk(run, m * sizeof(g2_affine), err);
    }
    return st;
}

/* Section 9: L_(2i+1)(tau) / delta over the domain of twice the size. */
static pt_status write_h(setup_run *run, pt_err *err)
{
    const size_t n = (size_t)1 << run->log_n;
    fr delta_inv;
    lagrange_line line;
    fr_inv(&delta_inv, &run->waste.delta);
    lagrange_of_odd_coset(run->log_n, &run->waste.tau, &delta_inv, &line);
    pt_status st = zkey_writer_section(&run->writer, ZKEY_SECTION_H, n * sizeof(g1_affine), err);
    for (size_t begin = 0, m; st == PT_OK && begin < n; begin += m) {
        m = n - begin < POINTS_A_CHUNK ? n - begin : POINTS_A_CHUNK;
        lagrange_values(&line, run->job->crew, begin, m, run->chunk_scalars);
        fixed_base_g1_multiples(run->g1, run->job->crew, run->chunk_scalars, m, run->chunk_points);
        st = write_chunk(run, m * sizeof(g1_affine), err);
    }
    sodium_memzero(&line, sizeof line);
    sodium_memzero(&delta_inv, sizeof delta_inv);
    return st;
}

/* Section 10: a hash of the circuit and no contribution; then the mark that this key is insecure. */
static pt_status write_contributions_and_mark(setup_run *run, pt_err *err)
{
    uint8_t hash[ZKEY_HASH_BYTES];
    zkey_writer_hash(&run->writer, hash);
    pt_status st = zkey_writer_section(&run->writer, ZKEY_SECTION_RECORD, sizeof hash + 4, err);
    if (st == PT_OK)
        st = zkey_writer_bytes(&run->writer, hash, sizeof hash, err);
    if (st == PT_OK)
        st = zkey_writer_u32(&run->writer, 0, err);
    if (st == PT_OK)
        st = zkey_writer_section(&run->writer, ZKEY_SECTION_INSECURE, 0, err);
    return st;
}

/* ---- the key, in snarkjs's order: 1, 2, 4, 3, 9, 8, 5, 6, 7, 10; one group's tables at a time ---- */

static pt_status write_g1_sections(setup_run *run, pt_err *err)
{
    const uint32_t n_wires = run->circuit->n_wires, n_inputs = run->circuit->n_public + 1;
    size_t n_points = 3 * (size_t)n_wires + ((size_t)1 << run->log_n);
    pt_status st = fixed_base_g1_create(run->job->crew, n_points, &run->g1, err);
    if (st == PT_OK)
        st = write_g1(run, ZKEY_SECTION_IC, run->c, n_inputs, err);
    if (st == PT_OK)
        st = write_h(run, err);
    if (st == PT_OK)
        st = write_g1(run, ZKEY_SECTION_C, run->c + n_inputs, n_wires - n_inputs, err);
    if (st == PT_OK)
        st = write_g1(run, ZKEY_SECTION_A, run->a, n_wires, err);
    if (st == PT_OK)
        st = write_g1(run, ZKEY_SECTION_B1, run->b, n_wires, err);
    return st;
}

static pt_status write_key(setup_run *run, groth16_vkey *vkey, pt_err *err)
{
    pt_status st = zkey_writer_init(&run->writer, run->job->zkey, N_SECTIONS, err);
    if (st == PT_OK)
        st = write_header(run, vkey, err);
    if (st == PT_OK)
        st = write_coefficients(run, err);
    if (st == PT_OK)
        st = write_g1_sections(run, err);
    if (st == PT_OK)
        fixed_base_g1_multiples(run->g1, run->job->crew, run->c, vkey->n_public + 1, (g1_affine *)(void *)vkey->ic);
    fixed_base_g1_destroy(run->g1);
    run->g1 = NULL;
    if (st == PT_OK)
        st = fixed_base_g2_create(run->job->crew, run->circuit->n_wires, &run->g2, err);
    if (st == PT_OK)
        st = write_g2(run, ZKEY_SECTION_B2, run->b, run->circuit->n_wires, err);
    if (st == PT_OK)
        st = write_contributions_and_mark(run, err);
    fixed_base_g2_destroy(run->g2);
    return st;
}

pt_status setup_curve(const setup_job *job, pt_err *err)
{
    const size_t n_wires = job->circuit->n_wires, n_inputs = (size_t)job->circuit->n_public + 1;
    setup_run run = {.job = job, .circuit = job->circuit, .log_n = setup_log_domain(job->circuit)};
    groth16_vkey vkey = {0};
    pt_status st = take(n_wires, sizeof(fr), &run.a, err);
    if (st == PT_OK)
        st = take(n_wires, sizeof(fr), &run.b, err);
    if (st == PT_OK)
        st = take(n_wires, sizeof(fr), &run.c, err);
    if (st == PT_OK)
        st = take(POINTS_A_CHUNK, sizeof(fr), &run.chunk_scalars, err);
    if (st == PT_OK)
        st = take(POINTS_A_CHUNK, sizeof(g2_affine), &run.chunk_points, err);
    if (st == PT_OK)
        st = take(n_inputs, sizeof(g1_affine), &vkey.ic, err);
    if (st == PT_OK)
        st = toxic_waste_draw(run.log_n, &run.waste, err);
    if (st == PT_OK)
        st = make_wire_values(&run, err);
    if (st == PT_OK) {
        make_vkey_points(&run, &vkey);
        st = write_key(&run, &vkey, err);
    }
    toxic_waste_clear(&run.waste);
    sodium_stackzero(CALLEES_STACK_BYTES);
    wipe(run.a, n_wires);
    wipe(run.b, n_wires);
    wipe(run.c, n_wires);
    wipe(run.chunk_scalars, POINTS_A_CHUNK);
    free(run.chunk_points);
    if (st == PT_OK)
        *job->vkey = vkey;
    else
        groth16_vkey_clear(&vkey);
    return st;
}
