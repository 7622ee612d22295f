/* SPDX-License-Identifier: Apache-2.0 */
/* node/msm/msm.h - multi-scalar multiplications that share one vector of scalars. Per curve. */
#ifndef PT_MSM_H
#define PT_MSM_H

#include "node/arith/fr.h"
#include "node/arith/g1.h"
#include "node/arith/g2.h"
#include "node/pipeline/crew.h"

#define msm_run PT_NAME(msm_run)
#define msm_run_width PT_NAME(msm_run_width)
#define msm_memory_bytes PT_NAME(msm_memory_bytes)
#define msm_begin PT_NAME(msm_begin)
#define msm_sum PT_NAME(msm_sum)

/** Points that meet the scalars [first, first + n): sum over i < n of scalars[first + i] points[i]. */
typedef struct {
    const uint8_t *points; /* n affine points as in a key file, any alignment; infinity all zero */
    size_t first, n;
} msm_query;

/** How much is asked: what memory is sized by. */
typedef struct {
    size_t n_scalars, n_threads, n_g1, n_g2;
} msm_size;

/** Scalars that are recoded, and memory to sum with; it lies in the memory that msm_begin was given. */
typedef struct msm msm;

/** units: bytes. What msm_begin needs, whatever the scalars are. */
size_t msm_memory_bytes(const msm_size *size);

/** Class scalars by length and recode them, once for all sums over them. They are not read afterwards.
 *  shape   scalars: size->n_scalars canonical; size->n_threads: those of the largest crew that will sum
 *  owns    memory: at least msm_memory_bytes(size), 64-byte aligned, any content; the caller's, who zeroes it: what is recoded from a
 *          witness is secret
 *  errors  PT_E_ARG more scalars than are supported
 *  source  Pippenger 1976; docs/math.md, eqs. 39 to 44 */
pt_status msm_begin(crew *threads, const fr *scalars, const msm_size *size, void *memory, msm **out, pt_err *err);

/** Sums of points; the tasks of every query (slices of its windows) share the crew. May be called again.
 *  shape   g1[n_g1] -> out_g1[n_g1]; g2[n_g2] -> out_g2[n_g2]; all that the size has, or those of one group alone; a query may be empty
 *  errors  PT_E_ARG a query beyond the scalars */
pt_status msm_sum(crew *threads, msm *self, const msm_query *g1, size_t n_g1, g1_xyzz *out_g1, const msm_query *g2,
                  size_t n_g2, g2_xyzz *out_g2, pt_err *err);

/** msm_begin and msm_sum in secret memory of its own.
 *  errors  PT_E_ARG; PT_E_NOMEM with the bytes */
pt_status msm_run(crew *threads, const fr *scalars, size_t n_scalars, const msm_query *g1, size_t n_g1, g1_xyzz *out_g1,
                  const msm_query *g2, size_t n_g2, g2_xyzz *out_g2, pt_err *err);

/** msm_run with windows of a given width, WINDOW_WIDTH_MIN to WINDOW_WIDTH_MAX; 0: what costs least. The same points. */
pt_status msm_run_width(crew *threads, unsigned width, const fr *scalars, size_t n_scalars, const msm_query *g1,
                        size_t n_g1, g1_xyzz *out_g1, const msm_query *g2, size_t n_g2, g2_xyzz *out_g2, pt_err *err);

#endif
