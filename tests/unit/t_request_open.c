/* SPDX-License-Identifier: Apache-2.0 */
/* An open request: lines that have places one after the other. */
#include "mpi/cluster/request.h"

#include "tests/unit/format_tests.inc.h"

typedef struct {
    request request;
    request_lines *lines;
    char id[REQUEST_ID_BYTES_MAX + 1];
    bool any;
} scene;

static scene make_scene(void)
{
    scene s;
    pt_err err = {0};
    assert_int_equal(request_open(2, &s.request, &err), PT_OK);
    assert_int_equal(request_lines_create("input", "out", &s.lines, &err), PT_OK);
    return s;
}

static void end_scene(scene *s)
{
    request_lines_destroy(s->lines);
    request_clear(&s->request);
}

static void takes(scene *s, uint32_t place, const char *line, const char *id)
{
    pt_err err = {0};
    if (request_line_place(s->lines, line, strlen(line), &s->request, place, s->id, &s->any, &err) != PT_OK)
        fail_msg("%s", err.msg);
    assert_true(s->any);
    assert_string_equal(s->id, id);
    assert_string_equal(s->request.partitions[place].id, id);
}

static void refuses(scene *s, const char *line, const char *id, const char *says)
{
    pt_err err = {0};
    const char *before = s->request.partitions[1].id;
    assert_error(&err, request_line_place(s->lines, line, strlen(line), &s->request, 1, s->id, &s->any, &err), PT_E_FORMAT,
                 says);
    assert_string_equal(s->id, id);
    assert_ptr_equal(s->request.partitions[1].id, before);
}

static void a_place_has_one_partition_after_the_other(void **state)
{
    (void)state;
    scene s = make_scene();
    takes(&s, 0, "{\"witness\": \"w/a.wtns\", \"key\": \"k\", \"priority\": 3}", "a");
    takes(&s, 1, "{\"witness\": \"b.wtns\", \"key\": \"l\", \"id\": \"bee\"}", "bee");
    takes(&s, 0, "{\"witness\": \"c.wtns\", \"key\": \"l\"}", "c");
    const request_partition *p = &s.request.partitions[0];
    assert_string_equal(p->witness, "c.wtns");
    assert_string_equal(p->proof_path, "out/c.proof.json");
    assert_string_equal(p->public_path, "out/c.public.json");
    assert_int_equal(p->priority, 0);
    assert_int_equal(p->key, 1);
    assert_int_equal(s.request.n_keys, 2);
    assert_int_equal(s.request.n_partitions, 2);
    assert_int_equal(request_lines_count(s.lines), 3);
    end_scene(&s);
}

static void an_id_is_taken_until_it_is_given_back(void **state)
{
    (void)state;
    scene s = make_scene();
    static const char line[] = "{\"witness\": \"a.wtns\", \"key\": \"k\"}";
    takes(&s, 0, line, "a");
    refuses(&s, line, "a", "input: line 2: id \"a\": line 1 has it already");
    takes(&s, 0, "{\"witness\": \"b.wtns\", \"key\": \"k\"}", "b"); /* what is over keeps its id */
    refuses(&s, line, "a", "input: line 4: id \"a\": line 1 has it already");
    request_lines_give_back(s.lines, "a");
    takes(&s, 1, line, "a");
    refuses(&s, line, "a", "input: line 6: id \"a\": line 5 has it already");
    end_scene(&s);
}

static void what_is_refused_takes_neither_place_nor_id(void **state)
{
    (void)state;
    scene s = make_scene();
    pt_err err = {0};
    refuses(&s, "{", "", "input: line 1");
    refuses(&s, "{\"witness\": \"a.wtns\"}", "", "input: line 2: key is missing");
    refuses(&s, "{\"witness\": \"a.wtns\", \"key\": \"k\", \"id\": \"a/b\"}", "a/b", "has a / in it");
    refuses(&s, "{\"witness\": \"a.wtns\", \"key\": \"k\", \"priority\": 1.5}", "", "priority");
    assert_int_equal(request_line_place(s.lines, " \r", 2, &s.request, 1, s.id, &s.any, &err), PT_OK);
    assert_false(s.any);
    assert_int_equal(s.request.n_keys, 0);
    takes(&s, 1, "{\"witness\": \"a.wtns\", \"key\": \"k\"}", "a");
    assert_int_equal(request_lines_count(s.lines), 6);
    end_scene(&s);
}

static void keys_are_bounded_and_known_ones_go_on(void **state)
{
    (void)state;
    scene s = make_scene();
    char line[100], id[20];
    for (int i = 0; i < REQUEST_KEYS_MAX; i++) {
        snprintf(line, sizeof line, "{\"witness\": \"w%d\", \"key\": \"k%d\"}", i, i);
        snprintf(id, sizeof id, "w%d", i);
        takes(&s, 1, line, id);
    }
    refuses(&s, "{\"witness\": \"more\", \"key\": \"more\"}", "more", "more than 1024 keys");
    takes(&s, 1, "{\"witness\": \"more\", \"key\": \"k7\"}", "more");
    assert_int_equal(s.request.partitions[1].key, 7);
    end_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_has_one_partition_after_the_other),
        cmocka_unit_test(an_id_is_taken_until_it_is_given_back),
        cmocka_unit_test(what_is_refused_takes_neither_place_nor_id),
        cmocka_unit_test(keys_are_bounded_and_known_ones_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
