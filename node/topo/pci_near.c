/* SPDX-License-Identifier: Apache-2.0 */
#include "node/topo/pci_near.h"

#include <errno.h>
#include <hwloc.h>
#include <stdlib.h>

/* Devices, and what their buses may belong to: packages, and the groups that hold NUMA nodes which divide one. */
static int load_devices(hwloc_topology_t hwloc)
{
    int failed = hwloc_topology_set_all_types_filter(hwloc, HWLOC_TYPE_FILTER_KEEP_NONE);
    failed |= hwloc_topology_set_type_filter(hwloc, HWLOC_OBJ_PACKAGE, HWLOC_TYPE_FILTER_KEEP_ALL);
    failed |= hwloc_topology_set_type_filter(hwloc, HWLOC_OBJ_GROUP, HWLOC_TYPE_FILTER_KEEP_STRUCTURE);
    failed |= hwloc_topology_set_type_filter(hwloc, HWLOC_OBJ_PCI_DEVICE, HWLOC_TYPE_FILTER_KEEP_ALL);
    failed |= hwloc_topology_set_flags(hwloc, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED | HWLOC_TOPOLOGY_FLAG_NO_DISTANCES |
                                                  HWLOC_TOPOLOGY_FLAG_NO_MEMATTRS);
    failed |= hwloc_topology_set_components(hwloc, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, "x86");
    return failed != 0 ? failed : hwloc_topology_load(hwloc);
}

/* NULL: there is no such device, or it is as near to all of the machine. */
static hwloc_const_cpuset_t set_beside(hwloc_topology_t hwloc, const char *address)
{
    hwloc_const_cpuset_t all = hwloc_topology_get_topology_cpuset(hwloc);
    hwloc_obj_t device = hwloc_get_pcidev_by_busidstring(hwloc, address);
    hwloc_obj_t part = device != NULL ? hwloc_get_non_io_ancestor_obj(hwloc, device) : NULL;
    return part != NULL && !hwloc_bitmap_isequal(part->cpuset, all) ? part->cpuset : NULL;
}

static int by_number(const void *left, const void *right)
{
    const unsigned a = *(const unsigned *)left, b = *(const unsigned *)right;
    return a < b ? -1 : a > b;
}

static pt_status keep_allowed(const topology *machine, hwloc_const_cpuset_t beside, pci_near *out, pt_err *err)
{
    out->processors = calloc(machine->n_pus, sizeof *out->processors);
    if (out->processors == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for the processors beside a device");
    for (size_t i = 0; i < machine->n_pus; i++) {
        const topology_pu *pu = &machine->pus[i];
        if (pu->allowed && hwloc_bitmap_isset(beside, pu->os_index))
            out->processors[out->n++] = pu->os_index;
    }
    qsort(out->processors, out->n, sizeof *out->processors, by_number);
    return PT_OK;
}

pt_status pci_near_read(const topology *machine, const char *address, pci_near *out, pt_err *err)
{
    pci_near made = {0};
    hwloc_topology_t hwloc;
    *out = made;
    if (address[0] == '\0')
        return PT_OK;
    if (!topology_has_room() || hwloc_topology_init(&hwloc) != 0)
        return pt_fail(err, PT_E_NOMEM, "no memory for the machine's devices");
    hwloc_const_cpuset_t beside = load_devices(hwloc) == 0 ? set_beside(hwloc, address) : NULL;
    if (beside != NULL && keep_allowed(machine, beside, &made, err) == PT_OK)
        *out = made;
    hwloc_topology_destroy(hwloc);
    return err->code;
}

void pci_near_clear(pci_near *self)
{
    free(self->processors);
    *self = (pci_near){0};
}
