/* SPDX-License-Identifier: Apache-2.0 */
/* node/groth16/blinding.h - the two random scalars that hide a witness in its proof. */
#ifndef PT_BLINDING_H
#define PT_BLINDING_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"

/** Draw a scalar uniformly from [0, order) by rejection, from libsodium's generator.
 *  shape   order, out: n_bytes, little-endian; order's top byte is not 0
 *  owns    out is secret: the caller zeroes it
 *  errors  PT_E_INTERNAL libsodium has no source of randomness */
pt_status blinding_draw(const uint8_t *order, size_t n_bytes, uint8_t *out, pt_err *err);

#endif
