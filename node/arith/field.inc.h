/* SPDX-License-Identifier: Apache-2.0 */
/* node/arith/field.inc.h - template of a prime field; fr.h and fq.h are its instances.
 *
 * needs   FIELD: fr or fq (a struct of limbs); FIELD_CONST(x): FR_##x or FQ_##x
 * gives   F(verb) = FIELD_verb, here in fr's name: fr_add, fr_sub, fr_neg, fr_dbl, fr_mul, fr_sqr, fr_inv ...
 *
 * Elements are in Montgomery form and reduced (below the modulus): one representation a value, so equality is of limbs.
 * r may be any of the inputs in every function. Equation numbers are docs/math.md's. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "node/arith/divsteps.h"
#include "node/arith/mont_portable.h"

#define F(verb) PT_JOIN(FIELD, PT_JOIN(_, verb))
#define F_LIMBS FIELD_CONST(LIMBS)
#define F_BYTES (8 * F_LIMBS)

static const FIELD F(modulus) = FIELD_CONST(MODULUS);
static const FIELD F(one) = FIELD_CONST(ONE);
static const FIELD F(zero) = {{0}};

#ifdef PT_ISA_ADX
#include "node/arith/field_adx.inc.h"
#endif

/** Is the value below the modulus? (What a file must hold; an invariant everywhere else.) */
static inline bool F(is_reduced)(const FIELD *a)
{
    for (int i = F_LIMBS - 1; i >= 0; i--)
        if (a->limb[i] != F(modulus).limb[i])
            return a->limb[i] < F(modulus).limb[i];
    return false;
}

static inline bool F(is_zero)(const FIELD *a)
{
    uint64_t any = 0;
    for (int i = 0; i < F_LIMBS; i++)
        any |= a->limb[i];
    return any == 0;
}

static inline bool F(eq)(const FIELD *a, const FIELD *b)
{
    uint64_t differ = 0;
    for (int i = 0; i < F_LIMBS; i++)
        differ |= a->limb[i] ^ b->limb[i];
    return differ == 0;
}

static inline bool F(is_one)(const FIELD *a)
{
    return F(eq)(a, &F(one));
}

static inline void F(add)(FIELD *r, const FIELD *a, const FIELD *b)
{
    PT_VERIFY(F(is_reduced)(a) && F(is_reduced)(b));
#ifdef PT_ISA_ADX
    F(add_adx)(r, a, b);
#else
    mont_add(F_LIMBS, r->limb, a->limb, b->limb, F(modulus).limb);
#endif
}

static inline void F(sub)(FIELD *r, const FIELD *a, const FIELD *b)
{
    PT_VERIFY(F(is_reduced)(a) && F(is_reduced)(b));
#ifdef PT_ISA_ADX
    F(sub_adx)(r, a, b);
#else
    mont_sub(F_LIMBS, r->limb, a->limb, b->limb, F(modulus).limb);
#endif
}

static inline void F(dbl)(FIELD *r, const FIELD *a)
{
    F(add)(r, a, a);
}

static inline void F(neg)(FIELD *r, const FIELD *a)
{
    F(sub)(r, &F(zero), a);
}

/* r = a b 2^(-64 n) mod p, the Montgomery product (eq. 1), for any b of n limbs: b alone is scanned limb by limb, so the
 * running sum stays below a + p < 2p. r is reduced. */
static inline void F(mul_wide)(FIELD *r, const FIELD *a, const FIELD *b)
{
    PT_VERIFY(F(is_reduced)(a));
#ifdef PT_ISA_ADX
    F(mul_adx)(r, a, b);
#else
    mont_mul(F_LIMBS, r->limb, a->limb, b->limb, F(modulus).limb, FIELD_CONST(N0));
#endif
    PT_VERIFY(F(is_reduced)(r));
}

/* mul_wide, or that plus p: r < 2p. */
static inline void F(mul_lazy)(FIELD *r, const FIELD *a, const FIELD *b)
{
    PT_VERIFY(F(is_reduced)(a));
#ifdef PT_ISA_ADX
    F(mul_lazy_adx)(r, a, b);
#else
    mont_mul_lazy(F_LIMBS, r->limb, a->limb, b->limb, F(modulus).limb, FIELD_CONST(N0));
#endif
}

static inline void F(mul)(FIELD *r, const FIELD *a, const FIELD *b)
{
    PT_VERIFY(F(is_reduced)(b));
    F(mul_wide)(r, a, b);
}

static inline void F(sqr)(FIELD *r, const FIELD *a)
{
    F(mul)(r, a, a);
}

/** Canonical value to Montgomery form. */
static inline void F(to_mont)(FIELD *r, const FIELD *canon)
{
    static const FIELD r2 = FIELD_CONST(R2);
    F(mul)(r, canon, &r2);
}

/** Montgomery form to canonical value. */
static inline void F(to_canon)(FIELD *r, const FIELD *mont)
{
    static const FIELD unit = {{1}};
    F(mul)(r, mont, &unit);
}

static inline void F(from_u64)(FIELD *r, uint64_t value)
{
    const FIELD canon = {{value}};
    F(to_mont)(r, &canon);
}

/** Read F_BYTES bytes of little-endian limbs, of any alignment, as they lie. */
static inline void F(load)(FIELD *r, const uint8_t *bytes)
{
    memcpy(r, bytes, F_BYTES);
}

static inline void F(store)(uint8_t *bytes, const FIELD *a)
{
    memcpy(bytes, a, F_BYTES);
}

/** r = a if choose, else r, without a branch. */
static inline void F(cmov)(FIELD *r, const FIELD *a, bool choose)
{
    uint64_t mask = 0 - (uint64_t)choose;
    for (int i = 0; i < F_LIMBS; i++)
        r->limb[i] ^= (r->limb[i] ^ a->limb[i]) & mask;
}

/** r = a^e; e has n_limbs limbs, least significant first. Time depends on e alone. */
static inline void F(pow)(FIELD *r, const FIELD *a, const uint64_t *e, size_t n_limbs)
{
    FIELD base = *a, acc = F(one);
    for (size_t i = 64 * n_limbs; i-- > 0;) {
        F(sqr)(&acc, &acc);
        if (e[i / 64] >> (i % 64) & 1)
            F(mul)(&acc, &acc, &base);
    }
    *r = acc;
}

/** r = 1 / a, and 0 for a = 0 (Fermat: a^(p-2)). The time does not depend on a: for secrets. */
static inline void F(inv)(FIELD *r, const FIELD *a)
{
    static const FIELD e = FIELD_CONST(P_MINUS_2);
    F(pow)(r, a, e.limb, F_LIMBS);
}

/** r = 1 / a, and 0 for a = 0, some five times faster (eq. 6). Time and branches follow the division steps of p and a, which
 *  determine a: for points of keys and proofs, and where time depends on the witness anyway; never for what r or s made. */
static __attribute__((noinline, unused)) void F(inv_var)(FIELD *r, const FIELD *a)
{
    static const FIELD r2 = FIELD_CONST(R2); /* R^2 / (a R) = R / a */
    PT_VERIFY(F(is_reduced)(a));
    divsteps_div_var(F_LIMBS, r->limb, r2.limb, a->limb, F(modulus).limb, FIELD_CONST(N0));
    PT_VERIFY(F(is_reduced)(r));
}

#undef F_BYTES
#undef F_LIMBS
#undef F
#undef FIELD_CONST
#undef FIELD_HAS_PAIRS
#undef FIELD
