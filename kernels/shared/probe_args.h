/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/shared/probe_args.h - the scalars of kernels/probe.cl. */
#ifndef PT_PROBE_ARGS_H
#define PT_PROBE_ARGS_H

#include "kernels/shared/word.h"

typedef struct {
    pt_word n;      /* words of each buffer */
    pt_word factor; /* what each is multiplied by */
} probe_args;

#endif
