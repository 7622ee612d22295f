# SPDX-License-Identifier: Apache-2.0
"""Spack's recipe. spack repo add deploy/spack; spack dev-build partita@0.1.0, in the tree's top folder."""
from spack.package import *


class Partita(CMakePackage):
    """Groth16 prover for circom circuits on BN254 and BLS12-381, on one node or many."""

    license("Apache-2.0")

    version("0.1.0")

    variant("mpi", default=True, description="Run under mpirun")

    depends_on("c", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("opencl-c-headers", type="build")
    depends_on("jansson")
    depends_on("libsodium")
    depends_on("xxhash")
    depends_on("hwloc@2.8:")
    depends_on("inih")
    depends_on("sqlite@3.37:")
    depends_on("zstd")
    depends_on("openmpi@4.1:4", when="+mpi", type=("build", "link", "run"))

    def cmake_args(self):
        return [self.define_from_variant("PARTITA_MPI", "mpi"), self.define("PARTITA_TESTS", False)]
