/* SPDX-License-Identifier: Apache-2.0 */
/* secret_tests.inc.h - what tests of secret memory look at: what is given back to the system, and what a core dump leaves out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

enum { FLAGS_ROOM = 512 };

/* The largest unmapping since unmapped_forget: how many of its pages were in memory, and was all of it that can be read zero? */
static struct {
    uintptr_t begin;
    size_t n_bytes, n_resident;
    bool zero;
} unmapped;

static inline void unmapped_forget(void)
{
    unmapped.n_bytes = 0;
}

/* The flags of the mapping that holds an address, as /proc/self/smaps has them; "" for none. */
static void mapping_flags(const void *address, char flags[FLAGS_ROOM])
{
    char line[FLAGS_ROOM];
    bool inside = false;
    FILE *smaps = fopen("/proc/self/smaps", "r");
    assert_non_null(smaps);
    *flags = '\0';
    while (fgets(line, sizeof line, smaps) != NULL) {
        unsigned long begin, end;
        if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
            inside = begin <= (uintptr_t)address && (uintptr_t)address < end;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            strcpy(flags, line + 8);
    }
    fclose(smaps);
}

static inline bool is_not_dumped(const void *address)
{
    char flags[FLAGS_ROOM];
    mapping_flags(address, flags);
    return strstr(flags, " dd ") != NULL;
}

static inline size_t resident_pages(void *address, size_t n_bytes)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), n_pages = (n_bytes + page - 1) / page;
    size_t n = 0;
    for (size_t i = 0; i < n_pages; i++) {
        unsigned char resident = 0;
        mincore((uint8_t *)address + i * page, page, &resident);
        n += resident & 1;
    }
    return n;
}

/* In the place of the library's. A guard page can't be read; it comes first. */
int munmap(void *address, size_t n_bytes)
{
    char flags[FLAGS_ROOM];
    const uint8_t *bytes = address;
    size_t guard = 0;
    mapping_flags(bytes, flags);
    if (strncmp(flags, " rd ", 4) != 0)
        guard = (size_t)sysconf(_SC_PAGESIZE);
    if (n_bytes > unmapped.n_bytes) {
        unmapped.begin = (uintptr_t)address;
        unmapped.n_bytes = n_bytes;
        unmapped.n_resident = resident_pages(address, n_bytes);
        unmapped.zero = sodium_is_zero(bytes + guard, n_bytes - guard);
    }
    return (int)syscall(SYS_munmap, address, n_bytes);
}
