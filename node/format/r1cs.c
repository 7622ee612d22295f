/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/r1cs.h"

#include <stdlib.h>

#include "node/format/binfile.h"
#include "node/format/curve_read.h"

enum { SECTION_HEADER = 1, SECTION_CONSTRAINTS = 2, SECTION_LABELS = 3, SECTION_CUSTOM_GATES = 4, SECTION_CUSTOM_USES = 5 };
enum { WIRE_BYTES = 4, LABEL_BYTES = 8 };

static pt_status read_counts(binfile_cursor *cursor, r1cs *circuit, pt_err *err)
{
    const struct {
        const char *name;
        uint32_t *value;
    } fields[] = {{"nWires", &circuit->n_wires},
                  {"nPubOut", &circuit->n_outputs},
                  {"nPubIn", &circuit->n_public_inputs},
                  {"nPrvIn", &circuit->n_private_inputs}};
    pt_status status = PT_OK;
    for (size_t i = 0; status == PT_OK && i < sizeof fields / sizeof *fields; i++)
        status = binfile_u32(cursor, fields[i].name, fields[i].value, err);
    if (status == PT_OK)
        status = binfile_u64(cursor, "nLabels", &circuit->n_labels, err);
    if (status == PT_OK)
        status = binfile_u32(cursor, "nConstraints", &circuit->n_constraints, err);
    return status;
}

static pt_status read_header(r1cs *circuit, cpu_features features, pt_err *err)
{
    binfile_cursor cursor;
    pt_status status = binfile_seek(circuit->file, SECTION_HEADER, &cursor, err);
    if (status == PT_OK)
        status = curve_read_r(&cursor, features, &circuit->curve, err);
    if (status == PT_OK)
        status = read_counts(&cursor, circuit, err);
    if (status == PT_OK)
        status = binfile_finish(&cursor, err);
    if (status != PT_OK)
        return status;
    /* circom leaves private inputs of no constraint out of the wires, but counts them. */
    uint64_t named = (uint64_t)circuit->n_outputs + circuit->n_public_inputs + 1;
    if (named > circuit->n_wires)
        return pt_fail(err, PT_E_FORMAT, "%s: section 1: %u wires, but the 1, outputs and public inputs are %llu",
                       circuit->file->input.path, circuit->n_wires, (unsigned long long)named);
    circuit->n_public = circuit->n_outputs + circuit->n_public_inputs;
    return PT_OK;
}

/* Custom gates belong to PLONK: a constraint system with them is not what a Groth16 key would prove. */
static pt_status refuse_custom_gates(const binfile *file, pt_err *err)
{
    for (uint32_t type = SECTION_CUSTOM_GATES; type <= SECTION_CUSTOM_USES; type++) {
        const binfile_section *section = binfile_find(file, type);
        if (section == NULL || section->n_bytes == 0)
            continue;
        binfile_cursor cursor;
        uint32_t n = 0;
        pt_status status = binfile_seek(file, type, &cursor, err);
        if (status == PT_OK)
            status = binfile_u32(&cursor, "the number of custom gates", &n, err);
        if (status != PT_OK)
            return status;
        if (n > 0)
            return pt_fail(err, PT_E_FORMAT, "%s: section %u: %u custom gates, which Groth16 can't prove", file->input.path,
                           type, n);
    }
    return PT_OK;
}

static pt_status check_terms(const r1cs *circuit, r1cs_terms terms, uint32_t constraint, unsigned matrix, pt_err *err)
{
    const char *path = circuit->file->input.path;
    size_t stride = WIRE_BYTES + (size_t)circuit->curve->fr_bytes;
    for (uint32_t i = 0; i < terms.n; i++) {
        uint32_t wire = binfile_load_u32(terms.terms + i * stride);
        if (wire >= circuit->n_wires)
            return pt_fail(err, PT_E_FORMAT, "%s: section 2: constraint %u: %c: term %u: wire %u, but the circuit has %u",
                           path, constraint, 'A' + (int)matrix, i, wire, circuit->n_wires);
    }
    size_t bad = circuit->curve->fr_find_unreduced(terms.terms + WIRE_BYTES, stride, terms.n);
    if (bad < terms.n)
        return pt_fail(err, PT_E_FORMAT, "%s: section 2: constraint %u: %c: term %zu: its value is not below r of %s", path,
                       constraint, 'A' + (int)matrix, bad, circuit->curve->name);
    return PT_OK;
}

/* The linear combination at the cursor, of matrix A, B or C. */
static pt_status read_terms(r1cs *circuit, binfile_cursor *cursor, uint32_t constraint, unsigned matrix, pt_err *err)
{
    r1cs_terms terms = {0};
    pt_status status = binfile_u32(cursor, "the number of terms", &terms.n, err);
    if (status == PT_OK)
        status = binfile_bytes(cursor, "a linear combination", terms.n * (WIRE_BYTES + (size_t)circuit->curve->fr_bytes),
                               &terms.terms, err);
    if (status == PT_OK)
        status = check_terms(circuit, terms, constraint, matrix, err);
    if (status == PT_OK)
        circuit->n_terms[matrix] += terms.n;
    return status;
}

static pt_status read_constraints(r1cs *circuit, pt_err *err)
{
    binfile_cursor cursor;
    pt_status status = binfile_seek(circuit->file, SECTION_CONSTRAINTS, &cursor, err);
    if (status != PT_OK)
        return status;
    circuit->constraints = cursor.at;
    circuit->constraints_bytes = binfile_bytes_left(&cursor);
    for (uint32_t i = 0; i < circuit->n_constraints; i++)
        for (unsigned matrix = 0; matrix < 3; matrix++) {
            status = read_terms(circuit, &cursor, i, matrix, err);
            if (status != PT_OK)
                return status;
        }
    return binfile_finish(&cursor, err);
}

/* Labels serve debuggers alone, but one a wire stands in every file of circom's: it bounds nWires by the file's size. */
static pt_status check_labels(const r1cs *circuit, pt_err *err)
{
    const uint8_t *labels;
    return binfile_array(circuit->file, SECTION_LABELS, "labels", circuit->n_wires, LABEL_BYTES, &labels, err);
}

pt_status r1cs_open(const char *path, cpu_features features, r1cs **out, pt_err *err)
{
    r1cs *circuit = calloc(1, sizeof *circuit);
    if (circuit == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to open it", path);
    pt_status status =
        binfile_open(path, (binfile_kind){.magic = "r1cs", .version = 1, .copied = true}, &circuit->file, err);
    if (status == PT_OK)
        status = read_header(circuit, features, err);
    if (status == PT_OK)
        status = refuse_custom_gates(circuit->file, err);
    if (status == PT_OK)
        status = check_labels(circuit, err);
    if (status == PT_OK)
        status = read_constraints(circuit, err);
    if (status != PT_OK)
        r1cs_close(circuit);
    else
        *out = circuit;
    return status;
}

void r1cs_close(r1cs *circuit)
{
    if (circuit == NULL)
        return;
    binfile_close(circuit->file);
    free(circuit);
}

r1cs_terms r1cs_next_terms(const r1cs *circuit, const uint8_t **cursor)
{
    r1cs_terms terms = {.terms = *cursor + 4, .n = binfile_load_u32(*cursor)};
    *cursor = terms.terms + terms.n * (WIRE_BYTES + (size_t)circuit->curve->fr_bytes);
    return terms;
}
