/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/input_file.h - the bytes of an input: mapped, or read into secret memory.
 *
 * A mapped file must not be changed by another process while it is open. Truncated, it raises SIGBUS at a page that is gone, which
 * ends the process before anything is published; written over, it is no longer what was checked. Guarding each access would
 * mean a copy of the key; a witness, which a pipeline may well rewrite in place, is always a copy. */
#ifndef PT_INPUT_FILE_H
#define PT_INPUT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"

typedef struct input_file {
    char *path; /* as given, for messages */
    const uint8_t *bytes;
    size_t n_bytes;
    size_t capacity_bytes; /* of memory that we own or were lent; 0: mapped, or nothing */
    bool lent;             /* the memory is another's */
} input_file;

/** What may be refused before it is read. */
typedef struct {
    const char *magic; /* the first 4 bytes, or NULL for any */
    size_t max_bytes;
    bool sparse;                      /* if mapped: little of it will be read, so nothing is read ahead */
    void *memory;                     /* read to here, at least max_bytes + 1; NULL: secret memory is taken */
    const struct memory_place *place; /* not NULL: what would be mapped is read to memory there (node/topo/pin.h) */
} input_limits;

/** Where an input is: in the file at path, or in memory, path being its name in messages. */
typedef struct {
    const char *path;
    const void *bytes; /* NULL: in the file */
    size_t n_bytes;
    /** Asked again and again while a stream has nothing. NULL: it is waited for, however long */
    bool (*wanted)(void *ctx);
    void *ctx;
} input_source;

/** Map a regular file; anything else that can be read (FIFO, /dev/stdin) is read as by input_file_read.
 *  owns    *out is the caller's (input_file_close)
 *  errors  PT_E_NOINPUT absent, a directory, no permission, a failed read; PT_E_FORMAT limits; PT_E_NOMEM */
pt_status input_file_map(const char *path, input_limits limits, input_file *out, pt_err *err);

/** Read a file to its end into secret memory, 64-byte aligned. Memory kept is at most twice what has arrived, so a stream
 *  without end stops at its first 4 bytes or at max_bytes. Errors and ownership as input_file_map. */
pt_status input_file_read(const char *path, input_limits limits, input_file *out, pt_err *err);

/** As input_file_read; what is in memory is copied into secret memory.
 *  errors  PT_E_NOMEM also a stream that is no longer wanted */
pt_status input_file_read_from(input_source from, input_limits limits, input_file *out, pt_err *err);

/** Give the pages within [bytes, bytes + n_bytes) of a mapped file back to the system; they come back when touched, but zero if
 *  the file was read to a place. */
void input_file_release(const input_file *file, const uint8_t *bytes, size_t n_bytes);

/** Unmap, or zero and free. Zeroed and closed ones are fine. */
void input_file_close(input_file *file);

#endif
