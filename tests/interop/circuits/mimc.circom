// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "circomlib/circuits/mimc.circom";

template MiMCPreimage() {
    signal input preimage[2];
    signal output digest;
    digest <== MultiMiMC7(2, 91)(preimage, 0);
}

component main = MiMCPreimage();
