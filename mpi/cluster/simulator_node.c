/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/simulator_parts.h"

#include <stdlib.h>
#include <string.h>

static const double patience_s = 15; /* with a silent root */

/* ---- proving ---- */

/* A proof is the hash of what it proves, which the root can check without knowing the partition, as a pairing can. */
static void fill_proof(uint32_t partition, uint8_t *out)
{
    for (uint32_t i = 0; i < SIMULATED_PROOF_BYTES; i += 8) {
        const uint64_t word = chance_mix(((uint64_t)partition << 32 | i) + 1);
        memcpy(out + i, &word, sizeof word);
    }
}

bool simulated_proof_is_right(const uint8_t *proof, const uint8_t *public_inputs)
{
    uint8_t expected[SIMULATED_PROOF_BYTES];
    uint32_t partition;
    memcpy(&partition, public_inputs, sizeof partition);
    fill_proof(partition, expected);
    return memcmp(proof, expected, sizeof expected) == 0;
}

static pt_status node_open_keys(proving *base, const char *const *paths, uint32_t n_keys, pt_err *err)
{
    simulated_node *n = (simulated_node *)base;
    (void)paths;
    for (; n->n_keys < n_keys; n->n_keys++) {
        n->keys_at[n->n_keys] = n->of->now + n->of->setup.key_s;
        simulator_push_rank(n->of, EVENT_PROVEN, n->number, n->keys_at[n->n_keys]);
    }
    return err->code;
}

static const proving_key_state *node_key(proving *base, uint32_t number)
{
    simulated_node *n = (simulated_node *)base;
    return number < n->n_keys && n->of->now >= n->keys_at[number] ? &n->key : NULL;
}

static uint32_t node_room(const proving *base)
{
    const simulated_node *n = (const simulated_node *)base;
    return n->of->setup.n_in_flight + n->of->setup.n_ahead;
}

static void start_tasks(simulated_node *n)
{
    simulator *self = n->of;
    for (task *t = n->tasks; t != NULL && n->n_running < self->setup.n_in_flight; t = t->next) {
        if (t->ends != 0)
            continue;
        t->length = self->setup.partition_s * (1 + self->setup.spread * (2 * chance(&self->chances) - 1)) / n->speed;
        t->ends = self->now + t->length;
        self->result.proving_s += t->length;
        n->n_running++;
        simulator_push_rank(self, EVENT_PROVEN, n->number, t->ends);
    }
}

static pt_status node_begin(proving *base, const proving_order *order, pt_err *err)
{
    simulated_node *n = (simulated_node *)base;
    task *t = calloc(1, sizeof *t);
    if (t == NULL)
        return pt_fail(err, pt_fail(n->of->err, PT_E_NOMEM, "no memory for a simulated partition"), "%s", n->of->err->msg);
    t->attempt = order->attempt;
    t->number = (uint32_t)strtoul(order->witness, NULL, 10);
    *n->last_task = t;
    n->last_task = &t->next;
    start_tasks(n);
    return PT_OK;
}

/* A file that one rank does not see, and rank 0 does. */
static bool is_unreadable(const simulated_node *n, uint32_t partition)
{
    const uint64_t word = chance_mix(n->of->setup.seed ^ chance_mix((uint64_t)partition << 32 | n->number));
    return n->number != 0 && (double)(word >> 11) * 0x1p-53 < n->of->setup.faults.unreadable;
}

static void fill_end(simulated_node *n, const task *t, proving_end *out)
{
    simulator *self = n->of;
    const uint32_t partition = t->number;
    *out = (proving_end){.attempt = t->attempt, .begun = true, .seconds = t->length};
    if (self->unsatisfied[partition]) {
        pt_fail(&out->err, PT_E_VERIFY, "not satisfied or miscomputed");
    } else if (is_unreadable(n, partition)) {
        pt_fail(&out->err, PT_E_NOINPUT, "not to be read on this rank");
    } else if ((out->public_inputs = calloc(1, 32)) == NULL) {
        pt_fail(&out->err, pt_fail(self->err, PT_E_NOMEM, "no memory for a simulated proof"), "%s", self->err->msg);
    } else {
        memcpy(out->public_inputs, &partition, sizeof partition);
        fill_proof(partition, out->proof);
        out->n_proof_bytes = SIMULATED_PROOF_BYTES;
        out->n_public = 1;
        if (chance(&self->chances) < self->setup.faults.miscompute)
            out->proof[chance_word(&self->chances) % SIMULATED_PROOF_BYTES] ^= 1;
    }
}

static void free_task(simulated_node *n, task **at)
{
    task *t = *at;
    *at = t->next;
    if (t->next == NULL)
        n->last_task = at;
    free(t);
}

static bool node_next(proving *base, proving_end *out)
{
    simulated_node *n = (simulated_node *)base;
    for (task **at = &n->tasks; *at != NULL; at = &(*at)->next) {
        if ((*at)->ends == 0 || (*at)->ends > n->of->now)
            continue;
        fill_end(n, *at, out);
        free_task(n, at);
        n->n_running--;
        start_tasks(n);
        return true;
    }
    return false;
}

/* What waits goes; what is under way ends as it would have. */
static void node_cancel(proving *base, wire_attempt attempt)
{
    simulated_node *n = (simulated_node *)base;
    for (task **at = &n->tasks; *at != NULL; at = &(*at)->next)
        if ((*at)->ends == 0 && (*at)->attempt.partition == attempt.partition &&
            (*at)->attempt.attempt == attempt.attempt) {
            free_task(n, at);
            return;
        }
}

static const proving_ops proving_table = {.open_keys = node_open_keys,
                                          .key = node_key,
                                          .room = node_room,
                                          .begin = node_begin,
                                          .next = node_next,
                                          .cancel = node_cancel};

/* ---- lives of ranks ---- */

void simulated_node_stop(simulated_node *n)
{
    worker_destroy(n->worker);
    n->worker = NULL;
    while (n->tasks != NULL)
        free_task(n, &n->tasks);
    n->n_running = 0;
    n->frozen = false;
    n->n_keys = 0;
    n->dead = true;
    n->life++;
}

void simulated_node_start(simulator *self, uint32_t rank)
{
    simulated_node *n = &self->nodes[rank];
    *n = (simulated_node){.base = {.ops = &proving_table},
                          .link = {.ops = &simulator_node_ops, .rank = rank, .n_ranks = self->setup.n_ranks},
                          .of = self,
                          .number = rank,
                          .life = n->life + 1,
                          .speed = n->speed};
    n->last_task = &n->tasks;
    const worker_setup setup = {.transport = &n->link,
                                .proving = &n->base,
                                .build = SIMULATED_BUILD,
                                .host = "node",
                                .process = n->life,
                                .n_threads = 1,
                                .patience_s = patience_s};
    worker_create(&setup, self->now, &n->worker, self->err);
    simulator_push_rank(self, EVENT_TICK, rank, self->now + chance(&self->chances) * self->setup.frame_s);
}

void simulated_node_tick(simulated_node *n)
{
    pt_err how = {0};
    worker_tick(n->worker, n->of->now);
    if (worker_is_over(n->worker, &how)) {
        simulated_node_stop(n);
        simulator_push_rank(n->of, EVENT_REVIVE, n->number, n->of->now + 1);
    }
}
