/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/proving_key.h"

#include <stdlib.h>

#include "node/format/binfile.h"
#include "node/format/zkey.h"

pt_status proving_key_open(const char *path, proving_key_options options, crew *threads, proving_key **out, pt_err *err)
{
    return zkey_open(path, options, threads, out, err);
}

void proving_key_close(proving_key *key)
{
    if (key == NULL)
        return;
    csr_clear(&key->circuit);
    groth16_vkey_clear(&key->vkey);
    binfile_close(key->zkey_file);
    free(key);
}
