/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/output_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/unit/format_tests.inc.h"

static const input_set no_inputs;

static void write_text(const char *path, const char *text)
{
    output_file *out;
    pt_err err = {0};
    assert_int_equal(output_file_open(path, &out, &err), PT_OK);
    fputs(text, output_file_stream(out));
    assert_int_equal(output_file_commit(out, &err), PT_OK);
}

static void expect_text(const char *path, const char *text)
{
    image file = image_read(path);
    assert_int_equal(file.n, strlen(text));
    assert_memory_equal(file.bytes, text, file.n);
    free(file.bytes);
}

static void check_gives(const char *path, const char *const *inputs, size_t n, pt_status code, const char *part)
{
    pt_err err = {0};
    input_set set;
    assert_int_equal(input_set_init(inputs, n, &set, &err), PT_OK);
    pt_status status = output_file_check(path, &set, &err);
    input_set_clear(&set);
    if (code == PT_OK)
        assert_int_equal(status, PT_OK);
    else
        assert_error(&err, status, code, part);
}

static size_t count_files(const char *dir)
{
    DIR *d = opendir(dir);
    assert_non_null(d);
    size_t n = 0;
    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n - 2;
}

static void a_file_appears_when_it_is_whole(void **state)
{
    (void)state;
    output_file *out;
    pt_err err = {0};
    assert_int_equal(mkdir("whole", 0700), 0);
    check_gives("whole/p", NULL, 0, PT_OK, "");
    assert_int_equal(output_file_open("whole/p", &out, &err), PT_OK);
    fputs("proof", output_file_stream(out));
    assert_int_equal(access("whole/p", F_OK), -1);
    assert_int_equal(output_file_commit(out, &err), PT_OK);
    expect_text("whole/p", "proof");
    assert_int_equal(count_files("whole"), 1);
}

static void an_abandoned_file_leaves_nothing(void **state)
{
    (void)state;
    output_file *out;
    pt_err err = {0};
    assert_int_equal(mkdir("abandoned", 0700), 0);
    text_write("old", "abandoned/p");
    assert_int_equal(output_file_open("abandoned/p", &out, &err), PT_OK);
    fputs("new", output_file_stream(out));
    output_file_abandon(out);
    output_file_abandon(NULL);
    expect_text("abandoned/p", "old");
    assert_int_equal(count_files("abandoned"), 1);
}

static void a_replaced_file_keeps_its_rights(void **state)
{
    (void)state;
    struct stat info;
    text_write("a longer old text", "rights");
    assert_int_equal(chmod("rights", 0640), 0);
    check_gives("rights", NULL, 0, PT_OK, "");
    write_text("rights", "new");
    expect_text("rights", "new");
    assert_int_equal(stat("rights", &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
}

static void a_symbolic_link_stays_and_its_target_is_replaced(void **state)
{
    (void)state;
    struct stat info;
    assert_int_equal(mkdir("elsewhere", 0700), 0);
    text_write("old", "elsewhere/target");
    assert_int_equal(symlink("elsewhere/target", "link"), 0);
    check_gives("link", NULL, 0, PT_OK, "");
    write_text("link", "new");
    assert_int_equal(lstat("link", &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    expect_text("elsewhere/target", "new");
}

static void a_symbolic_link_to_nothing_is_refused(void **state)
{
    (void)state;
    assert_int_equal(symlink("nowhere", "dangling"), 0);
    check_gives("dangling", NULL, 0, PT_E_CREATE, "dangling: a symbolic link to nothing");
}

static void a_device_is_written_in_place(void **state)
{
    (void)state;
    struct stat info;
    check_gives("/dev/null", NULL, 0, PT_OK, "");
    write_text("/dev/null", "gone");
    assert_int_equal(stat("/dev/null", &info), 0);
    assert_true(S_ISCHR(info.st_mode));
}

static void a_fifo_is_written_in_place(void **state)
{
    (void)state;
    char text[8] = {0};
    assert_int_equal(mkfifo("fifo", 0600), 0);
    int reader = open("fifo", O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    check_gives("fifo", NULL, 0, PT_OK, "");
    write_text("fifo", "proof");
    assert_int_equal(read(reader, text, sizeof text), 5);
    assert_string_equal(text, "proof");
    close(reader);
}

/* A shell's `> log`: what stands there already must stay, and the shell's own file must get the text. */
static void an_open_descriptor_is_written_on(void **state)
{
    (void)state;
    char path[32];
    int fd = open("log", O_RDWR | O_CREAT, 0600);
    assert_int_equal(write(fd, "before ", 7), 7);
    snprintf(path, sizeof path, "/dev/fd/%d", fd);
    check_gives(path, NULL, 0, PT_OK, "");
    write_text(path, "proof");
    assert_int_equal(write(fd, " after", 6), 6);
    close(fd);
    expect_text("log", "before proof after");
}

static void a_directory_is_refused(void **state)
{
    (void)state;
    check_gives(".", NULL, 0, PT_E_CREATE, ".: Is a directory");
}

static void a_directory_that_is_not_there_is_refused(void **state)
{
    (void)state;
    output_file *out = NULL;
    pt_err err = {0};
    check_gives("absent/p", NULL, 0, PT_E_CREATE, "absent/p: No such file or directory");
    assert_error(&err, output_file_open("absent/p", &out, &err), PT_E_CREATE, "absent/p: No such file or directory");
    assert_null(out);
}

static void a_file_as_directory_is_refused(void **state)
{
    (void)state;
    text_write("x", "plain");
    check_gives("plain/p", NULL, 0, PT_E_CREATE, "plain/p: Not a directory");
}

static pt_status check_locked(void)
{
    pt_err err = {0};
    return output_file_check("locked/p", &no_inputs, &err);
}

static pt_status check_read_only(void)
{
    pt_err err = {0};
    return output_file_check("read_only", &no_inputs, &err);
}

static pt_status check_unreadable(void)
{
    pt_err err = {0};
    return output_file_check("unreadable", &no_inputs, &err);
}

static pt_status check_replaceable(void)
{
    pt_err err = {0};
    return output_file_check("locked_beside/p", &no_inputs, &err);
}

static pt_status write_dropped(void)
{
    output_file *out;
    pt_err err = {0};
    if (output_file_check("drop/p", &no_inputs, &err) != PT_OK || output_file_open("drop/p", &out, &err) != PT_OK)
        return err.code;
    fputs("proof", output_file_stream(out));
    return output_file_commit(out, &err);
}

static void a_directory_may_be_written_and_not_read(void **state)
{
    (void)state;
    assert_int_equal(mkdir("drop", 0700), 0);
    assert_int_equal(chmod("drop", 0333), 0);
    assert_int_equal(status_as_nobody(write_dropped), PT_OK);
    expect_text("drop/p", "proof");
}

static void without_permission_it_is_refused(void **state)
{
    (void)state;
    assert_int_equal(mkdir("locked", 0555), 0);
    assert_int_equal(status_as_nobody(check_locked), PT_E_CREATE);
    text_write("old", "read_only");
    assert_int_equal(chmod("read_only", 0444), 0);
    assert_int_equal(status_as_nobody(check_read_only), PT_E_CREATE);
    text_write("old", "unreadable");
    assert_int_equal(chmod("unreadable", 0222), 0);
    assert_int_equal(status_as_nobody(check_unreadable), PT_E_CREATE);
    assert_int_equal(mkdir("locked_beside", 0755), 0);
    text_write("old", "locked_beside/p");
    assert_int_equal(chmod("locked_beside/p", 0666), 0);
    assert_int_equal(status_as_nobody(check_replaceable), PT_E_CREATE);
}

static void an_empty_name_is_refused(void **state)
{
    (void)state;
    check_gives("", NULL, 0, PT_E_CREATE, "empty name");
}

static void a_fifo_is_no_input_and_output_at_once(void **state)
{
    (void)state;
    static const char *const inputs[] = {"both_ends", "/dev/null"};
    assert_int_equal(mkfifo("both_ends", 0600), 0);
    check_gives("both_ends", inputs, 2, PT_E_ARG, "both_ends: is both an input and an output");
    check_gives("/dev/null", inputs, 2, PT_OK, "");
}

static void two_names_of_one_file_are_the_same(void **state)
{
    (void)state;
    assert_int_equal(mkdir("names", 0700), 0);
    assert_true(output_file_same("names/new", "./names//new"));
    assert_true(output_file_same("absent/new", "absent/new"));
    assert_false(output_file_same("names/new", "new"));
    assert_false(output_file_same("names/new", "names/other"));
    text_write("old", "names/old");
    assert_int_equal(link("names/old", "names/linked"), 0);
    assert_true(output_file_same("names/old", "names/linked"));
    assert_false(output_file_same("names/old", "names/new"));
    assert_false(output_file_same("/dev/null", "/dev/null"));
}

static void a_descriptor_is_in_place_even_of_a_regular_file(void **state)
{
    (void)state;
    char path[32];
    int fd = open("redirected", O_RDWR | O_CREAT, 0600);
    snprintf(path, sizeof path, "/dev/fd/%d", fd);
    assert_true(output_file_in_place(path));
    assert_true(output_file_in_place("/dev/null"));
    assert_false(output_file_in_place("redirected"));
    assert_false(output_file_in_place("not_there"));
    close(fd);
}

static void one_of_the_inputs_is_refused(void **state)
{
    (void)state;
    static const char *const inputs[] = {"absent", "input"};
    text_write("input", "input");
    assert_int_equal(link("input", "same"), 0);
    assert_int_equal(symlink("input", "also"), 0);
    check_gives("input", inputs, 2, PT_E_ARG, "input: is both an input and an output");
    check_gives("same", inputs, 2, PT_E_ARG, "same: is both an input and an output");
    check_gives("also", inputs, 2, PT_E_ARG, "also: is both an input and an output");
    check_gives("input", inputs, 1, PT_OK, "");
}

static void keys_witnesses_and_circuits_are_not_overwritten(void **state)
{
    (void)state;
    static const char *const kept[] = {"zkey", "wtns", "r1cs", "ptpk"};
    for (size_t i = 0; i < 4; i++) {
        char part[64];
        text_write(kept[i], "precious");
        snprintf(part, sizeof part, "precious: is a %s file; it will not be overwritten", kept[i]);
        check_gives("precious", NULL, 0, PT_E_CREATE, part);
    }
    text_write("zke", "short");
    check_gives("short", NULL, 0, PT_OK, "");
}

static void what_is_made_again_replaces_its_own_kind_alone(void **state)
{
    (void)state;
    static const char *const inputs[] = {"made"};
    input_set none, own;
    pt_err good = {0}, other = {0}, input = {0};
    text_write("ptpk...", "made");
    text_write("zkey...", "source");
    assert_int_equal(input_set_init(NULL, 0, &none, &good), PT_OK);
    assert_int_equal(input_set_init(inputs, 1, &own, &good), PT_OK);
    assert_int_equal(output_file_check_remade("made", "ptpk", &none, &good), PT_OK);
    assert_error(&other, output_file_check_remade("source", "ptpk", &none, &other), PT_E_CREATE, "source: is a zkey file");
    assert_error(&input, output_file_check_remade("made", "ptpk", &own, &input), PT_E_ARG, "both an input and an output");
    input_set_clear(&none);
    input_set_clear(&own);
}

static void a_full_disk_leaves_nothing(void **state)
{
    (void)state;
    output_file *out;
    pt_err err = {0};
    assert_int_equal(output_file_open("/dev/full", &out, &err), PT_OK);
    fputs("proof", output_file_stream(out));
    assert_error(&err, output_file_commit(out, &err), PT_E_IO, "/dev/full: can't be written: No space left on device");

    /* The same beside a regular file: the size of files is limited for a moment. */
    struct rlimit old, none = {4, 0};
    err = (pt_err){0};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    none.rlim_max = old.rlim_max;
    assert_int_equal(mkdir("full", 0700), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    assert_int_equal(output_file_open("full/p", &out, &err), PT_OK);
    fputs("a proof", output_file_stream(out));
    pt_status status = output_file_commit(out, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_error(&err, status, PT_E_IO, "full/p: can't be written: File too large");
    assert_int_equal(count_files("full"), 0);
}

static output_file *begin(const char *path)
{
    output_file *out = NULL;
    pt_err err = {0};
    assert_int_equal(output_file_open(path, &out, &err), PT_OK);
    fputs("text", output_file_stream(out));
    return out;
}

static void several_files_appear_together(void **state)
{
    (void)state;
    pt_err err = {0};
    assert_int_equal(mkdir("several", 0700), 0);
    output_file *files[3] = {begin("several/a"), begin("/dev/null"), begin("several/b")};
    assert_int_equal(output_file_commit_all(files, 3, &err), PT_OK);
    expect_text("several/a", "text");
    expect_text("several/b", "text");
    assert_int_equal(count_files("several"), 2);
}

static void files_named_before_one_that_can_not_be_are_taken_back(void **state)
{
    (void)state;
    pt_err err = {0};
    assert_int_equal(mkdir("taken", 0700), 0);
    text_write("old", "linked");
    assert_int_equal(symlink("../linked", "taken/link"), 0);
    output_file *files[4] = {begin("taken/a"), begin("taken/link"), begin("taken/b"), begin("taken/c")};
    assert_int_equal(mkdir("taken/b", 0700), 0);
    assert_error(&err, output_file_commit_all(files, 4, &err), PT_E_IO, "taken/b: can't be written: Is a directory");
    assert_int_equal(count_files("taken"), 2); /* the link and the directory */
    expect_text("linked", "old");
}

static void no_file_is_named_if_one_can_not_be_written(void **state)
{
    (void)state;
    pt_err err = {0};
    assert_int_equal(mkdir("unnamed", 0700), 0);
    text_write("old", "unnamed/a");
    output_file *files[2] = {begin("unnamed/a"), begin("/dev/full")};
    assert_error(&err, output_file_commit_all(files, 2, &err), PT_E_IO, "/dev/full: can't be written");
    expect_text("unnamed/a", "old");
    assert_int_equal(count_files("unnamed"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_appears_when_it_is_whole),
        cmocka_unit_test(an_abandoned_file_leaves_nothing),
        cmocka_unit_test(a_replaced_file_keeps_its_rights),
        cmocka_unit_test(a_symbolic_link_stays_and_its_target_is_replaced),
        cmocka_unit_test(a_symbolic_link_to_nothing_is_refused),
        cmocka_unit_test(a_device_is_written_in_place),
        cmocka_unit_test(a_fifo_is_written_in_place),
        cmocka_unit_test(an_open_descriptor_is_written_on),
        cmocka_unit_test(a_directory_is_refused),
        cmocka_unit_test(a_directory_that_is_not_there_is_refused),
        cmocka_unit_test(a_file_as_directory_is_refused),
        cmocka_unit_test(without_permission_it_is_refused),
        cmocka_unit_test(a_directory_may_be_written_and_not_read),
        cmocka_unit_test(an_empty_name_is_refused),
        cmocka_unit_test(a_fifo_is_no_input_and_output_at_once),
        cmocka_unit_test(two_names_of_one_file_are_the_same),
        cmocka_unit_test(a_descriptor_is_in_place_even_of_a_regular_file),
        cmocka_unit_test(one_of_the_inputs_is_refused),
        cmocka_unit_test(keys_witnesses_and_circuits_are_not_overwritten),
        cmocka_unit_test(what_is_made_again_replaces_its_own_kind_alone),
        cmocka_unit_test(a_full_disk_leaves_nothing),
        cmocka_unit_test(several_files_appear_together),
        cmocka_unit_test(files_named_before_one_that_can_not_be_are_taken_back),
        cmocka_unit_test(no_file_is_named_if_one_can_not_be_written),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
