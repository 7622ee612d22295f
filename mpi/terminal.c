/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/terminal.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mpi/cli.h"

/* Standard error of the process that started this one. */
static int open_launcher_s(void)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/fd/%d", (long)getppid(), STDERR_FILENO);
    const int terminal = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (terminal >= 0 && isatty(terminal))
        return terminal;
    if (terminal >= 0)
        close(terminal);
    return -1;
}

int terminal_open(void)
{
    struct stat info;
    if (!cli_may_redraw())
        return -1;
    if (isatty(STDERR_FILENO))
        return dup(STDERR_FILENO);
    return cli_under_mpirun() && fstat(STDERR_FILENO, &info) == 0 && S_ISFIFO(info.st_mode) ? open_launcher_s() : -1;
}

terminal_size terminal_look(int terminal)
{
    struct winsize size;
    terminal_size out = {80, 24};
    if (ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0)
        out = (terminal_size){size.ws_col, size.ws_row};
    return out;
}
