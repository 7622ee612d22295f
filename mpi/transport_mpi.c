/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/transport_mpi.h"

#include <assert.h>
#include <mpi.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mpi/cluster/back_off.h"
#include "mpi/cluster/peer_link.h"
#include "node/pipeline/stage.h"

enum {
    TAG_PACKET = 1,          /* another than the greeting's */
    SLOTS_MAX = LINK_WINDOW, /* sends under way to a peer that is reached over shared memory */
    POLLS_IDLE = 1,
    POLLS_JOINING = 64, /* without a packet, while a longer frame is coming */
    TURNS_MAX = 1024,   /* of packets taken in one call, so that a long frame does not hold its caller up */
    FINALIZE_S = 10,
    PARTING_MS = 300,
    PATH_ROOM = 4096,
    SILENCE_S = 15 /* of a root that has not said farewell */
};
static const double linger_s = 1, linger_all_s = 5;

typedef struct {
    uint32_t rank;
    peer_link link;
    uint8_t *in;  /* a packet; MPI's own while its request is under way, as out[] */
    uint8_t *out; /* n_slots of them, each of a send */
    size_t n_slots, n_sending;
    bool gone;
} other_rank;

/* A whole frame of a peer; nothing more is received of it until the frame is released. */
typedef struct {
    size_t peer;
    const uint8_t *bytes;
    size_t n_bytes;
} arrived_frame;

typedef struct {
    transport base;
    other_rank *peers;
    size_t n_peers;
    MPI_Request *receives; /* of each peer; MPI_REQUEST_NULL: none is posted */
    MPI_Request *sends;    /* SLOTS_MAX of each peer */
    size_t n_sending;      /* of all of them */
    int *done;             /* indices of requests that are complete */
    MPI_Status *statuses;
    arrived_frame *arrived; /* a ring of n_peers */
    size_t first_arrived, n_arrived;
    arrived_frame lent; /* to the caller, if is_lent */
    bool is_lent;
    peer_link own; /* frames to itself */
    link_frame *own_lent;
    bool said_farewell;
    double heard; /* seconds: when a packet of the first peer came last, a worker's root */
} transport_mpi;

/* --- out --- */

static MPI_Request *free_slot(transport_mpi *self, size_t i)
{
    MPI_Request *slots = &self->sends[i * SLOTS_MAX];
    for (size_t j = 0; j < self->peers[i].n_slots; j++)
        if (slots[j] == MPI_REQUEST_NULL)
            return &slots[j];
    return NULL;
}

static void count_sending(transport_mpi *self, size_t i, size_t begun, size_t ended)
{
    self->peers[i].n_sending += begun - ended;
    self->n_sending += begun - ended;
}

/* A peer whose request MPI refuses is not asked again. */
static void send_packets(transport_mpi *self, size_t i)
{
    other_rank *peer = &self->peers[i];
    for (MPI_Request *slot; !peer->gone && (slot = free_slot(self, i)) != NULL;) {
        uint8_t *packet = peer->out + (size_t)(slot - &self->sends[i * SLOTS_MAX]) * LINK_PACKET_MAX;
        const size_t n = peer_link_next_packet(&peer->link, packet);
        int done = 0;
        if (n == 0)
            return;
        if (MPI_Isend(packet, (int)n, MPI_BYTE, (int)peer->rank, TAG_PACKET, MPI_COMM_WORLD, slot) != MPI_SUCCESS ||
            MPI_Test(slot, &done, MPI_STATUS_IGNORE) != MPI_SUCCESS)
            peer->gone = true;
        count_sending(self, i, done == 0, 0);
        self->base.n_moved++;
    }
}

static void note_sent(transport_mpi *self)
{
    int n = 0;
    if (self->n_sending > 0 &&
        MPI_Testsome((int)(self->n_peers * SLOTS_MAX), self->sends, &n, self->done, MPI_STATUSES_IGNORE) == MPI_SUCCESS &&
        n != MPI_UNDEFINED)
        for (int i = 0; i < n; i++)
            count_sending(self, (size_t)self->done[i] / SLOTS_MAX, 0, 1);
}

/* Returns true if a packet went out. */
static bool send_all(transport_mpi *self)
{
    bool did = false;
    note_sent(self);
    for (size_t i = 0; i < self->n_peers; i++) {
        const uint32_t before = self->peers[i].link.n_sent;
        send_packets(self, i);
        did |= self->peers[i].link.n_sent != before;
    }
    return did;
}

static size_t peer_of(const transport_mpi *self, uint32_t rank)
{
    size_t i = 0;
    while (i < self->n_peers && self->peers[i].rank != rank)
        i++;
    return i;
}

static pt_status send_frame(transport *base, uint32_t to, const uint8_t *frame, size_t n_bytes, pt_err *err)
{
    transport_mpi *self = (transport_mpi *)base;
    if (to == base->rank)
        return peer_link_queue(&self->own, frame, n_bytes, err);
    const size_t i = peer_of(self, to);
    assert(i < self->n_peers);
    if (peer_link_queue(&self->peers[i].link, frame, n_bytes, err) == PT_OK)
        send_packets(self, i);
    return err->code;
}

/* --- in --- */

static void post_receive(transport_mpi *self, size_t i)
{
    other_rank *peer = &self->peers[i];
    if (MPI_Irecv(peer->in, LINK_PACKET_MAX, MPI_BYTE, (int)peer->rank, TAG_PACKET, MPI_COMM_WORLD, &self->receives[i]) !=
        MPI_SUCCESS) {
        self->receives[i] = MPI_REQUEST_NULL;
        peer->gone = true;
    }
}

static void take_packet(transport_mpi *self, size_t i, const MPI_Status *status)
{
    other_rank *peer = &self->peers[i];
    arrived_frame frame = {.peer = i};
    int n_bytes = 0;
    MPI_Get_count(status, MPI_BYTE, &n_bytes);
    self->base.n_moved++;
    if (i == 0)
        self->heard = clock_seconds();
    if (peer_link_take(&peer->link, peer->in, n_bytes > 0 ? (size_t)n_bytes : 0, &frame.bytes, &frame.n_bytes))
        self->arrived[(self->first_arrived + self->n_arrived++) % self->n_peers] = frame;
    else
        post_receive(self, i);
}

/* Returns the packets that were there. */
static int take_packets(transport_mpi *self)
{
    int n = 0;
    if (self->n_peers == 0)
        return 0;
    const int status = MPI_Testsome((int)self->n_peers, self->receives, &n, self->done, self->statuses);
    if (n == MPI_UNDEFINED || (status != MPI_SUCCESS && status != MPI_ERR_IN_STATUS))
        return 0;
    for (int j = 0; j < n; j++)
        if (status == MPI_SUCCESS || self->statuses[j].MPI_ERROR == MPI_SUCCESS)
            take_packet(self, (size_t)self->done[j], &self->statuses[j]);
        else
            self->peers[self->done[j]].gone = true;
    return n;
}

static bool is_joining(const transport_mpi *self)
{
    for (size_t i = 0; i < self->n_peers; i++)
        if (self->peers[i].link.joining)
            return true;
    return false;
}

/* Until a frame is whole, or nothing comes any more. */
static void take_frame(transport_mpi *self)
{
    for (int turns = 0, idle = 0; turns < TURNS_MAX && self->n_arrived == 0; turns++) {
        idle = take_packets(self) > 0 ? 0 : idle + 1;
        send_all(self);
        if (idle >= (is_joining(self) ? POLLS_JOINING : POLLS_IDLE))
            return;
    }
}

/* What the caller had is no longer needed: its peer may send on. */
static void take_back(transport_mpi *self)
{
    free(self->own_lent);
    self->own_lent = NULL;
    if (self->is_lent) {
        peer_link_release(&self->peers[self->lent.peer].link);
        post_receive(self, self->lent.peer);
        self->is_lent = false;
    }
}

static bool lend_own(transport_mpi *self, const uint8_t **frame, size_t *n_bytes)
{
    self->own_lent = peer_link_pop(&self->own);
    if (self->own_lent == NULL)
        return false;
    *frame = self->own_lent->bytes;
    *n_bytes = self->own_lent->n_bytes;
    return true;
}

static bool receive_frame(transport *base, uint32_t *from, const uint8_t **frame, size_t *n_bytes)
{
    transport_mpi *self = (transport_mpi *)base;
    take_back(self);
    *from = base->rank;
    if (lend_own(self, frame, n_bytes))
        return true;
    take_frame(self);
    if (self->n_arrived == 0)
        return false;
    self->lent = self->arrived[self->first_arrived];
    self->is_lent = true;
    self->first_arrived = (self->first_arrived + 1) % self->n_peers;
    self->n_arrived--;
    *from = self->peers[self->lent.peer].rank;
    *frame = self->lent.bytes;
    *n_bytes = self->lent.n_bytes;
    return true;
}

/* --- the end --- */

/* Whom all ends with: of a worker the root alone, which is its first peer. Another one may have gone long ago. */
static size_t n_parted(const transport_mpi *self)
{
    return self->base.rank == 0 ? self->n_peers : 1;
}

/* Is there something to send, or, at the root's end, an answer to wait for? */
static bool has_unsent(const transport_mpi *self)
{
    const bool asks = self->said_farewell && self->base.rank == 0;
    for (size_t i = 0; i < n_parted(self); i++) {
        const other_rank *peer = &self->peers[i];
        const bool unsent = peer->n_sending > 0 || peer->link.first != NULL || peer->link.farewell_out != LINK_GOES_ON;
        if (!peer->gone && (unsent || (asks && peer->link.farewell_in == LINK_GOES_ON)))
            return true;
    }
    return false;
}

/* What was sent last (that all is over) is to arrive; what comes is thrown away. */
static void linger(transport_mpi *self)
{
    const double end = clock_seconds() + linger_all_s;
    back_off nap = {0};
    const uint8_t *bytes;
    size_t n_bytes;
    uint32_t from;
    for (double last = clock_seconds(), now = last; has_unsent(self) && now < end && now - last < linger_s;
         now = clock_seconds()) {
        receive_frame(&self->base, &from, &bytes, &n_bytes);
        const bool did = send_all(self);
        last = did ? now : last;
        back_off_wait(&nap, did);
    }
}

/* Returns true if MPI has no more to do with it. */
static bool end_request(MPI_Request *request)
{
    int done = 1;
    if (*request == MPI_REQUEST_NULL)
        return true;
    if (MPI_Test(request, &done, MPI_STATUS_IGNORE) == MPI_SUCCESS && done)
        return true;
    MPI_Request_free(request);
    return false;
}

/* MPI may still read or write what was never finished: such packets stay as long as the process. */
static void end_peer(transport_mpi *self, size_t i)
{
    other_rank *peer = &self->peers[i];
    bool all_sent = true;
    if (self->receives[i] != MPI_REQUEST_NULL)
        MPI_Cancel(&self->receives[i]);
    if (end_request(&self->receives[i]))
        free(peer->in);
    for (size_t j = 0; j < SLOTS_MAX; j++)
        all_sent &= end_request(&self->sends[i * SLOTS_MAX + j]);
    if (all_sent)
        free(peer->out);
    peer_link_clear(&peer->link);
}

static void destroy(transport *base)
{
    transport_mpi *self = (transport_mpi *)base;
    if (!self->said_farewell)
        linger(self);
    take_back(self);
    for (size_t i = 0; i < self->n_peers; i++)
        end_peer(self, i);
    peer_link_clear(&self->own);
    free(self->peers);
    free(self->receives);
    free(self->sends);
    free(self->done);
    free(self->statuses);
    free(self->arrived);
    free(self);
}

/* --- the beginning --- */

static bool make_arrays(transport_mpi *self, size_t n)
{
    const size_t room = n == 0 ? 1 : n;
    self->peers = calloc(room, sizeof *self->peers);
    self->receives = calloc(room, sizeof *self->receives);
    self->sends = calloc(room * SLOTS_MAX, sizeof *self->sends);
    self->done = calloc(room * SLOTS_MAX, sizeof *self->done);
    self->statuses = calloc(room, sizeof *self->statuses);
    self->arrived = calloc(room, sizeof *self->arrived);
    return self->peers != NULL && self->receives != NULL && self->sends != NULL && self->done != NULL &&
           self->statuses != NULL && self->arrived != NULL;
}

static bool add_peer(transport_mpi *self, uint32_t rank, size_t n_slots)
{
    other_rank *peer = &self->peers[self->n_peers];
    *peer = (other_rank){
        .rank = rank, .n_slots = n_slots, .in = malloc(LINK_PACKET_MAX), .out = malloc(n_slots * LINK_PACKET_MAX)};
    self->receives[self->n_peers] = MPI_REQUEST_NULL;
    for (size_t j = 0; j < SLOTS_MAX; j++)
        self->sends[self->n_peers * SLOTS_MAX + j] = MPI_REQUEST_NULL;
    self->n_peers++;
    if (peer->in == NULL || peer->out == NULL)
        return false;
    post_receive(self, self->n_peers - 1);
    return true;
}

/* Is Open MPI's shared memory (vader) among the ways that it may take? A list of them, or with ^ of those that it may not; no such setting:
 * another MPI. */
static bool has_shared_memory(void)
{
    MPI_T_cvar_handle setting;
    char ways[4096] = "";
    int provided, index, room, unknown = 1;
    if (MPI_T_init_thread(MPI_THREAD_SINGLE, &provided) != MPI_SUCCESS)
        return false;
    if (MPI_T_cvar_get_index("btl", &index) == MPI_SUCCESS &&
        MPI_T_cvar_handle_alloc(index, NULL, &setting, &room) == MPI_SUCCESS) {
        if ((size_t)room < sizeof ways)
            unknown = MPI_T_cvar_read(setting, ways);
        MPI_T_cvar_handle_free(&setting);
    }
    MPI_T_finalize();
    const bool named = strstr(ways, "vader") != NULL;
    return unknown == 0 && (ways[0] == '^' || ways[0] == '\0' ? !named : named);
}

pt_status transport_mpi_create(const cluster_start *start, transport **out, pt_err *err)
{
    static const transport_ops ops = {send_frame, receive_frame, destroy};
    const bool is_root = start->rank == 0, shares = has_shared_memory();
    const uint32_t *host = start->host_of;
    uint32_t near[SHIP_PEERS_MAX];
    const size_t n_near = ship_chain_peers(start->place, near), n = is_root ? start->n_ranks - 1 : n_near;
    transport_mpi *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory to reach %zu ranks", n);
    self->base = (transport){.ops = &ops, .rank = start->rank, .n_ranks = start->n_ranks};
    self->heard = clock_seconds();
    bool made = make_arrays(self, n);
    for (uint32_t i = 0; i < n && made; i++) {
        const uint32_t rank = is_root ? i + 1 : near[i];
        made = add_peer(self, rank, shares && host[rank] == host[start->rank] ? SLOTS_MAX : 1);
    }
    if (!made) {
        destroy(&self->base);
        return pt_fail(err, PT_E_NOMEM, "no memory to reach %zu ranks", n);
    }
    *out = &self->base;
    return PT_OK;
}

/* Whether all ends well is the root's to say, and what it says comes after all frames. Closing MPI would wait for it as well, but with a core
 * of its own. A root that has been silent too long already is only asked whether it has said something meanwhile. */
static bool hear_farewell(transport_mpi *self)
{
    const other_rank *root = &self->peers[0];
    const double begin = clock_seconds(), patience = begin - self->heard < SILENCE_S - 1 ? SILENCE_S : linger_s;
    const uint8_t *frame;
    size_t n_bytes;
    uint32_t from, n_taken = root->link.n_taken;
    back_off nap = {0};
    for (double end = begin + patience; root->link.farewell_in == LINK_GOES_ON && clock_seconds() < end;) {
        receive_frame(&self->base, &from, &frame, &n_bytes);
        back_off_wait(&nap, root->link.n_taken != n_taken);
        end = root->link.n_taken != n_taken ? clock_seconds() + SILENCE_S : end;
        n_taken = root->link.n_taken;
    }
    return root->link.farewell_in == LINK_ENDS_WELL;
}

static void say_farewell(transport_mpi *self, bool orderly)
{
    self->said_farewell = true;
    for (size_t i = 0; i < n_parted(self); i++)
        self->peers[i].link.farewell_out = orderly ? LINK_ENDS_WELL : LINK_ENDS_BADLY;
}

/* Is this process still a rank, and not one that was given its number later? Ranks of a host have one program and one session. */
static bool is_rank(uint32_t process)
{
    char path[64], own[PATH_ROOM], other[PATH_ROOM];
    snprintf(path, sizeof path, "/proc/%u/exe", process);
    const ssize_t n = readlink(path, other, sizeof other);
    return n > 0 && readlink("/proc/self/exe", own, sizeof own) == n && memcmp(own, other, (size_t)n) == 0 &&
           getsid((pid_t)process) == getsid(0);
}

/* The root's transport has lingered: who has not answered by then may be dead or frozen. */
static void forget_answered(const transport_mpi *self, const cluster_start *start)
{
    for (size_t i = 0; i < self->n_peers; i++)
        if (self->peers[i].link.farewell_in != LINK_GOES_ON)
            start->process_of[self->peers[i].rank] = 0;
}

/* mpirun sees them end before the root does: it was seen to wait for ever when both ended at once. */
static void kill_silent(const cluster_start *start)
{
    bool killed = false;
    for (uint32_t rank = 1; rank < start->n_ranks; rank++) {
        const uint32_t process = start->process_of[rank];
        if (process != 0 && start->host_of[rank] == start->host_of[0] && is_rank(process))
            killed |= kill((pid_t)process, SIGKILL) == 0;
    }
    if (killed)
        nanosleep(&(struct timespec){.tv_nsec = PARTING_MS * 1000000L}, NULL);
}

/* Of a process that MPI_Finalize may hold up. */
typedef struct {
    const cluster_start *start;
    int code;
} late_end;

/* Ends the process if MPI_Finalize does not come back: a rank may die or freeze right before it, its farewell said. The root comes last and
 * kills who is still there. */
static void *end_late(void *arg)
{
    const late_end *end = arg;
    nanosleep(&(struct timespec){.tv_sec = end->start->rank == 0 ? FINALIZE_S + 2 : FINALIZE_S}, NULL);
    if (end->start->rank == 0)
        kill_silent(end->start);
    _exit(end->code);
}

/* Returns true if it ends well. */
static bool part(transport_mpi *self, const cluster_start *start, bool orderly)
{
    if (start->rank > 0)
        orderly = hear_farewell(self);
    say_farewell(self, orderly);
    linger(self);
    if (start->rank == 0 && !orderly) {
        forget_answered(self, start);
        kill_silent(start);
    }
    return orderly;
}

int transport_mpi_finish(const cluster_start *start, transport *to, bool orderly, int code)
{
    late_end late = {.start = start, .code = code};
    pthread_t watch;
    int begun = 0;
    if (to != NULL)
        orderly = part((transport_mpi *)to, start, orderly);
    transport_destroy(to);
    MPI_Initialized(&begun);
    if (!orderly || !begun)
        _exit(code);
    const bool watched = pthread_create(&watch, NULL, end_late, &late) == 0;
    MPI_Finalize();
    if (watched) {
        pthread_cancel(watch);
        pthread_join(watch, NULL);
    }
    return code;
}
