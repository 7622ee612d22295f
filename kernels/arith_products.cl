/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/arith_products.cl - how fast is a field product? Chains of them, for benchmarks. -DPT_BENCH_FIELD=fr or fq */
#include "kernels/device_fields.h"
#include "kernels/shared/arith_args.h"

#define FIELD_VERB(verb) PT_JOIN(PT_BENCH_FIELD, verb)

/* Chain i, from x = in[i] and y = in[i + 1]: n_steps times x = x y, y = y x; its end is x + y. One product stands in the loop: two of twelve words,
 * 800 instructions, take an H200 8 % longer. */
__kernel void arith_products(__global const PT_BENCH_FIELD *in, __global PT_BENCH_FIELD *out, const arith_args args)
{
    const uint i = (uint)get_global_id(0);
    if (i >= args.n)
        return;
    PT_BENCH_FIELD x = in[i & (args.n_in - 1)], y = in[(i + 1) & (args.n_in - 1)];
    PT_ROLLED
    for (uint k = 0; k < 2 * args.n_steps; k++) {
        const PT_BENCH_FIELD product = FIELD_VERB(_mul)(x, y);
        x = y;
        y = product;
    }
    out[i] = FIELD_VERB(_reduce)(FIELD_VERB(_add)(x, y));
}
