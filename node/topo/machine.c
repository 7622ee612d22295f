/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "node/topo/machine.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <xxhash.h>

enum { PATH_ROOM = 512, MASK_SETS = 8 };

size_t machine_processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : (size_t)n;
}

static size_t affinity_threads(void)
{
    cpu_set_t mask;
    CPU_ZERO(&mask);
    if (sched_getaffinity(0, sizeof mask, &mask) != 0) /* more processors than the mask holds */
        return machine_processors();
    int n = CPU_COUNT(&mask);
    return n < 1 ? 1 : (size_t)n;
}

uint64_t machine_mask_hash(void)
{
    cpu_set_t sets[MASK_SETS];
    memset(sets, 0, sizeof sets); /* the system writes as many bytes as it has */
    return sched_getaffinity(0, sizeof sets, sets) == 0 ? XXH3_64bits(sets, sizeof sets) : 0;
}

/* The path of this process in the cgroup v2 tree, "/" on failure. */
static void cgroup_path(char *out, size_t room)
{
    char line[PATH_ROOM];
    snprintf(out, room, "/");
    FILE *file = fopen("/proc/self/cgroup", "r");
    if (file == NULL)
        return;
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "0::/", 4) == 0) {
            line[strcspn(line, "\n")] = '\0';
            snprintf(out, room, "%s", line + 3);
        }
    fclose(file);
}

static bool read_line(const char *path, char *out, int room)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    bool ok = fgets(out, room, file) != NULL;
    fclose(file);
    return ok;
}

/* Read one file of this process's cgroup and of each group above it, smallest value wins: a parent's limit binds too. */
static uint64_t cgroup_smallest(const char *name, uint64_t (*value_of)(const char *line))
{
    char group[PATH_ROOM], path[2 * PATH_ROOM], line[128];
    uint64_t smallest = UINT64_MAX;
    cgroup_path(group, sizeof group);
    for (;;) {
        snprintf(path, sizeof path, "/sys/fs/cgroup%s/%s", group, name);
        if (read_line(path, line, sizeof line)) {
            uint64_t value = value_of(line);
            smallest = value < smallest ? value : smallest;
        }
        char *cut = strrchr(group, '/');
        if (cut == NULL)
            return smallest;
        *cut = '\0';
    }
}

/* cpu.max: "quota period" in microseconds, or "max period". */
static uint64_t quota_threads(const char *line)
{
    uint64_t quota, period;
    if (sscanf(line, "%" SCNu64 " %" SCNu64, &quota, &period) != 2 || period == 0)
        return UINT64_MAX;
    return quota < period ? 1 : quota / period + (quota % period != 0);
}

/* memory.max: bytes, or "max". */
static uint64_t limit_bytes(const char *line)
{
    uint64_t bytes;
    return sscanf(line, "%" SCNu64, &bytes) == 1 ? bytes : UINT64_MAX;
}

size_t machine_threads(void)
{
    size_t allowed = affinity_threads();
    uint64_t quota = cgroup_smallest("cpu.max", quota_threads);
    return quota < allowed ? (size_t)quota : allowed;
}

machine_memory machine_memory_read(void)
{
    machine_memory memory = {.limit = cgroup_smallest("memory.max", limit_bytes)};
    char line[128];
    uint64_t kib;
    FILE *file = fopen("/proc/meminfo", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "MemTotal: %" SCNu64, &kib) == 1)
            memory.total = kib * 1024;
        else if (sscanf(line, "MemAvailable: %" SCNu64, &kib) == 1)
            memory.available = kib * 1024;
    }
    if (file != NULL)
        fclose(file);
    return memory;
}

uint64_t machine_memory_to_give(void)
{
    const machine_memory memory = machine_memory_read();
    return memory.available != 0 && memory.available < memory.limit ? memory.available : memory.limit;
}

/* getrusage's figure is at least that of the process that started this one, by way of vfork: VmHWM is ours alone. */
uint64_t machine_peak_memory(void)
{
    char line[128];
    uint64_t kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "VmHWM: %" SCNu64, &kib) == 1)
            break;
    if (file != NULL)
        fclose(file);
    struct rusage usage;
    if (kib == 0 && getrusage(RUSAGE_SELF, &usage) == 0)
        kib = (uint64_t)usage.ru_maxrss;
    return kib * 1024;
}

bool machine_gives_huge_pages(void)
{
    char line[128];
    return read_line("/sys/kernel/mm/transparent_hugepage/enabled", line, sizeof line) &&
           (strstr(line, "[always]") != NULL || strstr(line, "[madvise]") != NULL);
}

void machine_processor_name(char *out, size_t room)
{
    char line[256];
    snprintf(out, room, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':') != NULL) {
            line[strcspn(line, "\n")] = '\0';
            const char *name = strchr(line, ':') + 1;
            snprintf(out, room, "%s", name + strspn(name, " "));
            break;
        }
    if (file != NULL)
        fclose(file);
}
