/* SPDX-License-Identifier: Apache-2.0 */
/* How the ranks of an MPI job begin: the one place where all of them wait for each other. */
#include "mpi/transport_mpi.h"

#include <mpi.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "node/topo/machine.h"

enum { TAG_GREETING = 2, START_S = 60 }; /* another tag than a packet's */

void cluster_start_clear(cluster_start *self)
{
    free(self->host_of);
    free(self->process_of);
    *self = (cluster_start){0};
}

static int rank_of(MPI_Comm comm, uint32_t *rank, uint32_t *n)
{
    int own = 0, all = 0;
    const int failed = MPI_Comm_rank(comm, &own) | MPI_Comm_size(comm, &all);
    *rank = (uint32_t)own;
    *n = (uint32_t)all;
    return failed;
}

/* Who shares this host, and of them the processors. */
static int find_neighbours(cluster_start *out)
{
    MPI_Comm host, bound;
    const int colour = (int)(machine_mask_hash() & INT32_MAX);
    uint32_t first = out->rank;
    const uint32_t process = (uint32_t)getpid();
    return MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &host) ||
           rank_of(host, &out->local_rank, &out->n_local) || MPI_Comm_split(host, colour, 0, &bound) ||
           rank_of(bound, &out->bound_rank, &out->n_bound) || MPI_Bcast(&first, 1, MPI_UINT32_T, 0, host) ||
           MPI_Allgather(&first, 1, MPI_UINT32_T, out->host_of, 1, MPI_UINT32_T, MPI_COMM_WORLD) ||
           MPI_Allgather(&process, 1, MPI_UINT32_T, out->process_of, 1, MPI_UINT32_T, MPI_COMM_WORLD) ||
           MPI_Comm_free(&bound) || MPI_Comm_free(&host);
}

/* Connections are made now: one that is being made while its peer dies would end this process. */
static int greet(const cluster_start *start)
{
    uint32_t near[SHIP_PEERS_MAX];
    const size_t n_near = ship_chain_peers(start->place, near), n = start->rank == 0 ? start->n_ranks - 1 : n_near;
    int failed = 0;
    for (size_t i = 0; i < n; i++) {
        const int rank = (int)(start->rank == 0 ? i + 1 : near[i]);
        failed |= MPI_Sendrecv(NULL, 0, MPI_BYTE, rank, TAG_GREETING, NULL, 0, MPI_BYTE, rank, TAG_GREETING, MPI_COMM_WORLD,
                               MPI_STATUS_IGNORE);
    }
    return failed;
}

/* MPI's own threads must not take the signals that a command waits for: they would end the process. */
static int begin_mpi(int *argc, char ***argv, int *provided)
{
    sigset_t ending, before;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &ending, &before);
    const int failed = MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, provided);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

/* Ends the process if not all ranks come to meet: one that is lost meanwhile holds the others up for ever, in MPI_Init or in what is
 * collective after it. */
static void *end_unmet(void *arg)
{
    static const char line[] = "partita: MPI did not begin in time: was a rank lost while it started?\n";
    (void)arg;
    nanosleep(&(struct timespec){.tv_sec = START_S}, NULL);
    (void)!write(STDERR_FILENO, line, sizeof line - 1);
    _exit(PT_E_NOMEM);
}

static pt_status meet(int *argc, char ***argv, cluster_start *out, pt_err *err)
{
    int provided = MPI_THREAD_SINGLE;
    if (begin_mpi(argc, argv, &provided) != MPI_SUCCESS || provided < MPI_THREAD_FUNNELED)
        return pt_fail(err, PT_E_INTERNAL, "MPI can't be begun for a program with threads");
    if (MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN) || rank_of(MPI_COMM_WORLD, &out->rank, &out->n_ranks))
        return pt_fail(err, PT_E_INTERNAL, "MPI can't tell how many ranks there are");
    out->host_of = calloc(out->n_ranks, sizeof *out->host_of);
    out->process_of = calloc(out->n_ranks, sizeof *out->process_of);
    if (out->host_of == NULL || out->process_of == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for %u ranks", out->n_ranks);
    if (find_neighbours(out))
        return pt_fail(err, PT_E_INTERNAL, "MPI can't tell who shares this host");
    out->place = ship_chain_place(out->host_of, out->n_ranks, out->rank);
    return greet(out) == 0 ? PT_OK : pt_fail(err, PT_E_INTERNAL, "MPI can't reach every rank");
}

pt_status transport_mpi_start(int *argc, char ***argv, cluster_start *out, pt_err *err)
{
    pthread_t watch;
    if (pthread_create(&watch, NULL, end_unmet, NULL) != 0)
        return pt_fail(err, PT_E_NOMEM, "can't start the thread that watches MPI begin");
    meet(argc, argv, out, err);
    pthread_cancel(watch);
    pthread_join(watch, NULL);
    return err->code;
}
