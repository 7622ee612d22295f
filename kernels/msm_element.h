/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/msm_element.h - digits of scalars, and what is carried from level to level of the sort: an entry with its key, the low bits
 * of its bucket's number.
 *
 * One word where it has room: key, sign, index from the top. Else two (PT_SORT_WIDE): the entry as it will be, and the key. */
#ifndef PT_MSM_ELEMENT_H
#define PT_MSM_ELEMENT_H

#include "kernels/sort_tile.h"

/** A digit d as d + 2^(c-1) - 1, in c bits: PT_SORT_DIGIT_BITS 16 for windows of up to 16 bits, else 32. */
#if PT_SORT_DIGIT_BITS == 16
typedef ushort msm_digit;
#elif PT_SORT_DIGIT_BITS == 32
typedef uint msm_digit;
#else
#error "digits of 16 or of 32 bits: -DPT_SORT_DIGIT_BITS, of gpu/msm_sort_plan.h"
#endif

/** A digit's bucket in its set, or SORT_NONE for zero, and its sign. */
typedef struct {
    uint bucket, sign;
} msm_place;

PT_FN msm_place msm_place_of(uint digit, uint c)
{
    const uint zero = (1u << (c - 1)) - 1;
    msm_place place;
    place.sign = digit < zero;
    place.bucket = digit == zero ? SORT_NONE : (place.sign ? zero - digit : digit - zero) - 1;
    return place;
}

#if PT_SORT_WIDE
typedef uint2 msm_element;

PT_FN msm_element msm_element_make(uint key, uint sign, uint index, uint index_bits)
{
    msm_element out;
    (void)index_bits;
    out.x = index | sign << MSM_ENTRY_SIGN;
    out.y = key;
    return out;
}

PT_FN uint msm_element_key(msm_element element, uint index_bits)
{
    (void)index_bits;
    return element.y;
}

PT_FN uint msm_element_entry(msm_element element, uint index_bits)
{
    (void)index_bits;
    return element.x;
}
#else
typedef uint msm_element;

PT_FN msm_element msm_element_make(uint key, uint sign, uint index, uint index_bits)
{
    return (key << 1 | sign) << index_bits | index;
}

PT_FN uint msm_element_key(msm_element element, uint index_bits)
{
    return element >> 1 >> index_bits;
}

PT_FN uint msm_element_entry(msm_element element, uint index_bits)
{
    return (element & ((1u << index_bits) - 1)) | (element >> index_bits & 1) << MSM_ENTRY_SIGN;
}
#endif

/* A chunk's item waits in local memory as its digit and its place among the chunk's scalars: one word holds digits of up to 19 bits. */
#if PT_SORT_WIDE
PT_FN msm_element msm_waiting(uint digit, uint place)
{
    msm_element out;
    out.x = place;
    out.y = digit;
    return out;
}
#define MSM_WAITING_DIGIT(element) (element).y
#define MSM_WAITING_PLACE(element) (element).x
#else
PT_FN msm_element msm_waiting(uint digit, uint place)
{
    return digit << MSM_SORT_WAITING_BITS | place;
}
#define MSM_WAITING_DIGIT(element) ((element) >> MSM_SORT_WAITING_BITS)
#define MSM_WAITING_PLACE(element) ((element) & ((1u << MSM_SORT_WAITING_BITS) - 1))
#endif

#endif
