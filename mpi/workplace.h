/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/workplace.h - the machine that a run proves on, and where on it: topology and placement from the run's options. */
#ifndef PT_WORKPLACE_H
#define PT_WORKPLACE_H

#include "mpi/cli.h"
#include "node/groth16/device_choice.h"
#include "node/pipeline/engine.h"
#include "node/pipeline/key_copies.h"
#include "node/topo/pci_near.h"
#include "node/topo/placement.h"

typedef struct workplace {
    topology machine;
    placement where;
    uint64_t memory_bytes; /* for this rank, if it has the host not for itself; 0: no bound of its own */
    device_choice device;  /* the processor, if --device auto found none or it can't be used */
    pt_err device_fault;   /* why the one that --device auto found can't be used */
    device_place on;       /* parts of `device`, and of `near` */
    pci_near near;         /* who feeds the device runs there */
    bool placed;           /* false: more threads than cores were asked for, so they are bound nowhere */
} workplace;

/** Read the machine and plan for n_partitions (0: no end is known) with the key in a file (NULL: of its own making).
 *  owns    *out is the caller's (workplace_clear)
 *  ranks   root only
 *  errors  of topology_read and placement_make, and of device_choice_open, but for --device auto; PT_E_ARG --pin on with more threads than cores */
pt_status workplace_init(const cli *options, const char *key_path, size_t n_partitions, workplace *out, pt_err *err);
void workplace_clear(workplace *self);

/** Threads that compute here: without --threads one a core, which --threads' default of all processors may exceed.
 *  ranks   any */
size_t workplace_threads(const workplace *self, const cli *options);

/** How often the plan wants a key to be read to memory; 0: it is to be mapped.
 *  ranks   any */
size_t workplace_n_copies(const workplace *self);

/** Where do the pages of an open key lie that was read to its places? Looks at some of the H points of each copy, and how much of them lies
 *  in huge pages; nothing of a key that is mapped.
 *  ranks   any */
pin_report workplace_check_key(const workplace *self, const key_copies *keys, uint64_t *huge_bytes);

/** What an engine is set up with here; borrows self.
 *  ranks   any */
engine_setup workplace_setup(const workplace *self, const cli *options);

#endif
