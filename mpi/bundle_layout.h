/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/bundle_layout.h - the numbers that writer and reader of bundles share. */
#ifndef PT_BUNDLE_LAYOUT_H
#define PT_BUNDLE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUNDLE_MAGIC "ptbd"

enum {
    BUNDLE_VERSION = 1,
    BUNDLE_HEAD_BYTES = 16,      /* magic, version, n_keys, n_partitions */
    BUNDLE_KEY_BYTES = 68,       /* r, n_public, hash */
    BUNDLE_PARTITION_BYTES = 6,  /* key, length of the id */
    BUNDLE_WINDOW_LOG = 18,      /* what a reader must keep for zstd */
    BUNDLE_RATIO_MAX = 1024,     /* content to file, beyond BUNDLE_CONTENT_FREE */
    BUNDLE_PARTITIONS_FREE = 64, /* partitions, beyond one a byte of the file */
};

static const uint64_t BUNDLE_CONTENT_FREE = 1 << 30;

/** May a file of so many bytes hold so much? A reader's time is bounded by this, and 33 million public inputs of 0 are within it.
 *  ranks   any */
static inline bool bundle_may_hold(uint64_t file_bytes, uint64_t content_bytes)
{
    return content_bytes <= BUNDLE_CONTENT_FREE || (content_bytes - BUNDLE_CONTENT_FREE) / BUNDLE_RATIO_MAX <= file_bytes;
}

#endif
