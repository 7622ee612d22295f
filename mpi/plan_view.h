/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/plan_view.h - a machine and the plan for it, as text, JSON and a picture. */
#ifndef PT_PLAN_VIEW_H
#define PT_PLAN_VIEW_H

#include <jansson.h>
#include <stdio.h>

#include "node/topo/placement.h"

enum { PLAN_VIEW_NONE = -1 };

typedef struct {
    const char *source; /* of the topology; NULL: this machine */
    const topology *machine;
    const placement *plan;
    size_t n_ready; /* partitions, for the crews */
    pool_span *crews;
    size_t n_crews;
} plan_view;

/** Work out the crews. n_ready == 0: as many partitions as there are domains.
 *  owns    *out is the caller's (plan_view_clear); machine and plan are borrowed
 *  ranks   any
 *  errors  PT_E_NOMEM */
pt_status plan_view_init(const char *source, const topology *machine, const placement *plan, size_t n_ready, plan_view *out,
                         pt_err *err);
/** ranks   any */
void plan_view_clear(plan_view *view);

/** The pool of a domain, or PLAN_VIEW_NONE where it is unused.
 *  ranks   any */
int plan_view_pool(const plan_view *view, size_t domain);

/** The crew of a pool.
 *  ranks   any */
int plan_view_crew(const plan_view *view, int pool);

/** Is this pool of the tail crew?
 *  ranks   any */
bool plan_view_tail(const plan_view *view, int pool);

/** A few lines, and a table of the domains.
 *  ranks   root only
 *  errors  PT_E_NOMEM */
pt_status plan_view_print(const plan_view *view, FILE *stream, pt_err *err);

/** The same as JSON objects, the caller's; NULL if there is no memory.
 *  ranks   any */
json_t *plan_view_topology_json(const plan_view *view);
json_t *plan_view_placement_json(const plan_view *view);

#endif
