/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/text_write.h"
#include "tests/unit/report_tests.inc.h"

static void assert_fixed(double value, unsigned decimals, const char *expected)
{
    printed page;
    text_write_fixed(printed_open(&page), value, decimals);
    assert_string_equal(printed_close(&page), expected);
}

static void numbers_are_rounded_to_the_nearest(void **state)
{
    (void)state;
    assert_fixed(0, 0, "0");
    assert_fixed(1.5, 0, "2");
    assert_fixed(-1.5, 0, "-2");
    assert_fixed(0.004, 2, "0.00");
    assert_fixed(0.006, 2, "0.01");
    assert_fixed(-0.006, 2, "-0.01");
    assert_fixed(1.999, 2, "2.00");
    assert_fixed(12.0625, 4, "12.0625");
    assert_fixed(1234567.000001, 6, "1234567.000001");
}

/* Thirds against printf, which writes a point in this program: it sets no locale. */
static void numbers_are_those_of_printf(void **state)
{
    (void)state;
    for (int i = -5000; i < 5000; i += 7) {
        char expected[64];
        snprintf(expected, sizeof expected, "%.7f", i / 3.0);
        assert_fixed(i / 3.0, 7, expected);
    }
}

static void assert_texts(const char *text, const char *json, const char *xml)
{
    printed page;
    text_write_json(printed_open(&page), text);
    assert_string_equal(printed_close(&page), json);
    char room[64];
    assert_int_equal(text_put_json(room, sizeof room, text), strlen(json));
    assert_string_equal(room, json);
    text_write_xml(printed_open(&page), text);
    assert_string_equal(printed_close(&page), xml);
}

static void marks_of_the_format_are_escaped(void **state)
{
    (void)state;
    assert_texts("", "\"\"", "");
    assert_texts("a.zkey", "\"a.zkey\"", "a.zkey");
    assert_texts("<a>&\"b\"\\'", "\"<a>&\\\"b\\\"\\\\'\"", "&#60;a&#62;&#38;&#34;b&#34;\\'");
    assert_texts("a\tb\n\x01\x7f", "\"a\\u0009b\\u000a\\u0001\x7f\"", "a?b???");
}

static void letters_of_every_length_pass(void **state)
{
    (void)state;
    assert_texts("\xc3\xa9\xe2\x82\xac\xf0\x9f\x8e\xb5", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x8e\xb5\"",
                 "\xc3\xa9\xe2\x82\xac\xf0\x9f\x8e\xb5");
    assert_texts("\xf4\x8f\xbf\xbf\xef\xbf\xbd", "\"\xf4\x8f\xbf\xbf\xef\xbf\xbd\"", "\xf4\x8f\xbf\xbf\xef\xbf\xbd");
    assert_texts("\xef\xbf\xbe", "\"\xef\xbf\xbe\"", "?"); /* U+FFFE is no character of XML */
}

static void bytes_that_are_not_utf8_become_question_marks(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "\xff",             /* no first byte */
        "\x80",             /* a following byte alone */
        "\xc3",             /* cut off */
        "\xc0\x80",         /* longer than need be */
        "\xe0\x80\xaf",     /* the same with three bytes */
        "\xf0\x80\x80\xaf", /* and four */
        "\xed\xa0\x80",     /* a surrogate */
        "\xf4\x90\x80\x80", /* beyond U+10FFFF */
        "\xf8\x88\x80\x80", /* five bytes, cut off */
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[16], marks[16], json[24];
        snprintf(text, sizeof text, "%sz", wrong[i]);
        memset(marks, '?', sizeof marks);
        snprintf(marks + strlen(wrong[i]), sizeof marks - strlen(wrong[i]), "z");
        snprintf(json, sizeof json, "\"%s\"", marks);
        assert_texts(text, json, marks);
    }
}

/* Whole characters, and always the quote. */
static void a_text_that_does_not_fit_is_cut_and_stays_a_string(void **state)
{
    (void)state;
    static const char text[] = "a\xc3\xa9\"\n";
    static const char *const expected[] = {"\"\"", "\"a\"", "\"a\"", "\"a\xc3\xa9\"", "\"a\xc3\xa9\"", "\"a\xc3\xa9\\\"\""};
    for (size_t room = 3; room < 3 + sizeof expected / sizeof *expected; room++) {
        char out[32];
        memset(out, 'x', sizeof out);
        assert_int_equal(text_put_json(out, room, text), strlen(expected[room - 3]));
        assert_string_equal(out, expected[room - 3]);
        assert_int_equal(out[room], 'x');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_rounded_to_the_nearest),
        cmocka_unit_test(numbers_are_those_of_printf),
        cmocka_unit_test(marks_of_the_format_are_escaped),
        cmocka_unit_test(letters_of_every_length_pass),
        cmocka_unit_test(bytes_that_are_not_utf8_become_question_marks),
        cmocka_unit_test(a_text_that_does_not_fit_is_cut_and_stays_a_string),
    };
    return cmocka_run_group_tests_name("text_write", tests, NULL, NULL);
}
