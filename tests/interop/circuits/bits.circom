// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/bitify.circom";

template Bits(n) {
    signal input x;
    signal input zero;
    signal output bits[n];
    signal output x_is_zero;
    signal output zero_is_zero;
    bits <== Num2Bits(n)(x);
    x_is_zero <== IsZero()(x);
    zero_is_zero <== IsZero()(zero);
}

component main = Bits(64);
