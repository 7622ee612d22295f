/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/field_inverse.h - inversion by division steps, part of the template field.h. No include guard.
 *
 * As node/arith/divsteps.h, in limbs of 30 bits: all but the top one in [0, 2^30). (f, g) starts as (p, a) and (d, e) as (0, R^2); a batch
 * of 30 steps looks at the low limbs of f and g alone, and its matrix [u v; q r] is then applied to both pairs. When g = 0, f = +-1 and d is
 * +-R^2 / a (docs/math.md, eq. 6). Some 20 batches for 254 bits, 30 for 381; a batch is 6 or 9 products' worth of multiply-adds and
 * some 200 other instructions.
 * source  Bernstein, Yang, eprint 2019/266, section 11; the zeros skipped by count as Pornin, Wuille and Maxwell describe it */

#define F_LIMBS ((32 * F_WORDS + 2) / 30 + 1)
#define F_LIMB_MASK 0x3fffffffu

typedef struct {
    int limb[F_LIMBS];
} F(signed);

/* 2^30 times the matrix of 30 steps: |u| + |v| <= 2^30, |q| + |r| <= 2^30. */
typedef struct {
    int u, v, q, r;
} F(steps);

PT_FN F(signed) F(to_signed)(FIELD a)
{
    F(signed) r;
    PT_UNROLL
    for (int i = 0; i < F_LIMBS; i++) {
        const int word = 30 * i / 32, shift = 30 * i % 32;
        uint bits = word < F_WORDS ? a.word[word < F_WORDS ? word : 0] >> shift : 0;
        if (shift > 2 && word + 1 < F_WORDS)
            bits |= a.word[word + 1 < F_WORDS ? word + 1 : 0] << (32 - shift);
        r.limb[i] = (int)(bits & F_LIMB_MASK);
    }
    return r;
}

/* The reverse, of a number in [0, 2^(32 n)). */
PT_FN FIELD F(of_signed)(F(signed) a)
{
    FIELD r;
    PT_UNROLL
    for (int i = 0; i < F_WORDS; i++) {
        const int limb = 32 * i / 30, shift = 32 * i % 30;
        r.word[i] = (uint)a.limb[limb] >> shift | (uint)a.limb[limb + 1] << (30 - shift);
        if (shift > 28)
            r.word[i] |= (uint)a.limb[limb + 2 < F_LIMBS ? limb + 2 : 0] << (60 - shift);
    }
    return r;
}

/* 30 steps on the low limbs of f (odd) and g; *eta is -delta. */
PT_FN F(steps) F(take_steps)(int *eta, uint f, uint g)
{
    uint u = 1, v = 0, q = 0, r = 1;
    for (int left = 30;;) {
        const uint odd = g | 0xffffffffu << left;
        const int zeros = (int)popcount(~odd & (odd - 1));
        g >>= zeros;
        u <<= zeros;
        v <<= zeros;
        *eta -= zeros;
        left -= zeros;
        if (left == 0)
            break;
        if (*eta < 0) { /* exchange: (f, g) = (g, -f) */
            uint old;
            *eta = -*eta;
            old = f, f = g, g = 0 - old;
            old = u, u = q, q = 0 - old;
            old = v, v = r, r = 0 - old;
        }
        /* The multiple of f that clears as many bits of g as may pass before the next exchange, at most 6: f (f^2 - 2) = -1 / f mod 2^6. */
        const int limit = *eta + 1 > left ? left : *eta + 1;
        const uint w = f * g * (f * f - 2) & 0xffffffffu >> (32 - limit) & 63;
        g += f * w;
        q += u * w;
        r += v * w;
    }
    const F(steps) m = {(int)u, (int)v, (int)q, (int)r};
    return m;
}

/* (f, g) = m (f, g) / 2^30, exactly. */
PT_FN void F(apply_to_fg)(F(signed) * f, F(signed) * g, F(steps) m)
{
    long cf = (long)m.u * f->limb[0] + (long)m.v * g->limb[0];
    long cg = (long)m.q * f->limb[0] + (long)m.r * g->limb[0];
    PT_UNROLL
    for (int i = 1; i < F_LIMBS; i++) {
        const int fi = f->limb[i], gi = g->limb[i];
        cf = (cf >> 30) + (long)m.u * fi + (long)m.v * gi;
        cg = (cg >> 30) + (long)m.q * fi + (long)m.r * gi;
        f->limb[i - 1] = (int)((uint)cf & F_LIMB_MASK);
        g->limb[i - 1] = (int)((uint)cg & F_LIMB_MASK);
    }
    f->limb[F_LIMBS - 1] = (int)(cf >> 30);
    g->limb[F_LIMBS - 1] = (int)(cg >> 30);
}

/* (d, e) = m (d, e) / 2^30 mod p, both in (-2p, p): p is added to negative ones first, then the multiple of p that makes the low limb 0. */
PT_FN void F(apply_to_de)(F(signed) * d, F(signed) * e, F(steps) m, const F(signed) * p)
{
    const uint p_inverse = 0 - (uint)FIELD_CONST(N0_WORD);
    const int d_negative = d->limb[F_LIMBS - 1] >> 31, e_negative = e->limb[F_LIMBS - 1] >> 31;
    int kd = (m.u & d_negative) + (m.v & e_negative), ke = (m.q & d_negative) + (m.r & e_negative);
    long cd = (long)m.u * d->limb[0] + (long)m.v * e->limb[0];
    long ce = (long)m.q * d->limb[0] + (long)m.r * e->limb[0];
    kd -= (int)((p_inverse * (uint)cd + (uint)kd) & F_LIMB_MASK);
    ke -= (int)((p_inverse * (uint)ce + (uint)ke) & F_LIMB_MASK);
    cd += (long)p->limb[0] * kd;
    ce += (long)p->limb[0] * ke;
    PT_UNROLL
    for (int i = 1; i < F_LIMBS; i++) {
        const int di = d->limb[i], ei = e->limb[i];
        cd = (cd >> 30) + (long)m.u * di + (long)m.v * ei + (long)p->limb[i] * kd;
        ce = (ce >> 30) + (long)m.q * di + (long)m.r * ei + (long)p->limb[i] * ke;
        d->limb[i - 1] = (int)((uint)cd & F_LIMB_MASK);
        e->limb[i - 1] = (int)((uint)ce & F_LIMB_MASK);
    }
    d->limb[F_LIMBS - 1] = (int)(cd >> 30);
    e->limb[F_LIMBS - 1] = (int)(ce >> 30);
}

/* r sign + p times, sign 1 or -1, with the carries propagated. */
PT_FN void F(combine)(F(signed) * r, int sign, const F(signed) * p, int times)
{
    int carry = 0;
    PT_UNROLL
    for (int i = 0; i < F_LIMBS - 1; i++) {
        carry += r->limb[i] * sign + p->limb[i] * times;
        r->limb[i] = (int)((uint)carry & F_LIMB_MASK);
        carry >>= 30;
    }
    r->limb[F_LIMBS - 1] = r->limb[F_LIMBS - 1] * sign + p->limb[F_LIMBS - 1] * times + carry;
}

PT_FN uint F(signed_is_zero)(const F(signed) * a)
{
    int any = 0;
    PT_UNROLL
    for (int i = 0; i < F_LIMBS; i++)
        any |= a->limb[i];
    return any == 0;
}

/** r = 1 / a below p, and 0 for a = 0; time and branches depend on a. */
PT_PRODUCT FIELD F(inv)(FIELD a)
{
    const F(signed) p = F(to_signed)(F(of_constant)(&F(modulus)));
    F(signed)
    f = p, g = F(to_signed)(F(reduce)(a)), d = F(to_signed)(F(zero)()), e = F(to_signed)(F(of_constant)(&F(r2_words)));
    int eta = -1;
    while (!F(signed_is_zero)(&g)) {
        const F(steps) m = F(take_steps)(&eta, (uint)f.limb[0], (uint)g.limb[0]);
        F(apply_to_de)(&d, &e, m, &p);
        F(apply_to_fg)(&f, &g, m);
    }
    if (d.limb[F_LIMBS - 1] < 0)
        F(combine)(&d, 1, &p, 1);
    F(combine)(&d, (f.limb[0] & 3) == 3 ? -1 : 1, &p, 0); /* f = -1 ends in ones */
    if (d.limb[F_LIMBS - 1] < 0)
        F(combine)(&d, 1, &p, 1);
    return F(of_signed)(d);
}

#undef F_LIMB_MASK
#undef F_LIMBS
