/* SPDX-License-Identifier: Apache-2.0 */
/* tests/cluster/memory_vfs.h - a file system for SQLite that lies in memory and, at a crash, loses what was not synced.
 *
 * Any number of them at a time, each known to SQLite by its name. Nothing depends on time or chance: seeds and calls alone. Locks are as on
 * a disk, among all that have a file open. There is no memory shared among processes, which a write-ahead log under an exclusive lock
 * does without. A name that is made or removed is safe when its file is synced, or it was removed with a sync of its directory.
 * Opening a journal costs some 130 us, most of it SQL that is compiled; a quarter less after sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0). */
#ifndef PT_MEMORY_VFS_H
#define PT_MEMORY_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct memory_vfs memory_vfs;

typedef struct memory_vfs_setup {
    uint64_t seed;    /* of what SQLite asks for as random, and of what LOSE_SOME loses */
    bool drops_syncs; /* a planted fault: a sync does nothing and says that it did */
} memory_vfs_setup;

/** owns    the caller's (memory_vfs_destroy); NULL without memory
 *  thread  several file systems in several threads; one is used by one thread at a time */
memory_vfs *memory_vfs_create(const memory_vfs_setup *setup);
/** No database may be open on it. */
void memory_vfs_destroy(memory_vfs *self);

/** What SQLite knows it by: for sqlite3_open_v2, and journal_setup.vfs. */
const char *memory_vfs_name(const memory_vfs *self);

typedef enum {
    LOSE_NOTHING, /* the process ended: what it wrote is with the system */
    LOSE_ALL,     /* the power went: what is not synced is not there */
    LOSE_SOME /* the power went: of what is not synced each piece of 512 bytes, length and name is there or not, by the seed */
} memory_vfs_loss;

/** Whoever has a file open dies: from here on each call fails, and what is open can only be closed. */
void memory_vfs_crash(memory_vfs *self, memory_vfs_loss loss);
/** After a crash, and when all that was open is closed: files can be opened again. */
void memory_vfs_start(memory_vfs *self);

/** After n more writes, syncs, truncations and deletions each call fails, as in a crash that is then still to be made. */
void memory_vfs_stop_after(memory_vfs *self, uint64_t n);

/** The disk is full when all files together have so many bytes. */
void memory_vfs_set_room(memory_vfs *self, size_t n_bytes);

typedef struct {
    uint64_t n_changes; /* writes, syncs, truncations, deletions */
    uint64_t n_syncs;
    size_t n_bytes; /* of all files, as they are now */
} memory_vfs_counts;
memory_vfs_counts memory_vfs_count(const memory_vfs *self);

#endif
