/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/ptx_run.h - the asm statements of kernels/ptx_chains.h without an assembler: their text is run word by word. */
#ifndef PT_PTX_RUN_H
#define PT_PTX_RUN_H

#include <stddef.h>
#include <stdint.h>

/** Run one statement: %0 and so on are *io[0] up to the NULL, then in[0] and so on.
 *  A statement may not count on the carry of the one before: reading it before it is set ends the program, as does any instruction
 *  but add, sub and mad of 32-bit words, with and without carries. */
void ptx_run(const char *text, uint32_t *const *io, const uint32_t *in);

#define PTX_BEGIN(text) ptx_run(text, (uint32_t *const[]){
#define PTX_IO(x) &(x)
#define PTX_INPUTS       \
    , NULL               \
    }                    \
    , (const uint32_t[]) \
    {
#define PTX_IN(x) (x)
#define PTX_END \
    });

#endif
