// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "circomlib/circuits/sha256/sha256.circom";

template Sha256Preimage(n) {
    signal input message[n];
    signal output digest[256];
    digest <== Sha256(n)(message);
}

component main = Sha256Preimage(512);
