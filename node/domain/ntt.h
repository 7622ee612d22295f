/* SPDX-License-Identifier: Apache-2.0 */
/* node/domain/ntt.h - number-theoretic transforms over the 2^k-th roots of unity of Fr, snarkjs's generator. Per curve. */
#ifndef PT_NTT_H
#define PT_NTT_H

#include "node/arith/fr.h"
#include "node/curve.h"
#include "node/pipeline/crew.h"

#define ntt_domain_create PT_NAME(ntt_domain_create)
#define ntt_domain_destroy PT_NAME(ntt_domain_destroy)
#define ntt_domain_bytes PT_NAME(ntt_domain_bytes)
#define ntt_inverse_scrambled PT_NAME(ntt_inverse_scrambled)
#define ntt_forward_odd_coset PT_NAME(ntt_forward_odd_coset)
#define ntt_shift_lazy PT_NAME(ntt_shift_lazy)
#define ntt_forward PT_NAME(ntt_forward)

typedef struct ntt_domain ntt_domain; /* twiddles of one size; immutable once made, shared by threads */

/** Twiddles for 2^log_n points.
 *  owns    *out is the caller's (ntt_domain_destroy)
 *  errors  PT_E_ARG log_n > PT_LOG_DOMAIN_MAX; PT_E_NOMEM */
pt_status ntt_domain_create(unsigned log_n, crew *threads, ntt_domain **out, pt_err *err);
void ntt_domain_destroy(ntt_domain *domain);
size_t ntt_domain_bytes(unsigned log_n);

/** values -> n * coefficients, in bit-reversed order (no 1/n factor, no permutation pass).
 *  shape   v: n values, natural order, Montgomery form, in place */
void ntt_inverse_scrambled(const ntt_domain *domain, crew *threads, fr *v);

/** coefficients in bit-reversed order -> values on the odd coset { g^(2i+1) }, g of order 2n, natural order; in place.
 *  The coset's shift is fused into the twiddles: twiddles of a level are odd powers. */
void ntt_forward_odd_coset(const ntt_domain *domain, crew *threads, fr *v);

/** ntt_inverse_scrambled, then ntt_forward_odd_coset, of several vectors at once, blocks still in the cache between the two: values
 *  on the domain -> n * values on the odd coset. The answer is lazy (node/domain/butterfly.h).
 *  shape   vectors[n_vectors]: n values each */
void ntt_shift_lazy(const ntt_domain *domain, crew *threads, fr *const *vectors, size_t n_vectors);

/** coefficients in natural order -> values in natural order; in place (benchmarks and tests). */
void ntt_forward(const ntt_domain *domain, crew *threads, fr *v);

#endif
