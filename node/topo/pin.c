/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "node/topo/pin.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { HUGE_PAGE_BYTES = 2 << 20, N_SAMPLES = 64, NODES_MAX = 1024, WORD_BITS = 8 * sizeof(unsigned long) };

typedef struct {
    cpu_set_t sets[TOPOLOGY_PUS_MAX / CPU_SETSIZE];
} wide_mask;

static void add_pu(const topology *machine, size_t pu, wide_mask *mask)
{
    if (machine->pus[pu].os_index < TOPOLOGY_PUS_MAX)
        CPU_SET_S(machine->pus[pu].os_index, sizeof *mask, mask->sets);
}

/* Bind, and read back what holds: a cpuset may have changed meanwhile. */
static pin_report bind_to(const topology *machine, const wide_mask *mask)
{
    pin_report report = {.n_threads = 1};
    wide_mask now;
    memset(&now, 0, sizeof now);
    if (!machine->own_machine)
        report.error = EXDEV;
    else if (sched_setaffinity(0, sizeof *mask, mask->sets) != 0 || sched_getaffinity(0, sizeof now, now.sets) != 0)
        report.error = errno;
    else
        report.n_bound = CPU_EQUAL_S(sizeof now, now.sets, mask->sets) ? 1 : 0;
    return report;
}

pin_report pin_thread(const topology *machine, uint16_t pu)
{
    wide_mask mask;
    memset(&mask, 0, sizeof mask);
    add_pu(machine, pu, &mask);
    return bind_to(machine, &mask);
}

_Static_assert(sizeof(pin_mask) == sizeof(wide_mask), "a mask is bits, whatever the words");

int pin_move(const unsigned *processors, size_t n, pin_mask *before)
{
    wide_mask mask, now;
    memset(&mask, 0, sizeof mask);
    memset(&now, 0, sizeof now);
    for (size_t i = 0; i < n; i++) {
        if (processors[i] >= TOPOLOGY_PUS_MAX)
            return EINVAL;
        CPU_SET_S(processors[i], sizeof mask, mask.sets);
    }
    if (sched_getaffinity(0, sizeof now, now.sets) != 0 || sched_setaffinity(0, sizeof mask, mask.sets) != 0)
        return errno;
    memcpy(before, &now, sizeof now);
    return 0;
}

int pin_move_back(const pin_mask *before)
{
    wide_mask mask;
    memcpy(&mask, before, sizeof mask);
    return sched_setaffinity(0, sizeof mask, mask.sets) == 0 ? 0 : errno;
}

/* mbind(2) and move_pages(2) are called as they are: libnuma would read all of the system's nodes when it is loaded. */
int pin_memory(const topology *machine, void *start, size_t n_bytes, const uint16_t *nodes, size_t n_nodes)
{
    unsigned long mask[NODES_MAX / WORD_BITS] = {0};
    if (!machine->own_machine)
        return EXDEV;
    for (size_t i = 0; i < n_nodes; i++) {
        const unsigned os = machine->nodes[nodes[i]].os_index;
        if (os >= NODES_MAX)
            return EINVAL;
        mask[os / WORD_BITS] |= 1UL << os % WORD_BITS;
    }
    const int mode = n_nodes == 1 ? MPOL_PREFERRED : MPOL_INTERLEAVE;
    return syscall(SYS_mbind, start, n_bytes, mode, mask, (unsigned long)NODES_MAX + 1, 0U) == 0 ? 0 : errno;
}

int pin_huge_pages(void *start, size_t n_bytes)
{
    return madvise(start, n_bytes, MADV_HUGEPAGE) == 0 ? 0 : errno;
}

void *pin_map(const memory_place *place, size_t n_bytes)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (n_bytes + page - 1) / page * page;
    const size_t slack = room >= HUGE_PAGE_BYTES ? HUGE_PAGE_BYTES - page : 0;
    if (n_bytes == 0 || n_bytes > PTRDIFF_MAX - 2 * (size_t)HUGE_PAGE_BYTES)
        return NULL;
    char *mapped = mmap(NULL, room + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED)
        return NULL;
    const size_t before = slack == 0 ? 0 : (HUGE_PAGE_BYTES - (uintptr_t)mapped % HUGE_PAGE_BYTES) % HUGE_PAGE_BYTES;
    if (before > 0)
        munmap(mapped, before);
    if (slack > before)
        munmap(mapped + before + room, slack - before);
    if (place->huge_pages)
        pin_huge_pages(mapped + before, room);
    if (place->machine->n_nodes > 1)
        pin_memory(place->machine, mapped + before, room, place->nodes, place->n_nodes);
    return mapped + before;
}

static bool is_among(const topology *machine, int os_node, const uint16_t *nodes, size_t n_nodes)
{
    for (size_t i = 0; i < n_nodes; i++)
        if (os_node >= 0 && machine->nodes[nodes[i]].os_index == (unsigned)os_node)
            return true;
    return false;
}

pin_report pin_check_memory(const topology *machine, const void *start, size_t n_bytes, const uint16_t *nodes,
                            size_t n_nodes)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), n_pages = (n_bytes + page - 1) / page;
    const void *pages[N_SAMPLES];
    int found[N_SAMPLES];
    pin_report report = {.n_pages = n_pages < N_SAMPLES ? n_pages : N_SAMPLES};
    for (size_t i = 0; i < report.n_pages; i++) {
        pages[i] = (const char *)start + i * n_pages / report.n_pages * page;
        found[i] = -ENOENT;
    }
    if (!machine->own_machine)
        report.error = EXDEV;
    else if (syscall(SYS_move_pages, 0, report.n_pages, pages, NULL, found, 0) != 0)
        report.error = errno;
    for (size_t i = 0; i < report.n_pages; i++) {
        report.n_placed += is_among(machine, found[i], nodes, n_nodes);
        report.n_absent += found[i] < 0;
    }
    return report;
}

/* Lines of a mapping follow its first, "begin-end rwxp ...". */
uint64_t pin_huge_bytes(const void *start, size_t n_bytes)
{
    const uint64_t first = (uintptr_t)start, last = first + n_bytes;
    uint64_t begin = 0, end = 0, total = 0, from, to, kib;
    char line[512];
    FILE *file = fopen("/proc/self/smaps", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &from, &to) == 2) {
            begin = from;
            end = to;
        } else if (begin < last && end > first && sscanf(line, "AnonHugePages: %" SCNu64, &kib) == 1) {
            total += kib * 1024;
        }
    }
    if (file != NULL)
        fclose(file);
    return total < n_bytes ? total : n_bytes;
}
