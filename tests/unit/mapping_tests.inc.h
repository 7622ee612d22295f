/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/mapping_tests.inc.h - what the program itself has mapped, counted in the place of the library's functions, and a
 * system that has no memory left when a test says so. Include it first, in one source of a program. */
#ifndef PT_MAPPING_TESTS_H
#define PT_MAPPING_TESTS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* syscall */
#endif
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static struct {
    atomic_size_t n_maps, n_unmaps, bytes; /* bytes: mapped now */
    atomic_size_t bytes_max;               /* a mapping that would make more of them fails; 0: none does */
} mappings;

/* ThreadSanitizer calls these itself, before it can watch anything. */
#define NOT_WATCHED __attribute__((no_sanitize_thread))

NOT_WATCHED void *mmap(void *address, size_t n_bytes, int protection, int flags, int file, off_t offset)
{
    const size_t bytes_max = atomic_load(&mappings.bytes_max);
    if (bytes_max != 0 && atomic_load(&mappings.bytes) + n_bytes > bytes_max) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    const long mapped = syscall(SYS_mmap, address, n_bytes, protection, flags, file, offset);
    if (mapped == -1)
        return MAP_FAILED;
    atomic_fetch_add(&mappings.n_maps, 1);
    atomic_fetch_add(&mappings.bytes, n_bytes);
    return (void *)(intptr_t)mapped;
}

NOT_WATCHED int munmap(void *address, size_t n_bytes)
{
    const int status = (int)syscall(SYS_munmap, address, n_bytes);
    if (status == 0) {
        atomic_fetch_add(&mappings.n_unmaps, 1);
        atomic_fetch_sub(&mappings.bytes, n_bytes);
    }
    return status;
}

#endif
