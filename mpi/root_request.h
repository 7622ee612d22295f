/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/root_request.h - what a run of `partita prove` was asked for, and what will be written where; refused here if it could not be. */
#ifndef PT_ROOT_REQUEST_H
#define PT_ROOT_REQUEST_H

#include "mpi/root_run.h"

/** Read the request that the command line names, and see whether its outputs can be.
 *  ranks   root only, here and below
 *  errors  of request_of_one, _of_file and _of_witnesses; PT_E_CREATE, PT_E_ARG an output that can't be */
pt_status root_request_read(root_run *run, pt_err *err);

/** The first bytes of a hash of what is asked, without looking into a file: frames of another request are none of this one's. */
uint64_t root_request_number(const request *self);

/** Is a witness a stream? That is read once, by the process that has it open. */
bool root_request_has_stream(const request *self);

#endif
