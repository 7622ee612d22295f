/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/timeline_view.h"

#include <inttypes.h>
#include <stdio.h>

static const char *named(const char *const *names, size_t n_names, const char *kind, uint32_t number, char *scratch)
{
    if (number < n_names && names[number] != NULL)
        return names[number];
    snprintf(scratch, TIMELINE_NAME_CHARS, "%s %" PRIu32, kind, number);
    return scratch;
}

const char *timeline_partition_name(const timeline_view *view, uint32_t partition, char *scratch)
{
    if (partition == TIMELINE_NO_PARTITION)
        return "whole run";
    return named(view->partition_names, view->n_partition_names, "partition", partition, scratch);
}

const char *timeline_row_name(const timeline_view *view, uint32_t row, char *scratch)
{
    if (row == TIMELINE_MAIN_ROW)
        return "main";
    return named(view->row_names, view->n_row_names, "driver", row, scratch);
}
