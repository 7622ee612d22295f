/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* tdestroy */
#include "mpi/cluster/request_build.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char extension[] = ".wtns", proof_ending[] = ".proof.json", public_ending[] = ".public.json";

_Static_assert(REQUEST_ID_BYTES_MAX + sizeof public_ending - 1 == 255, "the longest name of a file");

char *request_default_id(const char *witness)
{
    const char *slash = strrchr(witness, '/'), *base = slash == NULL ? witness : slash + 1;
    size_t len = strlen(base), tail = sizeof extension - 1;
    if (len >= tail && strcmp(base + len - tail, extension) == 0)
        len -= tail;
    return strndup(base, len);
}

const char *request_id_fault(const char *id)
{
    if (*id == '\0')
        return "is empty";
    if (strcmp(id, ".") == 0 || strcmp(id, "..") == 0)
        return "is the name of a directory";
    if (strchr(id, '/') != NULL)
        return "has a / in it";
    return strlen(id) > REQUEST_ID_BYTES_MAX ? "is too long for the name of a file" : NULL;
}

static int compare(const void *a, const void *b)
{
    const request_place *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* In a tree of places. */
static const request_place *find(void *const *tree, const char *name)
{
    const request_place wanted = {.name = name};
    request_place *const *node = tfind(&wanted, tree, compare);
    return node == NULL ? NULL : *node;
}

static bool insert(void **tree, request_place place)
{
    request_place *kept = malloc(sizeof *kept);
    if (kept == NULL)
        return false;
    *kept = place;
    if (tsearch(kept, tree, compare) != NULL)
        return true;
    free(kept);
    return false;
}

void request_build_clear(request_build *self)
{
    tdestroy(self->ids, free);
    tdestroy(self->keys, free);
    *self = (request_build){0};
}

const request_place *request_build_find_id(const request_build *self, const char *id)
{
    return find(&self->ids, id);
}

/* Room for one more in an array of n that has grown so from none: it doubles at the powers of two. */
static bool grow(void **array, uint32_t n, size_t item_bytes)
{
    if ((n & (n - 1)) != 0)
        return true;
    void *grown = realloc(*array, (n == 0 ? 1 : 2 * (size_t)n) * item_bytes);
    if (grown != NULL)
        *array = grown;
    return grown != NULL;
}

/* The key's place, which it gets now if it is new. */
static bool place_key(request_build *self, const request_item *item, uint32_t *out)
{
    request *to = self->to;
    const request_place *known = find(&self->keys, item->key);
    *out = known != NULL ? known->index : to->n_keys;
    if (known != NULL)
        return true;
    char *copy = strdup(item->key);
    if (copy == NULL || !grow((void **)&to->keys, to->n_keys, sizeof *to->keys) ||
        !insert(&self->keys, (request_place){.name = copy, .index = to->n_keys, .line = item->line})) {
        free(copy);
        return false;
    }
    to->keys[to->n_keys++] = copy;
    return true;
}

static char *output_path(const char *dir, const char *id, const char *ending)
{
    char *path;
    return asprintf(&path, "%s/%s%s", dir, id, ending) < 0 ? NULL : path;
}

static void partition_clear(request_partition *p)
{
    free(p->id);
    free(p->witness);
    free(p->proof_path);
    free(p->public_path);
}

void request_clear(request *self)
{
    for (uint32_t i = 0; i < self->n_partitions; i++)
        partition_clear(&self->partitions[i]);
    for (uint32_t i = 0; i < self->n_keys; i++)
        free(self->keys[i]);
    free(self->partitions);
    free(self->keys);
    *self = (request){0};
}

static bool partition_init(request_partition *p, const request_item *item, const char *dir)
{
    *p = (request_partition){.id = strdup(item->id), .witness = strdup(item->witness), .priority = item->priority};
    if (dir != NULL) {
        p->proof_path = output_path(dir, item->id, proof_ending);
        p->public_path = output_path(dir, item->id, public_ending);
    }
    return p->id != NULL && p->witness != NULL && (dir == NULL || (p->proof_path != NULL && p->public_path != NULL));
}

/* A key that found no partition, because memory was short, goes again. */
static void drop_key(request_build *self)
{
    request *to = self->to;
    char *key = to->keys[--to->n_keys];
    request_place *node = *(request_place **)tfind(&(request_place){.name = key}, &self->keys, compare);
    tdelete(node, &self->keys, compare);
    free(node);
    free(key);
}

pt_status request_build_add(request_build *self, const request_item *item, const char *where, pt_err *err)
{
    request *to = self->to;
    const uint32_t n = to->n_partitions, n_keys = to->n_keys;
    request_partition p;
    if (n_keys == REQUEST_KEYS_MAX && find(&self->keys, item->key) == NULL)
        return pt_fail(err, PT_E_FORMAT, "%s: more than %d keys", where, REQUEST_KEYS_MAX);
    bool done = partition_init(&p, item, self->dir) && grow((void **)&to->partitions, n, sizeof *to->partitions) &&
                place_key(self, item, &p.key);
    if (done && !insert(&self->ids, (request_place){.name = p.id, .index = n, .line = item->line})) {
        if (to->n_keys > n_keys)
            drop_key(self);
        done = false;
    }
    if (!done) {
        partition_clear(&p);
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for partition %u", where, n + 1);
    }
    to->partitions[to->n_partitions++] = p;
    return PT_OK;
}

pt_status request_build_put(request_build *self, const request_item *item, uint32_t place, const char *where, pt_err *err)
{
    request_partition p;
    if (self->to->n_keys == REQUEST_KEYS_MAX && find(&self->keys, item->key) == NULL)
        return pt_fail(err, PT_E_FORMAT, "%s: more than %d keys", where, REQUEST_KEYS_MAX);
    if (!partition_init(&p, item, self->dir) || !place_key(self, item, &p.key)) {
        partition_clear(&p);
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for a partition", where);
    }
    partition_clear(&self->to->partitions[place]);
    self->to->partitions[place] = p;
    return PT_OK;
}
