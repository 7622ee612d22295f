/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/gpu_ntt.h - number-theoretic transforms on a device, of several vectors side by side; gpu_ntt_plan.h reckons their passes. */
#ifndef PT_GPU_NTT_H
#define PT_GPU_NTT_H

#include <stdbool.h>

#include "gpu/gpu_ntt_plan.h"
#include "gpu/lock.h"
#include "gpu/queue.h"

enum { GPU_NTT_VECTORS_MAX = 3 };

/** Kernels and twiddles of one size and curve; unchanged once made. */
typedef struct gpu_ntt gpu_ntt;

/** With w of order n = 2^log_n, g of order 2n, g^2 = w (snarkjs's); in node/domain/ntt.h's words: */
typedef enum {
    GPU_NTT_FORWARD,   /* coefficients, natural order -> values at w^i, bit-reversed */
    GPU_NTT_BACK,      /* values at w^i, bit-reversed -> coefficients, natural order: the inverse of the first */
    GPU_NTT_SCRAMBLED, /* values at w^i, natural order -> n * coefficients, bit-reversed: ntt_inverse_scrambled */
    GPU_NTT_ODD_COSET, /* coefficients, bit-reversed -> values at g^(2i+1), natural order: ntt_forward_odd_coset */
    GPU_NTT_SHIFT      /* the last two, one pass less: values at w^i -> n * values at g^(2i+1); lazy: below 2^256 */
} gpu_ntt_kind;

typedef struct {
    gpu_ntt_shape shape;
    bool forward;   /* GPU_NTT_FORWARD will be run: a table, plan.forward_bytes */
    bool joins;     /* GPU_NTT_ODD_COSET and GPU_NTT_SHIFT will be run: the odd coset's table, plan.odd_bytes */
    bool back;      /* GPU_NTT_BACK will be: another table, plan.plain_bytes */
    gpu_lock *lock; /* held while kernels fill the tables; NULL: none is */
} gpu_ntt_options;

/** Build the kernels and fill the tables; returns when they are filled. The bytes taken are the plan's: roots and block, and those
 *  that the options ask for.
 *  shape   curve: the compiler's option that names it, "-DPT_CURVE_BN254"
 *  owns    *out is the caller's (gpu_ntt_destroy); device must outlive it, queue need not
 *  thread  any; the transforms too, each with a queue of its own
 *  errors  as gpu_ntt_plan_init, gpu_kernel_get and gpu_buffer_create */
pt_status gpu_ntt_create(gpu_device *device, gpu_queue *queue, const char *curve, unsigned log_n,
                         const gpu_ntt_options *options, gpu_ntt **out, pt_err *err);
/** Its transforms must have ended. */
void gpu_ntt_destroy(gpu_ntt *ntt);

const gpu_ntt_plan *gpu_ntt_planned(const gpu_ntt *ntt);

/** Queue one transform of each vector, in place.
 *  shape   vectors[n_vectors], 1 to GPU_NTT_VECTORS_MAX: plan.vector_bytes each at least, Montgomery form, below r (or lazy on the device)
 *  errors  PT_E_INTERNAL the options did not ask for this kind; PT_E_DEVICE, PT_E_NOMEM */
pt_status gpu_ntt_run(const gpu_ntt *ntt, gpu_queue *queue, gpu_ntt_kind kind, gpu_buffer *const *vectors, size_t n_vectors,
                      pt_err *err);

/** Queue six transforms and h = a b - c on the odd coset, canonical, in a's place: quotient_run of node/domain/quotient.h, to the byte.
 *  shape   a, b, c: as gpu_ntt_run's, natural order; b and c are overwritten
 *  errors  as gpu_ntt_run */
pt_status gpu_quotient_run(const gpu_ntt *ntt, gpu_queue *queue, gpu_buffer *a, gpu_buffer *b, gpu_buffer *c, pt_err *err);

#endif
