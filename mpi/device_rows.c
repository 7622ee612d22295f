/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/device_rows.h"

#include <stdlib.h>

#include "mpi/printable.h"
#include "mpi/report_rows.h"

static const char *kind_name(gpu_kind kind)
{
    static const char *const names[] = {
        [GPU_KIND_GPU] = "gpu", [GPU_KIND_ACCELERATOR] = "accelerator", [GPU_KIND_CPU] = "cpu", [GPU_KIND_OTHER] = "other"};
    return names[kind];
}

static void test_device(const opencl *cl, const char *cache_folder, size_t index, bool whole, pt_err *outcome)
{
    const gpu_device_options options = {.cache_folder = cache_folder, .curves = whole ? GPU_BN254 | GPU_BLS12_381 : 0};
    char name[24];
    gpu_device *device;
    snprintf(name, sizeof name, "%zu", index);
    if (gpu_device_open(cl, name, &options, &device, outcome) == PT_OK)
        gpu_device_close(device);
}

static pt_status read_with(const opencl *cl, const char *cache_folder, const char *name, device_rows *out, pt_err *err)
{
    if (gpu_device_list_init(cl, &out->list, &out->loader) != PT_OK)
        return PT_OK;
    if (name != NULL && gpu_device_find(&out->list, name, &out->whole, err) != PT_OK)
        return err->code;
    if (out->list.n == 0)
        return PT_OK;
    out->tests = calloc(out->list.n, sizeof *out->tests);
    if (out->tests == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for %zu devices", out->list.n);
    for (size_t i = 0; i < out->list.n; i++)
        if (out->list.devices[i].unfit[0] == '\0')
            test_device(cl, cache_folder, i, i == out->whole, &out->tests[i]);
    return PT_OK;
}

pt_status device_rows_read(const char *cache_folder, const char *name, device_rows *out, pt_err *err)
{
    opencl *cl;
    device_rows rows = {.whole = SIZE_MAX};
    if (opencl_open(&cl, &rows.loader) == PT_OK) {
        read_with(cl, cache_folder, name, &rows, err);
        opencl_close(cl);
    }
    if (name != NULL && rows.loader.code != PT_OK)
        pt_fail(err, rows.loader.code, "%s", rows.loader.msg);
    if (err->code == PT_OK)
        *out = rows;
    else
        device_rows_clear(&rows);
    return err->code;
}

void device_rows_clear(device_rows *rows)
{
    gpu_device_list_clear(&rows->list);
    free(rows->tests);
    rows->tests = NULL;
}

/* Why this device can't be used, or NULL. */
static const char *reason(const device_rows *rows, size_t i)
{
    if (rows->list.devices[i].unfit[0] != '\0')
        return rows->list.devices[i].unfit;
    return rows->tests[i].code == PT_OK ? NULL : rows->tests[i].msg;
}

static void print_row(const device_rows *rows, size_t i, FILE *stream)
{
    const gpu_device_info *device = &rows->list.devices[i];
    const char *why = reason(rows, i);
    fprintf(stream, "  %-16zu  %s, %s (%s)%s%s\n", i, device->name[0] == '\0' ? "no name" : device->name, device->platform,
            kind_name(device->kind), device->pci[0] == '\0' ? "" : ", PCI ", device->pci);
    if (device->unfit[0] == '\0')
        fprintf(stream, "  %-16s  %s, driver %s; %.1f GB, buffers to %.1f GB, %llu KiB local, %u compute units\n", "",
                device->version, device->driver, (double)device->memory_bytes * 1e-9, (double)device->buffer_max * 1e-9,
                (unsigned long long)device->local_bytes >> 10, device->n_compute_units);
    if (why != NULL)
        fprintf(stream, "  %-16s  can't be used: %s\n", "", why);
    else
        fprintf(stream, "  %-16s  self-test right%s\n", "",
                i == rows->whole ? ", both curves" : " (a small kernel: --device)");
}

void device_rows_print(const device_rows *rows, FILE *stream)
{
    fprintf(stream, "OpenCL devices\n");
    if (rows->loader.code != PT_OK)
        fprintf(stream, "  %-16s  %s\n", "none", rows->loader.msg);
    else if (rows->list.n == 0)
        fprintf(stream, "  %-16s  no platform lists one\n", "none");
    for (size_t i = 0; i < rows->list.n; i++)
        print_row(rows, i, stream);
}

static json_t *row_json(const void *of, size_t i)
{
    const device_rows *rows = of;
    const gpu_device_info *device = &rows->list.devices[i];
    const char *why = reason(rows, i);
    return json_pack("{s:I, s:o, s:o, s:s, s:o, s:o, s:s, s:I, s:I, s:I, s:I, s:b, s:b, s:o}", "index", (json_int_t)i,
                     "name", printable_json(device->name), "platform", printable_json(device->platform), "kind",
                     kind_name(device->kind), "version", printable_json(device->version), "driver",
                     printable_json(device->driver), "pci", device->pci, "memory_bytes", (json_int_t)device->memory_bytes,
                     "buffer_bytes_max", (json_int_t)device->buffer_max, "local_bytes", (json_int_t)device->local_bytes,
                     "compute_units", (json_int_t)device->n_compute_units, "usable", (int)(why == NULL), "curves_tested",
                     (int)(i == rows->whole), "reason", why == NULL ? json_null() : printable_json(why));
}

json_t *device_rows_json(const device_rows *rows)
{
    return json_pack("{s:o, s:o}", "reason", rows->loader.code == PT_OK ? json_null() : printable_json(rows->loader.msg),
                     "devices", report_rows_json(rows, rows->list.n, row_json));
}

const pt_err *device_rows_wrong(const device_rows *rows)
{
    for (size_t i = 0; i < rows->list.n; i++)
        if (rows->tests[i].code == PT_E_INTERNAL)
            return &rows->tests[i];
    return NULL;
}
