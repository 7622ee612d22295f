/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/back_off.h"

#include <time.h>

enum { FIRST_US = 50, USUAL_LONGEST_US = 1000 };

unsigned back_off_next(back_off *self, bool did)
{
    const unsigned longest = self->longest_us != 0 ? self->longest_us : USUAL_LONGEST_US;
    const unsigned nap = did ? 0 : self->nap_us;
    const unsigned longer = nap == 0 ? FIRST_US : 2 * nap;
    self->nap_us = longer < longest ? longer : longest;
    return nap;
}

void back_off_wait(back_off *self, bool did)
{
    const unsigned nap = back_off_next(self, did);
    const struct timespec span = {.tv_nsec = (long)nap * 1000};
    if (nap > 0)
        nanosleep(&span, NULL);
}
