/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/span_source.h - what a rank has recorded, in the parts in which the root asks for it, and what its device has proven. */
#ifndef PT_SPAN_SOURCE_H
#define PT_SPAN_SOURCE_H

#include "mpi/cluster/wire.h"

typedef struct span_source span_source;

typedef struct span_source_setup {
    const timeline *recorded; /* borrowed */
    uint32_t n_threads;       /* that the rank computes with */
    /** What the device has proven by now; its texts stay as they are. NULL: there is none */
    wire_device (*device)(const void *ctx);
    const void *ctx;
} span_source_setup;

/** owns    *out is the caller's (span_source_destroy)
 *  ranks   worker only, here and below
 *  errors  PT_E_NOMEM */
pt_status span_source_create(const span_source_setup *setup, span_source **out, pt_err *err);
void span_source_destroy(span_source *self);

/** The spans from `first` on, as many as go into a frame, by clock_seconds(). What is there when this is first called is what is told, so that
 *  every part is of the same whole.
 *  owns    what *out points to is self's
 *  returns false without memory: it may be asked for again */
bool span_source_fill(span_source *self, uint32_t first, wire_frame *out);

#endif
