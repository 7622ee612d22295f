/* SPDX-License-Identifier: Apache-2.0 */
#include "node/msm/recode.h"

/* magnitude = min(s, r - s); is it r - s? */
static bool scalar_magnitude(const fr *s, uint64_t *magnitude)
{
    uint64_t minus[FR_LIMBS], borrow = 0;
    for (int i = 0; i < FR_LIMBS; i++) {
        pt_u128 d = (pt_u128)fr_modulus.limb[i] - s->limb[i] - borrow;
        minus[i] = (uint64_t)d;
        borrow = (uint64_t)(d >> 64) & 1;
    }
    bool negative = false;
    for (int i = FR_LIMBS; i-- > 0;)
        if (minus[i] != s->limb[i]) {
            negative = minus[i] < s->limb[i];
            break;
        }
    memcpy(magnitude, negative ? minus : s->limb, sizeof minus);
    return negative;
}

static unsigned limbs_bits(const uint64_t *limb)
{
    for (unsigned i = FR_LIMBS; i-- > 0;)
        if (limb[i] != 0)
            return 64 * i + 64 - (unsigned)__builtin_clzll(limb[i]);
    return 0;
}

void recode_lengths(const fr *scalars, size_t n, scalar_lengths *out)
{
    uint64_t magnitude[FR_LIMBS];
    for (size_t i = 0; i < n; i++) {
        scalar_magnitude(&scalars[i], magnitude);
        out->of_bits[limbs_bits(magnitude)]++;
    }
}

/* `width` bits from bit `low` on. */
static uint32_t limbs_window(const uint64_t *limb, unsigned low, unsigned width)
{
    unsigned word = low / 64, shift = low % 64;
    uint64_t bits = limb[word] >> shift;
    if (shift + width > 64 && word + 1 < FR_LIMBS)
        bits |= limb[word + 1] << (64 - shift);
    return (uint32_t)bits & (((uint32_t)1 << width) - 1);
}

/* Digits above half borrow from the next window; the last one has room for what is carried into it. */
static void write_digits(const uint64_t *magnitude, unsigned n_windows, size_t position, const recode_output *out)
{
    const msm_plan *plan = out->plan;
    uint32_t half = (uint32_t)1 << (plan->width - 1), carry = 0;
    for (unsigned w = 0; w < n_windows; w++) {
        uint32_t digit = limbs_window(magnitude, w * plan->width, plan->width) + carry;
        carry = digit > half;
        out->digits[plan->digits_first[w] + position] = (uint16_t)(digit - (carry << plan->width));
    }
    PT_VERIFY(carry == 0);
}

void recode_part(const fr *scalars, size_t begin, size_t end, size_t *cursor, const recode_output *out)
{
    uint64_t magnitude[FR_LIMBS];
    for (size_t i = begin; i < end; i++) {
        uint32_t sign = scalar_magnitude(&scalars[i], magnitude), entry = (uint32_t)i | sign << ENTRY_SIGN;
        unsigned bits = limbs_bits(magnitude);
        if (bits == 0)
            continue;
        if (bits == 1) {
            out->ones[cursor[0]++] = entry;
            continue;
        }
        unsigned n_windows = window_count(bits, out->plan->width);
        size_t position = cursor[n_windows]++;
        out->order[position] = entry;
        write_digits(magnitude, n_windows, position, out);
    }
}

/* A digit modulo 2^16 above 2^15 is negative. */
static inline uint32_t digit_sign(uint16_t digit)
{
    return digit > (1 << (WINDOW_WIDTH_MAX - 1));
}

static inline uint32_t digit_magnitude(uint16_t digit)
{
    uint32_t mask = 0 - digit_sign(digit);
    return ((digit ^ mask) - mask) & 0xffff;
}

void recode_sort(const uint16_t *digits, const uint32_t *order, size_t n, unsigned width, uint32_t *starts,
                 uint32_t *sorted)
{
    size_t n_buckets = window_buckets(width);
    memset(starts, 0, (n_buckets + 2) * sizeof *starts);
    for (size_t i = 0; i < n; i++)
        starts[digit_magnitude(digits[i])]++;
    starts[0] = 0;
    for (size_t m = 1; m <= n_buckets; m++)
        starts[m] += starts[m - 1];
    starts[n_buckets + 1] = starts[n_buckets];
    for (size_t i = n; i-- > 0;)
        if (digits[i] != 0)
            sorted[--starts[digit_magnitude(digits[i])]] = order[i] ^ digit_sign(digits[i]) << ENTRY_SIGN;
}
