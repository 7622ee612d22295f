/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/prepared_source.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "node/format/zkey.h"

_Static_assert((int)ZKEY_FINGERPRINT_BYTES == (int)PREPARED_HASH_BYTES, "one hash");

static bool is_regular(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

pt_status prepared_source_describe(const binfile *source, prepared_header *header, pt_err *err)
{
    const char *path = source->input.path, *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    memset(header->source_name, 0, sizeof header->source_name);
    if (is_regular(path) && strlen(name) < sizeof header->source_name)
        memcpy(header->source_name, name, strlen(name));
    header->source_bytes = source->input.n_bytes;
    return zkey_fingerprint(source, header->source_print, err);
}

/* The path of the source beside a prepared key, or NULL: there is none, or its name is none of a file in this directory. */
static char *path_beside(const prepared_key *prepared, pt_err *err)
{
    const char *name = prepared->header.source_name, *path = prepared->input.path, *slash = strrchr(path, '/');
    if (name[0] == '\0' || strchr(name, '/') != NULL)
        return NULL;
    size_t directory = slash == NULL ? 0 : (size_t)(slash + 1 - path);
    char *beside = malloc(directory + strlen(name) + 1);
    if (beside == NULL) {
        pt_fail(err, PT_E_NOMEM, "%s: no memory for the name of its source", path);
        return NULL;
    }
    memcpy(beside, path, directory);
    memcpy(beside + directory, name, strlen(name) + 1);
    if (is_regular(beside))
        return beside;
    free(beside);
    return NULL;
}

static bool is_unchanged(const prepared_key *prepared, const binfile *source, bool whole)
{
    pt_err unread = {0};
    uint8_t hash[PREPARED_HASH_BYTES];
    const prepared_header *h = &prepared->header;
    if (source->input.n_bytes != h->source_bytes || zkey_fingerprint(source, hash, &unread) != PT_OK ||
        memcmp(hash, h->source_print, sizeof hash) != 0)
        return false;
    if (whole)
        crypto_generichash(hash, sizeof hash, source->input.bytes, source->input.n_bytes, NULL, 0);
    return !whole || memcmp(hash, h->source_hash, sizeof hash) == 0;
}

static pt_status check_beside(const prepared_key *prepared, bool whole, pt_err *err)
{
    char *path = path_beside(prepared, err);
    if (path == NULL)
        return err->code;
    pt_err unread = {0};
    binfile *source = NULL;
    const binfile_kind kind = {.magic = "zkey", .version = 1, .sparse = !whole};
    pt_status opened = binfile_open(path, kind, &source, &unread), status = PT_OK;
    /* A source that can't be opened is as one that is not there; one that is no key any more was changed. */
    if (opened == PT_E_FORMAT || (opened == PT_OK && !is_unchanged(prepared, source, whole)))
        status =
            pt_fail(err, PT_E_FORMAT, "%s: stale: %s is no longer the file that it was prepared from, prepare it again",
                    prepared->input.path, path);
    else if (opened == PT_E_NOMEM)
        status = pt_fail(err, opened, "%s", unread.msg);
    binfile_close(source);
    free(path);
    return status;
}

pt_status prepared_source_check(const prepared_key *prepared, pt_err *err)
{
    return check_beside(prepared, false, err);
}

pt_status prepared_source_check_all(const prepared_key *prepared, pt_err *err)
{
    return check_beside(prepared, true, err);
}
