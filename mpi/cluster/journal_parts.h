/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/journal_parts.h - what the journal's files share: opening and closing (journal.c), what is in a file (journal_tables.c), entries
 * (journal_entries.c) and how SQLite is called (journal_sql.c). */
#ifndef PT_JOURNAL_PARTS_H
#define PT_JOURNAL_PARTS_H

#include <sqlite3.h>

#include "mpi/cluster/journal.h"

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

/** SQLite's refusal as one line: the path, what SQLite says, what the system says. The first one ends the journal's use.
 *  ranks   root only, here and below
 *  returns the status that it means, here and below */
pt_status journal_fail(journal *self, int rc, pt_err *err);
/** The file is not what it should be: it ends the journal's use too. */
pt_status journal_fail_format(journal *self, const char *what, pt_err *err);

pt_status journal_execute(journal *self, const char *sql, pt_err *err);
/** owns    *out is the caller's (sqlite3_finalize) */
pt_status journal_prepare(journal *self, const char *sql, sqlite3_stmt **out, pt_err *err);
/** Run a statement that gives no row. */
pt_status journal_run_to_end(journal *self, sqlite3_stmt *statement, pt_err *err);
/** The number that a query of one row gives. */
pt_status journal_read_number(journal *self, const char *sql, int64_t *out, pt_err *err);
/** Both borrow what they bind until the statement is bound anew or finalized. */
void journal_bind_bytes(sqlite3_stmt *statement, int place, const uint8_t *bytes, size_t n);
void journal_bind_text(sqlite3_stmt *statement, int place, const char *text);

/** Is this a journal of this version? One that nobody has written to yet becomes one. Within a transaction, here and below. */
pt_status journal_check_kind(journal *self, pt_err *err);
/** Add a run of setup's request, after the latest; for a resume, if that was of this request. */
pt_status journal_begin_run(journal *self, const journal_setup *setup, pt_err *err);

#endif
