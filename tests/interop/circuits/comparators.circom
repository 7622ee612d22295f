// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "circomlib/circuits/comparators.circom";

template Comparators(bits) {
    signal input a;
    signal input b;
    signal output less;
    signal output at_least;
    signal output equal;
    less <== LessThan(bits)([a, b]);
    at_least <== GreaterEqThan(bits)([a, b]);
    equal <== IsEqual()([a, b]);
}

component main {public [b]} = Comparators(32);
