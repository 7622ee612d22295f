// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

// One constraint and no public signal: a domain of 2.
template OneConstraint() {
    signal input a;
    signal input b;
    signal input product;
    a * b === product;
}

component main = OneConstraint();
