/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/transport_join.h"

#include <stdlib.h>

enum { OWN_WORKER = 1 };

typedef struct {
    transport base;
    transport *own, *others;
} join;

static pt_status join_send(transport *self, uint32_t to, const uint8_t *frame, size_t n_bytes, pt_err *err)
{
    const join *j = (const join *)self;
    return to == 0 ? transport_send(j->own, OWN_WORKER, frame, n_bytes, err)
                   : transport_send(j->others, to, frame, n_bytes, err);
}

static bool join_receive(transport *self, uint32_t *from, const uint8_t **frame, size_t *n_bytes)
{
    const join *j = (const join *)self;
    if (transport_receive(j->own, from, frame, n_bytes)) {
        *from = 0;
        return true;
    }
    return j->others != NULL && transport_receive(j->others, from, frame, n_bytes);
}

static void join_destroy(transport *self)
{
    free(self);
}

static const transport_ops ops = {.send = join_send, .receive = join_receive, .destroy = join_destroy};

pt_status transport_join_create(transport *own, transport *others, transport **out, pt_err *err)
{
    join *j = calloc(1, sizeof *j);
    if (j == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for the ranks' frames");
    *j = (join){.base = {.ops = &ops, .n_ranks = others == NULL ? 1 : others->n_ranks}, .own = own, .others = others};
    *out = &j->base;
    return PT_OK;
}
