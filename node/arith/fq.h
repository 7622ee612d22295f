/* SPDX-License-Identifier: Apache-2.0 */
/* node/arith/fq.h - the base field Fq: coordinates of G1. */
#ifndef PT_FQ_H
#define PT_FQ_H

#include "node/arith/curve_build.h"

#define FIELD fq
#define FIELD_HAS_PAIRS
#define FIELD_CONST(x) FQ_##x
#include "node/arith/field.inc.h"

enum { FQ_BYTES = 8 * FQ_LIMBS };

#endif
