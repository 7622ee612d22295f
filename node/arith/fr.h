/* SPDX-License-Identifier: Apache-2.0 */
/* node/arith/fr.h - the scalar field Fr: witnesses, coefficients, the NTT. */
#ifndef PT_FR_H
#define PT_FR_H

#include "node/arith/curve_build.h"

#define FIELD fr
#define FIELD_CONST(x) FR_##x
#include "node/arith/field.inc.h"

enum { FR_BYTES = 8 * FR_LIMBS };

/** k = e + r or e + 2r, whichever has bit FR_BITS: the same multiple of a point of order r, and one length for every
 *  canonical e, so that a secret's leading zeros don't show. No branch. */
static inline void fr_lengthen(uint64_t k[FR_LIMBS], const fr *e)
{
    for (int i = 0; i < FR_LIMBS; i++)
        k[i] = e->limb[i];
    for (int pass = 0; pass < 2; pass++) {
        uint64_t carry = 0, short_mask = (k[FR_BITS / 64] >> (FR_BITS % 64) & 1) - 1;
        for (int i = 0; i < FR_LIMBS; i++) {
            pt_u128 sum = (pt_u128)k[i] + (fr_modulus.limb[i] & short_mask) + carry;
            k[i] = (uint64_t)sum;
            carry = (uint64_t)(sum >> 64);
        }
    }
}

#endif
