// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "circomlib/circuits/sha256/sha256.circom";

// Four messages of two blocks each: four times tests/interop/circuits/sha256_512.circom, for a domain of 2^18.
template Sha256Messages(messages, n) {
    signal input message[messages][n];
    signal output digest[messages][256];
    for (var i = 0; i < messages; i++) {
        digest[i] <== Sha256(n)(message[i]);
    }
}

component main = Sha256Messages(4, 512);
