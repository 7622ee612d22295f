/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/place_set.h"

#include <stdlib.h>
#include <string.h>

static size_t words_of(uint32_t n_bits)
{
    return ((size_t)n_bits + 63) / 64;
}

pt_status place_set_init(uint32_t n, place_set *out, pt_err *err)
{
    place_set self = {.n_bits = {n}, .n_levels = 1};
    size_t n_words = words_of(n);
    while (words_of(self.n_bits[self.n_levels - 1]) > 1) {
        self.n_bits[self.n_levels] = (uint32_t)words_of(self.n_bits[self.n_levels - 1]);
        n_words += words_of(self.n_bits[self.n_levels++]);
    }
    uint64_t *words = calloc(n_words + 1, sizeof *words);
    if (words == NULL)
        return pt_fail(err, PT_E_NOMEM, "%zu bytes for a set of %u places", (n_words + 1) * sizeof *words, n);
    for (uint32_t l = 0; l < self.n_levels; l++) {
        self.level[l] = words;
        words += words_of(self.n_bits[l]);
    }
    *out = self;
    return PT_OK;
}

void place_set_clear(place_set *self)
{
    free(self->level[0]);
    *self = (place_set){0};
}

void place_set_empty(place_set *self)
{
    for (uint32_t l = 0; l < self->n_levels; l++)
        memset(self->level[l], 0, words_of(self->n_bits[l]) * sizeof *self->level[l]);
}

void place_set_add(place_set *self, uint32_t place)
{
    for (uint32_t l = 0; l < self->n_levels; l++, place /= 64) {
        uint64_t *word = &self->level[l][place / 64];
        const uint64_t before = *word;
        *word |= 1ULL << place % 64;
        if (before != 0)
            return;
    }
}

void place_set_remove(place_set *self, uint32_t place)
{
    for (uint32_t l = 0; l < self->n_levels; l++, place /= 64) {
        uint64_t *word = &self->level[l][place / 64];
        *word &= ~(1ULL << place % 64);
        if (*word != 0)
            return;
    }
}

uint32_t place_set_first(const place_set *self, uint32_t from)
{
    uint32_t place = from;
    for (uint32_t l = 0; l < self->n_levels && place < self->n_bits[l]; l++, place = place / 64 + 1) {
        const uint64_t rest = self->level[l][place / 64] >> place % 64;
        if (rest == 0)
            continue;
        place += (uint32_t)__builtin_ctzll(rest);
        while (l-- > 0)
            place = place * 64 + (uint32_t)__builtin_ctzll(self->level[l][place]);
        return place;
    }
    return PLACE_NONE;
}
