/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/spmv.h - synthesis on a device: a = A w, b = B w, c = a o b, with the matrices and their dictionary resident. */
#ifndef PT_SPMV_H
#define PT_SPMV_H

#include "gpu/queue.h"
#include "gpu/spmv_layout.h"

typedef struct gpu_spmv gpu_spmv;

/** units: bytes. What gpu_spmv_create takes of the device's memory, to the byte, and its largest buffer.
 *  errors  of spmv_count */
pt_status gpu_spmv_bytes(const spmv_circuit *circuit, uint64_t *out, uint64_t *largest, pt_err *err);

/** Cut a circuit's matrices for the device and copy them there, by queue; returns when they are.
 *  shape   options: the curve's, "-DPT_CURVE_BN254"; circuit: its coefficients are c R^2 mod r, as in a zkey
 *  owns    *out is the caller's (gpu_spmv_destroy); the device must outlive it, the circuit need not
 *  thread  any
 *  errors  of spmv_count, gpu_buffer_create, gpu_kernel_get and gpu_queue_write; PT_E_NOMEM */
pt_status gpu_spmv_create(gpu_device *device, gpu_queue *queue, const char *options, const spmv_circuit *circuit,
                          gpu_spmv **out, pt_err *err);
/** NULL is fine. */
void gpu_spmv_destroy(gpu_spmv *self);

/** Queue the three products.
 *  shape   witness: canonical values, as many as the matrices have columns; a, b, c: n_rows each, Montgomery form, below r. All are
 *          secret (gpu_buffer_create_secret), as what self keeps of them
 *  thread  one at a time: partial sums of long rows have one place, and of another queue commands may come when these have ended
 *  errors  of gpu_queue_launch */
pt_status gpu_spmv_run(const gpu_spmv *self, gpu_queue *queue, const gpu_buffer *witness, gpu_buffer *a, gpu_buffer *b,
                       gpu_buffer *c, pt_err *err);

/** Queue the zeroing of the partial sums that the latest products left.
 *  errors  PT_E_DEVICE */
pt_status gpu_spmv_wipe(gpu_spmv *self, gpu_queue *queue, pt_err *err);

#endif
