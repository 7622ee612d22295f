/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/device_fields.h - fr and fq of the curve that the host names (device_curve.h). */
#ifndef PT_DEVICE_FIELDS_H
#define PT_DEVICE_FIELDS_H

#include "kernels/device_caps.h"
#include "kernels/device_curve.h"

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
