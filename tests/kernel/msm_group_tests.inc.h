/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/msm_group_tests.inc.h - checks of one group: template, no include guard.
 *
 * needs   GROUP: g1 or g2; GROUP_ENUM; GROUP_FOLD: bit_fold_g1 or bit_fold_g2; msm_points.inc.h's of that group */

#define G(verb) PT_JOIN(GROUP, PT_JOIN(_, verb))

static void G(check_buckets)(msm_case *self, const gpu_msm_points *points)
{
    pt_err err = {0};
    G(xyzz) *sums = test_calloc(self->n_buckets, sizeof *sums);
    gpu_msm_buckets(self->msm, self->device.queue, points, &self->sorted, self->n_sets, (uint8_t *)sums, &err);
    ASSERT_OK(err);
    fq *words = (fq *)sums;
    for (size_t i = 0; i < self->n_buckets * sizeof *sums / sizeof *words; i++)
        reduce_lazy(&words[i]);
    for (size_t b = 0; b < self->n_buckets; b++)
        G(assert_multiple)(&sums[b], self->expected[b]);
    test_free(sums);
}

static void G(check_bit_sums)(msm_case *self, const gpu_msm_points *points)
{
    pt_err err = {0};
    const unsigned c = self->plan.c;
    G(xyzz) *sums = test_calloc(self->n_sets * c, sizeof *sums), whole;
    gpu_msm_sum(self->msm, self->device.queue, points, &self->sorted, self->n_sets, (uint8_t *)sums, &err);
    gpu_queue_wait(self->device.queue, &err);
    ASSERT_OK(err);
    for (size_t set = 0; set < self->n_sets; set++)
        for (unsigned i = 0; i < c; i++)
            G(assert_multiple)(&sums[set * c + i], expected_bit_sum(self, set, i));
    const bit_fold_shape shape = {1, self->n_sets, c};
    const fr scalar = expected_scalar(self);
    GROUP_FOLD(&shape, sums, &whole);
    G(assert_product)(&whole, &scalar);
    test_free(sums);
}

static void G(check)(msm_case *self)
{
    pt_err err = {0};
    gpu_msm_points *points;
    gpu_msm_points_create(self->msm, self->device.queue, GROUP_ENUM, (const uint8_t *)self->GROUP, 0, N_POINTS, &points,
                          &err);
    ASSERT_OK(err);
    G(check_buckets)(self, points);
    G(check_bit_sums)(self, points);
    gpu_msm_points_destroy(points);
}

/* Every point that the device has for the plan: rows of multiples, points that no scalar meets being infinity. */
static void G(check_points)(msm_case *self, size_t first, size_t n)
{
    pt_err err = {0};
    gpu_msm_points *points;
    const size_t n_indices = gpu_msm_indices(&self->plan);
    G(affine) *all = test_calloc(n_indices, sizeof *all), expected;
    gpu_msm_points_create(self->msm, self->device.queue, GROUP_ENUM, (const uint8_t *)(self->GROUP + first), first, n,
                          &points, &err);
    ASSERT_OK(err);
    for (size_t i = 0; i < points->n_parts; i++)
        gpu_queue_read(self->device.queue, points->parts[i], 0, gpu_buffer_bytes(points->parts[i]),
                       (uint8_t *)(all + i * points->part_len), &err);
    ASSERT_OK(err);
    for (size_t i = 0; i < N_POINTS; i++) {
        G(xyzz) p;
        G(set_infinity)(&p);
        if (i >= first && i < first + n)
            G(from_affine)(&p, &self->GROUP[i]);
        for (size_t index = i; index < n_indices; index += N_POINTS) {
            G(to_affine)(&expected, &p);
            assert_true(G(affine_eq)(&all[index], &expected));
            for (unsigned k = 0; k < self->plan.c; k++)
                G(dbl)(&p, &p);
        }
    }
    gpu_msm_points_destroy(points);
    test_free(all);
}

#undef G
#undef GROUP
#undef GROUP_ENUM
#undef GROUP_FOLD
