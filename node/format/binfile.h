/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/binfile.h - the one checked reader of snarkjs's binary container: zkey, wtns, r1cs.
 *
 * {magic 4 bytes, version u32, n_sections u32}, then sections {type u32, length u64, bytes} one behind the other, in any order.
 * Everything is little-endian and unaligned. Nothing is believed: a section lies in the file whole, a type stands once, no byte
 * is left over, and a cursor checks each read against its section. Messages name the file, the section and the place. */
#ifndef PT_BINFILE_H
#define PT_BINFILE_H

#include "node/format/input_file.h"

enum { BINFILE_SECTIONS_MAX = 64 };

typedef struct {
    uint32_t type;
    size_t offset, n_bytes; /* of the contents, in the file */
} binfile_section;

typedef struct binfile {
    input_file input;
    size_t n_sections;
    binfile_section sections[BINFILE_SECTIONS_MAX];
} binfile;

/** What a file must say of itself. */
typedef struct {
    const char *magic;
    uint32_t version;
    bool copied;                      /* read into own memory, not mapped */
    bool sparse;                      /* mapped, and little of it will be read */
    size_t max_bytes;                 /* 0: any that these formats can need */
    void *memory;                     /* copied to here, max_bytes + 1 of the caller's; NULL: secret memory is taken */
    const struct memory_place *place; /* instead of mapping; NULL: mapped */
} binfile_kind;

/** Open a file and check its table of sections.
 *  owns    *out is the caller's (binfile_close)
 *  errors  PT_E_NOINPUT, PT_E_NOMEM; PT_E_FORMAT the magic, the version, a section that is truncated or stands twice */
pt_status binfile_open(const char *path, binfile_kind kind, binfile **out, pt_err *err);
/** The same of a file in memory, which is copied into secret memory whatever the kind says. */
pt_status binfile_open_from(input_source from, binfile_kind kind, binfile **out, pt_err *err);
void binfile_close(binfile *file);

/** The section of a type, or NULL. */
const binfile_section *binfile_find(const binfile *file, uint32_t type);

/** A section that must be there and hold exactly n elements of element_bytes; name is what it holds, for the message.
 *  errors  PT_E_FORMAT */
pt_status binfile_array(const binfile *file, uint32_t type, const char *name, size_t n, size_t element_bytes,
                        const uint8_t **out, pt_err *err);

/** A place in a section. */
typedef struct {
    const binfile *file;
    uint32_t type;
    const uint8_t *at, *end;
} binfile_cursor;

/** To the beginning of the section of a type.
 *  errors  PT_E_FORMAT there is none */
pt_status binfile_seek(const binfile *file, uint32_t type, binfile_cursor *out, pt_err *err);

/** Read and move on; name is the field's, for the message.
 *  errors  PT_E_FORMAT the section ends before */
pt_status binfile_u32(binfile_cursor *cursor, const char *name, uint32_t *out, pt_err *err);
pt_status binfile_u64(binfile_cursor *cursor, const char *name, uint64_t *out, pt_err *err);
/** shape   *out: n bytes in the file, any alignment */
pt_status binfile_bytes(binfile_cursor *cursor, const char *name, size_t n, const uint8_t **out, pt_err *err);
size_t binfile_bytes_left(const binfile_cursor *cursor);

/** errors  PT_E_FORMAT the section has bytes behind its last field */
pt_status binfile_finish(const binfile_cursor *cursor, pt_err *err);

/** An unaligned u32 that is known to be there. */
uint32_t binfile_load_u32(const uint8_t *bytes);

#endif
