/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/device_fields.h - fr and fq of the curve that the host names by -DPT_CURVE_BN254 or -DPT_CURVE_BLS12_381. */
#ifndef PT_DEVICE_FIELDS_H
#define PT_DEVICE_FIELDS_H

#if defined(PT_CURVE_BN254)
#include "kernels/shared/bn254_constants.h"
#elif defined(PT_CURVE_BLS12_381)
#include "kernels/shared/bls12_381_constants.h"
#else
#error "a kernel of a curve: compile it with -DPT_CURVE_BN254 or -DPT_CURVE_BLS12_381"
#endif

#include "kernels/device_caps.h"
#include "kernels/shared/points.h"

#if PT_PTX
#include "kernels/ptx_chains.h"
#endif

#define FIELD fr
#define FIELD_CONST(x) FR_##x
#include "kernels/field.h"

#define FIELD fq
#define FIELD_CONST(x) FQ_##x
#include "kernels/field.h"

#endif
