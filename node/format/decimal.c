/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/decimal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LIMBS_MAX = DECIMAL_BYTES_MAX / 8, GROUP_DIGITS = 19, GROUPS_MAX = 7 };
static const uint64_t GROUP = 10000000000000000000u; /* 10^19, the largest power of 10 in 64 bits */

/* limb /= 10^19; the remainder. */
static uint64_t divide_by_group(uint64_t *limb, size_t n)
{
    uint64_t rest = 0;
    for (size_t i = n; i-- > 0;) {
        unsigned __int128 part = (unsigned __int128)rest << 64 | limb[i];
        limb[i] = (uint64_t)(part / GROUP);
        rest = (uint64_t)(part % GROUP);
    }
    return rest;
}

static bool is_zero(const uint64_t *limb, size_t n)
{
    uint64_t any = 0;
    for (size_t i = 0; i < n; i++)
        any |= limb[i];
    return any == 0;
}

void decimal_from_bytes(const uint8_t *bytes, size_t n_bytes, char text[DECIMAL_CHARS_MAX])
{
    uint64_t limb[LIMBS_MAX] = {0}, group[GROUPS_MAX];
    size_t n_groups = 0;
    memcpy(limb, bytes, n_bytes);
    do
        group[n_groups++] = divide_by_group(limb, LIMBS_MAX);
    while (!is_zero(limb, LIMBS_MAX));
    int at = snprintf(text, DECIMAL_CHARS_MAX, "%" PRIu64, group[n_groups - 1]);
    for (size_t i = n_groups - 1; i-- > 0;)
        at += snprintf(text + at, (size_t)(DECIMAL_CHARS_MAX - at), "%0*" PRIu64, GROUP_DIGITS, group[i]);
}

/* limb = 10 limb + digit; false when that does not fit. */
static bool append_digit(uint64_t *limb, size_t n, unsigned digit)
{
    uint64_t carry = digit;
    for (size_t i = 0; i < n; i++) {
        unsigned __int128 part = (unsigned __int128)limb[i] * 10 + carry;
        limb[i] = (uint64_t)part;
        carry = (uint64_t)(part >> 64);
    }
    return carry == 0;
}

bool decimal_to_bytes(const char *text, size_t n_chars, size_t n_bytes, uint8_t *out)
{
    uint64_t limb[LIMBS_MAX] = {0};
    if (n_chars == 0 || (text[0] == '0' && n_chars > 1))
        return false;
    for (size_t i = 0; i < n_chars; i++)
        if (text[i] < '0' || text[i] > '9' || !append_digit(limb, n_bytes / 8, (unsigned)(text[i] - '0')))
            return false;
    memcpy(out, limb, n_bytes);
    return true;
}
