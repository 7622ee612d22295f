/* SPDX-License-Identifier: Apache-2.0 */
/* node/pipeline/timeline.h - what ran when: a span for each stage of each partition, recorded by the threads that ran it.
 *
 * Recording takes one atomic addition and the copy of one cache line: no lock, no allocation, no system call. Where a timeline is
 * optional, NULL is one that records nothing. */
#ifndef PT_TIMELINE_H
#define PT_TIMELINE_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"
#include "node/pipeline/stage.h"

#define TIMELINE_NO_PARTITION UINT32_MAX /* what belongs to all of a run: the key */
#define TIMELINE_NO_DOMAIN UINT16_MAX    /* the threads are bound nowhere, or it is not known where */
#define TIMELINE_MAIN_ROW UINT16_MAX     /* the thread that opens keys, hands in and publishes */

/** One stage of one partition. units: seconds from the timeline's origin */
typedef struct timeline_span {
    double start, end;
    double cpu_seconds; /* of all threads that worked on it */
    uint64_t bytes;     /* read, written or held for it, as the stage has it */
    uint32_t partition; /* its number in the request */
    uint16_t stage;     /* enum stage */
    uint16_t row;       /* the driver thread: its spans do not overlap */
    uint16_t domain;    /* the first shared-L3 domain of the crew that worked */
    uint16_t rank;      /* 0 on one node */
} timeline_span;

typedef struct timeline timeline; /* opaque: defined in timeline.c only */

/** A timeline that begins now and has room for capacity spans. All of its memory is touched here.
 *  owns    *out is the caller's (timeline_destroy)
 *  errors  PT_E_NOMEM */
pt_status timeline_create(size_t capacity, timeline **out, pt_err *err);
void timeline_destroy(timeline *self);

/** What a timeline of this capacity takes. units: bytes */
size_t timeline_bytes(size_t capacity);

/** Seconds since the origin. thread: any; self may be NULL: seconds of a clock that never goes back */
double timeline_now(const timeline *self);

/** The origin, in seconds of that clock. thread: any */
double timeline_origin(const timeline *self);

/** Seconds of processor time that the calling thread has used: to be taken before and after its part of a stage. */
double timeline_cpu_now(void);

/** Record a span; one that has no room is counted instead. thread: any, at once; self may be NULL */
void timeline_record(timeline *self, const timeline_span *span);

/** Spans that had no room. thread: any */
size_t timeline_n_lost(const timeline *self);

/** Forget all spans; the origin stays. thread: while none records */
void timeline_clear(timeline *self);

/** Spans by start, those of one start by rank, row and end. */
typedef struct {
    timeline_span *spans;
    size_t n;
} timeline_list;

/** Copy the spans that are whole by now.
 *  owns    *out is the caller's (timeline_list_clear)
 *  thread  any, while others record
 *  errors  PT_E_NOMEM */
pt_status timeline_read(const timeline *self, timeline_list *out, pt_err *err);
/** Put them in order, after they were changed. */
void timeline_list_sort(timeline_list *list);
void timeline_list_clear(timeline_list *list);

#endif
