/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/inspect_lint.h - partita inspect --lint: the findings of a file on stdout, and whether a build should stop for them. */
#ifndef PT_INSPECT_LINT_H
#define PT_INSPECT_LINT_H

#include "mpi/cli.h"
#include "mpi/file_kind.h"
#include "node/format/lint.h"

/** Rules whose findings are shown but do not count. */
typedef struct {
    bool allowed[LINT_RULES];
} lint_allowance;

/** Lint a file and show what was found.
 *  ranks   root only
 *  errors  PT_E_FORMAT an error or a warning that is not allowed; PT_E_ARG a kind of file without rules; those of reading */
pt_status inspect_lint(const cli *self, const char *path, file_kind kind, const lint_allowance *allowance, pt_err *err);

#endif
