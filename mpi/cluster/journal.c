/* SPDX-License-Identifier: Apache-2.0 */
/* docs/formats.md has the schema. A group is a transaction. In exclusive locking mode the first transaction's lock is kept to the end, so
 * that nobody else reads or writes, and a write-ahead log needs no memory shared among processes. */
#include "mpi/cluster/journal.h"

#include <assert.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "mpi/cluster/journal_place.h"

enum {
    APPLICATION_ID = 0x50544a4c, /* "PTJL" */
    VERSION = 1,
    OPEN_TRIES = 8, /* of somebody who is just opening or closing it */
    PAUSE_US = 10000,
    HASH_SHOWN_BYTES = 8,
    INPUT_BYTES = 32
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

struct journal {
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *find, *add;
    char *path;
    bool has_note;             /* of its owner, to be removed */
    bool made_directory, made; /* was there no directory, no file before? */
    bool unused;               /* there is certainly no proof in it */
    bool in_group;
    uint64_t epoch;
    pt_err fault; /* the first: then it is of no more use */
};

/* ---- faults ---- */

static pt_status status_of(int rc)
{
    if (rc == SQLITE_IOERR_NOMEM)
        return PT_E_NOMEM;
    if (rc == SQLITE_READONLY) /* not for its rights, which are looked at before: the header asks for a newer SQLite */
        return PT_E_FORMAT;
    switch (rc & 0xff) {
    case SQLITE_NOMEM:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return PT_E_NOMEM;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
        return PT_E_IO;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return PT_E_CREATE;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_SCHEMA:
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT:
    case SQLITE_ERROR: /* a table or column is missing */
        return PT_E_FORMAT;
    default:
        return PT_E_INTERNAL;
    }
}

/* What to do about a lock that the file system does not give. */
static const char *advice_of(int rc)
{
    bool lock = rc == SQLITE_IOERR_LOCK || rc == SQLITE_IOERR_RDLOCK || rc == SQLITE_IOERR_UNLOCK ||
                rc == SQLITE_IOERR_CHECKRESERVEDLOCK;
    return lock ? "; its file system has no locks: --journal FILE on one that has" : "";
}

/* SQLite's refusal as one line: the path, what SQLite says, what the system says. The first one ends the journal's use. */
static pt_status fail(journal *self, int rc, pt_err *err)
{
    int cause = self->db == NULL ? 0 : sqlite3_system_errno(self->db);
    bool system =
        cause != 0 && ((rc & 0xff) == SQLITE_CANTOPEN || (rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_FULL);
    const char *said =
        self->db == NULL || sqlite3_extended_errcode(self->db) != rc ? sqlite3_errstr(rc) : sqlite3_errmsg(self->db);
    pt_fail(&self->fault, status_of(rc), "%s: SQLite: %s (%d)%s%s%s", self->path, said, rc, system ? ": " : "",
            system ? strerror(cause) : "", advice_of(rc));
    return pt_fail(err, self->fault.code, "%s", self->fault.msg);
}

static pt_status fail_format(journal *self, const char *what, pt_err *err)
{
    pt_fail(&self->fault, PT_E_FORMAT, "%s: %s", self->path, what);
    return pt_fail(err, self->fault.code, "%s", self->fault.msg);
}

/* ---- SQL ---- */

static pt_status execute(journal *self, const char *sql, pt_err *err)
{
    int rc = sqlite3_exec(self->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? PT_OK : fail(self, rc, err);
}

static pt_status prepare(journal *self, const char *sql, sqlite3_stmt **out, pt_err *err)
{
    int rc = sqlite3_prepare_v3(self->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
    return rc == SQLITE_OK ? PT_OK : fail(self, rc, err);
}

/* Run a statement that gives no row. */
static pt_status run_to_end(journal *self, sqlite3_stmt *statement, pt_err *err)
{
    int rc = sqlite3_step(statement);
    if (rc != SQLITE_DONE)
        fail(self, rc, err);
    sqlite3_reset(statement);
    return rc == SQLITE_DONE ? PT_OK : err->code;
}

/* The number that a query of one row gives. */
static pt_status read_number(journal *self, const char *sql, int64_t *out, pt_err *err)
{
    sqlite3_stmt *query;
    pt_status status = prepare(self, sql, &query, err);
    if (status != PT_OK)
        return status;
    int rc = sqlite3_step(query);
    if (rc == SQLITE_ROW)
        *out = sqlite3_column_int64(query, 0);
    else
        status = fail(self, rc, err);
    sqlite3_finalize(query);
    return status;
}

static void bind_bytes(sqlite3_stmt *statement, int place, const uint8_t *bytes, size_t n)
{
    sqlite3_bind_blob64(statement, place, n == 0 ? (const void *)"" : bytes, n, SQLITE_STATIC); /* NULL would be no blob */
}

static void bind_text(sqlite3_stmt *statement, int place, const char *text)
{
    sqlite3_bind_text(statement, place, text, -1, SQLITE_STATIC);
}

/* ---- what is in the file ---- */

/* Both tables as they were made and nothing else: a trigger or a view of somebody's would run within our statements. */
static pt_status check_tables(journal *self, pt_err *err)
{
    int64_t n_right = 0;
    pt_status status = read_number(self,
                                   "SELECT CASE WHEN sum(sql IS NOT NULL) = 2 THEN sum(sql IN ('" RUN_TABLE
                                   "', '" PROOF_TABLE "')) END FROM sqlite_schema",
                                   &n_right, err);
    if (status == PT_OK && n_right != 2)
        return fail_format(self, "a damaged journal: its tables are not those of a journal", err);
    return status;
}

static pt_status make_tables(journal *self, pt_err *err)
{
    char sql[128];
    snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d;", APPLICATION_ID, VERSION);
    pt_status status = execute(self, sql, err);
    return status == PT_OK ? execute(self, RUN_TABLE ";" PROOF_TABLE, err) : status;
}

/* Is this a journal of this version? One that nobody has written to yet becomes one. */
static pt_status check_kind(journal *self, pt_err *err)
{
    char what[96];
    int64_t application = 0, version = 0, n_objects = 0;
    pt_status status = read_number(self, "PRAGMA application_id", &application, err);
    if (status == PT_OK)
        status = read_number(self, "PRAGMA user_version", &version, err);
    if (status == PT_OK)
        status = read_number(self, "SELECT count(*) FROM sqlite_schema", &n_objects, err);
    if (status != PT_OK)
        return status;
    if (application == 0 && version == 0 && n_objects == 0) {
        self->unused = true;
        return make_tables(self, err);
    }
    if (application != APPLICATION_ID)
        return fail_format(self, "an SQLite database, but no journal of partita", err);
    if (version != VERSION) {
        snprintf(what, sizeof what, "a journal of version %lld; this build reads version %d", (long long)version, VERSION);
        return fail_format(self, what, err);
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
    pt_status status = prepare(self, "SELECT epoch, request FROM run ORDER BY epoch DESC LIMIT 1", &query, err);
    if (status != PT_OK)
        return status;
    int rc = sqlite3_step(query);
    *latest = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(query, 0) : 0;
    const void *request = rc == SQLITE_ROW ? sqlite3_column_blob(query, 1) : NULL;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        status = fail(self, rc, err);
    else if (rc == SQLITE_ROW &&
             (*latest - 1 >= INT64_MAX - 1 || request == NULL || sqlite3_column_bytes(query, 1) != JOURNAL_HASH_BYTES))
        status = fail_format(self, "a damaged journal: its latest run is none", err);
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
    pt_status status = prepare(
        self, "INSERT INTO run (epoch, request, partitions, host, process, began) VALUES (?, ?, ?, ?, ?, ?)", &insert, err);
    if (status != PT_OK)
        return status;
    sqlite3_bind_int64(insert, 1, (sqlite3_int64)epoch);
    bind_bytes(insert, 2, setup->request_hash, JOURNAL_HASH_BYTES);
    sqlite3_bind_int64(insert, 3, setup->n_partitions);
    bind_text(insert, 4, setup->host);
    sqlite3_bind_int64(insert, 5, (sqlite3_int64)setup->process);
    sqlite3_bind_double(insert, 6, setup->now_unix);
    status = run_to_end(self, insert, err);
    sqlite3_finalize(insert);
    return status;
}

/* ---- opening ---- */

/* A name that SQLite takes for no URI and for no database in memory. */
static char *plain_name(const char *path)
{
    size_t room = strlen(path) + 3;
    char *name = malloc(room);
    if (name != NULL)
        snprintf(name, room, "%s%s", *path == '/' ? "" : "./", path);
    return name;
}

static pt_status open_file(journal *self, const journal_setup *setup, pt_err *err)
{
    char *name = plain_name(setup->path);
    if (name == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to open it", setup->path);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
    int rc = sqlite3_open_v2(name, &self->db, setup->resume ? flags : flags | SQLITE_OPEN_CREATE, setup->vfs);
    free(name);
    if (rc != SQLITE_OK)
        return fail(self, rc, err);
    sqlite3_db_config(self->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(self->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    /* Where it may not be written SQLite opens it for reading. */
    if (sqlite3_db_readonly(self->db, "main") == 1)
        return pt_fail(err, PT_E_CREATE, "%s: the journal can't be written to", setup->path);
    return PT_OK;
}

/* Take the lock, with a transaction that looks at the file before anything in it is changed. */
static pt_status take_lock(journal *self, pt_err *err)
{
    return execute(self,
                   "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON; PRAGMA "
                   "auto_vacuum = NONE; "
                   "PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY; BEGIN EXCLUSIVE",
                   err);
}

static pt_status write_note(journal *self, const journal_setup *setup, pt_err *err)
{
    if (setup->vfs != NULL)
        return PT_OK;
    pt_status status = journal_owner_write(setup->path, setup->host, setup->process, setup->now_unix, err);
    self->has_note = status == PT_OK;
    return status;
}

/* Within a transaction. */
static pt_status begin_run(journal *self, const journal_setup *setup, pt_err *err)
{
    uint64_t latest = 0;
    pt_status status = read_latest(self, setup, &latest, err);
    if (status == PT_OK)
        status = add_run(self, setup, latest + 1, err);
    self->epoch = latest + 1;
    return status;
}

static pt_status look_inside(journal *self, const journal_setup *setup, pt_err *err)
{
    int64_t is_used = 0;
    pt_status status = check_kind(self, err);
    if (status == PT_OK)
        status = read_number(self, "SELECT EXISTS (SELECT 1 FROM proof)", &is_used, err);
    if (status == PT_OK)
        self->unused = is_used == 0;
    if (status == PT_OK && setup->request_hash != NULL)
        status = begin_run(self, setup, err);
    return status == PT_OK ? execute(self, "COMMIT", err) : status;
}

/* A log is a sync a commit, a rollback journal three. */
static pt_status choose_mode(journal *self, const journal_setup *setup, pt_err *err)
{
    bool local = setup->vfs != NULL || journal_place_is_local(setup->path);
    return execute(self, local ? "PRAGMA journal_mode = WAL" : "PRAGMA journal_mode = DELETE", err);
}

static pt_status prepare_all(journal *self, pt_err *err)
{
    pt_status status = prepare(self, "BEGIN", &self->begin, err);
    if (status == PT_OK)
        status = prepare(self, "COMMIT", &self->commit, err);
    if (status == PT_OK)
        status =
            prepare(self, "SELECT id, proof, public_inputs, rank, attempt, seconds, xxh3 FROM proof WHERE identity = ?",
                    &self->find, err);
    if (status == PT_OK)
        status = prepare(self,
                         "INSERT INTO proof (identity, id, proof, public_inputs, rank, attempt, seconds, xxh3, epoch) "
                         "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (identity) DO NOTHING",
                         &self->add, err);
    return status;
}

/* Was the file that is locked removed by whoever had the lock before? */
static bool has_moved(const journal *self)
{
    int moved = 0;
    return sqlite3_file_control(self->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0;
}

static void destroy(journal *self)
{
    free(self->path);
    free(self);
}

static void close_file(journal *self)
{
    sqlite3_finalize(self->begin);
    sqlite3_finalize(self->commit);
    sqlite3_finalize(self->find);
    sqlite3_finalize(self->add);
    if (self->has_note) /* before the lock is given back: then a note may be another's */
        journal_owner_remove(self->path);
    sqlite3_close(self->db); /* an open group is rolled back */
}

static journal *allocate(const journal_setup *setup, pt_err *err)
{
    journal *self = calloc(1, sizeof *self);
    if (self != NULL)
        self->path = strdup(setup->path);
    if (self != NULL && self->path != NULL) {
        self->made = setup->vfs == NULL && access(setup->path, F_OK) != 0;
        return self;
    }
    free(self);
    pt_fail(err, PT_E_NOMEM, "%s: no memory to open it", setup->path);
    return NULL;
}

/* A file that this run has made, or would have, does not stay when it can't be opened. */
static void give_up(journal *self, bool busy)
{
    if (self->made && self->unused)
        journal_place_remove(self->path);
    close_file(self);
    if (self->made && !self->unused && !busy)
        journal_place_remove_blank(self->path);
    destroy(self);
}

/* *busy: somebody has the lock. Nothing of another's was changed then. */
static pt_status open_once(const journal_setup *setup, journal **out, bool *busy, pt_err *err)
{
    journal *self = allocate(setup, err);
    if (self == NULL)
        return err->code;
    pt_status status = open_file(self, setup, err);
    if (status == PT_OK && (status = take_lock(self, err)) != PT_OK)
        *busy = (sqlite3_errcode(self->db) & 0xff) == SQLITE_BUSY;
    if (status == PT_OK && (*busy = has_moved(self)))
        status = pt_fail(err, PT_E_NOMEM, "%s: it was removed while it was opened", setup->path);
    if (status == PT_OK)
        status = write_note(self, setup, err);
    if (status == PT_OK)
        status = look_inside(self, setup, err);
    if (status == PT_OK)
        status = choose_mode(self, setup, err);
    if (status == PT_OK)
        status = prepare_all(self, err);
    if (status == PT_OK)
        *out = self;
    else
        give_up(self, *busy);
    return status;
}

static pt_status fail_busy(const journal_setup *setup, pt_err *err)
{
    char owner[400];
    if (setup->vfs != NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: another run has the journal open", setup->path);
    journal_owner_read(setup->path, owner, sizeof owner);
    return pt_fail(err, PT_E_NOMEM, "%s: another run has the journal open: %s", setup->path, owner);
}

/* For a resume: is there a file at all? Nothing is made by asking. */
static pt_status check_exists(sqlite3_vfs *vfs, const char *path, pt_err *err)
{
    int exists = 0;
    if (vfs->xAccess(vfs, path, SQLITE_ACCESS_EXISTS, &exists) != SQLITE_OK || !exists)
        return pt_fail(err, PT_E_NOINPUT, "%s: there is no journal to resume", path);
    return PT_OK;
}

pt_status journal_open(const journal_setup *setup, journal **out, pt_err *err)
{
    int rc = sqlite3_initialize();
    sqlite3_vfs *vfs = rc == SQLITE_OK ? sqlite3_vfs_find(setup->vfs) : NULL;
    if (rc == SQLITE_NOMEM)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for SQLite", setup->path);
    if (vfs == NULL)
        return pt_fail(err, PT_E_INTERNAL, "%s: SQLite has no file system %s", setup->path,
                       setup->vfs == NULL ? "" : setup->vfs);
    bool busy = true, made_directory = false;
    pt_status status = PT_OK;
    if (setup->resume)
        status = check_exists(vfs, setup->path, err);
    else if (setup->vfs == NULL)
        status = journal_place_make(setup->path, &made_directory, err);
    if (status != PT_OK)
        return status;
    for (uint64_t i = 0; busy && i < OPEN_TRIES; i++) {
        pt_err fault = {0};
        if (i >
            0) /* two that open a new one at once each hold what the other waits for: they come back at different times */
            vfs->xSleep(vfs, (int)(PAUSE_US + (setup->process + 3 * i) % 7 * 1500));
        busy = false;
        status = open_once(setup, out, &busy, &fault);
        if (status != PT_OK && !busy)
            pt_fail(err, fault.code, "%s", fault.msg);
    }
    if (busy)
        fail_busy(setup, err);
    if (status == PT_OK)
        (*out)->made_directory = made_directory;
    else if (made_directory)
        journal_place_leave(setup->path);
    return status;
}

pt_status journal_begin(journal *self, const journal_setup *setup, pt_err *err)
{
    pt_status status = execute(self, "BEGIN", err);
    if (status == PT_OK)
        status = begin_run(self, setup, err);
    return status == PT_OK ? execute(self, "COMMIT", err) : status;
}

void journal_close(journal *self)
{
    if (self == NULL)
        return;
    close_file(self);
    destroy(self);
}

void journal_retire(journal *self)
{
    if (self == NULL)
        return;
    const bool goes = self->unused && self->has_note;
    if (goes)
        journal_place_remove(self->path);
    close_file(self);
    if (goes && self->made_directory)
        journal_place_leave(self->path);
    destroy(self);
}

uint64_t journal_epoch(const journal *self)
{
    return self->epoch;
}

/* ---- entries ---- */

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
    bind_bytes(self->find, 1, identity, JOURNAL_HASH_BYTES);
    int rc = sqlite3_step(self->find);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return fail(self, rc, err);
    journal_entry entry = {.id = NULL};
    bool whole = rc != SQLITE_ROW || read_entry(self, identity, &entry);
    if (!whole && (sqlite3_errcode(self->db) & 0xff) == SQLITE_NOMEM)
        return fail(self, SQLITE_NOMEM, err);
    if (!whole)
        return fail_format(self, "a damaged journal: an entry is not as it was written", err);
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
        status = run_to_end(self, self->begin, err);
    if (status != PT_OK)
        return status;
    self->in_group = true;
    bind_bytes(self->add, 1, entry->identity, JOURNAL_HASH_BYTES);
    bind_text(self->add, 2, entry->id);
    bind_bytes(self->add, 3, entry->proof, entry->n_proof_bytes);
    bind_bytes(self->add, 4, entry->public_inputs, entry->n_public * INPUT_BYTES);
    bind_text(self->add, 5, entry->rank);
    sqlite3_bind_int64(self->add, 6, entry->attempt);
    sqlite3_bind_double(self->add, 7, entry->seconds);
    sqlite3_bind_int64(self->add, 8, sum_of(entry));
    sqlite3_bind_int64(self->add, 9, (sqlite3_int64)self->epoch);
    return run_to_end(self, self->add, err);
}

pt_status journal_commit(journal *self, pt_err *err)
{
    pt_status status = enter(self, err);
    if (status != PT_OK || !self->in_group)
        return status;
    self->in_group = false;
    status = run_to_end(self, self->commit, err);
    self->unused &= status != PT_OK; /* what was not committed is not delivered, and may go */
    return status;
}

uint64_t journal_count(journal *self)
{
    int64_t n = 0;
    pt_err err = {0};
    return enter(self, &err) == PT_OK && read_number(self, "SELECT count(*) FROM proof", &n, &err) == PT_OK ? (uint64_t)n
                                                                                                            : 0;
}
