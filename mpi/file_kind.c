/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/file_kind.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "node/format/json_read.h"
#include "node/format/prepared_layout.h"

static const struct {
    const char *name, *magic; /* magic is NULL for JSON */
} kinds[] = {
    [FILE_ZKEY] = {"zkey", "zkey"},           [FILE_PREPARED] = {"prepared key", PREPARED_MAGIC},
    [FILE_WTNS] = {"wtns", "wtns"},           [FILE_R1CS] = {"r1cs", "r1cs"},
    [FILE_VKEY] = {"verification key", NULL}, [FILE_PROOF] = {"proof", NULL},
    [FILE_PUBLIC] = {"public inputs", NULL},
};

enum { N_KINDS = sizeof kinds / sizeof *kinds };

const char *file_kind_name(file_kind kind)
{
    return kinds[kind].name;
}

static bool find_magic(const char *magic, file_kind *out)
{
    for (int i = 0; i < N_KINDS; i++)
        if (kinds[i].magic != NULL && memcmp(kinds[i].magic, magic, 4) == 0) {
            *out = (file_kind)i;
            return true;
        }
    return false;
}

static pt_status find_json(const char *path, FILE *file, file_kind *out, pt_err *err)
{
    json_error_t fault;
    json_t *value = json_loadf(file, JSON_REJECT_DUPLICATES, &fault);
    if (value == NULL)
        return pt_fail(err, PT_E_FORMAT, "%s: neither a key, wtns or r1cs nor JSON (line %d, column %d)", path, fault.line,
                       fault.column);
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

pt_status file_kind_find(const char *path, file_kind *out, pt_err *err)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return pt_fail(err, PT_E_NOINPUT, "%s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return pt_fail(err, PT_E_NOINPUT, "%s: expected a regular file", path);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return pt_fail(err, PT_E_NOINPUT, "%s: %s", path, strerror(errno));
    char magic[4] = {0};
    bool found = fread(magic, 1, sizeof magic, file) == sizeof magic && find_magic(magic, out);
    if (!found && info.st_size > JSON_FILE_BYTES_MAX)
        pt_fail(err, PT_E_FORMAT, "%s: neither a key, wtns nor r1cs, and too large for JSON", path);
    if (!found && err->code == PT_OK) {
        rewind(file);
        find_json(path, file, out, err);
    }
    fclose(file);
    return err->code;
}
