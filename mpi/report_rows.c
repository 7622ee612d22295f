/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/report_rows.h"

json_t *report_rows_json(const void *report, size_t n, report_row_json *row_json)
{
    json_t *out = json_array();
    for (size_t i = 0; i < n && out != NULL; i++)
        if (json_array_append_new(out, row_json(report, i)) != 0) {
            json_decref(out);
            out = NULL;
        }
    return out;
}
