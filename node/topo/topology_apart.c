/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "node/topo/topology_apart.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS_MAX = 10 };

/* What the child says first; the arrays follow. Its pointers mean nothing here. */
typedef struct {
    pt_err err;
    topology machine;
} answer;

/* --- soundness --- */

static bool pus_are_sound(const topology *self)
{
    size_t next = 0;
    for (size_t c = 0; c < self->n_cores; c++) {
        const topology_core *core = &self->cores[c];
        if (core->first_pu != next || core->n_pus == 0 || core->n_pus > self->n_pus - next || core->kind >= self->n_kinds)
            return false;
        for (size_t i = 0; i < core->n_pus; i++)
            if (self->pus[next + i].core != c)
                return false;
        next += core->n_pus;
    }
    return next == self->n_pus;
}

static bool cores_are_sound(const topology *self)
{
    size_t next = 0;
    for (size_t d = 0; d < self->n_domains; d++) {
        const topology_domain *domain = &self->domains[d];
        if (domain->first_core != next || domain->n_cores == 0 || domain->n_cores > self->n_cores - next ||
            domain->node >= self->n_nodes || domain->package >= self->n_packages)
            return false;
        for (size_t i = 0; i < domain->n_cores; i++)
            if (self->cores[next + i].domain != d)
                return false;
        next += domain->n_cores;
    }
    return next == self->n_cores;
}

bool topology_is_sound(const topology *self)
{
    return cores_are_sound(self) && pus_are_sound(self);
}

/* --- the child --- */

static void send_all(int fd, const void *from, size_t n_bytes)
{
    const char *at = from;
    while (n_bytes > 0) {
        const ssize_t n = write(fd, at, n_bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            _exit(1);
        at += n;
        n_bytes -= (size_t)n;
    }
}

_Noreturn static void read_and_send(topology_reader *read_source, const char *source, int fd)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    const struct rlimit seconds = {SECONDS_MAX, SECONDS_MAX}, no_core = {0, 0};
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    answer said;
    memset(&said, 0, sizeof said);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        signal(faults[i], SIG_DFL); /* what the process does about its own faults is not for this one */
    setrlimit(RLIMIT_CPU, &seconds);
    setrlimit(RLIMIT_CORE, &no_core);
    dup2(nowhere, STDERR_FILENO);
    read_source(source, &said.machine, &said.err);
    send_all(fd, &said, sizeof said);
    if (said.err.code == PT_OK) {
        const topology *machine = &said.machine;
        send_all(fd, machine->pus, machine->n_pus * sizeof *machine->pus);
        send_all(fd, machine->cores, machine->n_cores * sizeof *machine->cores);
        send_all(fd, machine->domains, machine->n_domains * sizeof *machine->domains);
        send_all(fd, machine->nodes, machine->n_nodes * sizeof *machine->nodes);
    }
    _exit(0);
}

/* --- the parent --- */

/* What is missing at the end, the child has not sent: it crashed. */
static pt_status receive_all(int fd, const char *source, void *to, size_t n_bytes, pt_err *err)
{
    char *at = to;
    while (n_bytes > 0) {
        const ssize_t n = read(fd, at, n_bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return pt_fail(err, PT_E_NOINPUT, "%s: read failed: %s", source, strerror(errno));
        if (n == 0)
            return pt_fail(err, PT_E_FORMAT, "%s: hwloc can't read this topology", source);
        at += n;
        n_bytes -= (size_t)n;
    }
    return PT_OK;
}

static bool counts_are_sound(const topology *machine)
{
    const size_t counts[] = {machine->n_pus, machine->n_cores, machine->n_domains, machine->n_nodes, machine->n_packages};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (counts[i] < 1 || counts[i] > TOPOLOGY_PUS_MAX)
            return false;
    return true;
}

static pt_status receive_arrays(int fd, const char *source, topology *machine, pt_err *err)
{
    machine->pus = calloc(machine->n_pus, sizeof *machine->pus);
    machine->cores = calloc(machine->n_cores, sizeof *machine->cores);
    machine->domains = calloc(machine->n_domains, sizeof *machine->domains);
    machine->nodes = calloc(machine->n_nodes, sizeof *machine->nodes);
    if (machine->pus == NULL || machine->cores == NULL || machine->domains == NULL || machine->nodes == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for the topology", source);
    if (receive_all(fd, source, machine->pus, machine->n_pus * sizeof *machine->pus, err) != PT_OK ||
        receive_all(fd, source, machine->cores, machine->n_cores * sizeof *machine->cores, err) != PT_OK ||
        receive_all(fd, source, machine->domains, machine->n_domains * sizeof *machine->domains, err) != PT_OK ||
        receive_all(fd, source, machine->nodes, machine->n_nodes * sizeof *machine->nodes, err) != PT_OK)
        return err->code;
    if (!topology_is_sound(machine))
        return pt_fail(err, PT_E_FORMAT, "%s: a topology that makes no sense", source);
    topology_count_allowed(machine);
    return machine->n_allowed_cores > 0 ? PT_OK : pt_fail(err, PT_E_FORMAT, "%s: no processing unit may be used", source);
}

static pt_status receive(int fd, const char *source, topology *out, pt_err *err)
{
    answer said;
    if (receive_all(fd, source, &said, sizeof said, err) != PT_OK)
        return err->code;
    said.err.msg[sizeof said.err.msg - 1] = said.machine.note[sizeof said.machine.note - 1] = '\0';
    if (said.err.code != PT_OK)
        return pt_fail(err, said.err.code, "%s", said.err.msg);
    if (!counts_are_sound(&said.machine))
        return pt_fail(err, PT_E_FORMAT, "%s: a topology that makes no sense", source);
    said.machine.pus = NULL;
    said.machine.cores = NULL;
    said.machine.domains = NULL;
    said.machine.nodes = NULL;
    if (receive_arrays(fd, source, &said.machine, err) == PT_OK)
        *out = said.machine;
    else
        topology_clear(&said.machine);
    return err->code;
}

pt_status topology_read_apart(topology_reader *read_source, const char *source, topology *out, pt_err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return pt_fail(err, PT_E_NOMEM, "%s: no pipe: %s", source, strerror(errno));
    const pid_t child = fork();
    if (child == 0)
        read_and_send(read_source, source, ends[1]);
    close(ends[1]);
    if (child < 0)
        pt_fail(err, PT_E_NOMEM, "%s: no process: %s", source, strerror(errno));
    else
        receive(ends[0], source, out, err);
    close(ends[0]);
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    return err->code;
}
