/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/field.h - template of a prime field on a device; kernels/device_fields.h has its instances. No include guard.
 *
 * needs   FIELD: fr or fq (a struct of 32-bit words); FIELD_CONST(x): FR_##x or FQ_##x
 * gives   F(verb) = FIELD_verb; here in fq's name:
 *         fq_mul fq_sqr fq_add fq_sub fq_neg fq_dbl fq_mul_add_mul fq_mul_sub_mul fq_inv   lazy in, lazy out
 *         fq_reduce fq_from_canon fq_to_canon       out below p
 *         fq_is_zero fq_eq                          of lazy values, as residues
 *         fq_zero() fq_one() fq_choose(c, a, b)     c != 0 ? a : b
 *
 * Elements are in Montgomery form and lazy: below the limit L, which is 2p where 4p < R = 2^(32 n) (both fq, BN254's fr) and p elsewhere
 * (BLS12-381's fr, of 255 bits). So 0 may be p; what leaves the device goes through fq_reduce. Bounds below are in p and R.
 * Products are Montgomery's (docs/math.md, eq. 1): PTX carry chains on NVIDIA (field_ptx.h), C elsewhere (field_portable.h). */

#define F(verb) PT_JOIN(FIELD, PT_JOIN(_, verb))
#define F_WORDS FIELD_CONST(WORDS)

PT_CONSTANT FIELD F(modulus) = FIELD_CONST(MODULUS_WORDS);
PT_CONSTANT FIELD F(limit) = FIELD_CONST(LIMIT_WORDS);
PT_CONSTANT FIELD F(one_words) = FIELD_CONST(ONE_WORDS);
PT_CONSTANT FIELD F(r2_words) = FIELD_CONST(R2_WORDS);

/* A copy in registers of what stands in constant memory. */
PT_FN FIELD F(of_constant)(PT_CONSTANT_SPACE FIELD *a)
{
    FIELD r;
    PT_UNROLL
    for (int i = 0; i < F_WORDS; i++)
        r.word[i] = a->word[i];
    return r;
}

PT_FN FIELD F(zero)(void)
{
    FIELD r;
    PT_UNROLL
    for (int i = 0; i < F_WORDS; i++)
        r.word[i] = 0;
    return r;
}

PT_FN FIELD F(one)(void)
{
    return F(of_constant)(&F(one_words));
}

PT_FN FIELD F(choose)(uint first, FIELD a, FIELD b)
{
    PT_UNROLL
    for (int i = 0; i < F_WORDS; i++)
        b.word[i] = first ? a.word[i] : b.word[i];
    return b;
}

#if FIELD_CONST(LIMIT_IS_2P)
/* A product before its reduction: lo + R hi. */
typedef struct {
    FIELD lo, hi;
} F(wide);
#endif

/* Both give add_words sub_words mul_words sqr_words mul_add_mul_words; wide_mul wide_sub reduce_words. */
#if PT_PTX
#include "kernels/field_ptx.h"
#else
#include "kernels/field_portable.h"
#endif

/* a - m if that's not negative, else a. */
PT_FN FIELD F(subtract_once)(FIELD a, FIELD m)
{
    uint borrow;
    FIELD less = F(sub_words)(a, m, &borrow);
    return F(choose)(borrow, a, less);
}

/** a below 2p: below p. */
PT_FN FIELD F(reduce)(FIELD a)
{
    return F(subtract_once)(a, F(of_constant)(&F(modulus)));
}

/* a below 2L: below L. */
PT_FN FIELD F(to_limit)(FIELD a)
{
    return F(subtract_once)(a, F(of_constant)(&F(limit)));
}

PT_FN FIELD F(add)(FIELD a, FIELD b)
{
    return F(to_limit)(F(add_words)(a, b)); /* 2L < R */
}

PT_FN FIELD F(dbl)(FIELD a)
{
    return F(add)(a, a);
}

PT_FN FIELD F(sub)(FIELD a, FIELD b)
{
    uint borrow;
    FIELD difference = F(sub_words)(a, b, &borrow);
    return F(add_words)(difference, F(choose)(borrow, F(of_constant)(&F(limit)), F(zero)()));
}

PT_FN FIELD F(neg)(FIELD a)
{
    return F(sub)(F(zero)(), a);
}

/** r = a b / R. Of lazy values the words are below ab/R + p, that is 4p (p/R) + p < 2p, or for L = p below 2p. */
PT_PRODUCT FIELD F(mul)(FIELD a, FIELD b)
{
#if FIELD_CONST(LIMIT_IS_2P)
    return F(mul_words)(a, b);
#else
    return F(reduce)(F(mul_words)(a, b));
#endif
}

PT_PRODUCT FIELD F(sqr)(FIELD a)
{
#if FIELD_CONST(LIMIT_IS_2P)
    return F(sqr_words)(a);
#else
    return F(reduce)(F(sqr_words)(a));
#endif
}

#if FIELD_CONST(LIMIT_IS_2P)
/** r = (a b + c d) / R with one reduction; c alone may be 2p. The words are below 8p (p/R) + p < 3p. */
PT_PRODUCT FIELD F(mul_add_mul)(FIELD a, FIELD b, FIELD c, FIELD d)
{
#if 32 * FIELD_CONST(WORDS) - FIELD_CONST(BITS) >= 3 /* 8p < R: below 2p as they are */
    return F(mul_add_mul_words)(a, b, c, d);
#else
    return F(to_limit)(F(mul_add_mul_words)(a, b, c, d));
#endif
}

/** r = (a b - c d) / R with one reduction. */
PT_FN FIELD F(mul_sub_mul)(FIELD a, FIELD b, FIELD c, FIELD d)
{
    uint borrow; /* none: c < 2p */
    return F(mul_add_mul)(a, b, F(sub_words)(F(of_constant)(&F(limit)), c, &borrow), d);
}

/** r = a / R for 0 <= a < 8p^2, 8p (p/R) < 2p: the words are below 3p, or below 2p where 8p < R. */
PT_FN FIELD F(from_wide)(F(wide) a)
{
    FIELD r = F(add_words)(F(reduce_words)(a.lo), a.hi);
#if 32 * FIELD_CONST(WORDS) - FIELD_CONST(BITS) >= 3
    return r;
#else
    return F(to_limit)(r);
#endif
}

/** The same for -8p^2 < a < 8p^2 mod R^2: 8p^2 < R^2 / 2, so the top bit is the sign, and 8p^2 < 2p R: the words are below 3p. */
PT_FN FIELD F(from_wide_signed)(F(wide) a)
{
    const uint negative = a.hi.word[F_WORDS - 1] >> 31;
    a.hi = F(add_words)(a.hi, F(choose)(negative, F(of_constant)(&F(limit)), F(zero)()));
    FIELD r = F(add_words)(F(reduce_words)(a.lo), a.hi);
    return F(to_limit)(r);
}
#endif

PT_FN uint F(is_zero)(FIELD a)
{
    uint any = 0, differ = 0;
    PT_UNROLL
    for (int i = 0; i < F_WORDS; i++) {
        any |= a.word[i];
        differ |= a.word[i] ^ F(modulus).word[i];
    }
    return any == 0 || differ == 0;
}

PT_FN uint F(eq)(FIELD a, FIELD b)
{
    return F(is_zero)(F(sub)(a, b));
}

/** Any value below R to Montgomery form, below p. */
PT_FN FIELD F(from_canon)(FIELD canon)
{
    return F(reduce)(F(mul_words)(F(of_constant)(&F(r2_words)), canon));
}

/** Montgomery form to the canonical value, below p. */
PT_FN FIELD F(to_canon)(FIELD mont)
{
    FIELD unit = F(zero)();
    unit.word[0] = 1;
    return F(reduce)(F(mul_words)(mont, unit));
}

#include "kernels/field_inverse.h"

#undef F_WORDS
#undef F
#undef FIELD_CONST
#undef FIELD
