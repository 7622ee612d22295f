/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/memory_watch.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/types.h>

/* The functions wrapped have no argument to carry these in. */
static _Atomic int64_t held, held_before, peak;

void memory_watch_begin(void)
{
    atomic_store(&held_before, atomic_load(&held));
    atomic_store(&peak, atomic_load(&held));
}

size_t memory_watch_peak(void)
{
    int64_t more = atomic_load(&peak) - atomic_load(&held_before);
    return more > 0 ? (size_t)more : 0;
}

static void count(int64_t n_bytes)
{
    int64_t now = atomic_fetch_add(&held, n_bytes) + n_bytes, seen = atomic_load(&peak);
    while (now > seen && !atomic_compare_exchange_weak(&peak, &seen, now))
        ;
}

static void *count_block(void *block)
{
    count((int64_t)malloc_usable_size(block));
    return block;
}

void *__real_malloc(size_t n_bytes);
void *__wrap_malloc(size_t n_bytes);
void *__real_calloc(size_t n, size_t n_bytes);
void *__wrap_calloc(size_t n, size_t n_bytes);
void *__real_realloc(void *block, size_t n_bytes);
void *__wrap_realloc(void *block, size_t n_bytes);
void *__real_aligned_alloc(size_t alignment, size_t n_bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t n_bytes);
void __real_free(void *block);
void __wrap_free(void *block);
void *__real_mmap(void *address, size_t n_bytes, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *address, size_t n_bytes, int protection, int flags, int fd, off_t offset);
int __real_munmap(void *address, size_t n_bytes);
int __wrap_munmap(void *address, size_t n_bytes);

void *__wrap_malloc(size_t n_bytes)
{
    return count_block(__real_malloc(n_bytes));
}

void *__wrap_calloc(size_t n, size_t n_bytes)
{
    return count_block(__real_calloc(n, n_bytes));
}

void *__wrap_realloc(void *block, size_t n_bytes)
{
    int64_t before = (int64_t)malloc_usable_size(block);
    void *moved = __real_realloc(block, n_bytes);
    if (moved != NULL)
        count((int64_t)malloc_usable_size(moved) - before);
    return moved;
}

void *__wrap_aligned_alloc(size_t alignment, size_t n_bytes)
{
    return count_block(__real_aligned_alloc(alignment, n_bytes));
}

void __wrap_free(void *block)
{
    count(-(int64_t)malloc_usable_size(block));
    __real_free(block);
}

void *__wrap_mmap(void *address, size_t n_bytes, int protection, int flags, int fd, off_t offset)
{
    void *mapped = __real_mmap(address, n_bytes, protection, flags, fd, offset);
    if (mapped != MAP_FAILED)
        count((int64_t)n_bytes);
    return mapped;
}

int __wrap_munmap(void *address, size_t n_bytes)
{
    count(-(int64_t)n_bytes);
    return __real_munmap(address, n_bytes);
}
