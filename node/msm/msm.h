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

/** Points that meet the scalars [first, first + n): sum over i < n of scalars[first + i] points[i]. */
typedef struct {
    const uint8_t *points; /* n affine points as in a key file, any alignment; infinity all zero */
    size_t first, n;
} msm_query;

/** All the sums of one witness in one parallel run: scalars are classed by length and recoded once, and the tasks of every
 *  query (slices of its windows) share the crew.
 *  shape   scalars: n_scalars canonical; g1[n_g1] -> out_g1[n_g1]; g2[n_g2] -> out_g2[n_g2]; any query may be empty
 *  owns    scratch is taken and zeroed inside: what is recoded from a witness is secret
 *  errors  PT_E_ARG a query beyond the scalars; PT_E_NOMEM with the bytes
 *  source  Pippenger 1976; docs/math.md, eqs. 39 to 44 */
pt_status msm_run(crew *threads, const fr *scalars, size_t n_scalars, const msm_query *g1, size_t n_g1, g1_xyzz *out_g1,
                  const msm_query *g2, size_t n_g2, g2_xyzz *out_g2, pt_err *err);

/** msm_run with windows of a given width, WINDOW_WIDTH_MIN to WINDOW_WIDTH_MAX; 0: what costs least. The same points. */
pt_status msm_run_width(crew *threads, unsigned width, const fr *scalars, size_t n_scalars, const msm_query *g1,
                        size_t n_g1, g1_xyzz *out_g1, const msm_query *g2, size_t n_g2, g2_xyzz *out_g2, pt_err *err);

#endif
