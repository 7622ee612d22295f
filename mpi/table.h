/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/table.h - rows of text in columns as wide as they need. */
#ifndef PT_TABLE_H
#define PT_TABLE_H

#include <stdio.h>

#include "kernels/shared/status.h"

typedef struct table table;

/** Begin a table. headings: separated by tabs; a column whose heading begins with '>' is set flush right.
 *  owns    *out is the caller's (table_destroy)
 *  ranks   any
 *  errors  PT_E_NOMEM; PT_E_INTERNAL more than 24 columns */
pt_status table_create(const char *headings, table **out, pt_err *err);

/** ranks   any */
void table_destroy(table *self);

/** Add a row: printf's arguments, cells separated by tabs (at most as many as headings; missing ones stay empty).
 *  ranks   any
 *  errors  PT_E_NOMEM */
pt_status table_add(table *self, pt_err *err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/** All rows, the headings first.
 *  ranks   root only */
void table_print(const table *self, FILE *stream);

#endif
