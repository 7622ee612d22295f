/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/inspect_bundle.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "mpi/bundle_batch.h"
#include "mpi/printable.h"
#include "mpi/table.h"

enum { ROWS_MAX = 20 };

/* ---- what it holds ---- */

static json_t *key_facts(const bundle_head *head, const size_t *n_of)
{
    json_t *keys = json_array();
    for (uint32_t i = 0; keys != NULL && i < head->n_keys; i++) {
        const bundle_key *key = &head->keys[i];
        char hash[2 * VKEY_HASH_BYTES + 1];
        sodium_bin2hex(hash, sizeof hash, key->hash, sizeof key->hash);
        if (json_array_append_new(keys,
                                  json_pack("{s:s, s:s, s:I, s:I, s:I}", "vkey_hash", hash, "curve", key->curve->name,
                                            "n_public", (json_int_t)key->n_public, "n_partitions", (json_int_t)n_of[i],
                                            "proof_bytes", (json_int_t)proof_bytes_of(key->curve))) != 0) {
            json_decref(keys);
            keys = NULL;
        }
    }
    return keys;
}

static pt_status add_batch(const bundle_batch *batch, size_t *n_of, json_t *partitions, pt_err *err)
{
    for (size_t i = 0; i < batch->n; i++) {
        const bundle_partition *p = &batch->partitions[i];
        if (batch->errs[i].code != PT_OK)
            return pt_fail(err, batch->errs[i].code, "%s", batch->errs[i].msg);
        n_of[p->key]++;
        if (json_array_append_new(partitions,
                                  json_pack("{s:o, s:I}", "id", printable_json(p->id), "key", (json_int_t)p->key)) != 0)
            return pt_fail(err, PT_E_NOMEM, "no memory to show it");
    }
    return PT_OK;
}

static pt_status read_partitions(const cli *self, const char *path, bundle_reader *reader, size_t *n_of, json_t *partitions,
                                 pt_err *err)
{
    crew *threads = NULL;
    bundle_batch *batch = NULL;
    if (bundle_batch_create(&batch, err) == PT_OK && crew_create(self->n_threads, &threads, err) == PT_OK)
        for (size_t n_left = bundle_head_of(reader)->n_partitions; err->code == PT_OK && n_left > 0; n_left -= batch->n)
            if (bundle_batch_read(batch, reader, path, n_left, false, threads, err) == PT_OK)
                add_batch(batch, n_of, partitions, err);
    crew_destroy(threads);
    bundle_batch_destroy(batch);
    return err->code;
}

json_t *inspect_bundle(const cli *self, const char *path, pt_err *err)
{
    bundle_reader *reader;
    json_t *out = NULL;
    if (bundle_open(path, self->features, &reader, err) != PT_OK)
        return NULL;
    const bundle_head *head = bundle_head_of(reader);
    size_t *n_of = calloc(head->n_keys, sizeof *n_of);
    json_t *partitions = json_array();
    if (n_of == NULL || partitions == NULL)
        pt_fail(err, PT_E_NOMEM, "%s: no memory to show it", path);
    else if (read_partitions(self, path, reader, n_of, partitions, err) == PT_OK)
        out = json_pack("{s:I, s:I, s:I, s:o, s:O}", "n_partitions", (json_int_t)head->n_partitions, "file_bytes",
                        (json_int_t)head->file_bytes, "content_bytes", (json_int_t)head->content_bytes, "keys",
                        key_facts(head, n_of), "partitions", partitions);
    json_decref(partitions);
    free(n_of);
    bundle_close(reader);
    return out;
}

/* ---- as tables ---- */

static pt_status print_keys(json_t *keys, pt_err *err)
{
    size_t i;
    json_t *key;
    table *rows;
    if (table_create(">key\tcurve\t>public inputs\t>partitions\tvkey hash", &rows, err) != PT_OK)
        return err->code;
    json_array_foreach(keys, i, key)
        table_add(rows, err, "%zu\t%s\t%lld\t%lld\t%s", i, json_string_value(json_object_get(key, "curve")),
                  (long long)json_integer_value(json_object_get(key, "n_public")),
                  (long long)json_integer_value(json_object_get(key, "n_partitions")),
                  json_string_value(json_object_get(key, "vkey_hash")));
    if (err->code == PT_OK)
        table_print(rows, stdout);
    table_destroy(rows);
    return err->code;
}

static pt_status print_partitions(json_t *partitions, pt_err *err)
{
    const size_t n = json_array_size(partitions);
    table *rows;
    if (table_create(">partition\t>key\tid", &rows, err) != PT_OK)
        return err->code;
    for (size_t i = 0; i < n && i < ROWS_MAX; i++) {
        char id[BUNDLE_ID_MAX * 2];
        json_t *one = json_array_get(partitions, i);
        snprintf(id, sizeof id, "%s", json_string_value(json_object_get(one, "id")));
        printable_line(id);
        table_add(rows, err, "%zu\t%lld\t%s", i, (long long)json_integer_value(json_object_get(one, "key")), id);
    }
    if (err->code == PT_OK)
        table_print(rows, stdout);
    table_destroy(rows);
    if (n > ROWS_MAX)
        printf("and %zu more (--json has all)\n", n - ROWS_MAX);
    return err->code;
}

pt_status inspect_bundle_print(json_t *facts, pt_err *err)
{
    return print_keys(json_object_get(facts, "keys"), err) != PT_OK
               ? err->code
               : print_partitions(json_object_get(facts, "partitions"), err);
}
