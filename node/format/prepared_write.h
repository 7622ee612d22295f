/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/prepared_write.h - a zkey becomes a prepared key. */
#ifndef PT_PREPARED_WRITE_H
#define PT_PREPARED_WRITE_H

#include <stdatomic.h>
#include <stdio.h>

#include "node/format/proving_key.h"

/** Write a key, front to back, in the layout of prepared_layout.h.
 *  shape   key: of a zkey, opened with the full check: whoever reads the result does not ask its points again
 *  owns    stream stays the caller's; path is its name, for messages; cancel may be NULL
 *  errors  PT_E_IO; PT_E_NOMEM, also when *cancel is set; PT_E_FORMAT the key is prepared already */
pt_status prepared_write(const proving_key *key, crew *threads, const atomic_bool *cancel, FILE *stream, const char *path,
                         pt_err *err);

#endif
