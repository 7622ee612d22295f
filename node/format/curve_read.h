/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/curve_read.h - the curve of a binary file, by its primes and never by a name. */
#ifndef PT_CURVE_READ_H
#define PT_CURVE_READ_H

#include "node/curve.h"
#include "node/format/binfile.h"

/** Read {n8 u32, r n8 bytes} and find the curve with this scalar field.
 *  errors  PT_E_FORMAT truncated, or no known prime */
pt_status curve_read_r(binfile_cursor *cursor, cpu_features features, const pt_curve **out, pt_err *err);

/** Read {n8q u32, q, n8r u32, r}: both primes must be of one curve. Errors as curve_read_r. */
pt_status curve_read_q_r(binfile_cursor *cursor, cpu_features features, const pt_curve **out, pt_err *err);

#endif
