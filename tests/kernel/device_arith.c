/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/device_arith.c - kernels/field.h and device_fq2.h as C, and the kernels that need no more. */
#include "tests/kernel/cl_words.h"

#include <string.h>

#include "kernels/device_fq2.h"
#include "kernels/fr_shoup.h"
#include "tests/kernel/device_arith.h"

static uint work_item; /* one at a time */

static size_t get_global_id(uint dimension)
{
    return dimension == 0 ? work_item : 0;
}

static uint mul_hi(uint a, uint b)
{
    return (uint)((ulong)a * b >> 32);
}

#include "kernels/probe.cl"

void device_probe(const uint *in, uint *out, uint n, uint factor)
{
    const probe_args args = {n, factor};
    for (work_item = 0; work_item <= n; work_item++)
        probe(in, out, args);
}

#define arith_products fr_products
#define PT_BENCH_FIELD fr
#include "kernels/arith_products.cl"
#undef arith_products
#undef PT_BENCH_FIELD
#define arith_products fq_products
#define PT_BENCH_FIELD fq
#include "kernels/arith_products.cl"

#define DEFINE_PRODUCTS(field)                                                  \
    void device_##field##_products(const void *in, void *out, const void *args) \
    {                                                                           \
        const arith_args a = *(const arith_args *)args;                         \
        for (work_item = 0; work_item <= a.n; work_item++)                      \
            field##_products(in, out, a);                                       \
    }
DEFINE_PRODUCTS(fr)
DEFINE_PRODUCTS(fq)

#define CALL_1(f, v) f(v[0])
#define CALL_2(f, v) f(v[0], v[1])
#define CALL_4(f, v) f(v[0], v[1], v[2], v[3])

#define DEFINE(field, verb, n)                                    \
    void device_##field##_##verb(void *r, const void *const a[n]) \
    {                                                             \
        field values[n], result;                                  \
        for (int i = 0; i < n; i++)                               \
            memcpy(&values[i], a[i], sizeof values[i]);           \
        result = CALL_##n(field##_##verb, values);                \
        memcpy(r, &result, sizeof result);                        \
    }
#define DEFINE_FR(verb, n) DEFINE(fr, verb, n)
#define DEFINE_FQ(verb, n) DEFINE(fq, verb, n)
#define DEFINE_FQ2(verb, n) DEFINE(fq2, verb, n)
DEVICE_FIELD_VERBS(DEFINE_FR)
DEVICE_FIELD_VERBS(DEFINE_FQ)
DEVICE_SUM_VERBS(DEFINE_FQ)
DEVICE_FQ2_VERBS(DEFINE_FQ2)

void device_fr_mul_factor(void *r, const void *x, const void *value)
{
    fr a, b;
    memcpy(&a, x, sizeof a);
    memcpy(&b, value, sizeof b);
    a = fr_mul_factor(a, fr_factor_of(b));
    memcpy(r, &a, sizeof a);
}

#define DEFINE_PREDICATES(field)                          \
    int device_##field##_is_zero(const void *a)           \
    {                                                     \
        field value;                                      \
        memcpy(&value, a, sizeof value);                  \
        return field##_is_zero(value) != 0;               \
    }                                                     \
    int device_##field##_eq(const void *a, const void *b) \
    {                                                     \
        field left, right;                                \
        memcpy(&left, a, sizeof left);                    \
        memcpy(&right, b, sizeof right);                  \
        return field##_eq(left, right) != 0;              \
    }
DEFINE_PREDICATES(fr)
DEFINE_PREDICATES(fq)
