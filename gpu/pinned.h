/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/pinned.h - memory of the host that a device reads and writes itself: a driver copies other memory piece by piece first. */
#ifndef PT_PINNED_H
#define PT_PINNED_H

#include "gpu/device.h"

typedef struct gpu_pinned gpu_pinned;

/** Take bytes of the host's memory; what they hold is undefined. The device's count of bytes has none of them.
 *  shape   bytes >= 1
 *  owns    *out is the caller's (gpu_pinned_destroy)
 *  thread  any
 *  errors  PT_E_NOMEM, PT_E_DEVICE: with the bytes */
pt_status gpu_pinned_create(gpu_device *device, size_t bytes, gpu_pinned **out, pt_err *err);
/** Commands that use it must have ended. */
void gpu_pinned_destroy(gpu_pinned *pinned);

/** Where it lies, for copies of gpu/queue.h and for the host. */
void *gpu_pinned_view(const gpu_pinned *pinned);

#endif
