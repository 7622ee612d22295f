/* SPDX-License-Identifier: Apache-2.0 */
/* node/msm/window_sum.inc.h - template of one window's sum of buckets; msm.c has its instances for G1 and G2.
 *
 * needs   GROUP: g1 or g2 */

#define G(verb) PT_JOIN(GROUP, PT_JOIN(_, verb))

/* out = sum over i of digit(i) points[i], by buckets: sum b S_b as running sums from the largest b down. */
static void G(window_sum)(const window_view *view, const msm_query *query, G(xyzz) * buckets, G(xyzz) * out)
{
    size_t n_buckets = (size_t)1 << (view->width - 1);
    for (size_t b = 0; b < n_buckets; b++)
        G(set_infinity)(&buckets[b]);
    for (size_t i = 0; i < query->n; i++) {
        int32_t digit = window_digit(view, query->first + i);
        if (digit == 0)
            continue;
        G(affine) p;
        G(affine_load)(&p, query->points + i * sizeof p);
        if (digit < 0)
            G(affine_neg)(&p, &p);
        G(xyzz) *bucket = &buckets[(digit < 0 ? -digit : digit) - 1];
        G(add_mixed)(bucket, bucket, &p);
    }
    G(xyzz) running;
    G(set_infinity)(&running);
    G(set_infinity)(out);
    for (size_t b = n_buckets; b-- > 0;) {
        G(add)(&running, &running, &buckets[b]);
        G(add)(out, out, &running);
    }
}

/* out = sum over w of 2^(width w) sums[w] (Horner). */
static void G(windows_join)(const G(xyzz) * sums, unsigned n_windows, unsigned width, G(xyzz) * out)
{
    G(set_infinity)(out);
    for (unsigned w = n_windows; w-- > 0;) {
        for (unsigned i = 0; i < width; i++)
            G(dbl)(out, out);
        G(add)(out, out, &sums[w]);
    }
}

#undef G
#undef GROUP
