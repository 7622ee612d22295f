/* SPDX-License-Identifier: Apache-2.0 */
/* gpu/selftest.h - does a device compute rightly in a curve's fields and groups? Known answers: drivers do give wrong ones. */
#ifndef PT_SELFTEST_H
#define PT_SELFTEST_H

#include "gpu/lock.h"
#include "gpu/queue.h"

/** Some 60 work-items go through every operation of kernels/field.h and group.h; their words are hashed and compared.
 *  shape   curve: "bn254" or "bls12_381"; group: 1 or 2; lock: the device's, for the kernel's time; NULL: none
 *  thread  any; returns when the device has ended
 *  errors  PT_E_INTERNAL the answers are wrong: device, curve and group are named; PT_E_ARG there is no such curve or group; those
 *          of gpu_kernel_get, gpu_buffer_create and gpu_queue_launch */
pt_status gpu_selftest(gpu_device *device, gpu_queue *queue, gpu_lock *lock, const char *curve, int group, pt_err *err);

/** The same of words that a device wrote, n of them. Pure.
 *  errors  PT_E_INTERNAL, PT_E_ARG as above; who: the device's name */
pt_status gpu_selftest_judge(const char *who, const char *curve, int group, const uint32_t *words, size_t n, pt_err *err);

/** What known answers are compared by: FNV-1a over words, not bytes (kernels/generate_selftest_answers.py). Pure. */
uint64_t gpu_selftest_digest(const uint32_t *words, size_t n);

#endif
