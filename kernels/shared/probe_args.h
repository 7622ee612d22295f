/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/shared/probe_args.h - the scalars of kernels/probe.cl. */
#ifndef PT_PROBE_ARGS_H
#define PT_PROBE_ARGS_H

#ifdef __OPENCL_VERSION__
typedef uint probe_word;
#else
#include <stdint.h>
typedef uint32_t probe_word;
#endif

typedef struct {
    probe_word n;      /* words of each buffer */
    probe_word factor; /* what each is multiplied by */
} probe_args;

#endif
