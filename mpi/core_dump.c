/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/core_dump.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "mpi/cli.h"

/* Those that dump a core by default and mean a fault, or that ask for one. SIGBUS is main.c's: a truncated key. */
static const int crashes[] = {SIGSEGV, SIGABRT, SIGILL, SIGFPE, SIGQUIT, SIGTRAP, SIGSYS, SIGXCPU};

static void forbid(bool dumpable)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    if (!dumpable)
        prctl(PR_SET_DUMPABLE, 0);
}

void core_dump_forbid(void)
{
    forbid(cli_under_mpirun());
}

static uintptr_t place_of(const ucontext_t *context)
{
#if defined __x86_64__
    return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
#elif defined __aarch64__
    return (uintptr_t)context->uc_mcontext.pc;
#else
    (void)context;
    return 0;
#endif
}

/* One line, without what a signal handler may not call. */
static void tell_place(int number, uintptr_t place)
{
    char line[] = "partita: signal 00 at 0x0000000000000000\n";
    char *end = line + sizeof line - 2;
    for (size_t i = 0; i < 16; i++, place >>= 4)
        *--end = "0123456789abcdef"[place & 15];
    char *digits = strstr(line, "00 at");
    digits[0] = (char)('0' + number / 10 % 10);
    digits[1] = (char)('0' + number % 10);
    ssize_t written = write(STDERR_FILENO, line, sizeof line - 1);
    (void)written;
}

/* The end that the signal brings by default. Vector registers are clean in a handler, what a call preserves is the thread's still. */
static void die_of(int number)
{
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, number);
    signal(number, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &only, NULL);
#ifdef __x86_64__
    __asm__ volatile("xorl %%ebx, %%ebx\n\txorl %%r12d, %%r12d\n\txorl %%r13d, %%r13d\n\t"
                     "xorl %%r14d, %%r14d\n\txorl %%r15d, %%r15d"
                     :
                     :
                     : "rbx", "r12", "r13", "r14", "r15", "cc");
#endif
    kill(getpid(), number);
}

static void crash(int number, siginfo_t *info, void *context)
{
    static atomic_flag begun = ATOMIC_FLAG_INIT;
    (void)info;
    while (atomic_flag_test_and_set(&begun)) /* another thread's end is the end of all */
        pause();
    tell_place(number, place_of(context));
    pid_t child = _Fork();
    if (child > 0)
        waitpid(child, NULL, 0);
    if (child != 0)
        forbid(false);
    die_of(number);
}

void core_dump_allow(void)
{
    struct sigaction action = {.sa_sigaction = crash, .sa_flags = SA_SIGINFO};
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        sigaction(crashes[i], &action, NULL);
}
