/* SPDX-License-Identifier: Apache-2.0 */
/* node/arith/mont_adx.h - Montgomery product with MULX, ADCX and ADOX: two carry chains run side by side.
 *
 * Row i adds a b[i], then m p with m chosen to clear the low limb, and shifts by one limb by renaming registers. A carry
 * flag never leaves its asm statement. Bounds as in mont_portable.h, whose answer this equals.
 * source  Ozturk, Guilford, Gopal, "Large Integer Squaring on Intel Architecture Processors", Intel 2013 */
#ifndef PT_MONT_ADX_H
#define PT_MONT_ADX_H

#include <stdint.h>

#include "node/arith/mont_portable.h"

/* t += a[j] b: low half by ADOX into tj, high half carried in `hi` to the next limb by ADCX. rdx holds b. */
#define PT_ADX_STEP(off, tj)               \
    "adcxq %[hi], %[" tj "]\n\t"           \
    "mulxq " off "(%[a]), %[lo], %[hi]\n\t" \
    "adoxq %[lo], %[" tj "]\n\t"
/* t_(j-1) = t_j + m p[j] + carries; t_j becomes the high half. rdx holds m. */
#define PT_ADX_REDUCE(off, tj, tprev)          \
    "adcxq %[" tj "], %[" tprev "]\n\t"        \
    "mulxq " off "(%[p]), %[lo], %[" tj "]\n\t" \
    "adoxq %[lo], %[" tprev "]\n\t"
#define PT_ADX_REDUCE_FIRST              \
    "movq %[n0], %%rdx\n\t"              \
    "imulq %[t0], %%rdx\n\t"             \
    "xorl %k[lo], %k[lo]\n\t"            \
    "mulxq 0(%[p]), %[lo], %[next]\n\t"  \
    "adcxq %[t0], %[lo]\n\t"             \
    "movq %[next], %[t0]\n\t"
#define PT_ADX_TOP(tlast)               \
    "movl $0, %k[lo]\n\t"               \
    "adcxq %[lo], %[" tlast "]\n\t"     \
    "adoxq %[hi], %[" tlast "]\n\t"

static inline void mont_mul4_adx(uint64_t *r, const uint64_t *a, const uint64_t *b, const uint64_t *p, uint64_t n0)
{
    uint64_t t0, t1, t2, t3, hi, lo, next;
#define ROW_REDUCE \
    PT_ADX_REDUCE_FIRST PT_ADX_REDUCE("8", "t1", "t0") PT_ADX_REDUCE("16", "t2", "t1") \
    PT_ADX_REDUCE("24", "t3", "t2") PT_ADX_TOP("t3")
#define ROW(boff)                                                                                        \
    "xorl %k[lo], %k[lo]\n\t"                                                                            \
    "movq " boff "(%[b]), %%rdx\n\t"                                                                     \
    "mulxq 0(%[a]), %[lo], %[hi]\n\t"                                                                    \
    "adoxq %[lo], %[t0]\n\t" PT_ADX_STEP("8", "t1") PT_ADX_STEP("16", "t2") PT_ADX_STEP("24", "t3")        \
    "movl $0, %k[lo]\n\t"                                                                                \
    "adcxq %[lo], %[hi]\n\t"                                                                             \
    "adoxq %[lo], %[hi]\n\t" ROW_REDUCE
    __asm__("movq 0(%[b]), %%rdx\n\t"
            "xorl %k[lo], %k[lo]\n\t"
            "mulxq 0(%[a]), %[t0], %[t1]\n\t"
            "mulxq 8(%[a]), %[lo], %[t2]\n\t"
            "adcxq %[lo], %[t1]\n\t"
            "mulxq 16(%[a]), %[lo], %[t3]\n\t"
            "adcxq %[lo], %[t2]\n\t"
            "mulxq 24(%[a]), %[lo], %[hi]\n\t"
            "adcxq %[lo], %[t3]\n\t"
            "movl $0, %k[lo]\n\t"
            "adcxq %[lo], %[hi]\n\t"
            ROW_REDUCE ROW("8") ROW("16") ROW("24")
            : [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [hi] "=&r"(hi), [lo] "=&r"(lo),
              [next] "=&r"(next)
            : [a] "r"(a), [b] "r"(b), [p] "r"(p), [n0] "rm"(n0), "m"(*(const uint64_t(*)[4])a),
              "m"(*(const uint64_t(*)[4])b), "m"(*(const uint64_t(*)[4])p)
            : "rdx", "cc");
#undef ROW
#undef ROW_REDUCE
    const uint64_t t[4] = {t0, t1, t2, t3};
    mont_reduce_once(4, r, t, p);
}

static inline void mont_mul6_adx(uint64_t *r, const uint64_t *a, const uint64_t *b, const uint64_t *p, uint64_t n0)
{
    uint64_t t0, t1, t2, t3, t4, t5, hi, lo, next;
#define ROW_REDUCE \
    PT_ADX_REDUCE_FIRST PT_ADX_REDUCE("8", "t1", "t0") PT_ADX_REDUCE("16", "t2", "t1") \
    PT_ADX_REDUCE("24", "t3", "t2") PT_ADX_REDUCE("32", "t4", "t3") PT_ADX_REDUCE("40", "t5", "t4") PT_ADX_TOP("t5")
#define ROW(boff)                                                                                        \
    "xorl %k[lo], %k[lo]\n\t"                                                                            \
    "movq " boff "(%[b]), %%rdx\n\t"                                                                     \
    "mulxq 0(%[a]), %[lo], %[hi]\n\t"                                                                    \
    "adoxq %[lo], %[t0]\n\t" PT_ADX_STEP("8", "t1") PT_ADX_STEP("16", "t2") PT_ADX_STEP("24", "t3")        \
    PT_ADX_STEP("32", "t4") PT_ADX_STEP("40", "t5")                                                      \
    "movl $0, %k[lo]\n\t"                                                                                \
    "adcxq %[lo], %[hi]\n\t"                                                                             \
    "adoxq %[lo], %[hi]\n\t" ROW_REDUCE
    __asm__("movq 0(%[b]), %%rdx\n\t"
            "xorl %k[lo], %k[lo]\n\t"
            "mulxq 0(%[a]), %[t0], %[t1]\n\t"
            "mulxq 8(%[a]), %[lo], %[t2]\n\t"
            "adcxq %[lo], %[t1]\n\t"
            "mulxq 16(%[a]), %[lo], %[t3]\n\t"
            "adcxq %[lo], %[t2]\n\t"
            "mulxq 24(%[a]), %[lo], %[t4]\n\t"
            "adcxq %[lo], %[t3]\n\t"
            "mulxq 32(%[a]), %[lo], %[t5]\n\t"
            "adcxq %[lo], %[t4]\n\t"
            "mulxq 40(%[a]), %[lo], %[hi]\n\t"
            "adcxq %[lo], %[t5]\n\t"
            "movl $0, %k[lo]\n\t"
            "adcxq %[lo], %[hi]\n\t"
            ROW_REDUCE ROW("8") ROW("16") ROW("24") ROW("32") ROW("40")
            : [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [t4] "=&r"(t4), [t5] "=&r"(t5),
              [hi] "=&r"(hi), [lo] "=&r"(lo), [next] "=&r"(next)
            : [a] "r"(a), [b] "r"(b), [p] "r"(p), [n0] "m"(n0), "m"(*(const uint64_t(*)[6])a),
              "m"(*(const uint64_t(*)[6])b), "m"(*(const uint64_t(*)[6])p)
            : "rdx", "cc");
#undef ROW
#undef ROW_REDUCE
    const uint64_t t[6] = {t0, t1, t2, t3, t4, t5};
    mont_reduce_once(6, r, t, p);
}

#endif
