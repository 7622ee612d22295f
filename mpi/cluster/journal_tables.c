/* SPDX-License-Identifier: Apache-2.0 */
/* docs/formats.md has the schema. */
#include "mpi/cluster/journal_parts.h"

#include <stdio.h>
#include <string.h>

enum {
    APPLICATION_ID = 0x50544a4c, /* "PTJL" */
    VERSION = 1,
    HASH_SHOWN_BYTES = 8
};

#define RUN_TABLE                                                                                                     \
    "CREATE TABLE run (epoch INTEGER PRIMARY KEY, request BLOB NOT NULL, partitions INTEGER NOT NULL, host TEXT NOT " \
    "NULL, "                                                                                                          \
    "process INTEGER NOT NULL, began REAL NOT NULL) STRICT"
#define PROOF_TABLE                                                                                                        \
    "CREATE TABLE proof (identity BLOB NOT NULL UNIQUE, id TEXT NOT NULL, proof BLOB NOT NULL, public_inputs BLOB NOT "    \
    "NULL, "                                                                                                               \
    "rank TEXT NOT NULL, attempt INTEGER NOT NULL, seconds REAL NOT NULL, epoch INTEGER NOT NULL, xxh3 INTEGER NOT NULL) " \
    "STRICT"

/* Both tables as they were made and nothing else: a trigger or a view of somebody's would run within our statements. */
static pt_status check_tables(journal *self, pt_err *err)
{
    int64_t n_right = 0;
    pt_status status = journal_read_number(self,
                                           "SELECT CASE WHEN sum(sql IS NOT NULL) = 2 THEN sum(sql IN ('" RUN_TABLE
                                           "', '" PROOF_TABLE "')) END FROM sqlite_schema",
                                           &n_right, err);
    if (status == PT_OK && n_right != 2)
        return journal_fail_format(self, "a damaged journal: its tables are not those of a journal", err);
    return status;
}

static pt_status make_tables(journal *self, pt_err *err)
{
    char sql[128];
    snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d;", APPLICATION_ID, VERSION);
    pt_status status = journal_execute(self, sql, err);
    return status == PT_OK ? journal_execute(self, RUN_TABLE ";" PROOF_TABLE, err) : status;
}

pt_status journal_check_kind(journal *self, pt_err *err)
{
    char what[96];
    int64_t application = 0, version = 0, n_objects = 0;
    pt_status status = journal_read_number(self, "PRAGMA application_id", &application, err);
    if (status == PT_OK)
        status = journal_read_number(self, "PRAGMA user_version", &version, err);
    if (status == PT_OK)
        status = journal_read_number(self, "SELECT count(*) FROM sqlite_schema", &n_objects, err);
    if (status != PT_OK)
        return status;
    if (application == 0 && version == 0 && n_objects == 0) {
        self->unused = true;
        return make_tables(self, err);
    }
    if (application != APPLICATION_ID)
        return journal_fail_format(self, "an SQLite database, but no journal of partita", err);
    if (version != VERSION) {
        snprintf(what, sizeof what, "a journal of version %lld; this build reads version %d", (long long)version, VERSION);
        return journal_fail_format(self, what, err);
    }
    return check_tables(self, err);
}

static void hash_text(const uint8_t *hash, char *out)
{
    for (size_t i = 0; i < HASH_SHOWN_BYTES; i++)
        snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

static pt_status check_request(journal *self, const uint8_t *latest, const uint8_t *own, pt_err *err)
{
    char there[2 * HASH_SHOWN_BYTES + 1], here[2 * HASH_SHOWN_BYTES + 1];
    if (memcmp(latest, own, JOURNAL_HASH_BYTES) == 0)
        return PT_OK;
    hash_text(latest, there);
    hash_text(own, here);
    return pt_fail(err, PT_E_ARG, "%s: can't be resumed: it is of request %s..., and this is request %s...", self->path,
                   there, here);
}

/* The latest run's number, 0 if there is none, and for a resume its request. */
static pt_status read_latest(journal *self, const journal_setup *setup, uint64_t *latest, pt_err *err)
{
    sqlite3_stmt *query;
    pt_status status = journal_prepare(self, "SELECT epoch, request FROM run ORDER BY epoch DESC LIMIT 1", &query, err);
    if (status != PT_OK)
        return status;
    int rc = sqlite3_step(query);
    *latest = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(query, 0) : 0;
    const void *request = rc == SQLITE_ROW ? sqlite3_column_blob(query, 1) : NULL;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        status = journal_fail(self, rc, err);
    else if (rc == SQLITE_ROW &&
             (*latest - 1 >= INT64_MAX - 1 || request == NULL || sqlite3_column_bytes(query, 1) != JOURNAL_HASH_BYTES))
        status = journal_fail_format(self, "a damaged journal: its latest run is none", err);
    else if (setup->resume && rc == SQLITE_DONE)
        status = pt_fail(err, PT_E_NOINPUT, "%s: there is no run in it to resume", self->path);
    else if (setup->resume)
        status = check_request(self, request, setup->request_hash, err);
    sqlite3_finalize(query);
    return status;
}

static pt_status add_run(journal *self, const journal_setup *setup, uint64_t epoch, pt_err *err)
{
    sqlite3_stmt *insert;
    pt_status status = journal_prepare(
        self, "INSERT INTO run (epoch, request, partitions, host, process, began) VALUES (?, ?, ?, ?, ?, ?)", &insert, err);
    if (status != PT_OK)
        return status;
    sqlite3_bind_int64(insert, 1, (sqlite3_int64)epoch);
    journal_bind_bytes(insert, 2, setup->request_hash, JOURNAL_HASH_BYTES);
    sqlite3_bind_int64(insert, 3, setup->n_partitions);
    journal_bind_text(insert, 4, setup->host);
    sqlite3_bind_int64(insert, 5, (sqlite3_int64)setup->process);
    sqlite3_bind_double(insert, 6, setup->now_unix);
    status = journal_run_to_end(self, insert, err);
    sqlite3_finalize(insert);
    return status;
}

pt_status journal_begin_run(journal *self, const journal_setup *setup, pt_err *err)
{
    uint64_t latest = 0;
    pt_status status = read_latest(self, setup, &latest, err);
    if (status == PT_OK)
        status = add_run(self, setup, latest + 1, err);
    self->epoch = latest + 1;
    return status;
}
