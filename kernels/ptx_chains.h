/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/ptx_chains.h - carry chains of 32-bit words in NVIDIA's PTX: what field_ptx.h and fr_shoup_ptx.h build their rows of.
 *
 * Each chain is one asm statement, so no carry crosses from one to the next. Words are kept in pairs: the lower and the upper half of
 * one product, added by mad.lo.cc and madc.hi.cc to two neighbouring words, are one instruction of the device (IMAD.WIDE with a
 * carry in and out). A row of a long product is therefore two chains, of the even and of the odd columns.
 *
 * PTX_BEGIN PTX_INPUTS PTX_END stand around the operands, so that the tests can define them first and run the text without a device. */
#ifndef PT_PTX_CHAINS_H
#define PT_PTX_CHAINS_H

#include "kernels/device_caps.h"

#ifndef PTX_BEGIN
#define PTX_BEGIN(text) __asm__(text:
#define PTX_IO(x) "+r"(x)
#define PTX_INPUTS :
#define PTX_IN(x) "r"(x)
#define PTX_END );
#endif

/* The v of the lane whose number differs in the bits of mask; the whole warp is here. */
PT_FN uint ptx_swap(uint v, uint mask)
{
    uint out;
    __asm__ volatile("shfl.sync.bfly.b32 %0, %1, %2, 31, 0xffffffff;" : "=r"(out) : "r"(v), "r"(mask));
    return out;
}

/* clang-format off */
#define PTX_IO4(x) PTX_IO(x[0]), PTX_IO(x[1]), PTX_IO(x[2]), PTX_IO(x[3])
#define PTX_IO8(x) PTX_IO4(x), PTX_IO(x[4]), PTX_IO(x[5]), PTX_IO(x[6]), PTX_IO(x[7])
#define PTX_IO12(x) PTX_IO8(x), PTX_IO(x[8]), PTX_IO(x[9]), PTX_IO(x[10]), PTX_IO(x[11])
#define PTX_IN4(x) PTX_IN(x[0]), PTX_IN(x[1]), PTX_IN(x[2]), PTX_IN(x[3])
#define PTX_IN8(x) PTX_IN4(x), PTX_IN(x[4]), PTX_IN(x[5]), PTX_IN(x[6]), PTX_IN(x[7])
#define PTX_IN12(x) PTX_IN8(x), PTX_IN(x[8]), PTX_IN(x[9]), PTX_IN(x[10]), PTX_IN(x[11])

/* Every other word of a: the multiplicands of one chain. */
#define PTX_STEP4(a) PTX_IN(a[0]), PTX_IN(a[2]), PTX_IN(a[4]), PTX_IN(a[6])
#define PTX_STEP6(a) PTX_STEP4(a), PTX_IN(a[8]), PTX_IN(a[10])

/* (hi, lo) += a b, operands by their numbers: the chain's first, and one that takes a carry. */
#define PTX_MAD_FIRST(lo, hi, a, b) \
    "mad.lo.cc.u32 %" #lo ", %" #a ", %" #b ", %" #lo "; madc.hi.cc.u32 %" #hi ", %" #a ", %" #b ", %" #hi "; "
#define PTX_MAD(lo, hi, a, b) \
    "madc.lo.cc.u32 %" #lo ", %" #a ", %" #b ", %" #lo "; madc.hi.cc.u32 %" #hi ", %" #a ", %" #b ", %" #hi "; "
#define PTX_TOP(top) "addc.u32 %" #top ", %" #top ", 0; "

/* (*hi, *lo) = a b. */
PT_FN void ptx_mul(uint *lo, uint *hi, uint a, uint b)
{
    *lo = *hi = 0;
    PTX_BEGIN("mul.lo.u32 %0, %2, %3; mul.hi.u32 %1, %2, %3; ") PTX_IO(*lo), PTX_IO(*hi) PTX_INPUTS PTX_IN(a), PTX_IN(b) PTX_END
}

/* x[0 .. 2L - 1] += b (a[0] + a[2] 2^64 + a[4] 2^128 ...) of L words of a; *top += the carry. */
PT_FN void ptx_mad_1(uint *x, uint *top, const uint *a, uint b)
{
    PTX_BEGIN(PTX_MAD_FIRST(0, 1, 4, 3) PTX_TOP(2))
    PTX_IO(x[0]), PTX_IO(x[1]), PTX_IO(*top) PTX_INPUTS PTX_IN(b), PTX_IN(a[0]) PTX_END
}

PT_FN void ptx_mad_2(uint *x, uint *top, const uint *a, uint b)
{
    PTX_BEGIN(PTX_MAD_FIRST(0, 1, 6, 5) PTX_MAD(2, 3, 7, 5) PTX_TOP(4))
    PTX_IO4(x), PTX_IO(*top) PTX_INPUTS PTX_IN(b), PTX_IN(a[0]), PTX_IN(a[2]) PTX_END
}

PT_FN void ptx_mad_3(uint *x, uint *top, const uint *a, uint b)
{
    PTX_BEGIN(PTX_MAD_FIRST(0, 1, 8, 7) PTX_MAD(2, 3, 9, 7) PTX_MAD(4, 5, 10, 7) PTX_TOP(6))
    PTX_IO4(x), PTX_IO(x[4]), PTX_IO(x[5]), PTX_IO(*top)
    PTX_INPUTS PTX_IN(b), PTX_IN(a[0]), PTX_IN(a[2]), PTX_IN(a[4]) PTX_END
}

PT_FN void ptx_mad_4(uint *x, uint *top, const uint *a, uint b)
{
    PTX_BEGIN(PTX_MAD_FIRST(0, 1, 10, 9) PTX_MAD(2, 3, 11, 9) PTX_MAD(4, 5, 12, 9) PTX_MAD(6, 7, 13, 9) PTX_TOP(8))
    PTX_IO8(x), PTX_IO(*top) PTX_INPUTS PTX_IN(b), PTX_STEP4(a) PTX_END
}

PT_FN void ptx_mad_5(uint *x, uint *top, const uint *a, uint b)
{
    PTX_BEGIN(PTX_MAD_FIRST(0, 1, 12, 11) PTX_MAD(2, 3, 13, 11) PTX_MAD(4, 5, 14, 11) PTX_MAD(6, 7, 15, 11)
              PTX_MAD(8, 9, 16, 11) PTX_TOP(10))
    PTX_IO8(x), PTX_IO(x[8]), PTX_IO(x[9]), PTX_IO(*top) PTX_INPUTS PTX_IN(b), PTX_STEP4(a), PTX_IN(a[8]) PTX_END
}

PT_FN void ptx_mad_6(uint *x, uint *top, const uint *a, uint b)
{
    PTX_BEGIN(PTX_MAD_FIRST(0, 1, 14, 13) PTX_MAD(2, 3, 15, 13) PTX_MAD(4, 5, 16, 13) PTX_MAD(6, 7, 17, 13)
              PTX_MAD(8, 9, 18, 13) PTX_MAD(10, 11, 19, 13) PTX_TOP(12))
    PTX_IO12(x), PTX_IO(*top) PTX_INPUTS PTX_IN(b), PTX_STEP6(a) PTX_END
}

/* x[0 .. 2L - 2] += b (a[0] + a[2] 2^64 ...) of L words of a, the sum's top modulo 2^32: where the low half of a product ends. */
#define PTX_LAST_LOW(lo, a, b) "madc.lo.u32 %" #lo ", %" #a ", %" #b ", %" #lo "; "

PT_FN void ptx_mad_low_2(uint *x, const uint *a, uint b)
{
    PTX_BEGIN(PTX_MAD_FIRST(0, 1, 4, 3) PTX_LAST_LOW(2, 5, 3))
    PTX_IO(x[0]), PTX_IO(x[1]), PTX_IO(x[2]) PTX_INPUTS PTX_IN(b), PTX_IN(a[0]), PTX_IN(a[2]) PTX_END
}

PT_FN void ptx_mad_low_3(uint *x, const uint *a, uint b)
{
    PTX_BEGIN(PTX_MAD_FIRST(0, 1, 6, 5) PTX_MAD(2, 3, 7, 5) PTX_LAST_LOW(4, 8, 5))
    PTX_IO4(x), PTX_IO(x[4]) PTX_INPUTS PTX_IN(b), PTX_IN(a[0]), PTX_IN(a[2]), PTX_IN(a[4]) PTX_END
}

PT_FN void ptx_mad_low_4(uint *x, const uint *a, uint b)
{
    PTX_BEGIN(PTX_MAD_FIRST(0, 1, 8, 7) PTX_MAD(2, 3, 9, 7) PTX_MAD(4, 5, 10, 7) PTX_LAST_LOW(6, 11, 7))
    PTX_IO4(x), PTX_IO(x[4]), PTX_IO(x[5]), PTX_IO(x[6]) PTX_INPUTS PTX_IN(b), PTX_STEP4(a) PTX_END
}

/* The same over four words of a whose first product is known to be (hi, lo). */
PT_FN void ptx_mad_4_given_1(uint *x, uint *top, const uint *a, uint b, uint hi, uint lo)
{
    PTX_BEGIN("add.cc.u32 %0, %0, %14; addc.cc.u32 %1, %1, %13; " PTX_MAD(2, 3, 10, 9) PTX_MAD(4, 5, 11, 9)
              PTX_MAD(6, 7, 12, 9) PTX_TOP(8))
    PTX_IO8(x), PTX_IO(*top)
    PTX_INPUTS PTX_IN(b), PTX_IN(a[2]), PTX_IN(a[4]), PTX_IN(a[6]), PTX_IN(hi), PTX_IN(lo) PTX_END
}

/* *minus = -x and *less = -x - 1, but 0 and 0 for x = 0. */
PT_FN void ptx_minus(uint *minus, uint *less, uint x)
{
    *minus = *less = 0;
    PTX_BEGIN("sub.cc.u32 %0, 0, %2; subc.u32 %1, %0, 0; ") PTX_IO(*minus), PTX_IO(*less) PTX_INPUTS PTX_IN(x) PTX_END
}

/* (hi, lo) = (fhi, flo) + a b + carry, and without a product. */
#define PTX_MOVE_MAD(lo, hi, a, b, flo, fhi) \
    "madc.lo.cc.u32 %" #lo ", %" #a ", %" #b ", %" #flo "; madc.hi.cc.u32 %" #hi ", %" #a ", %" #b ", %" #fhi "; "
#define PTX_MOVE(lo, hi, a, b, flo, fhi) "addc.cc.u32 %" #lo ", %" #flo ", 0; addc.cc.u32 %" #hi ", %" #fhi ", 0; "
#define PTX_MOVE_LAST(lo, hi, a, b) \
    "madc.lo.cc.u32 %" #lo ", %" #a ", %" #b ", 0; madc.hi.u32 %" #hi ", %" #a ", %" #b ", 0; "

/* The accumulators change roles for the next row: the low word of x is spent (0), the next one goes to *low, where the carry of that
 * sum belongs to the new x[0], and the rest moves down by two words: x = x / 2^64 + b (a[0] + a[2] 2^64 ...). The last number of
 * the name counts the leading words of a that are left out, for squares. */
#define PTX_DEFINE_SHIFT_8(name, P0, P1, P2) \
    PT_FN void name(uint *x, uint *low, const uint *a, uint b) \
    { \
        PTX_BEGIN("add.cc.u32 %8, %8, %1; " P0(0, 1, 10, 9, 2, 3) P1(2, 3, 11, 9, 4, 5) P2(4, 5, 12, 9, 6, 7) \
                  PTX_MOVE_LAST(6, 7, 13, 9)) \
        PTX_IO8(x), PTX_IO(*low) PTX_INPUTS PTX_IN(b), PTX_STEP4(a) PTX_END \
    }
PTX_DEFINE_SHIFT_8(ptx_shift_mad_8_0, PTX_MOVE_MAD, PTX_MOVE_MAD, PTX_MOVE_MAD)
PTX_DEFINE_SHIFT_8(ptx_shift_mad_8_1, PTX_MOVE, PTX_MOVE_MAD, PTX_MOVE_MAD)
PTX_DEFINE_SHIFT_8(ptx_shift_mad_8_2, PTX_MOVE, PTX_MOVE, PTX_MOVE_MAD)
PTX_DEFINE_SHIFT_8(ptx_shift_mad_8_3, PTX_MOVE, PTX_MOVE, PTX_MOVE)

#define PTX_DEFINE_SHIFT_12(name, P0, P1, P2, P3, P4) \
    PT_FN void name(uint *x, uint *low, const uint *a, uint b) \
    { \
        PTX_BEGIN("add.cc.u32 %12, %12, %1; " P0(0, 1, 14, 13, 2, 3) P1(2, 3, 15, 13, 4, 5) P2(4, 5, 16, 13, 6, 7) \
                  P3(6, 7, 17, 13, 8, 9) P4(8, 9, 18, 13, 10, 11) PTX_MOVE_LAST(10, 11, 19, 13)) \
        PTX_IO12(x), PTX_IO(*low) PTX_INPUTS PTX_IN(b), PTX_STEP6(a) PTX_END \
    }
PTX_DEFINE_SHIFT_12(ptx_shift_mad_12_0, PTX_MOVE_MAD, PTX_MOVE_MAD, PTX_MOVE_MAD, PTX_MOVE_MAD, PTX_MOVE_MAD)
PTX_DEFINE_SHIFT_12(ptx_shift_mad_12_1, PTX_MOVE, PTX_MOVE_MAD, PTX_MOVE_MAD, PTX_MOVE_MAD, PTX_MOVE_MAD)
PTX_DEFINE_SHIFT_12(ptx_shift_mad_12_2, PTX_MOVE, PTX_MOVE, PTX_MOVE_MAD, PTX_MOVE_MAD, PTX_MOVE_MAD)
PTX_DEFINE_SHIFT_12(ptx_shift_mad_12_3, PTX_MOVE, PTX_MOVE, PTX_MOVE, PTX_MOVE_MAD, PTX_MOVE_MAD)
PTX_DEFINE_SHIFT_12(ptx_shift_mad_12_4, PTX_MOVE, PTX_MOVE, PTX_MOVE, PTX_MOVE, PTX_MOVE_MAD)
PTX_DEFINE_SHIFT_12(ptx_shift_mad_12_5, PTX_MOVE, PTX_MOVE, PTX_MOVE, PTX_MOVE, PTX_MOVE)

/* The same for a reduction's rows, which learn their factor on the way: *m = *low n0 once *low has its sum. */
#define PTX_SHIFT_REDUCE(low, second, m, n0) \
    "add.cc.u32 %" #low ", %" #low ", %" #second "; mul.lo.u32 %" #m ", %" #low ", %" #n0 "; "

PT_FN void ptx_shift_reduce_8(uint *x, uint *low, uint *m, const uint *a, uint n0)
{
    PTX_BEGIN(PTX_SHIFT_REDUCE(8, 1, 9, 10) PTX_MOVE_MAD(0, 1, 11, 9, 2, 3) PTX_MOVE_MAD(2, 3, 12, 9, 4, 5)
              PTX_MOVE_MAD(4, 5, 13, 9, 6, 7) PTX_MOVE_LAST(6, 7, 14, 9))
    PTX_IO8(x), PTX_IO(*low), PTX_IO(*m) PTX_INPUTS PTX_IN(n0), PTX_STEP4(a) PTX_END
}

PT_FN void ptx_shift_reduce_12(uint *x, uint *low, uint *m, const uint *a, uint n0)
{
    PTX_BEGIN(PTX_SHIFT_REDUCE(12, 1, 13, 14) PTX_MOVE_MAD(0, 1, 15, 13, 2, 3) PTX_MOVE_MAD(2, 3, 16, 13, 4, 5)
              PTX_MOVE_MAD(4, 5, 17, 13, 6, 7) PTX_MOVE_MAD(6, 7, 18, 13, 8, 9) PTX_MOVE_MAD(8, 9, 19, 13, 10, 11)
              PTX_MOVE_LAST(10, 11, 20, 13))
    PTX_IO12(x), PTX_IO(*low), PTX_IO(*m) PTX_INPUTS PTX_IN(n0), PTX_STEP6(a) PTX_END
}

/* x op= b over 8 or 12 words; of a difference *less = 0 or, for a borrow, all ones. */
#define PTX_WORD(op, x, b) op ".u32 %" #x ", %" #x ", %" #b "; "

PT_FN void ptx_add_8(uint *x, const uint *b)
{
    PTX_BEGIN(PTX_WORD("add.cc", 0, 8) PTX_WORD("addc.cc", 1, 9) PTX_WORD("addc.cc", 2, 10) PTX_WORD("addc.cc", 3, 11)
              PTX_WORD("addc.cc", 4, 12) PTX_WORD("addc.cc", 5, 13) PTX_WORD("addc.cc", 6, 14) PTX_WORD("addc", 7, 15))
    PTX_IO8(x) PTX_INPUTS PTX_IN8(b) PTX_END
}

PT_FN void ptx_add_9(uint *x, const uint *b)
{
    PTX_BEGIN(PTX_WORD("add.cc", 0, 9) PTX_WORD("addc.cc", 1, 10) PTX_WORD("addc.cc", 2, 11) PTX_WORD("addc.cc", 3, 12)
              PTX_WORD("addc.cc", 4, 13) PTX_WORD("addc.cc", 5, 14) PTX_WORD("addc.cc", 6, 15) PTX_WORD("addc.cc", 7, 16)
              PTX_WORD("addc", 8, 17))
    PTX_IO8(x), PTX_IO(x[8]) PTX_INPUTS PTX_IN8(b), PTX_IN(b[8]) PTX_END
}

PT_FN void ptx_add_12(uint *x, const uint *b)
{
    PTX_BEGIN(PTX_WORD("add.cc", 0, 12) PTX_WORD("addc.cc", 1, 13) PTX_WORD("addc.cc", 2, 14) PTX_WORD("addc.cc", 3, 15)
              PTX_WORD("addc.cc", 4, 16) PTX_WORD("addc.cc", 5, 17) PTX_WORD("addc.cc", 6, 18) PTX_WORD("addc.cc", 7, 19)
              PTX_WORD("addc.cc", 8, 20) PTX_WORD("addc.cc", 9, 21) PTX_WORD("addc.cc", 10, 22) PTX_WORD("addc", 11, 23))
    PTX_IO12(x) PTX_INPUTS PTX_IN12(b) PTX_END
}

PT_FN void ptx_sub_8(uint *x, uint *less, const uint *b)
{
    PTX_BEGIN(PTX_WORD("sub.cc", 0, 9) PTX_WORD("subc.cc", 1, 10) PTX_WORD("subc.cc", 2, 11) PTX_WORD("subc.cc", 3, 12)
              PTX_WORD("subc.cc", 4, 13) PTX_WORD("subc.cc", 5, 14) PTX_WORD("subc.cc", 6, 15) PTX_WORD("subc.cc", 7, 16)
              "subc.u32 %8, 0, 0; ")
    PTX_IO8(x), PTX_IO(*less) PTX_INPUTS PTX_IN8(b) PTX_END
}

PT_FN void ptx_sub_12(uint *x, uint *less, const uint *b)
{
    PTX_BEGIN(PTX_WORD("sub.cc", 0, 13) PTX_WORD("subc.cc", 1, 14) PTX_WORD("subc.cc", 2, 15) PTX_WORD("subc.cc", 3, 16)
              PTX_WORD("subc.cc", 4, 17) PTX_WORD("subc.cc", 5, 18) PTX_WORD("subc.cc", 6, 19) PTX_WORD("subc.cc", 7, 20)
              PTX_WORD("subc.cc", 8, 21) PTX_WORD("subc.cc", 9, 22) PTX_WORD("subc.cc", 10, 23) PTX_WORD("subc.cc", 11, 24)
              "subc.u32 %12, 0, 0; ")
    PTX_IO12(x), PTX_IO(*less) PTX_INPUTS PTX_IN12(b) PTX_END
}

/* x -= b + 1 if less is not 0, else b: a longer difference goes on. */
PT_FN void ptx_sub_on_8(uint *x, uint less, const uint *b)
{
    PTX_BEGIN("sub.cc.u32 %8, 0, %8; " PTX_WORD("subc.cc", 0, 9) PTX_WORD("subc.cc", 1, 10) PTX_WORD("subc.cc", 2, 11)
              PTX_WORD("subc.cc", 3, 12) PTX_WORD("subc.cc", 4, 13) PTX_WORD("subc.cc", 5, 14) PTX_WORD("subc.cc", 6, 15)
              PTX_WORD("subc", 7, 16))
    PTX_IO8(x), PTX_IO(less) PTX_INPUTS PTX_IN8(b) PTX_END
}

PT_FN void ptx_sub_on_12(uint *x, uint less, const uint *b)
{
    PTX_BEGIN("sub.cc.u32 %12, 0, %12; " PTX_WORD("subc.cc", 0, 13) PTX_WORD("subc.cc", 1, 14) PTX_WORD("subc.cc", 2, 15)
              PTX_WORD("subc.cc", 3, 16) PTX_WORD("subc.cc", 4, 17) PTX_WORD("subc.cc", 5, 18) PTX_WORD("subc.cc", 6, 19)
              PTX_WORD("subc.cc", 7, 20) PTX_WORD("subc.cc", 8, 21) PTX_WORD("subc.cc", 9, 22) PTX_WORD("subc.cc", 10, 23)
              PTX_WORD("subc", 11, 24))
    PTX_IO12(x), PTX_IO(less) PTX_INPUTS PTX_IN12(b) PTX_END
}
/* clang-format on */

#endif
