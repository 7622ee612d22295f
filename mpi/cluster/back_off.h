/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/back_off.h - how a thread that asks again and again leaves its core to others: longer and longer naps while nothing happens. */
#ifndef PT_BACK_OFF_H
#define PT_BACK_OFF_H

#include <stdbool.h>

/** Start with {0}, or the longest nap. */
typedef struct back_off {
    unsigned longest_us; /* 0: 1,000, as is asked of who hears from other ranks */
    unsigned nap_us;     /* the next one's */
} back_off;

/** How long to sleep after a turn in which something was done, or nothing.
 *  units   microseconds
 *  ranks   any, here and below */
unsigned back_off_next(back_off *self, bool did);

/** Sleep that long. */
void back_off_wait(back_off *self, bool did);

#endif
