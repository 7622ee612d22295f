/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/device_rows.h - the machine's OpenCL devices as doctor shows them, each with its self-test or why it can't be used. */
#ifndef PT_DEVICE_ROWS_H
#define PT_DEVICE_ROWS_H

#include <jansson.h>

#include "gpu/device.h"

typedef struct {
    gpu_device_list list;
    pt_err *tests; /* of each device: PT_OK, or what its self-test ended with; that of an unfit one is not run */
    size_t whole;  /* the device that was tested with both curves; SIZE_MAX: none */
    pt_err loader; /* why there is no list: no OpenCL here */
} device_rows;

/** List the devices, and open each that is fit: it runs a small kernel. No OpenCL, no device, and one that fails are no errors of this.
 *  shape   cache_folder: of built kernels, or NULL; name: of the device that is tested with the fields and groups of both curves too,
 *          seconds to a minute where nothing is built yet, or NULL
 *  ranks   any
 *  owns    *out is the caller's (device_rows_clear)
 *  errors  PT_E_NOMEM; PT_E_DEVICE the device that is named can't be had */
pt_status device_rows_read(const char *cache_folder, const char *name, device_rows *out, pt_err *err);
void device_rows_clear(device_rows *rows);

void device_rows_print(const device_rows *rows, FILE *stream);
/** owns: the caller's; NULL without memory */
json_t *device_rows_json(const device_rows *rows);

/** The first wrong answer of a device, or NULL.
 *  ranks   any */
const pt_err *device_rows_wrong(const device_rows *rows);

#endif
