/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/queue.h - commands to a device, in order, and the time that each took, where that is asked for. */
#ifndef PT_QUEUE_H
#define PT_QUEUE_H

#include "gpu/buffer.h"
#include "gpu/program.h"

/** Commands run one after the other; those of two queues at any time. */
typedef struct gpu_queue gpu_queue;

/** owns    *out is the caller's (gpu_queue_destroy)
 *  thread  any, one at a time
 *  errors  PT_E_DEVICE, PT_E_NOMEM; so of every function below: device and step are named */
pt_status gpu_queue_create(gpu_device *device, gpu_queue **out, pt_err *err);
/** The same without times, which cost some microseconds a command: gpu_queue_times has none, and most kernels, fills and copies have no event. */
pt_status gpu_queue_create_untimed(gpu_device *device, gpu_queue **out, pt_err *err);
/** Waits for what is queued, which after a fault may still use the host's memory of a `_later`. */
void gpu_queue_destroy(gpu_queue *queue);

/** One argument of a kernel. */
typedef struct {
    const gpu_buffer *buffer; /* NULL: a value */
    const void *value;        /* NULL: local memory */
    size_t bytes;
} gpu_arg;

static inline gpu_arg gpu_arg_buffer(const gpu_buffer *buffer)
{
    return (gpu_arg){.buffer = buffer};
}
/** The value is copied by the launch. */
static inline gpu_arg gpu_arg_value(const void *value, size_t bytes)
{
    return (gpu_arg){.value = value, .bytes = bytes};
}
static inline gpu_arg gpu_arg_local(size_t bytes)
{
    return (gpu_arg){.bytes = bytes};
}
#define GPU_ARG_VALUE(variable) gpu_arg_value(&(variable), sizeof(variable))
/** The arguments of a launch, in the kernel's order: GPU_ARGS(gpu_arg_buffer(points), GPU_ARG_VALUE(args)) */
#define GPU_ARGS(...) (const gpu_arg[]){__VA_ARGS__}, sizeof((const gpu_arg[]){__VA_ARGS__}) / sizeof(gpu_arg)

/** Launch at least n work-items in work-groups of group: n is rounded up to a multiple, so a kernel looks at its own bound.
 *  n == 0 launches nothing. Returns at once.
 *  shape   args[n_args]: all of the kernel's
 *  errors  PT_E_INTERNAL the kernel has other arguments; PT_E_ARG group is 0 or larger than the kernel's group_max */
pt_status gpu_queue_launch(gpu_queue *queue, gpu_kernel *kernel, size_t n, size_t group, const gpu_arg *args, size_t n_args,
                           pt_err *err);

/** Copy to and from the device. A blocking copy returns when it has ended, so all before it has too; one that is `_later` returns
 *  at once, and the host's memory must stay as it is until gpu_queue_wait.
 *  errors  PT_E_INTERNAL beyond the buffer's end */
pt_status gpu_queue_write(gpu_queue *queue, gpu_buffer *to, size_t offset, const void *from, size_t bytes, pt_err *err);
pt_status gpu_queue_write_later(gpu_queue *queue, gpu_buffer *to, size_t offset, const void *from, size_t bytes,
                                pt_err *err);
pt_status gpu_queue_read(gpu_queue *queue, const gpu_buffer *from, size_t offset, size_t bytes, void *to, pt_err *err);
pt_status gpu_queue_read_later(gpu_queue *queue, const gpu_buffer *from, size_t offset, size_t bytes, void *to,
                               pt_err *err);

/** Set bytes (a multiple of 4, as offset) to a repeated word; copy between two buffers. Both return at once.
 *  errors  PT_E_INTERNAL beyond a buffer's end */
pt_status gpu_queue_fill(gpu_queue *queue, gpu_buffer *to, size_t offset, uint32_t word, size_t bytes, pt_err *err);
pt_status gpu_queue_copy(gpu_queue *queue, const gpu_buffer *from, size_t from_offset, gpu_buffer *to, size_t to_offset,
                         size_t bytes, pt_err *err);
/** Fill all of a buffer with zeros. Returns at once; NULL is fine. */
pt_status gpu_queue_wipe(gpu_queue *queue, gpu_buffer *buffer, pt_err *err);

/** Hand what is queued to the device, which may begin while more is queued. Does not wait. */
pt_status gpu_queue_flush(gpu_queue *queue, pt_err *err);

/** Wait until all that is queued has ended.
 *  errors  PT_E_DEVICE the first step that failed is named; where it has no event, the next one that has */
pt_status gpu_queue_wait(gpu_queue *queue, pt_err *err);

/** The place behind all that is queued now, with an event of its own if need be, and a wait for what is before such a place: not for what was
 *  queued later.
 *  errors  as gpu_queue_wait */
pt_status gpu_queue_mark(gpu_queue *queue, uint64_t *mark, pt_err *err);
pt_status gpu_queue_wait_until(gpu_queue *queue, uint64_t mark, pt_err *err);

/** What the commands of one name took on the device, by their events. name: the kernel's, or "write", "read", "fill", "copy". */
typedef struct {
    const char *name;
    size_t n;
    uint64_t total_ns, min_ns, max_ns;
} gpu_time;

/** The times of the commands that have ended, since the queue was made or gpu_queue_forget_times, in the order of their first
 *  one: call after gpu_queue_wait or a blocking read.
 *  owns    the queue's, until its next command */
const gpu_time *gpu_queue_times(const gpu_queue *queue, size_t *n);
void gpu_queue_forget_times(gpu_queue *queue);

#endif
