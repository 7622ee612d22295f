/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/device_curve.h - constants and structs of the curve that the host names: -DPT_CURVE_BN254 or -DPT_CURVE_BLS12_381. */
#ifndef PT_DEVICE_CURVE_H
#define PT_DEVICE_CURVE_H

#if defined(PT_CURVE_BN254)
#include "kernels/shared/bn254_constants.h"
#elif defined(PT_CURVE_BLS12_381)
#include "kernels/shared/bls12_381_constants.h"
#else
#error "a kernel of a curve: compile it with -DPT_CURVE_BN254 or -DPT_CURVE_BLS12_381"
#endif

#include "kernels/shared/points.h"

#endif
