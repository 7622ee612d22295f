/* SPDX-License-Identifier: Apache-2.0 */
#include "node/arith/pairing.h"

/* A multiple of Q on the twist: x = x / z, y = y / z. Never infinity in the loop when Q has order r. */
typedef struct {
    fq2 x, y, z;
} g2_homogeneous;

/* One pair in the loop: e(p, q), t = the multiple of q so far. */
typedef struct {
    g1_affine p;
    g2_affine q;
    g2_homogeneous t;
} miller_pair;

/* A scalar in signed digits: digit i, in {-1, 0, 1}, is bit i of plus less bit i of minus. */
typedef struct {
    pt_u128 plus, minus;
} signed_digits;

/* The non-adjacent form (eq. 12): no two neighbours are both nonzero. */
static signed_digits digits_naf(pt_u128 n)
{
    return (signed_digits){3 * n >> 1, n >> 1};
}

static int digits_at(const signed_digits *s, int i)
{
    return (int)(s->plus >> i & 1) - (int)(s->minus >> i & 1);
}

/* The place of the highest digit, which is 1. */
static int digits_top(const signed_digits *s)
{
    int i = 126;
    while (digits_at(s, i) == 0)
        i--;
    return i;
}

/* What the loop runs over. BLS12-381's x has as few bits as its non-adjacent form, which is longer by one. */
static signed_digits loop_digits(void)
{
    return CURVE_FAMILY_BN ? digits_naf(6 * (pt_u128)CURVE_X_ABS + 2) : (signed_digits){CURVE_X_ABS, 0};
}

/* line *= what makes it vanish on p's image; then f *= line. */
static void line_apply(fq12 *f, fq12_line *line, const g1_affine *p)
{
    fq2_mul_fq(&line->y, &line->y, &p->y);
    fq2_mul_fq(&line->x, &line->x, &p->x);
    fq12_mul_line(f, f, line);
}

/* r = B' a, B' the twist's constant: 4 xi on BLS12-381. */
static void mul_twist_b(fq2 *r, const fq2 *a)
{
#if CURVE_TWIST_D
    fq2_mul(r, a, &g2_b);
#else
    fq2_mul_xi(r, a);
    fq2_dbl(r, r);
    fq2_dbl(r, r);
#endif
}

/* t = 2 t and the tangent at t, scaled by 2YZ (eq. 15). */
static void tangent_step(g2_homogeneous *t, fq12_line *line)
{
    fq2 xy, b, e, f, j, e2;
    fq2_mul(&xy, &t->x, &t->y);
    fq2_sqr(&b, &t->y);
    fq2_sqr(&e, &t->z);
    mul_twist_b(&e, &e);
    fq2_dbl(&f, &e);
    fq2_add(&e, &e, &f); /* 3 B' Z^2 */
    fq2_dbl(&f, &e);
    fq2_add(&f, &e, &f); /* 9 B' Z^2 */
    fq2_sqr(&j, &t->x);
    fq2_sub(&line->t, &b, &e);
    fq2_dbl(&line->x, &j);
    fq2_add(&line->x, &line->x, &j);
    fq2_neg(&line->x, &line->x);
    fq2_mul(&line->y, &t->y, &t->z);
    fq2_dbl(&line->y, &line->y);

    fq2_sub(&j, &b, &f);
    fq2_mul(&t->x, &xy, &j);
    fq2_dbl(&t->x, &t->x);
    fq2_add(&j, &b, &f);
    fq2_sqr(&j, &j);
    fq2_sqr(&e2, &e);
    fq2_dbl(&f, &e2);
    fq2_add(&f, &f, &e2);
    fq2_dbl(&f, &f);
    fq2_dbl(&f, &f); /* 12 e^2 */
    fq2_sub(&t->y, &j, &f);
    fq2_mul(&t->z, &b, &line->y);
    fq2_dbl(&t->z, &t->z);
    fq2_dbl(&t->z, &t->z);
}

/* t = t + q and the line through both, scaled by X - x Z (eq. 16). */
static void chord_step(g2_homogeneous *t, const g2_affine *q, fq12_line *line)
{
    fq2 theta, lambda, d, e, g, h;
    fq2_mul(&theta, &q->y, &t->z);
    fq2_sub(&theta, &t->y, &theta);
    fq2_mul(&lambda, &q->x, &t->z);
    fq2_sub(&lambda, &t->x, &lambda);
    line->y = lambda;
    fq2_neg(&line->x, &theta);
    fq2_mul(&line->t, &theta, &q->x);
    fq2_mul(&d, &lambda, &q->y);
    fq2_sub(&line->t, &line->t, &d);

    fq2_sqr(&d, &lambda);
    fq2_mul(&e, &d, &lambda);
    fq2_mul(&g, &t->x, &d);
    fq2_sqr(&h, &theta);
    fq2_mul(&h, &h, &t->z);
    fq2_add(&h, &h, &e);
    fq2_sub(&h, &h, &g);
    fq2_sub(&h, &h, &g);
    fq2_mul(&t->x, &lambda, &h);
    fq2_sub(&g, &g, &h);
    fq2_mul(&g, &theta, &g);
    fq2_mul(&h, &e, &t->y);
    fq2_sub(&t->y, &g, &h);
    fq2_mul(&t->z, &t->z, &e);
}

static void add_to_all(fq12 *f, miller_pair *pairs, size_t n, bool negative)
{
    fq12_line line;
    for (size_t i = 0; i < n; i++) {
        g2_affine q = pairs[i].q;
        if (negative)
            g2_affine_neg(&q, &q);
        chord_step(&pairs[i].t, &q, &line);
        line_apply(f, &line, &pairs[i].p);
    }
}

/* The two Frobenius steps of a BN curve, Q1 = psi(Q) and -psi^2(Q); none on a BLS curve. */
static void frobenius_steps(fq12 *f, miller_pair *pairs, size_t n)
{
#if CURVE_FAMILY_BN
    fq12_line line;
    for (size_t i = 0; i < n; i++) {
        g2_affine q;
        g2_psi(&q, &pairs[i].q);
        chord_step(&pairs[i].t, &q, &line);
        line_apply(f, &line, &pairs[i].p);
        g2_psi(&q, &q);
        g2_affine_neg(&q, &q);
        chord_step(&pairs[i].t, &q, &line);
        line_apply(f, &line, &pairs[i].p);
    }
#else
    (void)f, (void)pairs, (void)n;
#endif
}

/* f = the product of the Miller functions of n pairs, none of them with infinity (eq. 13). */
static void miller_loop(fq12 *f, miller_pair *pairs, size_t n)
{
    const signed_digits s = loop_digits();
    const int top = digits_top(&s);
    fq12_line line;
    *f = fq12_one;
    for (int i = top; i-- > 0;) {
        if (i + 1 < top) /* f is 1 */
            fq12_sqr(f, f);
        for (size_t j = 0; j < n; j++) {
            tangent_step(&pairs[j].t, &line);
            line_apply(f, &line, &pairs[j].p);
        }
        int digit = digits_at(&s, i);
        if (digit != 0)
            add_to_all(f, pairs, n, digit < 0);
    }
    if (CURVE_X_NEGATIVE)
        fq12_conj(f, f);
    frobenius_steps(f, pairs, n);
}

/* Digits of x's absolute value, the lowest first: 0 or odd, below 8 in size, and of 4 neighbours at most one not 0. */
static int x_window_digits(int8_t digits[66])
{
    __int128 rest = CURVE_X_ABS;
    int n = 0;
    for (; rest != 0; rest >>= 1) {
        int digit = rest & 1 ? (int)(rest & 15) : 0;
        digits[n++] = (int8_t)(digit > 8 ? digit - 16 : digit);
        rest -= digits[n - 1];
    }
    return n;
}

/* r = a^x, x the curve's parameter with its sign, a in the cyclotomic subgroup. r is not a. */
static void pow_x_windows(fq12 *r, const fq12 *a)
{
    int8_t digits[66];
    fq12 odd[4], t; /* a, a^3, a^5, a^7 */
    fq12_sqr_cyclotomic(&t, a);
    odd[0] = *a;
    for (int i = 1; i < 4; i++)
        fq12_mul(&odd[i], &odd[i - 1], &t);
    int i = x_window_digits(digits) - 1;
    *r = odd[digits[i] / 2]; /* the highest is positive */
    while (i-- > 0) {
        fq12_sqr_cyclotomic(r, r);
        if (digits[i] > 0)
            fq12_mul(r, r, &odd[digits[i] / 2]);
        if (digits[i] >= 0)
            continue;
        fq12_conj(&t, &odd[-digits[i] / 2]);
        fq12_mul(r, r, &t);
    }
    if (CURVE_X_NEGATIVE)
        fq12_conj(r, r);
}

#if CURVE_FAMILY_BN
static void pow_x(fq12 *r, const fq12 *a)
{
    pow_x_windows(r, a);
}
#else
_Static_assert(CURVE_X_ABS == 0xd201000000010000 && CURVE_X_NEGATIVE, "pow_x has the places of its bits");

/* The same with the long runs of squares compressed: -x = 2^16 + 2^48 + 2^57 + 2^60 + 2^62 + 2^63. */
static void pow_x(fq12 *r, const fq12 *a)
{
    fq12 power[3], top = *a; /* a^(2^16), a^(2^48), a^(2^57) */
    for (int i = 1; i <= 57; i++) {
        fq12_sqr_compressed(&top, &top);
        if (i == 16 || i == 48 || i == 57)
            power[(i > 16) + (i > 48)] = top;
    }
    if (!fq12_decompress_var(power, 3)) {
        pow_x_windows(r, a);
        return;
    }
    top = power[2];
    fq12_mul(r, &power[0], &power[1]);
    fq12_mul(r, r, &top);
    for (int i = 58; i <= 63; i++) {
        fq12_sqr_cyclotomic(&top, &top);
        if (i == 60 || i >= 62)
            fq12_mul(r, r, &top);
    }
    fq12_conj(r, r);
}
#endif

#if CURVE_FAMILY_BN
/* r = f^(k (q^4 - q^2 + 1) / r), k = 2 x (6 x^2 + 3 x + 1) (eq. 18).
 * source  Fuentes-Castaneda, Knapp, Rodriguez-Henriquez, SAC 2011, algorithm 6 */
static void final_hard_part(fq12 *r, const fq12 *f)
{
    fq12 f2x, f6x, f6x2, a, b, t;
    pow_x(&t, f);
    fq12_sqr_cyclotomic(&f2x, &t);
    fq12_sqr_cyclotomic(&t, &f2x);
    fq12_mul(&f6x, &t, &f2x);
    pow_x(&f6x2, &f6x);
    fq12_sqr_cyclotomic(&t, &f6x2);
    pow_x(&a, &t); /* f^(12 x^3) */
    fq12_mul(&a, &a, &f6x2);
    fq12_mul(&a, &a, &f6x);
    fq12_conj(&b, &f2x);
    fq12_mul(&b, &b, &a);

    fq12_mul(r, &a, &f6x2);
    fq12_mul(r, r, f);
    fq12_frobenius(&t, &b, 1);
    fq12_mul(r, r, &t);
    fq12_frobenius(&t, &a, 2);
    fq12_mul(r, r, &t);
    fq12_conj(&t, f);
    fq12_mul(&t, &t, &b);
    fq12_frobenius(&t, &t, 3);
    fq12_mul(r, r, &t);
}
#else
/* r = f^(k (q^4 - q^2 + 1) / r), k = 3: the exponent is (x - 1)^2 (x + q) (x^2 + q^2 - 1) + 3 (eq. 19).
 * source  Ghammam, Fouotsa, eprint 2016/130; Hayashida, Hayasaka, Teruya, eprint 2020/875 */
static void final_hard_part(fq12 *r, const fq12 *f)
{
    fq12 a, t, u;
    fq12_conj(&u, f);
    pow_x(&t, f);
    fq12_mul(&a, &t, &u); /* f^(x - 1) */
    fq12_conj(&u, &a);
    pow_x(&t, &a);
    fq12_mul(&a, &t, &u);
    pow_x(&t, &a);
    fq12_frobenius(&u, &a, 1);
    fq12_mul(&a, &t, &u); /* f^((x - 1)^2 (x + q)) */
    pow_x(&u, &a);
    pow_x(&t, &u);
    fq12_frobenius(&u, &a, 2);
    fq12_mul(&t, &t, &u);
    fq12_conj(&u, &a);
    fq12_mul(&a, &t, &u);
    fq12_sqr_cyclotomic(&t, f);
    fq12_mul(&t, &t, f);
    fq12_mul(r, &a, &t);
}
#endif

/* r = f^(k (q^12 - 1) / r): first f^((q^6 - 1)(q^2 + 1)), which lies in the cyclotomic subgroup (eq. 17). */
static void final_exponentiation(fq12 *r, const fq12 *f)
{
    fq12 easy, t;
    fq12_inv_var(&t, f);
    fq12_conj(&easy, f);
    fq12_mul(&easy, &easy, &t);
    fq12_frobenius(&t, &easy, 2);
    fq12_mul(&easy, &easy, &t);
    final_hard_part(r, &easy);
}

void pairing_miller(const g1_affine *p, const g2_affine *q, size_t n, fq12 *out)
{
    miller_pair pairs[PAIRS_A_LOOP];
    fq12 product = fq12_one, f;
    for (size_t i = 0; i < n;) {
        size_t used = 0;
        for (; i < n && used < PAIRS_A_LOOP; i++) {
            if (g1_affine_is_infinity(&p[i]) || g2_affine_is_infinity(&q[i]))
                continue;
            pairs[used++] = (miller_pair){p[i], q[i], {q[i].x, q[i].y, fq2_one}};
        }
        miller_loop(&f, pairs, used);
        fq12_mul(&product, &product, &f);
    }
    *out = product;
}

bool pairing_miller_is_one(const fq12 *f)
{
    fq12 value;
    final_exponentiation(&value, f);
    return fq12_is_one(&value);
}

void pairing_product(const g1_affine *p, const g2_affine *q, size_t n, fq12 *out)
{
    fq12 f;
    pairing_miller(p, q, n, &f);
    final_exponentiation(out, &f);
}

bool pairing_product_is_one(const g1_affine *p, const g2_affine *q, size_t n)
{
    fq12 f;
    pairing_miller(p, q, n, &f);
    return pairing_miller_is_one(&f);
}
