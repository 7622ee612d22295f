/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/simulator_parts.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES_MAX = 8 };
static const double lease_s = 3;
static const double group_s = 0.005001; /* the coordinator's, and what rounding may take */

static void be_busy(simulator *self, double seconds)
{
    self->root_free = fmax(self->root_free, self->now) + seconds;
    self->result.root_busy_s += seconds;
}

void simulator_wake_root(simulator *self, double at)
{
    if (at >= self->root_due)
        return;
    self->root_due = at;
    simulator_push_rank(self, EVENT_TICK, ROOT, at);
}

static pt_status judge(void *ctx, const cluster_proof *proofs, size_t n, pt_err *verdicts, pt_err *err)
{
    simulator *self = ctx;
    for (size_t i = 0; i < n; i++)
        if (proofs[i].n_bytes != SIMULATED_PROOF_BYTES || proofs[i].n_public != 1 ||
            !simulated_proof_is_right(proofs[i].bytes, proofs[i].public_inputs))
            pt_fail(&verdicts[i], PT_E_VERIFY, "a simulated proof is wrong");
    be_busy(self, self->setup.judge_s * (double)n);
    self->commit_due = fmax(self->root_free, self->now + group_s);
    return err->code;
}

void simulator_broken(simulator *self, const char *what, uint32_t partition)
{
    pt_fail(self->err, PT_E_INTERNAL, "seed %" PRIu64 ": partition %u %s", self->setup.seed, partition, what);
}

static void check_proof(simulator *self, uint32_t partition, const uint8_t *proof, const uint8_t *public_inputs)
{
    uint32_t proven;
    memcpy(&proven, public_inputs, sizeof proven);
    if (proven != partition || !simulated_proof_is_right(proof, public_inputs))
        simulator_broken(self, "was published with a wrong proof", partition);
}

static void deliver(void *ctx, const cluster_proof *proof, const char *host)
{
    simulator *self = ctx;
    const uint32_t partition = simulator_lines_ended(self, proof->partition);
    (void)host;
    check_proof(self, partition, proof->bytes, proof->public_inputs);
    if (self->delivered[partition])
        simulator_broken(self, "was proven and published twice", partition);
    self->delivered[partition] = true;
    if (self->now >= self->group_ends) {
        self->group_ends = self->now + group_s;
        be_busy(self, self->setup.commit_s);
    }
    self->result.needed_s += proof->seconds;
    self->result.makespan_s = fmax(self->now, self->root_free) - self->begun_at;
}

static void fail(void *ctx, uint32_t place, const pt_err *why)
{
    simulator *self = ctx;
    const uint32_t partition = simulator_lines_ended(self, place);
    /* With a rank at fault those that are left may all have failed at it. */
    const coordinator_figures f = coordinator_figures_now(self->coordinator);
    if (!self->unsatisfied[partition] && f.n_barred + f.n_wrong == 0)
        pt_fail(self->err, PT_E_INTERNAL, "seed %" PRIu64 ": partition %u is sound and failed: %s", self->setup.seed,
                partition, why->msg);
    self->failed[partition] = true;
}

static void tell(void *ctx, const cluster_event *e)
{
    (void)ctx;
    (void)e;
}

bool simulator_recall(simulator *self, uint32_t i)
{
    uint8_t identity[JOURNAL_HASH_BYTES] = {0};
    journal_entry entry;
    bool found;
    memcpy(identity, &i, sizeof i);
    if (self->journal == NULL || journal_find(self->journal, identity, &found, &entry, self->err) != PT_OK)
        return false;
    if (self->delivered[i] && !found)
        simulator_broken(self, "was published, and the journal does not know it", i);
    if (!found)
        return false;
    check_proof(self, i, entry.proof, entry.public_inputs);
    self->delivered[i] = true; /* by this root, if the last one did not come to it */
    return true;
}

/* A root that starts finds what earlier ones have published, or it was lost. */
static void recall(simulator *self)
{
    for (uint32_t i = 0; i < self->setup.n_partitions && self->err->code == PT_OK; i++)
        if (simulator_recall(self, i))
            coordinator_set_done(self->coordinator, i);
}

static void open_journal(simulator *self)
{
    if (self->setup.vfs == NULL)
        return;
    const journal_setup setup = {.path = "simulated.db",
                                 .vfs = self->setup.vfs,
                                 .request_hash = self->key_hash,
                                 .n_partitions = self->setup.n_partitions,
                                 .host = "root",
                                 .process = self->n_roots,
                                 .now_unix = self->now,
                                 .resume = self->n_roots > 1};
    if (journal_open(&setup, &self->journal, self->err) == PT_OK && self->setup.n_places == 0)
        recall(self);
}

void simulator_root_start(simulator *self)
{
    const coordinator_setup setup = {
        .request = &self->request,
        .transport = &self->root_link,
        .calls = {.ctx = self, .judge = judge, .deliver = deliver, .failed = fail, .tell = tell},
        .build = SIMULATED_BUILD,
        .epoch = ++self->n_roots,
        .number = 1,
        .lease_s = lease_s,
        .tries_max = TRIES_MAX,
        .is_open = self->setup.n_places > 0,
        .n_keys_max = SIMULATED_KEYS_MAX};
    self->root_free = self->begun_at = self->now;
    memset(self->failed, 0, self->setup.n_partitions * sizeof *self->failed);
    if (coordinator_create(&setup, self->now, &self->coordinator, self->err) != PT_OK)
        return;
    open_journal(self);
    simulator_lines_begin(self);
    coordinator_begin(self->coordinator, self->key_hash, self->journal, self->identities, self->now);
    for (uint32_t i = 0; i < self->setup.n_ranks; i++)
        simulated_node_start(self, i);
    self->root_due = INFINITY;
    simulator_wake_root(self, self->now);
}

static void keep_figures(simulator *self)
{
    const coordinator_figures f = coordinator_figures_now(self->coordinator);
    simulator_result *r = &self->result;
    r->n_done = r->n_failed = 0;
    for (uint32_t i = 0; i < self->setup.n_partitions; i++) {
        r->n_done += self->delivered[i];
        r->n_failed += self->failed[i];
    }
    r->n_lost += f.n_lost;
    r->n_barred += f.n_barred;
    r->n_given += f.n_given;
    r->n_twice += f.n_twice;
    r->n_damaged += f.n_damaged;
    r->n_wrong += f.n_wrong;
    r->n_roots = self->n_roots;
}

void simulator_root_stop(simulator *self)
{
    if (self->coordinator != NULL)
        keep_figures(self);
    coordinator_destroy(self->coordinator);
    self->coordinator = NULL;
    journal_close(self->journal);
    self->journal = NULL;
}

void simulator_crash(simulator *self)
{
    self->setup.crash_disk(self->setup.ctx);
    simulator_root_stop(self);
    for (uint32_t i = 0; i < self->setup.n_ranks; i++)
        simulated_node_stop(&self->nodes[i]);
    self->setup.start_disk(self->setup.ctx);
    simulator_root_start(self);
}

void simulator_root_turn(simulator *self)
{
    for (size_t i = 0; i < COORDINATOR_FRAMES_MAX && self->inbox.n > 0; i++) {
        const event e = event_queue_pop(&self->inbox);
        coordinator_receive(self->coordinator, e.from, e.bytes, e.n_bytes, self->now);
        free(e.bytes);
    }
    simulator_lines_turn(self);
    coordinator_tick(self->coordinator, self->now);
    if (self->commit_due > self->now)
        simulator_wake_root(self, self->commit_due);
    if (self->inbox.n > 0)
        simulator_wake_root(self, self->root_free);
}

bool simulator_is_over(simulator *self)
{
    pt_err of_root = {0};
    if (self->err->code != PT_OK)
        return true;
    if (!coordinator_is_over(self->coordinator, &of_root))
        return false;
    if (of_root.code != PT_OK)
        pt_fail(self->err, of_root.code, "seed %" PRIu64 ": %s", self->setup.seed, of_root.msg);
    return true;
}
