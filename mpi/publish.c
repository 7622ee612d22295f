/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/publish.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/format/output_file.h"
#include "node/format/proof_json.h"

/* One of the two outputs on its way. */
typedef struct {
    const char *path;
    char *text;
    size_t len_bytes;
    bool in_place; /* a device or FIFO: what is written there can't be taken back */
    output_file *file;
} output;

static void examine(output *o)
{
    struct stat info;
    o->in_place = stat(o->path, &info) == 0 && !S_ISREG(info.st_mode);
}

/* Open and fill up to the kernel: a full disk shows here, before anything has its name. */
static pt_status prepare(output *o, pt_err *err)
{
    if (output_file_open(o->path, &o->file, err) != PT_OK)
        return err->code;
    FILE *stream = output_file_stream(o->file);
    if (fwrite(o->text, 1, o->len_bytes, stream) != o->len_bytes || fflush(stream) != 0)
        return pt_fail(err, PT_E_IO, "%s: write failed: %s", o->path, strerror(errno));
    return PT_OK;
}

static pt_status commit(output *o, pt_err *err)
{
    output_file *file = o->file;
    o->file = NULL;
    return output_file_commit(file, err);
}

/* Not through a symbolic link: /dev/stdout is one. */
static void remove_regular(const char *path)
{
    struct stat info;
    if (lstat(path, &info) == 0 && S_ISREG(info.st_mode))
        unlink(path);
}

/* Files are prepared first and named last. In between come the outputs in place, each closed before the next is opened: a
 * reader of two FIFOs may read one to its end and then the other. */
static pt_status publish_outputs(output *first, output *last, pt_err *err)
{
    output *both[2] = {first, last};
    for (int i = 0; i < 2 && err->code == PT_OK; i++)
        if (!both[i]->in_place)
            prepare(both[i], err);
    for (int i = 0; i < 2 && err->code == PT_OK; i++)
        if (both[i]->in_place && prepare(both[i], err) == PT_OK)
            commit(both[i], err);
    bool first_named = false;
    for (int i = 0; i < 2 && err->code == PT_OK; i++)
        if (!both[i]->in_place && commit(both[i], err) == PT_OK)
            first_named = i == 0;
    if (err->code != PT_OK && first_named)
        remove_regular(first->path);
    for (int i = 0; i < 2; i++)
        if (both[i]->file != NULL)
            output_file_abandon(both[i]->file);
    return err->code;
}

pt_status publish_proof(const groth16_proof *proof, const uint8_t *public_inputs, size_t n_public, const char *proof_path,
                        const char *public_path, pt_err *err)
{
    output proof_out = {.path = proof_path}, public_out = {.path = public_path};
    examine(&proof_out);
    examine(&public_out);
    if (proof_json_text(proof, &proof_out.text, &proof_out.len_bytes, err) == PT_OK &&
        public_json_text(public_inputs, n_public, &public_out.text, &public_out.len_bytes, err) == PT_OK)
        publish_outputs(&public_out, &proof_out, err);
    free(public_out.text);
    free(proof_out.text);
    return err->code;
}
