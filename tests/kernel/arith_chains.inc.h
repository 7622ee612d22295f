/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/arith_chains.inc.h - chains of kernels/arith_products.cl and arith_additions.cl, whoever runs them, beside node/arith's.
 * Included after tests/unit/arith_tests.inc.h. */
#include "kernels/shared/arith_args.h"

enum { CHAINS = 11, CHAIN_BEGINNINGS = 8, CHAIN_STEPS = 5 };

static const arith_args chain_args = {.n = CHAINS, .n_in = CHAIN_BEGINNINGS, .n_steps = CHAIN_STEPS};

/** Run the kernel of what a chain is of: "fr", "fq", "g1" or "g2".
 *  shape   in: chain_args.n_in elements; out: chain_args.n ends, and one more that stays as it was */
typedef void chain_runner(void *ctx, const char *of, const void *in, size_t in_bytes, void *out, size_t out_bytes);

#define DEFINE_PRODUCT_CHAINS(field)                                                  \
    static void field##_chains_end_right(test_rng *rng, chain_runner *run, void *ctx) \
    {                                                                                 \
        field in[CHAIN_BEGINNINGS], out[CHAINS + 1];                                  \
        for (size_t i = 0; i < CHAIN_BEGINNINGS; i++)                                 \
            in[i] = rng_##field(rng);                                                 \
        memset(out, 0xa5, sizeof out);                                                \
        const field beyond = out[CHAINS];                                             \
        run(ctx, #field, in, sizeof in, out, sizeof out);                             \
        for (size_t i = 0; i < CHAINS; i++) {                                         \
            field x = in[i % CHAIN_BEGINNINGS], y = in[(i + 1) % CHAIN_BEGINNINGS];   \
            for (int k = 0; k < CHAIN_STEPS; k++) {                                   \
                field##_mul(&x, &x, &y);                                              \
                field##_mul(&y, &y, &x);                                              \
            }                                                                         \
            field##_add(&x, &x, &y);                                                  \
            assert_memory_equal(&out[i], &x, sizeof x);                               \
        }                                                                             \
        assert_memory_equal(&out[CHAINS], &beyond, sizeof beyond);                    \
    }
DEFINE_PRODUCT_CHAINS(fr)
DEFINE_PRODUCT_CHAINS(fq)

#define DEFINE_ADDITION_CHAINS(group)                                                 \
    static void group##_chains_end_right(test_rng *rng, chain_runner *run, void *ctx) \
    {                                                                                 \
        group##_affine in[CHAIN_BEGINNINGS];                                          \
        group##_xyzz out[CHAINS + 1], beyond;                                         \
        for (size_t i = 0; i < CHAIN_BEGINNINGS; i++)                                 \
            in[i] = rng_##group(rng);                                                 \
        memset(out, 0xa5, sizeof out);                                                \
        beyond = out[CHAINS];                                                         \
        run(ctx, #group, in, sizeof in, out, sizeof out);                             \
        for (size_t i = 0; i < CHAINS; i++) {                                         \
            group##_xyzz sum;                                                         \
            group##_from_affine(&sum, &in[i % CHAIN_BEGINNINGS]);                     \
            for (size_t k = 1; k <= CHAIN_STEPS; k++)                                 \
                group##_add_mixed(&sum, &sum, &in[(i + k) % CHAIN_BEGINNINGS]);       \
            assert_true(group##_eq(&out[i], &sum));                                   \
        }                                                                             \
        assert_memory_equal(&out[CHAINS], &beyond, sizeof beyond);                    \
    }
DEFINE_ADDITION_CHAINS(g1)
DEFINE_ADDITION_CHAINS(g2)

static void chains_end_right(test_rng *rng, chain_runner *run, void *ctx)
{
    fr_chains_end_right(rng, run, ctx);
    fq_chains_end_right(rng, run, ctx);
    g1_chains_end_right(rng, run, ctx);
    g2_chains_end_right(rng, run, ctx);
}
