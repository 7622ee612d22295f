# SPDX-License-Identifier: Apache-2.0
"""What a program that is tested finds in its environment."""
import os
import pathlib

POCL = pathlib.Path("/etc/OpenCL/vendors/pocl.icd")
NO_DEVICES = {"OCL_ICD_VENDORS": os.devnull + "/none"}  # no driver: some take a second to start, and keep memory


def environment(**more):
    """Ours, without a launcher's marks: the tests may themselves run under one. No OpenCL device, unless a test asks for some."""
    marks = ("OMPI_", "PMIX_", "PMI_", "SLURM_", "PBS_")
    return {**{k: v for k, v in os.environ.items() if not k.startswith(marks)}, **NO_DEVICES, **more}


def mpi_environment(**more):
    """Open MPI keeps memory until exit and takes two locks of its TCP transport in both orders: no leak, no deadlock of ours."""
    return environment(**{"ASAN_OPTIONS": "detect_leaks=0:verify_asan_link_order=0",
                          "TSAN_OPTIONS": f"suppressions={pathlib.Path(__file__).parent / 'open_mpi.tsan'}", **more})
