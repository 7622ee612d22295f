/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/timed_wait.h"

#include <time.h>

enum { USUAL_US = 50 * 1000, US_A_SECOND = 1000000, NS_A_SECOND = 1000000000 };

void timed_wait_init(pthread_cond_t *out)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(out, &attr);
    pthread_condattr_destroy(&attr);
}

void timed_wait_for(pthread_cond_t *changed, pthread_mutex_t *lock, unsigned us)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(us % US_A_SECOND) * 1000;
    until.tv_sec += us / US_A_SECOND + until.tv_nsec / NS_A_SECOND;
    until.tv_nsec %= NS_A_SECOND;
    pthread_cond_timedwait(changed, lock, &until);
}

void timed_wait(pthread_cond_t *changed, pthread_mutex_t *lock)
{
    timed_wait_for(changed, lock, USUAL_US);
}
