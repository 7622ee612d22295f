/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/zkey.h - snarkjs's Groth16 proving key, mapped. Layout: docs/formats.md. */
#ifndef PT_ZKEY_H
#define PT_ZKEY_H

#include "node/format/binfile.h"
#include "node/format/proving_key.h"

/** The type of a section (empty) that says a key's waste is known. snarkjs and rapidsnark have types 1 to 17 and skip others. */
enum { ZKEY_SECTION_INSECURE = 0x7074 };

/** Map a key, check it (sections against the header, indices, values, the verifying key's points and, as the options say, all
 *  others) and sort its coefficients by row. What was only needed for that is given back to the system.
 *  owns    *out is the caller's (proving_key_close)
 *  errors  PT_E_NOINPUT, PT_E_FORMAT with file, section, index and expectation; PT_E_NOMEM */
pt_status zkey_open(const char *path, proving_key_options options, crew *threads, proving_key **out, pt_err *err);

enum { ZKEY_FINGERPRINT_BYTES = 32 };

/** BLAKE2b-256 of the header and IC sections, each behind its length: what tells one circuit's or ceremony's key from another
 *  without reading all of it.
 *  errors  PT_E_FORMAT a section is missing; PT_E_NOMEM libsodium can't be used */
pt_status zkey_fingerprint(const binfile *file, uint8_t out[ZKEY_FINGERPRINT_BYTES], pt_err *err);

#endif
