/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/back_off.h - how a thread that asks again and again leaves its core to others: longer and longer naps while nothing happens. */
#ifndef PT_BACK_OFF_H
#define PT_BACK_OFF_H

#include <stdbool.h>

/** Start with {0}. */
typedef struct back_off {
    unsigned nap_us; /* the next one's */
} back_off;

/** Sleep for a while after a turn in which something was done, or nothing.
 *  ranks   any */
void back_off_wait(back_off *self, bool did);

#endif
