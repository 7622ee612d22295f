/* SPDX-License-Identifier: Apache-2.0 */
/* recorded_blinding.c - the library's blinding_draw, and a note of what it drew, for secret_test.py to find in memory: r and s of the
 * last proof, masked, so that the note is not what is looked for. */
#include "node/groth16/blinding.h"

enum { SCALAR_BYTES = 32, MASK = 0x5a };

pt_status __real_blinding_draw(const uint8_t *order, size_t n_bytes, uint8_t *out, pt_err *err);
pt_status __wrap_blinding_draw(const uint8_t *order, size_t n_bytes, uint8_t *out, pt_err *err);

static volatile struct {
    char mark[16];
    uint8_t masked[2][SCALAR_BYTES];
    uint8_t n_drawn;
} record = {.mark = "masked r and s:"};

pt_status __wrap_blinding_draw(const uint8_t *order, size_t n_bytes, uint8_t *out, pt_err *err)
{
    pt_status status = __real_blinding_draw(order, n_bytes, out, err);
    for (size_t i = 0; status == PT_OK && i < n_bytes && i < SCALAR_BYTES; i++)
        record.masked[record.n_drawn % 2][i] = (uint8_t)(out[i] ^ MASK);
    record.n_drawn++;
    return status;
}
