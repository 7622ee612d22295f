// SPDX-License-Identifier: Apache-2.0
// The circuits that are compared, each with an input and what its public signals must be.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const preimage = fileURLToPath(new URL("../golden/preimage/preimage", import.meta.url));

/** @typedef {object} Circuit
 *  name        circuits/<name>.circom
 *  input       what snarkjs's witness calculator is given
 *  flags       of the compiler, beyond the curve
 *  curves      missing: both
 *  long        the curves on which it runs with --long alone
 *  unused      a public and a private input are in no constraint
 *  ranks       prove it by ranks under mpirun too
 *  device      prove it on an OpenCL device too
 *  program     run snarkjs's own program on it too
 *  shipped     missing, or the path of the example's files without curve and ending
 *  expected    missing, or the public signals as decimal strings */

function sha256Bits(bytes) {
  return [...bytes].flatMap((byte) => Array.from({ length: 8 }, (_, i) => String((byte >> (7 - i)) & 1)));
}

const message = Buffer.from("partita".repeat(10).slice(0, 64));
const terms = Array.from({ length: 64 }, (_, i) => i * i + 1);

// Made once by circomlibjs 0.1.7, signPoseidon of 20261121 with its documented example key.
const eddsaSignature = {
  Ax: "13277427435165878497778222415993513565335242147425444199013288855685581939618",
  Ay: "13622229784656158136036771217484571176836296686641868549125388198837476602820",
  R8x: "17140212045250753316401597493466185298149863178348312351611323210438165638127",
  R8y: "15317686031865700062426234009374470265786130385564253054144520115055606471524",
  S: "374780729133018876144958877070069570630801348949021850895285564050378638681",
  M: "20261121",
};

export const CIRCUITS = [
  { name: "preimage", ranks: true, device: true, shipped: preimage, flags: ["--O2"], input: JSON.parse(readFileSync(`${preimage}_input.json`, "utf8")) },
  { name: "one_constraint", program: true, input: { a: 6, b: 7, product: 42 }, expected: [] },
  { name: "unused_signals", unused: true, input: { used: 3, spare: [4, 5], hidden: 6 }, expected: ["9", "4", "5"] },
  { name: "no_public", input: { x: 3, y: 35 }, expected: [] },
  { name: "outputs_only", program: true, input: {}, expected: ["1", "3", "9", "27", "81"] },
  { name: "multiplier", ranks: true, input: { factors: [2, 3, 5, 7, 11, 13, 17, 19] }, expected: ["9699690"] },
  { name: "many_public", input: { terms },
    expected: [terms.reduce((sum, t) => sum + t * t, 0), ...terms].map(String) },
  { name: "comparators", input: { a: 1000, b: 4294967295 }, expected: ["1", "0", "0", "4294967295"] },
  { name: "bits", input: { x: "18446744073709551615", zero: 0 }, expected: [...new Array(64).fill("1"), "0", "1"] },
  { name: "mimc", input: { preimage: [123456789, 987654321] } },
  { name: "poseidon_chain", input: { start: 1 } },
  { name: "merkle", flags: ["--O2"], input: { leaf: 42, siblings: Array.from({ length: 20 }, (_, i) => 1000 + i),
    bits: Array.from({ length: 20 }, (_, i) => (i * 7) % 3 % 2) } },
  { name: "eddsa", curves: ["bn254"], input: eddsaSignature,
    expected: [eddsaSignature.Ax, eddsaSignature.Ay, eddsaSignature.M] },
  { name: "sha256_512", input: { message: sha256Bits(message) }, long: ["bls12_381"],
    expected: sha256Bits(createHash("sha256").update(message).digest()) },
];
