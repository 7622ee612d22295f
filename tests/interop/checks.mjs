// SPDX-License-Identifier: Apache-2.0
// What must hold between Partita and snarkjs for one circuit on one curve. Each check throws, with the reason, when it does not.
import { spawnSync } from "node:child_process";
import { strict as assert } from "node:assert";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import * as snarkjs from "snarkjs";
import { ceremonyKey } from "./circuit_build.mjs";
import { provePlain, readWitness } from "./plain_prover.mjs";

/** Exit code for a witness or a proof that is not valid. */
const EX_INVALID = 76;
/** And for a file with a finding of --lint that counts. */
const EX_MALFORMED = 65;
const silent = { info() {}, debug() {}, warn() {}, error() {} };

export function partita(program, args, env = {}) {
  const run = spawnSync(program, args, { encoding: "utf8", env: { ...process.env, ...env } });
  if (run.error) throw run.error;
  return { code: run.status ?? run.signal, text: `${run.stdout}${run.stderr}`.trim() };
}

function expectCode(program, args, code, env) {
  const run = partita(program, args, env);
  assert.equal(run.code, code, `exit code ${run.code}, expected ${code}: ${run.text} (${args.join(" ")})`);
}

const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

/** As snarkjs's program writes JSON: one space a level, an empty list over two lines, no newline at the end. */
export function snarkjsText(value) {
  return JSON.stringify(value, null, 1).replaceAll("[]", "[\n]");
}

/** @typedef {object} Case
 *  program, fixed   paths of the program and of its test build
 *  mpirun           missing, or the launcher: the circuit is to be proven by ranks
 *  device           missing, or the name of an OpenCL device: the circuit is to be proven there
 *  curve, work      bn254 or bls12_381; where ceremonies are kept
 *  folder           for this case's files
 *  r1cs, wtns       of the circuit
 *  key, vkey        paths, set by the first check of a case
 *  unused           missing, or true: a public and a private input are in no constraint
 *  shipped          missing, or the path of the example's files without their endings */


// ---- whose key ----

async function exportVerifyingKey(key) {
  return snarkjsText(await snarkjs.zKey.exportVerificationKey(key, silent));
}

export async function snarkjsMakesAKey(c) {
  c.key = await ceremonyKey(c.work, c.curve, c.r1cs);
  c.vkey = join(c.folder, "vkey.json");
  writeFileSync(c.vkey, await exportVerifyingKey(c.key));
}

export async function theShippedFilesAreOfTheirSource(c) {
  c.key = `${c.shipped}.zkey`;
  c.vkey = `${c.shipped}_vkey.json`;
  assert.ok(readFileSync(c.wtns).equals(readFileSync(`${c.shipped}.wtns`)), "another witness");
  assert.equal(readFileSync(c.vkey, "utf8"), await exportVerifyingKey(c.key), "another verifying key");
  const proof = await snarkjs.groth16.prove(c.key, c.wtns);
  assert.ok(await snarkjs.groth16.verify(readJson(c.vkey), proof.publicSignals, proof.proof), "a key of another circuit");
}

export async function ourSetupMakesAKey(c) {
  c.key = join(c.folder, "key.zkey");
  c.vkey = join(c.folder, "vkey.json");
  rmSync(c.key, { force: true });
  expectCode(c.program, ["setup", "--insecure", c.r1cs, "-o", c.key, "--vkey", c.vkey], 0);
}

export async function snarkjsExportsOurVerifyingKey(c) {
  assert.equal(readFileSync(c.vkey, "utf8"), await exportVerifyingKey(c.key), "the verifying keys differ");
}

export async function snarkjsContributesToOurKey(c) {
  const key = join(c.folder, "contributed.zkey");
  await snarkjs.zKey.contribute(c.key, key, "interop", "0123456789abcdef");
  const vkey = await snarkjs.zKey.exportVerificationKey(key, silent);
  assert.deepEqual(ceremonyFindings(c, key), ["gamma-not-generator", "no-beacon"]); // the contribution takes our mark away
  const { proof, publicSignals } = await snarkjs.groth16.prove(key, c.wtns);
  assert.ok(await snarkjs.groth16.verify(vkey, publicSignals, proof), "the contributed key gives no proof");
}

// ---- lint ----

/** { rule: message } of what is found. */
function lint(c, path) {
  const run = spawnSync(c.program, ["inspect", "--lint", "--json", path], { encoding: "utf8" });
  const { errors, warnings, findings } = JSON.parse(run.stdout);
  assert.equal(run.status, errors + warnings > 0 ? EX_MALFORMED : 0, run.stderr);
  return Object.fromEntries(findings.map(({ rule, message }) => [rule, message]));
}

const OF_CIRCUITS = ["unused-public", "unused-signal", "unconstrained-output", "trivial-constraint", "domain-too-large"];

/** The rules that find something in a key's ceremony, and nothing of its circuit. */
function ceremonyFindings(c, key) {
  return Object.keys(lint(c, key)).filter((rule) => !OF_CIRCUITS.includes(rule));
}

/** A key before any contribution, with one, and with a beacon. */
export async function everyStepOfACeremonyIsLinted(c) {
  const steps = ["new", "contribution", "final"].map((step) => c.key.replace("final.zkey", `${step}.zkey`));
  assert.deepEqual(steps.map((key) => ceremonyFindings(c, key)), [["gamma-equals-delta", "no-contribution"], ["no-beacon"], []]);
  assert.deepEqual(ceremonyFindings(c, c.vkey), []);
}

/** Public signals that no constraint uses are the same ones in the circuit and in its key. */
export async function aKeyHasTheUnusedSignalsOfItsCircuit(c) {
  const indices = (message) => message?.replace(/.*: /, "");
  const [circuit, key] = [lint(c, c.r1cs), lint(c, c.key)];
  assert.equal(indices(key["unused-public"]), indices(circuit["unused-public"]));
  const inCircuit = circuit["unused-signal"] && !circuit["unused-signal"].startsWith("left out");
  assert.equal("unused-signal" in key, Boolean(inCircuit));
  if (c.unused) assert.ok("unused-public" in circuit && "unused-signal" in circuit, "nothing unused is found");
}

// ---- proofs ----

export function publicSignalsOf(wtns, n) {
  return readWitness(wtns).values.slice(1, n + 1).map(String);
}

export async function snarkjsAcceptsOurProof(c) {
  const [proof, signals] = [join(c.folder, "proof.json"), join(c.folder, "public.json")];
  expectCode(c.program, ["prove", c.key, c.wtns, proof, signals], 0);
  const vkey = readJson(c.vkey);
  assert.ok(await snarkjs.groth16.verify(vkey, readJson(signals), readJson(proof)), "snarkjs refuses the proof");
  assert.deepEqual(readJson(signals), publicSignalsOf(c.wtns, vkey.nPublic), "public.json is not the witness's");
}

/** The same text with every long number replaced: what is left is the layout. */
const layout = (text) => text.replace(/"\d{4,}"/g, '"N"');

export async function ourJsonIsLaidOutAsSnarkjsWrites(c) {
  const { proof, publicSignals } = await snarkjsProof(c);
  const read = (name) => readFileSync(join(c.folder, name), "utf8");
  assert.equal(layout(read("proof.json")), layout(snarkjsText(proof)));
  assert.equal(read("public.json"), snarkjsText(publicSignals));
}

/** snarkjsText against files that snarkjs's own program wrote. */
export async function snarkjsProgramWritesThisLayout(c) {
  const cli = fileURLToPath(new URL("node_modules/snarkjs/build/cli.cjs", import.meta.url));
  const [proof, signals, vkey] = ["proof", "public", "vkey"].map((name) => join(c.folder, `program_${name}.json`));
  expectCode(process.execPath, [cli, "groth16", "prove", c.key, c.wtns, proof, signals], 0);
  expectCode(process.execPath, [cli, "zkey", "export", "verificationkey", c.key, vkey], 0);
  const theirs = await snarkjsProof(c);
  assert.equal(layout(readFileSync(proof, "utf8")), layout(snarkjsText(theirs.proof)));
  assert.equal(readFileSync(signals, "utf8"), snarkjsText(theirs.publicSignals));
  assert.equal(readFileSync(vkey, "utf8"), await exportVerifyingKey(c.key));
}

async function snarkjsProof(c) {
  c.snarkjsProof ??= await snarkjs.groth16.prove(c.key, c.wtns);
  return c.snarkjsProof;
}

function writeProof(c, name, proof, publicSignals) {
  const paths = [join(c.folder, `${name}_public.json`), join(c.folder, `${name}_proof.json`)];
  writeFileSync(paths[0], snarkjsText(publicSignals));
  writeFileSync(paths[1], snarkjsText(proof));
  return paths;
}

export async function weAcceptSnarkjsProof(c) {
  const { proof, publicSignals } = await snarkjsProof(c);
  assert.ok(await snarkjs.groth16.verify(readJson(c.vkey), publicSignals, proof), "snarkjs refuses its own proof");
  expectCode(c.program, ["verify", c.vkey, ...writeProof(c, "snarkjs", proof, publicSignals)], 0);
}

export async function weRefuseTamperedProofs(c) {
  const { proof, publicSignals } = await snarkjsProof(c);
  const other = { ...proof, pi_c: proof.pi_a };
  expectCode(c.program, ["verify", c.vkey, ...writeProof(c, "tampered", other, publicSignals)], EX_INVALID);
  if (publicSignals.length === 0) return;
  const signals = [...publicSignals.slice(0, -1), (BigInt(publicSignals.at(-1)) + 1n).toString()];
  expectCode(c.program, ["verify", c.vkey, ...writeProof(c, "tampered", proof, signals)], EX_INVALID);
}

// ---- an unsatisfied witness ----

/** A copy of the witness with the first wire changed, from the last one back, that breaks a constraint. */
async function unsatisfiedWitness(c) {
  const bytes = readFileSync(c.wtns);
  const path = join(c.folder, "unsatisfied.wtns");
  for (let at = bytes.length - 32; at > 0; at -= 32) {
    const changed = Buffer.from(bytes);
    changed[at] ^= 1;
    writeFileSync(path, changed);
    if (!(await snarkjs.wtns.check(c.r1cs, path, silent))) return path;
  }
  throw new Error("no wire breaks a constraint");
}

export async function anUnsatisfiedWitnessGivesNoProof(c) {
  const outputs = ["unsatisfied_proof.json", "unsatisfied_public.json"].map((name) => join(c.folder, name));
  outputs.forEach((path) => rmSync(path, { force: true }));
  expectCode(c.program, ["prove", c.key, await unsatisfiedWitness(c), ...outputs], EX_INVALID);
  assert.deepEqual(outputs.filter(existsSync), [], "an output was left");
}

/** A bad witness among good ones: the good ones are proven, and the exit code is the bad one's. */
export async function otherWitnessesAreProvenBesideABadOne(c) {
  const out = join(c.folder, "several");
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out);
  const witness = (name) => join(out, `${name}.wtns`);
  copyFileSync(c.wtns, witness("first"));
  copyFileSync(await unsatisfiedWitness(c), witness("second"));
  copyFileSync(c.wtns, witness("third"));
  expectCode(c.program, ["prove", c.key, witness("first"), witness("second"), witness("third"), "--out", out], EX_INVALID);
  assert.deepEqual(["first", "second", "third"].map((name) => existsSync(join(out, `${name}.proof.json`))), [true, false, true]);
  for (const name of ["first", "third"])
    assert.ok(await snarkjs.groth16.verify(readJson(c.vkey), readJson(join(out, `${name}.public.json`)),
      readJson(join(out, `${name}.proof.json`))), `snarkjs refuses the ${name} proof`);
}

// ---- ranks ----

const N_RANKS = 3;
const N_PARTITIONS = 6;
/** Open MPI keeps memory until exit and takes two locks of its TCP transport in both orders: no leak, no deadlock of ours. */
const UNDER_MPIRUN = { ASAN_OPTIONS: "detect_leaks=0:verify_asan_link_order=0",
  TSAN_OPTIONS: `suppressions=${fileURLToPath(new URL("../cluster/open_mpi.tsan", import.meta.url))}` };

/** Every proof that ranks under mpirun make of one request. */
export async function snarkjsAcceptsWhatRanksProve(c) {
  const out = join(c.folder, "ranks");
  const ids = Array.from({ length: N_PARTITIONS }, (_, i) => `partition${i}`);
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out);
  for (const id of ids) copyFileSync(c.wtns, join(out, `${id}.wtns`));
  const root = process.geteuid() === 0 ? ["--allow-run-as-root"] : [];
  expectCode(c.mpirun, [...root, "--oversubscribe", "--bind-to", "none", "-n", `${N_RANKS}`, c.program, "prove", c.key,
    ...ids.map((id) => join(out, `${id}.wtns`)), "--out", out, "--quiet"], 0, UNDER_MPIRUN);
  const [vkey, proofs] = [readJson(c.vkey), new Set()];
  for (const id of ids) {
    const [proof, signals] = ["proof", "public"].map((kind) => readJson(join(out, `${id}.${kind}.json`)));
    assert.ok(await snarkjs.groth16.verify(vkey, signals, proof), `snarkjs refuses the proof of ${id}`);
    assert.deepEqual(signals, publicSignalsOf(c.wtns, vkey.nPublic), `${id}: public.json is not the witness's`);
    proofs.add(proof.pi_a.join());
  }
  assert.equal(proofs.size, N_PARTITIONS, "two proofs have the same blinding");
}

// ---- a device ----

/** Its kernels are kept beside the circuits. */
function proveOnDevice(c, program, name) {
  const outputs = ["proof", "public"].map((kind) => join(c.folder, `${name}_${kind}.json`));
  const run = partita(program, ["prove", c.key, c.wtns, ...outputs, "--device", c.device, "--stats"],
    { XDG_CACHE_HOME: join(c.work, "kernels") });
  assert.equal(run.code, 0, run.text);
  assert.match(run.text, /^proven on .+: 1; by the processor in its place: 0$/m);
  return outputs;
}

export async function snarkjsAcceptsWhatADeviceProves(c) {
  const [proof, signals] = proveOnDevice(c, c.program, "device").map(readJson);
  const vkey = readJson(c.vkey);
  assert.ok(await snarkjs.groth16.verify(vkey, signals, proof), "snarkjs refuses the proof");
  assert.deepEqual(signals, publicSignalsOf(c.wtns, vkey.nPublic), "public.json is not the witness's");
}

// ---- r = s = 0 ----

/** That of snarkjs's algorithm too, where the circuit is small enough for it: theFixedProofIsThePlainOne. */
export async function theDeviceGivesTheSameFixedProof(c) {
  const alone = ["proof", "public"].map((kind) => join(c.folder, `processor_${kind}.json`));
  expectCode(c.fixed, ["prove", c.key, c.wtns, ...alone], 0);
  const texts = [alone, proveOnDevice(c, c.fixed, "device_fixed")].map((paths) => paths.map((path) => readFileSync(path, "utf8")));
  assert.deepEqual(texts[1], texts[0]);
}

export async function theFixedProofIsThePlainOne(c) {
  const [proof, signals] = [join(c.folder, "fixed_proof.json"), join(c.folder, "fixed_public.json")];
  expectCode(c.fixed, ["prove", c.key, c.wtns, proof, signals], 0);
  const plain = provePlain(c.key, c.wtns);
  assert.equal(readFileSync(proof, "utf8"), snarkjsText(plain.proof));
  assert.equal(readFileSync(signals, "utf8"), snarkjsText(plain.publicSignals));
}

/** A prepared key is the key that it was made of, to the last bit of a proof. */
export async function thePreparedKeyGivesTheSameProof(c) {
  const prepared = join(c.folder, "prepared.ptkey");
  expectCode(c.program, ["prepare", c.key, "-o", prepared, "--quiet"], 0);
  const [fromKey, fromPrepared] = [c.key, prepared].map((key, i) => {
    const outputs = ["proof", "public"].map((name) => join(c.folder, `prepared_${i}_${name}.json`));
    expectCode(c.fixed, ["prove", key, c.wtns, ...outputs], 0);
    return outputs.map((path) => readFileSync(path, "utf8")).join("\n");
  });
  assert.equal(fromPrepared, fromKey);
}

/** Threads and instruction set change the time, never the proof. */
export async function everyKnobGivesTheSameProof(c) {
  const proofs = [[], ["--threads", "1"], ["--threads", "3"], ["--isa", "portable"]].map((knob, i) => {
    const outputs = ["proof", "public"].map((name) => join(c.folder, `knob_${i}_${name}.json`));
    expectCode(c.fixed, ["prove", ...knob, c.key, c.wtns, ...outputs], 0);
    return outputs.map((path) => readFileSync(path, "utf8")).join("\n");
  });
  assert.equal(new Set(proofs).size, 1, "the proofs differ");
}

export async function snarkjsAcceptsThePlainProof(c) {
  const { proof, publicSignals } = provePlain(c.key, c.wtns);
  assert.ok(await snarkjs.groth16.verify(readJson(c.vkey), publicSignals, proof), "snarkjs refuses the proof");
}
