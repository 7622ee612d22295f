/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/build_info.h - what this build is and what was built in. */
#ifndef PT_BUILD_INFO_H
#define PT_BUILD_INFO_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/** The text of --version.
 *  ranks   root only */
void build_info_print(FILE *stream);

/** The same as a JSON object, the caller's; NULL if there is no memory.
 *  ranks   any */
json_t *build_info_json(void);

/** Version and commit: ranks of one job are of one build.
 *  ranks   any */
const char *build_info_text(void);

/** Was it built with MPI?
 *  ranks   any */
bool build_info_has_mpi(void);

#endif
