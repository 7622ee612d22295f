/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "node/topo/process_figures.h"
#include "tests/unit/sanitizers.h"

enum {
    MANY_BYTES = 64 << 20,
    SLACK_BYTES = 8 << 20,
    TOUCHED_MAX_BYTES = (SANITIZED_THREADS ? 5 : 1) * MANY_BYTES + SLACK_BYTES /* its shadow is four times as large */
};

static void *map_bytes(size_t n)
{
    void *out = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(out, MAP_FAILED);
    return out;
}

static void memory_counts_once_it_is_touched(void **state)
{
    (void)state;
    process_figures before = process_figures_read();
    void *memory = map_bytes(MANY_BYTES);
    process_figures mapped = process_figures_read();
    memset(memory, 1, MANY_BYTES);
    process_figures touched = process_figures_read();
    munmap(memory, MANY_BYTES);
    assert_true(before.anonymous > 0 && before.mapped > 0 && before.resident >= before.anonymous + before.mapped);
    assert_in_range(mapped.addresses - before.addresses, MANY_BYTES, MANY_BYTES + SLACK_BYTES);
    assert_in_range(touched.anonymous - mapped.anonymous, MANY_BYTES - SLACK_BYTES, TOUCHED_MAX_BYTES);
    assert_in_range(touched.resident - mapped.resident, MANY_BYTES - SLACK_BYTES, TOUCHED_MAX_BYTES);
}

static void a_peak_stays_until_it_is_forgotten(void **state)
{
    (void)state;
    void *memory = map_bytes(MANY_BYTES);
    memset(memory, 1, MANY_BYTES);
    process_figures high = process_figures_read();
    munmap(memory, MANY_BYTES);
    assert_true(process_figures_read().peak + SLACK_BYTES >= high.resident);
    if (!process_forget_peak())
        skip();
    assert_true(process_figures_read().peak + MANY_BYTES / 2 < high.resident);
}

static void open_files_are_counted(void **state)
{
    (void)state;
    size_t before = process_figures_read().n_files;
    int fd = dup(STDERR_FILENO);
    assert_true(fd >= 0);
    assert_int_equal(process_figures_read().n_files, before + 1);
    close(fd);
    assert_int_equal(process_figures_read().n_files, before);
    assert_int_equal(process_figures_read().n_threads, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_counts_once_it_is_touched),
        cmocka_unit_test(a_peak_stays_until_it_is_forgotten),
        cmocka_unit_test(open_files_are_counted),
    };
    return cmocka_run_group_tests_name("process_figures", tests, NULL, NULL);
}
