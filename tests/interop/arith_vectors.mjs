// SPDX-License-Identifier: Apache-2.0
// Known answers for node/arith, from @noble/curves; pairings also from snarkjs's own arithmetic.
//
//   node arith_vectors.mjs            writes tests/golden/arith_<curve>.json
//   node arith_vectors.mjs --check    fails when a committed file differs from what it would write
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bn254 } from "@noble/curves/bn254.js";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { getCurveFromName } from "ffjavascript";

const SEED = "partita arithmetic vectors 1";

const BN_X = 4965661367192848881n;

// The final exponent is k (q^12 - 1) / r. Both noble and snarkjs (vk_alphabeta_12) use these k, not 1:
// Fuentes-Castaneda, Knapp, Rodriguez-Henriquez (SAC 2011) for BN254, Ghammam and Fouotsa (eprint 2016/130) for BLS12-381.
const CURVES = {
  bn254: { lib: bn254, snarkjsName: "bn128", xi: "9 + u", k: 2n * BN_X * (6n * BN_X * BN_X + 3n * BN_X + 1n),
    kText: "2 x (6 x^2 + 3 x + 1), x = 4965661367192848881",
    cofactorPrimes: { g1: [], g2: [10069n, 5864401n, 1875725156269n] } },
  bls12_381: { lib: bls12_381, snarkjsName: "bls12381", xi: "1 + u", k: 3n, kText: "3",
    cofactorPrimes: { g1: [3n, 11n, 10177n, 859267n, 52437899n], g2: [13n, 23n, 2713n, 11953n, 262069n] } },
};

/** Uniform integers below a bound, by SHA-256 of seed, label and counter. */
function randomSource(label) {
  let counter = 0;
  const block = () => BigInt("0x" + createHash("sha256").update(`${SEED}|${label}|${counter++}`).digest("hex"));
  return (bound) => ((block() << 512n) | (block() << 256n) | block()) % bound;
}

function check(condition, what) {
  if (!condition) throw new Error(`arith_vectors: ${what}`);
}

const isObject = (v) => typeof v === "object" && v !== null;

/** Nested arrays of numbers, as snarkjs prints an element of an extension: [c0, c1(, c2)]. */
function nested(value) {
  if (!isObject(value)) return value;
  return Object.keys(value).sort().map((name) => nested(value[name]));
}

/** The same nesting with hexadecimal strings. */
function hex(value) {
  const one = (v) => (Array.isArray(v) ? v.map(one) : v.toString(16));
  return one(nested(value));
}

function multiplyPlain(point, k) {
  let sum = point.constructor.ZERO;
  for (let bit = k.toString(2).length - 1; bit >= 0; bit--) {
    sum = sum.double();
    if ((k >> BigInt(bit)) & 1n) sum = sum.add(point);
  }
  return sum;
}

// ---- fields ----

/** q, the size of the prime field, is given for extension fields: they have a Frobenius map. */
function unaryVector(F, a, q) {
  const out = { a: hex(a), neg: hex(F.neg(a)), sqr: hex(F.sqr(a)),
    inv: F.is0(a) ? null : hex(F.inv(a)) };
  if (!q) return out;
  check(F.eql(F.frobeniusMap(a, 1), F.pow(a, q)), "Frobenius is a^q");
  out.frobenius = [1, 2, 3].map((power) => hex(F.frobeniusMap(a, power)));
  return out;
}

function binaryVector(F, a, b) {
  return { a: hex(a), b: hex(b), add: hex(F.add(a, b)), sub: hex(F.sub(a, b)),
    mul: hex(F.mul(a, b)) };
}

function primeField(F, random) {
  const p = F.ORDER;
  const top = 1n << BigInt(F.BYTES * 8 - 64);
  const edges = [0n, 1n, 2n, p - 1n, p - 2n, (p - 1n) / 2n, (p + 1n) / 2n, (1n << 64n) - 1n, 1n << 64n,
    top - 1n, top % p, (1n << BigInt(8 * F.BYTES)) % p];
  const drawn = Array.from({ length: 5 }, () => random(p));
  const corner = [0n, 1n, p - 1n, p - 2n, (p + 1n) / 2n];
  const pairs = corner.flatMap((a) => corner.map((b) => [a, b]));
  for (const a of drawn) pairs.push([a, random(p)], [a, p - 1n], [a, p - a]);
  return { modulus: hex(p), unary: [...edges, ...drawn].map((a) => unaryVector(F, a)),
    binary: pairs.map(([a, b]) => binaryVector(F, a, b)) };
}

/** An element with every coefficient from next(), shaped like a zero of the field. */
function fill(shape, next) {
  if (!isObject(shape)) return next();
  return Object.fromEntries(Object.keys(shape).map((name) => [name, fill(shape[name], next)]));
}

function extensionField(F, Fp, random, nRandom) {
  const p = Fp.ORDER;
  let turn = 0;
  const sparse = fill(F.ZERO, () => (turn++ % 2 ? random(p) : 0n));
  const values = [F.ZERO, F.ONE, fill(F.ZERO, () => p - 1n), sparse];
  for (let i = 0; i < nRandom; i++) values.push(fill(F.ZERO, () => random(p)));
  const pairs = values.slice(1).map((a, i) => [a, values[i]]);
  return { unary: values.map((a) => unaryVector(F, a, p)), binary: pairs.map(([a, b]) => binaryVector(F, a, b)) };
}

// ---- groups ----

function pointText(point) {
  if (point.is0()) return null;
  const { x, y } = point.toAffine();
  return [hex(x), hex(y)];
}

/** A point of the curve by trial of x, so almost never of the subgroup. */
function anyPoint(Point, F, b, draw) {
  for (;;) {
    const x = draw();
    try {
      const y = F.sqrt(F.add(F.mul(F.sqr(x), x), b));
      return Point.fromAffine({ x, y });
    } catch { /* not a square: draw again */ }
  }
}

/** Points whose order is l or a power of l, for each prime l of the cofactor. */
function smallOrderPoints(Point, r, primes, draw) {
  const cofactor = Point.CURVE().h;
  return primes.map((l) => {
    check(cofactor % l === 0n, `${l} divides the cofactor`);
    let rest = cofactor;
    while (rest % l === 0n) rest /= l;
    let point = Point.ZERO;
    while (point.is0()) point = multiplyPlain(draw(), r * rest);
    return point;
  });
}

function additions(points) {
  const G = points[0];
  const zero = G.constructor.ZERO;
  const pairs = [[zero, zero], [zero, G], [G, zero], [G, G], [G, G.negate()], [G, G.double()]];
  for (let i = 1; i < points.length; i++) pairs.push([points[i - 1], points[i]]);
  return { add: pairs.map(([p, q]) => ({ p: pointText(p), q: pointText(q), sum: pointText(p.add(q)) })),
    double: [zero, ...points].map((p) => ({ p: pointText(p), twice: pointText(p.double()) })) };
}

function multiplications(points, r, random) {
  const scalars = [0n, 1n, 2n, 3n, r - 1n, r - 2n, (r + 1n) / 2n, (1n << 64n) - 1n, 1n << 128n];
  const cases = scalars.map((k) => [points[0], k]);
  for (const p of points) cases.push([p, random(r)]);
  return cases.map(([p, k]) => ({ k: k.toString(16), p: pointText(p),
    kp: pointText(multiplyPlain(p, k)) }));
}

/** x big-endian, of Fq2 c1 first, and flags in its first byte. noble writes BLS12-381's itself; BN254's is gnark's. */
function compressed(lib, point) {
  if (lib !== bn254) return Buffer.from(point.toBytes(true)).toString("hex");
  const { Fp } = lib.fields;
  const parts = (v) => (isObject(v) ? [v.c1, v.c0] : [v]);
  const { x, y } = point.is0() ? { x: point.X, y: point.Y } : point.toAffine();
  if (point.is0()) return "40".padEnd(2 * Fp.BYTES * parts(x).length, "0");
  const decides = parts(y).find((v) => v !== 0n);
  const bytes = Buffer.concat(parts(x).map((v) => Fp.toBytes(v)));
  bytes[0] |= decides > (Fp.ORDER - 1n) / 2n ? 0xc0 : 0x80;
  return bytes.toString("hex");
}

/** The point, by noble's own decoder or from the curve's equation and the flags alone. */
function decompressed(lib, Point, bytes) {
  if (lib !== bn254) return Point.fromHex(bytes);
  const F = Point.Fp;
  const flags = parseInt(bytes.slice(0, 2), 16) & 0xc0;
  if (flags === 0x40) return Point.ZERO;
  const clear = (parseInt(bytes.slice(0, 2), 16) & 0x3f).toString(16).padStart(2, "0") + bytes.slice(2);
  const number = (text) => BigInt("0x" + text);
  const x = isObject(F.ZERO) ? F.fromBigTuple([number(clear.slice(64)), number(clear.slice(0, 64))]) : number(clear);
  const y = F.sqrt(F.add(F.mul(F.sqr(x), x), Point.CURVE().b));
  const point = Point.fromAffine({ x, y });
  return compressed(lib, point) === bytes ? point : point.negate();
}

/** Of each point and its negative. Members of the subgroup alone: noble encodes no others. */
function encodings(lib, Point, points) {
  return points.flatMap((p) => [p, p.negate()]).map((p) => {
    const bytes = compressed(lib, p);
    check(decompressed(lib, Point, bytes).equals(p), "a compressed point is read back");
    return { p: pointText(p), bytes };
  });
}

function group(lib, name, Fp, primes, random) {
  const r = lib.fields.Fr.ORDER;
  const Point = lib[name].Point;
  const { b } = Point.CURVE();
  const F = Point.Fp;
  const draw = () => anyPoint(Point, F, b, () => fill(F.ZERO, () => random(Fp.ORDER)));
  const members = [Point.BASE];
  for (let i = 0; i < 2; i++) members.push(multiplyPlain(Point.BASE, random(r)));
  const strangers = [draw(), draw()];
  const torsion = smallOrderPoints(Point, r, primes, draw);
  const candidates = [Point.ZERO, ...members, ...strangers, ...torsion, ...torsion.map((p) => p.add(Point.BASE))];
  const { x, y } = members[1].toAffine();
  check(!F.eql(F.sqr(x), F.add(F.mul(F.sqr(y), y), b)), "a point with x and y exchanged is off the curve");
  return { b: hex(b), generator: pointText(Point.BASE), ...additions(members),
    mul: multiplications(members, r, random),
    subgroup: candidates.map((p) => ({ p: pointText(p), member: multiplyPlain(p, r).is0() })),
    off_curve: [[hex(y), hex(x)]], compressed: encodings(lib, Point, [Point.ZERO, ...members]) };
}

// ---- pairing ----

function checkExponent(lib, k) {
  const { Fp, Fr, Fp12 } = lib.fields;
  const miller = lib.pairing(lib.G1.Point.BASE, lib.G2.Point.BASE, false);
  const exact = Fp12.pow(miller, (Fp.ORDER ** 12n - 1n) / Fr.ORDER);
  check(Fp12.eql(lib.pairing(lib.G1.Point.BASE, lib.G2.Point.BASE), Fp12.pow(exact, k)), "the final exponent's factor");
}

/** The same pairing by snarkjs's arithmetic. */
function snarkjsPairing(peer, p, q) {
  const a = p.toAffine();
  const b = q.toAffine();
  const one = peer.G1.fromObject([a.x, a.y, 1n]);
  const two = peer.G2.fromObject([[b.x.c0, b.x.c1], [b.y.c0, b.y.c1], [1n, 0n]]);
  return peer.Gt.toObject(peer.pairing(one, two));
}

function pairingVector(lib, peer, pairs) {
  const { Fp12 } = lib.fields;
  const finite = pairs.filter(([p, q]) => !p.is0() && !q.is0());
  const value = finite.length ? lib.pairingBatch(finite.map(([g1, g2]) => ({ g1, g2 }))) : Fp12.ONE;
  if (pairs.length === 1 && finite.length === 1)
    check(hex(value).toString() === hex(snarkjsPairing(peer, ...pairs[0])).toString(), "noble and snarkjs agree");
  return { pairs: pairs.map(([p, q]) => ({ g1: pointText(p), g2: pointText(q) })), value: hex(value) };
}

async function pairings(curve, random) {
  const { lib } = curve;
  const r = lib.fields.Fr.ORDER;
  const P = lib.G1.Point.BASE;
  const Q = lib.G2.Point.BASE;
  const [a, b] = [random(r), random(r)];
  const aP = multiplyPlain(P, a);
  const bQ = multiplyPlain(Q, b);
  const cancelling = [[aP, bQ], [multiplyPlain(P, (a * b) % r).negate(), Q]];
  const peer = await getCurveFromName(curve.snarkjsName, { singleThread: true });
  const sets = [[[P, Q]], [[P.negate(), Q]], [[aP, bQ]], [[lib.G1.Point.ZERO, Q]],
    [[P, lib.G2.Point.ZERO]], cancelling, [[P, Q], [aP, bQ], [lib.G1.Point.ZERO, bQ], [aP.negate(), Q]]];
  return sets.map((pairs) => pairingVector(lib, peer, pairs));
}

// ---- the file ----

function conventions(curve) {
  return { numbers: "big-endian hexadecimal, no leading zeros, not in Montgomery form",
    points: "[x, y] affine; infinity is null", inv: "null for 0",
    fq2: "[c0, c1] = c0 + c1 u, u^2 = -1", fq6: "[c0, c1, c2] = c0 + c1 v + c2 v^2, v^3 = xi", xi: curve.xi,
    fq12: "[c0, c1] = c0 + c1 w, w^2 = v", frobenius: "a^q, a^(q^2), a^(q^3)",
    pairing: "product over the pairs of the optimal ate pairings, each raised to k (q^12 - 1) / r", k: curve.kText };
}

async function vectors(name) {
  const curve = CURVES[name];
  const { Fp, Fr, Fp2, Fp6, Fp12 } = curve.lib.fields;
  const random = (label) => randomSource(`${name}|${label}`);
  checkExponent(curve.lib, curve.k);
  return { curve: name, seed: SEED, conventions: conventions(curve),
    fr: primeField(Fr, random("fr")), fq: primeField(Fp, random("fq")),
    fq2: extensionField(Fp2, Fp, random("fq2"), 4), fq6: extensionField(Fp6, Fp, random("fq6"), 1),
    fq12: extensionField(Fp12, Fp, random("fq12"), 1),
    g1: group(curve.lib, "G1", Fp, curve.cofactorPrimes.g1, random("g1")),
    g2: group(curve.lib, "G2", Fp, curve.cofactorPrimes.g2, random("g2")),
    pairing: await pairings(curve, random("pairing")) };
}

/** JSON with one vector a line: compact, and a changed vector is one changed line. */
function format(value, depth = 0) {
  if (!isObject(value) || depth === 3) return JSON.stringify(value);
  const inner = Array.isArray(value) ? value.map((v) => format(v, 3))
    : Object.entries(value).map(([name, v]) => `${JSON.stringify(name)}: ${format(v, Array.isArray(v) ? depth : depth + 1)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return `${open}\n${inner.join(",\n")}\n${close}`;
}

const checking = process.argv.includes("--check");
let differing = 0;
console.log(`seed: ${SEED}`);
for (const name of Object.keys(CURVES)) {
  const path = fileURLToPath(new URL(`../golden/arith_${name}.json`, import.meta.url));
  const text = format(await vectors(name)) + "\n";
  if (!checking) writeFileSync(path, text);
  const same = readFileSync(path, "utf8") === text;
  if (!same) differing++;
  console.log(`${same ? "ok" : "FAILED"} arith_${name}.json ${text.length} bytes`);
}
process.exit(differing ? 1 : 0);
