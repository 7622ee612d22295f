/* SPDX-License-Identifier: Apache-2.0 */
#include "node/circuit/csr.h"

#include <time.h>

#include "tests/unit/format_tests.inc.h"

enum { VALUE = 32, RECORD = 12 + VALUE };

static void put_record(uint8_t *records, size_t i, uint32_t matrix, uint32_t row, uint32_t signal, uint32_t value)
{
    uint8_t *r = records + i * RECORD;
    memset(r, 0, RECORD);
    memcpy(r, &matrix, 4);
    memcpy(r + 4, &row, 4);
    memcpy(r + 8, &signal, 4);
    memcpy(r + 12, &value, 4);
}

static uint32_t value_at(const csr *m, const csr_entry *entry)
{
    uint32_t value;
    memcpy(&value, m->values + entry->value * m->value_bytes, sizeof value);
    return value;
}

/* By a crew of some threads. */
static pt_status init_by(size_t n_threads, const uint8_t *records, size_t n, uint32_t n_rows, size_t value_bytes, csr *out,
                         pt_err *err)
{
    crew *threads;
    assert_int_equal(crew_create(n_threads, &threads, err), PT_OK);
    pt_status status = csr_init(threads, records, n, n_rows, value_bytes, out, err);
    crew_destroy(threads);
    return status;
}

static pt_status init(const uint8_t *records, size_t n, uint32_t n_rows, size_t value_bytes, csr *out, pt_err *err)
{
    return init_by(2, records, n, n_rows, value_bytes, out, err);
}

static void entries_are_by_row_in_the_order_of_the_file(void **state)
{
    (void)state;
    static const uint32_t in[][4] = {{0, 2, 5, 100}, {1, 0, 1, 100}, {0, 0, 4, 7},
                                     {0, 2, 3, 7},   {1, 3, 9, 8},   {0, 2, 5, 100}};
    uint8_t records[6 * RECORD + 1];
    for (size_t i = 0; i < 6; i++)
        put_record(records + 1, i, in[i][0], in[i][1], in[i][2], in[i][3]);
    csr m;
    pt_err err = {0};
    assert_int_equal(init(records + 1, 6, 4, VALUE, &m, &err), PT_OK);
    assert_int_equal(m.n_rows, 4);
    assert_int_equal(m.n_values, 3);
    static const uint64_t a_rows[] = {0, 1, 1, 4, 4}, b_rows[] = {0, 1, 1, 1, 2};
    assert_memory_equal(m.a.row_start, a_rows, sizeof a_rows);
    assert_memory_equal(m.b.row_start, b_rows, sizeof b_rows);
    static const uint32_t a_signals[] = {4, 5, 3, 5}, a_values[] = {7, 100, 7, 100};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(m.a.entries[i].signal, a_signals[i]);
        assert_int_equal(value_at(&m, &m.a.entries[i]), a_values[i]);
    }
    assert_int_equal(value_at(&m, &m.b.entries[1]), 8);
    csr_clear(&m);
    assert_null(m.values);
    csr_clear(&m);
}

static void no_coefficients_give_empty_rows(void **state)
{
    (void)state;
    csr m;
    pt_err err = {0};
    assert_int_equal(init(NULL, 0, 2, VALUE, &m, &err), PT_OK);
    assert_int_equal(m.n_values, 0);
    assert_int_equal(m.a.row_start[2], 0);
    csr_clear(&m);
}

static uint32_t spread(uint32_t i)
{
    return i * 2654435761u;
}

static void many_distinct_values_are_all_kept(void **state)
{
    (void)state;
    enum { N = 100000, ROWS = 1 << 10 };
    uint8_t *records = malloc((size_t)N * RECORD);
    for (uint32_t i = 0; i < N; i++)
        put_record(records, i, i & 1, spread(i) % ROWS, i, spread(i / 2));
    csr m;
    pt_err err = {0};
    assert_int_equal(init(records, N, ROWS, VALUE, &m, &err), PT_OK);
    assert_int_equal(m.n_values, N / 2);
    const csr_matrix *const both[] = {&m.a, &m.b};
    for (uint32_t matrix = 0; matrix < 2; matrix++) {
        assert_int_equal(both[matrix]->row_start[ROWS], N / 2);
        for (uint32_t row = 0; row < ROWS; row++)
            for (uint64_t e = both[matrix]->row_start[row]; e < both[matrix]->row_start[row + 1]; e++) {
                const csr_entry *entry = &both[matrix]->entries[e];
                if (spread(entry->signal) % ROWS != row || (entry->signal & 1) != matrix ||
                    value_at(&m, entry) != spread(entry->signal / 2))
                    fail_msg("matrix %u, row %u: signal %u", matrix, row, entry->signal);
            }
    }
    csr_clear(&m);
    free(records);
}

static void assert_same_matrix(const csr_matrix *a, const csr_matrix *b, uint32_t n_rows)
{
    assert_memory_equal(a->row_start, b->row_start, ((size_t)n_rows + 1) * sizeof *a->row_start);
    assert_memory_equal(a->entries, b->entries, a->row_start[n_rows] * sizeof *a->entries);
}

/* Every thread count gives what one thread gives, and that is what the file says: values numbered by first places, a row's
 * entries in the order of the file. */
static void assert_same_by_any_crew(const uint8_t *records, size_t n, uint32_t n_rows, uint32_t n_values)
{
    csr one;
    pt_err err = {0};
    assert_int_equal(init_by(1, records, n, n_rows, VALUE, &one, &err), PT_OK);
    uint64_t *next[2] = {calloc(n_rows, sizeof **next), calloc(n_rows, sizeof **next)};
    uint32_t n_seen = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t header[3];
        memcpy(header, records + i * RECORD, sizeof header);
        const csr_matrix *m = header[0] == 0 ? &one.a : &one.b;
        const csr_entry *e = &m->entries[m->row_start[header[1]] + next[header[0]][header[1]]++];
        assert_int_equal(e->signal, header[2]);
        assert_true(e->value <= n_seen);
        n_seen += e->value == n_seen;
        assert_memory_equal(one.values + e->value * VALUE, records + i * RECORD + 12, VALUE);
    }
    assert_int_equal(n_seen, n_values);
    assert_int_equal(one.n_values, n_values);
    static const size_t crews[] = {2, 3, 7};
    for (size_t c = 0; c < 3; c++) {
        csr many;
        assert_int_equal(init_by(crews[c], records, n, n_rows, VALUE, &many, &err), PT_OK);
        assert_int_equal(many.n_values, n_values);
        assert_memory_equal(many.values, one.values, (size_t)n_values * VALUE);
        assert_same_matrix(&many.a, &one.a, n_rows);
        assert_same_matrix(&many.b, &one.b, n_rows);
        csr_clear(&many);
    }
    free(next[0]);
    free(next[1]);
    csr_clear(&one);
}

static void records_in_any_order_give_one_result_by_any_crew(void **state)
{
    (void)state;
    enum { N = 30011, ROWS = 1 << 12, VALUES = 300 };
    uint8_t *records = malloc((size_t)N * RECORD);
    for (uint32_t i = 0; i < N; i++)
        put_record(records, i, spread(i) >> 31, spread(i + N) >> 20, i, spread(i / 3 * 7) % VALUES);
    assert_same_by_any_crew(records, N, ROWS, VALUES);
    free(records);
}

static void records_sorted_by_row_give_one_result_by_any_crew(void **state)
{
    (void)state;
    enum { N = 30011, ROWS = 1 << 14, VALUES = 3000 };
    uint8_t *records = malloc((size_t)N * RECORD);
    for (uint32_t i = 0; i < N; i++)
        put_record(records, i, i / 2 & 1, i / 4, spread(i), i % VALUES);
    assert_same_by_any_crew(records, N, ROWS, VALUES);
    free(records);
}

static void whole_blocks_and_single_rows_give_one_result_by_any_crew(void **state)
{
    (void)state;
    enum { MOST = 8193 };
    uint8_t *records = malloc((size_t)MOST * RECORD);
    for (uint32_t i = 0; i < MOST; i++)
        put_record(records, i, i & 1, 0, i, 5);
    static const size_t sizes[] = {1, 1023, 1024, 1025, 8192, 8193};
    for (size_t i = 0; i < 6; i++)
        assert_same_by_any_crew(records, sizes[i], 1, 1);
    free(records);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Values that differ in the highest bits alone, or are multiples of a power of two, would all meet in one slot of a hash that
 * is not keyed. */
static void values_made_to_collide_cost_no_more(void **state)
{
    (void)state;
    enum { N = 200000 };
    uint8_t *records = calloc(N, RECORD);
    for (uint32_t i = 0; i < N; i++) {
        put_record(records, i, 0, 0, 0, 0);
        memcpy(records + (size_t)i * RECORD + 12 + 28, &i, 4);
    }
    csr m;
    pt_err err = {0};
    double begin = seconds();
    assert_int_equal(init(records, N, 1, VALUE, &m, &err), PT_OK);
    assert_true(seconds() - begin < 2);
    assert_int_equal(m.n_values, N);
    csr_clear(&m);
    free(records);
}

static void a_value_is_whole_words(void **state)
{
    (void)state;
    csr m;
    pt_err err = {0};
    assert_error(&err, init(NULL, 0, 1, 33, &m, &err), PT_E_ARG, "33 bytes");
    err = (pt_err){0};
    assert_error(&err, init(NULL, 0, 1, 72, &m, &err), PT_E_ARG, "72 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_by_row_in_the_order_of_the_file),
        cmocka_unit_test(no_coefficients_give_empty_rows),
        cmocka_unit_test(many_distinct_values_are_all_kept),
        cmocka_unit_test(records_in_any_order_give_one_result_by_any_crew),
        cmocka_unit_test(records_sorted_by_row_give_one_result_by_any_crew),
        cmocka_unit_test(whole_blocks_and_single_rows_give_one_result_by_any_crew),
        cmocka_unit_test(values_made_to_collide_cost_no_more),
        cmocka_unit_test(a_value_is_whole_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
