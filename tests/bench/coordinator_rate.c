/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator_rate CIRCUIT RANKS RESULTS JOURNAL compare|pairing
 *
 * How many assignments and results a second the coordinator takes: the coordinator, the workers, their frames and the journal are those of
 * `prove`; what is missing is proving, for a worker answers at once. CIRCUIT.zkey, CIRCUIT_proof.json and CIRCUIT_public.json are of one
 * proof, which all partitions get. `compare`: the root's pairing check is replaced by a comparison with that proof.
 *
 * JOURNAL must not be there; it is removed at the end, after every partition was found in it once. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mpi/cluster/coordinator.h"
#include "mpi/cluster/proof_judge.h"
#include "mpi/cluster/worker.h"
#include "node/format/proof_bytes.h"
#include "node/format/proof_json.h"
#include "node/pipeline/stage.h"

enum { ROOM = 4, TEXT_MAX = 4200 };
static const double patience_s = 15, lease_s = 3, report_s = 0.25;
static const char build[] = "measured";

/* Frames on their way, in one direction, one behind the other. */
typedef struct {
    uint8_t *bytes;
    size_t n, at, capacity;
} frames;

typedef struct {
    uint32_t rank;
    size_t n_bytes;
} frame_head;

typedef struct bench bench;

typedef struct {
    proving base;
    transport link;
    bench *of;
    bool opening;
    wire_attempt begun[ROOM];
    uint32_t n_begun;
    worker *worker;
} node;

struct bench {
    uint32_t n_ranks, n_results;
    const char *journal_path;
    bool pairing;
    key_copies keys;
    crew *crew;
    uint8_t proof[PROOF_BYTES_MAX], *public_inputs;
    size_t n_proof_bytes, n_public;
    proving_key_state key_state;
    request request;
    char *texts;
    uint8_t *identities;
    uint32_t *n_delivered; /* of each partition */
    transport root_link;
    frames to_root, to_nodes, taken; /* taken: those of to_nodes that are being delivered */
    node *nodes;
    coordinator *coordinator;
    journal *journal;
    uint64_t n_frames, frame_bytes;
    size_t n_commits, n_done;
    bool in_group;
    double wall_s, root_s, judge_s;
    pt_err *err;
};

/* ---- frames ---- */

static pt_status frames_add(frames *self, uint32_t rank, const uint8_t *bytes, size_t n_bytes, pt_err *err)
{
    const frame_head head = {rank, n_bytes};
    const size_t needed = self->n + sizeof head + n_bytes;
    if (needed > self->capacity) {
        uint8_t *room = realloc(self->bytes, 2 * needed);
        if (room == NULL)
            return pt_fail(err, PT_E_NOMEM, "no memory for frames");
        self->bytes = room;
        self->capacity = 2 * needed;
    }
    memcpy(self->bytes + self->n, &head, sizeof head);
    memcpy(self->bytes + self->n + sizeof head, bytes, n_bytes);
    self->n = needed;
    return PT_OK;
}

static bool frames_next(frames *self, uint32_t *rank, const uint8_t **bytes, size_t *n_bytes)
{
    frame_head head;
    if (self->at == self->n) {
        self->at = self->n = 0;
        return false;
    }
    memcpy(&head, self->bytes + self->at, sizeof head);
    *rank = head.rank;
    *n_bytes = head.n_bytes;
    *bytes = self->bytes + self->at + sizeof head;
    self->at += sizeof head + head.n_bytes;
    return true;
}

static pt_status root_send(transport *link, uint32_t to, const uint8_t *frame, size_t n_bytes, pt_err *err)
{
    bench *self = (bench *)((char *)link - offsetof(bench, root_link));
    self->n_frames++;
    self->frame_bytes += n_bytes;
    return frames_add(&self->to_nodes, to, frame, n_bytes, err);
}

static bool root_receive(transport *link, uint32_t *from, const uint8_t **frame, size_t *n_bytes)
{
    bench *self = (bench *)((char *)link - offsetof(bench, root_link));
    return frames_next(&self->to_root, from, frame, n_bytes);
}

static pt_status node_send(transport *link, uint32_t to, const uint8_t *frame, size_t n_bytes, pt_err *err)
{
    node *n = (node *)((char *)link - offsetof(node, link));
    (void)to;
    n->of->n_frames++;
    n->of->frame_bytes += n_bytes;
    return frames_add(&n->of->to_root, link->rank, frame, n_bytes, err);
}

static const transport_ops root_ops = {.send = root_send, .receive = root_receive}, node_ops = {.send = node_send};

/* ---- workers that answer at once ---- */

static pt_status node_open_keys(proving *base, const char *const *paths, uint32_t n_keys, pt_err *err)
{
    (void)paths;
    (void)n_keys;
    ((node *)base)->opening = true;
    return err->code;
}

static const proving_key_state *node_key(proving *base, uint32_t number)
{
    const node *n = (const node *)base;
    (void)number;
    return n->opening ? &n->of->key_state : NULL;
}

static uint32_t node_room(const proving *base)
{
    (void)base;
    return ROOM;
}

static pt_status node_begin(proving *base, const proving_order *order, pt_err *err)
{
    node *n = (node *)base;
    if (n->n_begun == ROOM)
        return pt_fail(err, PT_E_NOMEM, "more partitions than there is room for");
    n->begun[n->n_begun++] = order->attempt;
    return PT_OK;
}

static bool node_next(proving *base, proving_end *out)
{
    node *n = (node *)base;
    const bench *of = n->of;
    if (n->n_begun == 0)
        return false;
    *out = (proving_end){.attempt = n->begun[--n->n_begun], .begun = true, .seconds = 1};
    memcpy(out->proof, of->proof, of->n_proof_bytes);
    out->n_proof_bytes = (uint32_t)of->n_proof_bytes;
    out->n_public = (uint32_t)of->n_public;
    out->public_inputs = malloc(of->n_public * PT_FR_BYTES + 1);
    if (out->public_inputs == NULL)
        pt_fail(&out->err, PT_E_NOMEM, "no memory for public inputs");
    else
        memcpy(out->public_inputs, of->public_inputs, of->n_public * PT_FR_BYTES);
    return true;
}

static void node_cancel(proving *base, wire_attempt attempt)
{
    (void)base;
    (void)attempt;
}

static const proving_ops proving_table = {.open_keys = node_open_keys,
                                          .key = node_key,
                                          .room = node_room,
                                          .begin = node_begin,
                                          .next = node_next,
                                          .cancel = node_cancel};

/* ---- the root ---- */

static bool is_the_proof(const bench *self, const cluster_proof *p)
{
    return p->n_bytes == self->n_proof_bytes && p->n_public == self->n_public &&
           memcmp(p->bytes, self->proof, self->n_proof_bytes) == 0 &&
           memcmp(p->public_inputs, self->public_inputs, self->n_public * PT_FR_BYTES) == 0;
}

static pt_status judge(void *ctx, const cluster_proof *proofs, size_t n, pt_err *verdicts, pt_err *err)
{
    bench *self = ctx;
    const double begin = clock_seconds();
    self->in_group = false;
    if (self->pairing)
        proof_judge(&self->keys, proofs, n, verdicts, err);
    for (size_t i = 0; i < n && !self->pairing; i++)
        if (!is_the_proof(self, &proofs[i]))
            pt_fail(&verdicts[i], PT_E_VERIFY, "another proof");
    self->judge_s += clock_seconds() - begin;
    return err->code;
}

static void deliver(void *ctx, const cluster_proof *proof, const char *host)
{
    bench *self = ctx;
    (void)host;
    self->n_commits += !self->in_group;
    self->in_group = true;
    self->n_delivered[proof->partition]++;
    self->n_done++;
}

static void fail_partition(void *ctx, uint32_t partition, const pt_err *why)
{
    bench *self = ctx;
    pt_fail(self->err, PT_E_INTERNAL, "partition %u failed: %s", partition, why->msg);
}

static void tell(void *ctx, const cluster_event *event)
{
    bench *self = ctx;
    if (cluster_event_is_news(event->kind))
        pt_fail(self->err, PT_E_INTERNAL, "rank %u %s", event->rank, event->text);
}

/* As the program's turn (mpi/root_run.c). */
static void root_turn(bench *self)
{
    const double begin = clock_seconds();
    const uint8_t *frame;
    size_t n_bytes;
    uint32_t from;
    self->in_group = false;
    for (size_t i = 0; i < COORDINATOR_FRAMES_MAX && transport_receive(&self->root_link, &from, &frame, &n_bytes); i++)
        coordinator_receive(self->coordinator, from, frame, n_bytes, begin);
    coordinator_tick(self->coordinator, begin);
    self->root_s += clock_seconds() - begin;
}

static void nodes_turn(bench *self)
{
    const uint8_t *frame;
    size_t n_bytes;
    uint32_t to;
    const double now = clock_seconds();
    const frames empty = self->taken;
    self->taken = self->to_nodes;
    self->to_nodes = empty;
    while (frames_next(&self->taken, &to, &frame, &n_bytes)) {
        worker_receive(self->nodes[to].worker, frame, n_bytes, now);
        worker_tick(self->nodes[to].worker, now);
    }
}

static void run(bench *self)
{
    const double begin = clock_seconds();
    double ticked = 0;
    coordinator_begin(self->coordinator, self->key_state.hash, self->journal, self->identities, begin);
    while (self->err->code == PT_OK && !coordinator_is_over(self->coordinator, self->err)) {
        const double now = clock_seconds();
        for (uint32_t i = 0; i < self->n_ranks && now - ticked >= report_s; i++)
            worker_tick(self->nodes[i].worker, now);
        ticked = now - ticked >= report_s ? now : ticked;
        root_turn(self);
        nodes_turn(self);
    }
    self->wall_s = clock_seconds() - begin;
}

/* ---- making and checking ---- */

static pt_status read_inputs(bench *self, const char *circuit, pt_err *err)
{
    char path[TEXT_MAX];
    groth16_proof proof;
    const cpu_features features = cpu_features_read();
    snprintf(path, sizeof path, "%s.zkey", circuit);
    if (crew_create(1, &self->crew, err) != PT_OK ||
        proving_key_open(path, (proving_key_options){.features = features}, self->crew, &self->keys.of[0], err) != PT_OK)
        return err->code;
    self->keys.n = 1;
    vkey_hash(&self->keys.of[0]->vkey, self->key_state.hash);
    snprintf(path, sizeof path, "%s_proof.json", circuit);
    if (proof_json_read(path, features, &proof, err) != PT_OK)
        return err->code;
    proof_bytes_write(&proof, self->proof);
    self->n_proof_bytes = proof_bytes_of(proof.curve);
    snprintf(path, sizeof path, "%s_public.json", circuit);
    return public_json_read(path, proof.curve, &self->public_inputs, &self->n_public, err);
}

static pt_status make_request(bench *self, pt_err *err)
{
    enum { ID_ROOM = 32, WITNESS_ROOM = 48 };
    static char key_path[] = "/srv/keys/measured.ptkey";
    const size_t n = self->n_results;
    self->request = (request){.keys = calloc(1, sizeof *self->request.keys),
                              .n_keys = 1,
                              .partitions = calloc(n, sizeof *self->request.partitions),
                              .n_partitions = self->n_results};
    self->texts = calloc(n, ID_ROOM + WITNESS_ROOM);
    self->identities = calloc(n, JOURNAL_HASH_BYTES);
    self->n_delivered = calloc(n, sizeof *self->n_delivered);
    if (self->request.keys == NULL || self->request.partitions == NULL || self->texts == NULL || self->identities == NULL ||
        self->n_delivered == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for %zu partitions", n);
    self->request.keys[0] = key_path;
    for (size_t i = 0; i < n; i++) {
        char *id = self->texts + i * (ID_ROOM + WITNESS_ROOM), *witness = id + ID_ROOM;
        snprintf(id, ID_ROOM, "part-%08zu", i);
        snprintf(witness, WITNESS_ROOM, "/srv/witnesses/part-%08zu.wtns", i);
        self->request.partitions[i] = (request_partition){.id = id, .witness = witness};
        for (size_t j = 0; j < JOURNAL_HASH_BYTES; j += 8) { /* in no order, as hashes are */
            const uint64_t word = (i + 1) * (0x9e3779b97f4a7c15u + 2 * j);
            memcpy(self->identities + i * JOURNAL_HASH_BYTES + j, &word, sizeof word);
        }
    }
    return PT_OK;
}

static pt_status make_nodes(bench *self, pt_err *err)
{
    self->nodes = calloc(self->n_ranks, sizeof *self->nodes);
    if (self->nodes == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for %u workers", self->n_ranks);
    for (uint32_t i = 0; i < self->n_ranks && err->code == PT_OK; i++) {
        node *n = &self->nodes[i];
        n->base.ops = &proving_table;
        n->link = (transport){.ops = &node_ops, .rank = i, .n_ranks = self->n_ranks};
        n->of = self;
        const worker_setup setup = {.transport = &n->link,
                                    .proving = &n->base,
                                    .build = build,
                                    .host = "node",
                                    .process = i + 1,
                                    .n_threads = 1,
                                    .patience_s = patience_s};
        worker_create(&setup, clock_seconds(), &n->worker, err);
    }
    return err->code;
}

static pt_status make_root(bench *self, pt_err *err)
{
    self->root_link = (transport){.ops = &root_ops, .n_ranks = self->n_ranks};
    const coordinator_setup setup = {
        .request = &self->request,
        .transport = &self->root_link,
        .calls = {.ctx = self, .judge = judge, .deliver = deliver, .failed = fail_partition, .tell = tell},
        .build = build,
        .epoch = 1,
        .number = 1,
        .lease_s = lease_s,
        .tries_max = 8};
    const journal_setup kept = {.path = self->journal_path,
                                .request_hash = self->key_state.hash,
                                .n_partitions = self->n_results,
                                .host = "root",
                                .process = 1};
    if (access(self->journal_path, F_OK) == 0)
        return pt_fail(err, PT_E_ARG, "%s is there already", self->journal_path);
    if (journal_open(&kept, &self->journal, err) != PT_OK)
        return err->code;
    return coordinator_create(&setup, clock_seconds(), &self->coordinator, err);
}

/* Every partition was delivered once and is in the journal once, with its proof. */
static pt_status check_all(bench *self, pt_err *err)
{
    for (uint32_t i = 0; i < self->n_results && err->code == PT_OK; i++) {
        journal_entry entry;
        bool found = false;
        if (journal_find(self->journal, self->identities + (size_t)i * JOURNAL_HASH_BYTES, &found, &entry, err) != PT_OK)
            return err->code;
        if (!found || self->n_delivered[i] != 1 || strcmp(entry.id, self->request.partitions[i].id) != 0 ||
            entry.n_proof_bytes != self->n_proof_bytes || memcmp(entry.proof, self->proof, self->n_proof_bytes) != 0)
            return pt_fail(err, PT_E_INTERNAL, "partition %u was delivered %u times, and is %sin the journal", i,
                           self->n_delivered[i], found ? "" : "not ");
    }
    if (err->code == PT_OK && journal_count(self->journal) != self->n_results)
        pt_fail(err, PT_E_INTERNAL, "the journal has %" PRIu64 " entries", journal_count(self->journal));
    return err->code;
}

static void show(const bench *self)
{
    const double n = self->n_results;
    printf("%u ranks, %u results, %s: %.2f s, %.0f assignments and results a second; root %.2f s (check %.2f s), so %.0f a "
           "second; %zu commits of %.0f; %.2f frames and %.0f bytes a result; each once in the journal\n",
           self->n_ranks, self->n_results, self->pairing ? "pairing check" : "comparison", self->wall_s, n / self->wall_s,
           self->root_s, self->judge_s, n / self->root_s, self->n_commits, n / (double)self->n_commits,
           (double)self->n_frames / n, (double)self->frame_bytes / n);
}

static void clear(bench *self)
{
    coordinator_destroy(self->coordinator);
    if (self->journal != NULL) {
        journal_close(self->journal);
        unlink(self->journal_path);
    }
    for (uint32_t i = 0; i < self->n_ranks && self->nodes != NULL; i++)
        worker_destroy(self->nodes[i].worker);
    free(self->nodes);
    free(self->to_root.bytes);
    free(self->to_nodes.bytes);
    free(self->taken.bytes);
    free(self->n_delivered);
    free(self->identities);
    free(self->texts);
    free(self->request.partitions);
    free(self->request.keys);
    free(self->public_inputs);
    proving_key_close(self->keys.of[0]);
    crew_destroy(self->crew);
}

int main(int argc, char **argv)
{
    pt_err err = {0};
    if (argc != 6 || atoi(argv[2]) < 1 || atoi(argv[3]) < 1) {
        fprintf(stderr, "usage: coordinator_rate CIRCUIT RANKS RESULTS JOURNAL compare|pairing\n");
        return PT_E_ARG;
    }
    bench self = {.n_ranks = (uint32_t)atoi(argv[2]),
                  .n_results = (uint32_t)atoi(argv[3]),
                  .journal_path = argv[4],
                  .pairing = strcmp(argv[5], "pairing") == 0,
                  .err = &err};
    if (read_inputs(&self, argv[1], &err) == PT_OK && make_request(&self, &err) == PT_OK &&
        make_nodes(&self, &err) == PT_OK && make_root(&self, &err) == PT_OK) {
        run(&self);
        if (check_all(&self, &err) == PT_OK)
            show(&self);
    }
    clear(&self);
    if (err.code != PT_OK)
        fprintf(stderr, "%s\n", err.msg);
    return (int)err.code;
}
