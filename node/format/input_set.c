/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/input_set.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    const file_identity *x = a, *y = b;
    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    return (x->inode > y->inode) - (x->inode < y->inode);
}

pt_status input_set_init(const char *const *paths, size_t n, input_set *out, pt_err *err)
{
    /* One more, so that no files are an array too. */
    input_set set = {.files = malloc((n + 1) * sizeof *set.files)};
    if (set.files == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for the names of %zu inputs", n);
    for (size_t i = 0; i < n; i++) {
        struct stat info;
        if (stat(paths[i], &info) == 0)
            set.files[set.n++] = (file_identity){info.st_dev, info.st_ino};
    }
    qsort(set.files, set.n, sizeof *set.files, compare);
    *out = set;
    return PT_OK;
}

void input_set_clear(input_set *set)
{
    free(set->files);
    *set = (input_set){0};
}

bool input_set_holds(const input_set *set, const struct stat *info)
{
    const file_identity wanted = {info->st_dev, info->st_ino};
    return set->n > 0 && bsearch(&wanted, set->files, set->n, sizeof wanted, compare) != NULL;
}
