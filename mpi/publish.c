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
    bool in_place;
    output_file *file;
} output;

/* Fill up to the kernel: a full disk shows here, before anything has its name. */
static pt_status fill(output *o, pt_err *err)
{
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

/* Opening a FIFO waits for its reader. Nothing is there yet that a signal would leave, so it may end the process. */
static pt_status open_in_place(const char *path, interrupt *signals, output_file **out, pt_err *err)
{
    interrupt_allow_exit(signals, true);
    pt_status status = output_file_open(path, out, err);
    interrupt_allow_exit(signals, false);
    return status;
}

pt_status publish_open(const char *path, interrupt *signals, output_file **out, pt_err *err)
{
    bool in_place = output_file_in_place(path);
    if (in_place && open_in_place(path, signals, out, err) != PT_OK)
        return err->code;
    interrupt_hold(signals);
    if (!in_place && output_file_open(path, out, err) != PT_OK)
        interrupt_release(signals);
    return err->code;
}

/* Files are filled first and named last; in between, an output in place that is open gets its text. */
static pt_status write_both(output *first, output *last, pt_err *err)
{
    output *both[2] = {first, last};
    for (int i = 0; i < 2 && err->code == PT_OK; i++)
        if (!both[i]->in_place && output_file_open(both[i]->path, &both[i]->file, err) == PT_OK)
            fill(both[i], err);
    for (int i = 0; i < 2 && err->code == PT_OK; i++)
        if (both[i]->in_place && both[i]->file != NULL && fill(both[i], err) == PT_OK)
            commit(both[i], err);
    output_file *files[2];
    size_t n = 0;
    for (int i = 0; i < 2; i++)
        if (both[i]->file != NULL)
            files[n++] = both[i]->file;
    if (err->code == PT_OK)
        return output_file_commit_all(files, n, err);
    while (n > 0)
        output_file_abandon(files[--n]);
    return err->code;
}

/* A directory without outputs is not left either: it is made as late as this, and goes if it stays empty. */
static pt_status write_in_new_dir(output *first, output *last, const char *new_dir, pt_err *err)
{
    if (new_dir != NULL && mkdir(new_dir, 0777) != 0 && errno != EEXIST)
        return pt_fail(err, PT_E_CREATE, "%s: can't make the directory: %s", new_dir, strerror(errno));
    if (write_both(first, last, err) != PT_OK && new_dir != NULL)
        rmdir(new_dir);
    return err->code;
}

/* Of two outputs in place the first is closed before the last is opened: a reader of two FIFOs may read one to its end and then
 * the other. */
static pt_status publish_outputs(output *first, output *last, const char *new_dir, interrupt *signals, pt_err *err)
{
    if (first->in_place)
        open_in_place(first->path, signals, &first->file, err);
    if (first->in_place && last->in_place && err->code == PT_OK && fill(first, err) == PT_OK)
        commit(first, err);
    if (last->in_place && err->code == PT_OK)
        open_in_place(last->path, signals, &last->file, err);
    interrupt_hold(signals);
    write_in_new_dir(first, last, new_dir, err);
    interrupt_release(signals);
    return err->code;
}

pt_status publish_proof(const groth16_proof *proof, const uint8_t *public_inputs, size_t n_public, const char *proof_path,
                        const char *public_path, const char *new_dir, interrupt *signals, pt_err *err)
{
    output proof_out = {.path = proof_path, .in_place = output_file_in_place(proof_path)};
    output public_out = {.path = public_path, .in_place = output_file_in_place(public_path)};
    if (proof_json_text(proof, &proof_out.text, &proof_out.len_bytes, err) == PT_OK &&
        public_json_text(public_inputs, n_public, &public_out.text, &public_out.len_bytes, err) == PT_OK)
        publish_outputs(&public_out, &proof_out, new_dir, signals, err);
    free(public_out.text);
    free(proof_out.text);
    return err->code;
}
