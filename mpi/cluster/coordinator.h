/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/coordinator.h - the root's part of the conversation with the workers: a state machine that is told of frames and of time.
 *
 * It welcomes ranks, gives partitions out by the ledger, has every proof judged, journals what is right and only then delivers and
 * acknowledges it. What it needs from outside (judging, delivering, telling people) comes as a table, so that the simulator runs it as
 * it is.
 *
 * A request whose end is not known is open: its partitions are places, which partitions take one after the other (ledger.h), and its keys
 * join it as they are named. */
#ifndef PT_COORDINATOR_H
#define PT_COORDINATOR_H

#include "mpi/cluster/cluster_event.h"
#include "mpi/cluster/journal.h"
#include "mpi/cluster/ledger.h"
#include "mpi/cluster/request.h"
#include "mpi/cluster/ship_root.h"
#include "mpi/cluster/span_gather.h"
#include "mpi/cluster/transport.h"
#include "mpi/cluster/wire.h"

typedef struct coordinator coordinator;

enum {
    COORDINATOR_FRAMES_MAX = 256
}; /* to be received between two ticks: of more results than that some have to come again */

/** A proof on its way to be published. */
typedef struct cluster_proof {
    uint32_t partition, key, attempt, rank; /* of the request; its key among the request's; who proved it */
    const uint8_t *bytes;                   /* compressed points */
    uint32_t n_bytes;
    const uint8_t *public_inputs; /* canonical, 32 bytes each */
    uint32_t n_public;
    double seconds;
} cluster_proof;

/** What is done for the coordinator, on its thread. */
typedef struct coordinator_calls {
    void *ctx;
    /** Are these proofs right? shape: verdicts[n], {0} before. Returns an error only if it can't tell. */
    pt_status (*judge)(void *ctx, const cluster_proof *proofs, size_t n, pt_err *verdicts, pt_err *err);
    /** A right proof is safe: publish it. host: whose rank proved it. */
    void (*deliver)(void *ctx, const cluster_proof *proof, const char *host);
    /** A partition has ended without a proof. */
    void (*failed)(void *ctx, uint32_t partition, const pt_err *why);
    /** Something has happened to a rank or an attempt. */
    void (*tell)(void *ctx, const cluster_event *event);
} coordinator_calls;

typedef struct coordinator_setup {
    const request *request; /* borrowed, as everything here is */
    transport *transport;   /* rank 0 of it is the worker of this process */
    coordinator_calls calls;
    const char *build;
    uint64_t epoch;     /* larger in every later run of a root */
    uint64_t number;    /* of the request, in frames */
    double lease_s;     /* a rank that was not heard for so long loses what it holds */
    bool is_root_alone; /* witnesses are streams, which no other rank can read: the others get nothing */
    uint32_t tries_max; /* attempts of a partition that may fail by no fault of its witness */
    ship_root *ship;    /* sends keys and witnesses to ranks that ask; NULL: they read them */
    bool is_open; /* the request begins with no partition and no key; it has room for all that there are ever at once */
    uint32_t n_keys_max; /* of an open one */
    span_gather *spans;  /* where the ranks' timelines go; NULL: nobody asks for them */
} coordinator_setup;

/** owns    *out is the caller's (coordinator_destroy)
 *  ranks   root only, here and below
 *  errors  PT_E_NOMEM */
pt_status coordinator_create(const coordinator_setup *setup, double now, coordinator **out, pt_err *err);
void coordinator_destroy(coordinator *self);

/** A partition that an earlier run has proven. Before coordinator_begin. */
void coordinator_set_done(coordinator *self, uint32_t partition);

/** The root's own keys are open: from now on ranks get work.
 *  shape   key_hashes: WIRE_HASH_BYTES for each key of the request; identities: JOURNAL_HASH_BYTES for each partition
 *  owns    borrowed; kept: the journal, or NULL where nothing is kept */
void coordinator_begin(coordinator *self, const uint8_t *key_hashes, journal *kept, const uint8_t *identities, double now);

/** The request's next key has joined: every rank begins to open it. Of an open request, as the next ones. */
void coordinator_add_key(coordinator *self);
/** The root's own worker has opened it, or can't: then nothing will ask for it, and no rank is to blame that can't either. */
void coordinator_key_known(coordinator *self, uint32_t key, bool is_open, double now);
/** A partition has its place in the request: its key is open, and the partition that had the place has ended. */
void coordinator_add(coordinator *self, uint32_t partition);
/** No more will be added: the request has an end. */
void coordinator_close(coordinator *self);

/** A frame of a rank has come, or what should have been one. now: seconds of any clock that never goes back. */
void coordinator_receive(coordinator *self, uint32_t from, const uint8_t *frame, size_t n_bytes, double now);

/** Judge, journal, deliver, give out: whatever is due.
 *  returns true if something was done */
bool coordinator_tick(coordinator *self, double now);

/** When results that wait for others are to be committed without them, in the seconds that `now` counts; INFINITY: none wait. */
double coordinator_due(const coordinator *self);

/** Begin no more partitions; what is held by workers may end. */
void coordinator_drain(coordinator *self);

/** Is everything proven, failed, or, after coordinator_drain, at rest? Also after an error: PT_E_IO, PT_E_NOMEM of the journal, what judging
 *  failed with. */
bool coordinator_is_over(const coordinator *self, pt_err *err);

/** When it is over: ask the other ranks for their timelines, and look whether all have come that will, for as long as there is an answer each
 *  lease_s. A rank whose timeline does not come is told of. Turns go on meanwhile.
 *  returns true when there is nothing to wait for; at once where nobody asks for them */
bool coordinator_gather_spans(coordinator *self, double now);

/** Send every rank home: the request is over, or will go on in another run. */
void coordinator_dismiss(coordinator *self);
/** The same before there is a coordinator. to: all ranks but the root */
void coordinator_dismiss_all(transport *to);

typedef struct coordinator_figures {
    ledger_counts partitions;
    uint32_t n_ranks_live;       /* of those that have joined */
    uint32_t n_held_elsewhere;   /* leases of other ranks than the root's own */
    uint32_t n_refused;          /* ranks that were sent home */
    uint32_t n_lost, n_barred;   /* ranks: times that one was lost; those that get no more work */
    uint64_t n_given, n_twice;   /* assignments; of these second ones of a partition that is under way */
    uint64_t n_damaged, n_wrong; /* frames; proofs */
} coordinator_figures;

typedef enum {
    RANK_IS_AWAITED, /* it was not heard yet */
    RANK_OPENS_KEYS,
    RANK_PROVES,
    RANK_RESTS,
    RANK_IS_LOST,
    RANK_GETS_NO_WORK, /* it was refused or barred */
    RANK_CONDITION_END
} rank_condition;

typedef struct rank_figures {
    rank_condition condition;
    uint32_t n_proven; /* proofs of it that were right */
    uint32_t n_held, n_may_hold;
    double heard_ago;    /* seconds; negative: never */
    double last_seconds; /* that its latest proof took; 0: none yet */
} rank_figures;

/** How a rank does. */
rank_figures coordinator_rank_now(const coordinator *self, uint32_t rank, double now);

/** The host that a rank is on, as it has said. */
const char *coordinator_host(const coordinator *self, uint32_t rank);

coordinator_figures coordinator_figures_now(const coordinator *self);

#endif
