/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/crew.h"

#include <stdlib.h>
#include <string.h>

#include "node/pipeline/pool.h"

struct crew {
    pool *own; /* destroyed with the crew; or NULL */
    size_t n_pools, n_threads, share;
    uint64_t rank;
    unsigned long long cpu_ns;
    pool *pools[CREW_POOLS_MAX];
};

pt_status crew_set_pools(crew *self, pool *const *pools, size_t n, pt_err *err)
{
    if (n == 0 || n > CREW_POOLS_MAX)
        return pt_fail(err, PT_E_ARG, "a crew of %zu pools: expected 1 to %d", n, CREW_POOLS_MAX);
    self->n_pools = n;
    self->n_threads = 0;
    memcpy(self->pools, pools, n * sizeof *pools);
    for (size_t i = 0; i < n; i++)
        self->n_threads += pool_size(pools[i]);
    self->share = self->n_threads;
    return PT_OK;
}

pt_status crew_of_pools(pool *const *pools, size_t n, crew **out, pt_err *err)
{
    crew *c = calloc(1, sizeof *c);
    if (c == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for a crew of %zu pools", n);
    pt_status status = crew_set_pools(c, pools, n, err);
    if (status == PT_OK)
        *out = c;
    else
        free(c);
    return status;
}

pt_status crew_create(size_t n_threads, crew **out, pt_err *err)
{
    const pool_options options = {.n_threads = n_threads, .callers_join = true};
    pool *own;
    pt_status status = pool_create(options, &own, err);
    if (status != PT_OK)
        return status;
    status = crew_of_pools(&own, 1, out, err);
    if (status != PT_OK)
        pool_destroy(own);
    else
        (*out)->own = own;
    return status;
}

void crew_destroy(crew *self)
{
    if (self == NULL)
        return;
    pool_destroy(self->own);
    free(self);
}

size_t crew_size(const crew *self)
{
    return self->n_threads;
}

void crew_set_rank(crew *self, uint64_t rank)
{
    self->rank = rank;
}

void crew_set_share(crew *self, size_t n_threads)
{
    self->share = n_threads < self->n_threads ? n_threads : self->n_threads;
}

size_t crew_share(const crew *self)
{
    return self->share;
}

double crew_cpu_seconds(const crew *self)
{
    return 1e-9 * (double)self->cpu_ns;
}

void crew_run(crew *self, size_t n_items, crew_task task, void *ctx)
{
    if (n_items <= 1 || (self->own != NULL && self->n_threads == 1)) {
        for (size_t item = 0; item < n_items; item++)
            task(ctx, item, 0);
        return;
    }
    run_items items = {.task = task, .ctx = ctx, .n_items = n_items, .home = self->pools[0]};
    pool_run runs[CREW_POOLS_MAX];
    items.home_run = &runs[0];
    size_t first_thread = 0;
    for (size_t i = 0; i < self->n_pools; i++) {
        runs[i] = (pool_run){.items = &items, .rank = self->rank, .first_thread = first_thread};
        first_thread += pool_size(self->pools[i]);
        pool_open(self->pools[i], &runs[i]);
    }
    pool_await(self->pools[0], &runs[0]);
    for (size_t i = self->n_pools; i-- > 0;) /* home last: the others' threads tell it */
        pool_close(self->pools[i], &runs[i]);
    self->cpu_ns += atomic_load(&items.cpu_ns);
}
