/* SPDX-License-Identifier: Apache-2.0 */
#include "node/setup/setup.h"

#include "node/arith/pairing.h"
#include "node/format/wtns.h"
#include "node/format/zkey.h"
#include "node/pipeline/engine.h"
#include "tests/unit/generated_tests.inc.h"

/* A key made from a circuit, beside the files that it came from. */
typedef struct {
    generated_circuit files;
    test_file key_file;
    groth16_vkey vkey;
    crew *threads;
    proving_key *key;
} made_key;

static void set_up(const char *r1cs_path, crew *threads, FILE *key, groth16_vkey *vkey)
{
    pt_err err = {0};
    r1cs *circuit;
    if (r1cs_open(r1cs_path, own_features(), &circuit, &err) != PT_OK)
        fail_msg("%s", err.msg);
    const setup_job job = {.circuit = circuit, .circuit_path = r1cs_path, .crew = threads, .zkey = key, .vkey = vkey};
    if (setup_insecure(&job, &err) != PT_OK)
        fail_msg("%s", err.msg);
    fflush(key);
    r1cs_close(circuit);
}

static made_key make_key(unsigned log_domain, circuit_witness witness)
{
    pt_err err = {0};
    made_key self = {.files = generate(log_domain, witness, 1), .key_file = test_file_open()};
    assert_int_equal(crew_create(2, &self.threads, &err), PT_OK);
    set_up(self.files.r1cs.path, self.threads, self.key_file.stream, &self.vkey);
    if (proving_key_open(self.key_file.path, (proving_key_options){.features = own_features()}, self.threads, &self.key,
                         &err) != PT_OK)
        fail_msg("%s", err.msg);
    return self;
}

static void made_key_clear(made_key *self)
{
    proving_key_close(self->key);
    groth16_vkey_clear(&self->vkey);
    crew_destroy(self->threads);
    fclose(self->key_file.stream);
    generated_close(&self->files);
}

static g1_affine g1_at(const uint8_t *points, size_t i)
{
    g1_affine p;
    g1_affine_load(&p, points + i * sizeof p);
    return p;
}

static g2_affine g2_at(const uint8_t *points, size_t i)
{
    g2_affine p;
    g2_affine_load(&p, points + i * sizeof p);
    return p;
}

/* prod e(p[i], q[i]) = e(left, right) */
static bool product_equals(const g1_affine *p, const g2_affine *q, size_t n, const g1_affine *left, const g2_affine *right)
{
    g1_affine points1[4];
    g2_affine points2[4];
    memcpy(points1, p, n * sizeof *p);
    memcpy(points2, q, n * sizeof *q);
    g1_affine_neg(&points1[n], left);
    points2[n] = *right;
    return pairing_product_is_one(points1, points2, n + 1);
}

static void points_in_both_groups_have_the_same_logarithm(void **state)
{
    made_key self = make_key(4, CIRCUIT_FULL);
    const proving_key *key = self.key;
    g1_affine beta1 = g1_at(key->beta1, 0), delta1 = g1_at(key->delta1, 0);
    g2_affine beta2 = g2_at(key->vkey.beta2, 0), delta2 = g2_at(key->vkey.delta2, 0);
    assert_true(product_equals(&g1_generator, &beta2, 1, &beta1, &g2_generator));
    assert_true(product_equals(&g1_generator, &delta2, 1, &delta1, &g2_generator));
    for (size_t i = 0; i < key->n_vars; i++) {
        g1_affine b1 = g1_at(key->b1, i);
        g2_affine b2 = g2_at(key->b2, i);
        assert_true(product_equals(&g1_generator, &b2, 1, &b1, &g2_generator));
    }
    made_key_clear(&self);
    (void)state;
}

/* (beta A_i + alpha B_i + C_i) / gamma or delta, where C_i is 0 or the A of another wire. In the chain x_(j+2) is wire j + 4:
 * wires 0, 2 and 3 stand in no C; constraint 0's C is wire 4, and wire 3 has A = L_0, being in that row alone. */
static void joined_points_are_what_the_equation_says(void **state)
{
    made_key self = make_key(4, CIRCUIT_FULL);
    const proving_key *key = self.key;
    g1_affine alpha1 = g1_at(key->vkey.alpha1, 0), ic0 = g1_at(key->vkey.ic, 0);
    g2_affine gamma2 = g2_at(key->vkey.gamma2, 0), delta2 = g2_at(key->vkey.delta2, 0);
    for (size_t i = 0; i <= 4; i++) {
        if (i == 1)
            continue; /* the output: its C is the last row's */
        const g1_affine p[3] = {g1_at(key->a, i), alpha1, g1_at(key->a, 3)};
        const g2_affine q[3] = {g2_at(key->vkey.beta2, 0), g2_at(key->b2, i), g2_generator};
        g1_affine joined = i == 0 ? ic0 : g1_at(key->c, i - key->n_public - 1);
        assert_true(product_equals(p, q, i == 4 ? 3 : 2, &joined, i == 0 ? &gamma2 : &delta2));
    }
    made_key_clear(&self);
    (void)state;
}

static void a_wire_in_no_row_of_b_gives_infinity(void **state)
{
    made_key self = make_key(4, CIRCUIT_FULL);
    g1_affine b1 = g1_at(self.key->b1, 1);
    g2_affine b2 = g2_at(self.key->b2, 1);
    assert_true(g1_affine_is_infinity(&b1));
    assert_true(g2_affine_is_infinity(&b2));
    made_key_clear(&self);
    (void)state;
}

static void keys_of_every_small_domain_prove(void **state)
{
    for (unsigned log_domain = 1; log_domain <= 8; log_domain++) {
        made_key self = make_key(log_domain, log_domain % 2 == 0 ? CIRCUIT_FULL : CIRCUIT_BITS);
        pt_err err = {0};
        wtns witness;
        assert_int_equal(wtns_read(self.files.wtns.path, own_features(), UINT32_MAX, &witness, &err), PT_OK);
        const engine_setup setup = {.options = {.n_threads = 2}, .features = own_features()};
        engine_job job = {.witness = {.path = "w"}, .ready = &witness};
        assert_int_equal(engine_run_alone(&setup, self.key, &job, &err), PT_OK);
        if (job.err.code != PT_OK)
            fail_msg("domain 2^%u: %s", log_domain, job.err.msg);
        assert_int_equal(groth16_verify(&self.vkey, witness.values + FR_BYTES, self.vkey.n_public, &job.proof, &err),
                         PT_OK);
        engine_job_clear(&job);
        wtns_clear(&witness);
        made_key_clear(&self);
    }
    (void)state;
}

static void the_verifying_key_is_the_proving_key_s(void **state)
{
    made_key self = make_key(5, CIRCUIT_BITS);
    const groth16_vkey *a = &self.vkey, *b = &self.key->vkey;
    assert_int_equal(a->n_public, b->n_public);
    assert_memory_equal(a->alpha1, b->alpha1, sizeof(g1_affine));
    assert_memory_equal(a->beta2, b->beta2, sizeof(g2_affine));
    assert_memory_equal(a->gamma2, b->gamma2, sizeof(g2_affine));
    assert_memory_equal(a->delta2, b->delta2, sizeof(g2_affine));
    assert_memory_equal(a->ic, b->ic, (a->n_public + 1) * sizeof(g1_affine));
    assert_memory_not_equal(a->gamma2, a->delta2, sizeof(g2_affine));
    assert_true(self.key->insecure);
    made_key_clear(&self);
    (void)state;
}

/* ---- the file, beside the one that snarkjs made of the same circuit ---- */

typedef struct {
    uint8_t *bytes;
    size_t n_bytes;
} raw_file;

static raw_file raw_read(const char *path)
{
    test_file file = {.stream = fopen(path, "rb")};
    assert_non_null(file.stream);
    raw_file raw;
    raw.bytes = test_file_read(&file, &raw.n_bytes);
    fclose(file.stream);
    return raw;
}

/* A section's content; asserts that it is there once. */
static const uint8_t *raw_section(const raw_file *file, uint32_t type, uint64_t *len_bytes)
{
    const uint8_t *found = NULL;
    for (size_t at = 12; at + 12 <= file->n_bytes;) {
        uint32_t here;
        uint64_t len;
        memcpy(&here, file->bytes + at, 4);
        memcpy(&len, file->bytes + at + 4, 8);
        at += 12;
        if (here == type) {
            assert_null(found);
            found = file->bytes + at;
            *len_bytes = len;
        }
        at += len;
    }
    assert_non_null(found);
    return found;
}

#ifdef PT_CURVE_BN254
static void the_layout_is_snarkjs_s(void **state)
{
    pt_err err = {0};
    crew *threads;
    groth16_vkey vkey = {0};
    test_file file = test_file_open();
    assert_int_equal(crew_create(1, &threads, &err), PT_OK);
    set_up(PT_TESTS_DIR "/golden/preimage/preimage_bn254.r1cs", threads, file.stream, &vkey);
    raw_file ours = raw_read(file.path), theirs = raw_read(PT_TESTS_DIR "/golden/preimage/preimage_bn254.zkey");
    for (uint32_t type = 1; type <= 9; type++) {
        uint64_t len, their_len;
        const uint8_t *section = raw_section(&ours, type, &len), *their_section = raw_section(&theirs, type, &their_len);
        assert_int_equal(len, their_len);
        if (type == 1 || type == 4) /* no points: coefficients and their order are the same bytes */
            assert_memory_equal(section, their_section, len);
        if (type == 2)
            assert_memory_equal(section, their_section, 4 + FQ_BYTES + 4 + FR_BYTES + 12);
    }
    free(ours.bytes);
    free(theirs.bytes);
    groth16_vkey_clear(&vkey);
    crew_destroy(threads);
    fclose(file.stream);
    (void)state;
}
#endif

static void no_contribution_and_a_mark_end_the_file(void **state)
{
    made_key self = make_key(3, CIRCUIT_FULL);
    raw_file file = raw_read(self.key_file.path);
    uint64_t len;
    const uint8_t *contributions = raw_section(&file, 10, &len);
    const uint8_t none[4] = {0};
    assert_int_equal(len, 64 + 4);
    assert_memory_equal(contributions + 64, none, 4);
    raw_section(&file, ZKEY_SECTION_INSECURE, &len);
    assert_int_equal(len, 0);
    free(file.bytes);
    made_key_clear(&self);
    (void)state;
}

static void two_set_ups_share_no_secret(void **state)
{
    made_key a = make_key(3, CIRCUIT_FULL), b = make_key(3, CIRCUIT_FULL);
    assert_memory_not_equal(a.vkey.alpha1, b.vkey.alpha1, sizeof(g1_affine));
    assert_memory_not_equal(a.vkey.beta2, b.vkey.beta2, sizeof(g2_affine));
    assert_memory_not_equal(a.vkey.gamma2, b.vkey.gamma2, sizeof(g2_affine));
    assert_memory_not_equal(a.vkey.delta2, b.vkey.delta2, sizeof(g2_affine));
    assert_memory_not_equal(a.key->a, b.key->a, sizeof(g1_affine));
    made_key_clear(&a);
    made_key_clear(&b);
    (void)state;
}

/* ---- what can't be set up ---- */

static void expect_refused(r1cs circuit, const char *reason)
{
    pt_err err = {0};
    groth16_vkey vkey = {0};
    circuit.curve = own_curve();
    const setup_job job = {.circuit = &circuit, .circuit_path = "c.r1cs", .vkey = &vkey};
    assert_int_equal(setup_insecure(&job, &err), PT_E_FORMAT);
    assert_non_null(strstr(err.msg, "c.r1cs"));
    assert_non_null(strstr(err.msg, reason));
}

static void circuits_of_no_domain_are_refused(void **state)
{
    expect_refused((r1cs){.n_wires = 1}, "no constraint");
    expect_refused((r1cs){.n_wires = 1, .n_constraints = 1u << 27}, "2^27");
    expect_refused((r1cs){.n_wires = 9, .n_constraints = 3, .n_terms = {UINT32_MAX, 1, 0}}, "32 bits");
    (void)state;
}

static void the_domain_holds_constraints_and_public_rows(void **state)
{
    assert_int_equal(setup_log_domain(&(r1cs){.n_constraints = 1}), 1);
    assert_int_equal(setup_log_domain(&(r1cs){.n_constraints = 1, .n_public = 1}), 2);
    assert_int_equal(setup_log_domain(&(r1cs){.n_constraints = 6, .n_public = 1}), 3);
    assert_int_equal(setup_log_domain(&(r1cs){.n_constraints = 7, .n_public = 1}), 4);
    (void)state;
}

static void a_full_disk_is_an_io_error(void **state)
{
    pt_err err = {0};
    crew *threads;
    r1cs *circuit;
    groth16_vkey vkey = {0};
    generated_circuit files = generate(10, CIRCUIT_FULL, 1);
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    assert_int_equal(crew_create(1, &threads, &err), PT_OK);
    assert_int_equal(r1cs_open(files.r1cs.path, own_features(), &circuit, &err), PT_OK);
    const setup_job job = {.circuit = circuit, .circuit_path = "c.r1cs", .crew = threads, .zkey = full, .vkey = &vkey};
    assert_int_equal(setup_insecure(&job, &err), PT_E_IO);
    assert_null(vkey.ic);
    r1cs_close(circuit);
    crew_destroy(threads);
    fclose(full);
    generated_close(&files);
    (void)state;
}

static void a_cancelled_set_up_ends(void **state)
{
    pt_err err = {0};
    crew *threads;
    r1cs *circuit;
    groth16_vkey vkey = {0};
    atomic_bool cancel = true;
    generated_circuit files = generate(4, CIRCUIT_FULL, 1);
    test_file key = test_file_open();
    assert_int_equal(crew_create(1, &threads, &err), PT_OK);
    assert_int_equal(r1cs_open(files.r1cs.path, own_features(), &circuit, &err), PT_OK);
    const setup_job job = {.circuit = circuit,
                           .circuit_path = "c.r1cs",
                           .crew = threads,
                           .zkey = key.stream,
                           .vkey = &vkey,
                           .cancel = &cancel};
    assert_int_equal(setup_insecure(&job, &err), PT_E_NOMEM);
    assert_null(vkey.ic);
    r1cs_close(circuit);
    crew_destroy(threads);
    fclose(key.stream);
    generated_close(&files);
    (void)state;
}

int main(void)
{
    skip_unless_supported();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_in_both_groups_have_the_same_logarithm),
        cmocka_unit_test(joined_points_are_what_the_equation_says),
        cmocka_unit_test(a_wire_in_no_row_of_b_gives_infinity),
        cmocka_unit_test(keys_of_every_small_domain_prove),
        cmocka_unit_test(the_verifying_key_is_the_proving_key_s),
#ifdef PT_CURVE_BN254
        cmocka_unit_test(the_layout_is_snarkjs_s),
#endif
        cmocka_unit_test(no_contribution_and_a_mark_end_the_file),
        cmocka_unit_test(two_set_ups_share_no_secret),
        cmocka_unit_test(circuits_of_no_domain_are_refused),
        cmocka_unit_test(the_domain_holds_constraints_and_public_rows),
        cmocka_unit_test(a_full_disk_is_an_io_error),
        cmocka_unit_test(a_cancelled_set_up_ends),
    };
    return cmocka_run_group_tests_name("setup", tests, NULL, NULL);
}
