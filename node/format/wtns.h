/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/wtns.h - a witness, read into secret memory. A FIFO is as good as a file. */
#ifndef PT_WTNS_H
#define PT_WTNS_H

#include "node/curve.h"
#include "node/format/input_file.h"

typedef struct wtns {
    const pt_curve *curve;
    uint32_t n;      /* values, the first is 1 */
    uint8_t *values; /* n x fr_bytes, canonical, 64-byte aligned: an array of fr */
    void *memory;    /* the whole file as read: secret_alloc's; NULL: another's memory */
} wtns;

/** Read and check a witness: every value below r, value 0 is 1. n_max bounds the bytes that are read, also of a stream without
 *  end: a little more than n_max values need. UINT32_MAX: any witness.
 *  owns    *out is the caller's (wtns_clear zeroes it); a witness that is refused is zeroed here
 *  errors  PT_E_NOINPUT, PT_E_FORMAT with file, section, index and expectation; PT_E_NOMEM */
pt_status wtns_read(const char *path, cpu_features features, uint32_t n_max, wtns *out, pt_err *err);
pt_status wtns_read_from(input_source from, cpu_features features, uint32_t n_max, wtns *out, pt_err *err);
void wtns_clear(wtns *witness);

/** units: bytes. What wtns_read_into needs for any witness of n_max values. */
size_t wtns_room_bytes(uint32_t n_max);

enum { WTNS_VALUES_AT = 128 };

/** As wtns_read_from, to memory of wtns_room_bytes(n_max), 64-byte aligned, which stays the caller's to zero: the values lie WTNS_VALUES_AT
 *  bytes from its start.
 *  thread  one whose stack is secret (secret_thread.h) */
pt_status wtns_read_into(input_source from, cpu_features features, uint32_t n_max, void *memory, wtns *out, pt_err *err);

#endif
