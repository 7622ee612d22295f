/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/ntt_as_c.h - the kernels of a transform, compiled as C. A device's types have the host's names: vectors are bytes. */
#ifndef PT_NTT_AS_C_H
#define PT_NTT_AS_C_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/ntt_args.h"

enum { NTT_AS_C_LOG_TILE = 5, NTT_AS_C_LOG_EACH = 2 };

/* Vectors are 16-byte aligned. */
void ntt_as_c_roots(void *roots, uint32_t log_n);
void ntt_as_c_twiddles(const void *roots, void *table, ntt_twiddles_args args);
void ntt_as_c_pass(void *const vectors[3], const void *block, const void *joined, const void *roots, ntt_pass_args args,
                   size_t n_groups);
void ntt_as_c_quotient(void *a, const void *b, const void *c, const void *roots, uint32_t n);

#endif
