/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Start gnuplot with standard input and output as given, -1 for nothing, and wait for its end. It says nothing on standard error: fonts that
 * are missing are no concern of ours. */
static int run(char *const arguments[], int in, int out, int *status)
{
    posix_spawn_file_actions_t actions;
    pid_t child;
    int fault = posix_spawn_file_actions_init(&actions);
    if (fault != 0)
        return fault;
    const int from[] = {in, out, -1};
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && fault == 0; fd++)
        fault = from[fd] >= 0 ? posix_spawn_file_actions_adddup2(&actions, from[fd], fd)
                              : posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
    if (fault == 0)
        fault = posix_spawnp(&child, arguments[0], &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    while (fault == 0 && waitpid(child, status, 0) == -1)
        fault = errno == EINTR ? 0 : errno;
    return fault;
}

static pt_status judge(int fault, int status, pt_err *err)
{
    if (fault == ENOMEM || fault == EAGAIN)
        return pt_fail(err, PT_E_NOMEM, "gnuplot can't be started: %s", strerror(fault));
    if (fault != 0)
        return pt_fail(err, PT_E_DEVICE,
                       "a plot needs the program gnuplot (Debian: gnuplot-nox), which can't be started: %s",
                       strerror(fault));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return pt_fail(err, PT_E_DEVICE, "gnuplot failed (%s %d)", WIFEXITED(status) ? "exit code" : "signal",
                       WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    return PT_OK;
}

pt_status gnuplot_check(pt_err *err)
{
    char name[] = "gnuplot", version[] = "--version";
    char *const arguments[] = {name, version, NULL};
    int status = 0;
    int fault = run(arguments, -1, -1, &status);
    return judge(fault, status, err);
}

pt_status gnuplot_draw(FILE *script, FILE *out, pt_err *err)
{
    char name[] = "gnuplot", no_settings[] = "-d";
    char *const arguments[] = {name, no_settings, NULL};
    int status = 0;
    if (fflush(script) != 0 || ferror(script) || lseek(fileno(script), 0, SEEK_SET) != 0)
        return pt_fail(err, PT_E_IO, "the plot's script can't be written: %s", strerror(errno));
    int fault = run(arguments, fileno(script), fileno(out), &status);
    return judge(fault, status, err);
}

void gnuplot_quote(const char *text, FILE *script)
{
    fputc('\'', script);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\'')
            fputc('\'', script);
        fputc((unsigned char)*c < ' ' || *c == 0x7f ? '?' : *c, script);
    }
    fputc('\'', script);
}
