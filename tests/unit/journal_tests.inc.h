/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/journal_tests.inc.h - entries by number, and a journal that is opened as most tests want it. */
#ifndef PT_JOURNAL_TESTS_H
#define PT_JOURNAL_TESTS_H

#include "mpi/cluster/journal.h"
#include "tests/unit/format_tests.inc.h"

enum { ENTRY_PUBLIC_MAX = 10000, INPUT_BYTES = 32 };

static const uint8_t request_a[JOURNAL_HASH_BYTES] = {0xaa, 0xbb, 1}, request_b[JOURNAL_HASH_BYTES] = {0xcc, 0xdd, 2};

/* What entry `number` is made of; sizes go round: 128 or 192 bytes of proof. */
typedef struct {
    journal_entry entry;
    char id[32], rank[32];
    uint8_t proof[JOURNAL_PROOF_BYTES_MAX];
    uint8_t *public_inputs;
} made_entry;

static inline uint8_t byte_of(uint32_t number, uint32_t place)
{
    uint32_t x = (number * 2654435761u) ^ (place * 40503u + 77);
    x ^= x >> 15;
    x *= 2246822519u;
    return (uint8_t)(x >> 13);
}

static inline void identity_of(uint32_t number, uint8_t *out)
{
    for (uint32_t i = 0; i < JOURNAL_HASH_BYTES; i++)
        out[i] = byte_of(number, i);
}

static inline made_entry *entry_make(uint32_t number, size_t n_public)
{
    made_entry *made = calloc(1, sizeof *made);
    assert_non_null(made);
    made->public_inputs = n_public == 0 ? NULL : malloc(n_public * INPUT_BYTES);
    for (uint32_t i = 0; i < n_public * INPUT_BYTES; i++)
        made->public_inputs[i] = byte_of(number + 1, i);
    for (uint32_t i = 0; i < sizeof made->proof; i++)
        made->proof[i] = byte_of(number + 2, i);
    snprintf(made->id, sizeof made->id, "witness-%u", number);
    snprintf(made->rank, sizeof made->rank, "node%u:3", number % 7);
    made->entry = (journal_entry){.id = made->id,
                                  .proof = made->proof,
                                  .n_proof_bytes = number % 2 == 0 ? 128 : 192,
                                  .public_inputs = made->public_inputs,
                                  .n_public = n_public,
                                  .rank = made->rank,
                                  .attempt = number + 1,
                                  .seconds = number + 0.25};
    identity_of(number, made->entry.identity);
    return made;
}

static inline void entry_free(made_entry *made)
{
    free(made->public_inputs);
    free(made);
}

static inline journal_setup setup_of(const char *path, const char *vfs)
{
    return (journal_setup){.path = path,
                           .vfs = vfs,
                           .request_hash = request_a,
                           .n_partitions = 64,
                           .host = "node0",
                           .process = (uint64_t)getpid(),
                           .now_unix = 1763761330};
}

static inline journal *open_with(const journal_setup *setup)
{
    journal *opened = NULL;
    pt_err err = {0};
    if (journal_open(setup, &opened, &err) != PT_OK)
        fail_msg("%s", err.msg);
    return opened;
}

static inline journal *open_at(const char *path, const char *vfs)
{
    journal_setup setup = setup_of(path, vfs);
    return open_with(&setup);
}

static inline void add(journal *to, uint32_t number, size_t n_public)
{
    pt_err err = {0};
    made_entry *made = entry_make(number, n_public);
    if (journal_add(to, &made->entry, &err) != PT_OK)
        fail_msg("%s", err.msg);
    entry_free(made);
}

static inline void commit(journal *to)
{
    pt_err err = {0};
    if (journal_commit(to, &err) != PT_OK)
        fail_msg("%s", err.msg);
}

/* Is it there? Then as it was made. */
static inline bool has(journal *in, uint32_t number, size_t n_public)
{
    bool found = false;
    uint8_t identity[JOURNAL_HASH_BYTES];
    journal_entry got;
    pt_err err = {0};
    identity_of(number, identity);
    if (journal_find(in, identity, &found, &got, &err) != PT_OK)
        fail_msg("%s", err.msg);
    if (!found)
        return false;
    made_entry *made = entry_make(number, n_public);
    const journal_entry *want = &made->entry;
    assert_memory_equal(got.identity, want->identity, JOURNAL_HASH_BYTES);
    assert_string_equal(got.id, want->id);
    assert_string_equal(got.rank, want->rank);
    assert_int_equal(got.n_proof_bytes, want->n_proof_bytes);
    assert_memory_equal(got.proof, want->proof, want->n_proof_bytes);
    assert_int_equal(got.n_public, want->n_public);
    if (n_public != 0)
        assert_memory_equal(got.public_inputs, want->public_inputs, n_public * INPUT_BYTES);
    assert_int_equal(got.attempt, want->attempt);
    assert_true(got.seconds == want->seconds);
    entry_free(made);
    return true;
}

static inline void open_fails(const journal_setup *setup, pt_status code, const char *part)
{
    journal *opened = NULL;
    pt_err err = {0};
    pt_status status = journal_open(setup, &opened, &err);
    assert_error(&err, status, code, part);
    assert_null(opened);
}

static inline void path_fails(const char *path, pt_status code, const char *part)
{
    journal_setup setup = setup_of(path, NULL);
    open_fails(&setup, code, part);
}

#endif
