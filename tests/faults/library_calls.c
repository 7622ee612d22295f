/* SPDX-License-Identifier: Apache-2.0 */
/* library_calls.c - every function of partita.h that can fail, for fault_sweep.py: library_calls prove KEY WITNESS --threads N,
 * library_calls verify VKEY PUBLIC PROOF --threads N.
 *
 * A call that a fault meets must say so clearly and leave its outputs alone; the same call is then made again and must work, for
 * whoever embeds the library goes on. The first failure is told at once, and its status is the exit code, as the program does it. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/partita.h"

enum { FILE_BYTES_MAX = 64 << 10, N_STAGES = PARTITA_STAGE_VERIFY, N_STATEMENTS = 3, UNWRITTEN = 0x55 };

typedef struct {
    size_t n_threads;
    partita_status first; /* that of the call that failed */
    partita_error err;    /* of the last call */
} run;

typedef struct {
    char bytes[FILE_BYTES_MAX]; /* ends in NUL */
    size_t n_bytes;
} content;

static void must(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "library_calls: %s\n", what);
    _exit(1);
}

static void tell(run *r, partita_status status, const char *message)
{
    must(r->first == PARTITA_OK, "one fault, and a second call failed");
    r->first = status;
    fprintf(stderr, "partita: %s\n", message);
}

/* After a call: is it to be made again? */
static int again(run *r, partita_status status, int outputs_untouched)
{
    must(r->err.code == status, "the error's code is not what the call returned");
    must((r->err.message[0] == '\0') == (status == PARTITA_OK), "a failure without a message, or a message without one");
    if (status == PARTITA_OK)
        return 0;
    must(outputs_untouched, "a call failed and wrote its output");
    tell(r, status, r->err.message);
    return 1;
}

static int read_once(const char *path, content *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, out->bytes, FILE_BYTES_MAX - 1);
    if (fd >= 0)
        close(fd);
    out->n_bytes = n < 0 ? 0 : (size_t)n;
    out->bytes[out->n_bytes] = '\0';
    return n >= 0;
}

static void read_file(run *r, const char *path, content *out)
{
    while (!read_once(path, out))
        tell(r, PARTITA_E_NOINPUT, path);
}

/* ---- prove ---- */

static void note_stage(void *ctx, partita_stage stage)
{
    unsigned *seen = ctx;
    *seen |= 1U << stage;
}

static void prove(run *r, const partita_key *key, const char *path, const content *witness, partita_proof *out)
{
    unsigned seen = 0;
    partita_status status;
    const partita_job job = {.n_threads = r->n_threads, .progress = note_stage, .ctx = &seen};
    *out = (partita_proof){.proof_json = NULL};
    do
        status = witness == NULL ? partita_prove_file(key, path, &job, out, &r->err)
                                 : partita_prove_memory(key, witness->bytes, witness->n_bytes, &job, out, &r->err);
    while (again(r, status, out->proof_json == NULL && out->public_json == NULL));
    must(seen == (1U << (N_STAGES + 1)) - 2, "a proof without all its stages");
}

static void verify_proofs(run *r, const partita_key *key, const partita_proof proofs[2])
{
    const partita_statement statements[2] = {{proofs[0].public_json, proofs[0].proof_json},
                                             {proofs[1].public_json, proofs[1].proof_json}};
    partita_vkey *vkey = NULL;
    char *text = NULL;
    while (again(r, partita_vkey_of_key(key, &vkey, &r->err), vkey == NULL))
        ;
    while (again(r, partita_vkey_json(vkey, &text, &r->err), text == NULL))
        ;
    must(strstr(text, "vk_alpha_1") != NULL, "a verifying key without its points");
    while (again(r, partita_verify(vkey, statements, &r->err), 1))
        ;
    while (again(r, partita_verify_batch(vkey, statements, 2, r->n_threads, NULL, &r->err), 1))
        ;
    partita_free(text);
    partita_vkey_close(vkey);
}

static partita_key *open_key(run *r, const char *path, partita_check check, partita_device *device)
{
    const partita_key_options options = {.check = check, .n_threads = r->n_threads, .device = device};
    partita_key *key = NULL;
    while (again(r, partita_key_open(path, &options, &key, &r->err), key == NULL))
        ;
    return key;
}

/* By the engine that a device has, without an OpenCL device behind it. */
static void prove_on_device(run *r, const char *key_path, const char *witness_path, const content *witness,
                            partita_proof *out)
{
    const partita_device_options options = {.n_threads = r->n_threads, .cache_folder = "unused"};
    partita_device *device = NULL;
    while (again(r, partita_device_open("cpu", &options, &device, &r->err), device == NULL))
        ;
    partita_key *key = open_key(r, key_path, PARTITA_CHECK_NONE, device);
    prove(r, key, witness_path, witness, out);
    partita_key_close(key);
    partita_device_close(device);
}

static void prove_with_key(run *r, const char *key_path, const char *witness_path)
{
    partita_key_info info;
    partita_proof proofs[2];
    content witness;
    read_file(r, witness_path, &witness);
    partita_key *key = open_key(r, key_path, PARTITA_CHECK_FULL, NULL);
    partita_key_describe(key, &info);
    must(info.n_wires > 0 && info.domain_size > 0, "a key that holds nothing");
    prove(r, key, witness_path, NULL, &proofs[0]);
    prove_on_device(r, key_path, witness_path, &witness, &proofs[1]);
    verify_proofs(r, key, proofs);
    partita_proof_clear(&proofs[0]);
    partita_proof_clear(&proofs[1]);
    partita_key_close(key);
}

/* ---- verify ---- */

/* Two right statements and, between them, a wrong one. */
static void verify_batch(run *r, const partita_vkey *vkey, partita_statement right)
{
    const partita_statement statements[N_STATEMENTS] = {right, {"[\"1\"]", right.proof_json}, right};
    partita_error verdicts[N_STATEMENTS], unwritten;
    partita_status status;
    memset(&unwritten, UNWRITTEN, sizeof unwritten);
    do {
        for (size_t i = 0; i < N_STATEMENTS; i++)
            verdicts[i] = unwritten;
        status = partita_verify_batch(vkey, statements, N_STATEMENTS, r->n_threads, verdicts, &r->err);
        must(status != PARTITA_OK, "a wrong statement was found right");
    } while (status != PARTITA_E_VERIFY && again(r, status, memcmp(&verdicts[0], &unwritten, sizeof unwritten) == 0));
    must(verdicts[0].code == PARTITA_OK && verdicts[1].code == PARTITA_E_VERIFY && verdicts[2].code == PARTITA_OK,
         "wrong verdicts");
}

static void verify_with_key(run *r, const char *vkey_path, const char *public_path, const char *proof_path)
{
    content vkey_text, public_text, proof_text;
    partita_vkey *vkey = NULL, *parsed = NULL;
    read_file(r, vkey_path, &vkey_text);
    read_file(r, public_path, &public_text);
    read_file(r, proof_path, &proof_text);
    const partita_statement statement = {public_text.bytes, proof_text.bytes};
    while (again(r, partita_vkey_open(vkey_path, &vkey, &r->err), vkey == NULL))
        ;
    while (again(r, partita_vkey_parse(vkey_text.bytes, vkey_text.n_bytes, &parsed, &r->err), parsed == NULL))
        ;
    while (again(r, partita_verify(vkey, &statement, &r->err), 1))
        ;
    verify_batch(r, parsed, statement);
    partita_vkey_close(parsed);
    partita_vkey_close(vkey);
}

int main(int argc, char **argv)
{
    run r = {.n_threads = 0};
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], "--threads") == 0)
            r.n_threads = strtoul(argv[i + 1], NULL, 10);
    must(argc > 5 && r.n_threads > 0, "usage: prove KEY WITNESS, or verify VKEY PUBLIC PROOF, and --threads N");
    if (strcmp(argv[1], "prove") == 0)
        prove_with_key(&r, argv[2], argv[3]);
    else
        verify_with_key(&r, argv[2], argv[3], argv[4]);
    return (int)r.first;
}
