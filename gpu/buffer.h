/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/buffer.h - named buffers of a device; the device counts their bytes. */
#ifndef PT_BUFFER_H
#define PT_BUFFER_H

#include "gpu/device.h"

typedef struct gpu_buffer gpu_buffer;

/** Take bytes of the device's memory; what they hold is undefined.
 *  shape   name: for errors and figures; its first 39 characters are kept
 *  owns    *out is the caller's (gpu_buffer_destroy)
 *  thread  any
 *  errors  PT_E_NOMEM more than one buffer may have, than memory_max leaves, or than there is: with the figures; PT_E_DEVICE */
pt_status gpu_buffer_create(gpu_device *device, const char *name, size_t bytes, gpu_buffer **out, pt_err *err);
/** The same for what is secret (docs/security.md): zeroed on the device before it goes back, unless the device has failed. */
pt_status gpu_buffer_create_secret(gpu_device *device, const char *name, size_t bytes, gpu_buffer **out, pt_err *err);
/** Commands that use it must have ended. */
void gpu_buffer_destroy(gpu_buffer *buffer);

size_t gpu_buffer_bytes(const gpu_buffer *buffer);
const char *gpu_buffer_name(const gpu_buffer *buffer);

#endif
