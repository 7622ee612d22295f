/* SPDX-License-Identifier: Apache-2.0 */
#include "node/arith/point_bytes.h"

#include "node/arith/g1.h"
#include "node/arith/g2.h"
#include "node/arith/sqrt.h"

/* In x's first byte, above the bits of q. */
#if defined(PT_CURVE_BN254)
enum { FLAG_MASK = 0xc0, FLAG_SMALLER = 0x80, FLAG_LARGER = 0xc0, FLAG_INFINITY = 0x40 };
#else
enum { FLAG_MASK = 0xe0, FLAG_SMALLER = 0x80, FLAG_LARGER = 0xa0, FLAG_INFINITY = 0xc0 };
#endif
_Static_assert(8 * FQ_BYTES - FQ_BITS >= (FLAG_MASK == 0xc0 ? 2 : 3), "x leaves the flags free");

static void reverse_bytes(const uint8_t *bytes, uint8_t *out)
{
    for (size_t i = 0; i < FQ_BYTES; i++)
        out[i] = bytes[FQ_BYTES - 1 - i];
}

static void fq_write(const fq *a, uint8_t *out)
{
    fq canon;
    fq_to_canon(&canon, a);
    reverse_bytes((const uint8_t *)&canon, out);
}

static bool fq_read(const uint8_t *bytes, fq *out)
{
    reverse_bytes(bytes, (uint8_t *)out);
    if (!fq_is_reduced(out))
        return false;
    fq_to_mont(out, out);
    return true;
}

static void fq2_write(const fq2 *a, uint8_t *out)
{
    fq_write(&a->c1, out);
    fq_write(&a->c0, out + FQ_BYTES);
}

static bool fq2_read(const uint8_t *bytes, fq2 *out)
{
    return fq_read(bytes, &out->c1) && fq_read(bytes + FQ_BYTES, &out->c0);
}

static const char *read_infinity(const uint8_t *bytes, size_t n_bytes, uint8_t *point)
{
    uint8_t others = (uint8_t)(bytes[0] & ~FLAG_MASK);
    for (size_t i = 1; i < n_bytes; i++)
        others |= bytes[i];
    if (others != 0)
        return "infinity with a coordinate";
    memset(point, 0, 2 * n_bytes);
    return NULL;
}

#define DEFINE_GROUP(GROUP, FIELD)                                          \
    void GROUP##_compress(const uint8_t *point, uint8_t *out)               \
    {                                                                       \
        GROUP##_affine p;                                                   \
        GROUP##_affine_load(&p, point);                                     \
        FIELD##_write(&p.x, out);                                           \
        if (GROUP##_affine_is_infinity(&p))                                 \
            out[0] = FLAG_INFINITY;                                         \
        else                                                                \
            out[0] |= FIELD##_is_larger(&p.y) ? FLAG_LARGER : FLAG_SMALLER; \
    }                                                                       \
                                                                            \
    const char *GROUP##_decompress(const uint8_t *bytes, uint8_t *point)    \
    {                                                                       \
        GROUP##_affine p;                                                   \
        uint8_t x[sizeof p.x];                                              \
        const int flags = bytes[0] & FLAG_MASK;                             \
        if (flags == FLAG_INFINITY)                                         \
            return read_infinity(bytes, sizeof x, point);                   \
        if (flags != FLAG_SMALLER && flags != FLAG_LARGER)                  \
            return "its flags are those of no compressed point";            \
        memcpy(x, bytes, sizeof x);                                         \
        x[0] = (uint8_t)(x[0] & ~FLAG_MASK);                                \
        if (!FIELD##_read(x, &p.x))                                         \
            return "x is not below q";                                      \
        FIELD##_sqr(&p.y, &p.x);                                            \
        FIELD##_mul(&p.y, &p.y, &p.x);                                      \
        FIELD##_add(&p.y, &p.y, &GROUP##_b);                                \
        if (!FIELD##_sqrt(&p.y, &p.y))                                      \
            return "no point of the curve has this x";                      \
        if (FIELD##_is_larger(&p.y) != (flags == FLAG_LARGER))              \
            FIELD##_neg(&p.y, &p.y);                                        \
        memcpy(point, &p, sizeof p);                                        \
        return NULL;                                                        \
    }
DEFINE_GROUP(g1, fq)
DEFINE_GROUP(g2, fq2)
