/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/rank_page.h"
#include "tests/unit/report_tests.inc.h"

enum { N_MANY = 40 };

static rank_row row_of(uint32_t rank, rank_condition condition, double last_seconds)
{
    rank_row row = {.rank = rank,
                    .now = {.condition = condition,
                            .n_proven = 10 + rank,
                            .n_held = 3,
                            .n_may_hold = 4,
                            .heard_ago = 0.25,
                            .last_seconds = last_seconds}};
    snprintf(row.host, sizeof row.host, "node-%u", rank);
    return row;
}

static const char *written(const rank_page *page, rank_page_room room, printed *at)
{
    pt_err err = {0};
    assert_int_equal(rank_page_write(page, &room, printed_open(at), &err), PT_OK);
    return printed_close(at);
}

static void all_of_it_then_a_line_a_rank(void **state)
{
    (void)state;
    printed at;
    rank_row rows[] = {row_of(0, RANK_PROVES, 1.5), row_of(1, RANK_IS_LOST, 0)};
    const rank_page page = {
        .n_partitions = 64, .n_done = 16, .per_second = 1.25, .seconds_left = 38.4, .rows = rows, .n_rows = 2};
    rows[1].now.heard_ago = -1;
    rows[1].now.n_held = rows[1].now.n_may_hold = 0;
    assert_string_equal(written(&page, (rank_page_room){100, 23, false}, &at),
                        "[#####...............] 16/64 partitions  1.25/s  ETA 38 s\n"
                        "rank  host                  state         proofs  holds    heard     last\n"
                        "   0  node-0                proving           10    3/4    0.2 s   1.50 s\n"
                        "   1  node-1                lost              11      -        -        -");
}

static void what_is_not_known_is_left_out_and_what_failed_is_told(void **state)
{
    (void)state;
    printed at;
    const rank_page page = {.n_partitions = 3, .n_done = 2, .n_failed = 1, .seconds_left = -1};
    assert_string_equal(written(&page, (rank_page_room){100, 2, false}, &at),
                        "[####################] 3/3 partitions  1 failed");
    const rank_page open = {.is_open = true, .n_done = 17, .per_second = 2, .seconds_left = -1};
    assert_string_equal(written(&open, (rank_page_room){100, 2, false}, &at), "17 partitions  2/s");
    const rank_page none = {.seconds_left = -1};
    assert_string_equal(written(&none, (rank_page_room){100, 1, false}, &at), "[....................] 0/0 partitions");
}

static void the_state_alone_is_coloured(void **state)
{
    (void)state;
    printed at;
    rank_row rows[] = {row_of(0, RANK_PROVES, 1.5), row_of(1, RANK_GETS_NO_WORK, 0), row_of(2, RANK_RESTS, 1)};
    const rank_page page = {.n_partitions = 64, .rows = rows, .n_rows = 3};
    const char *text = written(&page, (rank_page_room){100, 23, true}, &at);
    assert_non_null(strstr(text, "  \033[32mproving\033[0m     "));
    assert_non_null(strstr(text, "  \033[31mgets no work\033[0m  "));
    assert_non_null(strstr(text, "node-2                idle  "));
    assert_null(strchr(written(&page, (rank_page_room){100, 23, false}, &at), '\033'));
}

/* In characters, not in bytes; colours take no room. */
static void no_line_is_as_wide_as_the_terminal(void **state)
{
    (void)state;
    printed at;
    rank_row rows[] = {row_of(0, RANK_PROVES, 1.5), row_of(1, RANK_IS_LOST, 0)};
    snprintf(rows[0].host, sizeof rows[0].host, "%s",
             "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9 a host of a long\nname");
    const rank_page page = {
        .n_partitions = 64, .n_done = 16, .per_second = 1.25, .seconds_left = 38.4, .rows = rows, .n_rows = 2};
    for (size_t columns = 1; columns < 120; columns++)
        for (int coloured = 0; coloured < 2; coloured++) {
            const char *text = written(&page, (rank_page_room){columns, 23, coloured == 1}, &at);
            size_t n_lines = 1, width = 0;
            for (const char *c = text; *c != '\0'; c++) {
                if (*c == '\033')
                    c = strchr(c, 'm');
                else if (*c == '\n')
                    n_lines++, width = 0;
                else
                    width += ((unsigned char)*c & 0xc0) != 0x80;
                assert_true(width < columns);
            }
            assert_int_equal(n_lines, 4);
        }
    assert_non_null(strstr(written(&page, (rank_page_room){120, 23, false}, &at),
                           "   0  \xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9 a host of a l  proving "));
}

static size_t lines_of(const char *text)
{
    size_t n = 1;
    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

static void of_too_many_ranks_the_lost_and_the_slowest_are_shown(void **state)
{
    (void)state;
    printed at;
    rank_row rows[N_MANY];
    for (uint32_t i = 0; i < N_MANY; i++)
        rows[i] = row_of(i, i == 30 ? RANK_IS_LOST : i == 31 ? RANK_RESTS : RANK_PROVES, i == 7 ? 9 : 1 + i * 0.01);
    const rank_page page = {.n_partitions = 64, .seconds_left = -1, .rows = rows, .n_rows = N_MANY};
    const char *text = written(&page, (rank_page_room){100, 6, false}, &at);
    assert_int_equal(lines_of(text), 6);
    const char *lost = strstr(text, "\n  30  "), *slow = strstr(text, "\n   7  "), *next = strstr(text, "\n  39  ");
    assert_true(lost != NULL && slow != NULL && next != NULL && lost < slow && slow < next);
    assert_non_null(strstr(text, "\n      and 37 more: 36 proving, 1 idle"));
    for (size_t lines = 1; lines < 2 * N_MANY; lines++) {
        const size_t n = lines_of(written(&page, (rank_page_room){100, lines, false}, &at));
        assert_int_equal(n, lines < 3 ? 1 : lines < N_MANY + 2 ? lines : N_MANY + 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it_then_a_line_a_rank),
        cmocka_unit_test(what_is_not_known_is_left_out_and_what_failed_is_told),
        cmocka_unit_test(the_state_alone_is_coloured),
        cmocka_unit_test(no_line_is_as_wide_as_the_terminal),
        cmocka_unit_test(of_too_many_ranks_the_lost_and_the_slowest_are_shown),
    };
    return cmocka_run_group_tests_name("rank_page", tests, NULL, NULL);
}
