/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/file_kind.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mpi/bundle.h"
#include "node/format/json_read.h"
#include "node/format/prepared_layout.h"

static const struct {
    const char *name, *magic; /* magic is NULL for JSON */
} kinds[] = {
    [FILE_ZKEY] = {"zkey", "zkey"},           [FILE_PREPARED] = {"prepared key", PREPARED_MAGIC},
    [FILE_WTNS] = {"wtns", "wtns"},           [FILE_R1CS] = {"r1cs", "r1cs"},
    [FILE_VKEY] = {"verification key", NULL}, [FILE_PROOF] = {"proof", NULL},
    [FILE_PUBLIC] = {"public inputs", NULL},  [FILE_BUNDLE] = {"bundle", BUNDLE_FRAME_MAGIC},
};

enum { N_KINDS = sizeof kinds / sizeof *kinds, MAGIC_BYTES = 4 };

const char *file_kind_name(file_kind kind)
{
    return kinds[kind].name;
}

static bool find_magic(const char *magic, file_kind *out)
{
    for (int i = 0; i < N_KINDS; i++)
        if (kinds[i].magic != NULL && memcmp(kinds[i].magic, magic, MAGIC_BYTES) == 0) {
            *out = (file_kind)i;
            return true;
        }
    return false;
}

static pt_status find_json(const char *path, file_kind *out, pt_err *err)
{
    json_t *value = NULL;
    pt_err cause = {0};
    if (json_read((input_source){.path = path}, &value, &cause) != PT_OK)
        return cause.code == PT_E_FORMAT ? pt_fail(err, PT_E_FORMAT, "%s (and no key, wtns, r1cs or bundle)", cause.msg)
                                         : pt_fail(err, cause.code, "%s", cause.msg);
    if (json_is_array(value))
        *out = FILE_PUBLIC;
    else if (json_object_get(value, "vk_alpha_1") != NULL)
        *out = FILE_VKEY;
    else if (json_object_get(value, "pi_a") != NULL)
        *out = FILE_PROOF;
    else
        pt_fail(err, PT_E_FORMAT, "%s: JSON, but neither a verification key, a proof nor public inputs", path);
    json_decref(value);
    return err->code;
}

/* The first bytes; fewer if the file has no more. */
static pt_status read_magic(const char *path, char magic[MAGIC_BYTES], pt_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, magic, MAGIC_BYTES) < 0)
        pt_fail(err, PT_E_NOINPUT, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return err->code;
}

pt_status file_kind_find(const char *path, file_kind *out, pt_err *err)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return pt_fail(err, PT_E_NOINPUT, "%s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return pt_fail(err, PT_E_NOINPUT, "%s: expected a regular file", path);
    char magic[MAGIC_BYTES] = {0};
    if (read_magic(path, magic, err) != PT_OK || find_magic(magic, out))
        return err->code;
    if (info.st_size > JSON_FILE_BYTES_MAX)
        return pt_fail(err, PT_E_FORMAT, "%s: neither a key, wtns, r1cs nor bundle, and too large for JSON", path);
    return find_json(path, out, err);
}
