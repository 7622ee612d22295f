/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/report_file.h"

#include "mpi/gnuplot.h"
#include "node/format/output_file.h"

static pt_status check_file(const char *path, const char *const *inputs, size_t n, pt_err *err)
{
    input_set set;
    if (path == NULL || input_set_init(inputs, n, &set, err) != PT_OK)
        return err->code;
    output_file_check(path, &set, err);
    input_set_clear(&set);
    return err->code;
}

pt_status report_file_check(const char *csv, const char *plot, const char *const *inputs, size_t n, pt_err *err)
{
    if (csv != NULL && plot != NULL && output_file_same(csv, plot))
        return pt_fail(err, PT_E_ARG, "--csv and --plot are the same file");
    if (plot != NULL && gnuplot_check(err) != PT_OK)
        return err->code;
    return check_file(csv, inputs, n, err) == PT_OK ? check_file(plot, inputs, n, err) : err->code;
}

/* Keep what is in a file that is whole. */
static pt_status end_file(output_file *file, pt_err *err)
{
    if (err->code == PT_OK)
        return output_file_commit(file, err);
    output_file_abandon(file);
    return err->code;
}

pt_status report_file_write(const char *path, report_writer *write, const void *report, pt_err *err)
{
    output_file *file;
    if (path == NULL || output_file_open(path, &file, err) != PT_OK)
        return err->code;
    write(report, output_file_stream(file));
    return end_file(file, err);
}

pt_status report_file_draw(const char *path, report_writer *write_script, const void *report, pt_err *err)
{
    output_file *file;
    if (path == NULL || output_file_open(path, &file, err) != PT_OK)
        return err->code;
    FILE *script = tmpfile();
    if (script == NULL) {
        pt_fail(err, PT_E_CREATE, "no temporary file for the plot's script");
        return end_file(file, err);
    }
    write_script(report, script);
    gnuplot_draw(script, output_file_stream(file), err);
    fclose(script);
    return end_file(file, err);
}
