/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/peer_link.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { TELL_AFTER = LINK_WINDOW / 2 }; /* packets taken, if nothing goes there that could say so */

static const uint32_t mark = 0x50544C31; /* "1LTP" */

typedef struct {
    uint32_t mark, taken, frame, part, frame_bytes;
} packet_head;

static void put_u32(uint8_t *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get_u32(const uint8_t *in)
{
    return in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

/* There may be a piece of a witness in a frame. */
static void forget_frame(link_frame *frame)
{
    sodium_memzero(frame->bytes, frame->n_bytes);
    free(frame);
}

static void forget_room(peer_link *self)
{
    if (self->room != NULL)
        sodium_memzero(self->room, self->room_bytes);
    free(self->room);
    self->room = NULL;
    self->room_bytes = 0;
}

void peer_link_clear(peer_link *self)
{
    for (link_frame *frame; (frame = peer_link_pop(self)) != NULL;)
        forget_frame(frame);
    forget_room(self);
    *self = (peer_link){0};
}

/* --- out --- */

pt_status peer_link_queue(peer_link *self, const uint8_t *frame, size_t n_bytes, pt_err *err)
{
    const size_t taken = sizeof(link_frame) + n_bytes;
    if (n_bytes > WIRE_FRAME_MAX || taken > LINK_QUEUE_MAX - self->waiting_bytes)
        return PT_OK;
    link_frame *copy = malloc(taken);
    if (copy == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for a frame of %zu bytes", n_bytes);
    copy->next = NULL;
    copy->n_bytes = n_bytes;
    if (n_bytes > 0)
        memcpy(copy->bytes, frame, n_bytes);
    if (self->first == NULL)
        self->first = copy;
    else
        self->last->next = copy;
    self->last = copy;
    self->n_waiting++;
    self->waiting_bytes += taken;
    return PT_OK;
}

link_frame *peer_link_pop(peer_link *self)
{
    link_frame *frame = self->first;
    if (frame == NULL)
        return NULL;
    self->first = frame->next;
    self->n_waiting--;
    self->waiting_bytes -= sizeof *frame + frame->n_bytes;
    return frame;
}

static void write_head(peer_link *self, packet_head head, uint8_t *packet)
{
    put_u32(packet, mark);
    put_u32(packet + 4, self->n_taken);
    put_u32(packet + 8, head.frame);
    put_u32(packet + 12, head.part);
    put_u32(packet + 16, head.frame_bytes);
    self->n_told = self->n_taken;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The next part of the frame that goes first; with its last part it leaves the queue. */
static size_t cut_part(peer_link *self, uint8_t *packet)
{
    const link_frame *frame = self->first;
    const size_t begin = (size_t)self->part_out * LINK_PART_MAX, n = least(frame->n_bytes - begin, LINK_PART_MAX);
    write_head(self,
               (packet_head){.frame = self->frame_out, .part = self->part_out, .frame_bytes = (uint32_t)frame->n_bytes},
               packet);
    memcpy(packet + LINK_HEAD_BYTES, frame->bytes + begin, n);
    self->n_sent++;
    self->part_out++;
    if (begin + n == frame->n_bytes) {
        forget_frame(peer_link_pop(self));
        self->part_out = 0;
        self->frame_out++;
    }
    return LINK_HEAD_BYTES + n;
}

size_t peer_link_next_packet(peer_link *self, uint8_t *packet)
{
    if (self->first != NULL && self->n_sent - self->n_taken_there < LINK_WINDOW)
        return cut_part(self, packet);
    const link_farewell farewell = self->first == NULL ? self->farewell_out : LINK_GOES_ON;
    if (farewell == LINK_GOES_ON && self->n_taken - self->n_told < TELL_AFTER)
        return 0;
    if (farewell != LINK_GOES_ON)
        self->farewell_out = LINK_GOES_ON;
    write_head(self, (packet_head){.part = farewell, .frame_bytes = LINK_NO_FRAME}, packet);
    return LINK_HEAD_BYTES;
}

/* --- in --- */

/* The room grows with what has come, not with what was announced. */
static bool make_room(peer_link *self, size_t needed)
{
    if (needed <= self->room_bytes)
        return true;
    size_t bytes = self->room_bytes == 0 ? 16 * LINK_PACKET_MAX : 2 * self->room_bytes;
    bytes = least(bytes < needed ? needed : bytes, WIRE_FRAME_MAX);
    uint8_t *room = malloc(bytes);
    if (room == NULL)
        return false;
    if (self->room_bytes > 0)
        memcpy(room, self->room, self->room_bytes);
    forget_room(self);
    self->room = room;
    self->room_bytes = bytes;
    return true;
}

static bool continues(const peer_link *self, packet_head head)
{
    return self->joining && head.frame == self->frame_in && head.part == self->part_in &&
           head.frame_bytes == self->frame_bytes;
}

/* Add a part; false: it does not belong here, or there is no memory. */
static bool join_part(peer_link *self, packet_head head, const uint8_t *part, size_t n_bytes)
{
    const size_t begin = (size_t)head.part * LINK_PART_MAX;
    if (head.part != 0 && !continues(self, head))
        return false;
    if (!make_room(self, begin + n_bytes))
        return false;
    memcpy(self->room + begin, part, n_bytes);
    self->frame_in = head.frame;
    self->frame_bytes = head.frame_bytes;
    self->part_in = head.part + 1;
    return true;
}

/* What the peer says that it has taken: never more than was sent. */
static void note_taken(peer_link *self, uint32_t taken)
{
    if (taken - self->n_taken_there <= self->n_sent - self->n_taken_there)
        self->n_taken_there = taken;
}

/* Is this part as long as its place in its frame says? */
static bool fits(packet_head head, size_t n_bytes)
{
    const size_t begin = (size_t)head.part * LINK_PART_MAX;
    return head.frame_bytes <= WIRE_FRAME_MAX && begin <= head.frame_bytes &&
           n_bytes == least(head.frame_bytes - begin, LINK_PART_MAX) && (n_bytes > 0 || head.part == 0);
}

bool peer_link_take(peer_link *self, const uint8_t *packet, size_t n_bytes, const uint8_t **frame, size_t *n_frame_bytes)
{
    packet_head head = {0};
    if (n_bytes >= LINK_HEAD_BYTES)
        head = (packet_head){get_u32(packet), get_u32(packet + 4), get_u32(packet + 8), get_u32(packet + 12),
                             get_u32(packet + 16)};
    const bool readable = head.mark == mark;
    if (readable)
        note_taken(self, head.taken);
    if (readable && head.frame_bytes == LINK_NO_FRAME) {
        if (head.part == LINK_ENDS_WELL || head.part == LINK_ENDS_BADLY)
            self->farewell_in = (link_farewell)head.part;
        return false;
    }
    self->n_taken++;
    const uint8_t *part = packet + LINK_HEAD_BYTES;
    const size_t n_part = n_bytes - LINK_HEAD_BYTES;
    const bool right = readable && fits(head, n_part);
    if (right && head.frame_bytes == n_part) { /* a frame in one part stays where it is */
        self->joining = false;
        *frame = part;
        *n_frame_bytes = n_part;
        return true;
    }
    self->joining = right && join_part(self, head, part, n_part);
    if (!self->joining || (size_t)head.part * LINK_PART_MAX + n_part < head.frame_bytes)
        return false;
    self->joining = false;
    self->room_used = head.frame_bytes;
    *frame = self->room;
    *n_frame_bytes = head.frame_bytes;
    return true;
}

void peer_link_release(peer_link *self)
{
    if (self->room_bytes > LINK_ROOM_KEPT)
        forget_room(self);
    else if (self->room_used > 0)
        sodium_memzero(self->room, self->room_used);
    self->room_used = 0;
}
