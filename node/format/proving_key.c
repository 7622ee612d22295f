/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/proving_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/format/binfile.h"
#include "node/format/prepared_key.h"
#include "node/format/zkey.h"

/* Only a regular file may be looked at and then opened again. */
static pt_status find_kind(const char *path, bool *is_prepared, pt_err *err)
{
    struct stat info;
    char magic[sizeof PREPARED_MAGIC - 1] = {0};
    *is_prepared = false;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return PT_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, magic, sizeof magic);
    if (got < 0)
        pt_fail(err, PT_E_NOINPUT, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    *is_prepared = got == sizeof magic && memcmp(magic, PREPARED_MAGIC, sizeof magic) == 0;
    return err->code;
}

pt_status proving_key_open(const char *path, proving_key_options options, crew *threads, proving_key **out, pt_err *err)
{
    bool is_prepared;
    if (find_kind(path, &is_prepared, err) != PT_OK)
        return err->code;
    return is_prepared ? prepared_key_open(path, options, threads, out, err) : zkey_open(path, options, threads, out, err);
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
