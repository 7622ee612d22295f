/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/curve_read.h"

#include <string.h>

typedef struct {
    uint32_t n_bytes;
    const uint8_t *bytes;
} prime;

static pt_status read_prime(binfile_cursor *cursor, const char *name, prime *out, pt_err *err)
{
    pt_status status = binfile_u32(cursor, "a prime's size", &out->n_bytes, err);
    if (status == PT_OK)
        status = binfile_bytes(cursor, name, out->n_bytes, &out->bytes, err);
    return status;
}

pt_status curve_read_r(binfile_cursor *cursor, cpu_features features, const pt_curve **out, pt_err *err)
{
    prime r;
    pt_status status = read_prime(cursor, "the prime r", &r, err);
    if (status != PT_OK)
        return status;
    const pt_curve *curve = pt_curve_by_r(r.bytes, r.n_bytes, features);
    if (curve == NULL)
        return pt_fail(err, PT_E_FORMAT, "%s: section %u: the prime r is neither BN254's nor BLS12-381's",
                       cursor->file->input.path, cursor->type);
    *out = curve;
    return PT_OK;
}

pt_status curve_read_q_r(binfile_cursor *cursor, cpu_features features, const pt_curve **out, pt_err *err)
{
    prime q;
    const pt_curve *curve;
    pt_status status = read_prime(cursor, "the prime q", &q, err);
    if (status == PT_OK)
        status = curve_read_r(cursor, features, &curve, err);
    if (status != PT_OK)
        return status;
    if (q.n_bytes != curve->fq_bytes || memcmp(q.bytes, curve->q, q.n_bytes) != 0)
        return pt_fail(err, PT_E_FORMAT, "%s: section %u: the prime r is that of %s, but the prime q is not",
                       cursor->file->input.path, cursor->type, curve->name);
    *out = curve;
    return PT_OK;
}
