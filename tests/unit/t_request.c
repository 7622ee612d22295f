/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/request.h"

#include <fcntl.h>
#include <time.h>

#include "tests/unit/format_tests.inc.h"

static const uint8_t key_hash[REQUEST_HASH_BYTES] = {1, 2, 3};
static char one[] = "some/dir/one.wtns", two[] = "two", twin[] = "other/one.wtns";

static request of_witnesses(char *const *witnesses, size_t n)
{
    request made;
    pt_err err = {0};
    if (request_of_witnesses("k.zkey", witnesses, n, "out", &made, &err) != PT_OK)
        fail_msg("%s", err.msg);
    return made;
}

static void refuses_witnesses(char *const *witnesses, size_t n, pt_status code, const char *says)
{
    request made;
    pt_err err = {0};
    assert_error(&err, request_of_witnesses("k.zkey", witnesses, n, "out", &made, &err), code, says);
}

static request of_text(const char *text)
{
    request made;
    pt_err err = {0};
    text_write(text, "jobs.jsonl");
    if (request_of_file("jobs.jsonl", "out", &made, &err) != PT_OK)
        fail_msg("%s", err.msg);
    return made;
}

static void refuses_text(const char *text, const char *says)
{
    request made;
    pt_err err = {0};
    text_write(text, "jobs.jsonl");
    assert_error(&err, request_of_file("jobs.jsonl", "out", &made, &err), PT_E_FORMAT, says);
}

/* A text with so many letters in it. */
static char *with_letters(const char *before, size_t n, const char *behind)
{
    char *text = malloc(strlen(before) + n + strlen(behind) + 1);
    assert_non_null(text);
    char *at = stpcpy(text, before);
    memset(at, 'a', n);
    strcpy(at + n, behind);
    return text;
}

static void expect_partition(const request *r, uint32_t index, const char *id, const char *witness, const char *key,
                             int priority)
{
    const request_partition *p = &r->partitions[index];
    char proof[300], public[300];
    snprintf(proof, sizeof proof, "out/%s.proof.json", id);
    snprintf(public, sizeof public, "out/%s.public.json", id);
    assert_true(index < r->n_partitions);
    assert_string_equal(p->id, id);
    assert_string_equal(p->witness, witness);
    assert_true(p->key < r->n_keys);
    assert_string_equal(r->keys[p->key], key);
    assert_int_equal(p->priority, priority);
    assert_string_equal(p->proof_path, proof);
    assert_string_equal(p->public_path, public);
}

static void a_single_witness_has_its_outputs_as_named(void **state)
{
    (void)state;
    request made;
    pt_err err = {0};
    assert_int_equal(request_of_one("k.zkey", one, "p.json", "q.json", &made, &err), PT_OK);
    assert_int_equal(made.n_partitions, 1);
    assert_int_equal(made.n_keys, 1);
    assert_string_equal(made.keys[0], "k.zkey");
    assert_string_equal(made.partitions[0].id, "one");
    assert_string_equal(made.partitions[0].witness, one);
    assert_string_equal(made.partitions[0].proof_path, "p.json");
    assert_string_equal(made.partitions[0].public_path, "q.json");
    request_clear(&made);
    assert_int_equal(made.n_partitions, 0);
}

static void one_path_for_both_outputs_is_refused_but_for_a_device(void **state)
{
    (void)state;
    request made;
    pt_err err = {0};
    assert_error(&err, request_of_one("k.zkey", one, "same.json", "same.json", &made, &err), PT_E_ARG,
                 "same.json: proof and public inputs can't go into one file");
    err = (pt_err){0};
    assert_int_equal(request_of_one("k.zkey", one, "/dev/null", "/dev/null", &made, &err), PT_OK);
    request_clear(&made);
}

static void outputs_are_named_after_the_witness(void **state)
{
    (void)state;
    char *const witnesses[] = {one, two};
    request made = of_witnesses(witnesses, 2);
    assert_int_equal(made.n_partitions, 2);
    assert_int_equal(made.n_keys, 1);
    expect_partition(&made, 0, "one", one, "k.zkey", 0);
    expect_partition(&made, 1, "two", two, "k.zkey", 0);
    request_clear(&made);
}

static void without_a_directory_there_are_no_outputs(void **state)
{
    (void)state;
    request made;
    pt_err err = {0};
    char *const witnesses[] = {one}, *const twins[] = {one, twin};
    assert_int_equal(request_of_witnesses("k.zkey", witnesses, 1, NULL, &made, &err), PT_OK);
    assert_null(made.partitions[0].proof_path);
    assert_null(made.partitions[0].public_path);
    assert_int_equal(request_check_outputs(&made, &err), PT_OK);
    request_clear(&made);
    assert_error(&err, request_of_witnesses("k.zkey", twins, 2, NULL, &made, &err), PT_E_ARG,
                 "some/dir/one.wtns and other/one.wtns would both be one");
}

static void no_witness_is_refused(void **state)
{
    (void)state;
    refuses_witnesses(NULL, 0, PT_E_ARG, "no witness");
}

static void two_witnesses_of_one_name_are_both_named(void **state)
{
    (void)state;
    char *const witnesses[] = {one, two, twin};
    refuses_witnesses(witnesses, 3, PT_E_ARG, "some/dir/one.wtns and other/one.wtns would both write out/one.proof.json");
}

static void a_witness_that_names_no_file_is_refused(void **state)
{
    (void)state;
    char bare[] = "dir/.wtns", folder[] = "dir/", dot[] = "dir/..wtns", dots[] = "dir/..";
    char *const witnesses[] = {bare, folder, dot, dots};
    refuses_witnesses(witnesses, 1, PT_E_ARG, "dir/.wtns: no name is left for the outputs");
    refuses_witnesses(witnesses + 1, 1, PT_E_ARG, "dir/: no name is left for the outputs");
    refuses_witnesses(witnesses + 2, 1, PT_E_ARG, "is the name of a directory");
    refuses_witnesses(witnesses + 3, 1, PT_E_ARG, "is the name of a directory");
}

static void a_name_may_be_as_long_as_its_outputs_allow(void **state)
{
    (void)state;
    char *longest = with_letters("", REQUEST_ID_BYTES_MAX, ".wtns"),
         *longer = with_letters("", REQUEST_ID_BYTES_MAX + 1, "");
    request made = of_witnesses(&longest, 1);
    const char *name = strrchr(made.partitions[0].public_path, '/') + 1;
    assert_int_equal(strlen(name), 255);
    request_clear(&made);
    refuses_witnesses(&longer, 1, PT_E_ARG, "is too long for the name of a file");
    free(longest);
    free(longer);
}

static void a_path_that_nothing_can_open_is_refused(void **state)
{
    (void)state;
    char *longest = with_letters("d/", REQUEST_PATH_BYTES_MAX - 9, "/x.wtns"),
         *longer = with_letters("d/", 4087, "/x.wtns");
    request made = of_witnesses(&longest, 1);
    request_clear(&made);
    pt_err err = {0};
    refuses_witnesses(&longer, 1, PT_E_NOINPUT, "a path of 4096 bytes, expected at most 4095");
    assert_error(&err, request_of_one(longer, one, "p", "q", &made, &err), PT_E_NOINPUT, "a path of 4096 bytes");
    err = (pt_err){0};
    assert_error(&err, request_of_one("k", longer, "p", "q", &made, &err), PT_E_NOINPUT, "a path of 4096 bytes");
    free(longest);
    free(longer);
}

static void a_pattern_s_matches_are_taken_in_the_order_of_their_names(void **state)
{
    (void)state;
    static const char *const made_first[] = {"g/b.wtns", "g/a10.wtns", "g/a2.wtns", "g/B.wtns", "g/other.txt"};
    assert_int_equal(mkdir("g", 0700), 0);
    for (size_t i = 0; i < sizeof made_first / sizeof *made_first; i++)
        text_write("", made_first[i]);
    char all[] = "g/*.wtns", pair[] = "g/a[12]*", mark[] = "g/?.wtns", z[] = "z.wtns";
    char *const witnesses[] = {z, all}, *const pairs[] = {pair, mark};
    request made = of_witnesses(witnesses, 2);
    assert_int_equal(made.n_partitions, 5);
    static const char *const expected[] = {"z", "B", "a10", "a2", "b"};
    for (uint32_t i = 0; i < 5; i++)
        assert_string_equal(made.partitions[i].id, expected[i]);
    assert_string_equal(made.partitions[1].witness, "g/B.wtns");
    request_clear(&made);
    made = of_witnesses(pairs, 2);
    assert_int_equal(made.n_partitions, 4);
    assert_string_equal(made.partitions[2].id, "B");
    request_clear(&made);
}

static void a_file_that_looks_like_a_pattern_is_that_file(void **state)
{
    (void)state;
    char odd[] = "w[1].wtns", star[] = "*.odd";
    char *const witnesses[] = {odd, star};
    text_write("", "w1.wtns");
    text_write("", odd);
    text_write("", star);
    text_write("", "x.odd");
    request made = of_witnesses(witnesses, 2);
    assert_int_equal(made.n_partitions, 2);
    assert_string_equal(made.partitions[0].witness, odd);
    assert_string_equal(made.partitions[1].witness, star);
    request_clear(&made);
}

static void a_pattern_without_a_match_is_refused(void **state)
{
    (void)state;
    char none[] = "nothing/*.wtns", a[] = "w*1.wtns";
    char *const witnesses[] = {none}, *const twice[] = {a, a};
    refuses_witnesses(witnesses, 1, PT_E_NOINPUT, "nothing/*.wtns: no file matches");
    text_write("", "w.1.wtns");
    refuses_witnesses(twice, 2, PT_E_ARG, "w.1.wtns and w.1.wtns would both write out/w.1.proof.json");
}

static pt_status prove_locked(void)
{
    request made;
    pt_err err = {0};
    char all[] = "locked/*";
    char *const witnesses[] = {all};
    request_of_witnesses("k.zkey", witnesses, 1, "out", &made, &err);
    return strstr(err.msg, "locked/*: a directory of it can't be read") != NULL ? err.code : PT_E_INTERNAL;
}

static void a_directory_of_a_pattern_that_can_not_be_read_is_told(void **state)
{
    (void)state;
    assert_int_equal(mkdir("locked", 0000), 0);
    assert_int_equal(status_as_nobody(prove_locked), PT_E_NOINPUT);
}

static void lines_name_key_witness_id_and_priority(void **state)
{
    (void)state;
    request made = of_text("{\"witness\": \"w/a.wtns\", \"key\": \"k1.zkey\"}\n"
                           "\n"
                           " \t\r\n"
                           "{\"priority\": -7, \"id\": \"second one\", \"key\": \"k2.zkey\", \"witness\": \"w/b.wtns\"}\r\n"
                           "{\"key\":\"k1.zkey\",\"witness\":\"w/\\u00e9.wtns\",\"priority\":2147483647}");
    assert_int_equal(made.n_partitions, 3);
    assert_int_equal(made.n_keys, 2);
    expect_partition(&made, 0, "a", "w/a.wtns", "k1.zkey", 0);
    expect_partition(&made, 1, "second one", "w/b.wtns", "k2.zkey", -7);
    expect_partition(&made, 2, "\xc3\xa9", "w/\xc3\xa9.wtns", "k1.zkey", INT32_MAX);
    request_clear(&made);
}

static void what_is_not_an_object_of_a_partition_names_file_and_line(void **state)
{
    (void)state;
    refuses_text("{\"key\": \"k\", \"witness\": \"a\"}\n{\"key\": \"k\",, \"witness\": \"b\"}\n",
                 "jobs.jsonl: line 2, column 13: not JSON, or a name that stands twice");
    refuses_text("{\"key\": \"k\", \"key\": \"k\", \"witness\": \"a\"}", "line 1, column");
    refuses_text("{\"key\": \"k\", \"witness\": \"a\"} {}", "line 1, column");
    refuses_text("{\"key\": \"k\", \"witness\": \"a\\u0000b\"}", "line 1, column");
    refuses_text("{\"key\": \"k\", \"witness\": \"\xff\"}", "line 1, column");
    refuses_text("{\"key\": \"k\",\n\"witness\": \"a\"}", "line 1, column");
    refuses_text("\n[]\n", "jobs.jsonl: line 2: expected an object, {\"witness\": PATH, \"key\": PATH}");
    refuses_text("{\"witness\": \"a\"}", "jobs.jsonl: line 1: key is missing");
    refuses_text("{\"key\": \"k\"}", "jobs.jsonl: line 1: witness is missing");
    refuses_text("{\"key\": \"k\", \"witness\": \"a\", \"prio\\nrity\": 1}",
                 "jobs.jsonl: line 1: prio?rity: no such field: expected witness, key, id, priority");
}

static void what_has_the_wrong_type_or_range_names_the_field(void **state)
{
    (void)state;
    refuses_text("{\"key\": 1, \"witness\": \"a\"}", "jobs.jsonl: line 1: key: expected the path of a file, as a text");
    refuses_text("{\"key\": \"k\", \"witness\": [\"a\"]}", "line 1: witness: expected the path of a file");
    refuses_text("{\"key\": \"k\", \"witness\": \"\"}", "line 1: witness: expected the path of a file");
    refuses_text("{\"key\": \"k\", \"witness\": \"a\", \"id\": null}", "line 1: id: expected a text");
    static const char *const bad[] = {"\"1\"", "1.0", "1e2", "true", "null", "2147483648", "-2147483649"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[100];
        snprintf(text, sizeof text, "{\"key\": \"k\", \"witness\": \"a\", \"priority\": %s}", bad[i]);
        refuses_text(text, "line 1: priority: expected a whole number from -2147483648 to 2147483647");
    }
    refuses_text("{\"key\": \"k\", \"witness\": \"a\", \"priority\": 99999999999999999999}",
                 "jobs.jsonl: line 1, column 61: a number that is too large");
    request made = of_text("{\"key\": \"k\", \"witness\": \"a\", \"priority\": -2147483648}");
    expect_partition(&made, 0, "a", "a", "k", INT32_MIN);
    request_clear(&made);
}

static void an_id_that_is_no_file_s_name_is_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"", "id \"\" is empty"},
        {".", "id \".\" is the name of a directory"},
        {"..", "id \"..\" is the name of a directory"},
        {"../../a", "id \"../../a\" has a / in it"},
        {"a\\nb", "id \"a?b\" has a control character in it"},
        {"a\\u007f", "id \"a?\" has a control character in it"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[100];
        snprintf(text, sizeof text, "{\"key\": \"k\", \"witness\": \"a\", \"id\": \"%s\"}", bad[i][0]);
        refuses_text(text, bad[i][1]);
    }
    refuses_text("{\"key\": \"k\", \"witness\": \"a\", \"id\": \"a\\u0000\"}", "line 1, column");
    refuses_text("{\"key\": \"k\", \"witness\": \"dir/.wtns\"}", "jobs.jsonl: line 1: id \"\" is empty");
    refuses_text("{\"key\": \"k\", \"witness\": \"dir/a\\tb.wtns\"}", "id \"a?b\" has a control character in it");
    char *longer = with_letters("{\"key\": \"k\", \"witness\": \"a\", \"id\": \"", REQUEST_ID_BYTES_MAX + 1, "\"}");
    refuses_text(longer, "aaa\" is too long for the name of a file");
    free(longer);
}

static void an_id_that_stands_twice_names_both_lines(void **state)
{
    (void)state;
    refuses_text("{\"key\": \"k\", \"witness\": \"d/a.wtns\"}\n\n{\"key\": \"k\", \"witness\": \"b\"}\n"
                 "{\"key\": \"l\", \"witness\": \"c\", \"id\": \"a\"}\n",
                 "jobs.jsonl: line 4: id \"a\": line 1 has it already");
}

static void lines_paths_files_and_keys_are_bounded(void **state)
{
    (void)state;
    static const char good[] = "{\"key\": \"k\", \"witness\": \"a\"}";
    char *longest = malloc(REQUEST_LINE_BYTES_MAX + 2);
    assert_non_null(longest);
    memset(longest, ' ', REQUEST_LINE_BYTES_MAX + 1);
    memcpy(longest, good, sizeof good - 1);
    longest[REQUEST_LINE_BYTES_MAX] = '\0';
    request made = of_text(longest);
    assert_int_equal(made.n_partitions, 1);
    request_clear(&made);
    longest[REQUEST_LINE_BYTES_MAX] = ' ';
    longest[REQUEST_LINE_BYTES_MAX + 1] = '\0';
    refuses_text(longest, "jobs.jsonl: line 1: 65537 bytes, expected at most 65536");
    free(longest);
    char *path = with_letters("{\"key\": \"k\", \"id\": \"x\", \"witness\": \"", REQUEST_PATH_BYTES_MAX + 1, "\"}");
    refuses_text(path, "jobs.jsonl: line 1: witness: 4096 bytes, expected at most 4095");
    free(path);
    pt_err err = {0};
    assert_int_equal(truncate("jobs.jsonl", REQUEST_FILE_BYTES_MAX + 1l), 0);
    assert_error(&err, request_of_file("jobs.jsonl", "out", &made, &err), PT_E_FORMAT,
                 "jobs.jsonl: larger than 268435456 bytes");
}

static void a_request_has_a_thousand_keys_and_no_more(void **state)
{
    (void)state;
    FILE *f = fopen("keys.jsonl", "w");
    assert_non_null(f);
    for (int i = 0; i < REQUEST_KEYS_MAX; i++)
        fprintf(f, "{\"key\": \"k%d\", \"witness\": \"a%d\"}\n{\"key\": \"k%d\", \"witness\": \"b%d\"}\n", i, i, i / 2, i);
    assert_int_equal(fflush(f), 0);
    request made;
    pt_err err = {0};
    assert_int_equal(request_of_file("keys.jsonl", "out", &made, &err), PT_OK);
    assert_int_equal(made.n_keys, REQUEST_KEYS_MAX);
    assert_int_equal(made.n_partitions, 2 * REQUEST_KEYS_MAX);
    assert_int_equal(made.partitions[2 * 700 + 1].key, 350);
    expect_partition(&made, 2 * 700, "a700", "a700", "k700", 0);
    request_clear(&made);
    fputs("{\"key\": \"one more\", \"witness\": \"c\"}\n", f);
    assert_int_equal(fclose(f), 0);
    assert_error(&err, request_of_file("keys.jsonl", "out", &made, &err), PT_E_FORMAT,
                 "keys.jsonl: line 2049: more than 1024 keys");
}

static void a_file_without_a_partition_or_that_is_none_is_refused(void **state)
{
    (void)state;
    request made;
    pt_err err = {0};
    refuses_text("", "jobs.jsonl: no partition in it");
    refuses_text("\n\n", "jobs.jsonl: no partition in it");
    assert_error(&err, request_of_file("absent.jsonl", "out", &made, &err), PT_E_NOINPUT, "absent.jsonl: No such file");
    err = (pt_err){0};
    assert_error(&err, request_of_file("/tmp", "out", &made, &err), PT_E_NOINPUT, "/tmp: ");
}

static pt_status read_line(request_lines *lines, const char *line, request *to, pt_err *err)
{
    *err = (pt_err){0};
    return request_line_read(lines, line, strlen(line), to, err);
}

static void a_line_that_is_refused_changes_nothing_and_the_next_is_read(void **state)
{
    (void)state;
    request_lines *lines;
    request r = {0};
    pt_err err = {0};
    assert_int_equal(request_lines_create("standard input", "out", &lines, &err), PT_OK);
    assert_int_equal(read_line(lines, "{\"key\": \"k\", \"witness\": \"a\"}", &r, &err), PT_OK);
    assert_error(&err, read_line(lines, "{\"key\": \"l\", \"witness\": \"a\"}", &r, &err), PT_E_FORMAT,
                 "standard input: line 2: id \"a\": line 1 has it already");
    assert_error(&err, read_line(lines, "{\"key\": \"l\", \"witness\"}", &r, &err), PT_E_FORMAT,
                 "standard input: line 3, column");
    assert_int_equal(r.n_partitions, 1);
    assert_int_equal(r.n_keys, 1);
    assert_int_equal(read_line(lines, "", &r, &err), PT_OK);
    assert_int_equal(read_line(lines, "{\"key\": \"l\", \"witness\": \"b\"}", &r, &err), PT_OK);
    assert_error(&err, read_line(lines, "{\"key\": \"l\", \"witness\": \"b\"}", &r, &err), PT_E_FORMAT,
                 "line 6: id \"b\": line 5");
    request_lines_destroy(lines);
    request_lines_destroy(NULL);
    assert_int_equal(r.n_keys, 2);
    expect_partition(&r, 0, "a", "a", "k", 0);
    expect_partition(&r, 1, "b", "b", "l", 0);
    request_clear(&r);
}

/* Of a request with this one line. */
static void identity_of(const char *line, const uint8_t *of_key, uint8_t *out)
{
    request made = of_text(line);
    pt_err err = {0};
    assert_int_equal(request_identity(&made, 0, of_key, out, &err), PT_OK);
    request_clear(&made);
}

/* Is the partition of this line still the one of that identity? */
static bool is_same(const char *line, const uint8_t *of_key, const uint8_t *identity)
{
    uint8_t other[REQUEST_HASH_BYTES];
    identity_of(line, of_key, other);
    return memcmp(identity, other, sizeof other) == 0;
}

static void set_time(const char *path, long seconds, long nanoseconds)
{
    const struct timespec times[2] = {{seconds, nanoseconds}, {seconds, nanoseconds}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void an_identity_follows_id_key_path_size_and_time(void **state)
{
    (void)state;
    static const char line[] = "{\"key\": \"k\", \"witness\": \"f.wtns\"}";
    static const uint8_t other_key[REQUEST_HASH_BYTES] = {1, 2, 4};
    uint8_t identity[REQUEST_HASH_BYTES];
    text_write("1234", "f.wtns");
    set_time("f.wtns", 1000, 5);
    identity_of(line, key_hash, identity);
    assert_true(is_same(line, key_hash, identity));
    assert_true(is_same("{\"key\": \"elsewhere\", \"priority\": 3, \"witness\": \"./f.wtns\"}", key_hash, identity));
    assert_false(is_same(line, other_key, identity));
    assert_false(is_same("{\"key\": \"k\", \"witness\": \"f.wtns\", \"id\": \"g\"}", key_hash, identity));
    set_time("f.wtns", 1000, 6);
    assert_false(is_same(line, key_hash, identity));
    set_time("f.wtns", 1001, 5);
    assert_false(is_same(line, key_hash, identity));
    text_write("12345", "f.wtns");
    set_time("f.wtns", 1000, 5);
    assert_false(is_same(line, key_hash, identity));
    text_write("1234", "f.wtns");
    set_time("f.wtns", 1000, 5);
    assert_true(is_same(line, key_hash, identity));
    assert_int_equal(mkdir("copy", 0700), 0);
    text_write("1234", "copy/f.wtns");
    set_time("copy/f.wtns", 1000, 5);
    assert_false(is_same("{\"key\": \"k\", \"witness\": \"copy/f.wtns\"}", key_hash, identity));
}

static void what_is_no_regular_file_is_another_each_time(void **state)
{
    (void)state;
    static const char *const lines[] = {"{\"key\": \"k\", \"witness\": \"absent.wtns\"}",
                                        "{\"key\": \"k\", \"witness\": \"a.fifo\"}",
                                        "{\"key\": \"k\", \"witness\": \"/dev/null\"}"};
    assert_int_equal(mkfifo("a.fifo", 0600), 0);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        uint8_t identity[REQUEST_HASH_BYTES];
        identity_of(lines[i], key_hash, identity);
        assert_false(is_same(lines[i], key_hash, identity));
    }
}

static const uint8_t key_hashes[3][REQUEST_HASH_BYTES] = {{1}, {2}, {1}};

static void hash_of(const char *text, size_t first_key, uint8_t *out)
{
    request made = of_text(text);
    request_hash(&made, key_hashes[first_key], out);
    request_clear(&made);
}

static void a_request_s_hash_follows_ids_keys_paths_and_order(void **state)
{
    (void)state;
#define LINE(key, witness, id) "{\"key\": \"" key "\", \"witness\": \"" witness "\", \"id\": \"" id "\"}\n"
    static const char *const texts[] = {LINE("k", "a", "x") LINE("k", "b", "y"),
                                        LINE("k", "b", "y") LINE("k", "a", "x"),
                                        LINE("k", "a", "x"),
                                        LINE("k", "a", "x") LINE("l", "b", "y"),
                                        LINE("k", "a", "x") LINE("k", "b", "z"),
                                        LINE("k", "a", "x") LINE("k", "c", "y")};
    enum { N = sizeof texts / sizeof *texts };
    uint8_t hashes[N + 2][REQUEST_HASH_BYTES], again[REQUEST_HASH_BYTES];
    for (size_t i = 0; i < N; i++)
        hash_of(texts[i], 0, hashes[i]);
    hash_of(texts[0], 1, hashes[N]);
    assert_int_equal(mkdir("elsewhere", 0700), 0);
    assert_int_equal(chdir("elsewhere"), 0);
    hash_of(texts[0], 0, hashes[N + 1]);
    assert_int_equal(chdir(".."), 0);
    for (size_t i = 0; i < N + 2; i++)
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(hashes[i], hashes[k], REQUEST_HASH_BYTES);
    hash_of(texts[3], 0, hashes[0]);
    hash_of("{\"key\": \"other name\", \"priority\": 9, \"witness\": \"a\", \"id\": \"x\"}\n" LINE("l", "b", "y"), 0,
            again);
    assert_memory_equal(hashes[0], again, REQUEST_HASH_BYTES);
#undef LINE
}

static void a_request_s_hash_is_the_same_whatever_its_witnesses_are(void **state)
{
    (void)state;
    static const char line[] = "{\"key\": \"k\", \"witness\": \"comes.wtns\"}";
    uint8_t absent[REQUEST_HASH_BYTES], fifo[REQUEST_HASH_BYTES], there[REQUEST_HASH_BYTES];
    hash_of(line, 0, absent);
    assert_int_equal(mkfifo("comes.wtns", 0600), 0);
    hash_of(line, 0, fifo);
    assert_int_equal(unlink("comes.wtns"), 0);
    text_write("1234", "comes.wtns");
    hash_of(line, 0, there);
    assert_memory_equal(absent, there, REQUEST_HASH_BYTES);
    assert_memory_equal(fifo, there, REQUEST_HASH_BYTES);
}

/* The hashes are in journals: a change of what goes into them is a change of the journal's version. Worked out by Python's hashlib. */
static void a_request_s_hash_is_what_it_was(void **state)
{
    (void)state;
    static const uint8_t expected[REQUEST_HASH_BYTES] = {0x7f, 0x17, 0xf8, 0x5f, 0xd3, 0x97, 0x34, 0xa1, 0xbb, 0x48, 0x67,
                                                         0xc3, 0x57, 0xe2, 0x54, 0x12, 0xdb, 0x2a, 0x17, 0x7d, 0x82, 0x05,
                                                         0x7a, 0x12, 0xad, 0xbb, 0x91, 0x91, 0x48, 0xc3, 0xd6, 0x10};
    uint8_t hash[REQUEST_HASH_BYTES];
    hash_of("{\"key\": \"k\", \"witness\": \"/w/a.wtns\"}", 0, hash);
    assert_memory_equal(hash, expected, sizeof expected);
}

static void no_output_may_be_a_key_or_a_witness(void **state)
{
    (void)state;
    pt_err err = {0};
    input_set inputs;
    struct stat info;
    assert_int_equal(mkdir("out", 0700), 0);
    text_write("", "in.wtns");
    request made = of_text("{\"key\": \"key.zkey\", \"witness\": \"in.wtns\"}\n"
                           "{\"key\": \"out/late.public.json\", \"witness\": \"x\", \"id\": \"x\"}\n"
                           "{\"key\": \"key.zkey\", \"witness\": \"y\", \"id\": \"late\"}\n");
    assert_int_equal(request_check_outputs(&made, &err), PT_OK);
    text_write("", "out/late.public.json");
    assert_int_equal(request_inputs(&made, &inputs, &err), PT_OK);
    assert_int_equal(inputs.n, 2);
    assert_int_equal(stat("out/late.public.json", &info), 0);
    assert_true(input_set_holds(&inputs, &info));
    assert_int_equal(stat("in.wtns", &info), 0);
    assert_true(input_set_holds(&inputs, &info));
    input_set_clear(&inputs);
    assert_error(&err, request_check_outputs(&made, &err), PT_E_ARG, "out/late.public.json");
    request_clear(&made);
}

static void an_output_s_directory_that_is_not_there_is_told(void **state)
{
    (void)state;
    request made;
    pt_err err = {0};
    char *const witnesses[] = {one};
    assert_int_equal(request_of_witnesses("k", witnesses, 1, "nowhere", &made, &err), PT_OK);
    assert_error(&err, request_check_outputs(&made, &err), PT_E_CREATE, "nowhere/one.public.json");
    request_clear(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_single_witness_has_its_outputs_as_named),
        cmocka_unit_test(one_path_for_both_outputs_is_refused_but_for_a_device),
        cmocka_unit_test(outputs_are_named_after_the_witness),
        cmocka_unit_test(without_a_directory_there_are_no_outputs),
        cmocka_unit_test(no_witness_is_refused),
        cmocka_unit_test(two_witnesses_of_one_name_are_both_named),
        cmocka_unit_test(a_witness_that_names_no_file_is_refused),
        cmocka_unit_test(a_name_may_be_as_long_as_its_outputs_allow),
        cmocka_unit_test(a_path_that_nothing_can_open_is_refused),
        cmocka_unit_test(a_pattern_s_matches_are_taken_in_the_order_of_their_names),
        cmocka_unit_test(a_file_that_looks_like_a_pattern_is_that_file),
        cmocka_unit_test(a_pattern_without_a_match_is_refused),
        cmocka_unit_test(a_directory_of_a_pattern_that_can_not_be_read_is_told),
        cmocka_unit_test(lines_name_key_witness_id_and_priority),
        cmocka_unit_test(what_is_not_an_object_of_a_partition_names_file_and_line),
        cmocka_unit_test(what_has_the_wrong_type_or_range_names_the_field),
        cmocka_unit_test(an_id_that_is_no_file_s_name_is_refused),
        cmocka_unit_test(an_id_that_stands_twice_names_both_lines),
        cmocka_unit_test(lines_paths_files_and_keys_are_bounded),
        cmocka_unit_test(a_request_has_a_thousand_keys_and_no_more),
        cmocka_unit_test(a_file_without_a_partition_or_that_is_none_is_refused),
        cmocka_unit_test(a_line_that_is_refused_changes_nothing_and_the_next_is_read),
        cmocka_unit_test(an_identity_follows_id_key_path_size_and_time),
        cmocka_unit_test(what_is_no_regular_file_is_another_each_time),
        cmocka_unit_test(a_request_s_hash_follows_ids_keys_paths_and_order),
        cmocka_unit_test(a_request_s_hash_is_the_same_whatever_its_witnesses_are),
        cmocka_unit_test(a_request_s_hash_is_what_it_was),
        cmocka_unit_test(no_output_may_be_a_key_or_a_witness),
        cmocka_unit_test(an_output_s_directory_that_is_not_there_is_told),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
