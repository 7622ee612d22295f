/* SPDX-License-Identifier: Apache-2.0 */
/* node/topo/topology.h - a machine as the planner sees it: packages, NUMA nodes, shared-L3 domains, cores, processing units.
 *
 * All numbers are logical: places in these arrays, in the machine's own order, so that neighbours are near one another. The
 * system's numbers are kept for binding alone. What a mask or a cgroup forbids is there too, and says so. */
#ifndef PT_TOPOLOGY_H
#define PT_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"

enum {
    TOPOLOGY_NONE = UINT16_MAX, /* an index that is none */
    TOPOLOGY_PUS_MAX = 8192,
    /* More L3 than this for each core is the host's, read by a guest (the most that is sold is 48 MiB, EPYC 9184X); it is
     * then taken to be what a server's core has of it, 4 MiB. */
    TOPOLOGY_L3_CORE_MAX_MIB = 64,
    TOPOLOGY_L3_CORE_MIB = 4
};

typedef struct {
    unsigned os_index;
    uint16_t core;
    bool allowed; /* by affinity mask and cgroup */
} topology_pu;

typedef struct {
    uint16_t domain, kind;    /* kind: 0 .. n_kinds - 1, the fastest last */
    uint16_t first_pu, n_pus; /* all of them */
    uint16_t allowed_pu;      /* the first that is allowed, or TOPOLOGY_NONE */
    uint16_t n_allowed_pus;
} topology_core;

/** Cores that share one L3 within one NUMA node; without L3, the cores of a NUMA node within one package. */
typedef struct {
    uint16_t node, package;
    uint16_t first_core, n_cores;
    uint16_t n_allowed_cores;
    bool has_l3;
    uint64_t l3_bytes; /* 0: unknown. Of an L3 that several domains share, this one's part by cores */
} topology_domain;

typedef struct {
    unsigned os_index;
    bool allowed;
    uint16_t n_domains; /* 0: memory without cores (HBM, CXL) */
    uint64_t memory_bytes;
} topology_node;

typedef struct topology {
    topology_pu *pus;         /* by core */
    topology_core *cores;     /* by domain */
    topology_domain *domains; /* by package, then node */
    topology_node *nodes;
    size_t n_pus, n_cores, n_domains, n_nodes, n_packages, n_kinds;
    size_t n_allowed_cores;
    size_t
        n_unbound_cores; /* that could be used if the affinity mask left all that the cgroup allows; 0: not this machine */
    bool own_machine;    /* not read from a file or made up: threads can be bound to it */
    char note[160];      /* what was not believed, or "" */
} topology;

/** Read this machine. Affinity mask, cpuset and offline processors are respected.
 *  owns    *out is the caller's (topology_clear)
 *  thread  any; the mask is the calling thread's
 *  errors  PT_E_INTERNAL the system does not tell; PT_E_FORMAT it tells nonsense; PT_E_NOMEM */
pt_status topology_read(topology *out, pt_err *err);

/** Read another machine's: an XML file as lstopo writes it, or, if no file has that name, hwloc's synthetic description
 *  ("pack:1 numa:1 l3:12 core:8 pu:2").
 *  owns    *out is the caller's (topology_clear)
 *  errors  PT_E_NOINPUT no such file, and no description; PT_E_FORMAT neither, or nonsense; PT_E_NOMEM */
pt_status topology_read_from(const char *source, topology *out, pt_err *err);

void topology_clear(topology *self);

/** Is there as much memory as hwloc takes for a machine? It is asked before hwloc is, which does not survive that there is not. thread: any */
bool topology_has_room(void);

/** The interface of the hwloc that is loaded: 0x20800 is 2.8. */
unsigned topology_hwloc_version(void);

/** Count again what is allowed, after pus[].allowed was changed. */
void topology_count_allowed(topology *self);

#endif
