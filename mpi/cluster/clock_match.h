/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/clock_match.h - what another process's clock says by this one's. Pure.
 *
 * The other one is asked for its time and answers. Whenever it looked at its clock, it was between question and answer: so the middle of these is
 * right to within half of what both took, and the quickest exchange is the best one. Clocks run at rates that differ a little: of each
 * stretch of time the best exchange is kept, and what lies between two of them is interpolated. */
#ifndef PT_CLOCK_MATCH_H
#define PT_CLOCK_MATCH_H

#include <stdbool.h>
#include <stdint.h>

enum { CLOCK_PAIRS_MAX = 64, CLOCK_STRETCH_S = 30 };

/** The same moment by both clocks. units: seconds, here and below */
typedef struct clock_pair {
    double own, other;
    double error; /* own is right to within this much */
} clock_pair;

/** Start with {0}. */
typedef struct clock_match {
    clock_pair pairs[CLOCK_PAIRS_MAX]; /* by time, no two closer than half a stretch */
    uint32_t n;
    double stretch_s, stretch_began; /* of the last pair, which may become a better one */
    uint64_t n_exchanges;
} clock_match;

/** An exchange: asked and answered by this clock, other as it was said between them. One that goes back in time is none.
 *  source  F. Cristian, "Probabilistic clock synchronization", Distributed Computing 3 (1989); RFC 5905, section 8, of one time stamp */
void clock_match_add(clock_match *self, double asked, double other, double answered);

/** What this clock said when the other one said `other`, and how far off that may be: as the exchange is, and 15 millionths of the time from
 *  there (RFC 5905, PHI). After one exchange at least. */
double clock_match_own(const clock_match *self, double other, double *error);

#endif
