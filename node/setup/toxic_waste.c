/* SPDX-License-Identifier: Apache-2.0 */
#include "node/setup/toxic_waste.h"

#include <sodium.h>

/* A uniform non-zero element; uniform limbs below r are a uniform element's Montgomery form as well. */
static void draw_non_zero(fr *out)
{
    do {
        randombytes_buf(out, sizeof *out);
        out->limb[FR_LIMBS - 1] &= UINT64_MAX >> (64 * FR_LIMBS - FR_BITS);
    } while (!fr_is_reduced(out) || fr_is_zero(out));
}

static bool is_in_domain(const fr *tau, unsigned log_size)
{
    fr power = *tau;
    for (unsigned i = 0; i < log_size; i++)
        fr_sqr(&power, &power);
    bool inside = fr_is_one(&power);
    sodium_memzero(&power, sizeof power);
    return inside;
}

pt_status toxic_waste_draw(unsigned log_n, toxic_waste *out, pt_err *err)
{
    if (sodium_init() < 0)
        return pt_fail(err, PT_E_INTERNAL, "libsodium finds no source of randomness");
    do
        draw_non_zero(&out->tau);
    while (is_in_domain(&out->tau, log_n + 1));
    draw_non_zero(&out->alpha);
    draw_non_zero(&out->beta);
    draw_non_zero(&out->gamma);
    do
        draw_non_zero(&out->delta);
    while (fr_eq(&out->delta, &out->gamma));
    return PT_OK;
}

void toxic_waste_clear(toxic_waste *waste)
{
    sodium_memzero(waste, sizeof *waste);
}
