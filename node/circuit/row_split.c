/* SPDX-License-Identifier: Apache-2.0 */
#include "node/circuit/row_split.h"

uint64_t row_split_work(const csr *circuit, size_t row)
{
    return circuit->a.row_start[row] + circuit->b.row_start[row] + row;
}

/* The first row before which there is this much work. */
static size_t first_row(const csr *circuit, uint64_t work)
{
    size_t low = 0, high = circuit->n_rows;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (row_split_work(circuit, middle) < work)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

crew_range row_split_part(const csr *circuit, size_t n_parts, size_t part)
{
    const unsigned __int128 work = row_split_work(circuit, circuit->n_rows);
    return (crew_range){first_row(circuit, (uint64_t)(work * part / n_parts)),
                        first_row(circuit, (uint64_t)(work * (part + 1) / n_parts))};
}
