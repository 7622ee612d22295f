/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/zkey.h - snarkjs's Groth16 proving key, mapped. Layout: docs/formats.md. */
#ifndef PT_ZKEY_H
#define PT_ZKEY_H

#include "node/format/binfile.h"
#include "node/format/proving_key.h"

/** The types of its sections. */
enum {
    ZKEY_SECTION_PROTOCOL = 1,
    ZKEY_SECTION_HEADER = 2,
    ZKEY_SECTION_IC = 3,
    ZKEY_SECTION_COEFFICIENTS = 4,
    ZKEY_SECTION_A = 5,
    ZKEY_SECTION_B1 = 6,
    ZKEY_SECTION_B2 = 7,
    ZKEY_SECTION_C = 8,
    ZKEY_SECTION_H = 9,
    ZKEY_SECTION_RECORD = 10, /* of the ceremony: who contributed */
    ZKEY_SECTION_INSECURE =
        0x7074 /* ours, empty: the key's waste is known. snarkjs and rapidsnark have 1 to 17 and skip others */
};

enum { ZKEY_PROTOCOL_GROTH16 = 1, ZKEY_COEFFICIENT_HEADER_BYTES = 12 /* matrix, constraint, signal: before the value */ };

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
