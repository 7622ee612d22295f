/* SPDX-License-Identifier: Apache-2.0 */
/* node/arith/field_adx.inc.h - part of field.inc.h: a field's hot operations with MULX, ADCX and ADOX.
 *
 * Two carry chains run side by side: low halves through the overflow flag, high halves through the carry flag. A row adds
 * a b[i], then m p with m chosen to clear the lowest limb; t0 and nx change roles, so nothing is moved. A carry flag never
 * leaves its asm statement, and each ends in the conditional subtraction. Bounds: eqs. 3 and 4; answers equal mont_portable.h's.
 * The operands are pointers, used up as scratch at the end: 13 registers in all, so that it compiles with a frame
 * pointer too. Fq's products are out of line: inlined, a point addition would overflow the instruction cache. Fr's are not:
 * a transform has few products, in tight loops.
 * source  Ozturk, Guilford, Gopal, "Large Integer Squaring on Intel Architecture Processors", Intel 2013;
 *         Longa, eprint 2022/367 (sums of products under one reduction) */

#if FIELD_CONST(LIMBS) == 6
#define ADX_IF6(...) __VA_ARGS__
#define ADX_LAST "t5"
#define ADX_BYTES "48"
#elif FIELD_CONST(LIMBS) == 4
#define ADX_IF6(...)
#define ADX_LAST "t3"
#define ADX_BYTES "32"
#else
#error "4 or 6 limbs"
#endif

static const uint64_t F(n0) = FIELD_CONST(N0);

#ifdef FIELD_HAS_PAIRS
#define ADX_PRODUCT static __attribute__((noinline, unused)) void
#else
#define ADX_PRODUCT static inline __attribute__((always_inline)) void
#endif

/* clang-format off */ /* it takes the lists of instructions for nested calls */
#define ADX_ON(op, from, to) op " %[" from "], %[" to "]\n\t"

/* t0 ... top = a[] b, the first row; rdx holds b's limb. */
#define ADX_FIRST_STEP(aoff, tj, tnext, add) "mulxq " aoff "(%[a]), %[lo], %[" tnext "]\n\t" ADX_ON(add, "lo", tj)
#define ADX_FIRST(boff)                                                                                        \
    "movq " boff "(%[b]), %%rdx\n\t"                                                                           \
    "mulxq 0(%[a]), %[t0], %[t1]\n\t" ADX_FIRST_STEP("8", "t1", "t2", "addq") ADX_FIRST_STEP("16", "t2", "t3", "adcq") \
    ADX_IF6(ADX_FIRST_STEP("24", "t3", "t4", "adcq") ADX_FIRST_STEP("32", "t4", "t5", "adcq"))                 \
    ADX_FIRST_STEP(ADX_BYTES "-8", ADX_LAST, "top", "adcq")                                                     \
    "adcq $0, %[top]\n\t"

/* t += a[] b: tj takes the low half of a[j] b and the high half of the product before, which hi carries. */
#define ADX_STEP(aoff, hi, tj) \
    ADX_ON("adcxq", hi, tj) "mulxq " aoff "(%[a]), %[lo], %[" hi "]\n\t" ADX_ON("adoxq", "lo", tj)
#define ADX_ROW(abase, boff, t0, hi)                                                                           \
    "movq " boff "(%[b]), %%rdx\n\t"                                                                           \
    "xorl %k[lo], %k[lo]\n\t"                                                                                  \
    "mulxq " abase "(%[a]), %[lo], %[" hi "]\n\t" ADX_ON("adoxq", "lo", t0)                                     \
    ADX_STEP(abase "+8", hi, "t1") ADX_STEP(abase "+16", hi, "t2") ADX_STEP(abase "+24", hi, "t3")             \
    ADX_IF6(ADX_STEP(abase "+32", hi, "t4") ADX_STEP(abase "+40", hi, "t5"))                                    \
    "movl $0, %k[lo]\n\t"
/* A row whose top limb is new, and one that adds to it. */
#define ADX_ROW_NEW(abase, boff, t0) ADX_ROW(abase, boff, t0, "top") ADX_ON("adcxq", "lo", "top") ADX_ON("adoxq", "lo", "top")
#define ADX_ROW_ADD(abase, boff, t0, nx) ADX_ROW(abase, boff, t0, nx) ADX_ON("adcxq", nx, "top") ADX_ON("adoxq", "lo", "top")

/* t = (t + m p) / 2^64: tprev takes what tj held; tj becomes the high half of m p[j]. The lowest limb is then in nx. */
#define ADX_FOLD_STEP(poff, tj, tprev) \
    ADX_ON("adcxq", tj, tprev) "mulxq " poff "+%[p], %[lo], %[" tj "]\n\t" ADX_ON("adoxq", "lo", tprev)
#define ADX_FOLD(t0, nx)                                                                                       \
    "movq %[n0], %%rdx\n\t" ADX_ON("imulq", t0, "m")                                                            \
    "xorl %k[lo], %k[lo]\n\t"                                                                                  \
    "mulxq 0+%[p], %[lo], %[" nx "]\n\t" ADX_ON("adcxq", t0, "lo")                                              \
    ADX_FOLD_STEP("8", "t1", nx) ADX_FOLD_STEP("16", "t2", "t1") ADX_FOLD_STEP("24", "t3", "t2")               \
    ADX_IF6(ADX_FOLD_STEP("32", "t4", "t3") ADX_FOLD_STEP("40", "t5", "t4"))                                    \
    "movl $0, %k[lo]\n\t" ADX_ON("adcxq", "lo", ADX_LAST) ADX_ON("adoxq", "top", ADX_LAST)

/* r = t - p unless that borrows, else t. */
#define ADX_LESS(off, tj, d, op) ADX_ON("movq", tj, d) op " " off "+%[p], %[" d "]\n\t"
#define ADX_KEEP(off, tj, d) ADX_ON("cmovncq", d, tj) "movq %[" tj "], " off "(%[r])\n\t"
#define ADX_STORE_REDUCED                                                                                      \
    ADX_LESS("0", "t0", "nx", "subq") ADX_LESS("8", "t1", "top", "sbbq") ADX_LESS("16", "t2", "lo", "sbbq")    \
    ADX_LESS("24", "t3", "m", "sbbq") ADX_IF6(ADX_LESS("32", "t4", "a", "sbbq") ADX_LESS("40", "t5", "b", "sbbq")) \
    ADX_KEEP("0", "t0", "nx") ADX_KEEP("8", "t1", "top") ADX_KEEP("16", "t2", "lo") ADX_KEEP("24", "t3", "m")  \
    ADX_IF6(ADX_KEEP("32", "t4", "a") ADX_KEEP("40", "t5", "b"))

#define ADX_STORE                                                                                              \
    "movq %[t0], 0(%[r])\n\tmovq %[t1], 8(%[r])\n\tmovq %[t2], 16(%[r])\n\tmovq %[t3], 24(%[r])\n\t"         \
    ADX_IF6("movq %[t4], 32(%[r])\n\tmovq %[t5], 40(%[r])\n\t")

/* The statement around a body: the same operands for all. */
#define ADX_STATEMENT(r, a, b, body)                                                                           \
    uint64_t t0, t1, t2, t3, ADX_IF6(t4, t5, ) nx, top, lo, m;                                                  \
    __asm__ volatile(body                                                                                      \
                     : [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3),                         \
                       ADX_IF6([t4] "=&r"(t4), [t5] "=&r"(t5), ) [nx] "=&r"(nx), [top] "=&r"(top),              \
                       [lo] "=&r"(lo), [m] "=&d"(m), [a] "+&r"(a), [b] "+&r"(b)                                \
                     : [r] "r"(r), [p] "m"(F(modulus)), [n0] "m"(F(n0))                                        \
                     : "cc", "memory")

#define ADX_MUL_ROW(boff, t0, nx) ADX_ROW_NEW("0", boff, t0) ADX_FOLD(t0, nx)
#define ADX_MUL                                                                                                \
    ADX_FIRST("0") ADX_FOLD("t0", "nx") ADX_MUL_ROW("8", "nx", "t0") ADX_MUL_ROW("16", "t0", "nx")             \
    ADX_MUL_ROW("24", "nx", "t0") ADX_IF6(ADX_MUL_ROW("32", "t0", "nx") ADX_MUL_ROW("40", "nx", "t0"))

/* r = a b / 2^(64 n) mod p. */
ADX_PRODUCT F(mul_adx)(FIELD *r, const FIELD *a, const FIELD *b)
{
    ADX_STATEMENT(r, a, b, ADX_MUL ADX_STORE_REDUCED);
}

/* The same, or that plus p. */
ADX_PRODUCT F(mul_lazy_adx)(FIELD *r, const FIELD *a, const FIELD *b)
{
    ADX_STATEMENT(r, a, b, ADX_MUL ADX_STORE);
}
#undef ADX_MUL
#undef ADX_MUL_ROW

#ifdef FIELD_HAS_PAIRS
_Static_assert(FIELD_CONST(BITS) <= 64 * F_LIMBS - 2, "eq. 4's bound: the sum of two products stays below 2^(64 n) p");

/* r = (a[0] b[0] + a[1] b[1]) / 2^(64 n) mod p, with one reduction (eq. 4); and with b's two exchanged. */
#define ADX_DOT_ROW(bfirst, bsecond, t0, nx) \
    ADX_ROW_NEW("0", bfirst, t0) ADX_ROW_ADD(ADX_BYTES, bsecond, t0, nx) ADX_FOLD(t0, nx)
#define ADX_DOT(b0, b1)                                                                                        \
    ADX_FIRST(b0) ADX_ROW_ADD(ADX_BYTES, b1, "t0", "nx") ADX_FOLD("t0", "nx")                                  \
    ADX_DOT_ROW(b0 "+8", b1 "+8", "nx", "t0") ADX_DOT_ROW(b0 "+16", b1 "+16", "t0", "nx")                      \
    ADX_DOT_ROW(b0 "+24", b1 "+24", "nx", "t0")                                                                \
    ADX_IF6(ADX_DOT_ROW(b0 "+32", b1 "+32", "t0", "nx") ADX_DOT_ROW(b0 "+40", b1 "+40", "nx", "t0")) ADX_STORE_REDUCED

ADX_PRODUCT F(dot2_adx)(FIELD *r, const FIELD *a, const FIELD *b)
{
    ADX_STATEMENT(r, a, b, ADX_DOT("0", ADX_BYTES));
}

ADX_PRODUCT F(dot2_cross_adx)(FIELD *r, const FIELD *a, const FIELD *b)
{
    ADX_STATEMENT(r, a, b, ADX_DOT(ADX_BYTES, "0"));
}
#undef ADX_DOT
#undef ADX_DOT_ROW
#endif

/* t = a, then t op= b limb by limb with the carry. */
#define ADX_LOAD(off, tj) "movq " off "(%[a]), %[" tj "]\n\t"
#define ADX_WITH(op, off, tj) op " " off "(%[b]), %[" tj "]\n\t"
#define ADX_LINEAR(op, opc)                                                                                    \
    ADX_LOAD("0", "t0") ADX_LOAD("8", "t1") ADX_LOAD("16", "t2") ADX_LOAD("24", "t3")                          \
    ADX_IF6(ADX_LOAD("32", "t4") ADX_LOAD("40", "t5"))                                                         \
    ADX_WITH(op, "0", "t0") ADX_WITH(opc, "8", "t1") ADX_WITH(opc, "16", "t2") ADX_WITH(opc, "24", "t3")       \
    ADX_IF6(ADX_WITH(opc, "32", "t4") ADX_WITH(opc, "40", "t5"))

static inline void F(add_adx)(FIELD *r, const FIELD *a, const FIELD *b)
{
    ADX_STATEMENT(r, a, b, ADX_LINEAR("addq", "adcq") ADX_STORE_REDUCED);
}

/* r = t + (p, if the subtraction borrowed). */
static inline void F(sub_adx)(FIELD *r, const FIELD *a, const FIELD *b)
{
#define ADX_PART(off, d) ADX_ON("movq", "m", d) "andq " off "+%[p], %[" d "]\n\t"
#define ADX_BACK(op, off, tj, d) ADX_ON(op, d, tj) "movq %[" tj "], " off "(%[r])\n\t"
    ADX_STATEMENT(r, a, b,
                  ADX_LINEAR("subq", "sbbq") "sbbq %[m], %[m]\n\t" ADX_PART("0", "nx") ADX_PART("8", "top")
                  ADX_PART("16", "lo") ADX_IF6(ADX_PART("32", "a") ADX_PART("40", "b"))
                  "andq 24+%[p], %[m]\n\t"
                  ADX_BACK("addq", "0", "t0", "nx") ADX_BACK("adcq", "8", "t1", "top")
                  ADX_BACK("adcq", "16", "t2", "lo") ADX_BACK("adcq", "24", "t3", "m")
                  ADX_IF6(ADX_BACK("adcq", "32", "t4", "a") ADX_BACK("adcq", "40", "t5", "b")));
#undef ADX_PART
#undef ADX_BACK
}

#undef ADX_PRODUCT
#undef ADX_IF6
#undef ADX_LAST
#undef ADX_BYTES
#undef ADX_ON
#undef ADX_FIRST_STEP
#undef ADX_FIRST
#undef ADX_STEP
#undef ADX_ROW
#undef ADX_ROW_NEW
#undef ADX_ROW_ADD
#undef ADX_FOLD_STEP
#undef ADX_FOLD
#undef ADX_LESS
#undef ADX_KEEP
#undef ADX_STORE_REDUCED
#undef ADX_STATEMENT
#undef ADX_LOAD
#undef ADX_WITH
#undef ADX_LINEAR
/* clang-format on */
