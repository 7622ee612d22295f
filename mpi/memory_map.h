/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/memory_map.h - `partita bench msm --memory-map`: every buffer that sums of points take on a device, before any is taken. */
#ifndef PT_MEMORY_MAP_H
#define PT_MEMORY_MAP_H

#include <argp.h>
#include <jansson.h>
#include <stdio.h>

#include "mpi/cli.h"
#include "node/bench/device_shape.h"

enum { MEMORY_OPT_MAP = 0x500, MEMORY_OPT_ASSUME, MEMORY_OPT_BATCHES, MEMORY_OPT_FORCE_BATCHES, MEMORY_OPT_WINDOW };
enum { MEMORY_BATCHES_MAX = 64, MEMORY_WINDOWS_MAX = 1 + GPU_MSM_C_MAX - GPU_MSM_C_MIN };

typedef struct memory_args {
    bool map;                             /* --memory-map */
    device_limits assumed;                /* of --assume; buffer_max 0: not given */
    unsigned batches[MEMORY_BATCHES_MAX]; /* of --batches or --force-batches */
    size_t n_batches;
    unsigned windows[MEMORY_WINDOWS_MAX]; /* of --window: bits */
    size_t n_windows;
    bool one, several; /* which of the two were given */
} memory_args;

/** In a parser: one of the options above.
 *  ranks   root only */
error_t memory_args_parse(memory_args *args, int key, const char *arg, const struct argp_state *state);

/** Do these options go together, and with --gpu-memory? device: of --device, NULL or "cpu" for none; plot: of --plot, or NULL.
 *  ranks   root only
 *  errors  PT_E_ARG */
pt_status memory_args_check(const memory_args *args, const cli *options, const char *device, const char *plot, pt_err *err);

/** What the plans of one curve's MSMs are to be shown for. */
typedef struct {
    const pt_curve *curve;
    const device_limits *limits;
    uint64_t memory_bytes; /* of --gpu-memory; 0: not given */
    const unsigned *log_sizes;
    size_t n_sizes;
    unsigned groups;         /* GROUP_G1 | GROUP_G2 */
    const unsigned *batches; /* of windows; n_batches 0: what is fastest */
    size_t n_batches;
    const unsigned *windows; /* bits; n_windows 0: what is fastest */
    size_t n_windows;
} memory_map_asked;

/** Plan each size in each group, over points and over tables where they fit, and print or append to rows, if that is not NULL.
 *  ranks   root only
 *  errors  of gpu_msm_plan_make: a budget below the floor; PT_E_NOMEM */
pt_status memory_map_show(const memory_map_asked *asked, json_t *rows, FILE *stream, pt_err *err);

#endif
