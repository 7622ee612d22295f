/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/proof_bytes.h"

#include <sodium.h>

#include "node/format/prepared_write.h"
#include "node/format/proof_json.h"
#include "node/format/vkey_json.h"
#include "tests/unit/format_tests.inc.h"

/* Python's answers, from the same files' decimal numbers: the bytes by the encodings' definitions, the hash by hashlib. */
static const struct {
    const char *proof, *vkey, *zkey, *bytes, *hash;
} GOLDENS[2] = {
    {GOLDEN("bn254_proof.json"), GOLDEN("bn254_vkey.json"), GOLDEN("bn254.zkey"),
     "8e7f58c11bbab3193a27f45464b60a0b45c381301759d77af8550dca213b5d22840880c5247f8c138d0ff561a94c2b32ce185501e99d5e7f3937b"
     "40b1a7d"
     "3bc911d21ad3cbd458584b7724ab6000f2d67b84296cd453204c90903f11b316dce7984c403ec0111573f215bf84a6ca5384b8467073dde630fe6"
     "9ad5d8f"
     "47fc5848",
     "bda399b9ea10abf95126cbadaa9ae39682b58ac1a7bb3ec0f0ea75350b2ca6a6"},
    {GOLDEN("bls12_381_proof.json"), GOLDEN("bls12_381_vkey.json"), GOLDEN("bls12_381.zkey"),
     "a9213dc43b95c3439477a665ce5ea88bca8bf7901ebea4418c1288fea3ccff5b59a8e1d4403680cf445c73bc06328df580ffb8f4d8a1270af4889"
     "cc0c69e"
     "ae08af8ab2240a95ceeefc0c53adbcfb438ae55badcf46605b8d17e79588231981f714283133dca94a0158a357867e2908dcd50250729f8b66544"
     "6dc7ec3"
     "dd0f4b17193786ff741ffac7cb1a8f634fcd91908e1b83b9e793185108f86bb065130d9eda898af7113a9466fc04dd772a9efa0e53e898bca5380"
     "5f91585"
     "41f368297645",
     "ef01a76f621803dba265a24ec6b611bef653175ff74ed3d3b3a793dbcd1b46d3"},
};

static groth16_proof read_proof(const char *path)
{
    groth16_proof proof;
    pt_err err = {0};
    if (proof_json_read(path, cpu_features_read(), &proof, &err) != PT_OK)
        fail_msg("%s", err.msg);
    return proof;
}

static void expect_hash(const groth16_vkey *vkey, const char *expected)
{
    uint8_t hash[VKEY_HASH_BYTES];
    char text[2 * VKEY_HASH_BYTES + 1];
    vkey_hash(vkey, hash);
    assert_string_equal(sodium_bin2hex(text, sizeof text, hash, sizeof hash), expected);
}

/* The hash of a key file, which is a zkey or made of one. */
static void expect_key_hash(const char *path, const char *expected)
{
    proving_key *key;
    crew *threads;
    pt_err err = {0};
    const proving_key_options options = {.features = cpu_features_read(), .check = KEY_CHECK_QUICK};
    assert_int_equal(crew_create(1, &threads, &err), PT_OK);
    if (proving_key_open(path, options, threads, &key, &err) != PT_OK)
        fail_msg("%s", err.msg);
    expect_hash(&key->vkey, expected);
    if (key->prepared == NULL) {
        FILE *stream = fopen("k.ptkey", "wb");
        assert_non_null(stream);
        assert_int_equal(prepared_write(key, threads, NULL, stream, "k.ptkey", &err), PT_OK);
        assert_int_equal(fclose(stream), 0);
    }
    proving_key_close(key);
    crew_destroy(threads);
}

static void a_proof_is_the_bytes_of_its_definition(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const groth16_proof proof = read_proof(GOLDENS[i].proof);
        groth16_proof back;
        uint8_t bytes[PROOF_BYTES_MAX];
        char text[2 * PROOF_BYTES_MAX + 1];
        pt_err err = {0};
        const size_t n_bytes = proof_bytes_of(proof.curve);
        assert_int_equal(n_bytes, i == 0 ? 128 : 192);
        proof_bytes_write(&proof, bytes);
        assert_string_equal(sodium_bin2hex(text, sizeof text, bytes, n_bytes), GOLDENS[i].bytes);
        assert_int_equal(proof_bytes_read(proof.curve, bytes, n_bytes, &back, &err), PT_OK);
        assert_ptr_equal(back.curve, proof.curve);
        assert_memory_equal(back.a, proof.a, 2 * proof.curve->fq_bytes);
        assert_memory_equal(back.b, proof.b, 4 * proof.curve->fq_bytes);
        assert_memory_equal(back.c, proof.c, 2 * proof.curve->fq_bytes);
    }
}

static void every_build_writes_and_reads_the_same(void **state)
{
    size_t n_isas;
    const pt_isa *isas = pt_isa_list(&n_isas);
    const cpu_features here = cpu_features_read();
    (void)state;
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < n_isas; j++) {
            if (!cpu_features_cover(here, isas[j].needs))
                continue;
            groth16_proof proof = read_proof(GOLDENS[i].proof), back;
            uint8_t expected[PROOF_BYTES_MAX], bytes[PROOF_BYTES_MAX];
            pt_err err = {0};
            proof_bytes_write(&proof, expected);
            proof.curve = pt_curve_by_name(proof.curve->name, isas[j].needs);
            assert_string_equal(proof.curve->isa, isas[j].name);
            proof_bytes_write(&proof, bytes);
            assert_memory_equal(bytes, expected, proof_bytes_of(proof.curve));
            assert_int_equal(proof_bytes_read(proof.curve, bytes, proof_bytes_of(proof.curve), &back, &err), PT_OK);
            assert_memory_equal(back.b, proof.b, 4 * proof.curve->fq_bytes);
        }
}

static void a_proof_has_one_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const groth16_proof proof = read_proof(GOLDENS[i].proof);
        groth16_proof back = {0};
        uint8_t bytes[PROOF_BYTES_MAX + 1] = {0};
        proof_bytes_write(&proof, bytes);
        for (size_t n = 0; n <= PROOF_BYTES_MAX + 1; n++) {
            pt_err err = {0};
            if (n == proof_bytes_of(proof.curve))
                continue;
            assert_error(&err, proof_bytes_read(proof.curve, bytes, n, &back, &err), PT_E_FORMAT,
                         i == 0 ? "expected 128 on bn254" : "expected 192 on bls12_381");
        }
        assert_null(back.curve);
    }
}

static void the_bad_point_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const groth16_proof proof = read_proof(GOLDENS[i].proof);
        const size_t places[] = {0, proof.curve->fq_bytes, 3 * proof.curve->fq_bytes};
        for (size_t k = 0; k < 3; k++) {
            uint8_t bytes[PROOF_BYTES_MAX];
            groth16_proof back = {0};
            char expected[80];
            pt_err err = {0};
            proof_bytes_write(&proof, bytes);
            bytes[places[k]] &= 0x3f;
            snprintf(expected, sizeof expected, "point %c of the proof: its flags are those of no compressed point",
                     "ABC"[k]);
            assert_error(&err, proof_bytes_read(proof.curve, bytes, proof_bytes_of(proof.curve), &back, &err), PT_E_FORMAT,
                         expected);
            assert_null(back.curve);
        }
    }
}

/* Whatever bytes are taken are written again as they were. */
static void a_changed_bit_is_refused_or_another_proof(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const groth16_proof proof = read_proof(GOLDENS[i].proof);
        const size_t n_bytes = proof_bytes_of(proof.curve);
        size_t n_refused = 0;
        uint8_t bytes[PROOF_BYTES_MAX], again[PROOF_BYTES_MAX];
        proof_bytes_write(&proof, bytes);
        for (size_t bit = 0; bit < 8 * n_bytes; bit++) {
            groth16_proof back;
            pt_err err = {0};
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if (proof_bytes_read(proof.curve, bytes, n_bytes, &back, &err) == PT_OK) {
                proof_bytes_write(&back, again);
                assert_memory_equal(again, bytes, n_bytes);
            } else {
                assert_int_equal(err.code, PT_E_FORMAT);
                n_refused++;
            }
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        assert_in_range(n_refused, n_bytes, 7 * n_bytes);
    }
}

static void a_key_has_one_hash_in_all_its_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        groth16_vkey vkey;
        pt_err err = {0};
        assert_int_equal(vkey_json_read(GOLDENS[i].vkey, cpu_features_read(), NULL, &vkey, &err), PT_OK);
        expect_hash(&vkey, GOLDENS[i].hash);
        groth16_vkey_clear(&vkey);
        expect_key_hash(GOLDENS[i].zkey, GOLDENS[i].hash);
        expect_key_hash("k.ptkey", GOLDENS[i].hash);
    }
}

static void every_part_of_a_key_is_in_its_hash(void **state)
{
    (void)state;
    groth16_vkey vkey;
    pt_err err = {0};
    uint8_t hash[VKEY_HASH_BYTES], other[VKEY_HASH_BYTES];
    assert_int_equal(vkey_json_read(GOLDENS[0].vkey, cpu_features_read(), NULL, &vkey, &err), PT_OK);
    vkey_hash(&vkey, hash);
    const size_t g1_bytes = 2 * vkey.curve->fq_bytes;
    uint8_t *const parts[] = {vkey.alpha1, vkey.alpha1 + g1_bytes / 2,
                              vkey.beta2,  vkey.beta2 + 2 * g1_bytes - 8,
                              vkey.gamma2, vkey.delta2,
                              vkey.ic,     vkey.ic + g1_bytes * (vkey.n_public + 1) - 8};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        parts[i][0] ^= 1;
        vkey_hash(&vkey, other);
        assert_memory_not_equal(other, hash, sizeof hash);
        parts[i][0] ^= 1;
    }
    vkey.n_public--;
    vkey_hash(&vkey, other);
    assert_memory_not_equal(other, hash, sizeof hash);
    groth16_vkey_clear(&vkey);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proof_is_the_bytes_of_its_definition),
        cmocka_unit_test(every_build_writes_and_reads_the_same),
        cmocka_unit_test(a_proof_has_one_length),
        cmocka_unit_test(the_bad_point_is_named),
        cmocka_unit_test(a_changed_bit_is_refused_or_another_proof),
        cmocka_unit_test(a_key_has_one_hash_in_all_its_files),
        cmocka_unit_test(every_part_of_a_key_is_in_its_hash),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
