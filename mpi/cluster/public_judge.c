/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/cluster/public_judge.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/format/binfile.h"

/* docs/formats.md: a witness file. */
enum { FILE_HEADER_BYTES = 12, SECTION_HEADER_BYTES = 12, SECTION_VALUES = 2, VALUE_BYTES = 32, BLOCK_VALUES = 64 };

/* What a file was when the run began. */
typedef struct {
    bool known; /* a regular file that was there */
    dev_t device;
    ino_t number;
    off_t n_bytes;
    struct timespec changed; /* by ctime, which nobody sets back */
} stamp;

struct public_judge {
    const request *of;
    stamp stamps[]; /* of the witness of each partition */
};

typedef enum { LOOK_SAME, LOOK_DIFFERENT, LOOK_UNKNOWN } look;

static stamp stamp_of(const struct stat *info)
{
    return (stamp){.known = S_ISREG(info->st_mode),
                   .device = info->st_dev,
                   .number = info->st_ino,
                   .n_bytes = info->st_size,
                   .changed = info->st_ctim};
}

static bool is_as_it_was(const stamp *then, int file)
{
    struct stat info;
    if (!then->known || fstat(file, &info) != 0)
        return false;
    const stamp now = stamp_of(&info);
    return now.known && now.device == then->device && now.number == then->number && now.n_bytes == then->n_bytes &&
           now.changed.tv_sec == then->changed.tv_sec && now.changed.tv_nsec == then->changed.tv_nsec;
}

pt_status public_judge_create(const request *of, public_judge **out, pt_err *err)
{
    public_judge *self = calloc(1, sizeof *self + of->n_partitions * sizeof *self->stamps);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for %u partitions", of->n_partitions);
    self->of = of;
    for (uint32_t i = 0; i < of->n_partitions; i++)
        if (of->partitions[i].witness != NULL)
            public_judge_note(self, i);
    *out = self;
    return PT_OK;
}

void public_judge_note(public_judge *self, uint32_t partition)
{
    struct stat info;
    const bool is_there = stat(self->of->partitions[partition].witness, &info) == 0;
    self->stamps[partition] = is_there ? stamp_of(&info) : (stamp){.known = false};
}

void public_judge_destroy(public_judge *self)
{
    free(self);
}

/* What can't be read leaves the question open; a file that ends before does not: it is no witness of n values. */
static look read_at(int file, uint64_t at, uint8_t *out, size_t n_bytes)
{
    const ssize_t n = at <= INT64_MAX ? pread(file, out, n_bytes, (off_t)at) : 0;
    if (n < 0)
        return LOOK_UNKNOWN;
    return (size_t)n == n_bytes ? LOOK_SAME : LOOK_DIFFERENT;
}

/* Where value 0 is. */
static look find_values(int file, uint64_t *at)
{
    uint8_t header[SECTION_HEADER_BYTES];
    uint64_t next = FILE_HEADER_BYTES;
    for (int i = 0; i < BINFILE_SECTIONS_MAX; i++) {
        const look read = read_at(file, next, header, sizeof header);
        if (read != LOOK_SAME)
            return read;
        const uint64_t n_bytes = binfile_load_u32(header + 4) | (uint64_t)binfile_load_u32(header + 8) << 32;
        next += SECTION_HEADER_BYTES;
        *at = next;
        if (binfile_load_u32(header) == SECTION_VALUES)
            return LOOK_SAME;
        if (n_bytes > (uint64_t)INT64_MAX - next)
            return LOOK_DIFFERENT;
        next += n_bytes;
    }
    return LOOK_DIFFERENT;
}

static look compare(int file, const cluster_proof *proof)
{
    uint8_t block[BLOCK_VALUES * VALUE_BYTES];
    uint64_t at;
    look found = find_values(file, &at);
    at += VALUE_BYTES; /* the 1 */
    for (size_t i = 0; i < proof->n_public && found == LOOK_SAME; i += BLOCK_VALUES) {
        const size_t n = proof->n_public - i < BLOCK_VALUES ? proof->n_public - i : BLOCK_VALUES;
        found = read_at(file, at + i * VALUE_BYTES, block, n * VALUE_BYTES);
        if (found == LOOK_SAME && memcmp(block, proof->public_inputs + i * VALUE_BYTES, n * VALUE_BYTES) != 0)
            found = LOOK_DIFFERENT;
    }
    return found;
}

/* What was a file may be a FIFO by now, which is not waited for. */
static look look_at(const public_judge *self, const cluster_proof *proof)
{
    const char *path = self->of->partitions[proof->partition].witness;
    const stamp *then = &self->stamps[proof->partition];
    const int file = then->known ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    look found = LOOK_UNKNOWN;
    if (file < 0)
        return found;
    if (is_as_it_was(then, file))
        found = compare(file, proof);
    if (found == LOOK_DIFFERENT && !is_as_it_was(then, file)) /* it was written to while it was read */
        found = LOOK_UNKNOWN;
    close(file);
    return found;
}

void public_judge_look(const public_judge *self, const cluster_proof *proofs, size_t n, pt_err *verdicts)
{
    for (size_t i = 0; i < n; i++)
        if (verdicts[i].code == PT_OK && look_at(self, &proofs[i]) == LOOK_DIFFERENT)
            pt_fail(&verdicts[i], PT_E_VERIFY, "its public inputs are not those of the partition's witness");
}
