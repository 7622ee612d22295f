/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing, linear probing; what is behind a removed entry moves up (Knuth, TAOCP 3, 6.4, algorithm R). Two ids of one hash are one:
 * at 2^40 ids the odds of that are 2^-49. */
#include "mpi/cluster/id_set.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_CAPACITY = 64 };

static void hash_id(const char *id, uint8_t *out)
{
    crypto_generichash(out, ID_HASH_BYTES, (const uint8_t *)id, strlen(id), NULL, 0);
}

static size_t home_of(const id_set *self, const uint8_t *hash)
{
    uint64_t word;
    memcpy(&word, hash, sizeof word);
    return (size_t)word & (self->capacity - 1);
}

/* Where this hash is, or would be. The set has a free entry. */
static id_entry *place_of(const id_set *self, const uint8_t *hash)
{
    size_t i = home_of(self, hash);
    while (self->entries[i].line != 0 && memcmp(self->entries[i].hash, hash, ID_HASH_BYTES) != 0)
        i = (i + 1) & (self->capacity - 1);
    return &self->entries[i];
}

void id_set_clear(id_set *self)
{
    free(self->entries);
    *self = (id_set){0};
}

uint64_t id_set_find(const id_set *self, const char *id)
{
    uint8_t hash[ID_HASH_BYTES];
    if (self->capacity == 0)
        return 0;
    hash_id(id, hash);
    return place_of(self, hash)->line;
}

static pt_status grow(id_set *self, pt_err *err)
{
    id_set larger = {.n_entries = self->n_entries, .capacity = self->capacity == 0 ? LEAST_CAPACITY : 2 * self->capacity};
    larger.entries = calloc(larger.capacity, sizeof *larger.entries);
    if (larger.entries == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for %zu ids", larger.capacity);
    for (size_t i = 0; i < self->capacity; i++)
        if (self->entries[i].line != 0)
            *place_of(&larger, self->entries[i].hash) = self->entries[i];
    id_set_clear(self);
    *self = larger;
    return PT_OK;
}

pt_status id_set_add(id_set *self, const char *id, uint64_t line, pt_err *err)
{
    id_entry added = {.line = line};
    if (self->n_entries + 1 > self->capacity / 4 * 3 && grow(self, err) != PT_OK)
        return err->code;
    hash_id(id, added.hash);
    *place_of(self, added.hash) = added;
    self->n_entries++;
    return PT_OK;
}

void id_set_remove(id_set *self, const char *id)
{
    uint8_t hash[ID_HASH_BYTES];
    const size_t mask = self->capacity - 1;
    if (id_set_find(self, id) == 0)
        return;
    hash_id(id, hash);
    size_t hole = (size_t)(place_of(self, hash) - self->entries);
    for (size_t i = (hole + 1) & mask; self->entries[i].line != 0; i = (i + 1) & mask) {
        const size_t home = home_of(self, self->entries[i].hash);
        if (((i - home) & mask) >= ((i - hole) & mask)) { /* its home is not behind the hole */
            self->entries[hole] = self->entries[i];
            hole = i;
        }
    }
    self->entries[hole].line = 0;
    self->n_entries--;
}
