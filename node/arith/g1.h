/* SPDX-License-Identifier: Apache-2.0 */
/* node/arith/g1.h - G1: y^2 = x^3 + B over Fq. */
#ifndef PT_G1_H
#define PT_G1_H

#include "node/arith/fq.h"
#include "node/arith/fr.h"

#define GROUP g1
#define GROUP_FIELD fq
#define GROUP_B G1_B
#include "node/arith/group.inc.h"

static const g1_affine g1_generator = G1_GENERATOR;

#endif
