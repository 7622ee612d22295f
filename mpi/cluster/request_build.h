/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/cluster/request_build.h - a request while it is put together, one partition after the other: for request.c and request_lines.c. */
#ifndef PT_REQUEST_BUILD_H
#define PT_REQUEST_BUILD_H

#include "mpi/cluster/request.h"

typedef struct request_build {
    request *to;
    const char *dir;  /* of the outputs; NULL: there are none */
    void *ids, *keys; /* tsearch's trees: where an id or key is to be found */
} request_build;

/** Where something that has a name stands. */
typedef struct request_place {
    const char *name; /* the request's */
    uint32_t index;
    size_t line;
} request_place;

/** What is asked for, not yet in the request; all of it is copied. */
typedef struct request_item {
    const char *id, *key, *witness;
    int32_t priority;
    size_t line; /* where it stands */
} request_item;

/** Release what the building took; the request stays.
 *  ranks   root only, here and below */
void request_build_clear(request_build *self);

/** The witness file's name without directory and .wtns. owns: the caller's, NULL without memory */
char *request_default_id(const char *witness);

/** What keeps an id from being the name of files, to be read behind it; NULL: nothing. */
const char *request_id_fault(const char *id);

/** The partition of this id, or NULL. */
const request_place *request_build_find_id(const request_build *self, const char *id);

/** Add a partition of a new id, and its key if that is new; on failure the request is as before.
 *  errors  PT_E_FORMAT too many keys; PT_E_NOMEM. where: begins the message */
pt_status request_build_add(request_build *self, const request_item *item, const char *where, pt_err *err);

/** The same, in the place of a partition that is over, which is released; its id is not looked at and not kept. place: of the request's
 *  errors  as request_build_add */
pt_status request_build_put(request_build *self, const request_item *item, uint32_t place, const char *where, pt_err *err);

#endif
