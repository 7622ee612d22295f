/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/mapping_tests.inc.h - what the program itself has mapped, counted in the place of the library's functions, and a
 * system that has no memory left when a test says so. Include it first, in one source of a program. */
#ifndef PT_MAPPING_TESTS_H
#define PT_MAPPING_TESTS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* syscall, RTLD_NEXT */
#endif
#include <dlfcn.h>
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

/* The functions whose place this takes: the library's, or those by which a sanitizer learns that an address is new memory. */
static struct {
    void *(*map)(void *, size_t, int, int, int, off_t);
    int (*unmap)(void *, size_t);
} replaced;

__attribute__((constructor)) static void find_replaced(void)
{
    *(void **)&replaced.map = dlsym(RTLD_NEXT, "mmap");
    *(void **)&replaced.unmap = dlsym(RTLD_NEXT, "munmap");
}

/* Loaders and sanitizers call these before there is anything to find, and before ThreadSanitizer can watch. */
#define NOT_WATCHED __attribute__((no_sanitize_thread))

NOT_WATCHED void *mmap(void *address, size_t n_bytes, int protection, int flags, int file, off_t offset)
{
    const size_t bytes_max = atomic_load(&mappings.bytes_max);
    if (bytes_max != 0 && atomic_load(&mappings.bytes) + n_bytes > bytes_max) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    void *mapped = replaced.map != NULL ? replaced.map(address, n_bytes, protection, flags, file, offset)
                                        : (void *)syscall(SYS_mmap, address, n_bytes, protection, flags, file, offset);
    if (mapped == MAP_FAILED)
        return MAP_FAILED;
    atomic_fetch_add(&mappings.n_maps, 1);
    atomic_fetch_add(&mappings.bytes, n_bytes);
    return mapped;
}

NOT_WATCHED int munmap(void *address, size_t n_bytes)
{
    const int status =
        replaced.unmap != NULL ? replaced.unmap(address, n_bytes) : (int)syscall(SYS_munmap, address, n_bytes);
    if (status == 0) {
        atomic_fetch_add(&mappings.n_unmaps, 1);
        atomic_fetch_sub(&mappings.bytes, n_bytes);
    }
    return status;
}

#endif
