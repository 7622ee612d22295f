/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/journal_parts.h"

#include <assert.h>
#include <string.h>
#include <xxhash.h>

enum { INPUT_BYTES = 32 };

static uint64_t xxh3_with(uint64_t sum, const void *bytes, size_t n)
{
    return XXH3_64bits_withSeed(bytes, n, sum ^ n); /* n: where one field ends and the next begins matters */
}

/* SQLite knows where a cell ends, not whether a bit of it was lost. */
static int64_t sum_of(const journal_entry *entry)
{
    uint64_t sum = xxh3_with(0, entry->identity, sizeof entry->identity);
    sum = xxh3_with(sum, entry->id, strlen(entry->id));
    sum = xxh3_with(sum, entry->proof, entry->n_proof_bytes);
    sum = xxh3_with(sum, entry->public_inputs, entry->n_public * INPUT_BYTES);
    sum = xxh3_with(sum, entry->rank, strlen(entry->rank));
    sum = xxh3_with(sum, &entry->attempt, sizeof entry->attempt);
    return (int64_t)xxh3_with(sum, &entry->seconds, sizeof entry->seconds);
}

/* The row that self->find stands on; false: not as it was written */
static bool read_entry(journal *self, const uint8_t *identity, journal_entry *out)
{
    sqlite3_stmt *row = self->find;
    size_t n_public_bytes = (size_t)sqlite3_column_bytes(row, 2);
    memcpy(out->identity, identity, sizeof out->identity);
    out->id = (const char *)sqlite3_column_text(row, 0);
    out->proof = sqlite3_column_blob(row, 1);
    out->n_proof_bytes = (size_t)sqlite3_column_bytes(row, 1);
    out->public_inputs = sqlite3_column_blob(row, 2);
    out->n_public = n_public_bytes / INPUT_BYTES;
    out->rank = (const char *)sqlite3_column_text(row, 3);
    out->attempt = (uint32_t)sqlite3_column_int64(row, 4);
    out->seconds = sqlite3_column_double(row, 5);
    return out->id != NULL && out->rank != NULL && out->proof != NULL && out->n_proof_bytes <= JOURNAL_PROOF_BYTES_MAX &&
           n_public_bytes % INPUT_BYTES == 0 && sum_of(out) == sqlite3_column_int64(row, 6);
}

/* What an earlier call has lent is taken back; a journal that has failed fails again. */
static pt_status enter(journal *self, pt_err *err)
{
    sqlite3_reset(self->find);
    return self->fault.code == PT_OK ? PT_OK : pt_fail(err, self->fault.code, "%s", self->fault.msg);
}

pt_status journal_find(journal *self, const uint8_t *identity, bool *found, journal_entry *out, pt_err *err)
{
    pt_status status = enter(self, err);
    if (status != PT_OK)
        return status;
    journal_bind_bytes(self->find, 1, identity, JOURNAL_HASH_BYTES);
    int rc = sqlite3_step(self->find);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return journal_fail(self, rc, err);
    journal_entry entry = {.id = NULL};
    bool whole = rc != SQLITE_ROW || read_entry(self, identity, &entry);
    if (!whole && (sqlite3_errcode(self->db) & 0xff) == SQLITE_NOMEM)
        return journal_fail(self, SQLITE_NOMEM, err);
    if (!whole)
        return journal_fail_format(self, "a damaged journal: an entry is not as it was written", err);
    *found = rc == SQLITE_ROW;
    if (*found)
        *out = entry;
    return PT_OK;
}

pt_status journal_add(journal *self, const journal_entry *entry, pt_err *err)
{
    assert(entry->n_proof_bytes > 0 && entry->n_proof_bytes <= JOURNAL_PROOF_BYTES_MAX);
    pt_status status = enter(self, err);
    if (status == PT_OK && !self->in_group)
        status = journal_run_to_end(self, self->begin, err);
    if (status != PT_OK)
        return status;
    self->in_group = true;
    journal_bind_bytes(self->add, 1, entry->identity, JOURNAL_HASH_BYTES);
    journal_bind_text(self->add, 2, entry->id);
    journal_bind_bytes(self->add, 3, entry->proof, entry->n_proof_bytes);
    journal_bind_bytes(self->add, 4, entry->public_inputs, entry->n_public * INPUT_BYTES);
    journal_bind_text(self->add, 5, entry->rank);
    sqlite3_bind_int64(self->add, 6, entry->attempt);
    sqlite3_bind_double(self->add, 7, entry->seconds);
    sqlite3_bind_int64(self->add, 8, sum_of(entry));
    sqlite3_bind_int64(self->add, 9, (sqlite3_int64)self->epoch);
    return journal_run_to_end(self, self->add, err);
}

pt_status journal_commit(journal *self, pt_err *err)
{
    pt_status status = enter(self, err);
    if (status != PT_OK || !self->in_group)
        return status;
    self->in_group = false;
    status = journal_run_to_end(self, self->commit, err);
    self->unused &= status != PT_OK; /* what was not committed is not delivered, and may go */
    return status;
}

uint64_t journal_count(journal *self)
{
    int64_t n = 0;
    pt_err err = {0};
    return enter(self, &err) == PT_OK && journal_read_number(self, "SELECT count(*) FROM proof", &n, &err) == PT_OK
               ? (uint64_t)n
               : 0;
}
