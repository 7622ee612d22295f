/* SPDX-License-Identifier: Apache-2.0 */
/* node/arith/g2.h - G2: the sextic twist y^2 = x^3 + B' over Fq2. */
#ifndef PT_G2_H
#define PT_G2_H

#include "node/arith/fq2.h"

#define GROUP g2
#define GROUP_FIELD fq2
#define GROUP_B G2_B
#include "node/arith/group.inc.h"

static const g2_affine g2_generator = {G2_GENERATOR_X, G2_GENERATOR_Y};

#endif
