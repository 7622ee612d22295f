// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "circomlib/circuits/poseidon.circom";

template PoseidonChain(length) {
    signal input start;
    signal output end;
    signal links[length + 1];
    links[0] <== start;
    for (var i = 0; i < length; i++) {
        links[i + 1] <== Poseidon(2)([links[i], start]);
    }
    end <== links[length];
}

component main {public [start]} = PoseidonChain(3);
