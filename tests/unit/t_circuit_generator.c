/* SPDX-License-Identifier: Apache-2.0 */
#include "node/setup/circuit_generator.h"

#include "node/format/r1cs.h"
#include "node/format/wtns.h"
#include "tests/unit/generated_tests.inc.h"

enum { LOG_DOMAIN_TESTED = 11 };

typedef struct {
    generated_circuit files;
    r1cs *circuit;
    wtns witness;
} opened;

static opened open_generated(unsigned log_domain, circuit_witness witness, uint64_t seed)
{
    pt_err err = {0};
    opened self = {.files = generate(log_domain, witness, seed)};
    if (r1cs_open(self.files.r1cs.path, own_features(), &self.circuit, &err) != PT_OK ||
        wtns_read(self.files.wtns.path, own_features(), UINT32_MAX, &self.witness, &err) != PT_OK)
        fail_msg("%s", err.msg);
    return self;
}

static void close_generated(opened *self)
{
    r1cs_close(self->circuit);
    wtns_clear(&self->witness);
    generated_close(&self->files);
}

/* The value of a linear combination; no wire may stand in it twice. */
static fr value_of(r1cs_terms terms, const uint8_t *witness)
{
    fr sum = fr_zero, value, wire_value;
    uint32_t wires[256];
    assert_true(terms.n <= 256);
    for (uint32_t t = 0; t < terms.n; t++) {
        memcpy(&wires[t], terms.terms + t * (size_t)(4 + FR_BYTES), 4);
        for (uint32_t before = 0; before < t; before++)
            assert_int_not_equal(wires[before], wires[t]);
        fr_load(&value, terms.terms + t * (size_t)(4 + FR_BYTES) + 4);
        fr_load(&wire_value, witness + (size_t)wires[t] * FR_BYTES);
        fr_to_mont(&value, &value);
        fr_mul(&value, &value, &wire_value); /* canonical */
        fr_add(&sum, &sum, &value);
    }
    return sum;
}

static void expect_satisfied(const opened *self)
{
    const uint8_t *cursor = self->circuit->constraints;
    assert_int_equal(self->witness.n, self->circuit->n_wires);
    for (uint32_t j = 0; j < self->circuit->n_constraints; j++) {
        fr value[3];
        for (int m = 0; m < 3; m++)
            value[m] = value_of(r1cs_next_terms(self->circuit, &cursor), self->witness.values);
        fr_to_mont(&value[0], &value[0]);
        fr_mul(&value[0], &value[0], &value[1]);
        if (!fr_eq(&value[0], &value[2]))
            fail_msg("constraint %u of %u is not satisfied", j, self->circuit->n_constraints);
    }
}

static void every_generated_witness_satisfies_its_circuit(void **state)
{
    for (unsigned log_domain = 1; log_domain <= LOG_DOMAIN_TESTED; log_domain++) {
        for (int kind = CIRCUIT_FULL; kind <= CIRCUIT_BITS; kind++) {
            opened self = open_generated(log_domain, (circuit_witness)kind, rng_next(*state));
            expect_satisfied(&self);
            close_generated(&self);
        }
    }
}

static void the_domain_is_exactly_filled(void **state)
{
    for (unsigned log_domain = 1; log_domain <= LOG_DOMAIN_TESTED; log_domain++) {
        for (int kind = CIRCUIT_FULL; kind <= CIRCUIT_BITS; kind++) {
            opened self = open_generated(log_domain, (circuit_witness)kind, 1);
            assert_int_equal(self.circuit->n_constraints + self.circuit->n_public + 1, 1 << log_domain);
            assert_int_equal(self.circuit->n_public, log_domain == 1 ? 0 : 1);
            close_generated(&self);
        }
    }
    (void)state;
}

/* How many values are neither 0 nor 1, and how many are below 2^192. */
static void count_values(const wtns *witness, size_t *n_large, size_t *n_short)
{
    *n_large = *n_short = 0;
    for (uint32_t i = 0; i < witness->n; i++) {
        fr value;
        fr_load(&value, witness->values + (size_t)i * FR_BYTES);
        *n_short += value.limb[FR_LIMBS - 1] == 0;
        *n_large += value.limb[0] > 1 || value.limb[1] != 0 || value.limb[2] != 0 || value.limb[3] != 0;
    }
}

static void bits_are_99_in_100_and_full_values_are_long(void **state)
{
    size_t n_large, n_short;
    for (unsigned i = 0; i < 8 * (LOG_DOMAIN_TESTED - 3); i++) { /* 8 seeds a domain */
        unsigned log_domain = 4 + i / 8;
        opened bits = open_generated(log_domain, CIRCUIT_BITS, rng_next(*state));
        count_values(&bits.witness, &n_large, &n_short);
        assert_true(100 * n_large <= bits.witness.n);
        close_generated(&bits);
        opened full = open_generated(log_domain, CIRCUIT_FULL, rng_next(*state));
        count_values(&full.witness, &n_large, &n_short);
        assert_int_equal(n_short, 1); /* wire 0 */
        close_generated(&full);
    }
}

/* Gates must depend on their inputs: neither constant is rare among the bits. */
static void both_bits_are_frequent(void **state)
{
    opened self = open_generated(LOG_DOMAIN_TESTED, CIRCUIT_BITS, rng_next(*state));
    size_t n_ones = 0;
    for (uint32_t i = 2; i < self.witness.n; i++)
        n_ones += self.witness.values[(size_t)i * FR_BYTES] == 1;
    assert_in_range(n_ones, self.witness.n / 10, self.witness.n - self.witness.n / 10);
    close_generated(&self);
}

static void the_same_seed_gives_the_same_files(void **state)
{
    for (int kind = CIRCUIT_FULL; kind <= CIRCUIT_BITS; kind++) {
        const uint64_t seeds[3] = {5, 5, 6};
        uint8_t *bytes[3];
        size_t n_bytes[3];
        for (int i = 0; i < 3; i++) {
            generated_circuit files = generate(7, (circuit_witness)kind, seeds[i]);
            bytes[i] = test_file_read(&files.wtns, &n_bytes[i]);
            generated_close(&files);
        }
        assert_int_equal(n_bytes[0], n_bytes[1]);
        assert_memory_equal(bytes[0], bytes[1], n_bytes[0]);
        assert_true(n_bytes[0] != n_bytes[2] || memcmp(bytes[0], bytes[2], n_bytes[0]) != 0);
        for (int i = 0; i < 3; i++)
            free(bytes[i]);
    }
    (void)state;
}

static void domains_out_of_range_are_argument_errors(void **state)
{
    const unsigned bad[] = {0, 28, 64};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        pt_err err = {0};
        const circuit_generator_job job = {own_curve(), bad[i], CIRCUIT_FULL, 1, NULL, NULL, NULL};
        assert_int_equal(circuit_generate(&job, &err), PT_E_ARG);
    }
    (void)state;
}

static void a_full_disk_is_an_io_error(void **state)
{
    pt_err err = {0};
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    const circuit_generator_job job = {own_curve(), 10, CIRCUIT_FULL, 1, full, full, NULL};
    assert_int_equal(circuit_generate(&job, &err), PT_E_IO);
    fclose(full);
    (void)state;
}

static void a_cancelled_circuit_ends(void **state)
{
    const atomic_bool cancel = true;
    for (int kind = CIRCUIT_FULL; kind <= CIRCUIT_BITS; kind++) {
        pt_err err = {0};
        test_file constraints = test_file_open(), values = test_file_open();
        const circuit_generator_job job = {own_curve(),   27,     (circuit_witness)kind, 1, constraints.stream,
                                           values.stream, &cancel};
        assert_int_equal(circuit_generate(&job, &err), PT_E_NOMEM);
        assert_string_equal(err.msg, "generated circuit: cancelled");
        fclose(constraints.stream);
        fclose(values.stream);
    }
    (void)state;
}

int main(void)
{
    skip_unless_supported();
    test_rng rng = rng_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(every_generated_witness_satisfies_its_circuit, &rng),
        cmocka_unit_test(the_domain_is_exactly_filled),
        cmocka_unit_test_prestate(bits_are_99_in_100_and_full_values_are_long, &rng),
        cmocka_unit_test_prestate(both_bits_are_frequent, &rng),
        cmocka_unit_test(the_same_seed_gives_the_same_files),
        cmocka_unit_test(domains_out_of_range_are_argument_errors),
        cmocka_unit_test(a_full_disk_is_an_io_error),
        cmocka_unit_test(a_cancelled_circuit_ends),
    };
    return cmocka_run_group_tests_name("circuit_generator", tests, NULL, NULL);
}
