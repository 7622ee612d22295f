/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/vfs.h>

#include "tests/unit/journal_tests.inc.h"

enum { EXT4 = 0xef53, NFS = 0x6969, WAL_MARK_AT = 18, WAL_MARK = 2, ROLLBACK_MARK = 1 };

/* In libc's place: the file system is of the type that a test says. */
static long file_system_type = EXT4;
int statfs(const char *path, struct statfs *out)
{
    struct stat info;
    memset(out, 0, sizeof *out);
    out->f_type = file_system_type;
    return stat(path, &info);
}

/* And SQLite's: no test turns the machine off, so none waits for its disk. */
static uint32_t n_syncs;
static bool syncs_fail;
static int count_sync(void)
{
    n_syncs++;
    errno = EIO;
    return syncs_fail ? -1 : 0;
}
int fsync(int fd)
{
    (void)fd;
    return count_sync();
}
int fdatasync(int fd)
{
    (void)fd;
    return count_sync();
}

static void on_each_file_system(void (*check)(void))
{
    for (int i = 0; i < 2; i++) {
        file_system_type = i == 0 ? EXT4 : NFS;
        check();
        assert_int_equal(system("rm -rf j"), 0);
    }
    file_system_type = EXT4;
}

static bool exists(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0;
}

/* How a child ends that runs `part`. */
static int in_a_child(void (*part)(void))
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        part();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/* ---- entries ---- */

static const struct {
    uint32_t number;
    size_t n_public;
} sizes[] = {{0, 0}, {1, 0}, {2, 1}, {3, 1}, {4, ENTRY_PUBLIC_MAX}, {5, ENTRY_PUBLIC_MAX}};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

static void check_found_again(void)
{
    journal *j = open_at("j/journal.db", NULL);
    for (size_t i = 0; i < N_SIZES; i++) {
        assert_false(has(j, sizes[i].number, sizes[i].n_public));
        add(j, sizes[i].number, sizes[i].n_public);
        assert_true(has(j, sizes[i].number, sizes[i].n_public));
    }
    commit(j);
    assert_int_equal(journal_count(j), N_SIZES);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < N_SIZES; i++)
            assert_true(has(j, sizes[i].number, sizes[i].n_public));
        assert_false(has(j, 99, 0));
        journal_close(j);
        j = open_at("j/journal.db", NULL);
    }
    journal_close(j);
}

static void entries_of_all_sizes_are_found_again(void **state)
{
    (void)state;
    on_each_file_system(check_found_again);
}

static void the_first_entry_of_an_identity_stays(void **state)
{
    (void)state;
    pt_err err = {0};
    journal *j = open_at("first/journal.db", NULL);
    add(j, 6, 2);
    commit(j);
    made_entry *other = entry_make(6, 3);
    other->entry.id = "another";
    assert_int_equal(journal_add(j, &other->entry, &err), PT_OK);
    entry_free(other);
    commit(j);
    assert_int_equal(journal_count(j), 1);
    assert_true(has(j, 6, 2));
    journal_close(j);
}

static void an_empty_commit_is_none(void **state)
{
    (void)state;
    journal *j = open_at("empty/journal.db", NULL);
    commit(j);
    add(j, 1, 1);
    commit(j);
    commit(j);
    assert_int_equal(journal_count(j), 1);
    journal_close(j);
    journal_close(NULL);
}

static void an_entry_stays_readable_while_others_are_committed(void **state)
{
    (void)state;
    bool found;
    uint8_t identity[JOURNAL_HASH_BYTES];
    journal_entry got;
    pt_err err = {0};
    journal *j = open_at("borrowed/journal.db", NULL);
    for (uint32_t i = 0; i < 300; i++) {
        add(j, i, 1);
        identity_of(i / 2, identity);
        assert_int_equal(journal_find(j, identity, &found, &got, &err), PT_OK);
        assert_true(found);
        commit(j);
    }
    assert_int_equal(journal_count(j), 300);
    journal_close(j);
}

/* ---- runs ---- */

static void runs_are_counted(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= 3; i++) {
        journal *j = open_at("runs/journal.db", NULL);
        assert_int_equal(journal_epoch(j), i);
        journal_close(j);
    }
}

static void a_resume_needs_a_journal(void **state)
{
    (void)state;
    journal_setup setup = setup_of("none/journal.db", NULL);
    setup.resume = true;
    open_fails(&setup, PT_E_NOINPUT, "none/journal.db: there is no journal to resume");
    assert_false(exists("none"));
    text_write("", "empty.db");
    setup.path = "empty.db";
    open_fails(&setup, PT_E_NOINPUT, "empty.db: there is no journal to resume");
}

static void a_resume_needs_a_run(void **state)
{
    (void)state;
    sqlite3 *db;
    assert_int_equal(mkdir("norun", 0700), 0);
    journal_close(open_at("norun/journal.db", NULL));
    assert_int_equal(sqlite3_open("norun/journal.db", &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM run", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    journal_setup setup = setup_of("norun/journal.db", NULL);
    setup.resume = true;
    open_fails(&setup, PT_E_NOINPUT, "there is no run in it to resume");
}

static void only_the_latest_request_is_resumed(void **state)
{
    (void)state;
    journal_setup setup = setup_of("resume/journal.db", NULL);
    journal_close(open_with(&setup));
    setup.resume = true;
    journal_close(open_with(&setup));
    setup.request_hash = request_b;
    open_fails(&setup, PT_E_ARG,
               "can't be resumed: it is of request aabb010000000000..., and this is request ccdd020000000000...");
    setup.resume = false;
    journal *j = open_with(&setup);
    assert_int_equal(journal_epoch(j), 3); /* what is refused is no run */
    journal_close(j);
    setup.resume = true;
    journal_close(open_with(&setup));
    setup.request_hash = request_a;
    open_fails(&setup, PT_E_ARG, "it is of request ccdd020000000000..., and this is request aabb010000000000...");
}

/* ---- where it lies ---- */

static void the_directory_above_is_made(void **state)
{
    (void)state;
    assert_int_equal(mkdir("out", 0700), 0);
    journal_close(open_at("out/.partita/journal.db", NULL));
    assert_true(exists("out/.partita/journal.db"));
    path_fails("missing/.partita/journal.db", PT_E_CREATE, "missing/.partita: No such file or directory");
}

static void what_cannot_be_made_is_named(void **state)
{
    (void)state;
    text_write("x", "plain");
    path_fails("plain/journal.db", PT_E_CREATE, "plain");
    assert_int_equal(mkdir("folder.db", 0700), 0);
    path_fails("folder.db", PT_E_CREATE, "folder.db");
    path_fails("/proc/journal.db", PT_E_CREATE, "/proc/journal.db: SQLite: unable to open database file");
}

static void a_name_is_a_file_whatever_it_looks_like(void **state)
{
    (void)state;
    static const char *const names[] = {":memory:", "file:x?mode=memory", "file:y"};
    for (size_t i = 0; i < 3; i++) {
        journal *j = open_at(names[i], NULL);
        assert_true(exists(names[i]));
        journal_close(j);
    }
}

static uint8_t byte_at(const char *path, size_t place)
{
    image file = image_read(path);
    assert_true(place < file.n);
    uint8_t byte = file.bytes[place];
    free(file.bytes);
    return byte;
}

static void killed_with_an_entry(void)
{
    journal *j = open_at("kind/journal.db", NULL);
    add(j, 1, 1);
    commit(j);
    _exit(0);
}

static void a_log_is_kept_on_a_file_system_of_this_machine_alone(void **state)
{
    (void)state;
    static const struct {
        long type;
        uint8_t mark;
    } kinds[] = {{EXT4, WAL_MARK},
                 {NFS, ROLLBACK_MARK},
                 {0x0bd00bd0, ROLLBACK_MARK},
                 {0x47504653, ROLLBACK_MARK},
                 {0x65735546, ROLLBACK_MARK},
                 {(int)0xff534d42, ROLLBACK_MARK},
                 {(int)0x9123683e, WAL_MARK}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        file_system_type = kinds[i].type;
        assert_int_equal(in_a_child(killed_with_an_entry), 0);
        assert_int_equal(byte_at("kind/journal.db", WAL_MARK_AT), kinds[i].mark);
        assert_int_equal(exists("kind/journal.db-wal"), kinds[i].mark == WAL_MARK);
        assert_false(exists("kind/journal.db-shm"));
        file_system_type = EXT4;
        journal *j = open_at("kind/journal.db", NULL); /* whatever it was before */
        assert_true(has(j, 1, 1));
        journal_close(j);
    }
}

/* ---- one at a time ---- */

static void check_second_root(void)
{
    char process[128];
    journal *j = open_at("j/journal.db", NULL);
    add(j, 1, 1);
    commit(j);
    snprintf(process, sizeof process,
             "another run has the journal open: host node0, process %d, since 2025-11-21 21:42:10 UTC", getpid());
    path_fails("j/journal.db", PT_E_NOMEM, process);
    assert_true(has(j, 1, 1));
    journal_close(j);
    assert_false(exists("j/journal.db.owner"));
    journal_close(open_at("j/journal.db", NULL));
}

static void a_second_root_is_told_who_has_it(void **state)
{
    (void)state;
    on_each_file_system(check_second_root);
}

static void meets_a_root_of_another_process(void)
{
    journal *opened = NULL;
    pt_err err = {0};
    journal_setup setup = setup_of("j/journal.db", NULL);
    setup.host = "node1";
    pt_status status = journal_open(&setup, &opened, &err);
    _exit(status == PT_E_NOMEM && strstr(err.msg, "host node0, process ") != NULL ? 0 : 1);
}

static void check_other_process(void)
{
    journal *j = open_at("j/journal.db", NULL);
    for (int i = 0; i < 3; i++)
        assert_int_equal(in_a_child(meets_a_root_of_another_process), 0);
    add(j, 2, 0);
    commit(j);
    journal_close(j);
}

static void a_root_of_another_process_is_refused(void **state)
{
    (void)state;
    on_each_file_system(check_other_process);
}

static void the_note_of_the_dead_means_nothing(void **state)
{
    (void)state;
    static const char *const notes[] = {"node9 1 1\n", "", "\n\n\n", "node 99999999999999999999999999 -5\n",
                                        "node9 1 999999999999999999\n"};
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        assert_int_equal(mkdir("dead", 0700) == 0 || exists("dead"), 1);
        text_write(notes[i], "dead/journal.db.owner");
        journal *j = open_at("dead/journal.db", NULL);
        path_fails("dead/journal.db", PT_E_NOMEM, "host node0, process ");
        text_write(notes[i], "dead/journal.db.owner"); /* somebody's work, or a disk's */
        path_fails("dead/journal.db", PT_E_NOMEM, "another run has the journal open: ");
        journal_close(j);
    }
}

static void without_a_note_it_is_still_refused(void **state)
{
    (void)state;
    journal *j = open_at("note/journal.db", NULL);
    assert_int_equal(unlink("note/journal.db.owner"), 0);
    path_fails("note/journal.db", PT_E_NOMEM, "it left no note of host and process");
    assert_int_equal(mkfifo("note/journal.db.owner", 0600), 0);
    path_fails("note/journal.db", PT_E_NOMEM, "it left no note of host and process");
    journal_close(j);
}

static void holds_it_for_a_moment(int ready)
{
    sqlite3 *db;
    if (sqlite3_open("soon/journal.db", &db) != SQLITE_OK ||
        sqlite3_exec(db, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE", NULL, NULL, NULL) != SQLITE_OK ||
        write(ready, "", 1) != 1)
        _exit(1);
    usleep(20000);
    _exit(0);
}

static void a_lock_that_is_let_go_soon_is_waited_for(void **state)
{
    (void)state;
    int ready[2];
    char byte;
    journal_close(open_at("soon/journal.db", NULL));
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        holds_it_for_a_moment(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    journal_close(open_at("soon/journal.db", NULL));
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(ready[0]);
    close(ready[1]);
}

/* Two at once on a journal that is not there yet: one gets it, and the other one is told so. */
static void check_race(void)
{
    int gate[2], result[2];
    char answers[2] = {0};
    assert_int_equal(pipe(gate), 0);
    assert_int_equal(pipe(result), 0);
    for (int i = 0; i < 2; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child != 0)
            continue;
        char go;
        journal *opened = NULL;
        pt_err err = {0};
        journal_setup setup = setup_of("j/journal.db", NULL);
        close(gate[1]);
        ssize_t got = read(gate[0], &go, 1); /* the end of the file: all go at once */
        pt_status status = journal_open(&setup, &opened, &err);
        char answer = status == PT_OK ? '+' : status == PT_E_NOMEM ? '-' : '?';
        ssize_t put = write(result[1], &answer, 1);
        usleep(300000); /* the winner keeps it until the other one has given up */
        _exit(got == 0 && put == 1 ? 0 : 1);
    }
    close(gate[0]);
    close(gate[1]);
    for (int i = 0; i < 2; i++)
        assert_int_equal(read(result[0], answers + i, 1), 1);
    close(result[0]);
    close(result[1]);
    for (int i = 0; i < 2; i++)
        wait(NULL);
    assert_true((answers[0] == '+' && answers[1] == '-') || (answers[0] == '-' && answers[1] == '+'));
}

static void of_two_that_come_at_once_one_gets_it(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++)
        on_each_file_system(check_race);
}

/* ---- ends without warning ---- */

static void killed_within_a_group(void)
{
    journal *j = open_at("j/journal.db", NULL);
    for (uint32_t i = 0; i < 40; i++)
        add(j, i, 3);
    commit(j);
    for (uint32_t i = 40; i < 2000; i++) /* more than the cache of a small one holds */
        add(j, i, 100);
    _exit(0);
}

static void check_killed(void)
{
    assert_int_equal(in_a_child(killed_within_a_group), 0);
    journal *j = open_at("j/journal.db", NULL);
    assert_int_equal(journal_count(j), 40);
    for (uint32_t i = 0; i < 40; i++)
        assert_true(has(j, i, 3));
    assert_int_equal(journal_epoch(j), 2);
    journal_close(j);
}

static void what_was_committed_survives_and_the_open_group_does_not(void **state)
{
    (void)state;
    on_each_file_system(check_killed);
}

static void a_group_that_is_open_at_the_end_is_lost(void **state)
{
    (void)state;
    journal *j = open_at("group/journal.db", NULL);
    add(j, 1, 1);
    commit(j);
    add(j, 2, 1);
    journal_close(j);
    j = open_at("group/journal.db", NULL);
    assert_true(has(j, 1, 1));
    assert_false(has(j, 2, 1));
    journal_close(j);
}

static void fills_the_disk(void)
{
    pt_err err = {0}, again = {0};
    uint32_t n = 0;
    bool found;
    uint8_t identity[JOURNAL_HASH_BYTES] = {0};
    journal_entry entry;
    signal(SIGXFSZ, SIG_IGN);
    journal *j = open_at("j/journal.db", NULL);
    const struct rlimit limit = {300000, 300000};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        _exit(9);
    for (pt_status status = PT_OK; status == PT_OK; n++) {
        made_entry *made = entry_make(n, 10);
        status = journal_add(j, &made->entry, &err);
        entry_free(made);
        if (status == PT_OK && (status = journal_commit(j, &err)) == PT_OK)
            continue;
        if (err.code != PT_E_IO || strstr(err.msg, "j/journal.db: SQLite: disk I/O error (") == NULL) {
            fprintf(stderr, "%s\n", err.msg);
            _exit(10);
        }
    }
    if (journal_find(j, identity, &found, &entry, &again) != PT_E_IO || strcmp(again.msg, err.msg) != 0 ||
        journal_count(j) != 0 || journal_commit(j, &again) != PT_E_IO)
        _exit(11);
    journal_retire(j); /* its proofs are none that can be read now; it stays */
    FILE *out = fopen("j/n", "w");
    fprintf(out, "%u\n", n - 1);
    fclose(out);
}

static void check_full(void)
{
    unsigned n;
    assert_int_equal(in_a_child(fills_the_disk), 0);
    FILE *in = fopen("j/n", "r");
    assert_int_equal(fscanf(in, "%u", &n), 1);
    fclose(in);
    assert_true(n > 20);
    journal *j = open_at("j/journal.db", NULL);
    for (uint32_t i = 0; i < n; i++)
        assert_true(has(j, i, 10));
    assert_true(journal_count(j) == n || (journal_count(j) == n + 1 && has(j, n, 10)));
    journal_close(j);
}

static void a_full_disk_keeps_what_was_committed(void **state)
{
    (void)state;
    on_each_file_system(check_full);
}

static void opens_on_a_full_disk(void)
{
    journal *opened = NULL;
    pt_err err = {0};
    const struct rlimit limit = {2000, 2000};
    journal_setup setup = setup_of("j/journal.db", NULL);
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        _exit(9);
    _exit(journal_open(&setup, &opened, &err) == PT_E_IO && strncmp(err.msg, "j/journal.db: ", 14) == 0 ? 0 : 1);
}

static void check_opened_full(void)
{
    assert_int_equal(in_a_child(opens_on_a_full_disk), 0);
    assert_false(exists("j/journal.db.owner"));
    journal_close(open_at("j/journal.db", NULL)); /* when there is room again */
}

static void a_journal_that_finds_no_room_can_be_made_later(void **state)
{
    (void)state;
    on_each_file_system(check_opened_full);
}

/* ---- syncs ---- */

static void check_synced(void)
{
    pt_err err = {0}, again = {0};
    journal *j = open_at("j/journal.db", NULL);
    for (uint32_t i = 0; i < 5; i++) {
        uint32_t before = n_syncs;
        add(j, i, 1);
        assert_int_equal(n_syncs, before);
        commit(j);
        assert_true(n_syncs > before);
    }
    add(j, 6, 1);
    syncs_fail = true;
    pt_status status = journal_commit(j, &err);
    syncs_fail = false;
    assert_error(&err, status, PT_E_IO, "j/journal.db: SQLite: disk I/O error (");
    assert_error(&again, journal_commit(j, &again), PT_E_IO, err.msg);
    journal_close(j);
    j = open_at("j/journal.db", NULL);
    for (uint32_t i = 0; i < 5; i++)
        assert_true(has(j, i, 1));
    journal_close(j);
}

static void a_commit_is_synced_or_fails(void **state)
{
    (void)state;
    on_each_file_system(check_synced);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_of_all_sizes_are_found_again),
        cmocka_unit_test(the_first_entry_of_an_identity_stays),
        cmocka_unit_test(an_empty_commit_is_none),
        cmocka_unit_test(an_entry_stays_readable_while_others_are_committed),
        cmocka_unit_test(runs_are_counted),
        cmocka_unit_test(a_resume_needs_a_journal),
        cmocka_unit_test(a_resume_needs_a_run),
        cmocka_unit_test(only_the_latest_request_is_resumed),
        cmocka_unit_test(the_directory_above_is_made),
        cmocka_unit_test(what_cannot_be_made_is_named),
        cmocka_unit_test(a_name_is_a_file_whatever_it_looks_like),
        cmocka_unit_test(a_log_is_kept_on_a_file_system_of_this_machine_alone),
        cmocka_unit_test(a_second_root_is_told_who_has_it),
        cmocka_unit_test(a_root_of_another_process_is_refused),
        cmocka_unit_test(the_note_of_the_dead_means_nothing),
        cmocka_unit_test(without_a_note_it_is_still_refused),
        cmocka_unit_test(a_lock_that_is_let_go_soon_is_waited_for),
        cmocka_unit_test(of_two_that_come_at_once_one_gets_it),
        cmocka_unit_test(what_was_committed_survives_and_the_open_group_does_not),
        cmocka_unit_test(a_group_that_is_open_at_the_end_is_lost),
        cmocka_unit_test(a_full_disk_keeps_what_was_committed),
        cmocka_unit_test(a_journal_that_finds_no_room_can_be_made_later),
        cmocka_unit_test(a_commit_is_synced_or_fails),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
