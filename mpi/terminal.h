/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/terminal.h - the terminal that standard error comes to, under mpirun as well. */
#ifndef PT_TERMINAL_H
#define PT_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/** A descriptor of it, to ask for its size: what is shown goes to standard error. Under mpirun that is a pipe, whose other end mpirun copies to
 *  its own standard error: then it is that one's terminal. None where TERM is dumb or each line is marked with its rank.
 *  owns    the caller's (close)
 *  ranks   root only
 *  returns -1: there is none */
int terminal_open(void);

typedef struct {
    size_t columns, rows;
} terminal_size;

/** As it is now, for it may have been changed; 80 by 24 if it does not say.
 *  ranks   any */
terminal_size terminal_look(int terminal);

#endif
