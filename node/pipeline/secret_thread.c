/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* mincore */
#include "node/pipeline/secret_thread.h"

#include <signal.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* libc takes a thread's static TLS from its stack: ThreadSanitizer's alone is some 700 KiB. */
#ifdef __SANITIZE_THREAD__
enum { STACK_BYTES = 2 << 20 };
#else
enum { STACK_BYTES = 1 << 20 };
#endif

enum { PAGE_BYTES_MIN = 4096 };

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static void *stack_of(const secret_thread *thread)
{
    return (uint8_t *)thread->mapped + page_bytes();
}

static void stack_unmap(secret_thread *thread)
{
    munmap(thread->mapped, page_bytes() + STACK_BYTES);
    thread->mapped = NULL;
}

static pt_status stack_map(secret_thread *thread, pt_err *err)
{
    size_t guard = page_bytes(), n_bytes = guard + STACK_BYTES;
    thread->mapped = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (thread->mapped == MAP_FAILED)
        return pt_fail(err, PT_E_NOMEM, "no memory for a thread's stack: %zu bytes", n_bytes);
    if (madvise(thread->mapped, n_bytes, MADV_DONTDUMP) == 0 && mprotect(thread->mapped, guard, PROT_NONE) == 0)
        return PT_OK;
    stack_unmap(thread);
    return pt_fail(err, PT_E_NOMEM, "can't guard a thread's stack of %zu bytes", n_bytes);
}

/* A thread inherits its creator's mask, and no handler may run where secrets lie. Faults of the thread's own stay as they are, for
 * blocked they would end the process unheard; so does what a profiler counts by. */
static void signals_block(sigset_t *before)
{
    static const int own[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGPROF, SIGSEGV, SIGSYS, SIGTRAP};
    sigset_t blocked;
    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        sigdelset(&blocked, own[i]);
    pthread_sigmask(SIG_BLOCK, &blocked, before);
}

/* Most of a stack was never touched, and zeroing would take memory for it. */
static void stack_zero(const secret_thread *thread)
{
    unsigned char resident[STACK_BYTES / PAGE_BYTES_MIN];
    size_t page = page_bytes();
    uint8_t *stack = stack_of(thread);
    bool known = mincore(stack, STACK_BYTES, resident) == 0;
    for (size_t i = 0; i < STACK_BYTES / page; i++)
        if (!known || resident[i] & 1)
            sodium_memzero(stack + i * page, page);
}

pt_status secret_thread_start(void *(*body)(void *ctx), void *ctx, secret_thread *out, pt_err *err)
{
    secret_thread thread;
    pthread_attr_t attr;
    if (stack_map(&thread, err) != PT_OK)
        return err->code;
    bool started = pthread_attr_init(&attr) == 0;
    if (started) {
        sigset_t before;
        signals_block(&before);
        started = pthread_attr_setstack(&attr, stack_of(&thread), STACK_BYTES) == 0 &&
                  pthread_create(&thread.id, &attr, body, ctx) == 0;
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        pthread_attr_destroy(&attr);
    }
    if (!started) {
        stack_unmap(&thread);
        return pt_fail(err, PT_E_NOMEM, "can't start a thread");
    }
    *out = thread;
    return PT_OK;
}

void secret_thread_join(secret_thread *thread)
{
    pthread_join(thread->id, NULL);
    stack_zero(thread);
    stack_unmap(thread);
}

typedef struct {
    pt_status (*job)(void *ctx, pt_err *err);
    void *ctx;
    pt_err *err;
    pt_status status;
} single_run;

static void *single_run_main(void *arg)
{
    single_run *run = arg;
    run->status = run->job(run->ctx, run->err);
    return NULL;
}

pt_status secret_thread_run(pt_status (*job)(void *ctx, pt_err *err), void *ctx, pt_err *err)
{
    single_run run = {job, ctx, err, PT_OK};
    secret_thread thread;
    if (secret_thread_start(single_run_main, &run, &thread, err) != PT_OK)
        return err->code;
    secret_thread_join(&thread);
    return run.status;
}
