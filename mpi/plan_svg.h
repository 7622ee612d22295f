/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/plan_svg.h - a machine drawn with its plan: packages, NUMA nodes, L3 domains and cores, in the colours of their crews. */
#ifndef PT_PLAN_SVG_H
#define PT_PLAN_SVG_H

#include <stdio.h>

#include "mpi/plan_view.h"

/** Draw. title: the machine's name, any bytes.
 *  ranks   root only */
void plan_svg_write(const plan_view *view, const char *title, FILE *out);

#endif
