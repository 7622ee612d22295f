/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/generated_key.h"

#include <errno.h>
#include <string.h>

#include "node/setup/setup.h"

typedef struct {
    FILE *stream;
    char path[40]; /* under which this process can open it again */
} nameless_file;

static pt_status nameless_open(nameless_file *file, pt_err *err)
{
    file->stream = tmpfile();
    if (file->stream == NULL)
        return pt_fail(err, errno == ENOMEM ? PT_E_NOMEM : PT_E_CREATE, "temporary file: %s", strerror(errno));
    snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", fileno(file->stream));
    return PT_OK;
}

static void nameless_close(nameless_file *file)
{
    if (file->stream != NULL)
        fclose(file->stream);
}

static pt_status set_up(const char *r1cs_path, cpu_features features, crew *threads, const nameless_file *key, pt_err *err)
{
    r1cs *circuit;
    groth16_vkey vkey = {0};
    if (r1cs_open(r1cs_path, features, &circuit, err) != PT_OK)
        return err->code;
    const setup_job job = {
        .circuit = circuit, .circuit_path = "generated circuit", .crew = threads, .zkey = key->stream, .vkey = &vkey};
    if (setup_insecure(&job, err) == PT_OK && fflush(key->stream) != 0)
        pt_fail(err, PT_E_IO, "temporary file: %s", strerror(errno));
    groth16_vkey_clear(&vkey);
    r1cs_close(circuit);
    return err->code;
}

pt_status generated_key_open(const pt_curve *curve, cpu_features features, unsigned log_domain, circuit_witness kind,
                             uint64_t seed, crew *threads, proving_key **key, wtns *witness, pt_err *err)
{
    nameless_file r1cs_file = {0}, wtns_file = {0}, key_file = {0};
    proving_key *opened = NULL;
    pt_status st = nameless_open(&r1cs_file, err);
    if (st == PT_OK)
        st = nameless_open(&wtns_file, err);
    if (st == PT_OK)
        st = nameless_open(&key_file, err);
    if (st == PT_OK) {
        const circuit_generator_job job = {curve, log_domain, kind, seed, r1cs_file.stream, wtns_file.stream, NULL};
        st = circuit_generate(&job, err);
    }
    if (st == PT_OK)
        st = set_up(r1cs_file.path, features, threads, &key_file, err);
    if (st == PT_OK)
        st = proving_key_open(key_file.path, (proving_key_options){.features = features}, threads, &opened, err);
    if (st == PT_OK)
        st = wtns_read(wtns_file.path, features, opened->n_vars, witness, err);
    if (st == PT_OK)
        *key = opened;
    else
        proving_key_close(opened);
    nameless_close(&r1cs_file);
    nameless_close(&wtns_file);
    nameless_close(&key_file);
    return st;
}
