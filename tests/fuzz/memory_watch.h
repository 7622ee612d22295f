/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/memory_watch.h - how much memory a reader takes. A program that has it is linked with
 * -Wl,--wrap for each of the functions in memory_watch.c, so that calls in node/ and in the program come through here; those
 * of jansson do by json_set_alloc_funcs. */
#ifndef PT_MEMORY_WATCH_H
#define PT_MEMORY_WATCH_H

#include <stddef.h>

/** Forget the peak: it is counted from here. */
void memory_watch_begin(void);

/** The most that was held at a time since then, beyond what was held then: heap and mappings, in bytes. */
size_t memory_watch_peak(void);

#endif
