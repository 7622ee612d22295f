/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/kernel/sort_expect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#if defined(PT_CURVE_BN254)
#include "kernels/shared/bn254_constants.h"
#else
#include "kernels/shared/bls12_381_constants.h"
#endif

enum { N_WORDS = 8, N_SUM_WORDS = 10 };

typedef struct {
    uint32_t word[N_WORDS];
} scalar_words;

const uint32_t *sort_order(void)
{
    static const scalar_words order = FR_MODULUS_WORDS;
    return order.word;
}

unsigned sort_order_bits(void)
{
    return FR_BITS;
}

const char *const sort_kind_names[SORT_N_KINDS] = {
    "uniform", "all equal", "0 and 1", "one monster bucket", "0", "1", "r - 1", "(r - 1) / 2 and (r + 1) / 2", "0 to 255",
};

/* xorshift64* */
static uint32_t draw(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)(*state * 0x2545f4914f6cdd1dU >> 32);
}

static bool is_below(const uint32_t *a, const uint32_t *b)
{
    for (int i = N_WORDS - 1; i >= 0; i--)
        if (a[i] != b[i])
            return a[i] < b[i];
    return false;
}

/* out = a - b */
static void subtract(const uint32_t *a, const uint32_t *b, uint32_t *out)
{
    int64_t rest = 0;
    for (int i = 0; i < N_WORDS; i++) {
        rest += (int64_t)a[i] - b[i];
        out[i] = (uint32_t)rest;
        rest >>= 32;
    }
}

static void draw_below(const uint32_t *r, uint64_t *state, uint32_t *out)
{
    do {
        for (int i = 0; i < N_WORDS; i++)
            out[i] = draw(state);
        out[N_WORDS - 1] &= 0x7fffffff;
    } while (!is_below(out, r));
}

void sort_draw(sort_kind kind, size_t n, uint64_t seed, uint32_t *scalars)
{
    const uint32_t *r = sort_order();
    uint64_t state = seed | 1;
    memset(scalars, 0, n * N_WORDS * sizeof *scalars);
    for (size_t i = 0; i < n; i++) {
        uint32_t *s = scalars + i * N_WORDS;
        if (kind == SORT_UNIFORM || (kind == SORT_EQUAL && i == 0) || (kind == SORT_MONSTER && i % 16 == 0))
            draw_below(r, &state, s);
        else if (kind == SORT_EQUAL)
            memcpy(s, scalars, N_WORDS * sizeof *s);
        else if (kind == SORT_MONSTER)
            s[0] = s[1] = s[2] = s[3] = s[4] = 0x11111111;
        else if (kind == SORT_BITS)
            s[0] = draw(&state) & 1;
        else if (kind == SORT_BYTES)
            s[0] = draw(&state) & 0xff;
        else if (kind == SORT_ONE)
            s[0] = 1;
        else if (kind == SORT_MINUS_ONE) {
            memcpy(s, r, N_WORDS * sizeof *s);
            s[0]--;
        } else if (kind == SORT_HALVES)
            for (int k = 0; k < N_WORDS; k++)
                s[k] = (r[k] >> 1 | (k + 1 < N_WORDS ? r[k + 1] << 31 : 0)) + (k == 0 ? (uint32_t)(i & 1) : 0);
    }
}

/* Digits by the book: of s, or of r - s and negated where that is smaller, a carry from window to window. */
static void expect_digits(const uint32_t *s, unsigned c, unsigned n_windows, int32_t *digits)
{
    uint32_t other[N_WORDS];
    subtract(sort_order(), s, other);
    const bool negated = is_below(other, s);
    const uint32_t *t = negated ? other : s;
    const int32_t half = (int32_t)1 << (c - 1);
    int32_t carry = 0;
    for (unsigned w = 0; w < n_windows; w++) {
        int32_t digit = carry;
        for (unsigned k = 0; k < c; k++) {
            const unsigned bit = w * c + k;
            if (bit < 32 * N_WORDS)
                digit += (int32_t)(t[bit / 32] >> bit % 32 & 1) << k;
        }
        carry = negated ? digit >= half : digit > half;
        digit -= carry * 2 * half;
        digits[w] = negated ? -digit : digit;
    }
    assert_int_equal(carry, 0);
}

typedef struct {
    size_t *starts; /* n_buckets + 1 */
    uint32_t *entries;
} expected;

/* Where digit d of window w stands, if it is not zero. */
static size_t bucket_of(const msm_sort_plan *plan, unsigned w, int32_t d)
{
    const size_t set = plan->of.one_set ? 0 : w - plan->of.first_window;
    return (set << (plan->of.c - 1)) + (size_t)(d < 0 ? -d : d) - 1;
}

static expected expect(const msm_sort_plan *plan, const uint32_t *scalars)
{
    const msm_sort_shape *of = &plan->of;
    const unsigned n_all = (sort_order_bits() - 1) / of->c + 1;
    expected out = {calloc(plan->n_buckets + 2, sizeof *out.starts), calloc(plan->n_entries + 1, sizeof *out.entries)};
    int32_t *digits = calloc(of->n * n_all, sizeof *digits);
    assert_true(out.starts != NULL && out.entries != NULL && digits != NULL);
    for (size_t i = 0; i < of->n; i++)
        expect_digits(scalars + i * N_WORDS, of->c, n_all, digits + i * n_all);
    for (int pass = 0; pass < 2; pass++) { /* count two places on, so that filling leaves the starts */
        for (unsigned w = of->first_window; w < of->first_window + of->n_windows; w++)
            for (size_t i = 0; i < of->n; i++) {
                const int32_t d = digits[i * n_all + w];
                const uint32_t index = (uint32_t)(of->one_set ? w * of->n + i : i);
                if (d != 0 && pass == 0)
                    out.starts[bucket_of(plan, w, d) + 2]++;
                else if (d != 0)
                    out.entries[out.starts[bucket_of(plan, w, d) + 1]++] = index | (uint32_t)(d < 0) << MSM_ENTRY_SIGN;
            }
        for (size_t bucket = 2; bucket < plan->n_buckets + 2 && pass == 0; bucket++)
            out.starts[bucket] += out.starts[bucket - 1];
    }
    free(digits);
    return out;
}

static size_t length(const expected *want, size_t bucket)
{
    return want->starts[bucket + 1] - want->starts[bucket];
}

/* The task has the expected entries of its bucket from place on. */
static void check_entries(const msm_sort_plan *plan, const expected *want, const sort_result *got, const msm_task *task,
                          size_t place)
{
    assert_true(task->n >= 1 && task->n <= plan->task_limit && (size_t)task->first + task->n <= plan->n_entries);
    assert_true(place + task->n <= length(want, task->bucket));
    assert_memory_equal(got->entries + task->first, want->entries + want->starts[task->bucket] + place,
                        task->n * sizeof(uint32_t));
}

static void check_cuts(const msm_sort_plan *plan, const expected *want, const sort_result *got)
{
    size_t slot = 0;
    bool *seen = calloc(plan->n_buckets, sizeof *seen);
    assert_non_null(seen);
    for (size_t i = 0; i < got->totals.n_cuts; i++) {
        const msm_cut *cut = &got->cuts[i];
        assert_true(cut->bucket < plan->n_buckets && cut->n >= 2 && cut->first == slot);
        assert_false(seen[cut->bucket]);
        seen[cut->bucket] = true;
        const size_t n = length(want, cut->bucket);
        size_t place = 0;
        assert_true(n > plan->task_limit);
        for (; slot < cut->first + cut->n; slot++) {
            const msm_task *task = &got->tasks[slot];
            assert_true(task->bucket == cut->bucket && task->slot == slot + 1);
            assert_true(task->n == n / cut->n || task->n == n / cut->n + 1);
            check_entries(plan, want, got, task, place);
            place += task->n;
        }
        assert_int_equal(place, n);
    }
    assert_int_equal(slot, got->totals.n_slots);
    free(seen);
}

static void check_whole(const msm_sort_plan *plan, const expected *want, const sort_result *got)
{
    const uint32_t granule = (plan->task_limit - 1) / MSM_TASK_CLASSES + 1;
    const msm_task *before = NULL;
    for (size_t i = got->totals.n_slots; i < got->totals.n_tasks; i++) {
        const msm_task *task = &got->tasks[i];
        assert_true(task->slot == 0 && task->bucket < plan->n_buckets && task->n == length(want, task->bucket));
        check_entries(plan, want, got, task, 0);
        if (before != NULL) {
            const uint32_t own = (plan->task_limit - task->n) / granule, last = (plan->task_limit - before->n) / granule;
            assert_true(own > last || (own == last && task->bucket > before->bucket));
        }
        before = task;
    }
}

void sort_check(const msm_sort_plan *plan, const uint32_t *scalars, const sort_result *got)
{
    expected want = expect(plan, scalars);
    size_t n_whole = 0, n_cuts = 0;
    for (size_t bucket = 0; bucket < plan->n_buckets; bucket++)
        if (length(&want, bucket) > plan->task_limit)
            n_cuts++;
        else
            n_whole += length(&want, bucket) > 0;
    assert_int_equal(got->totals.n_cuts, n_cuts);
    assert_int_equal(got->totals.n_tasks, got->totals.n_slots + n_whole);
    assert_true(got->totals.n_tasks <= plan->n_tasks_max && got->totals.n_slots <= plan->n_slots_max &&
                n_cuts <= plan->n_cuts_max);
    /* Both are as many as there are to be, and no bucket stands twice: so each stands once. */
    check_cuts(plan, &want, got);
    check_whole(plan, &want, got);
    free(want.starts);
    free(want.entries);
}
