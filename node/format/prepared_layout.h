/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/prepared_layout.h - where everything stands in a prepared key (.ptkey): what its reader and its writer agree on.
 *
 * The header, then the XXH3-64 of each MiB of every array, then the BLAKE2b-256 of both; zeros to the next page; then the
 * arrays, each from a page's beginning and with zeros behind it up to the next page. The counts alone say where: a file whose
 * table says otherwise is refused. docs/formats.md has the table. */
#ifndef PT_PREPARED_LAYOUT_H
#define PT_PREPARED_LAYOUT_H

#include "node/curve.h"
#include "node/groth16/groth16.h"

#define PREPARED_MAGIC "ptpk"

enum {
    PREPARED_VERSION = 1,
    PREPARED_BYTE_ORDER = 0x01020304,
    PREPARED_BYTE_ORDER_FOREIGN = 0x04030201,
    PREPARED_INSECURE = 1, /* of flags */
    PREPARED_PAGE_BYTES = 4096,
    PREPARED_CHUNK_BYTES = 1 << 20,
    PREPARED_HASH_BYTES = 32,
    PREPARED_NAME_BYTES = 256
};

/** The arrays, in their order in the file. */
typedef enum {
    PREPARED_IC,
    PREPARED_VALUES,
    PREPARED_ROW_START_A,
    PREPARED_ENTRIES_A,
    PREPARED_ROW_START_B,
    PREPARED_ENTRIES_B,
    PREPARED_A,
    PREPARED_B1,
    PREPARED_B2,
    PREPARED_C,
    PREPARED_H,
    PREPARED_INFINITE_A, /* indices of the points at infinity, rising */
    PREPARED_INFINITE_B1,
    PREPARED_INFINITE_B2,
    PREPARED_INFINITE_C,
    PREPARED_INFINITE_H,
    PREPARED_ARRAYS
} prepared_array;

enum { PREPARED_QUERIES = 5 }; /* A, B1, B2, C, H: each has a list of its points at infinity */

typedef struct {
    uint32_t array, element_bytes;
    uint64_t offset, n_bytes; /* without the zeros behind it */
    uint64_t first_chunk;     /* place of its first MiB's sum */
} prepared_place;

/** The header as it lies in the file. Points as in a zkey; what a curve does not fill is zero. */
typedef struct {
    char magic[4];
    uint32_t version, byte_order, flags;
    uint64_t file_bytes, header_bytes; /* header_bytes: with sums and hash */
    uint32_t fq_bytes, fr_bytes;
    uint8_t q[48], r[PT_FR_BYTES];
    uint32_t n_vars, n_public, domain_size, n_values;
    uint64_t n_entries[2]; /* of A, B */
    uint64_t n_infinite[PREPARED_QUERIES];
    uint8_t alpha1[PT_G1_BYTES_MAX], beta1[PT_G1_BYTES_MAX], delta1[PT_G1_BYTES_MAX];
    uint8_t beta2[PT_G2_BYTES_MAX], gamma2[PT_G2_BYTES_MAX], delta2[PT_G2_BYTES_MAX];
    uint64_t source_bytes;
    uint8_t source_hash[PREPARED_HASH_BYTES];  /* BLAKE2b-256 of the whole source */
    uint8_t source_print[PREPARED_HASH_BYTES]; /* zkey_fingerprint of it */
    char source_name[PREPARED_NAME_BYTES];     /* without directory; empty: it was no file */
    uint8_t content_hash[PREPARED_HASH_BYTES]; /* BLAKE2b-256 of everything from the first array to the file's end */
    prepared_place places[PREPARED_ARRAYS];
} prepared_header;

_Static_assert(sizeof(prepared_place) == 32 && sizeof(prepared_header) == 1928, "no gaps: it is written as it lies");

/** "A", "entries of B", "points of C at infinity": for messages and tables. */
const char *prepared_array_name(prepared_array array);

/** How many elements the counts ask for in an array. */
uint64_t prepared_array_length(const prepared_header *header, prepared_array array);

/** Fill places, header_bytes and file_bytes by the counts.
 *  shape   fq_bytes, fr_bytes of a known curve; n_public < n_vars; domain_size at most 2^PT_LOG_DOMAIN_MAX; n_entries and
 *          n_infinite below 2^32 */
void prepared_layout_plan(prepared_header *header);

static inline uint64_t prepared_page_end(uint64_t offset)
{
    return (offset + PREPARED_PAGE_BYTES - 1) / PREPARED_PAGE_BYTES * PREPARED_PAGE_BYTES;
}

static inline uint64_t prepared_chunks(uint64_t n_bytes)
{
    return (n_bytes + PREPARED_CHUNK_BYTES - 1) / PREPARED_CHUNK_BYTES;
}

#endif
