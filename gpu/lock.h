/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/lock.h - one lock a device, held while its kernels run and for nothing else: threads and processes take turns. */
#ifndef PT_GPU_LOCK_H
#define PT_GPU_LOCK_H

#include "kernels/shared/status.h"

typedef struct gpu_lock gpu_lock;

/** The lock of a device, by two files in dir that stay there: flock(2) on them ends with the process that holds it, so none is stale.
 *  shape   dir: a folder, the same for all who share devices; name: the device's PCI address, or what else tells it from others on
 *          this host; characters other than letters, digits, '.', '-' and '_' become '_'
 *  owns    *out is the caller's (gpu_lock_close); a process made by fork alone shares what is held
 *  errors  PT_E_ARG name empty or too long; PT_E_CREATE a file that can't be opened or is no plain file; PT_E_NOMEM */
pt_status gpu_lock_open(const char *dir, const char *name, gpu_lock **out, pt_err *err);

/** Not while it is taken. NULL is fine. */
void gpu_lock_close(gpu_lock *self);

/** Wait for the device. A process's threads get it in the order in which they came; processes that all want it take turns. NULL is fine: the
 *  device is nobody else's.
 *  thread  any; not again before gpu_lock_give
 *  errors  PT_E_DEVICE the system refuses the lock: it is not taken */
pt_status gpu_lock_take(gpu_lock *self, pt_err *err);
void gpu_lock_give(gpu_lock *self);

#endif
