// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

template Multiplier(n) {
    signal input factors[n];
    signal output product;
    signal partial[n];
    partial[0] <== factors[0];
    for (var i = 1; i < n; i++) {
        partial[i] <== partial[i - 1] * factors[i];
    }
    product <== partial[n - 1];
}

component main = Multiplier(8);
