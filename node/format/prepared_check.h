/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/prepared_check.h - are the arrays of a prepared key what was written, and safe to use? */
#ifndef PT_PREPARED_CHECK_H
#define PT_PREPARED_CHECK_H

#include "node/format/prepared_key.h"

/** Check every MiB of the arrays first to last: its sum, and what a file that was made to harm would get wrong: rows, signals,
 *  places in the dictionary, values at or above r, lists that do not rise, bytes behind the array that are not zero.
 *  errors  PT_E_FORMAT names the first bad MiB in the file's order, whatever the crew */
pt_status prepared_check_arrays(const proving_key *key, prepared_array first, prepared_array last, crew *threads,
                                pt_err *err);

#endif
