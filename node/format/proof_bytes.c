/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/proof_bytes.h"

#include <sodium.h>
#include <string.h>

size_t proof_bytes_of(const pt_curve *curve)
{
    return 4 * (size_t)curve->fq_bytes;
}

void proof_bytes_write(const groth16_proof *proof, uint8_t *out)
{
    const pt_curve *curve = proof->curve;
    curve->g1_compress(proof->a, out);
    curve->g2_compress(proof->b, out + curve->fq_bytes);
    curve->g1_compress(proof->c, out + 3 * (size_t)curve->fq_bytes);
}

pt_status proof_bytes_read(const pt_curve *curve, const uint8_t *bytes, size_t n_bytes, groth16_proof *out, pt_err *err)
{
    if (n_bytes != proof_bytes_of(curve))
        return pt_fail(err, PT_E_FORMAT, "a proof of %zu bytes, expected %zu on %s", n_bytes, proof_bytes_of(curve),
                       curve->name);
    groth16_proof proof = {.curve = curve};
    const char *const faults[] = {curve->g1_decompress(bytes, proof.a),
                                  curve->g2_decompress(bytes + curve->fq_bytes, proof.b),
                                  curve->g1_decompress(bytes + 3 * (size_t)curve->fq_bytes, proof.c)};
    for (int i = 0; i < 3; i++)
        if (faults[i] != NULL)
            return pt_fail(err, PT_E_FORMAT, "point %c of the proof: %s", 'A' + i, faults[i]);
    *out = proof;
    return PT_OK;
}

/* Coordinates in canonical form: it is what a point is, whoever keeps it in which form. */
static void hash_coordinates(crypto_generichash_state *hash, const pt_curve *curve, const uint8_t *values, size_t n)
{
    uint8_t canon[PT_G1_BYTES_MAX / 2];
    for (size_t i = 0; i < n; i++) {
        curve->fq_to_canon(values + i * curve->fq_bytes, canon);
        crypto_generichash_update(hash, canon, curve->fq_bytes);
    }
}

void vkey_hash(const groth16_vkey *vkey, uint8_t *out)
{
    const pt_curve *curve = vkey->curve;
    const uint8_t n_public[] = {(uint8_t)vkey->n_public, (uint8_t)(vkey->n_public >> 8), (uint8_t)(vkey->n_public >> 16),
                                (uint8_t)(vkey->n_public >> 24)};
    crypto_generichash_state hash;
    crypto_generichash_init(&hash, NULL, 0, VKEY_HASH_BYTES);
    crypto_generichash_update(&hash, (const uint8_t *)curve->name, strlen(curve->name) + 1);
    crypto_generichash_update(&hash, n_public, sizeof n_public);
    hash_coordinates(&hash, curve, vkey->alpha1, 2);
    hash_coordinates(&hash, curve, vkey->beta2, 4);
    hash_coordinates(&hash, curve, vkey->gamma2, 4);
    hash_coordinates(&hash, curve, vkey->delta2, 4);
    hash_coordinates(&hash, curve, vkey->ic, 2 * ((size_t)vkey->n_public + 1));
    crypto_generichash_final(&hash, out, VKEY_HASH_BYTES);
}
