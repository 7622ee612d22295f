/* SPDX-License-Identifier: Apache-2.0 */
/* node/setup/setup_curve.h - the set-up of one curve: the entry `setup` of pt_curve. */
#ifndef PT_SETUP_CURVE_H
#define PT_SETUP_CURVE_H

#include "node/arith/curve_build.h"
#include "node/setup/setup.h"

#define setup_curve PT_NAME(setup_curve)

/** As setup_insecure, for a circuit of this curve whose domain has been checked. */
pt_status setup_curve(const setup_job *job, pt_err *err);

#endif
