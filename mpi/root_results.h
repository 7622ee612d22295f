/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/root_results.h - what comes of a root's run as a whole: its bundles, and what is shown. */
#ifndef PT_ROOT_RESULTS_H
#define PT_ROOT_RESULTS_H

#include "mpi/root_run.h"

/** Can the bundles be that are asked for?
 *  ranks   root only, here and below
 *  errors  of prove_bundle_check_raw */
pt_status root_results_check_bundles(const root_run *run, pt_err *err);

/** Write the bundles. failed: a partition has no proof, so there is none.
 *  errors  of prove_bundle_write */
pt_status root_results_bundle(root_run *run, bool failed, pt_err *err);

/** Print what --json and --stats ask for.
 *  errors  PT_E_NOMEM; PT_E_IO */
pt_status root_results_show(const root_run *run, pt_err *err);

/** Print what --plan asks for, in place of proving.
 *  errors  PT_E_NOMEM; PT_E_IO */
pt_status root_results_show_plan(const root_run *run, pt_err *err);

#endif
