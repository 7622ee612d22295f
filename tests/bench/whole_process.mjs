// SPDX-License-Identifier: Apache-2.0
// Whole processes, key and witness in and proof out: Partita by number of threads, and snarkjs. Every proof measured is verified by snarkjs.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join, resolve } from "node:path";
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";

const USAGE = `usage: node whole_process.mjs --partita PATH --circuits DIR [options]

  --circuits DIR  with NAME.r1cs and NAME.wtns (bench_circuits.mjs makes it); keys of partita setup are added
  --only NAME     one circuit
  --runs N        measured runs of each, after one that is not counted; 5 without it
  --threads LIST  1,2 without it
  --snarkjs       measure snarkjs too
  --json          one JSON object a line`;

const cli = fileURLToPath(new URL("../interop/node_modules/snarkjs/build/cli.cjs", import.meta.url));

function run(program, args) {
  const done = spawnSync(program, args, { encoding: "utf8" });
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error(`${program} ${args.join(" ")}: exit code ${done.status}: ${done.stdout}${done.stderr}`);
}

/** { ms, mb } of one process; its greatest resident set by GNU time. */
function measure(folder, program, args) {
  const report = join(folder, "time.txt");
  const start = process.hrtime.bigint();
  run("/usr/bin/time", ["-f", "%M", "-o", report, program, ...args]);
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  return { ms, mb: Number(readFileSync(report, "utf8").trim()) / 1024 };
}

function summary(samples) {
  const sorted = samples.map((s) => s.ms).sort((a, b) => a - b);
  return { median_ms: Math.round(sorted[sorted.length >> 1]), least_ms: Math.round(sorted[0]), most_ms: Math.round(sorted.at(-1)),
    peak_mb: Math.round(Math.max(...samples.map((s) => s.mb))) };
}

/** Measures one prover; command(outputs) is its program and arguments. */
function measureProver(folder, runs, vkey, command) {
  const outputs = [join(folder, "proof.json"), join(folder, "public.json")];
  const samples = [];
  for (let i = 0; i <= runs; i++) {
    outputs.forEach((path) => rmSync(path, { force: true }));
    samples.push(measure(folder, ...command(outputs)));
    run(process.execPath, [cli, "groth16", "verify", vkey, outputs[1], outputs[0]]);
  }
  return summary(samples.slice(1));
}

function readOptions() {
  const { values } = parseArgs({ options: { partita: { type: "string" }, circuits: { type: "string" }, only: { type: "string" },
    runs: { type: "string", default: "5" }, threads: { type: "string", default: "1,2" }, snarkjs: { type: "boolean", default: false },
    json: { type: "boolean", default: false }, help: { type: "boolean", default: false } } });
  if (values.help || !values.partita || !values.circuits) {
    console.log(USAGE);
    process.exit(values.help ? 0 : 64);
  }
  return { ...values, partita: resolve(values.partita), circuits: resolve(values.circuits), runs: Number(values.runs) };
}

function print(options, circuit, prover, result) {
  if (options.json) return console.log(JSON.stringify({ circuit, prover, ...result }));
  const { median_ms, least_ms, most_ms, peak_mb } = result;
  console.log(`${circuit}  ${prover}: ${median_ms} ms (${least_ms} to ${most_ms}), ${peak_mb} MB`);
}

const options = readOptions();
const folder = mkdtempSync(join(tmpdir(), "whole-process-"));
for (const file of readdirSync(options.circuits).filter((name) => name.endsWith(".r1cs"))) {
  const name = file.replace(/\.r1cs$/, "");
  if (options.only && options.only !== name) continue;
  const [r1cs, wtns, key, vkey] = [".r1cs", ".wtns", ".zkey", "_vkey.json"].map((end) => join(options.circuits, name + end));
  if (!existsSync(key)) run(options.partita, ["setup", "--insecure", r1cs, "-o", key, "--vkey", vkey]);
  for (const threads of options.threads.split(","))
    print(options, name, `partita, threads ${threads}`, measureProver(folder, options.runs, vkey,
      (out) => [options.partita, ["prove", "--quiet", "--threads", threads, key, wtns, ...out]]));
  if (options.snarkjs)
    print(options, name, "snarkjs", measureProver(folder, options.runs, vkey,
      (out) => [process.execPath, [cli, "groth16", "prove", key, wtns, ...out]]));
}
rmSync(folder, { recursive: true });
