/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/prove_root.h - `partita prove` on rank 0: the request, the coordinator, the worker of this process, and what comes out. */
#ifndef PT_PROVE_ROOT_H
#define PT_PROVE_ROOT_H

#include "mpi/prove_args.h"

/** Prove what is asked for, with whatever ranks there are.
 *  ranks   root only
 *  errors  what kept it from proving anything; the code of the first partition in order that failed, its message told already */
pt_status prove_root(cli *options, const prove_args *args, pt_err *err);

#endif
