/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/judge.h"

const pt_curve *judge_other_build(const pt_curve *curve)
{
    const pt_curve *best = pt_curve_by_name(curve->name, cpu_features_read());
    const pt_curve *plain = pt_curve_by_name(curve->name, (cpu_features){0});
    return curve != plain ? plain : best != plain ? best : NULL;
}

pt_status judge_proof(const pt_curve *other, const groth16_vkey *vkey, const groth16_proof *proof,
                      const uint8_t *public_inputs, pt_err *err)
{
    const groth16_batch alone = {.vkey = vkey, .public_inputs = &public_inputs, .proofs = proof, .n = 1};
    pt_err verdict = {0};
    if (other->verify_batch(&alone, &verdict, err) != PT_OK)
        return err->code;
    return verdict.code == PT_OK ? PT_OK : pt_fail(err, PT_E_INTERNAL, "benchmark: a proof is wrong: %s", verdict.msg);
}
