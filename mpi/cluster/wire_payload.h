/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/wire_payload.h - the fields of each type of frame, for wire.c alone: it makes the frame around them. */
#ifndef PT_WIRE_PAYLOAD_H
#define PT_WIRE_PAYLOAD_H

#include "mpi/cluster/wire.h"

enum { WIRE_PLAIN_MAX = WIRE_FRAME_MAX - 48 }; /* bytes of a payload: in a frame that is not packed */

/** A payload that is written to the end of room's first n_bytes. */
typedef struct {
    wire_room *room;
    size_t n_bytes;
    const char *type; /* for messages */
    pt_status status; /* of the first field that could not be written; those after it are left out */
    pt_err *err;
} wire_writing;

/** A payload that is read: the first n_bytes of room. A list for what is read has its place behind it. */
typedef struct {
    wire_room *room;
    size_t at, n_bytes;
    const char *type;
    pt_status status; /* of the first field that is wrong; those after it are zero */
    pt_err *err;
} wire_reading;

typedef struct {
    const char *name;
    bool of_attempt;    /* the header names an attempt */
    uint32_t plain_max; /* bytes of a payload when it is unpacked: asked before there is memory for it */
    void (*put)(wire_writing *w, const wire_frame *f);
    void (*take)(wire_reading *r, wire_frame *f);
} wire_payload;

/** By wire_type; the first one is none. */
extern const wire_payload wire_payloads[WIRE_TYPE_END];

/** ranks   any, here and below */
void wire_put(wire_writing *w, const void *bytes, size_t n_bytes);

/** Room for so many bytes; what is in it stays.
 *  errors  PT_E_NOMEM */
pt_status wire_room_reserve(wire_room *room, size_t n_bytes, pt_err *err);

#endif
