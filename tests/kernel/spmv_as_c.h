/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/spmv_as_c.h - the kernels of synthesis, compiled as C. A device's types have the host's names: values are bytes. */
#ifndef PT_SPMV_AS_C_H
#define PT_SPMV_AS_C_H

#include "kernels/shared/spmv_tasks.h"

/* Values are 16-byte aligned. */
void spmv_as_c_tasks(const spmv_task *tasks, const spmv_entry *entries, const void *values, const void *witness, void *rows,
                     void *partials, spmv_args args);
void spmv_as_c_joins(const spmv_join_task *joins, void *rows, void *partials, spmv_args args);
void spmv_as_c_product(const void *a, const void *b, void *c, spmv_args args);

#endif
