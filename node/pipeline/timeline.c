/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/timeline.h"

#include <stdlib.h>
#include <time.h>

enum { CACHE_LINE = 64 };

/* A line of its own: threads that record side by side take none from each other. */
typedef struct {
    _Alignas(CACHE_LINE) timeline_span span;
    atomic_bool whole; /* released after the span is written */
} slot;

_Static_assert(sizeof(slot) == CACHE_LINE, "a span and its flag are one cache line");

struct timeline {
    _Alignas(CACHE_LINE) atomic_size_t n_begun; /* goes on beyond the capacity: the rest is lost */
    _Alignas(CACHE_LINE) size_t capacity;
    double origin;
    slot slots[];
};

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t timeline_bytes(size_t capacity)
{
    return sizeof(timeline) + capacity * sizeof(slot);
}

pt_status timeline_create(size_t capacity, timeline **out, pt_err *err)
{
    bool countable = capacity <= (SIZE_MAX / 2 - sizeof(timeline)) / sizeof(slot);
    timeline *self = countable ? aligned_alloc(CACHE_LINE, timeline_bytes(capacity)) : NULL;
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for a timeline of %zu spans", capacity);
    self->capacity = capacity;
    atomic_init(&self->n_begun, 0);
    for (size_t i = 0; i < capacity; i++)
        atomic_init(&self->slots[i].whole, false);
    self->origin = clock_seconds();
    *out = self;
    return PT_OK;
}

void timeline_destroy(timeline *self)
{
    free(self);
}

double timeline_now(const timeline *self)
{
    return clock_seconds() - (self == NULL ? 0 : self->origin);
}

double timeline_origin(const timeline *self)
{
    return self->origin;
}

double timeline_cpu_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void timeline_record(timeline *self, const timeline_span *span)
{
    if (self == NULL)
        return;
    size_t i = atomic_fetch_add_explicit(&self->n_begun, 1, memory_order_relaxed);
    if (i >= self->capacity)
        return;
    self->slots[i].span = *span;
    atomic_store_explicit(&self->slots[i].whole, true, memory_order_release);
}

size_t timeline_n_lost(const timeline *self)
{
    size_t n = atomic_load_explicit(&self->n_begun, memory_order_relaxed);
    return n - smaller(n, self->capacity);
}

void timeline_clear(timeline *self)
{
    size_t n = smaller(atomic_load(&self->n_begun), self->capacity);
    for (size_t i = 0; i < n; i++)
        atomic_store(&self->slots[i].whole, false);
    atomic_store(&self->n_begun, 0);
}

static int compare(double a, double b)
{
    return (a > b) - (a < b);
}

static int by_start(const void *a, const void *b)
{
    const timeline_span *x = a, *y = b;
    int order = compare(x->start, y->start);
    if (order == 0)
        order = (int)x->rank - (int)y->rank;
    if (order == 0)
        order = (int)x->row - (int)y->row;
    return order != 0 ? order : compare(x->end, y->end);
}

pt_status timeline_read(const timeline *self, timeline_list *out, pt_err *err)
{
    size_t n_begun = smaller(atomic_load_explicit(&self->n_begun, memory_order_relaxed), self->capacity), n = 0;
    timeline_span *spans = calloc(n_begun + 1, sizeof *spans);
    if (spans == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for a list of %zu spans", n_begun);
    for (size_t i = 0; i < n_begun; i++)
        if (atomic_load_explicit(&self->slots[i].whole, memory_order_acquire))
            spans[n++] = self->slots[i].span;
    *out = (timeline_list){spans, n};
    timeline_list_sort(out);
    return PT_OK;
}

void timeline_list_sort(timeline_list *list)
{
    if (list->n > 0)
        qsort(list->spans, list->n, sizeof *list->spans, by_start);
}

void timeline_list_clear(timeline_list *list)
{
    free(list->spans);
    *list = (timeline_list){0};
}
