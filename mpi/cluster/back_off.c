/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/back_off.h"

#include <time.h>

enum { FIRST_US = 50, LONGEST_US = 1000 };

/* What to sleep for after a turn in which something was done, or nothing. */
static unsigned next_us(back_off *self, bool did)
{
    const unsigned nap = did ? 0 : self->nap_us;
    const unsigned longer = nap == 0 ? FIRST_US : 2 * nap;
    self->nap_us = longer < LONGEST_US ? longer : LONGEST_US;
    return nap;
}

void back_off_wait(back_off *self, bool did)
{
    const unsigned nap = next_us(self, did);
    const struct timespec span = {.tv_nsec = (long)nap * 1000};
    if (nap > 0)
        nanosleep(&span, NULL);
}
