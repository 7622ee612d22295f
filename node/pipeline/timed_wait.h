/* SPDX-License-Identifier: Apache-2.0 */
/* node/pipeline/timed_wait.h - waits for other threads that look now and then for what no thread tells: a flag that was set, a deadline. */
#ifndef PT_TIMED_WAIT_H
#define PT_TIMED_WAIT_H

#include <pthread.h>

/** A condition for timed_wait: one whose clock never goes back.
 *  owns    *out is the caller's (pthread_cond_destroy) */
void timed_wait_init(pthread_cond_t *out);

/** Wait for a condition, 50 ms at the longest; which of the two it was is not told.
 *  thread  one that holds the lock, which is let go meanwhile */
void timed_wait(pthread_cond_t *changed, pthread_mutex_t *lock);
/** units   us: microseconds at the longest */
void timed_wait_for(pthread_cond_t *changed, pthread_mutex_t *lock, unsigned us);

#endif
