/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/partition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/format/output_file.h"

static const char extension[] = ".wtns";

/* The file's name without directory and .wtns; the caller's, NULL without memory. */
static char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash == NULL ? path : slash + 1;
    size_t len = strlen(base), tail = sizeof extension - 1;
    if (len >= tail && strcmp(base + len - tail, extension) == 0)
        len -= tail;
    return strndup(base, len);
}

static char *output_path(const char *dir, const char *name, const char *ending)
{
    char *path;
    return asprintf(&path, "%s/%s%s", dir, name, ending) < 0 ? NULL : path;
}

static pt_status list_init(partition_list *self, size_t n, pt_err *err)
{
    *self = (partition_list){.items = calloc(n, sizeof *self->items), .n = n};
    return self->items == NULL ? pt_fail(err, PT_E_NOMEM, "no memory for %zu partitions", n) : PT_OK;
}

void partition_list_clear(partition_list *self)
{
    for (size_t i = 0; i < self->n && self->items != NULL; i++) {
        free(self->items[i].name);
        free(self->items[i].proof_path);
        free(self->items[i].public_path);
    }
    free(self->items);
    *self = (partition_list){0};
}

/* Give the list to the caller if it is whole, else release it. */
static pt_status list_finish(partition_list *self, partition_list *out, pt_err *err)
{
    for (size_t i = 0; i < self->n; i++) {
        const partition *p = &self->items[i];
        if (p->name == NULL || p->proof_path == NULL || p->public_path == NULL)
            pt_fail(err, PT_E_NOMEM, "no memory for the names of %zu partitions", self->n);
    }
    if (err->code == PT_OK)
        *out = *self;
    else
        partition_list_clear(self);
    return err->code;
}

pt_status partition_list_single(const char *witness, const char *proof, const char *public, partition_list *out,
                                pt_err *err)
{
    partition_list list;
    if (output_file_same(proof, public))
        return pt_fail(err, PT_E_ARG, "%s: proof and public inputs can't go into one file", proof);
    if (list_init(&list, 1, err) != PT_OK)
        return err->code;
    list.items[0] = (partition){
        .witness = witness, .name = name_of(witness), .proof_path = strdup(proof), .public_path = strdup(public)};
    return list_finish(&list, out, err);
}

static int by_name(const void *a, const void *b)
{
    const partition *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* Two of one name would write the same files. Sorted first: a request may have thousands of partitions. */
static pt_status check_names(const partition_list *self, pt_err *err)
{
    const partition **sorted = calloc(self->n, sizeof *sorted);
    if (sorted == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for %zu partitions", self->n);
    for (size_t i = 0; i < self->n; i++) {
        sorted[i] = &self->items[i];
        if (sorted[i]->name[0] == '\0')
            pt_fail(err, PT_E_ARG, "%s: no name is left for the outputs", sorted[i]->witness);
    }
    qsort(sorted, self->n, sizeof *sorted, by_name);
    for (size_t i = 1; i < self->n; i++)
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
            pt_fail(err, PT_E_ARG, "%s and %s would both write %s", sorted[i - 1]->witness, sorted[i]->witness,
                    sorted[i]->proof_path);
    free(sorted);
    return err->code;
}

pt_status partition_list_in(const char *dir, char *const *witnesses, size_t n, partition_list *out, pt_err *err)
{
    partition_list list;
    if (list_init(&list, n, err) != PT_OK)
        return err->code;
    for (size_t i = 0; i < n; i++) {
        partition *p = &list.items[i];
        p->witness = witnesses[i];
        p->name = name_of(witnesses[i]);
        if (p->name != NULL) {
            p->proof_path = output_path(dir, p->name, ".proof.json");
            p->public_path = output_path(dir, p->name, ".public.json");
        }
    }
    if (list_finish(&list, &list, err) == PT_OK && check_names(&list, err) == PT_OK)
        *out = list;
    else
        partition_list_clear(&list);
    return err->code;
}

pt_status partition_list_inputs(const partition_list *self, const char *key, input_set *out, pt_err *err)
{
    const char **paths = calloc(self->n + 1, sizeof *paths);
    if (paths == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for %zu partitions", self->n);
    paths[0] = key;
    for (size_t i = 0; i < self->n; i++)
        paths[i + 1] = self->items[i].witness;
    pt_status status = input_set_init(paths, self->n + 1, out, err);
    free(paths);
    return status;
}

pt_status partition_list_check(const partition_list *self, const char *key, pt_err *err)
{
    input_set inputs;
    if (partition_list_inputs(self, key, &inputs, err) != PT_OK)
        return err->code;
    for (size_t i = 0; i < self->n && err->code == PT_OK; i++) {
        output_file_check(self->items[i].public_path, &inputs, err);
        output_file_check(self->items[i].proof_path, &inputs, err);
    }
    input_set_clear(&inputs);
    return err->code;
}
