// SPDX-License-Identifier: Apache-2.0
// Compiles circuits and makes witnesses and ceremonies with circom2 and snarkjs. Outputs are kept by the hash of what made them.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import * as snarkjs from "snarkjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const modules = join(here, "node_modules");
const BEACON = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

export const CURVES = {
  bn254: { circom: "bn128", snarkjs: "bn128" },
  bls12_381: { circom: "bls12381", snarkjs: "bls12381" },
};

/** The greatest domain, as a power of two, that a ceremony of seconds reaches. */
export const CEREMONY_POWER = 8;

/** Runs make(folder) unless a folder made from the same parts is there. Half-made folders are never seen. */
async function once(work, name, parts, make) {
  const hash = createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
  const folder = join(work, `${name}-${hash}`);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  await make(unfinished);
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    rmSync(unfinished, { recursive: true });
  }
  return folder;
}

function compile(source, curve, flags, folder) {
  const args = [join(modules, "circom2", "cli.js"), source, "--r1cs", "--wasm", ...flags, "-p", CURVES[curve].circom, "-l", modules,
    "-o", folder];
  // circom2 reads nothing outside its working directory
  const run = spawnSync(process.execPath, args, { cwd: "/", encoding: "utf8" });
  if (run.status !== 0) throw new Error(`circom2 ${source}: ${run.stdout}${run.stderr}`);
}

/** { r1cs, wtns }: paths of the compiled circuit and of the witness of its input. */
export async function buildCircuit(work, source, curve, flags, input) {
  const name = source.split("/").pop().replace(/\.circom$/, "");
  const lock = readFileSync(join(here, "package-lock.json"), "utf8");
  const parts = [readFileSync(source, "utf8"), lock, curve, flags, input];
  const folder = await once(join(work, curve), name, parts, async (out) => {
    compile(source, curve, flags, out);
    await snarkjs.wtns.calculate(input, join(out, `${name}_js`, `${name}.wasm`), join(out, `${name}.wtns`));
  });
  return { r1cs: join(folder, `${name}.r1cs`), wtns: join(folder, `${name}.wtns`) };
}

/** Powers of tau for phase 2: one contribution and a beacon. */
async function powersOfTau(work, curve) {
  const folder = await once(join(work, curve), "powers_of_tau", [CEREMONY_POWER, BEACON], async (out) => {
    const file = (step) => join(out, `${step}.ptau`);
    const pairing = await snarkjs.curves.getCurveFromName(CURVES[curve].snarkjs);
    await snarkjs.powersOfTau.newAccumulator(pairing, CEREMONY_POWER, file("new"));
    await snarkjs.powersOfTau.contribute(file("new"), file("contribution"), "interop", BEACON);
    await snarkjs.powersOfTau.beacon(file("contribution"), file("beacon"), "beacon", BEACON, 10);
    await snarkjs.powersOfTau.preparePhase2(file("beacon"), file("final"));
  });
  return join(folder, "final.ptau");
}

/** The key of a snarkjs ceremony: set-up, one contribution, a beacon. */
export async function ceremonyKey(work, curve, r1cs) {
  const tau = await powersOfTau(work, curve);
  const parts = [readFileSync(r1cs).toString("base64"), tau];
  const folder = await once(join(work, curve), "ceremony", parts, async (out) => {
    const file = (step) => join(out, `${step}.zkey`);
    await snarkjs.zKey.newZKey(r1cs, tau, file("new"));
    await snarkjs.zKey.contribute(file("new"), file("contribution"), "interop", BEACON);
    await snarkjs.zKey.beacon(file("contribution"), file("final"), "beacon", BEACON, 10);
  });
  return join(folder, "final.zkey");
}
