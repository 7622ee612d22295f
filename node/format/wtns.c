/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/wtns.h"

#include <sodium.h>
#include <string.h>

#include "node/format/binfile.h"
#include "node/format/curve_read.h"
#include "node/groth16/groth16.h"
#include "node/pipeline/secret_arena.h"
#include "node/pipeline/secret_thread.h"

enum { SECTION_HEADER = 1, SECTION_VALUES = 2 };
enum { BESIDE_VALUES_BYTES_MAX = 1 << 16 }; /* of the headers, and sections that we don't know */
/* What snarkjs writes in front of the values: the container's head, two sections' heads, a header with a prime of 32 bytes. */
enum { USUAL_HEAD_BYTES = 12 + 2 * 12 + 40 };

static pt_status read_header(const binfile *file, cpu_features features, wtns *out, pt_err *err)
{
    binfile_cursor cursor;
    pt_status status = binfile_seek(file, SECTION_HEADER, &cursor, err);
    if (status == PT_OK)
        status = curve_read_r(&cursor, features, &out->curve, err);
    if (status == PT_OK)
        status = binfile_u32(&cursor, "the number of values", &out->n, err);
    if (status == PT_OK)
        status = binfile_finish(&cursor, err);
    if (status == PT_OK && out->n == 0)
        status = pt_fail(err, PT_E_FORMAT, "%s: section 1: no values, expected at least the 1", file->input.path);
    return status;
}

static pt_status check_values(const char *path, const wtns *witness, const uint8_t *values, pt_err *err)
{
    size_t value_bytes = witness->curve->fr_bytes;
    size_t bad = witness->curve->fr_find_unreduced(values, value_bytes, witness->n);
    if (bad < witness->n)
        return pt_fail(err, PT_E_FORMAT, "%s: section 2: value %zu is not below r of %s", path, bad, witness->curve->name);
    if (values[0] != 1 || !sodium_is_zero(values + 1, value_bytes - 1))
        return pt_fail(err, PT_E_FORMAT, "%s: section 2: value 0 is not 1", path);
    return PT_OK;
}

static size_t file_bytes_max(uint32_t n_max)
{
    return (size_t)n_max * PT_FR_BYTES + BESIDE_VALUES_BYTES_MAX;
}

size_t wtns_room_bytes(uint32_t n_max)
{
    return (WTNS_VALUES_AT + file_bytes_max(n_max) + 1 + 63) / 64 * 64;
}

/* The file's memory becomes the witness's. A usual file's values are in their place already: moving them costs as much as reading them. */
static void take_values(binfile *file, const uint8_t *values, uint8_t *place, wtns *witness)
{
    witness->memory = file->input.lent ? NULL : (void *)(uintptr_t)file->input.bytes;
    witness->values = place;
    if (values != place)
        memmove(place, values, (size_t)witness->n * witness->curve->fr_bytes);
    file->input.capacity_bytes = file->input.n_bytes = 0;
}

pt_status wtns_read_into(input_source from, cpu_features features, uint32_t n_max, void *memory, wtns *out, pt_err *err)
{
    binfile *file;
    uint8_t *place = memory != NULL ? (uint8_t *)memory + WTNS_VALUES_AT : NULL;
    const binfile_kind kind = {.magic = "wtns",
                               .version = 2,
                               .copied = true,
                               .max_bytes = file_bytes_max(n_max),
                               .memory = memory != NULL ? place - USUAL_HEAD_BYTES : NULL};
    pt_status status = binfile_open_from(from, kind, &file, err);
    if (status != PT_OK)
        return status;
    wtns witness = {0};
    const uint8_t *values = NULL;
    status = read_header(file, features, &witness, err);
    if (status == PT_OK)
        status = binfile_array(file, SECTION_VALUES, "values", witness.n, witness.curve->fr_bytes, &values, err);
    if (status == PT_OK)
        status = check_values(from.path, &witness, values, err);
    if (status == PT_OK) {
        take_values(file, values, place != NULL ? place : (uint8_t *)(uintptr_t)file->input.bytes, &witness);
        *out = witness;
    }
    binfile_close(file);
    return status;
}

typedef struct {
    input_source from;
    cpu_features features;
    uint32_t n_max;
    wtns *out;
} reading;

static pt_status read_here(void *ctx, pt_err *err)
{
    const reading *self = ctx;
    return wtns_read_into(self->from, self->features, self->n_max, NULL, self->out, err);
}

/* Checking loads values, which stay on the stack. */
pt_status wtns_read_from(input_source from, cpu_features features, uint32_t n_max, wtns *out, pt_err *err)
{
    return secret_thread_run(read_here, &(reading){from, features, n_max, out}, err);
}

pt_status wtns_read(const char *path, cpu_features features, uint32_t n_max, wtns *out, pt_err *err)
{
    return wtns_read_from((input_source){.path = path}, features, n_max, out, err);
}

void wtns_clear(wtns *witness)
{
    secret_free(witness->memory);
    *witness = (wtns){0};
}
