/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/cluster_event.h - what the coordinator tells of: ranks that come and go, attempts that begin and end. */
#ifndef PT_CLUSTER_EVENT_H
#define PT_CLUSTER_EVENT_H

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    RANK_JOINED,
    RANK_READY, /* its keys are open, and are the root's */
    RANK_LOST,
    RANK_BACK, /* heard again */
    RANK_REFUSED,
    RANK_BARRED,     /* it gets no more work */
    RANK_UNTOLD,     /* its timeline did not come */
    RANK_OFF_DEVICE, /* its processor proves in its device's place */
    ATTEMPT_ASSIGNED,
    ATTEMPT_SECOND, /* assigned beside another one that is under way */
    ATTEMPT_PROVEN, /* its proof is right; not safe yet */
    ATTEMPT_FAILED,
    ATTEMPT_WRONG, /* its proof is wrong */
    CLUSTER_EVENT_END
} cluster_event_kind;

typedef struct cluster_event {
    cluster_event_kind kind;
    uint32_t rank;
    const char *host;
    uint32_t partition, attempt; /* attempt 0: it is no attempt's */
    double seconds;              /* that the attempt took; 0: none */
    const char *text;            /* in words, or NULL; of a rank, what follows its name */
} cluster_event;

/** "joined", "assigned", ... */
const char *cluster_event_name(cluster_event_kind kind);

/** Is it something that people are told of in a line: that a rank is lost, refused, wrong, silent, without its device or gets no more work? */
bool cluster_event_is_news(cluster_event_kind kind);

#endif
