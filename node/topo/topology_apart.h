/* SPDX-License-Identifier: Apache-2.0 */
/* node/topo/topology_apart.h - a description that someone wrote is read in a process of its own.
 *
 * hwloc's readers trust what they read: of laptops' XML files with a few bytes changed one in eighteen ended hwloc 2.9 with SIGSEGV. What
 * comes back is checked. This machine is read in place: the system is trusted, and a process costs more than the reading. */
#ifndef PT_TOPOLOGY_APART_H
#define PT_TOPOLOGY_APART_H

#include "node/topo/topology.h"

typedef pt_status topology_reader(const char *source, topology *out, pt_err *err);

/** Run a reader, which may crash, take 10 s of processor time or write to stderr.
 *  owns    *out is the caller's (topology_clear)
 *  errors  the reader's; PT_E_FORMAT it crashed, or read what makes no sense; PT_E_NOMEM no memory or no process to be had */
pt_status topology_read_apart(topology_reader *read, const char *source, topology *out, pt_err *err);

/** Do all indices and counts of a topology fit together? */
bool topology_is_sound(const topology *self);

#endif
