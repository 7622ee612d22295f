/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/back_off.h - how a thread that asks again and again leaves its core to others: longer and longer naps while nothing happens. */
#ifndef PT_BACK_OFF_H
#define PT_BACK_OFF_H

#include <stdbool.h>

/** Start with {0}. */
typedef struct back_off {
    unsigned nap_us; /* the next one's */
} back_off;

enum { BACK_OFF_MAX_US = 1000 };

/** What to sleep for after a turn in which something was done, or nothing. Pure.
 *  units   microseconds
 *  ranks   any */
unsigned back_off_next(back_off *self, bool did);

/** Sleep for that.
 *  ranks   any */
void back_off_wait(back_off *self, bool did);

#endif
