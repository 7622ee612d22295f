/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/stage_table.h - the summary of a timeline, for people and as JSON: what each stage took and where nothing ran. */
#ifndef PT_STAGE_TABLE_H
#define PT_STAGE_TABLE_H

#include <jansson.h>
#include <stdio.h>

#include "node/pipeline/timeline_stats.h"

/** A row for each stage that occurs, one for the partitions, and a line with what they say together.
 *  shape   n_lost: spans that had no room; told if there are any
 *  ranks   root only
 *  errors  PT_E_NOMEM */
pt_status stage_table_print(const timeline_stats *stats, size_t n_lost, FILE *stream, pt_err *err);

/** The same as a JSON object, the caller's; NULL if there is no memory. Seconds, bytes, and fractions of 1.
 *  ranks   any */
json_t *stage_table_json(const timeline_stats *stats, size_t n_lost);

#endif
