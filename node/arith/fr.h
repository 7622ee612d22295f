/* SPDX-License-Identifier: Apache-2.0 */
/* node/arith/fr.h - the scalar field Fr: witnesses, coefficients, the NTT. */
#ifndef PT_FR_H
#define PT_FR_H

#include "node/arith/curve_build.h"

#define FIELD fr
#define FIELD_CONST(x) FR_##x
#include "node/arith/field.inc.h"

enum { FR_BYTES = 8 * FR_LIMBS };

#endif
