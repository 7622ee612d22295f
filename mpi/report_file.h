/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/report_file.h - the files of a report: its figures as CSV, and what gnuplot draws of them. */
#ifndef PT_REPORT_FILE_H
#define PT_REPORT_FILE_H

#include <stdio.h>

#include "kernels/shared/status.h"

/** Write a report. Whether out took it is for the caller to ask. */
typedef void report_writer(const void *report, FILE *out);

/** Before the work: may both be written, and is gnuplot there for a plot? NULL: not asked for.
 *  shape   inputs[n]: files that must not be overwritten
 *  ranks   root only, here and below
 *  errors  PT_E_ARG they are one file, or an input; PT_E_CREATE; PT_E_DEVICE no gnuplot; PT_E_NOMEM */
pt_status report_file_check(const char *csv, const char *plot, const char *const *inputs, size_t n, pt_err *err);

/** Nothing without a path.
 *  errors  of output_file_open and output_file_commit */
pt_status report_file_write(const char *path, report_writer *write, const void *report, pt_err *err);

/** The same of what gnuplot makes of a script.
 *  errors  of gnuplot_draw, output_file_open and output_file_commit; PT_E_CREATE no temporary file */
pt_status report_file_draw(const char *path, report_writer *write_script, const void *report, pt_err *err);

#endif
