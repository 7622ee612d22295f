/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/root_journal.h - the journal of a root's run: opened before keys are read, begun with what earlier runs have proven, left or retired. */
#ifndef PT_ROOT_JOURNAL_H
#define PT_ROOT_JOURNAL_H

#include "mpi/root_run.h"

/** Before keys are read: a second run in the same place is refused at once. Where none is kept nothing is opened.
 *  ranks   root only, here and below
 *  errors  PT_E_CREATE; of journal_open */
pt_status root_journal_open(root_run *run, pt_err *err);

/** The keys are open: what earlier runs have proven is published again and not proven again.
 *  errors  of request_identity, journal_begin and journal_find */
pt_status root_journal_begin(root_run *run, pt_err *err);

/** A journal of nothing is not left, nor a directory that was made for it. */
void root_journal_close(root_run *run);

#endif
