/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/wire.h - the frames between root and workers: what they say, and their bytes. Pure.
 *
 * Every frame is checked whole before a field of it is believed: length, an XXH3 of header and payload, version, then every count and
 * text of the payload. What a frame says may be said again: a frame that comes twice, or late, changes nothing. docs/protocol.md has the
 * layout and the conversation. */
#ifndef PT_WIRE_H
#define PT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"
#include "node/pipeline/timeline.h"

enum {
    WIRE_VERSION = 3,           /* of the frames: another one is told from damage */
    WIRE_TEXT_MAX = 4096,       /* of a path, with its NUL */
    WIRE_NAME_MAX = 256,        /* of a host, a build, an id, with its NUL */
    WIRE_HELD_MAX = 4096,       /* partitions that one worker may hold */
    WIRE_KEYS_MAX = 4096,       /* of a request */
    WIRE_SPANS_MAX = 1024,      /* of a timeline, at a time */
    WIRE_FAULT_MAX = 512,       /* of what is wrong with a device, with its NUL */
    WIRE_HASH_BYTES = 32,       /* of a verifying key */
    WIRE_PROOF_BYTES_MAX = 192, /* with compressed points (node/format/proof_bytes.h) */
    WIRE_FRAME_MAX = 1 << 26,   /* bytes: a result with two million public inputs */
    WIRE_CHUNK_MAX = 1 << 20,   /* bytes of a file in one frame */
};

typedef enum {
    WIRE_HELLO = 1, /* worker to root: who I am */
    WIRE_WELCOME,   /* root to worker: the request and its keys; again when keys have joined */
    WIRE_READY,     /* worker to root: a key is open, this is its hash; or it can't be opened */
    WIRE_REPORT,    /* worker to root, each second and when something changed: alive, what I hold, how much I may hold */
    WIRE_ASSIGN,    /* root to worker: prove this partition */
    WIRE_CANCEL,    /* root to worker: nobody needs this attempt any more */
    WIRE_RESULT,    /* worker to root: a proof that was verified here */
    WIRE_FAILURE,   /* worker to root: an attempt's end without a proof */
    WIRE_ACK,       /* root to worker: result or failure is safe; forget it */
    WIRE_ALIVE,     /* root to worker, each second */
    WIRE_AGAIN,     /* either: a frame of yours was damaged; say again what I have not answered */
    WIRE_STOP,      /* root to worker: the request is over, or you are refused */
    WIRE_WANT,      /* worker to root or to the rank before it: send me this piece of a file */
    WIRE_CHUNK,     /* the answer: the piece, or that it is not there yet, or why it never will be */
    WIRE_PING,      /* root to worker: what time is it? */
    WIRE_PONG,      /* worker to root: so late */
    WIRE_TELL,      /* root to worker: what did you do when? */
    WIRE_SPANS,     /* worker to root: a part of its timeline */
    WIRE_TYPE_END
} wire_type;

/** What files are shipped. */
typedef enum { WIRE_OF_KEY, WIRE_OF_WITNESS, WIRE_OF_END } wire_file_kind;

/** A file of the request: the key of that place among its keys, the witness of that partition. The attempt that it is wanted for tells it from
 *  the witness of a partition that has the same number before or after; of a key it is 0. */
typedef struct {
    wire_file_kind kind;
    uint32_t index, attempt;
} wire_file;

/** A partition's attempt: of one partition every attempt has a number of its own, from 1. */
typedef struct {
    uint32_t partition, attempt;
} wire_attempt;

/** A rank's device and what it has proven; of a rank that has none the name is empty, and all else. */
typedef struct {
    const char *name, *pci;
    uint32_t index;               /* in the list of all of its host */
    uint64_t n_proven, n_instead; /* partitions there, and by the processor in its place */
} wire_device;

/** A frame, read or to be written. Pointers are borrowed: of a frame that was read they point into a wire_room, and no text is NULL; of one
 *  to be written a text that is NULL is an empty one. */
typedef struct wire_frame {
    wire_type type;
    uint64_t epoch;       /* of the root's run; 0 in WIRE_HELLO */
    uint64_t request;     /* the first 8 bytes of the request's hash; 0 in WIRE_HELLO */
    wire_attempt attempt; /* of ASSIGN, CANCEL, RESULT, FAILURE, ACK, which number from 1; else zeros */
    union {
        struct {
            const char *build; /* a rank of another build is refused */
            const char *host;
            uint64_t process;
            uint32_t n_threads;
        } hello;
        struct {
            uint32_t n_keys;
            const char *const *key_paths;
        } welcome;
        struct {
            uint32_t key; /* its place among the request's */
            pt_status status;
            uint8_t hash[WIRE_HASH_BYTES]; /* of its verifying key, if it was opened */
            const char *message;           /* else why not */
        } ready;
        struct {
            uint64_t number;     /* counts up: an older report that comes late is no news */
            uint32_t n_may_hold; /* partitions at a time, WIRE_HELD_MAX at the most; 0: none for now */
            uint32_t n_held;
            const wire_attempt *held; /* assigned, not answered with RESULT or FAILURE yet */
            uint64_t n_proven;
            uint32_t n_keys,
                n_ready; /* keys that it has heard of; of these the first ones that it has said to be ready, or not to be */
            const char *device_fault; /* the latest why its processor proves in its device's place; empty: there is none */
        } report;
        struct {
            uint32_t key;
            int32_t priority;
            const char *id;
            const char *witness; /* path */
        } assign;
        struct {
            const uint8_t *proof; /* compressed points */
            uint32_t n_proof_bytes;
            const uint8_t *public_inputs; /* canonical, 32 bytes each */
            uint32_t n_public;
            double seconds;
        } result;
        struct {
            pt_status status;
            const char *message;
            double seconds;
        } failure;
        struct {
            pt_status status; /* PT_OK: the request is over */
            const char *message;
        } stop;
        struct {
            wire_file file;
            uint64_t offset;
            uint32_t n_bytes; /* WIRE_CHUNK_MAX at the most; 0: tell what file it is */
        } want;
        struct {
            wire_file file;
            pt_status status;              /* PT_OK, or it can't be sent, and message says why */
            const char *message;           /* else empty */
            uint64_t total_bytes, offset;  /* total: of the file; 0: not known yet */
            uint8_t hash[WIRE_HASH_BYTES]; /* BLAKE2b-256 of the file, if it is a key's and n_bytes is 0; else zeros */
            const uint8_t *bytes;
            uint32_t n_bytes; /* within the file; 0: none of it now */
            int level;        /* zstd's, to write the frame with; 0: not packed. It is not sent */
        } chunk;
        struct {
            double asked; /* by the root's clock */
        } ping;
        struct {
            double asked; /* as the ping has it */
            double now;   /* by the worker's clock, which has an origin of its own */
        } pong;
        struct {
            uint32_t first; /* span that is asked for, and those behind it */
        } tell;
        struct {
            uint32_t first, n, n_in_all; /* these of so many */
            uint32_t n_threads;          /* that this rank computes with */
            uint64_t n_lost;             /* spans that had no room */
            wire_device device;          /* of this rank */
            const timeline_span *spans;  /* by the worker's clock; their rank is not sent, and 0 */
        } spans;
    } of;
} wire_frame;

/** Where a frame's bytes are built, and where what was read of one lies; grows, is used again. Start with {0}. */
typedef struct wire_room {
    uint8_t *bytes;
    size_t n_bytes, capacity_bytes;
    struct ZSTD_CCtx_s *packer; /* zstd's own room, made when it is first needed */
    struct ZSTD_DCtx_s *unpacker;
} wire_room;

/** A type's word for people, as in docs/protocol.md; "unknown" for what is none.
 *  ranks   any */
const char *wire_type_name(wire_type type);

/** ranks   any, here and below */
void wire_room_clear(wire_room *room);
/** Zero what is in it: a piece of a witness. */
void wire_room_wipe(wire_room *room);

/** Write a frame.
 *  shape   room: n_bytes of its bytes are the frame; a payload of 256 bytes and more is compressed (zstd) where that makes it shorter
 *  owns    what *frame points to lies elsewhere than in room
 *  ranks   any
 *  errors  PT_E_NOMEM; PT_E_ARG a text or count is over its bound, or what wire_read would refuse: the attempt 0, seconds below 0, ... */
pt_status wire_write(const wire_frame *frame, wire_room *room, pt_err *err);

/** Read a frame, and believe nothing before all of it is right. Memory is taken for its plain payload, at most what its type may have.
 *  shape   bytes lie elsewhere than in room
 *  owns    what *out points to lies in room, until that is used again
 *  ranks   any
 *  errors  PT_E_FORMAT what is wrong, with the figures; PT_E_ARG it is whole and of another version; PT_E_NOMEM */
pt_status wire_read(const uint8_t *bytes, size_t n_bytes, wire_room *room, wire_frame *out, pt_err *err);

#endif
