/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mpi/cluster/coordinator_parts.h"

static const char miscomputed[] = "miscomputed a proof that another rank made: it gets no more work";
/* That a rank may have without a right proof between them; so it is where a device is left (engine.c). */
enum { DEVICE_FAULTS_MAX = 3 };
static const double group_s = 0.005; /* that a result waits for others to be committed with it */

/* ---- answers ---- */

static bool is_ended(const coordinator *self, uint32_t partition)
{
    const partition_state s = ledger_state(self->ledger, partition);
    return s == PARTITION_DONE || s == PARTITION_FAILED;
}

/* An answer that does not count is acknowledged once nothing can be lost by it. */
static void dismiss_answer(coordinator *self, const ledger_lease *from, ledger_answer how)
{
    if (how == ANSWER_STALE || is_ended(self, from->partition))
        coordinator_send_attempt(self, from->rank, WIRE_ACK, (wire_attempt){from->partition, from->attempt});
}

/* Does it come when another rank's proof of the partition is safe? Of an open request its place may be another partition's by now. */
static bool is_late(const coordinator *self, const ledger_lease *from, ledger_answer how)
{
    if (how != ANSWER_DUPLICATE || self->setup.is_open)
        return false;
    const uint32_t by = self->proven_by[from->partition];
    return by != LEDGER_NONE && by != from->rank;
}

static void take_proof(coordinator *self, const ledger_lease *from, const wire_frame *frame)
{
    if (self->n_arrived == GROUP_MAX)
        return; /* it comes again */
    arrival *a = &self->arrived[self->n_arrived];
    const size_t n_bytes = (size_t)frame->of.result.n_public * 32;
    uint8_t *public_inputs = malloc(n_bytes + 1);
    if (public_inputs == NULL)
        return;
    const ledger_answer how = ledger_proof(self->ledger, *from);
    if (how != ANSWER_COUNTS)
        dismiss_answer(self, from, how);
    a->is_late = is_late(self, from, how);
    if (how != ANSWER_COUNTS && !a->is_late) {
        free(public_inputs);
        return;
    }
    memcpy(public_inputs, frame->of.result.public_inputs, n_bytes);
    memcpy(a->bytes, frame->of.result.proof, frame->of.result.n_proof_bytes);
    a->public_inputs = public_inputs;
    a->proof = (cluster_proof){.partition = from->partition,
                               .key = self->setup.request->partitions[from->partition].key,
                               .attempt = from->attempt,
                               .rank = from->rank,
                               .n_bytes = frame->of.result.n_proof_bytes,
                               .n_public = frame->of.result.n_public,
                               .seconds = frame->of.result.seconds};
    self->n_arrived++;
}

/* The first one of a partition is remembered. Returns NULL without memory. */
static setback *note_setback(coordinator *self, const ledger_lease *from, pt_status status, const char *message)
{
    setback **at = &self->setbacks[from->partition];
    if (*at == NULL && (*at = calloc(1, sizeof **at)) != NULL)
        pt_fail(&(*at)->why, status, "%s", message);
    return *at;
}

static void fail_partition(coordinator *self, uint32_t partition)
{
    const setback *s = self->setbacks[partition];
    pt_err why = {0};
    if (s != NULL)
        why = s->why;
    else
        pt_fail(&why, PT_E_NOMEM, "%s: not proven", self->setup.request->partitions[partition].witness);
    self->setup.calls.failed(self->setup.calls.ctx, partition, &why);
}

void coordinator_end_failed(coordinator *self)
{
    uint32_t partition;
    while (ledger_next_failed(self->ledger, &partition))
        fail_partition(self, partition);
}

/* While draining, what a worker did not begin is left for another run. */
static bool is_given_back(coordinator *self, uint32_t partition, const wire_frame *frame)
{
    if (!self->draining || frame->of.failure.status != PT_E_NOMEM)
        return false;
    self->n_returned += !self->returned[partition];
    self->returned[partition] = true;
    return true;
}

/* Could another rank do better? A malformed witness is that everywhere; one that does not satisfy its circuit on two ranks is at fault; and
 * what the root alone may prove nobody else can. */
static bool is_worth_another(const coordinator *self, setback *s, pt_status status)
{
    if (s != NULL && status == PT_E_VERIFY)
        s->n_unsatisfied++;
    return status != PT_E_FORMAT && !(s != NULL && s->n_unsatisfied > 1) && !self->setup.is_root_alone;
}

/* Is somebody there who could prove in this rank's place? */
static bool is_another_there(const coordinator *self, uint32_t rank)
{
    for (uint32_t i = 0; i < self->n_ranks && !self->setup.is_root_alone; i++)
        if (i != rank && self->ranks[i].fit && ledger_is_live(self->ledger, i))
            return true;
    return false;
}

/* A rank whose device fails does so at once, and would go through all partitions while the others compute: as long as there are others,
 * no partition loses a try by it. */
static void take_device_fault(coordinator *self, const ledger_lease *from, const char *message)
{
    char why[300];
    ledger_return(self->ledger, *from);
    if (++self->ranks[from->rank].n_device_faults < DEVICE_FAULTS_MAX)
        return;
    snprintf(why, sizeof why, "fails by its device (%.200s): it gets no more work", message);
    coordinator_bar(self, from->rank, why);
}

/* Who says first that a witness does not satisfy its circuit was wrong itself if another rank proves it. */
static void note_doubt(setback *s, uint32_t rank, pt_status status)
{
    if (s == NULL || s->is_doubted || status != PT_E_VERIFY)
        return;
    s->is_doubted = true;
    s->doubted_at = rank;
}

/* Of an attempt that does not count any more: what it says of its rank does. */
static void take_late_failure(coordinator *self, const ledger_lease *from, const wire_frame *frame)
{
    const pt_status status = frame->of.failure.status;
    if (status != PT_E_VERIFY || !ledger_is_current(self->ledger, *from))
        return;
    if (ledger_state(self->ledger, from->partition) == PARTITION_DONE)
        coordinator_bar(self, from->rank, miscomputed);
    else
        note_doubt(note_setback(self, from, status, frame->of.failure.message), from->rank, status);
}

static void take_failure(coordinator *self, const ledger_lease *from, const wire_frame *frame)
{
    const wire_attempt attempt = {from->partition, from->attempt};
    coordinator_send_attempt(self, from->rank, WIRE_ACK, attempt);
    if (!ledger_holds(self->ledger, *from)) {
        take_late_failure(self, from, frame);
        return;
    }
    if (is_given_back(self, from->partition, frame))
        return;
    coordinator_tell_attempt(self, ATTEMPT_FAILED, from, frame->of.failure.seconds, frame->of.failure.message);
    if (frame->of.failure.status == PT_E_DEVICE && is_another_there(self, from->rank)) {
        take_device_fault(self, from, frame->of.failure.message);
        return;
    }
    setback *s = note_setback(self, from, frame->of.failure.status, frame->of.failure.message);
    note_doubt(s, from->rank, frame->of.failure.status);
    ledger_failure(self->ledger, *from, is_worth_another(self, s, frame->of.failure.status));
}

void coordinator_take_answer(coordinator *self, uint32_t rank, const wire_frame *frame)
{
    const ledger_lease from = {.partition = frame->attempt.partition, .attempt = frame->attempt.attempt, .rank = rank};
    if (from.partition >= self->n_partitions || !self->begun)
        return;
    if (frame->type == WIRE_RESULT)
        take_proof(self, &from, frame);
    else
        take_failure(self, &from, frame);
}

/* ---- what has arrived ---- */

/* A rank whose proof was wrong is named and gets no more work, unless there is no other. */
static void blame(coordinator *self, const cluster_proof *proof, bool late, const char *reason)
{
    const request_partition *p = &self->setup.request->partitions[proof->partition];
    const ledger_lease from = {.partition = proof->partition, .attempt = proof->attempt, .rank = proof->rank};
    char why[300];
    self->figures.n_wrong++;
    snprintf(why, sizeof why, "sent a wrong proof of %.100s (%.100s): it gets no more work", p->id, reason);
    coordinator_tell_attempt(self, ATTEMPT_WRONG, &from, proof->seconds, why);
    if (!late) {
        note_setback(self, &from, PT_E_INTERNAL, why);
        ledger_wrong(self->ledger, from);
        coordinator_send_attempt(self, proof->rank, WIRE_ACK, (wire_attempt){from.partition, from.attempt});
    }
    if (self->n_ranks > 1)
        coordinator_bar(self, proof->rank, NULL);
}

static void add_to_group(coordinator *self, const arrival *a, double now)
{
    const request_partition *p = &self->setup.request->partitions[a->proof.partition];
    char rank[WIRE_NAME_MAX + 16];
    snprintf(rank, sizeof rank, "%s:%u", self->ranks[a->proof.rank].host, a->proof.rank);
    if (self->journal != NULL) {
        const journal_entry entry = {.id = p->id,
                                     .proof = a->bytes,
                                     .n_proof_bytes = a->proof.n_bytes,
                                     .public_inputs = a->public_inputs,
                                     .n_public = a->proof.n_public,
                                     .rank = rank,
                                     .attempt = a->proof.attempt,
                                     .seconds = a->proof.seconds};
        journal_entry whole = entry;
        memcpy(whole.identity, self->identities + (size_t)a->proof.partition * JOURNAL_HASH_BYTES, JOURNAL_HASH_BYTES);
        journal_add(self->journal, &whole, &self->fatal);
    }
    if (self->n_grouped == 0)
        self->group_began = now;
    self->grouped[self->n_grouped++] = *a;
}

static void note_right(rank_state *rank)
{
    rank->n_proven++;
    rank->n_device_faults = 0;
}

static void judge_arrived(coordinator *self, double now)
{
    cluster_proof proofs[GROUP_MAX] = {0};
    pt_err verdicts[GROUP_MAX] = {0};
    const size_t n = self->n_arrived;
    for (size_t i = 0; i < n; i++) {
        proofs[i] = self->arrived[i].proof;
        proofs[i].bytes = self->arrived[i].bytes;
        proofs[i].public_inputs = self->arrived[i].public_inputs;
    }
    if (self->setup.calls.judge(self->setup.calls.ctx, proofs, n, verdicts, &self->fatal) != PT_OK)
        return;
    self->n_arrived = 0;
    for (size_t i = 0; i < n; i++) {
        const arrival *a = &self->arrived[i];
        const ledger_lease from = {.partition = proofs[i].partition, .attempt = proofs[i].attempt, .rank = proofs[i].rank};
        if (verdicts[i].code != PT_OK)
            blame(self, &proofs[i], a->is_late, verdicts[i].msg);
        else if (!a->is_late)
            note_right(&self->ranks[from.rank]);
        self->ranks[from.rank].last_seconds = proofs[i].seconds;
        coordinator_tell_attempt(self, ATTEMPT_PROVEN, &from, proofs[i].seconds, NULL);
        if (verdicts[i].code == PT_OK && !a->is_late)
            add_to_group(self, a, now);
        else
            free(a->public_inputs);
    }
}

/* A rank that could not prove what another one did was wrong itself. */
static void settle(coordinator *self, const cluster_proof *proof)
{
    const setback *s = self->setbacks[proof->partition];
    if (s != NULL && s->is_doubted && s->doubted_at != proof->rank)
        coordinator_bar(self, s->doubted_at, miscomputed);
}

static void finish_group(coordinator *self)
{
    if (self->journal != NULL && journal_commit(self->journal, &self->fatal) != PT_OK)
        return;
    for (size_t i = 0; i < self->n_grouped; i++) {
        arrival *a = &self->grouped[i];
        cluster_proof proof = a->proof;
        proof.bytes = a->bytes;
        proof.public_inputs = a->public_inputs;
        ledger_done(self->ledger, proof.partition);
        self->proven_by[proof.partition] = proof.rank;
        coordinator_send_attempt(self, proof.rank, WIRE_ACK, (wire_attempt){proof.partition, proof.attempt});
        settle(self, &proof);
        self->setup.calls.deliver(self->setup.calls.ctx, &proof, self->ranks[proof.rank].host);
        free(a->public_inputs);
    }
    self->n_grouped = 0;
}

double coordinator_due(const coordinator *self)
{
    return self->n_grouped > 0 ? self->group_began + group_s : INFINITY;
}

/* A group waits for others as long as there is a journal to spare, and somebody who may bring some. */
static bool is_group_due(const coordinator *self, double now)
{
    return self->n_grouped == GROUP_MAX || now >= coordinator_due(self) || self->journal == NULL ||
           ledger_count(self->ledger).n_leased == 0;
}

bool coordinator_look_at_arrived(coordinator *self, double now)
{
    const bool any = self->n_arrived > 0;
    if (any && self->n_arrived + self->n_grouped > GROUP_MAX)
        finish_group(self);
    if (any && self->fatal.code == PT_OK)
        judge_arrived(self, now);
    if (self->n_grouped > 0 && self->fatal.code == PT_OK && is_group_due(self, now)) {
        finish_group(self);
        return true;
    }
    return any;
}
