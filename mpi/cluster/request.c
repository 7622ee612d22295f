/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/request.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mpi/cluster/request_build.h"
#include "node/format/output_file.h"

static pt_status check_path(const char *path, pt_err *err)
{
    size_t n_bytes = strlen(path);
    if (n_bytes > REQUEST_PATH_BYTES_MAX)
        return pt_fail(err, PT_E_NOINPUT, "%s: a path of %zu bytes, expected at most %d", path, n_bytes,
                       REQUEST_PATH_BYTES_MAX);
    return PT_OK;
}

pt_status request_of_one(const char *key, const char *witness, const char *proof, const char *public, request *out,
                         pt_err *err)
{
    request made = {0};
    request_build build = {.to = &made};
    if (output_file_same(proof, public))
        return pt_fail(err, PT_E_ARG, "%s: proof and public inputs can't go into one file", proof);
    if (check_path(key, err) != PT_OK || check_path(witness, err) != PT_OK)
        return err->code;
    char *id = request_default_id(witness);
    if (id == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for its name", witness);
    if (request_build_add(&build, &(request_item){.id = id, .key = key, .witness = witness}, witness, err) == PT_OK) {
        request_partition *p = &made.partitions[0];
        p->proof_path = strdup(proof);
        p->public_path = strdup(public);
        if (p->proof_path == NULL || p->public_path == NULL)
            pt_fail(err, PT_E_NOMEM, "%s: no memory for the names of its outputs", witness);
    }
    free(id);
    request_build_clear(&build);
    if (err->code == PT_OK)
        *out = made;
    else
        request_clear(&made);
    return err->code;
}

pt_status request_open(uint32_t n_places, request *out, pt_err *err)
{
    request_partition *places = calloc(n_places, sizeof *places);
    if (places == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for %u partitions", n_places);
    *out = (request){.partitions = places, .n_partitions = n_places};
    return PT_OK;
}

/* Two of one name would write the same files. */
static pt_status check_id(const request_build *build, const char *witness, const char *id, pt_err *err)
{
    const char *fault = request_id_fault(id);
    const request_place *first = request_build_find_id(build, id);
    if (*id == '\0')
        return pt_fail(err, PT_E_ARG, "%s: no name is left for the outputs", witness);
    if (fault != NULL)
        return pt_fail(err, PT_E_ARG, "%s: what its outputs would be named after %s", witness, fault);
    if (first == NULL)
        return PT_OK;
    const request_partition *p = &build->to->partitions[first->index];
    if (p->proof_path == NULL)
        return pt_fail(err, PT_E_ARG, "%s and %s would both be %s", p->witness, witness, id);
    return pt_fail(err, PT_E_ARG, "%s and %s would both write %s", p->witness, witness, p->proof_path);
}

static pt_status add_witness(request_build *build, const char *key, const char *witness, pt_err *err)
{
    if (check_path(witness, err) != PT_OK)
        return err->code;
    char *id = request_default_id(witness);
    if (id == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for its name", witness);
    if (check_id(build, witness, id, err) == PT_OK)
        request_build_add(build, &(request_item){.id = id, .key = key, .witness = witness}, witness, err);
    free(id);
    return err->code;
}

static bool is_pattern(const char *operand)
{
    struct stat info;
    return strpbrk(operand, "*?[") != NULL && lstat(operand, &info) != 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A directory that is there and can't be read may hide a witness. */
static int ends_search(const char *path, int cause)
{
    (void)path;
    return cause != ENOENT && cause != ENOTDIR;
}

/* glob's own order follows the locale. */
static pt_status add_matches(request_build *build, const char *key, const char *pattern, pt_err *err)
{
    glob_t found = {0};
    int fault = glob(pattern, GLOB_NOSORT, ends_search, &found);
    if (fault == GLOB_NOSPACE)
        pt_fail(err, PT_E_NOMEM, "%s: no memory for what matches it", pattern);
    else if (fault == GLOB_NOMATCH)
        pt_fail(err, PT_E_NOINPUT, "%s: no file matches", pattern);
    else if (fault != 0)
        pt_fail(err, PT_E_NOINPUT, "%s: a directory of it can't be read", pattern);
    if (fault == 0)
        qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, by_name);
    for (size_t i = 0; fault == 0 && err->code == PT_OK && i < found.gl_pathc; i++)
        add_witness(build, key, found.gl_pathv[i], err);
    globfree(&found);
    return err->code;
}

pt_status request_of_witnesses(const char *key, char *const *witnesses, size_t n, const char *dir, request *out,
                               pt_err *err)
{
    request made = {0};
    request_build build = {.to = &made, .dir = dir};
    if (n == 0)
        return pt_fail(err, PT_E_ARG, "no witness: nothing to prove");
    check_path(key, err);
    for (size_t i = 0; i < n && err->code == PT_OK; i++) {
        if (is_pattern(witnesses[i]))
            add_matches(&build, key, witnesses[i], err);
        else
            add_witness(&build, key, witnesses[i], err);
    }
    request_build_clear(&build);
    if (err->code == PT_OK)
        *out = made;
    else
        request_clear(&made);
    return err->code;
}

static void put_u64(uint64_t value, uint8_t out[8])
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(value >> 8 * i);
}

/* A field behind its length, so that no two lists of fields are one run of bytes. */
static void absorb(crypto_generichash_state *state, const void *bytes, size_t n_bytes)
{
    uint8_t length[8];
    put_u64(n_bytes, length);
    crypto_generichash_update(state, length, sizeof length);
    crypto_generichash_update(state, bytes, n_bytes);
}

static void hash_begin(crypto_generichash_state *state, const char *of)
{
    crypto_generichash_init(state, NULL, 0, REQUEST_HASH_BYTES);
    absorb(state, of, strlen(of));
}

/* Path, size and time of a witness, or what no other run has. */
static void absorb_file(crypto_generichash_state *state, const char *path)
{
    struct stat info;
    char full[PATH_MAX];
    uint8_t seen[24], once[32];
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) || realpath(path, full) == NULL) {
        randombytes_buf(once, sizeof once);
        absorb(state, once, sizeof once);
        return;
    }
    put_u64((uint64_t)info.st_size, seen);
    put_u64((uint64_t)info.st_mtim.tv_sec, seen + 8);
    put_u64((uint64_t)info.st_mtim.tv_nsec, seen + 16);
    absorb(state, full, strlen(full));
    absorb(state, seen, sizeof seen);
}

pt_status request_identity(const request *self, uint32_t partition, const uint8_t *key_hash, uint8_t *out, pt_err *err)
{
    const request_partition *p = &self->partitions[partition];
    crypto_generichash_state state;
    if (sodium_init() < 0)
        return pt_fail(err, PT_E_INTERNAL, "libsodium finds no source of randomness");
    hash_begin(&state, "partita partition 1");
    absorb(&state, key_hash, REQUEST_HASH_BYTES);
    absorb(&state, p->id, strlen(p->id));
    absorb_file(&state, p->witness);
    crypto_generichash_final(&state, out, REQUEST_HASH_BYTES);
    return PT_OK;
}

void request_hash(const request *self, const uint8_t *key_hashes, uint8_t *out)
{
    crypto_generichash_state state;
    char here[PATH_MAX] = "";
    if (getcwd(here, sizeof here) == NULL)
        here[0] = '\0';
    hash_begin(&state, "partita request 1");
    for (uint32_t i = 0; i < self->n_partitions; i++) {
        const request_partition *p = &self->partitions[i];
        const char *from = *p->witness == '/' ? "" : here;
        absorb(&state, key_hashes + (size_t)p->key * REQUEST_HASH_BYTES, REQUEST_HASH_BYTES);
        absorb(&state, p->id, strlen(p->id));
        absorb(&state, from, strlen(from));
        absorb(&state, p->witness, strlen(p->witness));
    }
    crypto_generichash_final(&state, out, REQUEST_HASH_BYTES);
}

pt_status request_inputs(const request *self, input_set *out, pt_err *err)
{
    const size_t n = (size_t)self->n_keys + self->n_partitions;
    const char **paths = calloc(n + 1, sizeof *paths);
    if (paths == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for %u partitions", self->n_partitions);
    for (uint32_t i = 0; i < self->n_keys; i++)
        paths[i] = self->keys[i];
    for (uint32_t i = 0; i < self->n_partitions; i++)
        paths[self->n_keys + i] = self->partitions[i].witness;
    pt_status status = input_set_init(paths, n, out, err);
    free(paths);
    return status;
}

pt_status request_check_outputs(const request *self, pt_err *err)
{
    input_set inputs;
    if (request_inputs(self, &inputs, err) != PT_OK)
        return err->code;
    for (uint32_t i = 0; i < self->n_partitions && err->code == PT_OK; i++) {
        const request_partition *p = &self->partitions[i];
        if (p->public_path != NULL)
            output_file_check(p->public_path, &inputs, err);
        if (p->proof_path != NULL)
            output_file_check(p->proof_path, &inputs, err);
    }
    input_set_clear(&inputs);
    return err->code;
}
