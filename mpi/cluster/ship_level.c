/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/ship_level.h"

static const double measured_s = 1;
static const double idle_s = 0.1; /* between two chunks: the link had nothing to do */

const int ship_levels[SHIP_LEVELS] = {0, 1, 3};

size_t ship_level_choose(double link_rate, const ship_rate rates[SHIP_LEVELS])
{
    const double link_s = link_rate > 0 ? 1 / link_rate : 0; /* a byte */
    double best_s = link_s;
    size_t best = 0;
    for (size_t i = 1; i < SHIP_LEVELS; i++) {
        const ship_rate *r = &rates[i];
        if (r->plain_bytes <= 0)
            continue;
        const double s = r->seconds / r->plain_bytes + link_s * r->packed_bytes / r->plain_bytes;
        if (s < best_s) {
            best_s = s;
            best = i;
        }
    }
    return best;
}

size_t ship_link_level(ship_link *self, double now)
{
    if (self->n_sent >= SHIP_LEVELS && now - self->began >= measured_s && !self->chosen) {
        self->choice = ship_level_choose(self->busy_s > 0 ? self->busy_bytes / self->busy_s : 0, self->rates);
        self->chosen = true;
    }
    return self->chosen ? self->choice : self->n_sent % SHIP_LEVELS;
}

/* Who asks for the next piece has got an earlier one: while they follow one another, the time between two is the link's and the packing's. */
void ship_link_note(ship_link *self, size_t level, size_t plain_bytes, size_t packed_bytes, double seconds, double now)
{
    ship_rate *r = &self->rates[level];
    r->plain_bytes += (double)plain_bytes;
    r->packed_bytes += (double)packed_bytes;
    r->seconds += seconds;
    if (self->n_sent == 0)
        self->began = now;
    const double passed = now - self->latest - seconds;
    if (self->n_sent > 0 && passed >= 0 && now - self->latest < idle_s + seconds) {
        self->busy_s += passed;
        self->busy_bytes += (double)packed_bytes;
    }
    self->latest = now;
    self->n_sent++;
}
