/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/kernel/cl_words.h"
#include "tests/kernel/cl_group.h"
#include "tests/kernel/spmv_as_c.h"

#include "kernels/spmv.cl"
#include "kernels/spmv_join.cl"
#include "kernels/spmv_product.cl"

enum { GROUP = 3 };

typedef struct {
    const void *tasks, *entries, *values, *witness;
    void *rows, *partials, *product;
    spmv_args args;
} launch_args;

static void run_tasks(const void *ctx)
{
    const launch_args *a = ctx;
    spmv(a->tasks, a->entries, a->values, a->witness, a->rows, a->partials, a->args);
}

static void run_joins(const void *ctx)
{
    const launch_args *a = ctx;
    spmv_join(a->tasks, a->rows, a->partials, a->args);
}

static void run_product(const void *ctx)
{
    const launch_args *a = ctx;
    spmv_product(a->values, a->witness, a->product, a->args);
}

void spmv_as_c_tasks(const spmv_task *tasks, const spmv_entry *entries, const void *values, const void *witness, void *rows,
                     void *partials, spmv_args args)
{
    const launch_args a = {tasks, entries, values, witness, rows, partials, NULL, args};
    cl_run(run_tasks, &a, args.n / GROUP + 1, GROUP);
}

void spmv_as_c_joins(const spmv_join_task *joins, void *rows, void *partials, spmv_args args)
{
    const launch_args a = {.tasks = joins, .rows = rows, .partials = partials, .args = args};
    cl_run(run_joins, &a, args.n / GROUP + 1, GROUP);
}

void spmv_as_c_product(const void *a, const void *b, void *c, spmv_args args)
{
    const launch_args all = {.values = a, .witness = b, .product = c, .args = args};
    cl_run(run_product, &all, args.n / GROUP + 1, GROUP);
}
