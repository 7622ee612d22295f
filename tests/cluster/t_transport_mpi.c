/* SPDX-License-Identifier: Apache-2.0 */
/* t_transport_mpi.c - a rank of transport_test.py: exchange | kill | stop | idle. Rank 0 prints one line when all is as it should be. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mpi/cluster/back_off.h"
#include "mpi/cluster/peer_link.h"
#include "mpi/transport_mpi.h"
#include "node/pipeline/stage.h"

enum { N_ROUNDS = 2, N_PINGS = 200, RANKS_MAX = 64, LONG = 1 << 20, ENDLESS = WIRE_FRAME_MAX, PATIENCE_S = 60 };

static const size_t sizes[] = {
    1, 0, 19, LINK_PART_MAX - 1, LINK_PART_MAX, LINK_PART_MAX + 1, LONG, 5, 65536, 2 * LINK_PART_MAX, 0};
enum { N_SIZES = sizeof sizes / sizeof *sizes, N_FRAMES = N_ROUNDS * N_SIZES };

typedef struct {
    transport *at;
    uint32_t n_received[RANKS_MAX]; /* from each rank */
    double end;
    back_off nap;
} rank_test;

static void fail(const rank_test *self, const char *what, uint32_t peer, size_t figure)
{
    fprintf(stderr, "rank %u: %s: rank %u, %zu\n", self->at->rank, what, peer, figure);
    _exit(1);
}

static uint8_t byte_of(uint32_t from, uint32_t to, uint32_t number, size_t i)
{
    return (uint8_t)(from * 31 + to * 17 + number * 7 + i * 13 + (i >> 8) * 5 + (i >> 16));
}

static void send_pattern(rank_test *self, uint32_t to, uint32_t number, size_t n_bytes)
{
    static uint8_t bytes[LONG];
    pt_err err = {0};
    for (size_t i = 0; i < n_bytes; i++)
        bytes[i] = byte_of(self->at->rank, to, number, i);
    if (transport_send(self->at, to, bytes, n_bytes, &err) != PT_OK)
        fail(self, err.msg, to, n_bytes);
}

static void check_pattern(const rank_test *self, uint32_t from, uint32_t number, const uint8_t *frame, size_t n_bytes,
                          size_t expected)
{
    if (n_bytes != expected)
        fail(self, "a frame has not its length", from, n_bytes);
    for (size_t i = 0; i < n_bytes; i++)
        if (frame[i] != byte_of(from, self->at->rank, number, i))
            fail(self, "a frame has a wrong byte", from, i);
}

/* Wait for a frame; returns its sender. */
static uint32_t await(rank_test *self, const uint8_t **frame, size_t *n_bytes)
{
    uint32_t from;
    while (!transport_receive(self->at, &from, frame, n_bytes)) {
        back_off_wait(&self->nap, false);
        if (clock_seconds() > self->end)
            fail(self, "nothing came any more", self->at->rank, self->n_received[self->at->rank]);
    }
    back_off_wait(&self->nap, true);
    return from;
}

static bool is_peer(const rank_test *self, uint32_t rank)
{
    return self->at->rank == 0 || rank == 0 || rank == self->at->rank;
}

/* Every size to and from each peer below n, in order; what came from others is passed over, and not forgotten. */
static void exchange(rank_test *self, uint32_t n)
{
    const uint8_t *frame;
    size_t n_bytes, n_due = 0;
    uint32_t base[RANKS_MAX];
    memcpy(base, self->n_received, sizeof base);
    for (uint32_t rank = 0; rank < n; rank++)
        for (uint32_t i = 0; i < N_FRAMES && is_peer(self, rank); i++, n_due++)
            send_pattern(self, rank, i, sizes[i % N_SIZES]);
    while (n_due > 0) {
        const uint32_t from = await(self, &frame, &n_bytes), number = self->n_received[from]++;
        if (from >= n)
            continue;
        if (number - base[from] >= N_FRAMES)
            fail(self, "more frames than were sent", from, number);
        check_pattern(self, from, number - base[from], frame, n_bytes, sizes[(number - base[from]) % N_SIZES]);
        n_due--;
    }
}

/* The last rank's end: in the middle of a frame, while the root sends it some as well. One call that receives moves half of the endless frame
 * at the most, however fast the ranks are. */
static void end_in_a_frame(rank_test *self, int signal_number)
{
    static uint8_t endless[ENDLESS];
    const uint8_t *frame;
    size_t n_bytes;
    uint32_t from;
    pt_err err = {0};
    send_pattern(self, 0, 0, 3);
    if (transport_send(self->at, 0, endless, ENDLESS, &err) != PT_OK)
        fail(self, err.msg, 0, ENDLESS);
    for (double begin = clock_seconds(); clock_seconds() - begin < 0.002;)
        transport_receive(self->at, &from, &frame, &n_bytes);
    raise(signal_number);
    fail(self, "a rank lives on", 0, 0);
}

/* Short questions and answers; with each of them a frame goes to the dead. */
static void ask_the_living(rank_test *self, uint32_t n, uint32_t dead)
{
    const uint8_t *frame;
    size_t n_bytes;
    for (uint32_t i = 0; i < N_PINGS; i++) {
        send_pattern(self, dead, i, i % 50 == 0 ? LONG : 100);
        for (uint32_t rank = 1; rank < n; rank++)
            send_pattern(self, rank, i, 300);
        for (uint32_t n_due = n - 1; n_due > 0; n_due--) {
            const uint32_t from = await(self, &frame, &n_bytes);
            check_pattern(self, from, i, frame, n_bytes, 300);
        }
    }
}

static void answer_the_root(rank_test *self)
{
    const uint8_t *frame;
    size_t n_bytes;
    for (uint32_t i = 0; i < N_PINGS; i++) {
        await(self, &frame, &n_bytes);
        check_pattern(self, 0, i, frame, n_bytes, 300);
        send_pattern(self, 0, i, 300);
    }
}

static void go_on_without_the_last(rank_test *self, int signal_number)
{
    const uint32_t last = self->at->n_ranks - 1, rank = self->at->rank;
    if (rank == last)
        end_in_a_frame(self, signal_number);
    if (rank == 0)
        send_pattern(self, last, 0, LONG);
    exchange(self, last);
    if (rank > 0)
        answer_the_root(self);
    else
        ask_the_living(self, last, last);
    if (self->n_received[last] > 1)
        fail(self, "a frame of the dead is whole", last, self->n_received[last]);
}

static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

enum { SPINNING_PERCENT = 25 }; /* of a core: who naps takes 0.2 where nothing else runs, who does not, all of it */

/* Everyone waits for 3 s. */
static void wait_idly(rank_test *self)
{
    const double cpu = processor_seconds(), begin = clock_seconds();
    const uint8_t *frame;
    size_t n_bytes;
    uint32_t from;
    while (clock_seconds() - begin < 3) {
        if (transport_receive(self->at, &from, &frame, &n_bytes))
            fail(self, "a frame that nobody sent", from, n_bytes);
        back_off_wait(&self->nap, false);
    }
    const double percent = (processor_seconds() - cpu) / (clock_seconds() - begin) * 100;
    printf("rank %u waiting takes %.2f %% of a core\n", self->at->rank, percent);
    if (percent >= SPINNING_PERCENT)
        fail(self, "waiting burns a core", self->at->rank, (size_t)percent);
}

static int refuse(const pt_err *err)
{
    fprintf(stderr, "%s\n", err->msg);
    return 1;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    cluster_start start;
    rank_test self = {.end = clock_seconds() + PATIENCE_S};
    pt_err err = {0};
    const char *mode = argc > 1 ? argv[1] : "";
    if (transport_mpi_start(&argc, &argv, &start, &err) != PT_OK || transport_mpi_create(&start, &self.at, &err) != PT_OK)
        return refuse(&err);
    const bool dies = strcmp(mode, "kill") == 0 || strcmp(mode, "stop") == 0;
    if (strcmp(mode, "idle") == 0)
        wait_idly(&self);
    else if (dies)
        go_on_without_the_last(&self, mode[0] == 'k' ? SIGKILL : SIGSTOP);
    else
        exchange(&self, start.n_ranks);
    if (start.rank == 0) {
        printf("%s: %u ranks, %u here, %u with these processors: all right\n", mode, start.n_ranks, start.n_local,
               start.n_bound);
        fflush(stdout);
    }
    const int code = transport_mpi_finish(&start, self.at, !dies, 0);
    cluster_start_clear(&start);
    return code;
}
