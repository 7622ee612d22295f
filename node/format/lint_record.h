/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/lint_record.h - the record of the ceremony, section 10 of a zkey. Layout: docs/formats.md. */
#ifndef PT_LINT_RECORD_H
#define PT_LINT_RECORD_H

#include "node/format/lint.h"
#include "node/format/proving_key.h"

/** Who contributed, was there a beacon last, and does the record end in this key's delta? The contributions' proofs are not
 *  checked: that takes the powers of tau and the circuit. */
void lint_record(lint_report *report, const proving_key *key);

#endif
