// SPDX-License-Identifier: Apache-2.0
// Inputs that no constraint uses: two public, one private.
pragma circom 2.0.0;

template UnusedSignals() {
  signal input used;
  signal input spare[2];
  signal input hidden;
  signal output square;
  square <== used * used;
}

component main {public [spare]} = UnusedSignals();
