/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/prepared_layout.h"

#include "node/circuit/csr.h"

const char *prepared_array_name(prepared_array array)
{
    static const char *const names[PREPARED_ARRAYS] = {
        [PREPARED_IC] = "IC",
        [PREPARED_VALUES] = "dictionary",
        [PREPARED_ROW_START_A] = "rows of A",
        [PREPARED_ENTRIES_A] = "entries of A",
        [PREPARED_ROW_START_B] = "rows of B",
        [PREPARED_ENTRIES_B] = "entries of B",
        [PREPARED_A] = "A",
        [PREPARED_B1] = "B1",
        [PREPARED_B2] = "B2",
        [PREPARED_C] = "C",
        [PREPARED_H] = "H",
        [PREPARED_INFINITE_A] = "infinity in A",
        [PREPARED_INFINITE_B1] = "infinity in B1",
        [PREPARED_INFINITE_B2] = "infinity in B2",
        [PREPARED_INFINITE_C] = "infinity in C",
        [PREPARED_INFINITE_H] = "infinity in H",
    };
    return names[array];
}

uint64_t prepared_array_length(const prepared_header *header, prepared_array array)
{
    switch (array) {
    case PREPARED_IC:
        return (uint64_t)header->n_public + 1;
    case PREPARED_VALUES:
        return header->n_values;
    case PREPARED_ROW_START_A:
    case PREPARED_ROW_START_B:
        return (uint64_t)header->domain_size + 1;
    case PREPARED_ENTRIES_A:
        return header->n_entries[0];
    case PREPARED_ENTRIES_B:
        return header->n_entries[1];
    case PREPARED_A:
    case PREPARED_B1:
    case PREPARED_B2:
        return header->n_vars;
    case PREPARED_C:
        return (uint64_t)header->n_vars - header->n_public - 1;
    case PREPARED_H:
        return header->domain_size;
    default:
        return header->n_infinite[array - PREPARED_INFINITE_A];
    }
}

static uint32_t element_bytes(const prepared_header *header, prepared_array array)
{
    switch (array) {
    case PREPARED_VALUES:
        return header->fr_bytes;
    case PREPARED_ROW_START_A:
    case PREPARED_ROW_START_B:
        return sizeof(uint64_t);
    case PREPARED_ENTRIES_A:
    case PREPARED_ENTRIES_B:
        return sizeof(csr_entry);
    case PREPARED_IC:
    case PREPARED_A:
    case PREPARED_B1:
    case PREPARED_C:
    case PREPARED_H:
        return 2 * header->fq_bytes;
    case PREPARED_B2:
        return 4 * header->fq_bytes;
    default:
        return sizeof(uint32_t);
    }
}

/* The largest sum is below 2^32 x 2^10, so nothing here overflows. */
void prepared_layout_plan(prepared_header *header)
{
    uint64_t n_chunks = 0;
    for (uint32_t i = 0; i < PREPARED_ARRAYS; i++) {
        prepared_place *p = &header->places[i];
        *p = (prepared_place){
            .array = i, .element_bytes = element_bytes(header, (prepared_array)i), .first_chunk = n_chunks};
        p->n_bytes = prepared_array_length(header, (prepared_array)i) * p->element_bytes;
        n_chunks += prepared_chunks(p->n_bytes);
    }
    header->header_bytes = sizeof *header + n_chunks * sizeof(uint64_t) + PREPARED_HASH_BYTES;
    uint64_t offset = prepared_page_end(header->header_bytes);
    for (uint32_t i = 0; i < PREPARED_ARRAYS; i++) {
        header->places[i].offset = offset;
        offset = prepared_page_end(offset + header->places[i].n_bytes);
    }
    header->file_bytes = offset;
}
