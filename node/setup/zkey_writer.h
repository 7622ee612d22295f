/* SPDX-License-Identifier: Apache-2.0 */
/* node/setup/zkey_writer.h - a proving key's sections into a stream, front to back: lengths are known before contents. */
#ifndef PT_ZKEY_WRITER_H
#define PT_ZKEY_WRITER_H

#include <sodium.h>
#include <stdint.h>
#include <stdio.h>

#include "kernels/shared/status.h"

typedef struct {
    FILE *stream;
    crypto_generichash_state hash; /* of what stands in all sections so far */
    uint64_t left_bytes;           /* of the open section */
} zkey_writer;

enum { ZKEY_HASH_BYTES = 64 };

/** Write the container's header: magic, version 1, number of sections.
 *  owns    stream stays the caller's
 *  errors  PT_E_IO in this and all the others */
pt_status zkey_writer_init(zkey_writer *writer, FILE *stream, uint32_t n_sections, pt_err *err);

/** Begin a section of exactly so many bytes; the one before must be complete. */
pt_status zkey_writer_section(zkey_writer *writer, uint32_t type, uint64_t len_bytes, pt_err *err);
pt_status zkey_writer_bytes(zkey_writer *writer, const void *bytes, size_t n_bytes, pt_err *err);
pt_status zkey_writer_u32(zkey_writer *writer, uint32_t value, pt_err *err);

/** BLAKE2b-512 of all contents so far. Ends the hashing: once a file. */
void zkey_writer_hash(zkey_writer *writer, uint8_t out[ZKEY_HASH_BYTES]);

#endif
