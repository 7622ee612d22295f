/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/cl_items.h - what a work-item knows of its group, for kernels that are compiled as C. Who runs the items of a group:
 * cl_group.h, a thread each, or cl_fibers.h, a fiber each; one of them is included after cl_words.h and before the kernels. */
#ifndef PT_CL_ITEMS_H
#define PT_CL_ITEMS_H

typedef struct {
    uint x, y;
} __attribute__((aligned(8))) uint2;

#define CLK_LOCAL_MEM_FENCE 1
#define CLK_GLOBAL_MEM_FENCE 2
#define reqd_work_group_size(x, y, z) unused /* in an __attribute__ */
#define min(a, b) ((a) < (b) ? (a) : (b))

/* The item that this thread runs now. */
static _Thread_local struct {
    uint item, group, group_size, n_groups;
} cl_at CL_UNUSED;

static inline CL_UNUSED size_t get_local_id(uint dimension)
{
    return dimension == 0 ? cl_at.item : 0;
}
static inline CL_UNUSED size_t get_local_size(uint dimension)
{
    return dimension == 0 ? cl_at.group_size : 1;
}
static inline CL_UNUSED size_t get_group_id(uint dimension)
{
    return dimension == 0 ? cl_at.group : 0;
}
static inline CL_UNUSED size_t get_global_id(uint dimension)
{
    return dimension == 0 ? (size_t)cl_at.group * cl_at.group_size + cl_at.item : 0;
}
static inline CL_UNUSED size_t get_global_size(uint dimension)
{
    return dimension == 0 ? (size_t)cl_at.n_groups * cl_at.group_size : 1;
}
static inline CL_UNUSED size_t get_num_groups(uint dimension)
{
    return dimension == 0 ? cl_at.n_groups : 1;
}

static inline CL_UNUSED uint atomic_add(uint *to, uint n)
{
    return __atomic_fetch_add(to, n, __ATOMIC_RELAXED);
}
static inline CL_UNUSED uint atomic_inc(uint *to)
{
    return atomic_add(to, 1);
}
static inline CL_UNUSED uint atomic_or(uint *to, uint bits)
{
    return __atomic_fetch_or(to, bits, __ATOMIC_RELAXED);
}

#endif
