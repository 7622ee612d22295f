/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/public_judge.h - is a proof that has come one of its partition's witness? The root looks for itself.
 *
 * A proof that verifies for the public inputs beside it may still be another partition's: of a rank that read another file, or put a result
 * under a wrong number. So the root reads the public values, and nothing behind them, of the partition's witness file and compares: one open
 * and some four small reads a proof. It has no opinion of what it can't compare: a stream, a file that it can't read, or one that was written
 * to since the run began, of which the rank may have read what it held before. */
#ifndef PT_PUBLIC_JUDGE_H
#define PT_PUBLIC_JUDGE_H

#include "mpi/cluster/coordinator.h"

typedef struct public_judge public_judge;

/** Look at what every witness file is now; nothing is read of it.
 *  owns    *out is the caller's (public_judge_destroy); the request is borrowed
 *  ranks   root only, here and below
 *  errors  PT_E_NOMEM */
pt_status public_judge_create(const request *of, public_judge **out, pt_err *err);
void public_judge_destroy(public_judge *self);

/** Another partition has come to a place: look at what its witness file is now. */
void public_judge_note(public_judge *self, uint32_t partition);

/** Find proofs whose public inputs are not those of their partition's witness.
 *  shape   verdicts[n]: of those that are PT_OK some get PT_E_VERIFY with the reason; the others stay as they are */
void public_judge_look(const public_judge *self, const cluster_proof *proofs, size_t n, pt_err *verdicts);

#endif
