/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/simulator_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- events ---- */

void simulator_push(simulator *self, event e)
{
    event_queue_push(&self->events, e, self->err);
}

void simulator_push_rank(simulator *self, event_kind kind, uint32_t rank, double at)
{
    simulator_push(
        self, (event){.at = at, .kind = kind, .rank = rank, .life = rank == ROOT ? self->n_roots : self->nodes[rank].life});
}

/* ---- frames ---- */

static void send_copy(simulator *self, uint32_t from, uint32_t to, uint32_t rank, const uint8_t *frame, size_t n_bytes)
{
    const simulator_faults *f = &self->setup.faults;
    uint8_t *bytes = malloc(n_bytes + 1);
    if (bytes == NULL) {
        pt_fail(self->err, PT_E_NOMEM, "no memory for a simulated frame");
        return;
    }
    memcpy(bytes, frame, n_bytes);
    if (chance(&self->chances) < f->damage && n_bytes > 0)
        bytes[chance_word(&self->chances) % n_bytes] ^= (uint8_t)(1u << chance_word(&self->chances) % 8);
    double at =
        fmax(self->now, from == ROOT ? self->root_free : 0) + self->setup.frame_s * (1 + chance(&self->chances) / 2);
    double *in_order = &self->link_free[2 * rank + (to == ROOT)];
    if (chance(&self->chances) < f->reorder)
        at += chance_wait(&self->chances, 2);
    else
        *in_order = at = fmax(at, *in_order);
    simulator_push(self,
                   (event){.at = at, .kind = EVENT_FRAME, .rank = to, .from = from, .bytes = bytes, .n_bytes = n_bytes});
}

static void send_frame(simulator *self, uint32_t from, uint32_t to, uint32_t rank, const uint8_t *frame, size_t n_bytes)
{
    self->result.n_frames++;
    self->result.frame_bytes += n_bytes;
    if (chance(&self->chances) < self->setup.faults.lose)
        return;
    send_copy(self, from, to, rank, frame, n_bytes);
    if (chance(&self->chances) < self->setup.faults.duplicate)
        send_copy(self, from, to, rank, frame, n_bytes);
}

static pt_status root_send(transport *link, uint32_t to, const uint8_t *frame, size_t n_bytes, pt_err *err)
{
    simulator *self = (simulator *)((char *)link - offsetof(simulator, root_link));
    send_frame(self, ROOT, to, to, frame, n_bytes);
    return err->code;
}

static pt_status node_send(transport *link, uint32_t to, const uint8_t *frame, size_t n_bytes, pt_err *err)
{
    simulated_node *n = (simulated_node *)((char *)link - offsetof(simulated_node, link));
    (void)to;
    send_frame(n->of, n->number, ROOT, n->number, frame, n_bytes);
    return err->code;
}

const transport_ops simulator_root_ops = {.send = root_send}, simulator_node_ops = {.send = node_send};
