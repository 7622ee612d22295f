// SPDX-License-Identifier: Apache-2.0
// Partita against circom2, circomlib and snarkjs. One line a check; exit code 1 when one fails.
import { strict as assert } from "node:assert";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { CEREMONY_POWER, CURVES, buildCircuit } from "./circuit_build.mjs";
import { CIRCUITS } from "./circuit_list.mjs";
import * as checks from "./checks.mjs";
import { readSections } from "./plain_prover.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

const USAGE = `usage: node run.mjs --work DIR [--partita PATH] [--partita-fixed PATH] [options]

  --work DIR            where compiled circuits, keys and proofs are kept
  --partita PATH        the program
  --partita-fixed PATH  its test build, where r = s = 0
  --mpirun PATH         what starts ranks, where the program is built with MPI
  --device NAME         an OpenCL device, as partita prove has it
  --only NAME           one circuit (may be given again)
  --curve CURVE         bn254 or bls12_381
  --quick               without the circuits that take long

Without --partita the tools are checked against each other alone.`;

function readOptions() {
  const { values } = parseArgs({ options: { work: { type: "string" }, partita: { type: "string" },
    "partita-fixed": { type: "string" }, mpirun: { type: "string" },
    device: { type: "string" }, only: { type: "string", multiple: true }, curve: { type: "string" },
    quick: { type: "boolean", default: false }, help: { type: "boolean", default: false } } });
  const curves = values.curve ? [values.curve] : Object.keys(CURVES);
  const known = !values.curve || values.curve in CURVES;
  const named = (values.only ?? []).every((name) => CIRCUITS.some((circuit) => circuit.name === name));
  if (values.help || !values.work || !known || !named) {
    console.log(USAGE);
    process.exit(values.help ? 0 : 64);
  }
  return { ...values, fixed: values["partita-fixed"], curves, work: resolve(values.work) };
}

function selected(options, curve) {
  return CIRCUITS.filter((circuit) => (circuit.curves ?? [curve]).includes(curve)
    && (!options.only || options.only.includes(circuit.name))
    && !(options.quick && circuit.long?.includes(curve)));
}

/** Rows of the domain: the constraints, one for each public signal and one for the 1 (r1cs section 1). */
function domainPower(r1cs) {
  const header = readSections(r1cs).get(1);
  const at = 4 + header.readUInt32LE(0);
  const rows = header.readUInt32LE(at + 24) + header.readUInt32LE(at + 4) + header.readUInt32LE(at + 8) + 1;
  return Math.ceil(Math.log2(rows));
}

class Report {
  constructor() {
    this.passed = 0;
    this.failed = [];
  }
  /** Runs one check and prints its line; false when it fails. */
  async run(title, check) {
    const start = Date.now();
    try {
      await check();
    } catch (error) {
      this.failed.push(title);
      console.log(`FAILED ${title}: ${error.message.trim().replace(/\s+/g, " ").slice(0, 600)}`);
      return false;
    }
    this.passed++;
    console.log(`ok ${title} (${Date.now() - start} ms)`);
    return true;
  }
}

/** The function's name as words: snarkjsAcceptsOurProof becomes "snarkjs accepts our proof". */
function words(check) {
  return check.name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

async function checkCase(report, title, c, list) {
  for (const check of list) await report.run(`${title}: ${words(check)}`, () => check(c));
}

/** Proofs both ways with the key c.key, whose verifying key is c.vkey. */
async function proveBothWays(report, c, title) {
  await checkCase(report, title, c, [checks.snarkjsAcceptsOurProof, checks.ourJsonIsLaidOutAsSnarkjsWrites,
    checks.weAcceptSnarkjsProof, checks.weRefuseTamperedProofs]);
  if (c.mpirun) await checkCase(report, title, c, [checks.snarkjsAcceptsWhatRanksProve]);
  if (c.device) await checkCase(report, title, c, [checks.snarkjsAcceptsWhatADeviceProves]);
  if (c.device && c.fixed) await checkCase(report, title, c, [checks.theDeviceGivesTheSameFixedProof]);
  if (c.small) await checkCase(report, title, c, [checks.anUnsatisfiedWitnessGivesNoProof, checks.otherWitnessesAreProvenBesideABadOne]);
}

/** With a key that snarkjs made: the shipped example's, or a ceremony's. */
async function withTheirKey(report, options, circuit, c, title) {
  const made = circuit.shipped ? checks.theShippedFilesAreOfTheirSource : checks.snarkjsMakesAKey;
  if (!(await report.run(`${title}: ${words(made)}`, () => made(c)))) return;
  if (circuit.program) await checkCase(report, title, c, [checks.snarkjsProgramWritesThisLayout]);
  if (options.partita && !circuit.shipped) await checkCase(report, title, c, [checks.everyStepOfACeremonyIsLinted]);
  if (options.partita) await checkCase(report, title, c, [checks.aKeyHasTheUnusedSignalsOfItsCircuit]);
  if (options.partita) await proveBothWays(report, c, title);
  await checkCase(report, title, c, [options.fixed ? checks.theFixedProofIsThePlainOne : checks.snarkjsAcceptsThePlainProof]);
  if (options.fixed && options.partita) await checkCase(report, title, c, [checks.thePreparedKeyGivesTheSameProof]);
}

async function withOurKey(report, options, c, title) {
  if (!(await report.run(`${title}: ${words(checks.ourSetupMakesAKey)}`, () => checks.ourSetupMakesAKey(c)))) return;
  await checkCase(report, title, c, [checks.snarkjsExportsOurVerifyingKey]);
  if (c.small) await checkCase(report, title, c, [checks.snarkjsContributesToOurKey]);
  await proveBothWays(report, c, title);
  if (options.fixed) await checkCase(report, title, c, [checks.everyKnobGivesTheSameProof]);
}

async function runCircuit(report, options, circuit, curve) {
  const source = circuit.shipped ? `${circuit.shipped}.circom` : join(here, "circuits", `${circuit.name}.circom`);
  const title = `${curve} ${circuit.name}`;
  const built = {};
  const compiled = await report.run(`${title}: circom2 compiles`, async () => {
    Object.assign(built, await buildCircuit(options.work, source, curve, circuit.flags ?? [], circuit.input));
    if (circuit.expected) assert.deepEqual(checks.publicSignalsOf(built.wtns, circuit.expected.length), circuit.expected);
  });
  if (!compiled) return;
  const small = domainPower(built.r1cs) <= CEREMONY_POWER;
  const start = (name) => {
    const folder = join(options.work, curve, "proofs", circuit.name, name);
    mkdirSync(folder, { recursive: true });
    return { ...built, small, curve, folder, work: options.work, program: options.partita, fixed: options.fixed, unused: circuit.unused,
      mpirun: circuit.ranks && options.mpirun, device: circuit.device && options.device,
      shipped: circuit.shipped && `${circuit.shipped}_${curve}` };
  };
  if (small) await withTheirKey(report, options, circuit, start("snarkjs_key"), `${title}, snarkjs's key`);
  if (options.partita) await withOurKey(report, options, start("our_key"), `${title}, our key`);
}

const options = readOptions();
const report = new Report();
for (const curve of options.curves)
  for (const circuit of selected(options, curve)) await runCircuit(report, options, circuit, curve);
console.log(`${report.passed} checks passed, ${report.failed.length} failed`);
report.failed.forEach((title) => console.log(`  ${title}`));
process.exit(report.failed.length || !report.passed ? 1 : 0);
