/* SPDX-License-Identifier: Apache-2.0 */
#include "node/setup/circuit_walk.h"

#include "node/setup/splitmix.h"

enum { WIRE_ONE = 0, WIRE_OUTPUT = 1, WIRE_FIRST = 2 };

/* Uniform; read as canonical or as Montgomery form. */
static void draw_fr(uint64_t *state, fr *out)
{
    do {
        for (int i = 0; i < FR_LIMBS; i++)
            out->limb[i] = splitmix_next(state);
        out->limb[FR_LIMBS - 1] &= UINT64_MAX >> (64 * FR_LIMBS - FR_BITS);
    } while (!fr_is_reduced(out));
}

static void add_term_fr(walk_terms *to, uint32_t wire, const fr *value)
{
    PT_VERIFY(to->n < WALK_TERMS_MAX);
    to->terms[to->n].wire = wire;
    to->terms[to->n].value = *value;
    to->n++;
}

static void add_term(walk_terms *to, uint32_t wire, int64_t value)
{
    fr canon = {{value < 0 ? (uint64_t)-value : (uint64_t)value}};
    if (value < 0)
        fr_neg(&canon, &canon);
    add_term_fr(to, wire, &canon);
}

static bool is_cancelled(const walk_sink *sink)
{
    return sink->cancel != NULL && atomic_load_explicit(sink->cancel, memory_order_relaxed);
}

/* ---- full-size values ---- */

enum { N_CONSTANTS = 64 };

void circuit_walk_full(uint64_t seed, uint32_t n_constraints, const walk_sink *sink, fr *output)
{
    uint64_t state = seed;
    fr constants[N_CONSTANTS], x[2], sum, canon; /* x: Montgomery form, the last two of the chain */
    for (int i = 0; i < N_CONSTANTS; i++)
        draw_fr(&state, &constants[i]);
    for (int i = 0; i < 2; i++) {
        draw_fr(&state, &x[i]);
        fr_to_canon(&canon, &x[i]);
        sink->value(sink->ctx, &canon);
    }
    for (uint32_t j = 0; j < n_constraints && !is_cancelled(sink); j++) {
        bool last = j + 1 == n_constraints;
        const uint32_t before = WIRE_FIRST + j, current = before + 1, next = last ? WIRE_OUTPUT : current + 1;
        walk_terms a = {0}, b = {0}, c = {0};
        add_term(&a, current, 1);
        add_term_fr(&a, WIRE_ONE, &constants[j % N_CONSTANTS]);
        if (j % 2 == 0)
            b = a;
        else
            add_term(&b, before, 1);
        add_term(&c, next, 1);
        sink->constraint(sink->ctx, &a, &b, &c);

        fr_to_mont(&sum, &constants[j % N_CONSTANTS]);
        fr_add(&sum, &sum, &x[1]);
        fr_mul(&sum, &sum, j % 2 == 0 ? &sum : &x[0]);
        x[0] = x[1];
        x[1] = sum;
        fr_to_canon(&canon, &sum);
        if (!last)
            sink->value(sink->ctx, &canon);
    }
    *output = canon;
}

/* ---- bits ---- */

enum { RECENT_BITS = 1024, WORD_BITS = 32, PACKED_BITS_MAX = 120, BITS_A_PACKED_BIT = 200 };

typedef struct {
    uint64_t rng;
    const walk_sink *sink;
    uint32_t n_bits, constraints_left;
    uint8_t recent[RECENT_BITS]; /* value of bit b at b % RECENT_BITS */
} bit_walk;

static uint32_t wire_of(uint32_t bit)
{
    return WIRE_FIRST + bit;
}

static uint32_t value_of(const bit_walk *walk, uint32_t bit)
{
    return walk->recent[bit % RECENT_BITS];
}

/* A new wire with this value. */
static uint32_t new_bit(bit_walk *walk, uint32_t value)
{
    const fr canon = {{value}};
    uint32_t bit = walk->n_bits++;
    walk->recent[bit % RECENT_BITS] = (uint8_t)value;
    walk->sink->value(walk->sink->ctx, &canon);
    return bit;
}

static void give(bit_walk *walk, const walk_terms *a, const walk_terms *b, const walk_terms *c)
{
    walk->constraints_left--;
    walk->sink->constraint(walk->sink->ctx, a, b, c);
}

/* The first bit of n_bits in a row, all in slice `part` of the recent bits: operands of one gate are different wires. */
static uint32_t pick(bit_walk *walk, uint32_t part, uint32_t n_parts, uint32_t n_bits)
{
    uint32_t n_recent = walk->n_bits < RECENT_BITS ? walk->n_bits : RECENT_BITS;
    uint32_t slice = n_recent / n_parts;
    return walk->n_bits - n_recent + part * slice + (uint32_t)(splitmix_next(&walk->rng) % (slice - n_bits + 1));
}

/* out (out - 1) = 0 */
static uint32_t gate_boolean(bit_walk *walk, uint32_t value)
{
    walk_terms a = {0}, b = {0}, c = {0};
    uint32_t out = new_bit(walk, value);
    add_term(&a, wire_of(out), 1);
    add_term(&b, wire_of(out), 1);
    add_term(&b, WIRE_ONE, -1);
    give(walk, &a, &b, &c);
    return out;
}

/* mid = y z */
static uint32_t gate_and(bit_walk *walk, uint32_t y, uint32_t z)
{
    walk_terms a = {0}, b = {0}, c = {0};
    uint32_t mid = new_bit(walk, value_of(walk, y) & value_of(walk, z));
    add_term(&a, wire_of(y), 1);
    add_term(&b, wire_of(z), 1);
    add_term(&c, wire_of(mid), 1);
    give(walk, &a, &b, &c);
    return mid;
}

/* out = x (1 - 2y - 2z + 4 mid) + y + z - 2 mid, mid = y z */
static void gate_xor3(bit_walk *walk)
{
    walk_terms a = {0}, b = {0}, c = {0};
    uint32_t x = pick(walk, 0, 3, 1), y = pick(walk, 1, 3, 1), z = pick(walk, 2, 3, 1);
    uint32_t value = value_of(walk, x) ^ value_of(walk, y) ^ value_of(walk, z);
    uint32_t mid = gate_and(walk, y, z), out = new_bit(walk, value);
    add_term(&a, WIRE_ONE, 1);
    add_term(&a, wire_of(y), -2);
    add_term(&a, wire_of(z), -2);
    add_term(&a, wire_of(mid), 4);
    add_term(&b, wire_of(x), 1);
    add_term(&c, wire_of(out), 1);
    add_term(&c, wire_of(y), -1);
    add_term(&c, wire_of(z), -1);
    add_term(&c, wire_of(mid), 2);
    give(walk, &a, &b, &c);
}

/* out = x (y + z - 2 mid) + mid, mid = y z */
static void gate_majority(bit_walk *walk)
{
    walk_terms a = {0}, b = {0}, c = {0};
    uint32_t x = pick(walk, 0, 3, 1), y = pick(walk, 1, 3, 1), z = pick(walk, 2, 3, 1);
    uint32_t value = value_of(walk, x) + value_of(walk, y) + value_of(walk, z) >= 2;
    uint32_t mid = gate_and(walk, y, z), out = new_bit(walk, value);
    add_term(&a, wire_of(y), 1);
    add_term(&a, wire_of(z), 1);
    add_term(&a, wire_of(mid), -2);
    add_term(&b, wire_of(x), 1);
    add_term(&c, wire_of(out), 1);
    add_term(&c, wire_of(mid), -1);
    give(walk, &a, &b, &c);
}

/* out = x (y - z) + z */
static void gate_choice(bit_walk *walk)
{
    walk_terms a = {0}, b = {0}, c = {0};
    uint32_t x = pick(walk, 0, 3, 1), y = pick(walk, 1, 3, 1), z = pick(walk, 2, 3, 1);
    uint32_t out = new_bit(walk, value_of(walk, value_of(walk, x) ? y : z));
    add_term(&a, wire_of(y), 1);
    add_term(&a, wire_of(z), -1);
    add_term(&b, wire_of(x), 1);
    add_term(&c, wire_of(out), 1);
    add_term(&c, wire_of(z), -1);
    give(walk, &a, &b, &c);
}

static uint64_t word_value(const bit_walk *walk, uint32_t first)
{
    uint64_t word = 0;
    for (uint32_t k = 0; k < WORD_BITS; k++)
        word |= (uint64_t)value_of(walk, first + k) << k;
    return word;
}

static void add_word(walk_terms *to, uint32_t first, int64_t sign)
{
    for (uint32_t k = 0; k < WORD_BITS; k++)
        add_term(to, wire_of(first + k), sign * ((int64_t)1 << k));
}

/* out = y + z mod 2^32: 32 boolean bits, and S (S - 2^32) = 0 for S = y + z - out. */
static void gate_adder(bit_walk *walk)
{
    walk_terms a = {0}, b = {0}, c = {0};
    uint32_t y = pick(walk, 0, 2, WORD_BITS), z = pick(walk, 1, 2, WORD_BITS), out = walk->n_bits;
    uint64_t sum = word_value(walk, y) + word_value(walk, z);
    for (uint32_t k = 0; k < WORD_BITS; k++)
        gate_boolean(walk, (uint32_t)(sum >> k & 1));
    add_word(&a, y, 1);
    add_word(&a, z, 1);
    add_word(&a, out, -1);
    b = a;
    add_term(&b, WIRE_ONE, -((int64_t)1 << WORD_BITS));
    give(walk, &a, &b, &c);
}

/* One gate that fits into the constraints that are left before the packing one. */
static void next_gate(bit_walk *walk)
{
    uint64_t die = splitmix_next(&walk->rng) % 100;
    if (walk->n_bits < 2 * WORD_BITS || die < 10)
        gate_boolean(walk, (uint32_t)(splitmix_next(&walk->rng) & 1));
    else if (die < 14 && walk->constraints_left > WORD_BITS + 1)
        gate_adder(walk);
    else if (die < 50 && walk->constraints_left > 2)
        gate_xor3(walk);
    else if (die < 75 && walk->constraints_left > 2)
        gate_majority(walk);
    else
        gate_choice(walk);
}

/* output = sum of 2^k times the k-th of the last bits */
static void gate_pack(bit_walk *walk, fr *output)
{
    walk_terms a = {0}, b = {0}, c = {0};
    uint32_t n = 1 + walk->n_bits / BITS_A_PACKED_BIT;
    if (n > PACKED_BITS_MAX)
        n = PACKED_BITS_MAX;
    *output = fr_zero;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t bit = walk->n_bits - n + k;
        fr power = fr_zero;
        power.limb[k / 64] = (uint64_t)1 << k % 64;
        add_term_fr(&a, wire_of(bit), &power);
        output->limb[k / 64] |= (uint64_t)value_of(walk, bit) << k % 64;
    }
    add_term(&b, WIRE_ONE, 1);
    add_term(&c, WIRE_OUTPUT, 1);
    give(walk, &a, &b, &c);
}

void circuit_walk_bits(uint64_t seed, uint32_t n_constraints, const walk_sink *sink, fr *output)
{
    bit_walk walk = {.rng = seed, .sink = sink, .constraints_left = n_constraints};
    new_bit(&walk, (uint32_t)(splitmix_next(&walk.rng) & 1));
    while (walk.constraints_left > 1 && !is_cancelled(sink))
        next_gate(&walk);
    gate_pack(&walk, output);
}
