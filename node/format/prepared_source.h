/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/prepared_source.h - the zkey that a prepared key came from: what is kept of it, and whether it is still the same. */
#ifndef PT_PREPARED_SOURCE_H
#define PT_PREPARED_SOURCE_H

#include "node/format/binfile.h"
#include "node/format/prepared_key.h"

/** Fill the header's source_* members but source_hash: name (none if it is no regular file), size, fingerprint.
 *  errors  PT_E_FORMAT; PT_E_NOMEM */
pt_status prepared_source_describe(const binfile *source, prepared_header *header, pt_err *err);

/** If the source lies beside a prepared key, under its name, are its size and its fingerprint what they were?
 *  errors  PT_E_FORMAT stale: names both */
pt_status prepared_source_check(const prepared_key *prepared, pt_err *err);

/** As prepared_source_check, by the hash of the whole source.
 *  errors  PT_E_FORMAT */
pt_status prepared_source_check_all(const prepared_key *prepared, pt_err *err);

#endif
