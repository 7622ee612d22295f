/* SPDX-License-Identifier: Apache-2.0 */
#include "node/domain/ntt.h"

#include "node/domain/butterfly.h"
#include "node/domain/twiddles.h"

/* Two levels a pass. Whole-vector passes run until there are enough independent blocks, then each block goes depth first, and
 * below 2^LOG_LEAF values, which a first-level cache holds, level by level. Both directions use the same blocks. */
enum {
    LOG_LEAF = 10,
    LOG_ALONE = 10,     /* values that one thread transforms sooner than another wakes */
    LOG_PART = 12,      /* values of a task in a pass without products */
    TASKS_A_THREAD = 2, /* blocks at least; each whole-vector pass makes four of one and costs a wait for all */
    LOG_TILE = 3        /* of a bit reversal: 8 x 8 values, whole cache lines in both directions */
};

/* ---- splitting: values, natural order -> coefficients, bit-reversed, times n ----
 * Block b of a level is the polynomial modulo x^m - z^2; it splits modulo x^(m/2) - z and x^(m/2) + z: low +- z high, with
 * z = block[b]. */

/* Two levels, butterflies begin .. end of the vector's n / 4; each takes 4 values 2^log_q apart. */
static void split_pass(const ntt_domain *d, fr *v, unsigned log_q, size_t begin, size_t end)
{
    const size_t q = (size_t)1 << log_q;
    const fr *block = d->block;
    for (size_t j = begin; j < end;) {
        size_t b = j >> log_q, stop = (b + 1) << log_q;
        if (stop > end)
            stop = end;
        fr *x = v + 3 * (b << log_q) + j;
        if (b == 0)
            for (; j < stop; j++, x++)
                lazy_quad_unit(x, x + 2 * q, x + q, x + 3 * q, &block[1]);
        else
            for (; j < stop; j++, x++)
                lazy_quad(x, x + 2 * q, x + q, x + 3 * q, &block[b], &block[2 * b], &block[2 * b + 1]);
    }
}

static void split_leaf(const ntt_domain *d, fr *v, unsigned log_m, size_t b)
{
    for (unsigned left = log_m; left >= 2; left -= 2)
        split_pass(d, v, left - 2, (b << log_m) / 4, ((b + 1) << log_m) / 4);
    if (log_m % 2 == 1)
        for (size_t j = (b << log_m) / 2; j < ((b + 1) << log_m) / 2; j++)
            lazy_pair(&v[2 * j], &v[2 * j + 1], &d->block[j]);
}

/* Block b of 2^log_m values, all its levels. */
static void split_block(const ntt_domain *d, fr *v, unsigned log_m, size_t b)
{
    if (log_m <= LOG_LEAF) {
        split_leaf(d, v, log_m, b);
        return;
    }
    split_pass(d, v, log_m - 2, (b << log_m) / 4, ((b + 1) << log_m) / 4);
    for (size_t i = 0; i < 4; i++)
        split_block(d, v, log_m - 2, 4 * b + i);
}

/* ---- joining: coefficients, bit-reversed -> values on the odd coset, natural order ----
 * P(x) = E(x^2) + x O(x^2); at x = e^(2i+1), e of order 4h, and at its negative, h places on, with x = odd[h + i]. */

static void join_pass(const ntt_domain *d, fr *v, unsigned log_h, size_t begin, size_t end)
{
    const size_t h = (size_t)1 << log_h;
    for (size_t j = begin; j < end;) {
        size_t b = j >> log_h, stop = (b + 1) << log_h;
        if (stop > end)
            stop = end;
        fr *x = v + 3 * (b << log_h) + j;
        const fr *first = d->odd + h + (j - (b << log_h)), *second = first + h;
        for (; j < stop; j++, x++, first++, second++)
            lazy_quad(x, x + h, x + 2 * h, x + 3 * h, first, second, second + h);
    }
}

static void join_leaf(const ntt_domain *d, fr *v, unsigned log_m, size_t b)
{
    unsigned done = log_m % 2;
    if (done == 1)
        for (size_t j = (b << log_m) / 2; j < ((b + 1) << log_m) / 2; j++)
            lazy_pair(&v[2 * j], &v[2 * j + 1], &d->odd[1]);
    for (; done < log_m; done += 2)
        join_pass(d, v, done, (b << log_m) / 4, ((b + 1) << log_m) / 4);
}

static void join_block(const ntt_domain *d, fr *v, unsigned log_m, size_t b)
{
    if (log_m <= LOG_LEAF) {
        join_leaf(d, v, log_m, b);
        return;
    }
    for (size_t i = 0; i < 4; i++)
        join_block(d, v, log_m - 2, 4 * b + i);
    join_pass(d, v, log_m - 2, (b << log_m) / 4, ((b + 1) << log_m) / 4);
}

/* ---- the crew ---- */

typedef struct {
    const ntt_domain *domain;
    fr *const *vectors;
    size_t n_vectors, n_parts;
    bool split, join;
    unsigned depth; /* whole-vector passes */
    unsigned log_q; /* of the pass under way */
} transform;

static void run_split_pass(void *ctx, size_t item, size_t thread)
{
    const transform *t = ctx;
    crew_range part = crew_part(t->domain->n / 4, t->n_parts, item / t->n_vectors);
    split_pass(t->domain, t->vectors[item % t->n_vectors], t->log_q, part.begin, part.end);
    (void)thread;
}

static void run_join_pass(void *ctx, size_t item, size_t thread)
{
    const transform *t = ctx;
    crew_range part = crew_part(t->domain->n / 4, t->n_parts, item / t->n_vectors);
    join_pass(t->domain, t->vectors[item % t->n_vectors], t->log_q, part.begin, part.end);
    (void)thread;
}

/* A block's coefficients are still in the cache when it is joined. */
static void run_block(void *ctx, size_t item, size_t thread)
{
    const transform *t = ctx;
    fr *v = t->vectors[item % t->n_vectors];
    unsigned log_m = t->domain->log_n - 2 * t->depth;
    if (t->split)
        split_block(t->domain, v, log_m, item / t->n_vectors);
    if (t->join)
        join_block(t->domain, v, log_m, item / t->n_vectors);
    (void)thread;
}

static void transform_run(transform *t, crew *threads)
{
    const unsigned log_n = t->domain->log_n;
    if (t->n_vectors << log_n <= 1 << LOG_ALONE) {
        for (size_t i = 0; i < t->n_vectors; i++)
            run_block(t, i, 0);
        return;
    }
    t->n_parts = crew_size(threads);
    if (t->n_parts > 1)
        while (t->n_vectors << 2 * t->depth < TASKS_A_THREAD * t->n_parts && 2 * t->depth + 2 <= log_n)
            t->depth++;
    for (unsigned i = 0; t->split && i < t->depth; i++) {
        t->log_q = log_n - 2 * i - 2;
        crew_run(threads, t->n_vectors * t->n_parts, run_split_pass, t);
    }
    crew_run(threads, t->n_vectors << 2 * t->depth, run_block, t);
    for (unsigned i = t->depth; t->join && i-- > 0;) {
        t->log_q = log_n - 2 * i - 2;
        crew_run(threads, t->n_vectors * t->n_parts, run_join_pass, t);
    }
}

void ntt_shift_lazy(const ntt_domain *domain, crew *threads, fr *const *vectors, size_t n_vectors)
{
    transform t = {.domain = domain, .vectors = vectors, .n_vectors = n_vectors, .split = true, .join = true};
    transform_run(&t, threads);
}

/* ---- passes without products ---- */

typedef struct {
    const ntt_domain *domain;
    fr *v;
    size_t n_parts;
} vector_pass;

static void vector_pass_run(const ntt_domain *domain, crew *threads, fr *v, crew_task task)
{
    vector_pass pass = {domain, v, 1 + (domain->n >> LOG_PART)};
    crew_run(threads, pass.n_parts, task, &pass);
}

static void reduce_part(void *ctx, size_t part, size_t thread)
{
    const vector_pass *pass = ctx;
    crew_range range = crew_part(pass->domain->n, pass->n_parts, part);
    for (size_t i = range.begin; i < range.end; i++)
        lazy_reduce(&pass->v[i], &pass->v[i]);
    (void)thread;
}

void ntt_inverse_scrambled(const ntt_domain *domain, crew *threads, fr *v)
{
    transform t = {.domain = domain, .vectors = &v, .n_vectors = 1, .split = true};
    transform_run(&t, threads);
    vector_pass_run(domain, threads, v, reduce_part);
}

void ntt_forward_odd_coset(const ntt_domain *domain, crew *threads, fr *v)
{
    transform t = {.domain = domain, .vectors = &v, .n_vectors = 1, .join = true};
    transform_run(&t, threads);
    vector_pass_run(domain, threads, v, reduce_part);
}

/* ---- natural order to natural order ---- */

static size_t bits_reversed(size_t x, unsigned n_bits)
{
    size_t r = 0;
    for (unsigned i = 0; i < n_bits; i++)
        r |= (x >> i & 1) << (n_bits - 1 - i);
    return r;
}

/* A place is (row, tile, column), row and column of LOG_TILE bits; reversing exchanges row and column and reverses each part.
 * Tile m and its reverse are exchanged through `held`. */
static void reverse_tile(fr *v, unsigned log_n, size_t m)
{
    enum { SIDE = 1 << LOG_TILE };
    static const unsigned char rev[SIDE] = {0, 4, 2, 6, 1, 5, 3, 7};
    const unsigned log_row = log_n - LOG_TILE;
    const size_t other = bits_reversed(m, log_n - 2 * LOG_TILE);
    fr held[SIDE][SIDE], *tile = v + (m << LOG_TILE), *mate = v + (other << LOG_TILE);
    if (other < m)
        return;
    for (size_t row = 0; row < SIDE; row++)
        for (size_t col = 0; col < SIDE; col++)
            held[rev[col]][rev[row]] = tile[(row << log_row) + col];
    if (tile != mate)
        for (size_t row = 0; row < SIDE; row++)
            for (size_t col = 0; col < SIDE; col++)
                tile[((size_t)rev[col] << log_row) + rev[row]] = mate[(row << log_row) + col];
    for (size_t row = 0; row < SIDE; row++)
        for (size_t col = 0; col < SIDE; col++)
            mate[(row << log_row) + col] = held[row][col];
}

static void reverse_part(void *ctx, size_t part, size_t thread)
{
    const vector_pass *pass = ctx;
    const unsigned log_n = pass->domain->log_n;
    crew_range range = crew_part((size_t)1 << (log_n - 2 * LOG_TILE), pass->n_parts, part);
    for (size_t m = range.begin; m < range.end; m++)
        reverse_tile(pass->v, log_n, m);
    (void)thread;
}

static void reverse_small(fr *v, unsigned log_n)
{
    for (size_t i = 0; i >> log_n == 0; i++) {
        size_t other = bits_reversed(i, log_n);
        if (i < other) {
            fr held = v[i];
            v[i] = v[other];
            v[other] = held;
        }
    }
}

/* v[i] <-> v[n - i], reduced: w^-i to w^i. Places 0 and n/2 stay. */
static void negate_part(void *ctx, size_t part, size_t thread)
{
    const vector_pass *pass = ctx;
    const size_t n = pass->domain->n;
    crew_range range = crew_part(n / 2 + 1, pass->n_parts, part);
    for (size_t i = range.begin; i < range.end; i++) {
        fr *x = &pass->v[i], *y = &pass->v[(n - i) & (n - 1)], held;
        lazy_reduce(&held, x);
        lazy_reduce(x, y);
        *y = held;
    }
    (void)thread;
}

void ntt_forward(const ntt_domain *domain, crew *threads, fr *v)
{
    transform t = {.domain = domain, .vectors = &v, .n_vectors = 1, .split = true};
    transform_run(&t, threads);
    if (domain->log_n >= 2 * LOG_TILE)
        vector_pass_run(domain, threads, v, reverse_part);
    else
        reverse_small(v, domain->log_n);
    vector_pass_run(domain, threads, v, negate_part);
}
