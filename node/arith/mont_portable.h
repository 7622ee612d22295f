/* SPDX-License-Identifier: Apache-2.0 */
/* node/arith/mont_portable.h - Montgomery arithmetic on n limbs in C alone: the reference for every fast path.
 *
 * n is a compile-time constant at every call, so the loops unroll. Inputs and outputs are below p; p < 2^(64 n - 1).
 * source  Montgomery 1985; coarsely integrated operand scanning, Koc, Acar, Kaliski 1996 */
#ifndef PT_MONT_PORTABLE_H
#define PT_MONT_PORTABLE_H

#include <stdint.h>

typedef unsigned __int128 pt_u128;

/* r = t - p if t >= p, else t; t < 2p. No branch: the answer is random, so one would be mispredicted half the time. */
static inline void mont_reduce_once(int n, uint64_t *r, const uint64_t *t, const uint64_t *p)
{
    uint64_t d[6], borrow = 0;
    for (int i = 0; i < n; i++) {
        pt_u128 s = (pt_u128)t[i] - p[i] - borrow;
        d[i] = (uint64_t)s;
        borrow = (uint64_t)(s >> 64) & 1;
    }
    uint64_t keep = 0 - borrow;
    for (int i = 0; i < n; i++)
        r[i] = (t[i] & keep) | (d[i] & ~keep);
}

static inline void mont_add(int n, uint64_t *r, const uint64_t *a, const uint64_t *b, const uint64_t *p)
{
    uint64_t t[6], carry = 0;
    for (int i = 0; i < n; i++) {
        pt_u128 s = (pt_u128)a[i] + b[i] + carry;
        t[i] = (uint64_t)s;
        carry = (uint64_t)(s >> 64);
    }
    mont_reduce_once(n, r, t, p);
}

static inline void mont_sub(int n, uint64_t *r, const uint64_t *a, const uint64_t *b, const uint64_t *p)
{
    uint64_t t[6], borrow = 0, carry = 0;
    for (int i = 0; i < n; i++) {
        pt_u128 s = (pt_u128)a[i] - b[i] - borrow;
        t[i] = (uint64_t)s;
        borrow = (uint64_t)(s >> 64) & 1;
    }
    uint64_t mask = 0 - borrow;
    for (int i = 0; i < n; i++) {
        pt_u128 s = (pt_u128)t[i] + (p[i] & mask) + carry;
        r[i] = (uint64_t)s;
        carry = (uint64_t)(s >> 64);
    }
}

/* t = a b 2^(-64 n) mod p, or that plus p; t is 0 before, and neither a nor b. The running sum stays below 2p, so its top limb's
 * carry fits: see the bound on p. */
static inline void mont_mul_apart(int n, uint64_t *t, const uint64_t *a, const uint64_t *b, const uint64_t *p, uint64_t n0)
{
    for (int i = 0; i < n; i++) {
        pt_u128 s = (pt_u128)a[0] * b[i] + t[0];
        uint64_t m = (uint64_t)s * n0;
        pt_u128 u = (pt_u128)m * p[0] + (uint64_t)s;
        for (int j = 1; j < n; j++) {
            s = (pt_u128)a[j] * b[i] + t[j] + (uint64_t)(s >> 64);
            u = (pt_u128)m * p[j] + (uint64_t)s + (uint64_t)(u >> 64);
            t[j - 1] = (uint64_t)u;
        }
        t[n - 1] = (uint64_t)(s >> 64) + (uint64_t)(u >> 64);
    }
}

/* r = a b 2^(-64 n) mod p. */
static inline void mont_mul(int n, uint64_t *r, const uint64_t *a, const uint64_t *b, const uint64_t *p, uint64_t n0)
{
    uint64_t t[6] = {0};
    mont_mul_apart(n, t, a, b, p, n0);
    mont_reduce_once(n, r, t, p);
}

/* The same, or that plus p. */
static inline void mont_mul_lazy(int n, uint64_t *r, const uint64_t *a, const uint64_t *b, const uint64_t *p, uint64_t n0)
{
    uint64_t t[6] = {0};
    mont_mul_apart(n, t, a, b, p, n0);
    for (int i = 0; i < n; i++)
        r[i] = t[i];
}

#endif
