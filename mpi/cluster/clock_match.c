/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/clock_match.h"

#include <math.h>

static const double rate_error = 15e-6;

/* There is no room: of two neighbours the better one stays, and stretches become twice as long. */
static void thin_out(clock_match *self)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i + 1 < self->n; i += 2)
        self->pairs[n++] = self->pairs[i + 1].error < self->pairs[i].error ? self->pairs[i + 1] : self->pairs[i];
    self->n = n;
    self->stretch_s *= 2;
    uint32_t kept = 1;
    for (uint32_t i = 1; i < n; i++)
        if (self->pairs[i].own - self->pairs[kept - 1].own >= self->stretch_s / 2)
            self->pairs[kept++] = self->pairs[i];
    self->n = kept;
}

static void begin_stretch(clock_match *self, const clock_pair *first)
{
    if (self->n == CLOCK_PAIRS_MAX)
        thin_out(self);
    self->pairs[self->n++] = *first;
    self->stretch_began = first->own;
}

/* A pair that is close to the one before it would say more of both errors than of the clocks' rates. */
static bool is_apart(const clock_match *self, const clock_pair *pair)
{
    return self->n < 2 || pair->own - self->pairs[self->n - 2].own >= self->stretch_s / 2;
}

void clock_match_add(clock_match *self, double asked, double other, double answered)
{
    const clock_pair pair = {.own = asked + (answered - asked) / 2, .other = other, .error = (answered - asked) / 2};
    if (!(answered >= asked))
        return;
    self->n_exchanges++;
    if (self->n == 0) {
        self->stretch_s = CLOCK_STRETCH_S;
        begin_stretch(self, &pair);
        return;
    }
    clock_pair *last = &self->pairs[self->n - 1];
    if (pair.own - self->stretch_began < self->stretch_s) {
        if (pair.error < last->error && is_apart(self, &pair))
            *last = pair;
    } else if (pair.own - last->own >= self->stretch_s / 2 && pair.other > last->other) {
        begin_stretch(self, &pair);
    }
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* As the rate of a clock is not known. */
static double from_one(const clock_pair *pair, double other, double *error)
{
    *error = pair->error + rate_error * fabs(other - pair->other);
    return pair->own + (other - pair->other);
}

double clock_match_own(const clock_match *self, double other, double *error)
{
    const clock_pair *p = self->pairs;
    uint32_t i = 0;
    while (i + 2 < self->n && p[i + 1].other < other)
        i++;
    if (self->n == 1 || other <= p[i].other)
        return from_one(&p[i], other, error);
    if (other >= p[i + 1].other)
        return from_one(&p[i + 1], other, error);
    const double before = other - p[i].other, length = p[i + 1].other - p[i].other;
    *error = larger(p[i].error, p[i + 1].error) + rate_error * (before < length - before ? before : length - before);
    return p[i].own + before * ((p[i + 1].own - p[i].own) / length);
}
