/* SPDX-License-Identifier: Apache-2.0 */
/* node/pipeline/timeline_layout.h - where the spans of a timeline are drawn: groups, and lanes in them in which none overlap. Pure. */
#ifndef PT_TIMELINE_LAYOUT_H
#define PT_TIMELINE_LAYOUT_H

#include "node/pipeline/timeline.h"

typedef enum {
    TIMELINE_BY_ROW,      /* a group is a row of a rank */
    TIMELINE_BY_PARTITION /* a group is a partition; what is of none comes first */
} timeline_grouping;

typedef struct {
    uint32_t number;     /* the row, or the partition (TIMELINE_NO_PARTITION for what is of none) */
    uint16_t rank;       /* of its first span */
    uint16_t domain;     /* of its first span */
    uint32_t first_lane; /* lanes are numbered through all groups */
    uint32_t n_lanes;    /* more than one where spans overlap */
    double start, end;   /* of the first span to start and the last to end */
} timeline_group;

/** owns: both arrays (timeline_layout_clear) */
typedef struct {
    timeline_group *groups; /* by rank and row, or by partition */
    size_t n_groups;
    struct timeline_place {
        uint32_t group, lane; /* lane: of the group, from 0 */
    } * places;               /* of each span of the list */
} timeline_layout;

/** errors  PT_E_NOMEM */
pt_status timeline_layout_of(const timeline_list *list, timeline_grouping by, timeline_layout *out, pt_err *err);
void timeline_layout_clear(timeline_layout *layout);

#endif
