/* SPDX-License-Identifier: Apache-2.0 */
/* node/setup/fixed_base.inc.h - template of fixed_base.c for one group.
 *
 * needs   GROUP: g1 or g2; GROUP_FIELD: fq or fq2; BATCH, windows_of, choose_window_bits, scalar_bits
 * gives   the functions of fixed_base.h for that group */

#define F(verb) PT_JOIN(GROUP_FIELD, PT_JOIN(_, verb))
#define G(verb) PT_JOIN(GROUP, PT_JOIN(_, verb))
#define B_PASTE_(group, verb) fixed_base_##group##verb /* not PT_JOIN: the name is a macro that uses it */
#define B_PASTE(group, verb) B_PASTE_(group, verb)
#define B(verb) B_PASTE(GROUP, verb)
#define LOCAL(name) PT_JOIN(name, PT_JOIN(_, GROUP))

struct B() {
    unsigned window_bits, n_windows;
    G(affine) * table; /* entry (d - 1) of window j, at j << (window_bits - 1): [d 2^(window_bits j)] G */
};

/* What one batch of additions works with. */
typedef struct {
    const G(affine) * addend[BATCH]; /* NULL: nothing to add */
    bool negate[BATCH];
    GROUP_FIELD before[BATCH]; /* product of the denominators before this one */
} LOCAL(batch);

/* The slope's denominator of acc + p; zero when the sum is infinity. */
static inline void LOCAL(slope_denominator)(GROUP_FIELD *r, const G(affine) * acc, const G(affine) * p)
{
    F(sub)(r, &p->x, &acc->x);
    if (F(is_zero)(r) && F(eq)(&acc->y, &p->y))
        F(dbl)(r, &acc->y);
}

/* acc = acc + p, given the inverse of the slope's denominator. */
static inline void LOCAL(add_by_slope)(G(affine) * acc, const G(affine) * p, const GROUP_FIELD *denominator_inv)
{
    GROUP_FIELD slope, x3, t;
    if (F(eq)(&acc->x, &p->x)) { /* 3 x^2 / 2 y */
        F(sqr)(&t, &p->x);
        F(dbl)(&slope, &t);
        F(add)(&slope, &slope, &t);
    } else {
        F(sub)(&slope, &p->y, &acc->y);
    }
    F(mul)(&slope, &slope, denominator_inv);
    F(sqr)(&x3, &slope);
    F(sub)(&x3, &x3, &acc->x);
    F(sub)(&x3, &x3, &p->x);
    F(sub)(&t, &acc->x, &x3);
    F(mul)(&t, &t, &slope);
    F(sub)(&acc->y, &t, &acc->y);
    acc->x = x3;
}

static inline void LOCAL(load_addend)(const LOCAL(batch) * batch, size_t i, G(affine) * p)
{
    *p = *batch->addend[i];
    if (batch->negate[i])
        F(neg)(&p->y, &p->y);
}

/* acc[i] += addend i for each i < n <= BATCH, complete, one inversion for all. Addends are not infinity; they are used up. */
static void LOCAL(batch_add)(LOCAL(batch) * batch, size_t n, G(affine) * acc)
{
    GROUP_FIELD product = F(one), denominator, inverse;
    G(affine) p;
    for (size_t i = 0; i < n; i++) {
        if (batch->addend[i] == NULL)
            continue;
        LOCAL(load_addend)(batch, i, &p);
        if (G(affine_is_infinity)(&acc[i])) {
            acc[i] = p;
            batch->addend[i] = NULL;
            continue;
        }
        LOCAL(slope_denominator)(&denominator, &acc[i], &p);
        if (F(is_zero)(&denominator)) {
            acc[i] = (G(affine)){F(zero), F(zero)};
            batch->addend[i] = NULL;
            continue;
        }
        batch->before[i] = product;
        F(mul)(&product, &product, &denominator);
    }
    F(inv_var)(&product, &product);
    for (size_t i = n; i-- > 0;) {
        if (batch->addend[i] == NULL)
            continue;
        LOCAL(load_addend)(batch, i, &p);
        LOCAL(slope_denominator)(&denominator, &acc[i], &p);
        F(mul)(&inverse, &product, &batch->before[i]);
        F(mul)(&product, &product, &denominator);
        LOCAL(add_by_slope)(&acc[i], &p, &inverse);
    }
}

/* Fill window j, whose first entry is there: entries 1 .. m give m + 1 .. 2m by adding entry m to each. */
static void LOCAL(task_fill_window)(void *ctx, size_t j, size_t thread)
{
    const struct B() *base = ctx;
    size_t size = (size_t)1 << (base->window_bits - 1);
    G(affine) *entry = base->table + j * size;
    LOCAL(batch) batch;
    (void)thread;
    for (size_t m = 1; m < size; m *= 2) {
        for (size_t begin = 0, n; begin < m; begin += n) {
            n = m - begin < BATCH ? m - begin : BATCH;
            for (size_t i = 0; i < n; i++) {
                entry[m + begin + i] = entry[begin + i];
                batch.addend[i] = &entry[m - 1];
                batch.negate[i] = false;
            }
            LOCAL(batch_add)(&batch, n, entry + m + begin);
        }
    }
}

/* The first entry of each window: [2^(window_bits j)] G. */
static void LOCAL(fill_first_entries)(struct B() * base)
{
    G(xyzz) power;
    G(from_affine)(&power, &G(generator));
    for (unsigned j = 0; j < base->n_windows; j++) {
        G(to_affine)(&base->table[(size_t)j << (base->window_bits - 1)], &power);
        for (unsigned i = 0; i < base->window_bits; i++)
            G(dbl)(&power, &power);
    }
}

pt_status B(_create)(crew *threads, size_t n_expected, struct B() * *out, pt_err *err)
{
    struct B() *base = malloc(sizeof *base);
    if (base == NULL)
        return pt_fail(err, PT_E_NOMEM, "set-up: no memory for %zu bytes", sizeof *base);
    base->window_bits = choose_window_bits(n_expected, sizeof *base->table);
    base->n_windows = windows_of(base->window_bits);
    size_t bytes = ((size_t)base->n_windows << (base->window_bits - 1)) * sizeof *base->table;
    base->table = malloc(bytes);
    if (base->table == NULL) {
        free(base);
        return pt_fail(err, PT_E_NOMEM, "set-up: no memory for %zu bytes of the generator's multiples", bytes);
    }
    LOCAL(fill_first_entries)(base);
    crew_run(threads, base->n_windows, LOCAL(task_fill_window), base);
    *out = base;
    return PT_OK;
}

void B(_destroy)(struct B() * base)
{
    if (base == NULL)
        return;
    free(base->table);
    free(base);
}

typedef struct {
    const struct B() * base;
    const fr *scalars;
    size_t n;
    G(affine) * out;
} LOCAL(multiples_run);

/* Addends of window j: the signed digit d of each scalar, |d| <= 2^(window_bits - 1), picks table entry |d|. */
static void LOCAL(pick_addends)(const struct B() * base, unsigned j, const fr *canon, size_t n, bool *carry,
                                LOCAL(batch) * batch)
{
    const unsigned c = base->window_bits, half = 1u << (c - 1);
    const G(affine) *window = base->table + ((size_t)j << (c - 1));
    for (size_t i = 0; i < n; i++) {
        unsigned digit = scalar_bits(&canon[i], j * c, c) + carry[i];
        carry[i] = digit > half;
        batch->negate[i] = carry[i];
        unsigned magnitude = carry[i] ? 2 * half - digit : digit;
        batch->addend[i] = magnitude == 0 ? NULL : &window[magnitude - 1];
        if (magnitude != 0) {
            __builtin_prefetch(batch->addend[i]);
            __builtin_prefetch((const char *)(batch->addend[i] + 1) - 1);
        }
    }
}

static void LOCAL(task_multiples)(void *ctx, size_t item, size_t thread)
{
    const LOCAL(multiples_run) *run = ctx;
    size_t begin = item * BATCH, n = run->n - begin < BATCH ? run->n - begin : BATCH;
    fr canon[BATCH];
    bool carry[BATCH] = {false};
    LOCAL(batch) batch;
    (void)thread;
    for (size_t i = 0; i < n; i++) {
        fr_to_canon(&canon[i], &run->scalars[begin + i]);
        run->out[begin + i] = (G(affine)){F(zero), F(zero)};
    }
    for (unsigned j = 0; j < run->base->n_windows; j++) {
        LOCAL(pick_addends)(run->base, j, canon, n, carry, &batch);
        LOCAL(batch_add)(&batch, n, run->out + begin);
    }
}

void B(_multiples)(const struct B() * base, crew *threads, const fr *scalars, size_t n, G(affine) * out)
{
    LOCAL(multiples_run) run = {base, scalars, n, out};
    crew_run(threads, (n + BATCH - 1) / BATCH, LOCAL(task_multiples), &run);
}

#undef LOCAL
#undef B
#undef B_PASTE
#undef B_PASTE_
#undef G
#undef F
#undef GROUP_FIELD
#undef GROUP
