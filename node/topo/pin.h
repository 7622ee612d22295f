/* SPDX-License-Identifier: Apache-2.0 */
/* node/topo/pin.h - carry a plan out: bind threads and memory, and look at what came of it.
 *
 * None of it can fail a proof: where the system refuses (a container without the right, a machine that was read from a file) it
 * stays as it was, and the answer says so. */
#ifndef PT_PIN_H
#define PT_PIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node/topo/topology.h"

/** What was achieved. */
typedef struct {
    size_t n_threads, n_bound; /* threads that were to be bound, and those whose mask is now the one asked for */
    size_t n_pages, n_placed;  /* pages looked at, and those on a node asked for */
    size_t n_absent;           /* of n_pages: not touched yet, or not told by the system */
    int error;                 /* errno of the first call that was refused; 0 */
} pin_report;

/** Bind the calling thread to one processing unit (logical). */
pin_report pin_thread(const topology *machine, uint16_t pu);

/** Processors of this system. */
typedef struct pin_mask {
    unsigned long bits[TOPOLOGY_PUS_MAX / (8 * sizeof(unsigned long))];
} pin_mask;

/** Move the calling thread to some processors, which processes that it starts inherit.
 *  shape   processors[n]: the system's numbers; *before: where it was, for pin_move_back
 *  returns 0, or the errno, and it is where it was */
int pin_move(const unsigned *processors, size_t n, pin_mask *before);
int pin_move_back(const pin_mask *before);

/** Let pages that are first touched from now on come from one node while it has some, or in turn from several.
 *  shape   start: of a page; nodes: logical
 *  returns 0, or the errno */
int pin_memory(const topology *machine, void *start, size_t n_bytes, const uint16_t *nodes, size_t n_nodes);

/** Ask for huge pages. returns 0, or the errno */
int pin_huge_pages(void *start, size_t n_bytes);

/** Where a block of memory is to lie. */
typedef struct memory_place {
    const topology *machine; /* borrowed, as nodes is */
    const uint16_t *nodes;   /* logical; of several each has its turn */
    size_t n_nodes;
    bool huge_pages;
} memory_place;

/** Map memory that will lie there as far as the system does what it is asked for. Its first byte is that of a huge page where it
 *  has room for one.
 *  owns    the caller's, to munmap
 *  returns NULL without memory */
void *pin_map(const memory_place *place, size_t n_bytes);

/** Where do the pages lie? At most 64 of them are looked at, evenly spread. */
pin_report pin_check_memory(const topology *machine, const void *start, size_t n_bytes, const uint16_t *nodes,
                            size_t n_nodes);

/** units: bytes. How much of it lies in huge pages. It reads the whole list of mappings: not for a hot path. */
uint64_t pin_huge_bytes(const void *start, size_t n_bytes);

#endif
