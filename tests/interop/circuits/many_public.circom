// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

template SumOfSquares(n) {
    signal input terms[n];
    signal output sum;
    signal squares[n];
    var total = 0;
    for (var i = 0; i < n; i++) {
        squares[i] <== terms[i] * terms[i];
        total += squares[i];
    }
    sum <== total;
}

component main {public [terms]} = SumOfSquares(64);
