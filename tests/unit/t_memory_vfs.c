/* SPDX-License-Identifier: Apache-2.0 */
/* The journal on a file system that loses what was not synced, and the file system itself. */
#include "tests/cluster/memory_vfs.h"

#include <sqlite3.h>
#include <time.h>

#include "tests/unit/journal_tests.inc.h"

enum { N_GROUPS = 12, GROUP_MOST = 5, N_SEEDS = 500 };

static memory_vfs *make(uint64_t seed, bool drops_syncs)
{
    const memory_vfs_setup setup = {.seed = seed, .drops_syncs = drops_syncs};
    memory_vfs *system = memory_vfs_create(&setup);
    assert_non_null(system);
    return system;
}

static uint32_t next(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

/* ---- the journal ---- */

static uint32_t group_size(uint64_t seed, uint32_t group)
{
    return 1 + byte_of((uint32_t)seed, group) % GROUP_MOST;
}

/* Groups from `first` on, until a commit fails. Returns how many were committed. */
static uint32_t commit_groups(journal *to, uint64_t seed, uint32_t first)
{
    pt_err err = {0};
    pt_status status = PT_OK;
    for (uint32_t group = first; group < N_GROUPS; group++) {
        for (uint32_t i = 0; status == PT_OK && i < group_size(seed, group); i++) {
            made_entry *made = entry_make(group * GROUP_MOST + i, (group * 31 + i) % 200);
            status = journal_add(to, &made->entry, &err);
            entry_free(made);
        }
        if (status == PT_OK)
            status = journal_commit(to, &err);
        if (status != PT_OK)
            return group;
    }
    return N_GROUPS;
}

/* How many groups are there, from the first on: each whole, and none behind one that is not. */
static uint32_t whole_groups(journal *in, uint64_t seed)
{
    uint32_t n = 0;
    uint64_t n_entries = 0;
    for (uint32_t group = 0; group < N_GROUPS; group++) {
        uint32_t there = 0;
        for (uint32_t i = 0; i < group_size(seed, group); i++)
            there += has(in, group * GROUP_MOST + i, (group * 31 + i) % 200);
        assert_true(there == 0 || (there == group_size(seed, group) && n == group));
        n += there != 0;
        n_entries += there;
    }
    assert_int_equal(journal_count(in), n_entries);
    return n;
}

/* Runs that crash, each after some changes of the file system, until all is committed. Returns false if something that was committed is
 * not there. */
static bool survives(uint64_t seed, memory_vfs *system, uint64_t n_changes_most)
{
    uint64_t random = seed * 77 + 5, latest_epoch = 0;
    uint32_t n_safe = 0;
    while (n_safe < N_GROUPS) {
        journal *j = NULL;
        pt_err err = {0};
        journal_setup setup = setup_of("journal.db", memory_vfs_name(system));
        memory_vfs_stop_after(system, next(&random) % n_changes_most);
        uint32_t n_committed = n_safe;
        if (journal_open(&setup, &j, &err) == PT_OK) {
            assert_true(journal_epoch(j) > latest_epoch);
            latest_epoch = journal_epoch(j);
            uint32_t n = whole_groups(j, seed);
            if (n < n_safe) {
                journal_close(j);
                return false;
            }
            n_committed = commit_groups(j, seed, n);
        } else if (err.code == PT_E_FORMAT) /* never: a crash damages nothing */
            return false;
        n_safe = n_committed;
        memory_vfs_crash(system, n_safe % 3 == 0 ? LOSE_ALL : n_safe % 3 == 1 ? LOSE_SOME : LOSE_NOTHING);
        journal_close(j);
        memory_vfs_start(system);
    }
    journal *j = open_at("journal.db", memory_vfs_name(system));
    bool whole = whole_groups(j, seed) == N_GROUPS;
    journal_close(j);
    return whole;
}

static void what_is_committed_survives_any_crash(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < N_SEEDS; seed++) {
        memory_vfs *system = make(seed, false);
        if (!survives(seed, system, 60 + seed % 100))
            fail_msg("seed %llu", (unsigned long long)seed);
        memory_vfs_destroy(system);
    }
}

static void a_journal_without_syncs_is_found_out(void **state)
{
    (void)state;
    uint32_t n_lost = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        memory_vfs *system = make(seed, true);
        journal *j = open_at("journal.db", memory_vfs_name(system));
        assert_int_equal(commit_groups(j, seed, 0), N_GROUPS);
        memory_vfs_crash(system, seed % 2 == 0 ? LOSE_ALL : LOSE_SOME);
        journal_close(j);
        memory_vfs_start(system);
        journal *again = NULL;
        pt_err err = {0};
        journal_setup setup = setup_of("journal.db", memory_vfs_name(system));
        pt_status status = journal_open(&setup, &again, &err);
        assert_true(status == PT_OK || status == PT_E_FORMAT);
        n_lost += status == PT_OK && journal_count(again) == 0;
        journal_close(again);
        memory_vfs_destroy(system);
    }
    assert_true(n_lost >= 10); /* all that lost everything */
}

static void a_second_root_is_refused_until_the_first_dies(void **state)
{
    (void)state;
    memory_vfs *system = make(1, false);
    journal *first = open_at("journal.db", memory_vfs_name(system)), *second = NULL;
    pt_err err = {0};
    journal_setup setup = setup_of("journal.db", memory_vfs_name(system));
    assert_error(&err, journal_open(&setup, &second, &err), PT_E_NOMEM, "journal.db: another run has the journal open");
    add(first, 1, 1);
    commit(first);
    memory_vfs_crash(system, LOSE_ALL);
    err = (pt_err){0};
    assert_int_equal(journal_commit(first, &err), PT_OK); /* there is none */
    made_entry *made = entry_make(2, 2);
    pt_status status = journal_add(first, &made->entry, &err);
    if (status == PT_OK)
        status = journal_commit(first, &err);
    assert_error(&err, status, PT_E_IO, "journal.db: SQLite: disk I/O error");
    entry_free(made);
    memory_vfs_start(system);
    setup.resume = true;
    second = open_with(&setup);
    journal_close(first); /* the dead one's end changes nothing */
    add(second, 3, 3);
    commit(second);
    assert_true(has(second, 1, 1) && !has(second, 2, 2) && has(second, 3, 3));
    journal_close(second);
    memory_vfs_destroy(system);
}

static void a_full_disk_keeps_what_was_committed(void **state)
{
    (void)state;
    enum { ROOM_BYTES = 100000 };
    memory_vfs *system = make(5, false);
    memory_vfs_set_room(system, ROOM_BYTES);
    pt_err err = {0};
    pt_status status = PT_OK;
    uint32_t n = 0;
    journal *j = open_at("journal.db", memory_vfs_name(system));
    for (; status == PT_OK; n++) {
        made_entry *made = entry_make(n, 10);
        status = journal_add(j, &made->entry, &err);
        entry_free(made);
        if (status == PT_OK)
            status = journal_commit(j, &err);
    }
    assert_error(&err, status, PT_E_IO, "journal.db: SQLite: database or disk is full");
    assert_true(n > 3 && memory_vfs_count(system).n_bytes <= ROOM_BYTES);
    memory_vfs_crash(system, LOSE_ALL);
    journal_close(j);
    memory_vfs_start(system);
    memory_vfs_set_room(system, 2 * ROOM_BYTES);
    j = open_at("journal.db", memory_vfs_name(system));
    for (uint32_t i = 0; i + 1 < n; i++)
        assert_true(has(j, i, 10));
    assert_int_equal(journal_count(j), n - 1);
    journal_close(j);
    memory_vfs_destroy(system);
}

static void file_systems_are_apart(void **state)
{
    (void)state;
    memory_vfs *a = make(1, false), *b = make(1, false);
    journal *in_a = open_at("journal.db", memory_vfs_name(a)), *in_b = open_at("journal.db", memory_vfs_name(b));
    add(in_a, 1, 1);
    commit(in_a);
    add(in_b, 2, 1);
    commit(in_b);
    memory_vfs_crash(a, LOSE_ALL);
    journal_close(in_a);
    memory_vfs_destroy(a);
    assert_true(has(in_b, 2, 1) && !has(in_b, 1, 1));
    journal_close(in_b);
    memory_vfs_destroy(b);
    memory_vfs_destroy(NULL);
}

static void the_same_calls_make_the_same_changes(void **state)
{
    (void)state;
    memory_vfs_counts counts[2];
    for (int i = 0; i < 2; i++) {
        memory_vfs *system = make(9, false);
        assert_true(survives(9, system, 80));
        counts[i] = memory_vfs_count(system);
        memory_vfs_destroy(system);
    }
    assert_memory_equal(counts, counts + 1, sizeof *counts);
}

/* ---- the file system, under SQLite alone ---- */

static sqlite3 *open_database(memory_vfs *system, const char *set)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open_v2("x.db", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, memory_vfs_name(system)),
                     SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, set, NULL, NULL, NULL), SQLITE_OK);
    return db;
}

/* Rows of 1,000 bytes that were committed one by one and are there after a crash, or -1: the database is damaged. */
static int rows_after(uint64_t seed, const char *set, memory_vfs_loss loss)
{
    enum { N_ROWS = 40 };
    memory_vfs *system = make(seed, false);
    sqlite3 *db = open_database(system, set);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE t (x)", NULL, NULL, NULL), SQLITE_OK);
    for (int i = 0; i < N_ROWS; i++)
        assert_int_equal(sqlite3_exec(db, "INSERT INTO t VALUES (randomblob(1000))", NULL, NULL, NULL), SQLITE_OK);
    memory_vfs_crash(system, loss);
    sqlite3_close(db);
    memory_vfs_start(system);
    sqlite3_stmt *query;
    db = open_database(system, "PRAGMA locking_mode = EXCLUSIVE");
    int n = -1;
    if (sqlite3_prepare_v2(db, "SELECT count(*) FROM t", -1, &query, NULL) == SQLITE_OK &&
        sqlite3_step(query) == SQLITE_ROW)
        n = sqlite3_column_int(query, 0) == N_ROWS ? 1 : 0;
    sqlite3_finalize(query);
    sqlite3_close(db);
    memory_vfs_destroy(system);
    return n;
}

static void every_mode_of_sqlite_is_safe_with_syncs_and_none_without(void **state)
{
    (void)state;
    static const char *const modes[] = {"WAL", "DELETE", "TRUNCATE", "PERSIST"};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        char set[128];
        int n_lost = 0;
        for (uint64_t seed = 0; seed < 40; seed++) {
            memory_vfs_loss loss = seed % 2 == 0 ? LOSE_ALL : LOSE_SOME;
            snprintf(set, sizeof set,
                     "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = EXTRA; PRAGMA journal_mode = %s", modes[i]);
            assert_int_equal(rows_after(seed, set, loss), 1);
            assert_int_equal(rows_after(seed, set, LOSE_NOTHING), 1);
            snprintf(set, sizeof set, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF; PRAGMA journal_mode = %s",
                     modes[i]);
            n_lost += rows_after(seed, set, loss) != 1;
        }
        assert_true(n_lost > 20);
    }
}

static void two_writers_take_turns(void **state)
{
    (void)state;
    memory_vfs *system = make(3, false);
    sqlite3 *a = open_database(system, "CREATE TABLE t (x)"), *b = open_database(system, "SELECT * FROM t");
    assert_int_equal(sqlite3_exec(a, "BEGIN; SELECT * FROM t; INSERT INTO t VALUES (1)", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(b, "SELECT * FROM t", NULL, NULL, NULL),
                     SQLITE_OK); /* beside a writer that has not begun to write */
    assert_int_equal(sqlite3_exec(b, "INSERT INTO t VALUES (2)", NULL, NULL, NULL), SQLITE_BUSY);
    assert_int_equal(sqlite3_exec(b, "BEGIN; SELECT count(*) FROM t", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(a, "COMMIT", NULL, NULL, NULL), SQLITE_BUSY); /* one still reads */
    sqlite3_stmt *late;
    sqlite3 *c;
    assert_int_equal(sqlite3_open_v2("x.db", &c, SQLITE_OPEN_READWRITE, memory_vfs_name(system)), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(c, "SELECT * FROM t", -1, &late, NULL), SQLITE_BUSY); /* and nobody begins to */
    assert_int_equal(sqlite3_exec(b, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(a, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(b, "INSERT INTO t VALUES (2)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(a);
    sqlite3_close(b);
    sqlite3_close(c);
    memory_vfs_destroy(system);
}

/* ---- what it costs ---- */

static double processor_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void costs_are_told(void **state)
{
    (void)state;
    enum { N_ROUNDS = 200, N_COMMITS = 5 };
    double spent[3] = {0};
    made_entry *made[N_COMMITS];
    pt_err err = {0};
    for (uint32_t i = 0; i < N_COMMITS; i++)
        made[i] = entry_make(i, 1);
    for (int round = 0; round < N_ROUNDS; round++) {
        memory_vfs *system = make(1, false);
        double start = processor_us();
        journal *j = open_at("journal.db", memory_vfs_name(system));
        spent[0] += processor_us() - start;
        start = processor_us();
        for (uint32_t i = 0; i < N_COMMITS; i++)
            assert_int_equal(journal_add(j, &made[i]->entry, &err) | journal_commit(j, &err), PT_OK);
        spent[1] += processor_us() - start;
        memory_vfs_crash(system, LOSE_ALL);
        start = processor_us();
        journal_close(j);
        memory_vfs_start(system);
        j = open_at("journal.db", memory_vfs_name(system));
        journal_close(j);
        spent[2] += processor_us() - start;
        memory_vfs_destroy(system);
    }
    for (uint32_t i = 0; i < N_COMMITS; i++)
        entry_free(made[i]);
    print_message("us: open a new one %.0f, add and commit one entry %.1f, close, open again and close %.0f\n",
                  spent[0] / N_ROUNDS, spent[1] / N_ROUNDS / N_COMMITS, spent[2] / N_ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_committed_survives_any_crash),
        cmocka_unit_test(a_journal_without_syncs_is_found_out),
        cmocka_unit_test(a_second_root_is_refused_until_the_first_dies),
        cmocka_unit_test(a_full_disk_keeps_what_was_committed),
        cmocka_unit_test(file_systems_are_apart),
        cmocka_unit_test(the_same_calls_make_the_same_changes),
        cmocka_unit_test(every_mode_of_sqlite_is_safe_with_syncs_and_none_without),
        cmocka_unit_test(two_writers_take_turns),
        cmocka_unit_test(costs_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
