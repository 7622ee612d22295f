/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/child_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mpi/printable.h"
#include "node/pipeline/stage.h"
#include "node/topo/pin.h"

enum { LOOK_NS = 5000000, LINE_ROOM = 160, TAIL_BYTES = 4096 };

static const double grace_s = 10; /* between SIGTERM and SIGKILL */

/* ---- starting ---- */

static int set_signals(posix_spawnattr_t *attributes)
{
    sigset_t none, usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGXFSZ);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &usual);
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

static int spawn(char *const *words, child_process *out)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int fault = posix_spawn_file_actions_init(&actions);
    if (fault != 0)
        return fault;
    fault = posix_spawnattr_init(&attributes);
    if (fault != 0)
        goto err_destroy_actions;
    fault = set_signals(&attributes);
    if (fault == 0)
        fault = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (fault == 0)
        fault = posix_spawn_file_actions_adddup2(&actions, fileno(out->out), STDOUT_FILENO);
    if (fault == 0)
        fault = posix_spawn_file_actions_adddup2(&actions, fileno(out->said), STDERR_FILENO);
    if (fault == 0)
        fault = posix_spawnp(&out->pid, words[0], &actions, &attributes, words, environ);
    if (fault != 0)
        out->pid = 0;
    posix_spawnattr_destroy(&attributes);
err_destroy_actions:
    posix_spawn_file_actions_destroy(&actions);
    return fault;
}

/* A child inherits the processors of the thread that starts it. */
static pt_status spawn_on(const child_order *order, child_process *out, int *fault, pt_err *err)
{
    pin_mask before;
    const bool moves = order->n_processors > 0;
    int refused = moves ? pin_move(order->processors, order->n_processors, &before) : 0;
    if (refused != 0)
        return pt_fail(err, PT_E_ARG, "%s can't be given its processors: %s", order->words[0], strerror(refused));
    *fault = spawn(order->words, out);
    refused = moves ? pin_move_back(&before) : 0;
    if (refused != 0)
        return pt_fail(err, PT_E_INTERNAL, "this process can't have its processors back: %s", strerror(refused));
    return PT_OK;
}

pt_status child_process_start(const child_order *order, child_process *out, pt_err *err)
{
    int fault = 0;
    out->out = tmpfile();
    out->said = tmpfile();
    if (out->out == NULL || out->said == NULL)
        return pt_fail(err, PT_E_CREATE, "no temporary file for what %s says: %s", order->words[0], strerror(errno));
    if (spawn_on(order, out, &fault, err) != PT_OK || fault == 0)
        return err->code;
    return pt_fail(err, fault == ENOMEM || fault == EAGAIN ? PT_E_NOMEM : PT_E_DEVICE, "%s can't be started: %s",
                   order->words[0], strerror(fault));
}

/* ---- waiting ---- */

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

/* Take those that have ended. returns how many still run */
static size_t take_ended(child_process *all, size_t n)
{
    size_t n_running = 0;
    for (size_t i = 0; i < n; i++) {
        struct rusage used;
        child_process *c = &all[i];
        if (c->pid == 0)
            continue;
        if (wait4(c->pid, &c->status, WNOHANG, &used) == c->pid) {
            c->cpu_seconds = seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
            c->pid = 0;
        } else {
            n_running++;
        }
    }
    return n_running;
}

static void send_all(const child_process *all, size_t n, int number)
{
    for (size_t i = 0; i < n; i++)
        if (all[i].pid != 0)
            kill(all[i].pid, number);
}

pt_status child_process_wait(child_process *all, size_t n, const atomic_bool *stop, void (*look)(void *ctx), void *ctx,
                             pt_err *err)
{
    const struct timespec pause = {.tv_nsec = LOOK_NS};
    double stopped_at = 0;
    bool killed = false;
    while (take_ended(all, n) > 0) {
        if (look != NULL)
            look(ctx);
        if (stopped_at == 0 && atomic_load(stop)) {
            stopped_at = clock_seconds();
            send_all(all, n, SIGTERM);
        }
        if (!killed && stopped_at != 0 && clock_seconds() - stopped_at > grace_s) {
            killed = true;
            send_all(all, n, SIGKILL);
        }
        nanosleep(&pause, NULL);
    }
    return atomic_load(stop) ? pt_fail(err, PT_E_NOMEM, "interrupted") : PT_OK;
}

/* ---- what became of it ---- */

static bool is_status(int code)
{
    static const pt_status all[] = {PT_E_ARG,    PT_E_FORMAT, PT_E_NOINPUT, PT_E_DEVICE, PT_E_INTERNAL,
                                    PT_E_CREATE, PT_E_IO,     PT_E_NOMEM,   PT_E_VERIFY};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (code == (int)all[i])
            return true;
    return false;
}

/* The line that says most. */
static void find_line(FILE *said, char line[LINE_ROOM])
{
    static const char ours[] = "partita: ";
    char now[LINE_ROOM];
    bool is_ours = false;
    line[0] = '\0';
    if (fseek(said, -TAIL_BYTES, SEEK_END) != 0)
        rewind(said);
    while (fgets(now, sizeof now, said) != NULL) {
        const bool begins = strncmp(now, ours, sizeof ours - 1) == 0;
        now[strcspn(now, "\n")] = '\0';
        if (now[0] == '\0' || (is_ours && !begins))
            continue;
        is_ours = begins;
        snprintf(line, LINE_ROOM, "%s", begins ? now + sizeof ours - 1 : now);
    }
    printable_line(line);
}

pt_status child_process_judge(child_process *self, const char *name, pt_status otherwise, pt_err *err)
{
    char line[LINE_ROOM];
    const bool exited = WIFEXITED(self->status);
    const int code = exited ? WEXITSTATUS(self->status) : WTERMSIG(self->status);
    if (exited && code == 0)
        return PT_OK;
    find_line(self->said, line);
    return pt_fail(err, exited && is_status(code) ? (pt_status)code : otherwise, "%s ended with %s %d: %s", name,
                   exited ? "exit code" : "signal", code, line[0] != '\0' ? line : "it said nothing");
}

void child_process_clear(child_process *self)
{
    if (self->out != NULL)
        fclose(self->out);
    if (self->said != NULL)
        fclose(self->said);
    *self = (child_process){0};
}
