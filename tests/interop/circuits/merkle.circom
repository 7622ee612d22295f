// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "circomlib/circuits/poseidon.circom";

// One level: the sibling stands left of the node when the bit is 1.
template MerkleLevel() {
    signal input node;
    signal input sibling;
    signal input bit;
    signal output parent;
    signal left;
    bit * (bit - 1) === 0;
    left <== node + bit * (sibling - node);
    parent <== Poseidon(2)([left, node + sibling - left]);
}

template MerklePath(depth) {
    signal input leaf;
    signal input siblings[depth];
    signal input bits[depth];
    signal output root;
    signal nodes[depth + 1];
    nodes[0] <== leaf;
    for (var i = 0; i < depth; i++) {
        nodes[i + 1] <== MerkleLevel()(nodes[i], siblings[i], bits[i]);
    }
    root <== nodes[depth];
}

component main = MerklePath(20);
