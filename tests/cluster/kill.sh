#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# kill.sh [N] [OPTION...]: N times (default 10) a rank or mpirun is killed or frozen at a random instant, and nothing may be lost, wrong or doubled;
# kill.sh --every 16: each time 16 more of 64 partitions are done. PARTITA is the program, MPIRUN the launcher. Options: kill_test.py --help.
exec python3 -B "$(dirname "$0")/kill_test.py" "$@"
