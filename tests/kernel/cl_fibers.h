/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/cl_fibers.h - work-groups for kernels that are compiled as C: a work-item is a fiber, which goes on to its next barrier.
 * One thread runs them all, in the order of their ids, so local memory is static (SORT_LOCAL). Include after cl_words.h and before
 * the kernels. */
#ifndef PT_CL_FIBERS_H
#define PT_CL_FIBERS_H

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <ucontext.h>

#include "tests/kernel/cl_items.h"

enum { CL_STACK_BYTES = 1 << 15, CL_FIBERS_MAX = 128 };

static struct {
    ucontext_t scheduler, items[CL_FIBERS_MAX];
    char *stacks;
    bool ended[CL_FIBERS_MAX];
    void (*run)(const void *ctx);
    const void *ctx;
} cl_fibers;

static inline CL_UNUSED void barrier(int fence)
{
    (void)fence;
    swapcontext(&cl_fibers.items[cl_at.item], &cl_fibers.scheduler);
}

static void cl_fiber_run(void)
{
    cl_fibers.run(cl_fibers.ctx);
    cl_fibers.ended[cl_at.item] = true;
    swapcontext(&cl_fibers.items[cl_at.item], &cl_fibers.scheduler);
}

/* Not inlined: getcontext may return twice, and a loop's variable would not outlive that. */
static __attribute__((noinline)) void cl_fiber_make(uint i)
{
    ucontext_t *item = &cl_fibers.items[i];
    getcontext(item);
    item->uc_stack.ss_sp = cl_fibers.stacks + (size_t)i * CL_STACK_BYTES;
    item->uc_stack.ss_size = CL_STACK_BYTES;
    item->uc_link = NULL;
    makecontext(item, cl_fiber_run, 0);
    cl_fibers.ended[i] = false;
}

/* Every work-item to its next barrier; all of them end there, or none: else a barrier was missed, which is undefined on a device. */
static bool cl_round(void)
{
    uint n_ended = 0;
    for (cl_at.item = 0; cl_at.item < cl_at.group_size; cl_at.item++) {
        swapcontext(&cl_fibers.scheduler, &cl_fibers.items[cl_at.item]);
        n_ended += cl_fibers.ended[cl_at.item];
    }
    if (n_ended != 0 && n_ended != cl_at.group_size)
        abort();
    return n_ended == 0;
}

/** Run a launch: run(ctx) is the kernel with its arguments, called by every work-item. */
static void cl_run(void (*run)(const void *ctx), const void *ctx, uint n_groups, uint group_size)
{
    assert(group_size <= CL_FIBERS_MAX);
    cl_fibers.stacks = malloc((size_t)group_size * CL_STACK_BYTES);
    if (cl_fibers.stacks == NULL)
        abort();
    cl_fibers.run = run;
    cl_fibers.ctx = ctx;
    cl_at.n_groups = n_groups;
    cl_at.group_size = group_size;
    for (cl_at.group = 0; cl_at.group < n_groups; cl_at.group++) {
        for (uint i = 0; i < group_size; i++)
            cl_fiber_make(i);
        while (cl_round())
            ;
    }
    free(cl_fibers.stacks);
}

#endif
