/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/gnuplot.h - the program gnuplot, found by PATH. */
#ifndef PT_GNUPLOT_H
#define PT_GNUPLOT_H

#include <stdio.h>

#include "kernels/shared/status.h"

/** Is it there? To be asked before the work whose result it draws.
 *  ranks   root only
 *  errors  PT_E_DEVICE */
pt_status gnuplot_check(pt_err *err);

/** Draw. script: a file from its start; out: where gnuplot's standard output goes.
 *  ranks   root only
 *  errors  PT_E_DEVICE it is not there, or refuses the script; PT_E_IO */
pt_status gnuplot_draw(FILE *script, FILE *out, pt_err *err);

/** Write a text into a script, in single quotes: gnuplot sees no escape in them but the doubled quote.
 *  ranks   any */
void gnuplot_quote(const char *text, FILE *script);

#endif
