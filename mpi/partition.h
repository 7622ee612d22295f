/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/partition.h - the partitions of one run: which witness becomes which files. */
#ifndef PT_PARTITION_H
#define PT_PARTITION_H

#include <stdbool.h>
#include <stddef.h>

#include "node/format/input_set.h"

typedef struct {
    const char *witness;                   /* borrowed: the command line's */
    char *name, *proof_path, *public_path; /* name: the witness file's, without directory and .wtns */
    pt_err err;                            /* how it ended */
    bool begun;                            /* false: a signal came before */
    double seconds;                        /* what it took */
} partition;

typedef struct {
    partition *items;
    size_t n;
} partition_list;

/** One witness, both outputs named.
 *  owns    *out is the caller's (partition_list_clear)
 *  ranks   any
 *  errors  PT_E_ARG both outputs are one path; PT_E_NOMEM */
pt_status partition_list_single(const char *witness, const char *proof, const char *public, partition_list *out,
                                pt_err *err);

/** Many witnesses, outputs DIR/NAME.proof.json and DIR/NAME.public.json.
 *  ranks   any
 *  errors  PT_E_ARG two witnesses of one NAME, or a witness whose NAME is empty; PT_E_NOMEM */
pt_status partition_list_in(const char *dir, char *const *witnesses, size_t n, partition_list *out, pt_err *err);

/** ranks   any */
void partition_list_clear(partition_list *self);

/** Key and witnesses, which none may write to.
 *  owns    *out is the caller's (input_set_clear)
 *  ranks   root only
 *  errors  PT_E_NOMEM */
pt_status partition_list_inputs(const partition_list *self, const char *key, input_set *out, pt_err *err);

/** Refuse, before any work, outputs that could not be written: output_file_check of each against key and witnesses.
 *  ranks   root only */
pt_status partition_list_check(const partition_list *self, const char *key, pt_err *err);

#endif
