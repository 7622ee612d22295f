/* SPDX-License-Identifier: Apache-2.0 */
/* A group is a transaction. In exclusive locking mode the first transaction's lock is kept to the end, so that nobody else reads or
 * writes, and a write-ahead log needs no memory shared among processes. */
#include "mpi/cluster/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mpi/cluster/journal_parts.h"
#include "mpi/cluster/journal_place.h"

enum {
    OPEN_TRIES = 8, /* of somebody who is just opening or closing it */
    PAUSE_US = 10000
};

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
        return journal_fail(self, rc, err);
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
    return journal_execute(
        self,
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

static pt_status look_inside(journal *self, const journal_setup *setup, pt_err *err)
{
    int64_t is_used = 0;
    pt_status status = journal_check_kind(self, err);
    if (status == PT_OK)
        status = journal_read_number(self, "SELECT EXISTS (SELECT 1 FROM proof)", &is_used, err);
    if (status == PT_OK)
        self->unused = is_used == 0;
    if (status == PT_OK && setup->request_hash != NULL)
        status = journal_begin_run(self, setup, err);
    return status == PT_OK ? journal_execute(self, "COMMIT", err) : status;
}

/* A log is a sync a commit, a rollback journal three. */
static pt_status choose_mode(journal *self, const journal_setup *setup, pt_err *err)
{
    bool local = setup->vfs != NULL || journal_place_is_local(setup->path);
    return journal_execute(self, local ? "PRAGMA journal_mode = WAL" : "PRAGMA journal_mode = DELETE", err);
}

static pt_status prepare_all(journal *self, pt_err *err)
{
    pt_status status = journal_prepare(self, "BEGIN", &self->begin, err);
    if (status == PT_OK)
        status = journal_prepare(self, "COMMIT", &self->commit, err);
    if (status == PT_OK)
        status = journal_prepare(
            self, "SELECT id, proof, public_inputs, rank, attempt, seconds, xxh3 FROM proof WHERE identity = ?",
            &self->find, err);
    if (status == PT_OK)
        status =
            journal_prepare(self,
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

/* Is it a file without a byte, and nobody else's? Without opening it once more: there may be no descriptor left. */
static bool lock_blank(journal *self)
{
    sqlite3_file *file = NULL;
    sqlite3_int64 n_bytes = 1;
    if (self->db == NULL || sqlite3_file_control(self->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
        file == NULL || file->pMethods == NULL)
        return false;
    return file->pMethods->xLock(file, SQLITE_LOCK_SHARED) == SQLITE_OK &&
           file->pMethods->xLock(file, SQLITE_LOCK_EXCLUSIVE) == SQLITE_OK && !has_moved(self) &&
           file->pMethods->xFileSize(file, &n_bytes) == SQLITE_OK && n_bytes == 0;
}

/* A file that this run has made, or would have, does not stay when it can't be opened. */
static void give_up(journal *self, bool busy)
{
    if (self->made && !busy && (self->unused || lock_blank(self)))
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
    if (status == PT_OK) /* nothing of a file that begins here stays if it can't be whole */
        self->unused = self->made && journal_place_is_blank(setup->path);
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
    pt_status status = journal_execute(self, "BEGIN", err);
    if (status == PT_OK)
        status = journal_begin_run(self, setup, err);
    return status == PT_OK ? journal_execute(self, "COMMIT", err) : status;
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
