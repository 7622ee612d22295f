#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make_machines.py DIR: laptops with several kinds of cores and a host with GPUs, for which hwloc's notation has no words, as lstopo would write
them."""
import pathlib
import sys

MEMORY = 32 << 30
# name: groups of (cores, units a core, kind, bytes of the L3 that the group shares with its neighbours of the same number)
LAPTOPS = {
    "laptop_two_kinds": [(6, 2, 1, 24 << 20), (8, 1, 0, 24 << 20)],
    "laptop_low_power": [(6, 2, 2, 24 << 20), (8, 1, 1, 24 << 20), (2, 1, 0, 0)],
}
KINDS = {2: ("IntelAtom", "IntelCore"), 3: ("IntelAtom", "IntelAtom", "IntelCore")}
# name: packages, cores of each, units a core, and the PCI buses of each package's GPUs
HOSTS = {"two_packages_with_gpus": (2, 4, 2, ((0x19, 0x3b), (0x9a,))), "one_package_with_gpu": (1, 2, 1, ((0x19,),))}


class Writer:
    def __init__(self):
        self.lines, self.n_objects, self.n_units, self.n_cores = [], 0, 0, 0
        self.kinds, self.nodes = {}, 1

    def open(self, depth, kind, first, n, more="", end=">"):
        self.n_objects += 1
        cpus = f"0x{((1 << n) - 1) << first:08x}"
        self.lines.append(f'{"  " * depth}<object type="{kind}" {more}cpuset="{cpus}" complete_cpuset="{cpus}" '
                          f'nodeset="0x{self.nodes:08x}" complete_nodeset="0x{self.nodes:08x}" gp_index="{self.n_objects}"{end}')

    def close(self, depth):
        self.lines.append("  " * depth + "</object>")

    def core(self, depth, n_units, kind):
        self.open(depth, "Core", self.n_units, n_units, f'os_index="{self.n_cores}" ')
        self.n_cores += 1
        for _ in range(n_units):
            self.open(depth + 1, "PU", self.n_units, 1, f'os_index="{self.n_units}" ', "/>")
            self.kinds[kind] = self.kinds.get(kind, 0) | 1 << self.n_units
            self.n_units += 1
        self.close(depth)

    def cache(self, groups):
        n = sum(cores * units for cores, units, _, _ in groups)
        self.open(3, "L3Cache", self.n_units, n,
                  end=f' cache_size="{groups[0][3]}" depth="3" cache_linesize="64" cache_associativity="12" cache_type="0">')
        for cores, units, kind, _ in groups:
            for _ in range(cores):
                self.core(4, units, kind)
        self.close(3)

    def gpus(self, depth, buses):
        """Each behind a bridge of its own, as H100s are."""
        for bus in buses:
            self.n_objects += 2
            self.lines.append(f'{"  " * depth}<object type="Bridge" gp_index="{self.n_objects - 1}" bridge_type="0-1" depth="0" '
                              f'bridge_pci="0000:[{bus - 1:02x}-{bus:02x}]">')
            self.lines.append(f'{"  " * depth}  <object type="PCIDev" gp_index="{self.n_objects}" pci_busid="0000:{bus:02x}:00.0" '
                              'pci_type="0302 [10de:2335] [10de:18be] a1" pci_link_speed="63.015385"/>')
            self.close(depth)

    def text(self):
        return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', '<!DOCTYPE topology SYSTEM "hwloc2.dtd">',
                          '<topology version="2.0">', *self.lines, "</topology>", ""])


def laptop(groups):
    out, n = Writer(), sum(cores * units for cores, units, _, _ in groups)
    cpus = f"0x{(1 << n) - 1:08x}"
    out.open(1, "Machine", 0, n, f'os_index="0" allowed_cpuset="{cpus}" allowed_nodeset="0x00000001" ')
    out.open(2, "Package", 0, n, 'os_index="0" ')
    out.open(3, "NUMANode", 0, n, 'os_index="0" ', f' local_memory="{MEMORY}"/>')
    out.cache([group for group in groups if group[3]])
    for cores, units, kind, _ in (group for group in groups if not group[3]):
        for _ in range(cores):
            out.core(3, units, kind)
    out.close(2)
    out.close(1)
    for kind, mask in sorted(out.kinds.items()):
        out.lines.append(f'  <cpukind cpuset="0x{mask:08x}" forced_efficiency="{kind}">')
        out.lines.append(f'    <info name="CoreType" value="{KINDS[len(out.kinds)][kind]}"/>')
        out.lines.append("  </cpukind>")
    return out.text()


def host(n_packages, n_cores, n_units, buses):
    out, n = Writer(), n_cores * n_units
    cpus, out.nodes = f"0x{(1 << n_packages * n) - 1:08x}", (1 << n_packages) - 1
    out.open(1, "Machine", 0, n_packages * n, f'os_index="0" allowed_cpuset="{cpus}" allowed_nodeset="0x{out.nodes:08x}" ')
    for package in range(n_packages):
        out.nodes = 1 << package
        out.open(2, "Package", package * n, n, f'os_index="{package}" ')
        out.open(3, "NUMANode", package * n, n, f'os_index="{package}" ', f' local_memory="{MEMORY}"/>')
        for _ in range(n_cores):
            out.core(3, n_units, 0)
        out.gpus(3, buses[package])
        out.close(2)
    out.close(1)
    return out.text()


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    for name, described in LAPTOPS.items():
        (folder / f"{name}.xml").write_text(laptop(described), encoding="ascii")
    for name, described in HOSTS.items():
        (folder / f"{name}.xml").write_text(host(*described), encoding="ascii")
