/* SPDX-License-Identifier: Apache-2.0 */
#include "node/domain/twiddles.h"

#include <stdlib.h>

enum { LOG_CHUNK = 12 }; /* entries of one task */

typedef struct {
    ntt_domain *domain;
    fr root[PT_LOG_DOMAIN_MAX + 2]; /* root[k] of order 2^k */
    fr root_inv[PT_LOG_DOMAIN_MAX + 2];
} table_fill;

static size_t n_block(size_t n)
{
    return n > 1 ? n / 2 : 1;
}

size_t ntt_domain_bytes(unsigned log_n)
{
    size_t n = (size_t)1 << log_n, bytes = sizeof(ntt_domain) + (n_block(n) + n) * sizeof(fr);
    return (bytes + 63) / 64 * 64;
}

/* t[i] for i < 2^log_len: head times the step of each bit that i has; bit l's step is step[l] or, going down, step[-l]. */
static void fill_products(fr *t, unsigned log_len, const fr *head, const fr *step, int down)
{
    t[0] = *head;
    for (unsigned l = 0; l < log_len; l++) {
        size_t len = (size_t)1 << l;
        const fr *s = down ? step - l : step + l;
        for (size_t i = 0; i < len; i++)
            fr_mul(&t[len + i], &t[i], s);
    }
}

static void fill_block(void *ctx, size_t chunk, size_t thread)
{
    const table_fill *fill = ctx;
    const ntt_domain *d = fill->domain;
    unsigned log_len = d->log_n > LOG_CHUNK ? LOG_CHUNK : d->log_n - 1;
    fr head = fr_one;
    for (unsigned l = 0; chunk >> l != 0; l++)
        if (chunk >> l & 1)
            fr_mul(&head, &head, &fill->root_inv[log_len + l + 2]);
    fill_products(d->block + (chunk << log_len), log_len, &head, &fill->root_inv[2], 0);
    (void)thread;
}

/* Entries i .. i + 2^log_len of the level that joins halves of 2^log_h. */
static void fill_level(const table_fill *fill, unsigned log_h, size_t i, unsigned log_len)
{
    const uint64_t e = 2 * i + 1;
    fr head;
    fr_pow(&head, &fill->root[log_h + 2], &e, 1);
    fill_products(fill->domain->odd + ((size_t)1 << log_h) + i, log_len, &head, &fill->root[log_h + 1], 1);
}

static void fill_odd(void *ctx, size_t chunk, size_t thread)
{
    const table_fill *fill = ctx;
    unsigned log_chunk = fill->domain->log_n < LOG_CHUNK ? fill->domain->log_n : LOG_CHUNK, log_h = log_chunk;
    (void)thread;
    if (chunk == 0) {
        for (log_h = 0; log_h < log_chunk; log_h++)
            fill_level(fill, log_h, 0, log_h);
        return;
    }
    while (chunk >> (log_h - log_chunk + 1) != 0)
        log_h++;
    fill_level(fill, log_h, (chunk << log_chunk) - ((size_t)1 << log_h), log_chunk);
}

static void roots_of_unity(table_fill *fill)
{
    fr root = FR_ROOT, root_inv = FR_ROOT_INV;
    for (unsigned k = FR_TWO_ADICITY; k > 0; k--) {
        if (k < sizeof fill->root / sizeof *fill->root) {
            fill->root[k] = root;
            fill->root_inv[k] = root_inv;
        }
        fr_sqr(&root, &root);
        fr_sqr(&root_inv, &root_inv);
    }
}

pt_status ntt_domain_create(unsigned log_n, crew *threads, ntt_domain **out, pt_err *err)
{
    _Static_assert(PT_LOG_DOMAIN_MAX + 1 <= FR_TWO_ADICITY, "the coset of the largest domain");
    if (log_n > PT_LOG_DOMAIN_MAX)
        return pt_fail(err, PT_E_ARG, "a domain of 2^%u: at most 2^%d is supported", log_n, PT_LOG_DOMAIN_MAX);
    ntt_domain *d = aligned_alloc(64, ntt_domain_bytes(log_n));
    if (d == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for the twiddles of 2^%u points: %zu bytes", log_n,
                       ntt_domain_bytes(log_n));
    d->log_n = log_n;
    d->n = (size_t)1 << log_n;
    d->block = d->tables;
    d->odd = d->tables + n_block(d->n);
    d->odd[0] = d->block[0] = fr_one;
    table_fill fill = {.domain = d};
    roots_of_unity(&fill);
    if (log_n > 0) {
        crew_run(threads, log_n > LOG_CHUNK ? d->n >> (LOG_CHUNK + 1) : 1, fill_block, &fill);
        crew_run(threads, log_n > LOG_CHUNK ? d->n >> LOG_CHUNK : 1, fill_odd, &fill);
    }
    *out = d;
    return PT_OK;
}

void ntt_domain_destroy(ntt_domain *domain)
{
    free(domain);
}
