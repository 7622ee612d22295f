/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/self_test.h - known answers: does this build of a curve compute right on this machine? */
#ifndef PT_SELF_TEST_H
#define PT_SELF_TEST_H

#include "node/curve.h"

/** Check the pairing of both generators against a stored answer, and that the verifier accepts a true statement and refuses a
 *  false one: fields, tower, groups, subgroup tests, MSM and pairing all take part. Milliseconds.
 *  ranks   any
 *  owns    *right: false for a wrong answer, and for a curve that has no stored one
 *  errors  PT_E_NOMEM: then nothing is known */
pt_status self_test_curve(const pt_curve *curve, bool *right, pt_err *err);

#endif
