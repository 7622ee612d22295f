/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/point_check.h - are a file's points on the curve, and those of a verifying key in the subgroup? */
#ifndef PT_POINT_CHECK_H
#define PT_POINT_CHECK_H

#include "node/curve.h"
#include "node/pipeline/crew.h"

/** What a place asks of its points, beyond being on the curve. */
typedef enum { POINTS_ON_CURVE, POINTS_IN_SUBGROUP, POINTS_IN_SUBGROUP_FINITE } point_rule;

typedef struct {
    const char *where; /* for messages: "section 5 (A)", "pi_a" */
    unsigned group;    /* 1 or 2 */
    point_rule rule;
    const uint8_t *points; /* as in a key file: affine, Montgomery form, infinity all zero */
    size_t n;
} point_span;

enum { POINT_SPANS_MAX = 16 };

typedef enum { POINT_OFF_CURVE, POINT_INFINITE, POINT_OUTSIDE } point_fault;

/** A bad point: of which span, which of its points, and why. */
typedef struct {
    size_t span, index;
    point_fault fault;
} point_place;

/** "is not on the curve" and the like. */
const char *point_fault_text(point_fault fault);

/** Check all spans, split over the crew. The message names the first bad point in the order given, whatever the crew.
 *  Many points of a span are asked for their subgroup in batches: if one of them is not in it the span passes with probability at
 *  most 2^-80, and another than the first is named with probability at most 2^-76 (docs/math.md, eqs. 45 to 47).
 *  shape   n_spans <= POINT_SPANS_MAX; threads may be NULL: the calling thread alone
 *  errors  PT_E_FORMAT; PT_E_NOMEM; PT_E_INTERNAL no random bits */
pt_status points_check(crew *threads, const pt_curve *curve, const char *path, const point_span *spans, size_t n_spans,
                       pt_err *err);

/** As points_check, but a bad point is no error: *out is the first one, and out->span is n_spans if there is none. */
pt_status points_find_bad(crew *threads, const pt_curve *curve, const char *path, const point_span *spans, size_t n_spans,
                          point_place *out, pt_err *err);

#endif
