/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/build_info.h"

#include <gnu/libc-version.h>
#include <sodium.h>
#include <sqlite3.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

#include "node/topo/topology.h"

/* CMake sets PT_BUILD_VERSION, _GIT, _COMPILER, _TYPE, _CURVES, _ISAS, _MPI and _CHECKED on this file alone. */
static const struct {
    const char *key, *title, *value;
} facts[] = {
    {"version", "version", PT_BUILD_VERSION},
    {"git", "git", PT_BUILD_GIT},
    {"curves", "curves", PT_BUILD_CURVES},
    {"instruction_sets", "instruction sets", PT_BUILD_ISAS},
    {"mpi", "MPI", PT_BUILD_MPI},
    {"compiler", "compiler", PT_BUILD_COMPILER},
    {"build_type", "build type", PT_BUILD_TYPE},
    {"invariant_checks", "invariant checks", PT_BUILD_CHECKED},
};

void build_info_print(FILE *stream)
{
    const unsigned hwloc = topology_hwloc_version();
    fprintf(stream, "partita %s\n", PT_BUILD_VERSION);
    for (size_t i = 1; i < sizeof facts / sizeof *facts; i++)
        fprintf(stream, "  %-16s  %s\n", facts[i].title, facts[i].value);
    fprintf(stream, "  %-16s  jansson %s, libsodium %s, xxHash %u, zstd %s, hwloc %u.%u, SQLite %s, glibc %s\n",
            "libraries", jansson_version_str(), sodium_version_string(), XXH_versionNumber(), ZSTD_versionString(),
            hwloc >> 16, hwloc >> 8 & 0xff, sqlite3_libversion(), gnu_get_libc_version());
}

json_t *build_info_json(void)
{
    json_t *out = json_object();
    int failed = 0;
    const unsigned hwloc = topology_hwloc_version();
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        failed |= json_object_set_new(out, facts[i].key, json_string(facts[i].value));
    failed |=
        json_object_set_new(out, "libraries",
                            json_pack("{s:s, s:s, s:i, s:s, s:o, s:s, s:s}", "jansson", jansson_version_str(), "libsodium",
                                      sodium_version_string(), "xxhash", (int)XXH_versionNumber(), "zstd",
                                      ZSTD_versionString(), "hwloc", json_sprintf("%u.%u", hwloc >> 16, hwloc >> 8 & 0xff),
                                      "sqlite", sqlite3_libversion(), "glibc", gnu_get_libc_version()));
    if (failed == 0)
        return out;
    json_decref(out);
    return NULL;
}

const char *build_info_text(void)
{
    return PT_BUILD_VERSION " " PT_BUILD_GIT " " PT_BUILD_TYPE;
}

bool build_info_has_mpi(void)
{
    return strcmp(PT_BUILD_MPI, "no") != 0;
}
