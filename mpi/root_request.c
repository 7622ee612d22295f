/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/root_request.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mpi/bundle.h"
#include "mpi/root_stream.h"
#include "node/format/output_file.h"

/* Can the outputs be in dir? One that is made for this question goes again: until there is something to keep, nothing is left behind by
 * whatever ends the process. */
static pt_status check_dir(root_run *run, const char *dir, pt_err *err)
{
    struct stat info;
    if (mkdir(dir, 0777) == 0) {
        run->new_dir = dir;
        request_check_outputs(&run->request, err);
        rmdir(dir);
        return err->code;
    }
    if (errno != EEXIST)
        return pt_fail(err, PT_E_CREATE, "%s: can't make the directory: %s", dir, strerror(errno));
    if (stat(dir, &info) != 0 || !S_ISDIR(info.st_mode))
        return pt_fail(err, PT_E_CREATE, "%s: expected a directory for --out", dir);
    return request_check_outputs(&run->request, err);
}

static pt_status name_journal(root_run *run, pt_err *err)
{
    const prove_args *args = run->args;
    const int n = args->journal_file != NULL ? asprintf(&run->journal_path, "%s", args->journal_file)
                                             : asprintf(&run->journal_path, "%s/.partita/journal.db", args->out_dir);
    if (n >= 0)
        return PT_OK;
    run->journal_path = NULL;
    return pt_fail(err, PT_E_NOMEM, "no memory for the journal's name");
}

/* A bundle of an earlier run may be replaced. */
static pt_status check_bundles(const root_run *run, pt_err *err)
{
    const prove_args *args = run->args;
    const char *const files[] = {args->bundle_file, args->raw_file};
    input_set inputs;
    if (request_inputs(&run->request, &inputs, err) != PT_OK)
        return err->code;
    for (size_t i = 0; i < sizeof files / sizeof *files && err->code == PT_OK; i++)
        if (files[i] != NULL)
            output_file_check_remade(files[i], BUNDLE_FRAME_MAGIC, &inputs, err);
    if (err->code == PT_OK && files[0] != NULL && files[1] != NULL && output_file_same(files[0], files[1]))
        pt_fail(err, PT_E_ARG, "%s: --bundle and --raw can't go into one file", files[0]);
    input_set_clear(&inputs);
    return err->code;
}

pt_status root_request_read(root_run *run, pt_err *err)
{
    const prove_args *args = run->args;
    char *const *operands = run->options->operands;
    const size_t n = run->options->n_operands;
    if (args->out_dir == NULL) {
        if (request_of_one(operands[0], operands[1], operands[2], operands[3], &run->request, err) == PT_OK)
            request_check_outputs(&run->request, err);
        return err->code;
    }
    if (args->is_stream) {
        if (check_dir(run, args->out_dir, err) == PT_OK && name_journal(run, err) == PT_OK)
            root_stream_create(run, &run->stream, err);
        return err->code;
    }
    if (args->request_file != NULL)
        request_of_file(args->request_file, args->out_dir, &run->request, err);
    else
        request_of_witnesses(operands[0], operands + 1, n - 1, args->out_dir, &run->request, err);
    if (err->code == PT_OK && check_dir(run, args->out_dir, err) == PT_OK && name_journal(run, err) == PT_OK)
        check_bundles(run, err);
    return err->code;
}

uint64_t root_request_number(const request *self)
{
    crypto_generichash_state state;
    uint8_t hash[sizeof(uint64_t) * 2];
    uint64_t number;
    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    for (uint32_t i = 0; i < self->n_partitions && self->n_keys > 0; i++) {
        const request_partition *p = &self->partitions[i];
        crypto_generichash_update(&state, (const uint8_t *)p->id, strlen(p->id) + 1);
        crypto_generichash_update(&state, (const uint8_t *)p->witness, strlen(p->witness) + 1);
        crypto_generichash_update(&state, (const uint8_t *)self->keys[p->key], strlen(self->keys[p->key]) + 1);
    }
    crypto_generichash_final(&state, hash, sizeof hash);
    memcpy(&number, hash, sizeof number);
    return number;
}

bool root_request_has_stream(const request *self)
{
    struct stat info;
    for (uint32_t i = 0; i < self->n_partitions; i++)
        if (self->partitions[i].witness != NULL && stat(self->partitions[i].witness, &info) == 0 && !S_ISREG(info.st_mode))
            return true;
    return false;
}
