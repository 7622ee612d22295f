/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/claims.h - bytes of a device's memory that processes of this host have planned to take: who plans sees what the others left. */
#ifndef PT_CLAIMS_H
#define PT_CLAIMS_H

#include <stdint.h>

#include "kernels/shared/status.h"

typedef struct gpu_claims gpu_claims;

/** A part of the memory; {0}: none. */
typedef struct gpu_claim {
    uint64_t first, n_bytes; /* first: where it stands among the others, which is no address */
} gpu_claim;

/** The claims of a device, in a file that stays there; what a process has claimed ends with it, however it ends. Where the system has no locks of
 *  that kind (before Linux 3.15), nobody sees the others.
 *  shape   dir, name: as gpu_lock_open has them
 *  owns    *out is the caller's (gpu_claims_close)
 *  errors  PT_E_ARG name empty or too long; PT_E_CREATE a file that can't be opened or is no plain file; PT_E_NOMEM */
pt_status gpu_claims_open(const char *dir, const char *name, gpu_claims **out, pt_err *err);

/** What is left of its claims is dropped. NULL is fine. */
void gpu_claims_close(gpu_claims *self);

/** Bytes that others have claimed now: all but those claimed by way of self.
 *  thread  any, here and below */
uint64_t gpu_claims_of_others(const gpu_claims *self);

/** Begin to plan: nobody else does until gpu_claims_end, which the caller calls soon.
 *  errors  PT_E_DEVICE the system refuses the lock: nothing was begun */
pt_status gpu_claims_begin(gpu_claims *self, pt_err *err);
void gpu_claims_end(gpu_claims *self);

/** Claim what was planned, before gpu_claims_end.
 *  owns    *out is the caller's (gpu_claims_drop)
 *  errors  PT_E_DEVICE the system refuses it */
pt_status gpu_claims_add(gpu_claims *self, uint64_t n_bytes, gpu_claim *out, pt_err *err);
void gpu_claims_drop(gpu_claims *self, gpu_claim claim);

#endif
