/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/device_arith.h - a device's field and group functions as the tests call them: bytes in, bytes out.
 *
 * A device's types have the host's names and bytes, so each side is compiled alone: device_arith.c reads kernels/. */
#ifndef PT_DEVICE_ARITH_H
#define PT_DEVICE_ARITH_H

#include <stddef.h>
#include <stdint.h>

enum { SELFTEST_WORDS_MAX = 64 * (8 + 9 * 12) };

/* M(verb, number of arguments): every function of kernels/field.h that takes elements and gives one. */
#define DEVICE_FIELD_VERBS(M) \
    M(mul, 2) M(sqr, 1) M(add, 2) M(sub, 2) M(neg, 1) M(dbl, 1) M(inv, 1) M(reduce, 1) M(from_canon, 1) M(to_canon, 1)
#define DEVICE_SUM_VERBS(M) M(mul_add_mul, 4) M(mul_sub_mul, 4)
#define DEVICE_FQ2_VERBS(M) M(mul, 2) M(sqr, 1) M(add, 2) M(sub, 2) M(neg, 1) M(dbl, 1) M(inv, 1) M(mul_sub_mul, 4)

#define DECLARE_FR(verb, n) void device_fr_##verb(void *r, const void *const a[n]);
#define DECLARE_FQ(verb, n) void device_fq_##verb(void *r, const void *const a[n]);
#define DECLARE_FQ2(verb, n) void device_fq2_##verb(void *r, const void *const a[n]);
DEVICE_FIELD_VERBS(DECLARE_FR)
DEVICE_FIELD_VERBS(DECLARE_FQ)
DEVICE_SUM_VERBS(DECLARE_FQ)
DEVICE_FQ2_VERBS(DECLARE_FQ2)

/* kernels/fr_shoup.h: r = x times the factor of a value in Montgomery form below r. */
void device_fr_mul_factor(void *r, const void *x, const void *value);

/* kernels/arith_products.cl: as many chains as its args say, and a work-item beyond. */
void device_fr_products(const void *in, void *out, const void *args);
void device_fq_products(const void *in, void *out, const void *args);

/** kernels/probe.cl: out[n] of in[n], and a work-item beyond. */
void device_probe(const uint32_t *in, uint32_t *out, uint32_t n, uint32_t factor);

int device_fr_is_zero(const void *a);
int device_fq_is_zero(const void *a);
int device_fq_eq(const void *a, const void *b);
int device_fr_eq(const void *a, const void *b);

/* Of kernels/group.h, for both groups: acc is a lazy XYZZ point, changed in place; q is affine or XYZZ. */
typedef struct {
    void (*add_affine)(void *acc, const void *q);
    void (*sub_affine)(void *acc, const void *q); /* acc + (-q), by affine_neg_if */
    void (*add)(void *acc, const void *q);
    void (*from_affine)(void *acc, const void *q);
    void (*twice)(void *acc);
    void (*twice_affine)(void *acc, const void *q);
    void (*negate)(void *acc);
    void (*reduce)(void *acc);
    void (*to_affine)(void *affine, const void *p);
    void (*additions)(const void *in, void *out, const void *args); /* kernels/arith_additions.cl, likewise */
    size_t (*selftest)(uint32_t *out); /* kernels/selftest.cl; returns the number of words: SELFTEST_WORDS_MAX at most */
} device_group;

extern const device_group device_g1, device_g2;

#endif
