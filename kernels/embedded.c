/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/embedded.h"

#include <string.h>

const embedded_file *embedded_find(const char *path, size_t len)
{
    size_t n;
    const embedded_file *files = embedded_files(&n);
    for (size_t i = 0; i < n; i++)
        if (strlen(files[i].path) == len && memcmp(files[i].path, path, len) == 0)
            return &files[i];
    return NULL;
}
