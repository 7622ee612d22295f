/* SPDX-License-Identifier: Apache-2.0 */
/* node/setup/circuit_walk.h - the constraints and values of a generated circuit, one after the other. Per curve.
 *
 * Wires: 0 is 1, 1 the output, then all others in the order in which the walk gives them values. */
#ifndef PT_CIRCUIT_WALK_H
#define PT_CIRCUIT_WALK_H

#include "node/arith/fr.h"
#include "node/setup/circuit_generator.h"

#define circuit_walk_full PT_NAME(circuit_walk_full)
#define circuit_walk_bits PT_NAME(circuit_walk_bits)

enum { WALK_TERMS_MAX = 128 };

/** A linear combination; values canonical. */
typedef struct {
    uint32_t n;
    struct {
        uint32_t wire;
        fr value;
    } terms[WALK_TERMS_MAX];
} walk_terms;

/** What is done with each constraint A w o B w = C w and each value (canonical) from wire 2 on. */
typedef struct {
    void (*constraint)(void *ctx, const walk_terms *a, const walk_terms *b, const walk_terms *c);
    void (*value)(void *ctx, const fr *value);
    void *ctx;
    const atomic_bool *cancel; /* may be NULL; set by anyone: the walk ends early, its output worthless */
} walk_sink;

/** x_(j+2) = (x_(j+1) + k_j)^2 for even j, (x_(j+1) + k_j) x_j for odd j, from uniform x_0, x_1; the last is the output. 64 different k.
 *  shape   n_constraints >= 1; output: canonical */
void circuit_walk_full(uint64_t seed, uint32_t n_constraints, const walk_sink *sink, fr *output);

/** Gates over bits among the last 1,024, as circomlib's SHA-256 has them; the last constraint packs the last bits into the
 *  output (at most 1 bit in 200, 120 at most, so that the output alone can be other than 0 or 1). */
void circuit_walk_bits(uint64_t seed, uint32_t n_constraints, const walk_sink *sink, fr *output);

#endif
