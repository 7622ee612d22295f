/* SPDX-License-Identifier: Apache-2.0 */
/* Journals that somebody or a disk has written over: refused, and never a wrong entry. */
#define _GNU_SOURCE /* memmem */
#include <sqlite3.h>

#include "mpi/cluster/journal.h"
#include "tests/unit/journal_tests.inc.h"

/* In libc's place, for SQLite: no test turns the machine off, so none waits for its disk. */
int fsync(int fd)
{
    (void)fd;
    return 0;
}
int fdatasync(int fd)
{
    return fsync(fd);
}

enum { N_WHOLE = 30, PAGE_BYTES = 4096 };

static image a_whole_journal(void)
{
    journal *j = open_at("whole.db", NULL);
    for (uint32_t i = 0; i < N_WHOLE; i++)
        add(j, i, i);
    commit(j);
    journal_close(j);
    return image_read("whole.db");
}

/* It is refused as malformed, or what is found in it is what was written. Returns whether it was opened. */
static bool read_damaged(const image *file)
{
    journal *j = NULL;
    pt_err err = {0};
    journal_setup setup = setup_of("damaged.db", NULL);
    unlink("damaged.db"); /* to write over it would wait for the disk */
    unlink("damaged.db-wal");
    unlink("damaged.db-journal");
    image_write(file, "damaged.db");
    if (journal_open(&setup, &j, &err) != PT_OK) {
        if (err.code != PT_E_FORMAT || strncmp(err.msg, "damaged.db: ", 12) != 0)
            fail_msg("%d: %s", err.code, err.msg);
        return false;
    }
    for (uint32_t i = 0; i < N_WHOLE; i++) {
        bool found = false;
        uint8_t identity[JOURNAL_HASH_BYTES];
        journal_entry got;
        identity_of(i, identity);
        if (journal_find(j, identity, &found, &got, &err) != PT_OK) {
            assert_int_equal(err.code, PT_E_FORMAT);
            break;
        }
        if (found)
            assert_true(has(j, i, i));
    }
    journal_close(j);
    return true;
}

static void a_cut_journal_is_refused(void **state)
{
    (void)state;
    image file = a_whole_journal();
    image cut = file;
    for (cut.n = 2; cut.n < file.n; cut.n += 509) /* of 1 byte: empty, to SQLite */
        if (read_damaged(&cut))                   /* what is cut off a last page is read as zeros */
            assert_true(cut.n > file.n - PAGE_BYTES);
    cut.n = 0; /* one that was never begun */
    assert_true(read_damaged(&cut));
    free(file.bytes);
}

static void no_flipped_bit_makes_a_wrong_entry(void **state)
{
    (void)state;
    image file = a_whole_journal();
    uint32_t n_opened = 0, n_tried = 0;
    for (size_t place = 0; place < file.n; place += place < 100 ? 1 : 61, n_tried++) {
        file.bytes[place] ^= (uint8_t)(1u << place % 8);
        n_opened += read_damaged(&file);
        file.bytes[place] ^= (uint8_t)(1u << place % 8);
    }
    assert_true(n_opened > 0 && n_opened < n_tried);
    assert_true(read_damaged(&file));
    free(file.bytes);
}

static void a_flipped_bit_of_an_entry_is_found(void **state)
{
    (void)state;
    journal *j = open_at("flip.db", NULL);
    add(j, 7, 5);
    commit(j);
    journal_close(j);
    image file = image_read("flip.db");
    made_entry *made = entry_make(7, 5);
    uint8_t *proof = memmem(file.bytes, file.n, made->proof, made->entry.n_proof_bytes);
    assert_non_null(proof);
    proof[100] ^= 1;
    image_write(&file, "flip.db");
    bool found;
    journal_entry got;
    pt_err err = {0};
    j = open_at("flip.db", NULL);
    pt_status status = journal_find(j, made->entry.identity, &found, &got, &err);
    assert_error(&err, status, PT_E_FORMAT, "flip.db: a damaged journal: an entry is not as it was written");
    journal_close(j);
    entry_free(made);
    free(file.bytes);
}

static void change(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

/* Refused, and not a byte of it is another. */
static void is_left_alone(const char *path, const char *part)
{
    image before = image_read(path);
    path_fails(path, PT_E_FORMAT, part);
    image after = image_read(path);
    assert_int_equal(before.n, after.n);
    assert_memory_equal(before.bytes, after.bytes, before.n);
    free(before.bytes);
    free(after.bytes);
}

static void what_is_no_journal_is_left_alone(void **state)
{
    (void)state;
    text_write("a text that is long enough to be taken for something else, or so its author may have thought when it was "
               "written down\n",
               "text.db");
    is_left_alone("text.db", "text.db: SQLite: file is not a database");
    change("bookmarks.db", "CREATE TABLE places (url TEXT)");
    is_left_alone("bookmarks.db", "bookmarks.db: an SQLite database, but no journal of partita");
}

static void a_journal_of_another_make_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *part;
    } makes[] = {
        {"PRAGMA user_version = 2", "a journal of version 2; this build reads version 1"},
        {"PRAGMA application_id = 7", "an SQLite database, but no journal of partita"},
        {"CREATE TRIGGER t AFTER INSERT ON proof BEGIN DELETE FROM proof; END", "its tables are not those of a journal"},
        {"CREATE TABLE extra (x)", "its tables are not those of a journal"},
        {"DROP TABLE proof", "its tables are not those of a journal"},
        {"DROP TABLE proof; DROP TABLE run", "its tables are not those of a journal"},
        {"DROP TABLE proof; CREATE TABLE proof (identity BLOB)", "its tables are not those of a journal"},
        {"UPDATE run SET request = x'00'", "its latest run is none"},
        {"UPDATE run SET epoch = 9223372036854775807", "its latest run is none"},
        {"UPDATE run SET epoch = 0", "its latest run is none"},
    };
    for (size_t i = 0; i < sizeof makes / sizeof *makes; i++) {
        unlink("make.db");
        journal_close(open_at("make.db", NULL));
        change("make.db", makes[i].sql);
        is_left_alone("make.db", makes[i].part);
    }
}

static void hostile_fields_are_refused(void **state)
{
    (void)state;
    static const char *const fields[] = {"proof = zeroblob(193)",
                                         "proof = x''",
                                         "public_inputs = zeroblob(33)",
                                         "attempt = -1",
                                         "attempt = 1 << 40",
                                         "id = 'a' || x'00'",
                                         "rank = ''",
                                         "seconds = 9e999"};
    made_entry *made = entry_make(3, 1);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        char sql[128];
        bool found;
        journal_entry got;
        pt_err err = {0};
        unlink("fields.db");
        journal *j = open_at("fields.db", NULL);
        add(j, 3, 1);
        commit(j);
        journal_close(j);
        snprintf(sql, sizeof sql, "UPDATE proof SET %s", fields[i]);
        change("fields.db", sql);
        j = open_at("fields.db", NULL);
        pt_status status = journal_find(j, made->entry.identity, &found, &got, &err);
        assert_error(&err, status, PT_E_FORMAT, "an entry is not as it was written");
        journal_close(j);
    }
    entry_free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_journal_is_refused),
        cmocka_unit_test(no_flipped_bit_makes_a_wrong_entry),
        cmocka_unit_test(a_flipped_bit_of_an_entry_is_found),
        cmocka_unit_test(what_is_no_journal_is_left_alone),
        cmocka_unit_test(a_journal_of_another_make_is_refused),
        cmocka_unit_test(hostile_fields_are_refused),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
