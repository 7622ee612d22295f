/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/lint_parts.h - what lint.c gives to the lints of single kinds of files: nobody else needs it. */
#ifndef PT_LINT_PARTS_H
#define PT_LINT_PARTS_H

#include "node/format/lint.h"
#include "node/format/point_check.h"
#include "node/groth16/groth16.h"

/** Add a finding. place may be "". */
void lint_add(lint_report *report, lint_rule rule, const char *place, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/** What a reader said of a malformed file becomes a finding, without the file's name; any other fault stays one.
 *  errors  err's own, unless it was PT_E_FORMAT: then *err is cleared */
pt_status lint_take_error(lint_report *report, const char *path, pt_err *err);

/** A finding for each span with a bad point: its first one. *sound: bit s is set if span s has none.
 *  shape   n_spans <= POINT_SPANS_MAX
 *  errors  PT_E_NOMEM, PT_E_INTERNAL */
pt_status lint_points(lint_report *report, crew *threads, const pt_curve *curve, const char *path, const point_span *spans,
                      size_t n_spans, uint32_t *sound, pt_err *err);

/** Where a file has the points of its verifying key. */
typedef struct {
    const char *alpha1, *beta2, *gamma2, *delta2, *ic;
} lint_vkey_places;

/** What a verifying key shows whatever its file: points that must not be equal, or the generator, or infinity. */
void lint_vkey_points(lint_report *report, const groth16_vkey *vkey, const lint_vkey_places *places);

/** Indices for a message: all are counted, the first few are kept. Start with {0}. */
typedef struct {
    size_t n;
    uint32_t first[8];
} lint_indices;

void lint_indices_add(lint_indices *list, uint32_t index);

enum { LINT_INDICES_ROOM = 160 };

/** "4 of 17: 3, 5, 7, 9"; with more than are kept, " and others" is its end. */
void lint_indices_text(const lint_indices *list, size_t n_all, char out[LINT_INDICES_ROOM]);

#endif
