/* SPDX-License-Identifier: Apache-2.0 */
/* node/pipeline/timeline_svg.h - a timeline as a waterfall picture. */
#ifndef PT_TIMELINE_SVG_H
#define PT_TIMELINE_SVG_H

#include <stdio.h>

#include "node/pipeline/timeline_view.h"

/** Write an SVG of three panels on one time axis, without a script: the threads at work by stage, a row for each driver thread (of a
 *  job: a block for each rank), a row for each partition. Colours are stages, hatched bands the gaps in which no stage ran, and each bar has a title that shows when the pointer
 *  rests on it. Whether out took it is for the caller to ask.
 *  errors  PT_E_NOMEM */
pt_status timeline_svg_write(const timeline_view *view, FILE *out, pt_err *err);

#endif
