/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/binfile.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER_BYTES = 12, SECTION_HEADER_BYTES = 12 };

/* A stream has no size to be checked by before it is read: 2^32 values of 32 bytes is more than any of these files holds. */
static const size_t STREAM_BYTES_MAX = (size_t)1 << 37;

/* Files are little-endian, and so is every machine that the arithmetic is built for. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "file and memory have one byte order");

uint32_t binfile_load_u32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static uint64_t load_u64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

const binfile_section *binfile_find(const binfile *file, uint32_t type)
{
    for (size_t i = 0; i < file->n_sections; i++)
        if (file->sections[i].type == type)
            return &file->sections[i];
    return NULL;
}

/* Section i of those announced, at *offset; moves *offset behind it. */
static pt_status read_section(binfile *file, size_t i, size_t announced, size_t *offset, pt_err *err)
{
    const input_file *in = &file->input;
    if (in->n_bytes - *offset < SECTION_HEADER_BYTES)
        return pt_fail(err, PT_E_FORMAT, "%s: offset %zu: the file ends in the header of section %zu of %zu", in->path,
                       *offset, i + 1, announced);
    uint32_t type = binfile_load_u32(in->bytes + *offset);
    uint64_t n_bytes = load_u64(in->bytes + *offset + 4);
    size_t contents = *offset + SECTION_HEADER_BYTES, room = in->n_bytes - contents;
    if (n_bytes > room)
        return pt_fail(err, PT_E_FORMAT, "%s: section %u: offset %zu: length %llu, but the file has %zu bytes left",
                       in->path, type, *offset, (unsigned long long)n_bytes, room);
    if (binfile_find(file, type) != NULL)
        return pt_fail(err, PT_E_FORMAT, "%s: section %u: offset %zu: it stands in the file twice", in->path, type,
                       *offset);
    file->sections[file->n_sections++] = (binfile_section){type, contents, (size_t)n_bytes};
    *offset = contents + (size_t)n_bytes;
    return PT_OK;
}

static pt_status read_table(binfile *file, binfile_kind kind, pt_err *err)
{
    const input_file *in = &file->input;
    if (in->n_bytes < HEADER_BYTES)
        return pt_fail(err, PT_E_FORMAT, "%s: truncated: %zu bytes, the header has %d", in->path, in->n_bytes,
                       HEADER_BYTES);
    uint32_t version = binfile_load_u32(in->bytes + 4), announced = binfile_load_u32(in->bytes + 8);
    if (version != kind.version)
        return pt_fail(err, PT_E_FORMAT, "%s: offset 4: version %u, expected %u", in->path, version, kind.version);
    if (announced > BINFILE_SECTIONS_MAX)
        return pt_fail(err, PT_E_FORMAT, "%s: offset 8: %u sections, expected at most %d", in->path, announced,
                       BINFILE_SECTIONS_MAX);
    size_t offset = HEADER_BYTES;
    for (size_t i = 0; i < announced; i++) {
        pt_status status = read_section(file, i, announced, &offset, err);
        if (status != PT_OK)
            return status;
    }
    if (offset != in->n_bytes)
        return pt_fail(err, PT_E_FORMAT, "%s: offset %zu: %zu bytes behind the last of %u sections", in->path, offset,
                       in->n_bytes - offset, announced);
    return PT_OK;
}

pt_status binfile_open(const char *path, binfile_kind kind, binfile **out, pt_err *err)
{
    return binfile_open_from((input_source){.path = path}, kind, out, err);
}

pt_status binfile_open_from(input_source from, binfile_kind kind, binfile **out, pt_err *err)
{
    binfile *file = calloc(1, sizeof *file);
    if (file == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to open it", from.path);
    const input_limits limits = {.magic = kind.magic,
                                 .max_bytes = kind.max_bytes != 0 ? kind.max_bytes : STREAM_BYTES_MAX,
                                 .sparse = kind.sparse,
                                 .memory = kind.memory,
                                 .place = kind.place};
    pt_status status = kind.copied || from.bytes != NULL ? input_file_read_from(from, limits, &file->input, err)
                                                         : input_file_map(from.path, limits, &file->input, err);
    if (status == PT_OK)
        status = read_table(file, kind, err);
    if (status != PT_OK)
        binfile_close(file);
    else
        *out = file;
    return status;
}

void binfile_close(binfile *file)
{
    if (file == NULL)
        return;
    input_file_close(&file->input);
    free(file);
}

pt_status binfile_array(const binfile *file, uint32_t type, const char *name, size_t n, size_t element_bytes,
                        const uint8_t **out, pt_err *err)
{
    const binfile_section *section = binfile_find(file, type);
    size_t expected;
    if (section == NULL)
        return pt_fail(err, PT_E_FORMAT, "%s: section %u (%s) is missing", file->input.path, type, name);
    if (__builtin_mul_overflow(n, element_bytes, &expected) || section->n_bytes != expected)
        return pt_fail(err, PT_E_FORMAT, "%s: section %u (%s): %zu bytes, expected %zu elements of %zu", file->input.path,
                       type, name, section->n_bytes, n, element_bytes);
    *out = file->input.bytes + section->offset;
    return PT_OK;
}

pt_status binfile_seek(const binfile *file, uint32_t type, binfile_cursor *out, pt_err *err)
{
    const binfile_section *section = binfile_find(file, type);
    if (section == NULL)
        return pt_fail(err, PT_E_FORMAT, "%s: section %u is missing", file->input.path, type);
    const uint8_t *begin = file->input.bytes + section->offset;
    *out = (binfile_cursor){file, type, begin, begin + section->n_bytes};
    return PT_OK;
}

size_t binfile_bytes_left(const binfile_cursor *cursor)
{
    return (size_t)(cursor->end - cursor->at);
}

static size_t offset_of(const binfile_cursor *cursor)
{
    return (size_t)(cursor->at - cursor->file->input.bytes);
}

pt_status binfile_bytes(binfile_cursor *cursor, const char *name, size_t n, const uint8_t **out, pt_err *err)
{
    if (binfile_bytes_left(cursor) < n)
        return pt_fail(err, PT_E_FORMAT, "%s: section %u: offset %zu: %s has %zu bytes, but the section has %zu left",
                       cursor->file->input.path, cursor->type, offset_of(cursor), name, n, binfile_bytes_left(cursor));
    *out = cursor->at;
    cursor->at += n;
    return PT_OK;
}

pt_status binfile_u32(binfile_cursor *cursor, const char *name, uint32_t *out, pt_err *err)
{
    const uint8_t *bytes = NULL;
    pt_status status = binfile_bytes(cursor, name, sizeof *out, &bytes, err);
    if (status == PT_OK)
        *out = binfile_load_u32(bytes);
    return status;
}

pt_status binfile_u64(binfile_cursor *cursor, const char *name, uint64_t *out, pt_err *err)
{
    const uint8_t *bytes = NULL;
    pt_status status = binfile_bytes(cursor, name, sizeof *out, &bytes, err);
    if (status == PT_OK)
        *out = load_u64(bytes);
    return status;
}

pt_status binfile_finish(const binfile_cursor *cursor, pt_err *err)
{
    if (cursor->at == cursor->end)
        return PT_OK;
    return pt_fail(err, PT_E_FORMAT, "%s: section %u: offset %zu: %zu bytes too many", cursor->file->input.path,
                   cursor->type, offset_of(cursor), binfile_bytes_left(cursor));
}
