/* SPDX-License-Identifier: Apache-2.0 */
/* Proves a witness, writes proof.json and public.json into the current folder, and verifies them with the key's verifying key. DEVICE: cpu (the
 * default), auto, or a number or a part of the name of an OpenCL device.
 *
 *     cc prove_and_verify.c $(pkg-config --cflags --libs partita) -o prove_and_verify
 *     ./prove_and_verify circuit.zkey witness.wtns [DEVICE] */
#include <partita.h>
#include <stdio.h>

static void show_stage(void *ctx, partita_stage stage)
{
    (void)ctx;
    fprintf(stderr, "%s\n", partita_stage_name(stage));
}

static void show_choice(void *ctx, bool is_fault, const char *text)
{
    (void)ctx;
    fprintf(stderr, "%s%s\n", is_fault ? "WARNING: " : "", text);
}

static bool write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return false;
    bool written = fputs(text, file) >= 0;
    return fclose(file) == 0 && written;
}

/* As somebody else would, who has the verifying key and the two texts. */
static partita_status verify(const partita_key *key, const partita_proof *proof, partita_error *err)
{
    const partita_statement statement = {proof->public_json, proof->proof_json};
    partita_vkey *vkey;
    if (partita_vkey_of_key(key, &vkey, err) != PARTITA_OK)
        return err->code;
    partita_status status = partita_verify(vkey, &statement, err);
    partita_vkey_close(vkey);
    return status;
}

static bool prove(const partita_key *key, const char *witness_path, partita_error *err)
{
    const partita_job job = {0, show_stage, NULL, NULL};
    partita_proof proof;
    if (partita_prove_file(key, witness_path, &job, &proof, err) != PARTITA_OK)
        return false;
    bool done = verify(key, &proof, err) == PARTITA_OK && write_text("public.json", proof.public_json) &&
                write_text("proof.json", proof.proof_json);
    fprintf(stderr, "proven on the %s\n", proof.on_device ? "device" : "processor");
    partita_proof_clear(&proof);
    return done;
}

/* Many proofs would be made while both are open, by one thread or by several. */
static bool prove_on(const char *device_name, const char *key_path, const char *witness_path, partita_error *err)
{
    const partita_device_options choice = {0, 0, 0, NULL, show_choice, NULL};
    partita_device *device;
    if (partita_device_open(device_name, &choice, &device, err) != PARTITA_OK)
        return false;
    const partita_key_options options = {PARTITA_CHECK_QUICK, 0, device};
    partita_key *key;
    bool done = false;
    if (partita_key_open(key_path, &options, &key, err) == PARTITA_OK) {
        done = prove(key, witness_path, err);
        partita_key_close(key);
    }
    partita_device_close(device);
    return done;
}

int main(int argc, char **argv)
{
    partita_error err;
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: %s KEY WITNESS [DEVICE]\n", argv[0]);
        return 2;
    }
    bool done = prove_on(argc == 4 ? argv[3] : "cpu", argv[1], argv[2], &err);
    if (!done)
        fprintf(stderr, "%s\n", err.code == PARTITA_OK ? "an output could not be written" : err.message);
    return done ? 0 : 1;
}
