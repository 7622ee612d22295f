/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/prove_worker.h - `partita prove` on every rank but the root: it proves what it is assigned, and is silent. */
#ifndef PT_PROVE_WORKER_H
#define PT_PROVE_WORKER_H

#include "mpi/prove_args.h"

enum { ROOT_PATIENCE_S = 15 }; /* unheard by the root for so long a worker gives up */

/** Work for the root until it says that all is done.
 *  ranks   worker only
 *  errors  PT_E_NOMEM the root was not heard any more; what the rank was refused for */
pt_status prove_worker(const cli *options, const prove_args *args, pt_err *err);

#endif
