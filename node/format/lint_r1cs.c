/* SPDX-License-Identifier: Apache-2.0 */
#include <sodium.h>
#include <stdlib.h>

#include "node/format/binfile.h"
#include "node/format/lint_parts.h"
#include "node/format/r1cs.h"

enum { WIRE_BYTES = 4 };

typedef struct {
    const r1cs *circuit;
    uint8_t *constrained; /* n_wires */
    lint_indices trivial, unsatisfiable;
} circuit_lint;

typedef struct {
    uint32_t n_terms;   /* that are not 0 */
    uint32_t n_signals; /* of which not of the constant 1 */
} weight;

static size_t stride_of(const r1cs *circuit)
{
    return WIRE_BYTES + (size_t)circuit->curve->fr_bytes;
}

static bool term_is_zero(const r1cs *circuit, const uint8_t *term)
{
    return sodium_is_zero(term + WIRE_BYTES, circuit->curve->fr_bytes);
}

static weight weigh(const r1cs *circuit, r1cs_terms side)
{
    weight w = {0};
    for (uint32_t t = 0; t < side.n; t++) {
        const uint8_t *term = side.terms + t * stride_of(circuit);
        w.n_terms += !term_is_zero(circuit, term);
        w.n_signals += !term_is_zero(circuit, term) && binfile_load_u32(term) != 0;
    }
    return w;
}

static void mark(circuit_lint *l, r1cs_terms side)
{
    for (uint32_t t = 0; t < side.n; t++) {
        const uint8_t *term = side.terms + t * stride_of(l->circuit);
        if (!term_is_zero(l->circuit, term))
            l->constrained[binfile_load_u32(term)] = 1;
    }
}

/* A o B = C. Where A or B is 0 the other one constrains nothing, and 0 = C is left. */
static void lint_constraint(circuit_lint *l, uint32_t number, const r1cs_terms sides[3])
{
    const weight a = weigh(l->circuit, sides[0]), b = weigh(l->circuit, sides[1]), c = weigh(l->circuit, sides[2]);
    bool product = a.n_terms > 0 && b.n_terms > 0;
    if (product) {
        mark(l, sides[0]);
        mark(l, sides[1]);
    }
    mark(l, sides[2]);
    if (!product && c.n_terms == 0)
        lint_indices_add(&l->trivial, number);
    if (!product && c.n_terms == 1 && c.n_signals == 0)
        lint_indices_add(&l->unsatisfiable, number);
}

static void lint_constraints(circuit_lint *l)
{
    const uint8_t *cursor = l->circuit->constraints;
    for (uint32_t i = 0; i < l->circuit->n_constraints; i++) {
        r1cs_terms sides[3];
        for (int s = 0; s < 3; s++)
            sides[s] = r1cs_next_terms(l->circuit, &cursor);
        lint_constraint(l, i, sides);
    }
}

/* Wires lie as in a witness: the 1, outputs, public inputs, private signals. Which of the last are inputs is not known: circom
 * leaves private inputs of no constraint out, but counts them in the header. */
static void report_unused(const circuit_lint *l, lint_report *report)
{
    const r1cs *c = l->circuit;
    const uint32_t n_private = c->n_wires - 1 - c->n_public;
    const struct {
        lint_rule rule;
        const char *what;
        uint32_t n;
    } kinds[] = {{LINT_UNCONSTRAINED_OUTPUT, "outputs, any value can be proven", c->n_outputs},
                 {LINT_UNUSED_PUBLIC, "public inputs", c->n_public_inputs},
                 {LINT_UNUSED_SIGNAL, "private signals", n_private}};
    uint32_t wire = 1;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        lint_indices unused = {0};
        for (uint32_t end = wire + kinds[k].n; wire < end; wire++)
            if (!l->constrained[wire])
                lint_indices_add(&unused, wire);
        char text[LINT_INDICES_ROOM];
        lint_indices_text(&unused, kinds[k].n, text);
        if (unused.n > 0)
            lint_add(report, kinds[k].rule, "section 2", "in no constraint, %s: wires %s", kinds[k].what, text);
    }
    if (c->n_private_inputs > n_private)
        lint_add(report, LINT_UNUSED_SIGNAL, "section 1", "left out of the circuit: %u of %u private inputs or more",
                 c->n_private_inputs - n_private, c->n_private_inputs);
}

static void report_constraints(const circuit_lint *l, lint_report *report)
{
    char text[LINT_INDICES_ROOM];
    lint_indices_text(&l->unsatisfiable, l->circuit->n_constraints, text);
    if (l->unsatisfiable.n > 0)
        lint_add(report, LINT_UNSATISFIABLE, "section 2", "0 = a constant, no witness satisfies constraints %s", text);
    lint_indices_text(&l->trivial, l->circuit->n_constraints, text);
    if (l->trivial.n > 0)
        lint_add(report, LINT_TRIVIAL_CONSTRAINT, "section 2", "0 = 0, every witness satisfies constraints %s", text);
}

pt_status lint_r1cs(const char *path, cpu_features features, crew *threads, lint_report *out, pt_err *err)
{
    r1cs *circuit;
    (void)threads;
    if (r1cs_open(path, features, &circuit, err) != PT_OK)
        return lint_take_error(out, path, err);
    circuit_lint l = {.circuit = circuit, .constrained = calloc(circuit->n_wires, 1)};
    if (l.constrained == NULL) {
        pt_fail(err, PT_E_NOMEM, "%s: no memory for marks of %u wires", path, circuit->n_wires);
    } else {
        lint_constraints(&l);
        report_constraints(&l, out);
        report_unused(&l, out);
    }
    free(l.constrained);
    r1cs_close(circuit);
    return err->code;
}
