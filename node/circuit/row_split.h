/* SPDX-License-Identifier: Apache-2.0 */
/* node/circuit/row_split.h - rows of a circuit in ranges of even work. */
#ifndef PT_ROW_SPLIT_H
#define PT_ROW_SPLIT_H

#include "node/circuit/csr.h"
#include "node/pipeline/crew.h"

/** The work that comes before a row: the non-zeros of A and B, and one product for each row.
 *  shape   row <= n_rows */
uint64_t row_split_work(const csr *circuit, size_t row);

/** The part-th of n_parts ranges of rows. They follow one another, each row is in one, and a range's work is at most its
 *  share and that of one row.
 *  shape   part < n_parts */
crew_range row_split_part(const csr *circuit, size_t n_parts, size_t part);

#endif
