/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/peer_link.h - one peer of a transport that carries small packets: frames are cut into numbered parts, and put together again.
 * Pure.
 *
 * A packet is little-endian: mark, packets taken of the receiver's so far, number of the frame, number of the part, bytes of the frame
 * (LINK_NO_FRAME: the packet only says what was taken, and in the part's place a farewell or 0), then the part. Every part but the last is
 * full.
 *
 * No more than LINK_WINDOW packets are under way: what a peer that is frozen or dead has not taken fits into any socket's buffer. It must:
 * Open MPI 4.1 aborts a process whose half-written TCP packet meets a reset (pml_ob1_sendreq.c, "FATAL"). */
#ifndef PT_PEER_LINK_H
#define PT_PEER_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mpi/cluster/wire.h"

enum {
    LINK_PACKET_MAX = 4000, /* bytes; goes at once (eagerly) with its header of MPI, over shared memory (4,096) as well */
    LINK_HEAD_BYTES = 20,
    LINK_PART_MAX = LINK_PACKET_MAX - LINK_HEAD_BYTES,
    LINK_WINDOW = 8,
    LINK_QUEUE_MAX = 2 * WIRE_FRAME_MAX, /* bytes of frames that wait: what comes on top is lost */
    LINK_ROOM_KEPT = 1 << 21,            /* bytes of a longer frame's room are given back: longer than a piece of a file */
};
#define LINK_NO_FRAME UINT32_MAX

/** The last word of a link. */
typedef enum { LINK_GOES_ON, LINK_ENDS_WELL, LINK_ENDS_BADLY } link_farewell;

/** A frame that waits to be sent. */
typedef struct link_frame {
    struct link_frame *next;
    size_t n_bytes;
    uint8_t bytes[];
} link_frame;

/** Start with {0}. Set farewell_out, to go after all frames; it is LINK_GOES_ON again once it has gone. Read n_waiting and farewell_in. */
typedef struct peer_link {
    link_frame *first, *last;
    size_t n_waiting, waiting_bytes;
    uint32_t frame_out, part_out; /* the next part to send */
    uint32_t n_sent, n_taken_there;
    uint32_t n_taken, n_told; /* of the peer's packets, and how many it knows of */
    uint8_t *room;            /* of a frame in several parts */
    size_t room_bytes, room_used;
    uint32_t frame_in, part_in, frame_bytes;
    bool joining; /* a frame has begun and is not whole */
    link_farewell farewell_out, farewell_in;
} peer_link;

/** ranks   any, here and below */
void peer_link_clear(peer_link *self);

/** Put a copy of a frame at the end of the queue; beyond LINK_QUEUE_MAX it is lost.
 *  errors  PT_E_NOMEM */
pt_status peer_link_queue(peer_link *self, const uint8_t *frame, size_t n_bytes, pt_err *err);

/** The next packet to send.
 *  shape   packet: room for LINK_PACKET_MAX
 *  returns its bytes; 0: there is none now */
size_t peer_link_next_packet(peer_link *self, uint8_t *packet);

/** A packet has come; anything may be in it.
 *  owns    *frame lies in packet, or is the link's until peer_link_release
 *  returns true if this makes a frame whole */
bool peer_link_take(peer_link *self, const uint8_t *packet, size_t n_bytes, const uint8_t **frame, size_t *n_frame_bytes);
void peer_link_release(peer_link *self);

/** Take the first frame of the queue out, to free(); NULL: it is empty. For a rank's link to itself. */
link_frame *peer_link_pop(peer_link *self);

#endif
