/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/timed_wait.h"

#include <time.h>

enum { LONGEST_NS = 50 * 1000000, NS_A_SECOND = 1000000000 };

void timed_wait_init(pthread_cond_t *out)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(out, &attr);
    pthread_condattr_destroy(&attr);
}

void timed_wait(pthread_cond_t *changed, pthread_mutex_t *lock)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LONGEST_NS;
    until.tv_sec += until.tv_nsec / NS_A_SECOND;
    until.tv_nsec %= NS_A_SECOND;
    pthread_cond_timedwait(changed, lock, &until);
}
