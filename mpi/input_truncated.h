/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/input_truncated.h - the end of a process whose mapped key was truncated meanwhile. */
#ifndef PT_INPUT_TRUNCATED_H
#define PT_INPUT_TRUNCATED_H

#include "mpi/run_log.h"

/** From now on a page that is not there any more (SIGBUS) ends the process with PT_E_NOINPUT and one line in this form.
 *  ranks   any */
void input_truncated_watch(log_form form);

#endif
