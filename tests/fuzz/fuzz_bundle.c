/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_bundle.c - any bytes as a bundle. The input is a byte that says whether the rest is the file itself or its content, which is then
 * put into a right frame, so that a mutation meets what is behind the checksum. One that is accepted is written and read again. */
#define _GNU_SOURCE /* memfd_create */
#include "mpi/bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "mpi/bundle_layout.h"
#include "tests/fuzz/fuzz_input.h"

/* A hash of each id, the reader and its keys; what zstd takes is its own. */
static const fuzz_bound bound = {.factor = 24, .fixed = 512 << 10};

enum { AS_CONTENT = 1, PUBLIC_MAX = 1 << 10 };

typedef struct {
    uint8_t *bytes;
    size_t n_bytes;
} image;

static image image_of(const uint8_t *input, size_t n_input)
{
    const uint8_t *rest = input + (n_input > 0);
    const size_t n_rest = n_input - (n_input > 0), room = ZSTD_compressBound(n_rest);
    image file = {malloc(room), n_rest};
    FUZZ_REQUIRE(file.bytes != NULL);
    if (n_input == 0 || (input[0] & AS_CONTENT) == 0) {
        memcpy(file.bytes, rest, n_rest);
        return file;
    }
    ZSTD_CCtx *frame = ZSTD_createCCtx();
    FUZZ_REQUIRE(frame != NULL);
    ZSTD_CCtx_setParameter(frame, ZSTD_c_checksumFlag, 1);
    ZSTD_CCtx_setParameter(frame, ZSTD_c_windowLog, BUNDLE_WINDOW_LOG);
    file.n_bytes = ZSTD_compress2(frame, file.bytes, room, rest, n_rest);
    FUZZ_REQUIRE(!ZSTD_isError(file.n_bytes));
    ZSTD_freeCCtx(frame);
    return file;
}

/* A proof whose points are well-formed has one encoding. */
static void check_proof(const bundle_key *key, const bundle_partition *partition)
{
    groth16_proof proof;
    uint8_t again[PROOF_BYTES_MAX];
    pt_err err = {0};
    if (proof_bytes_read(key->curve, partition->proof, proof_bytes_of(key->curve), &proof, &err) != PT_OK)
        return;
    proof_bytes_write(&proof, again);
    FUZZ_REQUIRE(memcmp(again, partition->proof, proof_bytes_of(key->curve)) == 0);
}

static bool is_small(const bundle_head *head)
{
    for (uint32_t i = 0; i < head->n_keys; i++)
        if (head->keys[i].n_public > PUBLIC_MAX)
            return false;
    return true;
}

static void copy_all(bundle_reader *reader, bundle_writer *writer)
{
    static uint8_t publics[PUBLIC_MAX * PT_FR_BYTES];
    const bundle_head *head = bundle_head_of(reader);
    bundle_partition partition;
    pt_err err = {0};
    for (uint32_t i = 0; i < head->n_partitions; i++) {
        FUZZ_REQUIRE(bundle_next(reader, &partition, &err) == PT_OK);
        FUZZ_REQUIRE(bundle_read_public(reader, publics, &err) == PT_OK);
        check_proof(&head->keys[partition.key], &partition);
        FUZZ_REQUIRE(bundle_writer_add(writer, partition.id, partition.key, partition.proof, publics, &err) == PT_OK);
    }
    FUZZ_REQUIRE(bundle_writer_commit(writer, &err) == PT_OK);
}

/* What is written of a bundle has its content. In memory: a disk's sync would be all that is measured. */
static void write_again(bundle_reader *reader)
{
    char path[32];
    const int fd = memfd_create("again", MFD_CLOEXEC);
    const bundle_head *head = bundle_head_of(reader);
    bundle_writer *writer;
    bundle_reader *again;
    pt_err err = {0};
    FUZZ_REQUIRE(fd >= 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    FUZZ_REQUIRE(bundle_writer_create(path, BUNDLE_FRAMED, head->keys, head->n_keys, head->n_partitions, &writer, &err) ==
                 PT_OK);
    copy_all(reader, writer);
    FUZZ_REQUIRE(bundle_open(path, cpu_features_read(), &again, &err) == PT_OK);
    FUZZ_REQUIRE(bundle_head_of(again)->content_bytes == head->content_bytes);
    bundle_close(again);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    fuzz_input input;
    bundle_reader *reader = NULL;
    pt_err err = {0};
    image file = image_of(bytes, n_bytes);
    fuzz_input_open(file.bytes, file.n_bytes, bound, &input);
    pt_status status = bundle_open(input.path, cpu_features_read(), &reader, &err);
    fuzz_input_check(&input, status, &err);
    FUZZ_REQUIRE((status == PT_OK) == (reader != NULL));
    if (status == PT_OK && is_small(bundle_head_of(reader)))
        write_again(reader);
    bundle_close(reader);
    fuzz_input_close(&input);
    free(file.bytes);
    return 0;
}
