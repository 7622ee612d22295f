/* SPDX-License-Identifier: Apache-2.0 */
/* node/circuit/synthesis.h - a = A w, b = B w, c = a o b (eq. 27). Per curve. */
#ifndef PT_SYNTHESIS_H
#define PT_SYNTHESIS_H

#include <stdatomic.h>

#include "node/arith/fr.h"
#include "node/circuit/csr.h"
#include "node/curve.h"
#include "node/pipeline/crew.h"

#define synthesis_run PT_NAME(synthesis_run)
#define synthesis_find_units PT_NAME(synthesis_find_units)

/** The two sparse products and their entrywise product, rows split over the crew by their non-zeros; no locks: each row has one
 *  writer. While *yield_while (may be NULL) is above 0, the threads give way before each task.
 *  shape   witness: canonical values; a, b, c: circuit->n_rows each, Montgomery form */
void synthesis_run(crew *threads, const csr *circuit, const fr *witness, const atomic_int *yield_while, fr *a, fr *b,
                   fr *c);

/** Where in the dictionary are 0, 1 and -1? */
circuit_units synthesis_find_units(const csr *circuit);

#endif
