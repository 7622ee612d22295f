/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c - gives every file of the folders named to a fuzz target once: the corpus as a test of any build. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz_input.h"

enum { INPUT_BYTES_MAX = 1 << 20 };

static void replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(INPUT_BYTES_MAX);
    FUZZ_REQUIRE(file != NULL && bytes != NULL);
    size_t n_bytes = fread(bytes, 1, INPUT_BYTES_MAX, file);
    FUZZ_REQUIRE(feof(file) != 0);
    fclose(file);
    printf("%s: %zu bytes\n", path, n_bytes);
    fflush(stdout);                                     /* the one that ends the process is the last one printed */
    uint8_t *exact = malloc(n_bytes > 0 ? n_bytes : 1); /* a sanitizer sees a read behind it */
    FUZZ_REQUIRE(exact != NULL);
    for (size_t i = 0; i < n_bytes; i++)
        exact[i] = bytes[i];
    free(bytes);
    LLVMFuzzerTestOneInput(exact, n_bytes);
    free(exact);
}

static size_t replay_folder(const char *folder)
{
    size_t n = 0;
    DIR *dir = opendir(folder);
    FUZZ_REQUIRE(dir != NULL);
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        FUZZ_REQUIRE(snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) < (int)sizeof path);
        replay_file(path);
        n++;
    }
    closedir(dir);
    return n;
}

int main(int argc, char **argv)
{
    size_t n = 0;
    for (int i = 1; i < argc; i++)
        n += replay_folder(argv[i]);
    printf("%zu inputs\n", n);
    return n > 0 ? 0 : 1;
}
