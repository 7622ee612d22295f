// SPDX-License-Identifier: Apache-2.0
// Groth16 with r = s = 0 from its definition, on BigInt and @noble/curves: slow, and sharing nothing with the code it is compared with.
import { readFileSync } from "node:fs";
import { bn254 } from "@noble/curves/bn254.js";
import { bls12_381 } from "@noble/curves/bls12-381.js";

const LIBRARIES = [{ lib: bn254, name: "bn128" }, { lib: bls12_381, name: "bls12381" }];

/** Little-endian reading of a section, in order. */
class Cursor {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }
  take(n) {
    this.at += n;
    return this.bytes.subarray(this.at - n, this.at);
  }
  u32() {
    return this.take(4).readUInt32LE();
  }
  integer(n) {
    return BigInt("0x" + Buffer.from(this.take(n)).reverse().toString("hex"));
  }
}

/** The sections of a zkey, wtns or r1cs file by type. */
export function readSections(path) {
  const file = new Cursor(readFileSync(path));
  file.take(8);
  const sections = new Map();
  for (let left = file.u32(); left > 0; left--) {
    const type = file.u32();
    sections.set(type, file.take(Number(file.integer(8))));
  }
  return sections;
}

/** { r, values }: the prime of the field and the witness. */
export function readWitness(path) {
  const sections = readSections(path);
  const header = new Cursor(sections.get(1));
  const bytes = header.u32();
  const r = header.integer(bytes);
  const values = new Cursor(sections.get(2));
  return { r, values: Array.from({ length: header.u32() }, () => values.integer(bytes)) };
}

// ---- the key ----

/** Points of one section: affine, Montgomery form with factor 2^(8 n8q), infinity all zero. */
function pointReader(lib, group, n8q) {
  const { Fp } = lib.fields;
  const Point = lib[group].Point;
  const unmont = Fp.inv(Fp.create(1n << BigInt(8 * n8q)));
  const number = (cursor) => Fp.mul(cursor.integer(n8q), unmont);
  const coordinate = group === "G1" ? number : (cursor) => ({ c0: number(cursor), c1: number(cursor) });
  return (cursor) => {
    const x = coordinate(cursor);
    const y = coordinate(cursor);
    if (Point.Fp.is0(x) && Point.Fp.is0(y)) return Point.ZERO;
    const point = Point.fromAffine({ x, y });
    point.assertValidity();
    return point;
  };
}

function readPoints(section, read) {
  const cursor = new Cursor(section);
  const points = [];
  while (cursor.at < section.length) points.push(read(cursor));
  return points;
}

/** Section 4 holds value * 2^512 mod r, two Montgomery factors, for 32-byte fields. */
function readCoefficients(section, Fr) {
  const cursor = new Cursor(section);
  const factor = Fr.inv(Fr.create(1n << 512n));
  return Array.from({ length: cursor.u32() }, () => ({ matrix: cursor.u32(), row: cursor.u32(), signal: cursor.u32(),
    value: Fr.mul(cursor.integer(32), factor) }));
}

export function readKey(path) {
  const sections = readSections(path);
  const header = new Cursor(sections.get(2));
  const n8q = header.u32();
  const q = header.integer(n8q);
  const { lib, name } = LIBRARIES.find((entry) => entry.lib.fields.Fp.ORDER === q);
  header.integer(header.u32());
  const key = { lib, curve: name, nWires: header.u32(), nPublic: header.u32(), domain: header.u32() };
  const g1 = pointReader(lib, "G1", n8q);
  const g2 = pointReader(lib, "G2", n8q);
  Object.assign(key, { alpha1: g1(header), beta1: g1(header), beta2: g2(header) });
  key.coefficients = readCoefficients(sections.get(4), lib.fields.Fr);
  Object.assign(key, { A: readPoints(sections.get(5), g1), B2: readPoints(sections.get(7), g2),
    C: readPoints(sections.get(8), g1), H: readPoints(sections.get(9), g1) });
  return key;
}

// ---- the quotient on the odd coset ----

/** w with w^n = 1 and no smaller power: from the smallest non-residue of Fr, as snarkjs chooses it. */
function rootOfUnity(Fr, n) {
  let g = 2n;
  while (Fr.pow(g, (Fr.ORDER - 1n) / 2n) === 1n) g++;
  return Fr.pow(g, (Fr.ORDER - 1n) / BigInt(n));
}

/** Values of the polynomial with these coefficients at 1, w, w^2, ... */
function evaluate(Fr, coefficients, w) {
  if (coefficients.length === 1) return coefficients;
  const half = coefficients.length / 2;
  const square = Fr.sqr(w);
  const even = evaluate(Fr, coefficients.filter((_, i) => i % 2 === 0), square);
  const odd = evaluate(Fr, coefficients.filter((_, i) => i % 2 === 1), square);
  const out = new Array(2 * half);
  for (let i = 0, power = 1n; i < half; i++, power = Fr.mul(power, w)) {
    const term = Fr.mul(power, odd[i]);
    out[i] = Fr.add(even[i], term);
    out[i + half] = Fr.sub(even[i], term);
  }
  return out;
}

/** From values at the powers of w to values at the powers of w times shift. */
function moveToCoset(Fr, values, w, shift) {
  const scale = Fr.inv(BigInt(values.length));
  const coefficients = evaluate(Fr, values, Fr.inv(w)).map((v, i) => Fr.mul(Fr.mul(v, scale), Fr.pow(shift, BigInt(i))));
  return evaluate(Fr, coefficients, w);
}

/** a b - c on the odd coset, with a = A w, b = B w on the domain and c = a o b there. */
function quotient(key, witness) {
  const { Fr } = key.lib.fields;
  const rows = [new Array(key.domain).fill(0n), new Array(key.domain).fill(0n)];
  for (const { matrix, row, signal, value } of key.coefficients)
    rows[matrix][row] = Fr.add(rows[matrix][row], Fr.mul(value, witness[signal]));
  const product = rows[0].map((a, i) => Fr.mul(a, rows[1][i]));
  const shift = rootOfUnity(Fr, 2 * key.domain);
  const [a, b, c] = [...rows, product].map((values) => moveToCoset(Fr, values, Fr.sqr(shift), shift));
  return a.map((v, i) => Fr.sub(Fr.mul(v, b[i]), c[i]));
}

// ---- the proof ----

function plainSum(Point, points, scalars) {
  let sum = Point.ZERO;
  points.forEach((point, i) => {
    if (scalars[i] !== 0n && !point.is0()) sum = sum.add(point.multiplyUnsafe(scalars[i]));
  });
  return sum;
}

/** Infinity is (0 : 1 : 0) in snarkjs's files. */
function g1Text(point) {
  if (point.is0()) return ["0", "1", "0"];
  const { x, y } = point.toAffine();
  return [x.toString(), y.toString(), "1"];
}

function g2Text(point) {
  if (point.is0()) return [["0", "0"], ["1", "0"], ["0", "0"]];
  const { x, y } = point.toAffine();
  return [[x.c0.toString(), x.c1.toString()], [y.c0.toString(), y.c1.toString()], ["1", "0"]];
}

/** The proof and the public signals with r = s = 0, as snarkjs's objects. */
export function provePlain(keyPath, witnessPath) {
  const key = readKey(keyPath);
  const witness = readWitness(witnessPath).values;
  const G1 = key.lib.G1.Point;
  const a = key.alpha1.add(plainSum(G1, key.A, witness));
  const b = key.beta2.add(plainSum(key.lib.G2.Point, key.B2, witness));
  const c = plainSum(G1, key.C, witness.slice(key.nPublic + 1)).add(plainSum(G1, key.H, quotient(key, witness)));
  return { proof: { pi_a: g1Text(a), pi_b: g2Text(b), pi_c: g1Text(c), protocol: "groth16", curve: key.curve },
    publicSignals: witness.slice(1, key.nPublic + 1).map(String) };
}
