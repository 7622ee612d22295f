/* SPDX-License-Identifier: Apache-2.0 */
#include "node/setup/generated_files.h"

#include <errno.h>

#include "node/setup/circuit_walk.h"

enum { N_INPUTS_FULL = 2, N_INPUTS_BITS = 1 };

typedef struct {
    const circuit_generator_job *job;
    uint32_t n_public, n_constraints, n_wires;
    uint64_t constraints_bytes;
    fr output;
} generated;

static void walk(const generated *self, const walk_sink *sink, fr *output)
{
    if (self->job->witness == CIRCUIT_FULL)
        circuit_walk_full(self->job->seed, self->n_constraints, sink, output);
    else
        circuit_walk_bits(self->job->seed, self->n_constraints, sink, output);
}

/* ---- first walk: the sizes ---- */

static void count_constraint(void *ctx, const walk_terms *a, const walk_terms *b, const walk_terms *c)
{
    generated *self = ctx;
    self->constraints_bytes += 3 * 4 + ((uint64_t)a->n + b->n + c->n) * (4 + FR_BYTES);
}

static void count_value(void *ctx, const fr *value)
{
    generated *self = ctx;
    self->n_wires++;
    (void)value;
}

static void measure(generated *self)
{
    const walk_sink sink = {count_constraint, count_value, self, self->job->cancel};
    self->n_wires = 2;
    walk(self, &sink, &self->output);
}

/* ---- the files; a failed write is seen by ferror at the end ---- */

static void put_u32(FILE *stream, uint32_t value)
{
    fwrite(&value, sizeof value, 1, stream);
}

static void put_u64(FILE *stream, uint64_t value)
{
    fwrite(&value, sizeof value, 1, stream);
}

static void put_section(FILE *stream, uint32_t type, uint64_t len_bytes)
{
    put_u32(stream, type);
    put_u64(stream, len_bytes);
}

static void put_prime(FILE *stream)
{
    put_u32(stream, FR_BYTES);
    fwrite(&fr_modulus, FR_BYTES, 1, stream);
}

static void put_terms(FILE *stream, const walk_terms *terms)
{
    put_u32(stream, terms->n);
    for (uint32_t t = 0; t < terms->n; t++) {
        put_u32(stream, terms->terms[t].wire);
        fwrite(&terms->terms[t].value, FR_BYTES, 1, stream);
    }
}

static void put_constraint(void *ctx, const walk_terms *a, const walk_terms *b, const walk_terms *c)
{
    FILE *stream = ctx;
    put_terms(stream, a);
    put_terms(stream, b);
    put_terms(stream, c);
}

static void skip_constraint(void *ctx, const walk_terms *a, const walk_terms *b, const walk_terms *c)
{
    (void)ctx, (void)a, (void)b, (void)c;
}

static void put_value(void *ctx, const fr *value)
{
    fwrite(value, FR_BYTES, 1, (FILE *)ctx);
}

static void skip_value(void *ctx, const fr *value)
{
    (void)ctx, (void)value;
}

static pt_status finish(const generated *self, FILE *stream, const char *what, pt_err *err)
{
    if (self->job->cancel != NULL && atomic_load(self->job->cancel))
        return pt_fail(err, PT_E_NOMEM, "%s: cancelled", what);
    if (fflush(stream) != 0 || ferror(stream))
        return pt_fail(err, PT_E_IO, "%s: %s", what, strerror(errno));
    return PT_OK;
}

static pt_status write_r1cs(const generated *self, pt_err *err)
{
    FILE *stream = self->job->r1cs;
    const walk_sink sink = {put_constraint, skip_value, stream, self->job->cancel};
    fr output;
    fwrite("r1cs", 4, 1, stream);
    put_u32(stream, 1); /* version */
    put_u32(stream, 3); /* sections */
    put_section(stream, 1, 4 + FR_BYTES + 4 * 4 + 8 + 4);
    put_prime(stream);
    put_u32(stream, self->n_wires);
    put_u32(stream, self->n_public); /* outputs */
    put_u32(stream, 0);              /* public inputs */
    put_u32(stream, self->job->witness == CIRCUIT_FULL ? N_INPUTS_FULL : N_INPUTS_BITS);
    put_u64(stream, self->n_wires); /* labels */
    put_u32(stream, self->n_constraints);
    put_section(stream, 2, self->constraints_bytes);
    walk(self, &sink, &output);
    put_section(stream, 3, 8 * (uint64_t)self->n_wires);
    for (uint64_t wire = 0; wire < self->n_wires; wire++)
        put_u64(stream, wire);
    return finish(self, stream, "generated circuit", err);
}

static pt_status write_wtns(const generated *self, pt_err *err)
{
    static const fr unit = {{1}};
    FILE *stream = self->job->wtns;
    const walk_sink sink = {skip_constraint, put_value, stream, self->job->cancel};
    fr output;
    fwrite("wtns", 4, 1, stream);
    put_u32(stream, 2); /* version */
    put_u32(stream, 2); /* sections */
    put_section(stream, 1, 4 + FR_BYTES + 4);
    put_prime(stream);
    put_u32(stream, self->n_wires);
    put_section(stream, 2, FR_BYTES * (uint64_t)self->n_wires);
    fwrite(&unit, FR_BYTES, 1, stream);
    fwrite(&self->output, FR_BYTES, 1, stream);
    walk(self, &sink, &output);
    return finish(self, stream, "generated witness", err);
}

pt_status generated_files_write(const circuit_generator_job *job, pt_err *err)
{
    generated self = {.job = job, .n_public = job->log_domain > 1 ? 1 : 0};
    self.n_constraints = ((uint32_t)1 << job->log_domain) - self.n_public - 1;
    measure(&self);
    pt_status st = write_r1cs(&self, err);
    if (st == PT_OK)
        st = write_wtns(&self, err);
    return st;
}
