// SPDX-License-Identifier: Apache-2.0
// Real circuits for the comparisons of speed, compiled by circom2, with their witnesses. `npm ci` in tests/interop comes first.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { CURVES, buildCircuit } from "../interop/circuit_build.mjs";

const USAGE = `usage: node bench_circuits.mjs --out DIR [--curve CURVE] [--only NAME] [--constraints N]

  --out DIR        gets NAME_CURVE.r1cs and NAME_CURVE.wtns
  --curve CURVE    bn254 or bls12_381; both without it
  --only NAME      merkle, poseidon, sha256 (62,528 constraints) or sha256_four (250,112); all without it
  --constraints N  of the Poseidon chain, rounded down to 240 a link; 64,800 without it`;

const LINK_CONSTRAINTS = 240;
const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Bits with as many ones as zeros, and no pattern. */
function message(n) {
  return Array.from({ length: n }, (_, i) => String(((i * i * 2654435761) >>> 7) & 1));
}

function chainSource(work, constraints) {
  const links = Math.floor(constraints / LINK_CONSTRAINTS);
  const text = readFileSync(path("../interop/circuits/poseidon_chain.circom"), "utf8");
  const file = join(work, `poseidon_chain_${links * LINK_CONSTRAINTS}.circom`);
  writeFileSync(file, text.replace(/PoseidonChain\(\d+\);/, `PoseidonChain(${links});`));
  return file;
}

function circuits(work, constraints) {
  return {
    merkle: { source: path("../interop/circuits/merkle.circom"), flags: ["--O2"],
      input: { leaf: 42, siblings: Array.from({ length: 20 }, (_, i) => 1000 + i), bits: Array.from({ length: 20 }, (_, i) => i % 2) } },
    poseidon: { source: chainSource(work, constraints), flags: ["--O2"], input: { start: 1 } },
    sha256: { source: path("../interop/circuits/sha256_512.circom"), flags: [], input: { message: message(512) } },
    sha256_four: { source: path("circuits/sha256_four.circom"), flags: [],
      input: { message: Array.from({ length: 4 }, (_, i) => message(512 + i).slice(i)) } },
  };
}

const { values } = parseArgs({ options: { out: { type: "string" }, curve: { type: "string" }, only: { type: "string" },
  constraints: { type: "string", default: "64800" }, help: { type: "boolean", default: false } } });
if (values.help || !values.out || (values.curve && !(values.curve in CURVES))) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 64);
}
const out = resolve(values.out);
const work = join(out, "compiled");
mkdirSync(work, { recursive: true });
for (const curve of values.curve ? [values.curve] : Object.keys(CURVES)) {
  for (const [name, circuit] of Object.entries(circuits(work, Number(values.constraints)))) {
    if (values.only && values.only !== name) continue;
    const built = await buildCircuit(work, circuit.source, curve, circuit.flags, circuit.input);
    copyFileSync(built.r1cs, join(out, `${name}_${curve}.r1cs`));
    copyFileSync(built.wtns, join(out, `${name}_${curve}.wtns`));
    console.log(join(out, `${name}_${curve}.r1cs`));
  }
}
process.exit(0);
