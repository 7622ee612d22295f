/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* asprintf */
#include "gpu/msm_tuned.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gpu/binary_cache.h"
#include "gpu/device_state.h"

static unsigned log_size_of(size_t n)
{
    unsigned log = 0;
    while (log < 63 && (size_t)1 << log < n)
        log++;
    return log;
}

/* owns: the caller's (free); NULL without memory */
static char *key_text(const gpu_device_info *info, const msm_tuned_key *key)
{
    char *text;
    const int len =
        asprintf(&text, "accumulator\n%s\n%s\n%s\n%s\n%s\nG%d\n2^%u\n%s\n", info->platform, info->name, info->version,
                 info->driver, key->curve, 1 + (int)key->group, log_size_of(key->n), key->tables ? "tables" : "points");
    return len < 0 ? NULL : text;
}

pt_status msm_tuned_store(gpu_device *device, const msm_tuned_key *key, const msm_accumulator *best, pt_err *err)
{
    const char *folder = device->options.cache_folder;
    char name[MSM_ACCUMULATOR_NAME] = "", *text = key_text(&device->info, key);
    msm_accumulator_name(best, name);
    const cached_binary entry = {.binary = (unsigned char *)name, .n_bytes = sizeof name, .log = ""};
    if (text == NULL)
        pt_fail(err, PT_E_NOMEM, "no memory for what is best on %s", device->info.name);
    else if (!binary_cache_store(folder, text, &entry))
        pt_fail(err, PT_E_CREATE, "%s: what is best on %s can't be kept there", folder != NULL ? folder : "no cache folder",
                device->info.name);
    free(text);
    return err->code;
}

/* An entry that is whole and names an accumulator. */
static bool load(const char *folder, const char *text, msm_accumulator *out)
{
    cached_binary entry;
    if (!binary_cache_load(folder, text, &entry))
        return false;
    const bool right = entry.n_bytes == MSM_ACCUMULATOR_NAME && entry.binary[MSM_ACCUMULATOR_NAME - 1] == '\0' &&
                       msm_accumulator_read((const char *)entry.binary, out, &(pt_err){0}) == PT_OK;
    cached_binary_clear(&entry);
    return right;
}

msm_accumulator msm_tuned_load(gpu_device *device, const msm_tuned_key *key, pt_err *damage)
{
    const char *folder = device->options.cache_folder;
    char name[BINARY_CACHE_NAME], *text = key_text(&device->info, key), *path;
    msm_accumulator found = {0};
    if (folder != NULL && text != NULL && !load(folder, text, &found)) {
        binary_cache_name(text, name);
        if (asprintf(&path, "%s/%s", folder, name) >= 0) {
            if (access(path, F_OK) == 0)
                pt_fail(damage, PT_E_FORMAT, "%s: damaged: sums on %s are made as if they were not tuned", path,
                        device->info.name);
            free(path);
        }
    }
    free(text);
    return found;
}
