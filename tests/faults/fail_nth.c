/* SPDX-License-Identifier: Apache-2.0 */
/* fail_nth.c - preloaded: the N-th call of one kind fails, and what the program leaves at its end is counted.
 *
 * Why preloaded, and no build of its own: the program that is swept is the one that is installed, and the calls that jansson,
 * libsodium and libc make for it fail as well as its own. Allocations, mappings and threads are called by name and are
 * interposed. stdio calls the kernel without a name, so writes, reads and the like are trapped by a seccomp filter: SIGSYS stands in
 * for the call, and either makes it or fails it. Leaks are counted here too, for a sanitizer's allocator would not be the one that fails.
 *
 *   PARTITA_FAULT=KIND:N       fail call N (from 1) of that kind, see kinds[]; KIND:N+ and all that follow; without it all calls work
 *   PARTITA_FAULT_REPORT=FILE  at the end: "calls KIND COUNT", "fired 0|1", "left WHAT COUNT", and, when nothing is to fail,
 *                              "site KIND N PLACE", the place in the program that each call came from
 *
 * x86-64 and glibc alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

/* glibc's allocator under the names that nobody interposes. */
void *__libc_malloc(size_t n_bytes);
void *__libc_calloc(size_t n, size_t each_bytes);
void *__libc_realloc(void *block, size_t n_bytes);
void *__libc_memalign(size_t alignment, size_t n_bytes);
void __libc_free(void *block);

typedef enum { ALLOC, MAP, ADVISE, THREAD, WRITE, READ, OPEN, SYNC, RENAME, MKDIR, N_KINDS } kind;

static const struct {
    const char *name;
    int cause;
} kinds[N_KINDS] = {
    [ALLOC] = {"alloc", ENOMEM},   [MAP] = {"map", ENOMEM},     [ADVISE] = {"advise", EINVAL},
    [THREAD] = {"thread", EAGAIN}, [WRITE] = {"write", ENOSPC}, [READ] = {"read", EIO},
    [OPEN] = {"open", EMFILE},     [SYNC] = {"sync", EIO},      [RENAME] = {"rename", ENOSPC},
    [MKDIR] = {"mkdir", ENOSPC},
};

static const struct {
    uint32_t number;
    kind kind;
} trapped[] = {
    {SYS_write, WRITE}, {SYS_writev, WRITE}, {SYS_pwrite64, WRITE}, {SYS_read, READ},       {SYS_pread64, READ},
    {SYS_open, OPEN},   {SYS_openat, OPEN},  {SYS_fsync, SYNC},     {SYS_fdatasync, SYNC},  {SYS_rename, RENAME},
    {SYS_mkdir, MKDIR}, {SYS_link, RENAME},  {SYS_linkat, RENAME},  {SYS_renameat, RENAME}, {SYS_renameat2, RENAME},
};

enum {
    N_TRAPPED = sizeof trapped / sizeof *trapped,
    N_SITES_MAX = 1 << 20,
    N_BLOCKS_MAX = 1 << 21, /* of the ledger; a power of two */
    STACK_WORDS = 400,      /* that are searched for the program's addresses */
    N_PLACES = 3,
    N_DESCRIPTORS = 64
};

/* One of the program's calls, by the addresses of its code on the stack, innermost first. */
typedef struct {
    uint8_t kind;
    uint32_t places[N_PLACES];
} site;

/* The one state of the process under test. */
static struct {
    int (*main)(int argc, char **argv, char **environment);
    atomic_bool armed; /* while main runs */
    kind failing;
    unsigned long failing_call; /* 0: none */
    bool failing_on;            /* and those behind it */
    bool tracing;
    atomic_ulong n_calls[N_KINDS];
    atomic_bool fired;
    uintptr_t text_begin, text_end;
    atomic_flag ledger_lock;
    uintptr_t blocks[N_BLOCKS_MAX]; /* live ones; 0 free, 1 was taken */
    long n_blocks;
    atomic_long n_mapped_bytes, n_threads;
    unsigned long descriptors; /* a bit each, open at the start */
    atomic_size_t n_sites;
    site sites[N_SITES_MAX];
} state;

/* The kernel, past the filter: the sixth argument is the pass. */
#define PASS 0x70617274697461UL

static long pass(long number, long a, long b, long c, long d, long e)
{
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = (long)PASS;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/* ---- does this call fail? ---- */

/* The stack is searched for what may be return addresses into the program: no frame pointers are needed, and words that
 * earlier calls left there make one place look like two at most. The kernel copies, for the stack may end before. */
static void note_site(kind k, const void *stack)
{
    uintptr_t words[STACK_WORDS];
    struct iovec to = {words, sizeof words}, from = {(void *)(uintptr_t)stack, sizeof words};
    size_t at = atomic_fetch_add(&state.n_sites, 1), n = 0;
    long n_bytes = syscall(SYS_process_vm_readv, (long)getpid(), &to, 1L, &from, 1L, 0L);
    if (at >= N_SITES_MAX || n_bytes < 0)
        return;
    site *s = &state.sites[at];
    s->kind = (uint8_t)k;
    for (size_t i = 0; i < (size_t)n_bytes / sizeof *words && n < N_PLACES; i++)
        if (words[i] >= state.text_begin && words[i] < state.text_end)
            s->places[n++] = (uint32_t)(words[i] - state.text_begin);
}

/* hwloc 2.9 ends with SIGSEGV when a small allocation fails: node/topo/topology.c makes sure of memory before it begins. The
 * environment only says that it needs no plug-ins. */
static __thread bool is_spared __attribute__((tls_model("initial-exec")));

static bool fails(kind k, const void *stack)
{
    if (!atomic_load(&state.armed) || (k == ALLOC && is_spared))
        return false;
    unsigned long call = atomic_fetch_add(&state.n_calls[k], 1) + 1;
    if (state.tracing)
        note_site(k, stack);
    if (state.failing != k || state.failing_call == 0 || call < state.failing_call ||
        (call > state.failing_call && !state.failing_on))
        return false;
    atomic_store(&state.fired, true);
    errno = kinds[k].cause;
    return true;
}

/* ---- the ledger of live blocks ---- */

static size_t slot_of(uintptr_t block)
{
    return (size_t)(block * 0x9e3779b97f4a7c15U >> 43) % N_BLOCKS_MAX;
}

static void ledger_change(void *block, bool live)
{
    if (block == NULL)
        return;
    while (atomic_flag_test_and_set(&state.ledger_lock))
        sched_yield();
    size_t at = slot_of((uintptr_t)block);
    const uintptr_t wanted = live ? 0 : (uintptr_t)block;
    while (state.blocks[at] != wanted && !(live && state.blocks[at] == 1) && state.blocks[at] != 0)
        at = (at + 1) % N_BLOCKS_MAX;
    if (live) {
        state.blocks[at] = (uintptr_t)block;
        state.n_blocks++;
    } else if (state.blocks[at] == wanted) { /* else it is older than the ledger */
        state.blocks[at] = 1;
        state.n_blocks--;
    }
    atomic_flag_clear(&state.ledger_lock);
}

/* glibc keeps the stacks of threads that ended, and what belongs to them, for the next thread; and the environment. */
static __thread bool is_kept __attribute__((tls_model("initial-exec")));

static void *entered(void *block)
{
    if (atomic_load(&state.armed) && !is_kept)
        ledger_change(block, true);
    return block;
}

/* ---- what is interposed ---- */

void *malloc(size_t n_bytes)
{
    return fails(ALLOC, __builtin_frame_address(0)) ? NULL : entered(__libc_malloc(n_bytes));
}

void *calloc(size_t n, size_t each_bytes)
{
    return fails(ALLOC, __builtin_frame_address(0)) ? NULL : entered(__libc_calloc(n, each_bytes));
}

void *realloc(void *block, size_t n_bytes)
{
    if (fails(ALLOC, __builtin_frame_address(0)))
        return NULL;
    const uintptr_t before = (uintptr_t)block;
    void *moved = __libc_realloc(block, n_bytes);
    if (moved != NULL || n_bytes == 0)
        ledger_change((void *)before, false);
    return entered(moved);
}

void *aligned_alloc(size_t alignment, size_t n_bytes)
{
    return fails(ALLOC, __builtin_frame_address(0)) ? NULL : entered(__libc_memalign(alignment, n_bytes));
}

void *memalign(size_t alignment, size_t n_bytes)
{
    return fails(ALLOC, __builtin_frame_address(0)) ? NULL : entered(__libc_memalign(alignment, n_bytes));
}

int posix_memalign(void **out, size_t alignment, size_t n_bytes)
{
    void *block = fails(ALLOC, __builtin_frame_address(0)) ? NULL : entered(__libc_memalign(alignment, n_bytes));
    if (block == NULL)
        return ENOMEM;
    *out = block;
    return 0;
}

void free(void *block)
{
    ledger_change(block, false);
    __libc_free(block);
}

void *mmap(void *at, size_t n_bytes, int protection, int flags, int fd, off_t offset)
{
    if (fails(MAP, __builtin_frame_address(0)))
        return MAP_FAILED;
    void *mapped = (void *)syscall(SYS_mmap, at, n_bytes, protection, flags, fd, offset);
    if (mapped != MAP_FAILED && atomic_load(&state.armed))
        atomic_fetch_add(&state.n_mapped_bytes, (long)n_bytes);
    return mapped;
}

int munmap(void *mapped, size_t n_bytes)
{
    if (atomic_load(&state.armed))
        atomic_fetch_sub(&state.n_mapped_bytes, (long)n_bytes);
    return (int)syscall(SYS_munmap, mapped, n_bytes);
}

int madvise(void *mapped, size_t n_bytes, int advice)
{
    return fails(ADVISE, __builtin_frame_address(0)) ? -1 : (int)syscall(SYS_madvise, mapped, n_bytes, advice);
}

int mprotect(void *mapped, size_t n_bytes, int protection)
{
    return fails(ADVISE, __builtin_frame_address(0)) ? -1 : (int)syscall(SYS_mprotect, mapped, n_bytes, protection);
}

int pthread_create(pthread_t *out, const pthread_attr_t *attr, void *(*body)(void *), void *ctx)
{
    typedef int create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (fails(THREAD, __builtin_frame_address(0)))
        return EAGAIN;
    create *next = (create *)dlsym(RTLD_NEXT, "pthread_create");
    is_kept = true;
    int failed = next(out, attr, body, ctx);
    is_kept = false;
    atomic_fetch_add(&state.n_threads, failed == 0);
    return failed;
}

int pthread_join(pthread_t thread, void **result)
{
    typedef int join(pthread_t, void **);
    int failed = ((join *)dlsym(RTLD_NEXT, "pthread_join"))(thread, result);
    atomic_fetch_sub(&state.n_threads, failed == 0);
    return failed;
}

int setenv(const char *name, const char *value, int replace)
{
    typedef int set(const char *, const char *, int);
    set *next = (set *)dlsym(RTLD_NEXT, "setenv");
    is_spared = is_kept = true;
    int failed = next(name, value, replace);
    is_spared = is_kept = false;
    return failed;
}

/* ---- OpenCL ---- */

/* A loader and its drivers keep what they take to the end, and their faults are their own: here there is none. */
static _Thread_local bool is_hidden;

void *dlopen(const char *name, int flags)
{
    typedef void *open_library(const char *, int);
    is_hidden = name != NULL && strncmp(name, "libOpenCL.", 10) == 0;
    return is_hidden ? NULL : ((open_library *)dlsym(RTLD_NEXT, "dlopen"))(name, flags);
}

char *dlerror(void)
{
    typedef char *what(void);
    static char hidden[] = "hidden by fail_nth.c";
    if (!is_hidden)
        return ((what *)dlsym(RTLD_NEXT, "dlerror"))();
    is_hidden = false;
    return hidden;
}

/* ---- hwloc ---- */

/* Plug-ins, if it loads them, and what they keep stay to the end. */
static int through_hwloc(const char *name, void *topology)
{
    typedef int call(void *);
    call *next = (call *)dlsym(RTLD_NEXT, name);
    is_spared = is_kept = true;
    int failed = next(topology);
    is_spared = is_kept = false;
    return failed;
}

int hwloc_topology_init(void *out)
{
    return through_hwloc("hwloc_topology_init", out);
}

int hwloc_topology_load(void *topology)
{
    return through_hwloc("hwloc_topology_load", topology);
}

/* ---- what is trapped ---- */

/* In the place of the kernel's call. What is said on stderr is how a fault is told, and does not fail. */
static void stand_in(int number, siginfo_t *info, void *context)
{
    (void)number;
    greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
    kind k = N_KINDS;
    for (size_t i = 0; i < N_TRAPPED; i++)
        if ((int)trapped[i].number == info->si_syscall)
            k = trapped[i].kind;
    const bool counted = k != N_KINDS && !(k == WRITE && r[REG_RDI] == STDERR_FILENO);
    const int before = errno;
    if (counted && fails(k, (const void *)r[REG_RSP]))
        r[REG_RAX] = -kinds[k].cause;
    else
        r[REG_RAX] = pass(info->si_syscall, r[REG_RDI], r[REG_RSI], r[REG_RDX], r[REG_R10], r[REG_R8]);
    errno = before;
}

static struct sock_filter load(uint32_t offset)
{
    return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset);
}

static void trap_calls(void)
{
    enum { N_HEAD = 5, N = N_HEAD + N_TRAPPED + 2 };
    const uint32_t sixth = offsetof(struct seccomp_data, args) + 5 * sizeof(uint64_t);
    struct sock_filter filter[N] = {
        load(sixth),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)PASS, 0, 2),
        load(sixth + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(PASS >> 32), N - N_HEAD + 1 - 2, 0),
        load(offsetof(struct seccomp_data, nr)),
    };
    for (size_t i = 0; i < N_TRAPPED; i++)
        filter[N_HEAD + i] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, trapped[i].number, (uint8_t)(N_TRAPPED - i), 0);
    filter[N - 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    filter[N - 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
    const struct sock_fprog program = {N, filter};
    struct sigaction action = {.sa_sigaction = stand_in, .sa_flags = SA_SIGINFO};
    if (sigaction(SIGSYS, &action, NULL) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        _exit(77);
}

/* ---- beginning and end ---- */

static unsigned long open_descriptors(void)
{
    unsigned long open = 0;
    for (int fd = 3; fd < N_DESCRIPTORS; fd++)
        open |= fcntl(fd, F_GETFD) == -1 ? 0 : 1UL << fd;
    return open;
}

/* The program's own code, the first mapping of /proc/self/maps that is executable. */
static void find_text(void)
{
    char maps[4096], *line = maps;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, maps, sizeof maps - 1);
    if (n <= 0)
        _exit(77);
    close(fd);
    maps[n] = '\0';
    for (; line != NULL && *line != '\0'; line = strchr(line, '\n') == NULL ? NULL : strchr(line, '\n') + 1) {
        char rights[5] = "";
        if (sscanf(line, "%lx-%lx %4s", &state.text_begin, &state.text_end, rights) == 3 && rights[2] == 'x')
            return;
    }
    _exit(77);
}

static void read_order(void)
{
    const char *order = getenv("PARTITA_FAULT"), *colon = order == NULL ? NULL : strchr(order, ':');
    char *rest;
    state.tracing = order == NULL;
    if (order == NULL)
        return;
    for (int k = 0; colon != NULL && k < N_KINDS; k++)
        if (strncmp(order, kinds[k].name, (size_t)(colon - order)) == 0 && kinds[k].name[colon - order] == '\0') {
            state.failing = (kind)k;
            state.failing_call = strtoul(colon + 1, &rest, 10);
            state.failing_on = *rest == '+';
        }
    if (state.failing_call == 0)
        abort();
}

static void report_sites(FILE *out)
{
    const size_t n = state.n_sites < N_SITES_MAX ? state.n_sites : N_SITES_MAX;
    unsigned long calls[N_KINDS] = {0};
    for (size_t i = 0; state.tracing && i < n; i++) {
        const site *s = &state.sites[i];
        fprintf(out, "site %s %lu %x,%x,%x\n", kinds[s->kind].name, ++calls[s->kind], s->places[0], s->places[1],
                s->places[2]);
    }
}

static void end(void)
{
    atomic_store(&state.armed, false);
    const char *path = getenv("PARTITA_FAULT_REPORT");
    FILE *out = path == NULL ? NULL : fopen(path, "w");
    if (out == NULL)
        return;
    const unsigned long descriptors = open_descriptors() & ~state.descriptors & ~(1UL << fileno(out));
    for (int k = 0; k < N_KINDS; k++)
        fprintf(out, "calls %s %lu\n", kinds[k].name, atomic_load(&state.n_calls[k]));
    fprintf(out, "fired %d\nleft blocks %ld\nleft mapped_bytes %ld\nleft threads %ld\nleft descriptors %d\n",
            (int)atomic_load(&state.fired), state.n_blocks, atomic_load(&state.n_mapped_bytes),
            atomic_load(&state.n_threads), __builtin_popcountl(descriptors));
    report_sites(out);
    fclose(out);
}

static void begin(void)
{
    find_text();
    read_order();
    state.descriptors = open_descriptors();
    trap_calls();
    atomic_store(&state.armed, true);
}

typedef int main_function(int argc, char **argv, char **environment);

/* What stands before and after main is not the program: the loader, libraries that begin, a coverage build that writes its counts. */
static int main_between(int argc, char **argv, char **environment)
{
    begin();
    int code = state.main(argc, argv, environment);
    end();
    return code;
}

int __libc_start_main(main_function *program, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*loader_fini)(void), void *stack_end)
{
    typedef int start(main_function *, int, char **, void (*)(void), void (*)(void), void (*)(void), void *);
    state.main = program;
    start *next = (start *)dlsym(RTLD_NEXT, "__libc_start_main");
    return next(main_between, argc, argv, init, fini, loader_fini, stack_end);
}
