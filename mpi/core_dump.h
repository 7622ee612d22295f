/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/core_dump.h - what a crash leaves behind. Secret memory and stacks are in no core (node/pipeline/secret_arena.h);
 * registers are another matter. */
#ifndef PT_CORE_DUMP_H
#define PT_CORE_DUMP_H

/** No core from here on: RLIMIT_CORE is 0, for good, and the process is not dumpable, for a core_pattern that is a pipe heeds no limit
 *  of 0. Other processes of its user can then not read its memory either; under mpirun, where ranks do, the limit stands alone.
 *  ranks   any */
void core_dump_forbid(void);

/** A crash may leave a core, by the limits and the core_pattern as they are. A child with the crashed thread alone is dumped in
 *  the place of the process: the registers of threads that work on secrets would be in the core otherwise. Where the thread was is
 *  told on standard error, for the core has no stack to find it on.
 *  ranks   any */
void core_dump_allow(void);

#endif
