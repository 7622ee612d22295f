/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/sum_code.h - the kernels that sum an MSM's buckets, compiled as C, as a test launches them: bytes in, bytes out.
 *
 * A device's types have the host's names, so each side is compiled alone: sum_code.inc.h reads kernels/. */
#ifndef PT_SUM_CODE_H
#define PT_SUM_CODE_H

#include "kernels/shared/msm_sum_args.h"

/** Of the walkers in both programs; G1's have their products in local memory and share inversions, G2's have them in global memory, where
 * the build asks for nothing else (sum_code.inc.h). */
#define SUM_WALK_GROUP 4
#define SUM_WALK_STRANDS 3

typedef enum { SUM_ACCUMULATE, SUM_WALK, SUM_COMBINE, SUM_HALVE, SUM_BITS, SUM_MULTIPLES } sum_kernel;

/** 16-byte aligned, as a device's buffers are. */
typedef struct {
    void *points[4]; /* of part_len points each; the last may be shorter */
    msm_word *entries;
    msm_range *ranges;
    msm_task *tasks;
    msm_cut *cuts;
    msm_sort_totals *totals;
    void *sums;
    void *kept;             /* of msm_halve that keeps */
    void *products, *local; /* of walkers: as many coordinates as walkers have strands; (2 + strands) times a group's */
} sum_memory;

/** A launch of n_groups work-groups of group work-items; args: the kernel's struct. */
void sum_code_g1(sum_kernel kernel, const sum_memory *memory, const void *args, uint32_t n_groups, uint32_t group);
void sum_code_g2(sum_kernel kernel, const sum_memory *memory, const void *args, uint32_t n_groups, uint32_t group);

#endif
