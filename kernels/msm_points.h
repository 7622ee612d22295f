/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/msm_points.h - points of one query, which may be more than a buffer holds: up to four buffers of part_len points each. */
#ifndef PT_MSM_POINTS_H
#define PT_MSM_POINTS_H

#include "kernels/group.h"

/** The arguments of a kernel that they lie in, and how it passes them on; unused ones are the first again. */
#define MSM_POINTS_ARGS                                                                             \
    __global point_affine *points0, __global point_affine *points1, __global point_affine *points2, \
        __global point_affine *points3
#define MSM_POINTS points0, points1, points2, points3

/** Where the point of this index lies. */
PT_FN __global point_affine *msm_point_at(MSM_POINTS_ARGS, uint part_len, uint index)
{
    if (index < part_len)
        return points0 + index;
    if (index - part_len < part_len)
        return points1 + (index - part_len);
    index -= 2 * part_len; /* no overflow: an index below 2^31 is not in the first two parts */
    return index < part_len ? points2 + index : points3 + (index - part_len);
}

#endif
