/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/self_test.h"

#include <sodium.h>
#include <string.h>

#include "node/groth16/groth16.h"

enum { N_COORDINATES = 6 };

/* From tests/golden/arith_<curve>.json (@noble/curves): both generators, and SHA-256 of their pairing's 12 coordinates, canonical,
 * little-endian, in the order of vk_alphabeta_12. */
static const struct answer {
    const char *name;
    const char *coordinates[N_COORDINATES]; /* big-endian: g1 x, y; g2 x0, x1, y0, y1 */
    const char *pairing_sha256;
} answers[] = {
    {.name = "bn254",
     .coordinates = {"0000000000000000000000000000000000000000000000000000000000000001",
                     "0000000000000000000000000000000000000000000000000000000000000002",
                     "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed",
                     "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2",
                     "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa",
                     "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"},
     .pairing_sha256 = "e109983de6d3ff0d8d4e1236dd4d91d2a313d7e7a22e3a15062b6759ad70331c"},
    {.name = "bls12_381",
     .coordinates = {"17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb",
                     "08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1",
                     "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8",
                     "13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e",
                     "0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801",
                     "0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be"},
     .pairing_sha256 = "ff9912603bb02b77bc6ec1deaeddf9d1fee40ac17a781fb13c9c6e7a9f74d22b"},
};

static unsigned nibble(char digit)
{
    return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

/* Big-endian hexadecimal to n little-endian bytes. */
static void read_hex(const char *text, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[n - 1 - i] = (uint8_t)(nibble(text[2 * i]) << 4 | nibble(text[2 * i + 1]));
}

/* The generators as they would lie in a key. */
static void load_generators(const pt_curve *curve, const struct answer *answer, uint8_t *g1, uint8_t *g2)
{
    uint8_t canon[PT_G1_BYTES_MAX];
    for (size_t i = 0; i < N_COORDINATES; i++) {
        uint8_t *to = i < 2 ? g1 + i * curve->fq_bytes : g2 + (i - 2) * curve->fq_bytes;
        read_hex(answer->coordinates[i], canon, curve->fq_bytes);
        curve->fq_to_mont(canon, to);
    }
}

static bool pairing_is_right(const pt_curve *curve, const struct answer *answer, const uint8_t *g1, const uint8_t *g2)
{
    uint8_t value[PT_FQ12_BYTES_MAX], digest[crypto_hash_sha256_BYTES], expected[crypto_hash_sha256_BYTES];
    curve->pairing(g1, g2, value);
    for (size_t i = 0; i < 12; i++)
        curve->fq_to_canon(value + i * curve->fq_bytes, value + i * curve->fq_bytes);
    crypto_hash_sha256(digest, value, 12 * (size_t)curve->fq_bytes);
    for (size_t i = 0; i < sizeof expected; i++)
        read_hex(answer->pairing_sha256 + 2 * i, expected + i, 1);
    return memcmp(digest, expected, sizeof digest) == 0;
}

/* A = G, B = H, alpha = G, beta = gamma = delta = H, IC = (0, G), C = G: with public input r - 1 the equation
 * e(G,H) = e(G,H) e((r - 1) G, H) e(G, H) holds, and with 0 it does not. */
static bool verifier_is_right(const pt_curve *curve, const uint8_t *g1, const uint8_t *g2, pt_err *err)
{
    size_t g1_bytes = 2 * (size_t)curve->fq_bytes, g2_bytes = 2 * g1_bytes;
    uint8_t ic[2 * PT_G1_BYTES_MAX] = {0}, input[PT_FR_BYTES];
    groth16_vkey vkey = {.curve = curve, .n_public = 1, .ic = ic};
    groth16_proof proof = {.curve = curve};
    memcpy(ic + g1_bytes, g1, g1_bytes);
    memcpy(vkey.alpha1, g1, g1_bytes);
    memcpy(vkey.beta2, g2, g2_bytes);
    memcpy(vkey.gamma2, g2, g2_bytes);
    memcpy(vkey.delta2, g2, g2_bytes);
    memcpy(proof.a, g1, g1_bytes);
    memcpy(proof.b, g2, g2_bytes);
    memcpy(proof.c, g1, g1_bytes);
    memcpy(input, curve->r, sizeof input);
    pt_err holds = {0}, fails = {0};
    input[0] = (uint8_t)(input[0] - 1); /* both primes are 1 mod 256: no borrow */
    bool right = groth16_verify(&vkey, input, 1, &proof, &holds) == PT_OK;
    memset(input, 0, sizeof input);
    right &= groth16_verify(&vkey, input, 1, &proof, &fails) == PT_E_VERIFY;
    if (holds.code == PT_E_NOMEM || fails.code == PT_E_NOMEM)
        pt_fail(err, PT_E_NOMEM, "%s, %s: no memory for the self-test", curve->name, curve->isa);
    return right;
}

pt_status self_test_curve(const pt_curve *curve, bool *right, pt_err *err)
{
    uint8_t g1[PT_G1_BYTES_MAX], g2[PT_G2_BYTES_MAX];
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (strcmp(answers[i].name, curve->name) == 0) {
            load_generators(curve, &answers[i], g1, g2);
            bool all = curve->g1_find_off_curve(g1, 1) == 1 && curve->g2_find_off_curve(g2, 1) == 1 &&
                       curve->g1_find_outside(g1, 1) == 1 && curve->g2_find_outside(g2, 1) == 1 &&
                       pairing_is_right(curve, &answers[i], g1, g2) && verifier_is_right(curve, g1, g2, err);
            if (err->code == PT_OK)
                *right = all;
            return err->code;
        }
    *right = false;
    return PT_OK;
}
