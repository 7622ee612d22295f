/* SPDX-License-Identifier: Apache-2.0 */
#include "node/groth16/blinding.h"

#include <sodium.h>
#include <stdbool.h>

/* Is a < b? Both little-endian, n bytes; time depends on neither. */
static bool is_below(const uint8_t *a, const uint8_t *b, size_t n)
{
    unsigned borrow = 0;
    for (size_t i = 0; i < n; i++)
        borrow = ((unsigned)a[i] - b[i] - borrow) >> 8 & 1;
    return borrow;
}

/* All bits up to the top one of a byte. */
static uint8_t bits_below(uint8_t top)
{
    unsigned mask = top;
    mask |= mask >> 1;
    mask |= mask >> 2;
    mask |= mask >> 4;
    return (uint8_t)mask;
}

pt_status blinding_draw(const uint8_t *order, size_t n_bytes, uint8_t *out, pt_err *err)
{
    if (sodium_init() < 0)
        return pt_fail(err, PT_E_INTERNAL, "libsodium finds no source of randomness");
    do {
        randombytes_buf(out, n_bytes);
        out[n_bytes - 1] &= bits_below(order[n_bytes - 1]);
    } while (!is_below(out, order, n_bytes));
    return PT_OK;
}
