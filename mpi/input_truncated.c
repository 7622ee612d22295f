/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/input_truncated.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "kernels/shared/status.h"

static const char words[] = "a key was truncated while it was read";

/* Keys are mapped: one that is truncated meanwhile has pages that are not there any more, and nobody can go on. The file's name
 * is not known here; nothing is published while pages are read. Threads meet such pages at once: one of them says so, the others
 * wait for the end. The flag can't be a context's, for a handler is given none. */
static _Noreturn void leave(const char *before, const char *behind)
{
    static atomic_flag said = ATOMIC_FLAG_INIT;
    char line[256];
    while (atomic_flag_test_and_set(&said))
        pause();
    const char *end = stpcpy(stpcpy(stpcpy(line, before), words), behind);
    const ssize_t written = write(STDERR_FILENO, line, (size_t)(end - line));
    (void)written;
    _exit(PT_E_NOINPUT);
}

static void leave_with_text(int number)
{
    (void)number;
    leave("partita: ", "\n");
}

static void leave_with_json(int number)
{
    char before[128], time[LOG_TIME_ROOM];
    struct timespec now;
    (void)number;
    clock_gettime(CLOCK_REALTIME, &now);
    run_log_time(&now, time);
    char *end = stpcpy(stpcpy(before, "{\"time\": \""), time);
    stpcpy(end, "\", \"level\": \"error\", \"event\": \"error\", \"text\": \"");
    leave(before, "\"}\n");
}

void input_truncated_watch(log_form form)
{
    signal(SIGBUS, form == LOG_JSON ? leave_with_json : leave_with_text);
}
