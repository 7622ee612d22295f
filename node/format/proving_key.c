/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/proving_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "node/format/binfile.h"
#include "node/format/prepared_key.h"
#include "node/format/zkey.h"

/* Only a regular file may be looked at and then opened again. */
static bool is_prepared(const char *path)
{
    struct stat info;
    char magic[sizeof PREPARED_MAGIC - 1] = {0};
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return false;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    bool found = fread(magic, 1, sizeof magic, file) == sizeof magic && memcmp(magic, PREPARED_MAGIC, sizeof magic) == 0;
    fclose(file);
    return found;
}

pt_status proving_key_open(const char *path, proving_key_options options, crew *threads, proving_key **out, pt_err *err)
{
    return is_prepared(path) ? prepared_key_open(path, options, threads, out, err)
                             : zkey_open(path, options, threads, out, err);
}

pt_status proving_key_check_part(const proving_key *key, key_part part, crew *threads, pt_err *err)
{
    return key->prepared == NULL ? PT_OK : prepared_key_check_part(key, part, threads, err);
}

void proving_key_close(proving_key *key)
{
    if (key == NULL)
        return;
    if (key->prepared == NULL)
        csr_clear(&key->circuit); /* a prepared key's lies in its file */
    groth16_vkey_clear(&key->vkey);
    binfile_close(key->zkey_file);
    prepared_key_close(key->prepared);
    free(key);
}
