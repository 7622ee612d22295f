/* SPDX-License-Identifier: Apache-2.0 */
#include "node/domain/quotient.h"

#include "node/domain/butterfly.h"
#include "node/domain/twiddles.h"

enum { LOG_ROWS_A_TASK = 11 };

typedef struct {
    size_t n, n_tasks;
    fr *a;
    const fr *b, *c;
    fr n_mont; /* n */
    fr n_inv2; /* n^-2, canonical: its product with a value in Montgomery form is canonical */
} rows;

/* The transforms leave n a, n b, n c: h = a b - c = (na nb - n nc) n^-2 (eq. 30). */
static void combine(void *ctx, size_t task, size_t thread)
{
    const rows *r = ctx;
    const crew_range range = crew_part(r->n, r->n_tasks, task);
    for (size_t i = range.begin; i < range.end; i++) {
        fr ab, nc, b;
        lazy_reduce(&b, &r->b[i]);
        fr_mul_wide(&ab, &b, &r->a[i]);
        fr_mul_wide(&nc, &r->n_mont, &r->c[i]);
        fr_sub(&ab, &ab, &nc);
        fr_mul(&r->a[i], &ab, &r->n_inv2);
    }
    (void)thread;
}

void quotient_run(const ntt_domain *domain, crew *threads, fr *a, fr *b, fr *c)
{
    fr *const vectors[3] = {a, b, c};
    ntt_shift_lazy(domain, threads, vectors, 3);
    rows r = {.n = domain->n, .n_tasks = 1 + (domain->n >> LOG_ROWS_A_TASK), .a = a, .b = b, .c = c};
    fr_from_u64(&r.n_mont, domain->n);
    fr_inv(&r.n_inv2, &r.n_mont);
    fr_sqr(&r.n_inv2, &r.n_inv2);
    fr_to_canon(&r.n_inv2, &r.n_inv2);
    crew_run(threads, r.n_tasks, combine, &r);
}
