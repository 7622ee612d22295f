/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/prepared_key.h - a prepared key (.ptkey), mapped and used as it lies. Layout: prepared_layout.h. */
#ifndef PT_PREPARED_KEY_H
#define PT_PREPARED_KEY_H

#include <stdatomic.h>

#include "node/format/input_file.h"
#include "node/format/prepared_layout.h"
#include "node/format/proving_key.h"

typedef struct prepared_key {
    input_file input;
    prepared_header header; /* a copy */
    const uint8_t *sums;    /* XXH3-64 of each MiB, unaligned */
    atomic_bool checked[KEY_PARTS];
} prepared_key;

/** Map a prepared key and check its header, layout and verifying key; its arrays are checked part by part, by
 *  proving_key_check_part, unless the options ask for the full check. If the file that it was prepared from lies beside it,
 *  that must still be what it was.
 *  owns    *out is the caller's (proving_key_close)
 *  errors  PT_E_NOINPUT; PT_E_FORMAT truncated, damaged, foreign (of another machine), stale; PT_E_NOMEM */
pt_status prepared_key_open(const char *path, proving_key_options options, crew *threads, proving_key **out, pt_err *err);
void prepared_key_close(prepared_key *prepared);

/** Check the chunks of a part: sums, indices, values, the zeros behind. Once a key; proving_key_check_part calls it.
 *  errors  PT_E_FORMAT names the array and the MiB */
pt_status prepared_key_check_part(const proving_key *key, key_part part, crew *threads, pt_err *err);

/** Check all arrays. quick: as prepared_key_check_part, and that points are on the curve; full: and in the subgroup, the BLAKE2b
 *  of all content, and that of the source if it lies beside; none: nothing.
 *  errors  PT_E_FORMAT */
pt_status prepared_key_check(const proving_key *key, key_check check, crew *threads, pt_err *err);

#endif
