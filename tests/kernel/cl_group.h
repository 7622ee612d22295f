/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/cl_group.h - work-groups for kernels that are compiled as C: a thread a work-item, barriers between them.
 * Include after cl_words.h and before the kernels. */
#ifndef PT_CL_GROUP_H
#define PT_CL_GROUP_H

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "tests/kernel/cl_items.h"

static _Thread_local pthread_barrier_t *cl_barrier; /* of this thread's group; NULL: it is alone */

static inline CL_UNUSED void barrier(int fence)
{
    (void)fence;
    if (cl_barrier != NULL)
        pthread_barrier_wait(cl_barrier);
}

/** A launch: run(ctx) is the kernel with its arguments, called by every work-item. */
typedef struct {
    void (*run)(const void *ctx);
    const void *ctx;
    uint n_groups, group_size;
    pthread_barrier_t barrier;
} cl_launch;

typedef struct {
    cl_launch *launch;
    uint item;
} cl_thread;

static inline void *cl_thread_run(void *arg)
{
    const cl_thread *thread = arg;
    cl_launch *launch = thread->launch;
    cl_at.item = thread->item;
    cl_at.group_size = launch->group_size;
    cl_at.n_groups = launch->n_groups;
    cl_barrier = launch->group_size > 1 ? &launch->barrier : NULL;
    for (cl_at.group = 0; cl_at.group < launch->n_groups; cl_at.group++) {
        launch->run(launch->ctx);
        barrier(0); /* the next group has the same local memory */
    }
    return NULL;
}

/** Run n_groups groups, one after the other. Ends the program where there are no threads to be had. */
static inline void cl_run(void (*run)(const void *), const void *ctx, uint n_groups, uint group_size)
{
    cl_launch launch = {.run = run, .ctx = ctx, .n_groups = n_groups, .group_size = group_size};
    cl_thread *threads = calloc(group_size, sizeof *threads);
    pthread_t *ids = calloc(group_size, sizeof *ids);
    if (threads == NULL || ids == NULL || pthread_barrier_init(&launch.barrier, NULL, group_size) != 0)
        abort();
    for (uint i = 0; i < group_size; i++) {
        threads[i] = (cl_thread){&launch, i};
        if (pthread_create(&ids[i], NULL, cl_thread_run, &threads[i]) != 0)
            abort();
    }
    for (uint i = 0; i < group_size; i++)
        pthread_join(ids[i], NULL);
    pthread_barrier_destroy(&launch.barrier);
    free(threads);
    free(ids);
}

#endif
