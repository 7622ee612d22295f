/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/journal_parts.h"

#include <string.h>

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

pt_status journal_fail(journal *self, int rc, pt_err *err)
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

pt_status journal_fail_format(journal *self, const char *what, pt_err *err)
{
    pt_fail(&self->fault, PT_E_FORMAT, "%s: %s", self->path, what);
    return pt_fail(err, self->fault.code, "%s", self->fault.msg);
}

pt_status journal_execute(journal *self, const char *sql, pt_err *err)
{
    int rc = sqlite3_exec(self->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? PT_OK : journal_fail(self, rc, err);
}

pt_status journal_prepare(journal *self, const char *sql, sqlite3_stmt **out, pt_err *err)
{
    int rc = sqlite3_prepare_v3(self->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
    return rc == SQLITE_OK ? PT_OK : journal_fail(self, rc, err);
}

pt_status journal_run_to_end(journal *self, sqlite3_stmt *statement, pt_err *err)
{
    int rc = sqlite3_step(statement);
    if (rc != SQLITE_DONE)
        journal_fail(self, rc, err);
    sqlite3_reset(statement);
    return rc == SQLITE_DONE ? PT_OK : err->code;
}

pt_status journal_read_number(journal *self, const char *sql, int64_t *out, pt_err *err)
{
    sqlite3_stmt *query;
    pt_status status = journal_prepare(self, sql, &query, err);
    if (status != PT_OK)
        return status;
    int rc = sqlite3_step(query);
    if (rc == SQLITE_ROW)
        *out = sqlite3_column_int64(query, 0);
    else
        status = journal_fail(self, rc, err);
    sqlite3_finalize(query);
    return status;
}

void journal_bind_bytes(sqlite3_stmt *statement, int place, const uint8_t *bytes, size_t n)
{
    sqlite3_bind_blob64(statement, place, n == 0 ? (const void *)"" : bytes, n, SQLITE_STATIC); /* NULL would be no blob */
}

void journal_bind_text(sqlite3_stmt *statement, int place, const char *text)
{
    sqlite3_bind_text(statement, place, text, -1, SQLITE_STATIC);
}
