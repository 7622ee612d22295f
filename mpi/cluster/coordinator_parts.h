/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/coordinator_parts.h - what the coordinator's files share: ranks and frames (coordinator.c), answers and proofs
 * (coordinator_answers.c), timelines of other ranks (coordinator_spans.c), figures (coordinator_figures.c). */
#ifndef PT_COORDINATOR_PARTS_H
#define PT_COORDINATOR_PARTS_H

#include "mpi/cluster/coordinator.h"
#include "mpi/cluster/shortage.h"

enum { GROUP_MAX = COORDINATOR_FRAMES_MAX }; /* results that are judged, and committed, together */

/* What is known of a key, on a rank or at the root. */
typedef enum { KEY_UNKNOWN, KEY_OPEN, KEY_BAD } key_knowledge;

/* What is known of a rank. */
typedef struct {
    bool joined, refused, fit; /* fit: its keys are the root's */
    char host[WIRE_NAME_MAX];
    uint64_t process;
    uint64_t n_reports; /* the latest's number */
    uint32_t n_may_hold;
    char device_fault[WIRE_FAULT_MAX]; /* the latest, which was told of */
    uint8_t *hashes;                   /* of its keys */
    uint8_t *keys;                     /* key_knowledge of each */
    uint32_t n_keys_known;
    double asked_again;
    bool lost;   /* it was, and was not heard since */
    bool untold; /* its timeline is not waited for any more */
    double heard;
    uint32_t n_proven;        /* proofs that were right */
    uint32_t n_device_faults; /* since the latest of them */
    double last_seconds;      /* of the latest of these */
} rank_state;

/* A proof that has come and counts; or is late: another rank's is safe, and this one is judged for what it says of its rank. */
typedef struct {
    cluster_proof proof;
    bool is_late;
    uint8_t bytes[WIRE_PROOF_BYTES_MAX];
    uint8_t *public_inputs; /* owned */
} arrival;

/* How a partition failed first, and where. */
typedef struct {
    pt_err why;
    uint32_t n_unsatisfied;
    bool is_doubted;     /* a rank said that the witness does not satisfy its circuit */
    uint32_t doubted_at; /* the first that did */
} setback;

struct coordinator {
    coordinator_setup setup;
    uint32_t n_ranks, n_keys, n_partitions;
    ledger *ledger;
    rank_state *ranks;
    uint32_t *lost; /* room for ledger_expire */
    setback **setbacks;
    bool *returned; /* partitions that a worker gave back unbegun, while draining */
    uint32_t n_returned;
    uint32_t *proven_by;                    /* partitions' ranks, LEDGER_NONE until then */
    const uint8_t *key_hashes, *identities; /* after coordinator_begin */
    uint8_t *keys;                          /* key_knowledge of each at the root */
    uint32_t n_keys_open;                   /* there */
    journal *journal;
    bool begun, draining, dismissed, expecting; /* expecting: partitions may be added */
    arrival arrived[GROUP_MAX];                 /* to be judged */
    size_t n_arrived;
    arrival grouped[GROUP_MAX]; /* right, in the journal's open group */
    size_t n_grouped;
    double group_began, alive_sent, stuck_since; /* INFINITY: it goes on */
    ledger_lease leases[WIRE_HELD_MAX];
    wire_room in, out;
    shortage sending, reading; /* of memory; reading: answers */
    pt_err fatal;
    coordinator_figures figures;
};

/** ranks   root only, here and below */
void coordinator_send(coordinator *self, uint32_t to, wire_frame *frame);
void coordinator_send_attempt(coordinator *self, uint32_t to, wire_type type, wire_attempt attempt);
/** Tell of a rank; text: for people, behind "rank R on HOST ", or NULL. */
void coordinator_tell(coordinator *self, cluster_event_kind kind, uint32_t rank, const char *text);
/** Tell of an attempt; seconds: 0 if it has not ended. */
void coordinator_tell_attempt(coordinator *self, cluster_event_kind kind, const ledger_lease *of, double seconds,
                              const char *text);
/** A rank gets no more work. why: told once; NULL: it was */
void coordinator_bar(coordinator *self, uint32_t rank, const char *why);

/** Ask another rank what time it is, if timelines are gathered. */
void coordinator_ask_time(coordinator *self, uint32_t rank, double now);

/** A result or failure has come. */
void coordinator_take_answer(coordinator *self, uint32_t rank, const wire_frame *frame);
/** Judge, journal and deliver what is due. Returns true if something was done. */
bool coordinator_look_at_arrived(coordinator *self, double now);
/** Tell of partitions that have failed. */
void coordinator_end_failed(coordinator *self);

#endif
