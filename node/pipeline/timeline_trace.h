/* SPDX-License-Identifier: Apache-2.0 */
/* node/pipeline/timeline_trace.h - a timeline as Chrome trace events, which Perfetto and chrome://tracing open. */
#ifndef PT_TIMELINE_TRACE_H
#define PT_TIMELINE_TRACE_H

#include <stdio.h>

#include "node/pipeline/timeline_view.h"

/** Write one JSON object: a complete event ("X") for each span, a process for each rank, a thread for each row (one more where spans of
 *  a row overlap), and each partition from its first span to its last as an asynchronous event. Whether out took it is for the
 *  caller to ask.
 *  units   times are microseconds with three decimals, so that of two spans which touch one ends where the other starts
 *  errors  PT_E_NOMEM
 *  source  Trace Event Format, Google, 2016 */
pt_status timeline_trace_write(const timeline_view *view, FILE *out, pt_err *err);

#endif
