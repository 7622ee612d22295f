/* SPDX-License-Identifier: Apache-2.0 */
/* node/topo/pci_near.h - the processors next to a PCI device: who feeds a GPU runs there, so that what goes to it need not cross the machine. */
#ifndef PT_PCI_NEAR_H
#define PT_PCI_NEAR_H

#include "node/topo/topology.h"

typedef struct {
    unsigned *processors; /* the system's numbers, rising */
    size_t n;             /* 0: the system does not tell, all of the machine is as near, or none of these may be used */
} pci_near;

/** Of this machine's processors that may be used, those of the smallest part of it that a device's bus belongs to. A system that does not
 *  tell is no error.
 *  shape   machine: as topology_read left it, or with fewer processors allowed; address: 0000:19:00.0, or "" of a device without one
 *  owns    *out is the caller's (pci_near_clear)
 *  errors  PT_E_NOMEM */
pt_status pci_near_read(const topology *machine, const char *address, pci_near *out, pt_err *err);
void pci_near_clear(pci_near *self);

#endif
