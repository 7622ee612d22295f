/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/thread_tests.inc.h - to know that another thread waits, where nothing tells so. */
#ifndef PT_THREAD_TESTS_H
#define PT_THREAD_TESTS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* gettid */
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static inline void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* Of a thread of this process or another. */
static inline char thread_state(pid_t thread)
{
    char path[64], state = '?';
    snprintf(path, sizeof path, "/proc/%d/stat", (int)thread);
    FILE *stat = fopen(path, "r");
    if (stat == NULL)
        return state;
    if (fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
        state = '?';
    fclose(stat);
    return state;
}

/* A thread says who it is right before a call that waits; *thread is 0 until then. Asleep five times in a row, it is in its wait and not
 * held up by a lock. */
static inline void await_asleep(const atomic_int *thread)
{
    enum { LOOKS = 20000, IN_A_ROW = 5 };
    int row = 0;
    for (int i = 0; i < LOOKS && row < IN_A_ROW; i++) {
        sleep_ms(2);
        const int id = atomic_load(thread);
        row = id != 0 && thread_state(id) == 'S' ? row + 1 : 0;
    }
    assert_int_equal(row, IN_A_ROW);
}

#endif
