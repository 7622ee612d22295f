/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/sort_code.h - the kernels of an MSM's sort, compiled as C. */
#ifndef PT_SORT_CODE_H
#define PT_SORT_CODE_H

#include "gpu/msm_sort_plan.h"

/** Run one step. buffers[MSM_SORT_N_BUFFERS]: memory of the plan's bytes. */
void sort_code_run(const msm_sort_step *step, void *const *buffers);

/** Local memory that the greediest of them takes. */
uint64_t sort_code_local_bytes(void);

#endif
