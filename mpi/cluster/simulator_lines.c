/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mpi/cluster/simulator_parts.h"

void simulator_lines_begin(simulator *self)
{
    const uint32_t n = self->setup.n_places;
    simulator_lines_clear(self);
    if (n == 0)
        return;
    self->lines.number_in = calloc(n, sizeof *self->lines.number_in);
    self->lines.free_places = calloc(n, sizeof *self->lines.free_places);
    if (self->lines.number_in == NULL || self->lines.free_places == NULL) {
        pt_fail(self->err, PT_E_NOMEM, "no memory for %u simulated places", n);
        return;
    }
    while (self->lines.n_free < n) {
        self->lines.free_places[self->lines.n_free] = self->lines.n_free;
        self->lines.n_free++;
    }
}

void simulator_lines_clear(simulator *self)
{
    free(self->lines.number_in);
    free(self->lines.free_places);
    self->lines = (simulated_lines){.n_come = 0};
}

uint32_t simulator_lines_ended(simulator *self, uint32_t place)
{
    simulated_lines *lines = &self->lines;
    if (self->setup.n_places == 0)
        return place;
    lines->free_places[lines->n_free++] = place;
    return lines->number_in[place];
}

/* Keys are opened one after the other, as they are named. */
static void open_keys(simulator *self)
{
    simulated_lines *lines = &self->lines;
    if (lines->n_told > lines->n_known && self->now >= lines->known_at)
        coordinator_key_known(self->coordinator, lines->n_known++, true, self->now);
    if (lines->n_told > lines->n_known || lines->n_told == lines->n_named)
        return;
    lines->n_told++;
    lines->known_at = self->now + self->setup.key_s;
    coordinator_add_key(self->coordinator);
}

/* Later lines name later keys; priorities are some of three. */
static void add(simulator *self, uint32_t number, uint32_t key)
{
    simulated_lines *lines = &self->lines;
    const uint32_t place = lines->free_places[--lines->n_free];
    request_partition *p = &self->request.partitions[place];
    lines->number_in[place] = number;
    snprintf(self->witnesses[place], WITNESS_ROOM, "%u", number);
    p->key = key;
    p->priority = (int32_t)(chance_mix(number) % 3);
    memcpy(self->identities + (size_t)place * JOURNAL_HASH_BYTES, &number, sizeof number);
    coordinator_add(self->coordinator, place);
}

void simulator_lines_turn(simulator *self)
{
    simulated_lines *lines = &self->lines;
    const simulator_setup *s = &self->setup;
    const uint32_t n_keys = s->n_keys > 0 ? s->n_keys : 1;
    if (s->n_places == 0 || self->err->code != PT_OK)
        return;
    while (lines->n_free > 0 && lines->n_come < s->n_partitions &&
           self->now >= self->begun_at + s->line_s * (double)lines->n_come) {
        const uint32_t number = lines->n_come, key = (uint32_t)((uint64_t)number * n_keys / s->n_partitions);
        lines->n_named = key + 1 > lines->n_named ? key + 1 : lines->n_named;
        if (key >= lines->n_known)
            break;
        lines->n_come++;
        if (!simulator_recall(self, number))
            add(self, number, key);
    }
    open_keys(self);
    if (lines->n_come == s->n_partitions)
        coordinator_close(self->coordinator);
}
