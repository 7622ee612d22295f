/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/sum_code_tests.inc.h - launches of one group, in the order of gpu/gpu_msm.c: template, no include guard.
 *
 * needs   GROUP: g1 or g2; GROUP_RUN: sum_code_g1 or sum_code_g2; GROUP_FOLD; msm_points.inc.h's of that group */

#define G(verb) PT_JOIN(GROUP, PT_JOIN(_, verb))

/* The buckets' sums by tasks, and partial sums behind them. */
static void G(run_tasks)(msm_case *self, sum_memory *memory, uint32_t part_len)
{
    const uint32_t n_tasks = self->totals.n_tasks, n_buckets = (uint32_t)self->n_buckets;
    const msm_accumulate_args args = {n_tasks + SMALL_GROUP, part_len, n_buckets};
    GROUP_RUN(SUM_ACCUMULATE, memory, &args, n_tasks / SMALL_GROUP + 2, SMALL_GROUP);
}

/* The same by walkers, whose cuts and totals then stand in those of tasks. */
static void G(run_walkers)(msm_case *self, sum_memory *memory, uint32_t part_len)
{
    const size_t coord = sizeof(self->GROUP->x);
    const msm_walk_args args = {(uint32_t)self->n_buckets, part_len, (uint32_t)self->n_buckets};
    free(memory->cuts);
    free(memory->totals);
    memory->cuts = room(N_WALKERS * sizeof *memory->cuts);
    memory->totals = room(sizeof *memory->totals);
    memory->products = room(N_WALKERS * SUM_WALK_STRANDS * coord);
    memory->local = room((2 + SUM_WALK_STRANDS) * SUM_WALK_GROUP * coord);
    GROUP_RUN(SUM_WALK, memory, &args, N_WALKERS / SUM_WALK_GROUP, SUM_WALK_GROUP);
    assert_int_equal(memory->totals->n_cuts, N_WALKERS);
    free(memory->local);
    free(memory->products);
}

static void G(halve)(const sum_memory *memory, const msm_halve_args *halve)
{
    const msm_runs *r = &halve->runs;
    const uint32_t n_pairs = r->n_sets * (r->n_given + r->level + 1) * (r->n >> (r->level + 1));
    GROUP_RUN(SUM_HALVE, memory, halve, (n_pairs + SMALL_GROUP - 1) / SMALL_GROUP, SMALL_GROUP);
}

/* The buckets' sums to bit sums, in place, or by way of runs of so many that are kept. */
static void G(reduce)(sum_memory *memory, uint32_t n_sets, uint32_t set_len, uint32_t first_bit_sum, uint32_t kept_run)
{
    enum { FIRST_KEPT = 3 };
    msm_halve_args halve = {.runs = {.n_sets = n_sets, .n = set_len}};
    sum_memory on = *memory;
    G(xyzz) *sums = memory->sums, *kept = NULL;
    size_t n_kept = 0;
    if (kept_run > 0) {
        assert_true(set_len >= 2 * kept_run);
        for (; set_len >> halve.runs.level > 2 * kept_run; halve.runs.level++)
            G(halve)(memory, &halve);
        const msm_runs left = {FIRST_KEPT, n_sets, halve.runs.level + 1, kept_run, 0};
        n_kept = FIRST_KEPT + n_sets * (left.n_given + 1) * kept_run;
        on.sums = memory->kept = kept = room((n_kept + n_sets * (left.n_given + 1) + 16 * n_sets) * sizeof *kept);
        halve.keeps = 1;
        halve.first_kept = FIRST_KEPT;
        G(halve)(memory, &halve);
        halve = (msm_halve_args){.runs = left};
    }
    for (; halve.runs.n >> halve.runs.level > 2; halve.runs.level++)
        G(halve)(&on, &halve);
    const uint32_t n_runs = halve.runs.n_given + halve.runs.level + 1;
    const msm_bits_args bits = {halve.runs, kept_run > 0 ? (uint32_t)n_kept : first_bit_sum};
    GROUP_RUN(SUM_BITS, &on, &bits, n_sets * n_runs, SMALL_GROUP);
    const uint32_t n_bits = n_sets * (n_runs + 1); /* runs of 2 */
    if (kept_run > 0)
        memcpy(sums + first_bit_sum, kept + n_kept, n_bits * sizeof *sums);
    free(kept);
}

/* Sums of all buckets, then the bit sums behind them. */
static G(xyzz) * G(run)(msm_case *self, bool walks)
{
    const uint32_t n_buckets = (uint32_t)self->n_buckets, n_slots = walks ? 2 * N_WALKERS : self->totals.n_slots;
    const uint32_t n_bits = (uint32_t)(self->n_sets * self->plan.c), set_len = (uint32_t)gpu_msm_set_len(&self->plan);
    const uint32_t n_sets = (uint32_t)self->n_sets, n_cuts = walks ? N_WALKERS : self->totals.n_cuts;
    G(xyzz) *sums = room((n_buckets + n_slots + n_bits) * sizeof *sums);
    memset(sums, 0, n_buckets * sizeof *sums);
    const uint32_t part = N_POINTS / 4;
    sum_memory memory = sorted_memory(self, sums);
    for (size_t i = 0; i < 4; i++)
        memory.points[i] = copy_of(self->GROUP + i * part, part * sizeof *self->GROUP);
    (walks ? G(run_walkers) : G(run_tasks))(self, &memory, part);
    msm_combine_args combine = {1, 2, 2, n_cuts + 1, n_buckets};
    GROUP_RUN(SUM_COMBINE, &memory, &combine, n_cuts / 16 + 1, SMALL_GROUP); /* in turn */
    combine = (msm_combine_args){0, 3, 4, n_cuts + 1, n_buckets};
    GROUP_RUN(SUM_COMBINE, &memory, &combine, 2, 2); /* in turn, in several looks */
    combine = (msm_combine_args){0, 5, UINT32_MAX, n_cuts + 1, n_buckets};
    GROUP_RUN(SUM_COMBINE, &memory, &combine, n_cuts + 1, SMALL_GROUP);
    G(xyzz) *first = test_calloc(n_buckets, sizeof *first);
    memcpy(first, sums, n_buckets * sizeof *sums);
    G(reduce)(&memory, n_sets, set_len, n_buckets + n_slots, walks ? 0 : set_len / 2);
    memcpy(sums, first, n_buckets * sizeof *sums);
    memmove(sums + n_buckets, sums + n_buckets + n_slots, n_bits * sizeof *sums);
    test_free(first);
    clear(&memory);
    return sums;
}

static void G(check_code)(msm_case *self, bool walks)
{
    G(xyzz) *sums = G(run)(self, walks), whole;
    fq *words = (fq *)sums;
    for (size_t i = 0; i < self->n_buckets * sizeof *sums / sizeof *words; i++)
        reduce_lazy(&words[i]);
    for (size_t b = 0; b < self->n_buckets; b++)
        G(assert_multiple)(&sums[b], self->expected[b]);
    for (size_t set = 0; set < self->n_sets; set++)
        for (unsigned i = 0; i < self->plan.c; i++)
            G(assert_multiple)(&sums[self->n_buckets + set * self->plan.c + i], expected_bit_sum(self, set, i));
    const bit_fold_shape shape = {1, self->n_sets, self->plan.c};
    const fr scalar = expected_scalar(self);
    GROUP_FOLD(&shape, sums + self->n_buckets, &whole);
    G(assert_product)(&whole, &scalar);
    free(sums);
}

/* Multiples of the first points, in four buffers. */
static void G(check_multiples)(msm_case *self)
{
    enum { N = 5, C = 3, N_WINDOWS = 11, PART = (N * N_WINDOWS + 3) / 4 };
    G(affine) expected, *parts[4];
    sum_memory memory = {.points = {NULL}};
    for (size_t i = 0; i < 4; i++)
        memory.points[i] = parts[i] = room((i < 3 ? PART : N * N_WINDOWS - 3 * PART) * sizeof expected);
    memcpy(parts[0], self->GROUP, N * sizeof expected);
    for (uint32_t first = 0; first < N; first += 3) {
        const msm_multiples_args args = {N, first, N - first < 3 ? N - first : 3, N_WINDOWS, C, PART};
        GROUP_RUN(SUM_MULTIPLES, &memory, &args, 1, SMALL_GROUP);
    }
    for (uint32_t w = 0; w < N_WINDOWS; w++)
        for (uint32_t i = 0; i < N; i++) {
            G(xyzz) p;
            G(from_affine)(&p, &self->GROUP[i]);
            for (uint32_t k = 0; k < w * C; k++)
                G(dbl)(&p, &p);
            G(to_affine)(&expected, &p);
            assert_true(G(affine_eq)(&parts[(w * N + i) / PART][(w * N + i) % PART], &expected));
        }
    clear(&memory);
}

#undef G
#undef GROUP
#undef GROUP_RUN
#undef GROUP_FOLD
