/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/knobs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_name_leads_to_its_knob_alone(void **unused)
{
    (void)unused;
    for (int id = 0; id < N_KNOBS; id++) {
        assert_non_null(knob_of((knob_id)id)->name);
        assert_int_equal(knob_find(knob_of((knob_id)id)->name), id);
    }
    assert_int_equal(knob_find("worker"), N_KNOBS);
    assert_int_equal(knob_find(""), N_KNOBS);
}

static void every_knob_is_explained(void **unused)
{
    (void)unused;
    for (int id = 0; id < N_KNOBS; id++) {
        const knob *k = knob_of((knob_id)id);
        char room[KNOB_TEXT_ROOM];
        assert_true(strlen(k->meaning) > 10 && strlen(k->otherwise) > 0);
        assert_true(strlen(knob_expects(k, room)) + 1 < sizeof room);
        assert_true((k->words != NULL) == (k->kind == KNOB_WORD || k->kind == KNOB_FLAG));
    }
}

static void what_is_written_reads_back(void **unused)
{
    (void)unused;
    for (int id = 0; id < N_KNOBS; id++) {
        const knob *k = knob_of((knob_id)id);
        if (k->kind == KNOB_NAME)
            continue;
        uint64_t values[] = {0, k->min, k->max, k->max / 2 + 1, k->max / 3 + 1};
        for (size_t i = 0; i < (k->words != NULL ? 2 : 5); i++) {
            char room[KNOB_TEXT_ROOM];
            const knob_setting setting = {.value = k->words != NULL ? i : values[i]};
            knob_setting again = {.value = UINT64_MAX};
            assert_true(knob_read(k, knob_text(k, &setting, room), &again));
            assert_int_equal(again.value, setting.value);
        }
    }
}

static void bytes_have_units(void **unused)
{
    (void)unused;
    static const struct {
        const char *text;
        uint64_t value;
    } good[] = {{"1", 1},           {"4096", 4096},       {"3K", 3072},           {"3KiB", 3072},     {"3KB", 3000},
                {"2M", 2 << 20},    {"2MiB", 2 << 20},    {"2MB", 2000000},       {"7G", 7ull << 30}, {"7GB", 7000000000},
                {"1T", 1ull << 40}, {"1TiB", 1ull << 40}, {"1TB", 1000000000000}, {"auto", 0}};
    static const char *const bad[] = {"",
                                      "0",
                                      "-1",
                                      "K",
                                      "1k",
                                      "1 K",
                                      "1KI",
                                      "1iB",
                                      "1B",
                                      "1KiBx",
                                      "1.5G",
                                      "0x10",
                                      "2^30",
                                      "1E",
                                      "G1",
                                      "99999999999999999999",
                                      "18014398509481984K",
                                      "16777217T",
                                      "1048577T",
                                      "Auto",
                                      "auto "};
    const knob *memory = knob_of(KNOB_MEMORY);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        knob_setting got = {.value = 12345};
        assert_true(knob_read(memory, good[i].text, &got));
        assert_int_equal(got.value, good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        knob_setting got = {.value = 12345};
        assert_false(knob_read(memory, bad[i], &got));
        assert_int_equal(got.value, 12345);
    }
}

static void counts_keep_their_range(void **unused)
{
    (void)unused;
    knob_setting got = {.value = 12345};
    const knob *threads = knob_of(KNOB_THREADS);
    static const char *const bad[] = {"0", "4097", "2^13", "2^63", "2^", "1K", "1 ", "+1", "on", ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(knob_read(threads, bad[i], &got));
    assert_int_equal(got.value, 12345);
    assert_true(knob_read(threads, "2^12", &got));
    assert_int_equal(got.value, 4096);
}

static void words_are_whole(void **unused)
{
    (void)unused;
    knob_setting got = {.value = 12345};
    static const char *const bad[] = {"", "On", "o", "only", "1", "yes", "on,off"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(knob_read(knob_of(KNOB_PIN), bad[i], &got));
        assert_false(knob_read(knob_of(KNOB_QUIET), bad[i], &got));
    }
    assert_true(knob_read(knob_of(KNOB_PIN), "off", &got));
    assert_int_equal(got.value, CHOICE_OFF);
    assert_true(knob_read(knob_of(KNOB_QUIET), "off", &got));
    assert_int_equal(got.value, 0);
}

static void names_are_printable_and_end_somewhere(void **unused)
{
    (void)unused;
    const knob *device = knob_of(KNOB_DEVICE);
    char longest[KNOB_NAME_ROOM + 1], room[KNOB_TEXT_ROOM];
    knob_setting got = {0};
    assert_string_equal(knob_text(device, &got, room), "cpu");
    assert_true(knob_read(device, "NVIDIA H200", &got));
    assert_int_equal(got.value, 1);
    assert_string_equal(knob_text(device, &got, room), "NVIDIA H200");
    memset(longest, 'x', sizeof longest);
    longest[KNOB_NAME_ROOM] = '\0';
    static const char *const bad[] = {"", " a", "a ", "a;b", "a\tb", "\x7f", "\xc3\xa9"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(knob_read(device, bad[i], &got));
    assert_false(knob_read(device, longest, &got));
    assert_string_equal(got.name, "NVIDIA H200");
    longest[KNOB_NAME_ROOM - 1] = '\0';
    assert_true(knob_read(device, longest, &got));
    assert_string_equal(got.name, longest);
}

static void the_later_source_wins_in_any_order(void **unused)
{
    (void)unused;
    for (int first = SOURCE_DEFAULT; first <= SOURCE_COMMAND_LINE; first++)
        for (int second = SOURCE_DEFAULT; second <= SOURCE_COMMAND_LINE; second++) {
            knobs settings = {0};
            knobs_set(&settings, KNOB_PIN, (knob_setting){.value = 1, .source = (knob_source)first});
            knobs_set(&settings, KNOB_PIN, (knob_setting){.value = 2, .source = (knob_source)second});
            assert_int_equal(settings.of[KNOB_PIN].value, second >= first ? 2 : 1);
        }
}

static void a_place_names_file_and_line(void **unused)
{
    (void)unused;
    char room[KNOB_PLACE_ROOM];
    knobs settings = {.path = "partita.ini"};
    assert_string_equal(knobs_place(&settings, KNOB_PIN, room), "default");
    settings.of[KNOB_PIN] = (knob_setting){.source = SOURCE_SHARED_SECTION, .line = 17};
    assert_string_equal(knobs_place(&settings, KNOB_PIN, room), "partita.ini:17");
    settings.path = "/a/\xc3\xa4/name/that/is/long/on/and/on/\n/partita.ini";
    assert_string_equal(knobs_place(&settings, KNOB_PIN, room), ".../is/long/on/and/on/?/partita.ini:17");
    settings.path = "/\xc3\xa4"
                    "1234567890123456789012345678901";
    assert_string_equal(knobs_place(&settings, KNOB_PIN, room), "...1234567890123456789012345678901:17");
    settings.of[KNOB_PIN].source = SOURCE_COMMAND_LINE;
    assert_string_equal(knobs_place(&settings, KNOB_PIN, room), "command line");
}

static void every_engine_knob_reaches_its_option(void **unused)
{
    (void)unused;
    knobs settings = {0};
    static const struct {
        knob_id id;
        uint64_t value;
    } all[] = {{KNOB_THREADS, 2},
               {KNOB_WORKERS, 3},
               {KNOB_TAIL_DOMAINS, 4},
               {KNOB_IO_THREADS, 5},
               {KNOB_QUEUE_DEPTH, 6},
               {KNOB_MEMORY, 1ull << 40},
               {KNOB_THROTTLE, CHOICE_ON},
               {KNOB_PIN, CHOICE_OFF},
               {KNOB_CREW_DOMAINS, 8},
               {KNOB_ARENAS, ARENAS_FREED_BY_ONE},
               {KNOB_GPU_LOCK, GPU_LOCK_PARTITION}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        knobs_set(&settings, all[i].id, (knob_setting){.value = all[i].value, .source = SOURCE_COMMAND_LINE});
    const engine_options options = knobs_engine_options(&settings);
    assert_int_equal(options.n_threads, 2);
    assert_int_equal(options.n_in_flight, 3);
    assert_int_equal(options.n_tail_domains, 4);
    assert_int_equal(options.n_io_threads, 5);
    assert_int_equal(options.queue_depth, 6);
    assert_int_equal(options.memory_bytes, 1ull << 40);
    assert_int_equal(options.throttle, CHOICE_ON);
    assert_int_equal(options.pin, CHOICE_OFF);
    assert_int_equal(options.huge_pages, CHOICE_AUTO);
    assert_int_equal(options.n_domains_crew, 8);
    assert_int_equal(options.arenas, ARENAS_FREED_BY_ONE);
    assert_int_equal(options.gpu_lock, GPU_LOCK_PARTITION);
}

static void a_command_is_offered_its_knobs(void **unused)
{
    (void)unused;
    size_t n = 0;
    for (int group = 0; group < N_KNOB_GROUPS; group++) {
        knob_options offered;
        knob_options_of("config", (knob_group)group, &offered);
        n += offered.n;
        for (size_t i = 0; i < offered.n; i++)
            assert_int_equal(knob_find(offered.options[i].name) + KNOB_KEY, offered.options[i].key);
        assert_null(offered.options[offered.n].name);
        knob_options_of("verify", (knob_group)group, &offered);
        assert_true((offered.n > 0) == (group == KNOBS_OF_ALL));
    }
    assert_int_equal(n, N_KNOBS);
    assert_int_equal(knob_command_find("partita"), N_KNOB_COMMANDS);
    assert_true(knob_command_find("prove") < N_KNOB_COMMANDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_leads_to_its_knob_alone),
        cmocka_unit_test(every_knob_is_explained),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(bytes_have_units),
        cmocka_unit_test(counts_keep_their_range),
        cmocka_unit_test(words_are_whole),
        cmocka_unit_test(names_are_printable_and_end_somewhere),
        cmocka_unit_test(the_later_source_wins_in_any_order),
        cmocka_unit_test(a_place_names_file_and_line),
        cmocka_unit_test(every_engine_knob_reaches_its_option),
        cmocka_unit_test(a_command_is_offered_its_knobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
