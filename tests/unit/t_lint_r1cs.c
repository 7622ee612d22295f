/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/lint_tests.inc.h"

/* A circuit of 8 wires: the 1, outputs 1 and 2, public inputs 3 and 4, private input 5, inner signals 6 and 7. */
enum { N_WIRES = 8, VALUE = 32, SIDES_END = -2, END = -1 };

static void add_side(uint8_t **cursor, const int **term)
{
    uint8_t *count = *cursor;
    uint32_t n = 0;
    *cursor += 4;
    for (; **term >= 0; *term += 2, n++) {
        const uint32_t wire = (uint32_t)(*term)[0];
        memset(*cursor, 0, 4 + VALUE);
        memcpy(*cursor, &wire, 4);
        (*cursor)[4] = (uint8_t)(*term)[1];
        *cursor += 4 + VALUE;
    }
    (*term)++;
    memcpy(count, &n, 4);
}

/* Constraints as pairs {wire, value}, END behind each side, SIDES_END behind the last constraint. */
static image circuit_of(size_t which, const int *terms)
{
    uint8_t header[4 + 32 + 4 * 4 + 8 + 4] = {32}, constraints[4096], *cursor = constraints;
    uint32_t n = 0;
    for (const int *term = terms; *term != SIDES_END; n++)
        for (int side = 0; side < 3; side++)
            add_side(&cursor, &term);
    const uint32_t counts[] = {N_WIRES, 2, 2, 1, N_WIRES, 0, n};
    memcpy(header + 4, lint_curve(which)->r, 32);
    memcpy(header + 36, counts, sizeof counts);
    static const uint8_t labels[8 * N_WIRES] = {0};
    image file = {.bytes = malloc(1 << 20), .n = 12};
    memcpy(file.bytes, "r1cs\1\0\0\0\0\0\0\0", 12);
    image_add_section(&file, 1, header, sizeof header);
    image_add_section(&file, 2, constraints, (size_t)(cursor - constraints));
    image_add_section(&file, 3, labels, sizeof labels);
    return file;
}

static lint_report lint_circuit(size_t which, const int *terms)
{
    image file = circuit_of(which, terms);
    return lint_image(lint_r1cs, &file, "c.r1cs");
}

static void a_circuit_of_circom_has_no_finding(void **state)
{
    (void)state;
    const lint_report report = lint_at(lint_r1cs, GOLDEN("bn254.r1cs"));
    expect_rules(&report, "");
}

static void a_circuit_that_uses_every_signal_has_no_finding(void **state)
{
    (void)state;
    static const int terms[] = {
        3,   1,   4,   1, END, 5,   1,   END,       6, 1, END, /* (3 + 4) 5 = 6 */
        END, END, 1,   1, 2,   9,   END,                       /* 0 = 1 + 9 * 2 */
        6,   1,   END, 7, 2,   END, END, SIDES_END,            /* 6 * 2 * 7 = 0 */
    };
    for (size_t which = 0; which < CURVES; which++) {
        const lint_report report = lint_circuit(which, terms);
        expect_rules(&report, "");
    }
}

static void unused_signals_are_found_by_kind(void **state)
{
    (void)state;
    static const int terms[] = {1, 1, END, 3, 1, END, 6, 1, END, SIDES_END};
    for (size_t which = 0; which < CURVES; which++) {
        const lint_report report = lint_circuit(which, terms);
        expect_rules(&report, "unconstrained-output unused-public unused-signal");
        expect_finding(&report, 0, "section 2", "outputs, any value can be proven: wires 1 of 2: 2");
        expect_finding(&report, 1, "section 2", "public inputs: wires 1 of 2: 4");
        expect_finding(&report, 2, "section 2", "private signals: wires 2 of 3: 5, 7");
    }
}

static void a_factor_of_0_constrains_nothing(void **state)
{
    (void)state;
    static const int terms[] = {1,   1,   2,   1,        END, 3,   1,   4, 1,   END, 5, 1, 6, 1, END, /* all but 7 */
                                7,   1,   END, 3,        0,   END, 1,   0, END,                       /* 7 * 0 = 0 */
                                END, 7,   1,   END,      6,   1,   END,                               /* 0 * 7 = 6 */
                                END, END, END, SIDES_END};
    for (size_t which = 0; which < CURVES; which++) {
        const lint_report report = lint_circuit(which, terms);
        expect_rules(&report, "trivial-constraint unused-signal");
        expect_finding(&report, 0, "section 2", "constraints 2 of 4: 1, 3");
        expect_finding(&report, 1, "section 2", "private signals: wires 1 of 3: 7");
    }
}

static void a_constant_that_must_be_0_is_unsatisfiable(void **state)
{
    (void)state;
    static const int terms[] = {1, 1, 2,   1,   END, 3, 1,   4, 1,   END,      5, 1, 6, 1, 7, 1, END, /* all */
                                1, 1, END, END, 0,   5, END,                                          /* 1 * 0 = 5 */
                                1, 1, END, END, 0,   5, 2,   1, END, SIDES_END};                      /* 1 * 0 = 5 + 2 */
    const lint_report report = lint_circuit(1, terms);
    expect_rules(&report, "unsatisfiable");
    expect_finding(&report, 0, "section 2", "no witness satisfies constraints 1 of 3: 1");
}

static void private_inputs_that_circom_left_out_are_found(void **state)
{
    (void)state;
    image file = image_read(GOLDEN("bn254.r1cs"));
    image_u32(&file, image_section(&file, 1) + 48, 244); /* of 243 wires, the 1 and an output */
    const lint_report report = lint_image(lint_r1cs, &file, "c.r1cs");
    expect_rules(&report, "unused-signal");
    expect_finding(&report, 0, "section 1", "3 of 244 private inputs or more");
}

static void a_damaged_circuit_is_malformed(void **state)
{
    (void)state;
    image file = image_read(GOLDEN("bn254.r1cs"));
    image_u32(&file, image_section(&file, 2) + 4, 243);
    const lint_report report = lint_image(lint_r1cs, &file, "c.r1cs");
    expect_rules(&report, "malformed");
    expect_finding(&report, 0, "", "section 2: constraint 0: A: term 0: wire 243, but the circuit has 243");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_circuit_of_circom_has_no_finding),
        cmocka_unit_test(a_circuit_that_uses_every_signal_has_no_finding),
        cmocka_unit_test(unused_signals_are_found_by_kind),
        cmocka_unit_test(a_factor_of_0_constrains_nothing),
        cmocka_unit_test(a_constant_that_must_be_0_is_unsatisfiable),
        cmocka_unit_test(private_inputs_that_circom_left_out_are_found),
        cmocka_unit_test(a_damaged_circuit_is_malformed),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
