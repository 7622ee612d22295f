#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make_laptops.py DIR: machines with several kinds of cores, which hwloc's notation has no words for, as lstopo would write them."""
import pathlib
import sys

MEMORY = 32 << 30
# name: groups of (cores, units a core, kind, bytes of the L3 that the group shares with its neighbours of the same number)
LAPTOPS = {
    "laptop_two_kinds": [(6, 2, 1, 24 << 20), (8, 1, 0, 24 << 20)],
    "laptop_low_power": [(6, 2, 2, 24 << 20), (8, 1, 1, 24 << 20), (2, 1, 0, 0)],
}
KINDS = {2: ("IntelAtom", "IntelCore"), 3: ("IntelAtom", "IntelAtom", "IntelCore")}


class Writer:
    def __init__(self):
        self.lines, self.n_objects, self.n_units, self.n_cores = [], 0, 0, 0
        self.kinds = {}

    def open(self, depth, kind, first, n, more="", end=">"):
        self.n_objects += 1
        cpus = f"0x{((1 << n) - 1) << first:08x}"
        self.lines.append(f'{"  " * depth}<object type="{kind}" {more}cpuset="{cpus}" complete_cpuset="{cpus}" '
                          f'nodeset="0x00000001" complete_nodeset="0x00000001" gp_index="{self.n_objects}"{end}')

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
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', '<!DOCTYPE topology SYSTEM "hwloc2.dtd">',
                      '<topology version="2.0">', *out.lines, "</topology>", ""])


if __name__ == "__main__":
    for name, described in LAPTOPS.items():
        (pathlib.Path(sys.argv[1]) / f"{name}.xml").write_text(laptop(described), encoding="ascii")
