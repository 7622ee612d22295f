/* SPDX-License-Identifier: Apache-2.0 */
/* node/curve_entries.h - the per-curve functions that fill the table of node/curve.h; contracts stand there. */
#ifndef PT_CURVE_ENTRIES_H
#define PT_CURVE_ENTRIES_H

#include "node/arith/curve_build.h"
#include "node/curve.h"

#define curve_table PT_NAME(curve_table)
#define cpu_executors PT_NAME(cpu_executors)
#define device_executors PT_NAME(device_executors)
#define curve_verify_batch PT_NAME(curve_verify_batch)

/** This curve's table, this instruction set. */
extern const pt_curve curve_table;
extern const struct stage_executors cpu_executors, device_executors;

pt_status curve_verify_batch(const struct groth16_batch *batch, pt_err *verdicts, pt_err *err);

#endif
