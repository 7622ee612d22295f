/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/report_rows.h - the rows of a report as a JSON array. */
#ifndef PT_REPORT_ROWS_H
#define PT_REPORT_ROWS_H

#include <jansson.h>

/** One row.
 *  returns NULL without memory */
typedef json_t *report_row_json(const void *report, size_t row);

/** Of n rows, in their order.
 *  owns    the caller's; NULL without memory
 *  ranks   root only */
json_t *report_rows_json(const void *report, size_t n, report_row_json *row_json);

#endif
