/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/journal.h - what is proven stays proven: every finished partition of the requests to one directory, in an SQLite file.
 *
 * A partition is known by its identity: a hash of its id, its key's hash and its witness file's path, size and time. A run looks up what
 * it has to prove and finds what earlier runs have done, whatever ended them. What is committed survives the machine. */
#ifndef PT_JOURNAL_H
#define PT_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/shared/status.h"

typedef struct journal journal;

enum { JOURNAL_HASH_BYTES = 32, JOURNAL_PROOF_BYTES_MAX = 192 };

typedef struct journal_setup {
    const char *path; /* the directory above it is made if it is missing, that one alone */
    const char *vfs;  /* SQLite's name of a file system: local, without directories or notes; NULL: the usual one */
    const uint8_t *request_hash; /* JOURNAL_HASH_BYTES; NULL: it is not known yet (journal_begin) */
    uint32_t n_partitions;
    const char *host;
    uint64_t process;
    double now_unix; /* seconds: when this run began */
    bool resume;     /* only if the latest request in it is this one */
} journal_setup;

/** Open a journal, or make one, and begin a run in it, all under an exclusive lock, which is kept. On a file system of this machine it is a
 *  write-ahead log, on a network's or an unknown one a rollback journal; every commit is synced (synchronous=FULL). PATH.owner says who
 *  has it open, for whom the lock refuses. No other part of the process may open and close the file meanwhile: that would end the lock.
 *  owns    *out is the caller's (journal_close)
 *  ranks   root only, here and below
 *  errors  PT_E_NOMEM another run has it open (75, try again: names its host, process and time), or memory is short; PT_E_ARG resume: it is
 *          of another request, with both hashes; PT_E_NOINPUT resume: there is none; PT_E_CREATE; PT_E_FORMAT no journal of this version, or a damaged one;
 *          PT_E_IO */
pt_status journal_open(const journal_setup *setup, journal **out, pt_err *err);
/** Begin a run in a journal that was opened without a request's hash: setup with that hash, and n_partitions, host, process, now_unix and resume.
 *  errors  of journal_open */
pt_status journal_begin(journal *self, const journal_setup *setup, pt_err *err);

/** An open group is lost. */
void journal_close(journal *self);
/** The same; one that certainly holds no proof is removed before its lock is given back, as is the directory that was made for it. */
void journal_retire(journal *self);

/** The number of this run among all that have opened it: from 1. */
uint64_t journal_epoch(const journal *self);

typedef struct journal_entry {
    uint8_t identity[JOURNAL_HASH_BYTES];
    const char *id;
    const uint8_t *proof; /* compressed points */
    size_t n_proof_bytes;
    const uint8_t *public_inputs; /* canonical, 32 bytes each */
    size_t n_public;
    const char *rank; /* host and rank that proved it, for people */
    uint32_t attempt;
    double seconds;
} journal_entry;

/** What is known of a partition, in the open group as well.
 *  owns    *out borrows from the journal until the next call
 *  returns PT_OK with *found
 *  errors  PT_E_FORMAT the entry is damaged; PT_E_IO, PT_E_NOMEM: then the journal is of no more use */
pt_status journal_find(journal *self, const uint8_t *identity, bool *found, journal_entry *out, pt_err *err);

/** Add a finished partition to the open group. One that is there already stays as it is.
 *  errors  PT_E_IO the disk is full, the file system read-only, ...: then the whole group is lost and the journal of no more use */
pt_status journal_add(journal *self, const journal_entry *entry, pt_err *err);
/** Make the open group safe: synced when this returns. Nothing to do without one.
 *  errors  as journal_add */
pt_status journal_commit(journal *self, pt_err *err);

/** All entries there are, for tests; 0 if they can't be read. */
uint64_t journal_count(journal *self);

#endif
