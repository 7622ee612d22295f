/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/pinned.h - memory of the host that a device reads and writes itself: a driver copies other memory piece by piece first. */
#ifndef PT_PINNED_H
#define PT_PINNED_H

#include "gpu/queue.h"

typedef struct gpu_pinned gpu_pinned;

/** Take bytes of the host's memory; what they hold is undefined. The device's count of bytes has none of them.
 *  shape   bytes >= 1
 *  owns    *out is the caller's (gpu_pinned_destroy)
 *  thread  any
 *  errors  PT_E_NOMEM, PT_E_DEVICE: with the bytes */
pt_status gpu_pinned_create(gpu_device *device, size_t bytes, gpu_pinned **out, pt_err *err);
/** Commands that use it must have ended. */
void gpu_pinned_destroy(gpu_pinned *pinned);

/** Send secret memory of the host that is not pinned by way of what is: the copy here and the device's own take turns, and nothing but the
 *  latter is the driver's work, whose calls in other threads would wait for it. Returns when all is there; what is pinned is zeroed.
 *  shape   bytes <= to's
 *  thread  one at a time for each pinned and queue
 *  errors  PT_E_DEVICE */
pt_status gpu_pinned_send(gpu_pinned *pinned, gpu_queue *queue, gpu_buffer *to, const uint8_t *from, size_t bytes,
                          pt_err *err);

/** Where it lies, for copies of gpu/queue.h and for the host. */
void *gpu_pinned_view(const gpu_pinned *pinned);

#endif
