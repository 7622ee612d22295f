// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "circomlib/circuits/eddsaposeidon.circom";

// Baby Jubjub is a curve over BN254's scalar field, so this circuit has no BLS12-381 twin.
template EdDSA() {
    signal input Ax;
    signal input Ay;
    signal input R8x;
    signal input R8y;
    signal input S;
    signal input M;
    EdDSAPoseidonVerifier()(1, Ax, Ay, S, R8x, R8y, M);
}

component main {public [Ax, Ay, M]} = EdDSA();
