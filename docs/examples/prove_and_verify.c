/* SPDX-License-Identifier: Apache-2.0 */
/* Proves a witness, writes proof.json and public.json into the current folder, and verifies them with the key's verifying key.
 *
 *     cc prove_and_verify.c $(pkg-config --cflags --libs partita) -o prove_and_verify
 *     ./prove_and_verify circuit.zkey witness.wtns */
#include <partita.h>
#include <stdio.h>

static void show_stage(void *ctx, partita_stage stage)
{
    (void)ctx;
    fprintf(stderr, "%s\n", partita_stage_name(stage));
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
    partita_proof_clear(&proof);
    return done;
}

int main(int argc, char **argv)
{
    partita_error err;
    partita_key *key;
    if (argc != 3) {
        fprintf(stderr, "usage: %s KEY WITNESS\n", argv[0]);
        return 2;
    }
    bool done = false;
    if (partita_key_open(argv[1], NULL, &key, &err) == PARTITA_OK) {
        done = prove(key, argv[2], &err);
        partita_key_close(key);
    }
    if (!done)
        fprintf(stderr, "%s\n", err.code == PARTITA_OK ? "an output could not be written" : err.message);
    return done ? 0 : 1;
}
