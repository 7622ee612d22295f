/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that come in pieces, and lines whose reader is slow. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "mpi/line_input.h"
#include "mpi/line_output.h"

enum { LINE_MAX = 100 };

typedef struct {
    int ends[2];
    line_input input;
} pipe_scene;

static pipe_scene make_scene(void)
{
    pipe_scene s;
    pt_err err = {0};
    assert_int_equal(pipe(s.ends), 0);
    assert_int_equal(line_input_init(s.ends[0], "pipe", LINE_MAX, &s.input, &err), PT_OK);
    return s;
}

static void end_scene(pipe_scene *s)
{
    line_input_clear(&s->input);
    close(s->ends[0]);
    if (s->ends[1] >= 0)
        close(s->ends[1]);
}

static void put(const pipe_scene *s, const char *text)
{
    assert_int_equal(write(s->ends[1], text, strlen(text)), strlen(text));
}

static void end_of_input(pipe_scene *s)
{
    close(s->ends[1]);
    s->ends[1] = -1;
}

static bool look(pipe_scene *s)
{
    pt_err err = {0};
    const bool did = line_input_look(&s->input, &err);
    assert_int_equal(err.code, PT_OK);
    return did;
}

static void expect_line(pipe_scene *s, const char *expected)
{
    const char *line;
    size_t n;
    assert_true(line_input_next(&s->input, &line, &n));
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(line, expected, n);
}

static void expect_none(pipe_scene *s)
{
    const char *line;
    size_t n;
    assert_false(line_input_next(&s->input, &line, &n));
}

static void nothing_is_waited_for(void **state)
{
    (void)state;
    pipe_scene s = make_scene();
    assert_false(look(&s));
    expect_none(&s);
    assert_false(line_input_is_empty(&s.input));
    end_scene(&s);
}

static void a_line_may_come_in_pieces_and_several_at_once(void **state)
{
    (void)state;
    pipe_scene s = make_scene();
    put(&s, "al");
    assert_true(look(&s));
    expect_none(&s);
    put(&s, "pha\nbeta\n\ngam");
    assert_true(look(&s));
    expect_line(&s, "alpha");
    expect_line(&s, "beta");
    expect_line(&s, "");
    expect_none(&s);
    put(&s, "ma");
    end_of_input(&s);
    assert_true(look(&s));
    expect_none(&s);
    assert_true(look(&s)); /* the end */
    expect_line(&s, "gamma");
    expect_none(&s);
    assert_true(line_input_is_empty(&s.input));
    assert_false(look(&s));
    end_scene(&s);
}

/* It is longer than there is room for, and never all here. */
static void of_a_line_that_is_too_long_the_length_is_known_and_the_next_is_whole(void **state)
{
    (void)state;
    pipe_scene s = make_scene();
    const char *line;
    size_t n, n_long = 0;
    char block[4096];
    memset(block, 'x', sizeof block);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(write(s.ends[1], block, sizeof block), sizeof block);
        n_long += sizeof block;
        assert_true(look(&s));
        expect_none(&s);
    }
    put(&s, "x\nnext\n");
    look(&s);
    assert_true(line_input_next(&s.input, &line, &n));
    assert_int_equal(n, n_long + 1);
    expect_line(&s, "next");
    memset(block, 'y', sizeof block);
    assert_int_equal(write(s.ends[1], block, sizeof block), sizeof block);
    look(&s);
    expect_none(&s);
    end_of_input(&s);
    look(&s);
    assert_false(line_input_is_empty(&s.input));
    assert_true(line_input_next(&s.input, &line, &n));
    assert_int_equal(n, sizeof block);
    assert_true(line_input_is_empty(&s.input));
    end_scene(&s);
}

static void what_can_t_be_read_is_over(void **state)
{
    (void)state;
    line_input input;
    pt_err err = {0};
    assert_int_equal(line_input_init(STDIN_FILENO, "a directory", LINE_MAX, &input, &err), PT_OK);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    input.file = ends[1]; /* which is for writing */
    close(ends[0]);
    assert_true(line_input_look(&input, &err));
    assert_int_equal(err.code, PT_E_NOINPUT);
    assert_true(line_input_is_empty(&input));
    close(ends[1]);
    line_input_clear(&input);
}

static void a_slow_reader_is_not_waited_for_and_gets_all(void **state)
{
    (void)state;
    enum { LINES = 20000 };
    int ends[2];
    pt_err err = {0};
    assert_int_equal(pipe(ends), 0);
    line_output output = {.file = ends[1], .name = "pipe"};
    for (int i = 0; i < LINES; i++) {
        assert_int_equal(line_output_add(&output, "0123456789", &err), PT_OK);
        line_output_write(&output, &err);
    }
    assert_int_equal(err.code, PT_OK);
    assert_true(line_output_waits(&output) > 0);
    size_t n_read = 0;
    char block[5000];
    while (n_read < (size_t)LINES * 11) {
        const ssize_t n = read(ends[0], block, sizeof block);
        assert_true(n > 0);
        for (ssize_t i = 0; i < n; i++, n_read++)
            assert_int_equal(block[i], "0123456789\n"[n_read % 11]);
        line_output_write(&output, &err);
    }
    assert_int_equal(line_output_waits(&output), 0);
    close(ends[0]);
    close(ends[1]);
    line_output_clear(&output);
}

static void a_reader_that_is_gone_is_an_error(void **state)
{
    (void)state;
    int ends[2];
    pt_err err = {0};
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    line_output output = {.file = ends[1], .name = "pipe"};
    assert_int_equal(line_output_add(&output, "x", &err), PT_OK);
    line_output_write(&output, &err);
    assert_int_equal(err.code, PT_E_IO);
    assert_int_equal(line_output_waits(&output), 0);
    close(ends[1]);
    line_output_clear(&output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_waited_for),
        cmocka_unit_test(a_line_may_come_in_pieces_and_several_at_once),
        cmocka_unit_test(of_a_line_that_is_too_long_the_length_is_known_and_the_next_is_whole),
        cmocka_unit_test(what_can_t_be_read_is_over),
        cmocka_unit_test(a_slow_reader_is_not_waited_for_and_gets_all),
        cmocka_unit_test(a_reader_that_is_gone_is_an_error),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
