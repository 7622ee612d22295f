/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/r1cs.h"

#include "tests/unit/format_tests.inc.h"

static const char *const GOLDEN_CIRCUIT = GOLDEN("bn254.r1cs");

/* Offsets in the header. */
enum { N_WIRES = 36, N_OUTPUTS = 40, N_PRIVATE_INPUTS = 48, N_CONSTRAINTS = 60 };

static void expect_refused(image *file, const char *part)
{
    r1cs *out = NULL;
    pt_err err = {0};
    image_write(file, "c.r1cs");
    free(file->bytes);
    assert_error(&err, r1cs_open("c.r1cs", cpu_features_read(), &out, &err), PT_E_FORMAT, part);
    assert_null(out);
}

static void circom_circuits_are_read(void **state)
{
    (void)state;
    r1cs *c;
    pt_err err = {0};
    assert_int_equal(r1cs_open(GOLDEN_CIRCUIT, cpu_features_read(), &c, &err), PT_OK);
    assert_string_equal(c->curve->name, "bn254");
    assert_int_equal(c->n_wires, 243);
    assert_int_equal(c->n_outputs, 1);
    assert_int_equal(c->n_public_inputs, 0);
    assert_int_equal(c->n_private_inputs, 2);
    assert_int_equal(c->n_public, 1);
    assert_int_equal(c->n_constraints, 240);
    assert_int_equal(c->n_terms[0], 398);
    assert_int_equal(c->n_terms[1], 556);
    assert_int_equal(c->n_terms[2], 2086);
    r1cs_close(c);
    r1cs_close(NULL);
}

static void the_walk_over_terms_ends_where_the_section_ends(void **state)
{
    (void)state;
    r1cs *c;
    pt_err err = {0};
    assert_int_equal(r1cs_open(GOLDEN_CIRCUIT, cpu_features_read(), &c, &err), PT_OK);
    const uint8_t *cursor = c->constraints;
    uint64_t n_terms[3] = {0};
    for (uint32_t i = 0; i < 3 * c->n_constraints; i++)
        n_terms[i % 3] += r1cs_next_terms(c, &cursor).n;
    assert_ptr_equal(cursor, c->constraints + c->constraints_bytes);
    assert_memory_equal(n_terms, c->n_terms, sizeof n_terms);
    r1cs_close(c);
}

static void a_wire_beyond_the_circuit_is_named(void **state)
{
    (void)state;
    image file = image_read(GOLDEN_CIRCUIT);
    image_u32(&file, image_section(&file, 2) + 4, 243);
    expect_refused(&file, "c.r1cs: section 2: constraint 0: A: term 0: wire 243, but the circuit has 243");
}

static void a_value_not_below_r_is_named(void **state)
{
    (void)state;
    image file = image_read(GOLDEN_CIRCUIT);
    size_t section = image_section(&file, 2), n = image_get_u32(&file, section);
    memcpy(file.bytes + section + 4 + 36 * n + 4 + 4, file.bytes + image_section(&file, 1) + 4, 32);
    expect_refused(&file, "c.r1cs: section 2: constraint 0: B: term 0: its value is not below r of bn254");
}

static void a_count_of_terms_beyond_the_section_is_refused(void **state)
{
    (void)state;
    image file = image_read(GOLDEN_CIRCUIT);
    image_u32(&file, image_section(&file, 2), UINT32_MAX);
    expect_refused(&file,
                   "c.r1cs: section 2: offset 28: a linear combination has 154618822620 bytes, but the section has 112316");
}

static void the_number_of_constraints_is_that_of_the_section(void **state)
{
    (void)state;
    image more = image_read(GOLDEN_CIRCUIT);
    image_u32(&more, image_section(&more, 1) + N_CONSTRAINTS, 241);
    expect_refused(&more, "c.r1cs: section 2: offset 112344: the number of terms has 4 bytes, but the section has 0 left");
    image fewer = image_read(GOLDEN_CIRCUIT);
    image_u32(&fewer, image_section(&fewer, 1) + N_CONSTRAINTS, 239);
    expect_refused(&fewer, "bytes too many");
}

static void more_inputs_than_wires_are_refused(void **state)
{
    (void)state;
    image file = image_read(GOLDEN_CIRCUIT);
    image_u32(&file, image_section(&file, 1) + N_OUTPUTS, UINT32_MAX);
    expect_refused(&file, "c.r1cs: section 1: 243 wires, but the 1, outputs and public inputs are 4294967296");
}

/* As circom writes a circuit with unused private inputs. */
static void private_inputs_may_be_more_than_wires(void **state)
{
    (void)state;
    r1cs *c;
    pt_err err = {0};
    image file = image_read(GOLDEN_CIRCUIT);
    image_u32(&file, image_section(&file, 1) + N_PRIVATE_INPUTS, 1000);
    image_write(&file, "c.r1cs");
    assert_int_equal(r1cs_open("c.r1cs", cpu_features_read(), &c, &err), PT_OK);
    assert_int_equal(c->n_private_inputs, 1000);
    r1cs_close(c);
    free(file.bytes);
}

static void wires_without_labels_are_refused(void **state)
{
    (void)state;
    image file = image_read(GOLDEN_CIRCUIT);
    image_u32(&file, image_section(&file, 1) + N_WIRES, UINT32_MAX);
    expect_refused(&file, "c.r1cs: section 3 (labels): 1944 bytes, expected 4294967295 elements of 8");
}

static void custom_gates_are_refused_by_name(void **state)
{
    (void)state;
    image file = image_read(GOLDEN_CIRCUIT);
    image_add_section(&file, 4, "\2\0\0\0", 4);
    expect_refused(&file, "c.r1cs: section 4: 2 custom gates, which Groth16 can't prove");
}

static void empty_lists_of_custom_gates_are_none(void **state)
{
    (void)state;
    r1cs *c;
    pt_err err = {0};
    image file = image_read(GOLDEN_CIRCUIT);
    image_add_section(&file, 4, "\0\0\0\0", 4);
    image_add_section(&file, 5, "", 0);
    image_write(&file, "c.r1cs");
    assert_int_equal(r1cs_open("c.r1cs", cpu_features_read(), &c, &err), PT_OK);
    r1cs_close(c);
    free(file.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(circom_circuits_are_read),
        cmocka_unit_test(the_walk_over_terms_ends_where_the_section_ends),
        cmocka_unit_test(a_wire_beyond_the_circuit_is_named),
        cmocka_unit_test(a_value_not_below_r_is_named),
        cmocka_unit_test(a_count_of_terms_beyond_the_section_is_refused),
        cmocka_unit_test(the_number_of_constraints_is_that_of_the_section),
        cmocka_unit_test(more_inputs_than_wires_are_refused),
        cmocka_unit_test(private_inputs_may_be_more_than_wires),
        cmocka_unit_test(wires_without_labels_are_refused),
        cmocka_unit_test(custom_gates_are_refused_by_name),
        cmocka_unit_test(empty_lists_of_custom_gates_are_none),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
