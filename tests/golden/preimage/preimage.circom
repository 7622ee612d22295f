// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "circomlib/circuits/poseidon.circom";

// "I know the two numbers behind this commitment."
template Preimage() {
    signal input secret;
    signal input nonce;
    signal output commitment;
    commitment <== Poseidon(2)([secret, nonce]);
}

component main = Preimage();
