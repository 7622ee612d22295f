/* SPDX-License-Identifier: Apache-2.0 */
/* node/topo/process_figures.h - what this process holds now, as the system counts it. */
#ifndef PT_PROCESS_FIGURES_H
#define PT_PROCESS_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** units: bytes; a figure that the system does not give is 0 */
typedef struct process_figures {
    uint64_t resident, anonymous, mapped; /* memory that is there: all, its own, of files */
    uint64_t peak;                        /* resident at most, since process_forget_peak() */
    uint64_t addresses;                   /* all that is mapped, whether there or not */
    size_t n_threads, n_files;
} process_figures;

/** Reads without taking memory, so that who counts changes nothing. thread: any */
process_figures process_figures_read(void);

/** Let the peak begin anew with what is resident now.
 *  returns false where the system does not let us: the peak goes on as it was */
bool process_forget_peak(void);

#endif
