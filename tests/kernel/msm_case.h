/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/msm_case.h - points of known multiples, and a sorted form of random entries with what its buckets sum to. Per curve. */
#ifndef PT_MSM_CASE_H
#define PT_MSM_CASE_H

#include "tests/unit/arith_tests.inc.h"

#include "gpu/gpu_msm.h"
#include "tests/kernel/test_device.h"

enum { N_POINTS = 512, N_ENTRIES_MAX = 4096, N_BUCKETS_MAX = 2048, N_SLOTS_MAX = 1024, N_SETS_MAX = 2 };

/* Point i is multiple[i] times the generator: infinity, a point, the same again, its negative, then 4, 5, 6 ... */
typedef struct {
    test_rng rng;
    test_device device;
    g1_affine g1[N_POINTS];
    g2_affine g2[N_POINTS];
    int64_t multiple[N_POINTS];

    msm_accumulator accumulators[2]; /* by group, of every plan */
    gpu_msm_plan plan;
    gpu_msm *msm;

    size_t n_sets, n_buckets, n_entries;
    uint32_t bucket_of[N_ENTRIES_MAX], entry[N_ENTRIES_MAX], starts[N_BUCKETS_MAX + 1], sorted_entries[N_ENTRIES_MAX];
    int64_t expected[N_BUCKETS_MAX];
    msm_task tasks[N_BUCKETS_MAX + N_SLOTS_MAX];
    msm_cut cuts[N_SLOTS_MAX / 2];
    msm_range ranges[N_BUCKETS_MAX];
    msm_sort_totals totals;
    gpu_buffer *entries_buffer, *ranges_buffer, *tasks_buffer, *cuts_buffer, *totals_buffer;
    msm_sorted sorted; /* with bounds that are larger than the totals */
} msm_case;

/* Without a device. */
static inline msm_case *msm_case_make(void)
{
    msm_case *self = test_calloc(1, sizeof *self);
    self->rng = rng_start();
    for (int i = 0; i < N_POINTS; i++)
        self->multiple[i] = i;
    self->multiple[2] = 1;
    self->multiple[3] = -1;
    return self;
}

static inline msm_case *msm_case_open(void)
{
    msm_case *self = msm_case_make();
    pt_err err = {0};
    self->device = test_device_open();
    gpu_buffer_create(self->device.device, "entries", sizeof self->sorted_entries, &self->entries_buffer, &err);
    gpu_buffer_create(self->device.device, "ranges", sizeof self->ranges, &self->ranges_buffer, &err);
    gpu_buffer_create(self->device.device, "tasks", sizeof self->tasks, &self->tasks_buffer, &err);
    gpu_buffer_create(self->device.device, "cuts", sizeof self->cuts, &self->cuts_buffer, &err);
    gpu_buffer_create(self->device.device, "totals", sizeof self->totals, &self->totals_buffer, &err);
    ASSERT_OK(err);
    return self;
}

static inline void msm_case_close(msm_case *self)
{
    gpu_msm_destroy(self->msm);
    gpu_buffer_destroy(self->totals_buffer);
    gpu_buffer_destroy(self->cuts_buffer);
    gpu_buffer_destroy(self->tasks_buffer);
    gpu_buffer_destroy(self->ranges_buffer);
    gpu_buffer_destroy(self->entries_buffer);
    assert_int_equal(gpu_device_bytes(self->device.device), 0);
    test_device_close(&self->device);
    test_free(self);
}

/* The MSM of a shape with the case's accumulators, in the place of the one before. */
static inline void msm_case_plan(msm_case *self, const gpu_msm_shape *shape)
{
    pt_err err = {0};
    gpu_msm_shape own = *shape;
    memcpy(own.accumulators, self->accumulators, sizeof own.accumulators);
    gpu_msm_destroy(self->msm);
    self->msm = NULL;
    gpu_msm_plan_make(&own, &self->plan, &err);
    ASSERT_OK(err);
    gpu_msm_create(self->device.device, &self->plan, PT_CURVE_OPTION, &self->msm, &err);
    ASSERT_OK(err);
}

static inline gpu_msm_shape msm_case_shape(unsigned c)
{
    return (gpu_msm_shape){.scalar_bits = FR_BITS,
                           .fq_bytes = sizeof(fq),
                           .n = N_POINTS,
                           .n_queries = {1, 1},
                           .c = c,
                           .n_batches = 1,
                           .buffer_max = 1 << 30};
}

/* ---- entries, then the sorted form ---- */

static inline void add_entry(msm_case *self, uint32_t bucket, uint32_t point, uint32_t negative)
{
    assert_true(self->n_entries < N_ENTRIES_MAX && bucket < self->n_buckets);
    self->bucket_of[self->n_entries] = bucket;
    self->entry[self->n_entries++] = point | negative << MSM_ENTRY_SIGN;
    self->expected[bucket] += negative ? -self->multiple[point] : self->multiple[point];
}

static inline void begin_entries(msm_case *self)
{
    self->n_sets = self->plan.sort.n_sets < N_SETS_MAX ? self->plan.sort.n_sets : N_SETS_MAX;
    self->n_buckets = self->n_sets * gpu_msm_set_len(&self->plan);
    self->n_entries = 0;
    assert_true(self->n_buckets <= N_BUCKETS_MAX);
    memset(self->expected, 0, sizeof self->expected);
}

/* n entries of random points and signs in random buckets [first, first + n_wide). */
static inline void add_random(msm_case *self, size_t n, size_t first, size_t n_wide)
{
    for (size_t i = 0; i < n; i++)
        add_entry(self, (uint32_t)(first + rng_next(&self->rng) % n_wide), (uint32_t)(rng_next(&self->rng) % N_POINTS),
                  (uint32_t)(rng_next(&self->rng) & 1));
}

static inline void sort_entries(msm_case *self)
{
    uint32_t *starts = self->starts, next[N_BUCKETS_MAX];
    memset(starts, 0, sizeof self->starts);
    for (size_t e = 0; e < self->n_entries; e++)
        starts[self->bucket_of[e] + 1]++;
    for (size_t b = 0; b < self->n_buckets; b++) {
        starts[b + 1] += starts[b];
        next[b] = starts[b];
    }
    for (size_t b = 0; b < self->n_buckets; b++)
        self->ranges[b] = (msm_range){starts[b], starts[b + 1] - starts[b]};
    for (size_t e = 0; e < self->n_entries; e++)
        self->sorted_entries[next[self->bucket_of[e]]++] = self->entry[e];
}

static inline void cut_bucket(msm_case *self, uint32_t bucket, uint32_t n_parts)
{
    const uint32_t first = self->starts[bucket], n = self->starts[bucket + 1] - first;
    self->cuts[self->totals.n_cuts++] = (msm_cut){bucket, self->totals.n_slots, n_parts};
    for (uint32_t part = 0; part < n_parts; part++) {
        const uint32_t begin = n * part / n_parts, end = n * (part + 1) / n_parts;
        self->totals.n_slots++;
        self->tasks[self->totals.n_tasks++] = (msm_task){bucket, first + begin, end - begin, self->totals.n_slots};
    }
}

static inline int longer_first(const void *a, const void *b)
{
    const msm_task *s = a, *t = b;
    return s->n != t->n ? (s->n < t->n) - (s->n > t->n) : (s->first > t->first) - (s->first < t->first);
}

/* Tasks of at most task_max entries. */
static inline void cut_entries(msm_case *self, uint32_t task_max)
{
    sort_entries(self);
    self->totals = (msm_sort_totals){0};
    self->sorted = (msm_sorted){.entries = self->entries_buffer,
                                .buckets = self->ranges_buffer,
                                .tasks = self->tasks_buffer,
                                .cuts = self->cuts_buffer,
                                .totals = self->totals_buffer,
                                .n_tasks_max = N_BUCKETS_MAX + N_SLOTS_MAX,
                                .n_slots_max = self->plan.sort.n_slots_max,
                                .n_cuts_max = N_SLOTS_MAX / 2};
    for (uint32_t b = 0; b < self->n_buckets; b++) {
        const uint32_t n = self->starts[b + 1] - self->starts[b];
        if (n > task_max)
            cut_bucket(self, b, (n + task_max - 1) / task_max);
        else if (n > 0)
            self->tasks[self->totals.n_tasks++] = (msm_task){b, self->starts[b], n, 0};
    }
    assert_true(!gpu_msm_takes_tasks(&self->plan.of) || self->totals.n_slots <= self->plan.sort.n_slots_max);
    qsort(self->tasks, self->totals.n_tasks, sizeof *self->tasks, longer_first);
}

/* The same, to the device. */
static inline void end_entries(msm_case *self, uint32_t task_max)
{
    pt_err err = {0};
    cut_entries(self, task_max);
    gpu_queue_write(self->device.queue, self->entries_buffer, 0, self->sorted_entries, sizeof self->sorted_entries, &err);
    gpu_queue_write(self->device.queue, self->ranges_buffer, 0, self->ranges, sizeof self->ranges, &err);
    gpu_queue_write(self->device.queue, self->tasks_buffer, 0, self->tasks, sizeof self->tasks, &err);
    gpu_queue_write(self->device.queue, self->cuts_buffer, 0, self->cuts, sizeof self->cuts, &err);
    gpu_queue_write(self->device.queue, self->totals_buffer, 0, &self->totals, sizeof self->totals, &err);
    ASSERT_OK(err);
}

/* What bit sum i of a set should be: 0 of all buckets, i of those with bit i - 1 of their number set. */
static inline int64_t expected_bit_sum(const msm_case *self, size_t set, unsigned i)
{
    const size_t half = gpu_msm_set_len(&self->plan);
    int64_t sum = 0;
    for (size_t b = 0; b < half; b++)
        if (i == 0 || b >> (i - 1) & 1)
            sum += self->expected[set * half + b];
    return sum;
}

/* The scalar of the whole sum: bucket b of set w weighs (b + 1) 2^(c w). */
static inline fr expected_scalar(const msm_case *self)
{
    const size_t half = gpu_msm_set_len(&self->plan);
    fr sum = fr_zero, term;
    for (size_t set = self->n_sets; set-- > 0;) {
        for (unsigned i = 0; i < self->plan.c; i++)
            fr_dbl(&sum, &sum);
        for (size_t b = 0; b < half; b++) {
            const int64_t k = self->expected[set * half + b] * (int64_t)(b + 1);
            fr_from_u64(&term, (uint64_t)(k < 0 ? -k : k));
            if (k < 0)
                fr_neg(&term, &term);
            fr_add(&sum, &sum, &term);
        }
    }
    fr_to_canon(&sum, &sum);
    return sum;
}

/* A device's lazy value, below 2p, to the host's. */
static inline void reduce_lazy(fq *a)
{
    fq less;
    uint64_t borrow = 0;
    for (int i = 0; i < FQ_LIMBS; i++) {
        const unsigned __int128 d = (unsigned __int128)a->limb[i] - fq_modulus.limb[i] - borrow;
        less.limb[i] = (uint64_t)d;
        borrow = (uint64_t)(d >> 64) & 1;
    }
    if (!borrow)
        *a = less;
}

#endif
