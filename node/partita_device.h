/* SPDX-License-Identifier: Apache-2.0 */
/* node/partita_device.h - what the files of the public API share; contracts of the functions behind it stand in node/partita.h. */
#ifndef PT_PARTITA_DEVICE_H
#define PT_PARTITA_DEVICE_H

#include "node/partita.h"
#include "node/pipeline/engine.h"

/** The status and the message of the floors below as the caller gets them; to may be NULL. */
partita_status partita_tell(const pt_err *from, partita_error *to);

/** Threads that a caller asks for; 0: what the process may have. */
size_t partita_threads(size_t asked);

/** A key for this device's engine, sent to the device if it is to prove with it.
 *  owns    *out is the caller's (engine_key_destroy), before device and key are closed
 *  thread  any
 *  errors  of engine_key_create */
pt_status partita_device_send(partita_device *device, const proving_key *key, engine_key **out, pt_err *err);

/** Have the device's engine carry a job, and wait for it: it comes back finished, how it ended is in job->err.
 *  thread  any
 *  errors  of engine_submit */
pt_status partita_device_run(partita_device *device, engine_job *job, pt_err *err);

#endif
