/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/timeline_files.h"

#include <string.h>

#include "mpi/publish.h"
#include "node/pipeline/timeline_svg.h"
#include "node/pipeline/timeline_trace.h"

typedef pt_status (*view_writer)(const timeline_view *view, FILE *out, pt_err *err);

static bool ends_in(const char *path, const char *ending)
{
    size_t len = strlen(path), n = strlen(ending);
    return len > n && strcmp(path + len - n, ending) == 0;
}

/* By the path's ending; NULL: told in err. */
static view_writer find_writer(const char *path, pt_err *err)
{
    if (ends_in(path, ".json"))
        return timeline_trace_write;
    if (ends_in(path, ".svg"))
        return timeline_svg_write;
    pt_fail(err, PT_E_ARG, "%s: a timeline's file ends in .json (a trace) or .svg (a picture)", path);
    return NULL;
}

pt_status timeline_files_check(const char *path, const input_set *inputs, pt_err *err)
{
    return find_writer(path, err) != NULL ? output_file_check(path, inputs, err) : err->code;
}

static pt_status fill_and_commit(view_writer writer, const timeline_view *view, output_file *file, pt_err *err)
{
    if (writer(view, output_file_stream(file), err) == PT_OK)
        return output_file_commit(file, err);
    output_file_abandon(file);
    return err->code;
}

pt_status timeline_files_write(const char *path, const timeline_view *view, interrupt *signals, pt_err *err)
{
    view_writer writer = find_writer(path, err);
    output_file *file;
    if (writer == NULL || publish_open(path, signals, &file, err) != PT_OK)
        return err->code;
    fill_and_commit(writer, view, file, err);
    interrupt_release(signals);
    return err->code;
}
