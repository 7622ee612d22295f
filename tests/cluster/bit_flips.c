/* SPDX-License-Identifier: Apache-2.0 */
/* bit_flips [--trust-proofs | --trust-publics] N [FIRST]: N trials of flipped bits, and of results that are another's. In each, three ranks in
 * this process prove six partitions, each rank with the real engine, and one thing goes wrong at whichever rank has one of them first: a bit of its
 * witness, vectors, sums, proof or public inputs, or it proves another's witness, or sends an older result under this number.
 *
 * Ends with 1 at the first trial in which a partition is not delivered once, with a proof that is right for its own public inputs, or in which
 * a rank that made something wrong is not named, or another one is. `bit_flips 1 SEED` repeats what goes wrong, not the threads' order.
 *
 * With --trust-proofs the root does not verify, with --trust-publics it does not compare public inputs: then something must be found, and 0 is
 * the end of a program that found it. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mpi/cluster/back_off.h"
#include "mpi/cluster/engine_proving.h"
#include "mpi/cluster/proof_judge.h"
#include "mpi/cluster/public_judge.h"
#include "mpi/cluster/transport_join.h"
#include "mpi/cluster/transport_loop.h"
#include "mpi/cluster/worker.h"
#include "node/format/proof_bytes.h"
#include "node/topo/machine.h"
#include "tests/cluster/watched_stages.h"

enum { N_CURVES = 2, N_RANKS = 3, N_PARTITIONS = 6, N_STATEMENTS = 2, PATH_ROOM = 64, LINES_ROOM = 4096 };

static const char *const curve_names[N_CURVES] = {"bn254", "bls12_381"};
static const double trial_s_max = 300; /* of a machine that has much else to do */

/* What goes wrong. */
typedef enum {
    NOTHING,
    FLIP_WITNESS,
    FLIP_ROWS, /* a, b, c */
    FLIP_QUOTIENT,
    FLIP_SUM_H,
    FLIP_SUM_G1,
    FLIP_SUM_G2,
    FLIP_ASSEMBLED,
    FLIP_PROOF, /* from here on: after the rank's own check */
    FLIP_PUBLIC,
    OTHER_WITNESS,
    OLDER_RESULT,
    N_FAULTS
} fault;

static const char *const fault_names[N_FAULTS] = {
    "nothing",   "witness",         "rows a, b, c", "quotient",           "sum over h",        "sums in G1",
    "sum in G2", "assembled proof", "proof sent",   "public inputs sent", "another's witness", "an older result"};

/* A rank of one curve, kept for all trials; it proves what its base is asked to. */
typedef struct {
    proving base;
    struct flips *of;
    uint32_t number;
    engine_proving *local;
    bool opened;
    uint32_t n_under_way;
    proving_end older[N_STATEMENTS]; /* the latest right result of each statement */
} flip_rank;

/* Of the trial under way. */
typedef struct {
    fault what;
    uint32_t target; /* partition */
    uint64_t draw;   /* which bit */
    atomic_bool fired;
    atomic_int at;  /* the rank at which it fired */
    bool was_wrong; /* the rank's own check failed, or it sent what is not right */
    bool was_sent;  /* the latter */
    uint32_t n_begun[N_PARTITIONS], n_delivered[N_PARTITIONS];
    bool was_alone; /* when it went wrong, nobody else had been given the partition */
    char lines[LINES_ROOM];
    char problem[400];
} trial;

typedef struct flips {
    bool trust_proofs, trust_publics;
    cli options;
    char dir[40];
    char witnesses[N_CURVES][N_PARTITIONS][PATH_ROOM];
    uint8_t statements[N_CURVES][N_STATEMENTS][PT_FR_BYTES];
    flip_rank ranks[N_CURVES][N_RANKS];
    proving_key *keys[N_CURVES]; /* apart from those of the ranks */
    uint32_t curve;              /* of the trial */
    request request;
    request_partition partitions[N_PARTITIONS];
    public_judge *publics;
    coordinator *coordinator;
    worker *workers[N_RANKS];
    transport *own[2], *others[N_RANKS], *seen;
    trial now;
    uint32_t n_wrong[N_FAULTS], n_trials[N_FAULTS], n_late;
} flips;

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 33) * 0xff51afd7ed558ccdu;
    x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53u;
    return x ^ x >> 33;
}

static void problem(flips *f, const char *what, uint32_t number)
{
    if (f->now.problem[0] == '\0')
        snprintf(f->now.problem, sizeof f->now.problem, "%s (%u)", what, number);
}

/* ---- what goes wrong ---- */

static bool fires(flips *f, uint32_t partition, fault what, uint32_t rank)
{
    if (f->now.what != what || f->now.target != partition || atomic_exchange(&f->now.fired, true))
        return false;
    atomic_store(&f->now.at, (int)rank);
    return true;
}

static void flip(const flips *f, void *bytes, size_t n_bytes)
{
    const uint64_t bit = f->now.draw % (n_bytes * 8);
    ((uint8_t *)bytes)[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

static uint32_t partition_of(const char *witness_path)
{
    return (uint32_t)strtoul(strrchr(witness_path, '/') + 1, NULL, 10);
}

static uint32_t rank_of(flips *f, const proving_key *key)
{
    uint32_t i = 0;
    while (i < N_RANKS && engine_proving_look(f->ranks[f->curve][i].local).keys[0].of[0] != key)
        i++;
    return i;
}

/* Where a stage has left something, and which fault is in it. */
static fault place_of(const flips *f, const groth16_partition *p, stage s, uint8_t **bytes, size_t *n_bytes)
{
    static const fault faults[STAGE_COUNT] = {
        [STAGE_WITNESS] = FLIP_WITNESS,   [STAGE_SYNTHESIS] = FLIP_ROWS, [STAGE_QUOTIENT] = FLIP_QUOTIENT,
        [STAGE_MSM_H] = FLIP_SUM_H,       [STAGE_MSM_G1] = FLIP_SUM_G1,  [STAGE_MSM_G2] = FLIP_SUM_G2,
        [STAGE_ASSEMBLE] = FLIP_ASSEMBLED};
    const partition_layout at = watched_layout(p->key);
    const size_t fq = p->key->curve->fq_bytes;
    uint8_t *memory = p->memory;
    *bytes = memory + at.vectors;
    *n_bytes = at.vector_bytes * (s == STAGE_SYNTHESIS ? 3 : 1);
    if (s == STAGE_WITNESS) {
        *bytes = (uint8_t *)(uintptr_t)p->witness;
        *n_bytes = (size_t)p->key->n_vars * PT_FR_BYTES;
    } else if (s == STAGE_MSM_H || s == STAGE_MSM_G1) {
        *bytes = memory + at.g1_sums[s == STAGE_MSM_H ? 3 : mix(f->now.draw) % 3];
        *n_bytes = at.g1_bytes;
    } else if (s == STAGE_MSM_G2) {
        *bytes = memory + at.g2_sum;
        *n_bytes = at.g2_bytes;
    } else if (s == STAGE_ASSEMBLE) {
        groth16_proof *proof = (groth16_proof *)(uintptr_t)&p->proof;
        uint8_t *const points[] = {proof->a, proof->b, proof->c};
        const size_t i = mix(f->now.draw) % 3;
        *bytes = points[i];
        *n_bytes = fq * (i == 1 ? 4 : 2);
    }
    return faults[s];
}

static pt_status watch(void *ctx, groth16_partition *p, stage s, pt_err *err)
{
    flips *f = ctx;
    uint8_t *bytes;
    size_t n_bytes;
    (void)err;
    const fault here = place_of(f, p, s, &bytes, &n_bytes);
    if (here != NOTHING && fires(f, partition_of(p->witness_path), here, rank_of(f, p->key)))
        flip(f, bytes, n_bytes);
    return PT_OK;
}

/* ---- a rank's proving ---- */

static pt_status open_keys(proving *base, const char *const *paths, uint32_t n_keys, pt_err *err)
{
    flip_rank *self = (flip_rank *)base;
    if (self->opened)
        return PT_OK;
    self->opened = true;
    return proving_open_keys(engine_proving_table(self->local), paths, n_keys, err);
}

static const proving_key_state *key_of(proving *base, uint32_t number)
{
    return proving_key_of(engine_proving_table(((flip_rank *)base)->local), number);
}

static uint32_t room(const proving *base)
{
    return proving_room(engine_proving_table(((const flip_rank *)base)->local));
}

static pt_status begin(proving *base, const proving_order *order, pt_err *err)
{
    flip_rank *self = (flip_rank *)base;
    flips *f = self->of;
    const uint32_t partition = order->attempt.partition;
    proving_order asked = *order;
    f->now.n_begun[partition]++;
    if (fires(f, partition, OTHER_WITNESS, self->number))
        asked.witness = f->witnesses[f->curve][(partition + 1) % N_PARTITIONS];
    self->n_under_way++;
    return proving_begin(engine_proving_table(self->local), &asked, err);
}

static void note_wrong(flips *f, const proving_end *e, bool sent)
{
    f->now.was_wrong = true;
    f->now.was_sent = sent;
    f->now.was_alone = f->now.n_begun[e->attempt.partition] == 1;
}

static void send_older(flip_rank *self, proving_end *e)
{
    flips *f = self->of;
    const proving_end *older = &self->older[(e->attempt.partition + 1) % N_STATEMENTS];
    if (older->public_inputs == NULL || !fires(f, e->attempt.partition, OLDER_RESULT, self->number))
        return;
    memcpy(e->proof, older->proof, sizeof e->proof);
    memcpy(e->public_inputs, older->public_inputs, PT_FR_BYTES);
    note_wrong(f, e, true);
}

static void keep_older(flip_rank *self, const proving_end *e)
{
    proving_end *older = &self->older[e->attempt.partition % N_STATEMENTS];
    uint8_t *to = older->public_inputs != NULL ? older->public_inputs : malloc(PT_FR_BYTES);
    if (to == NULL)
        abort();
    memcpy(to, e->public_inputs, PT_FR_BYTES);
    *older = *e;
    older->public_inputs = to;
}

static void spoil(flip_rank *self, proving_end *e)
{
    flips *f = self->of;
    const uint32_t partition = e->attempt.partition;
    const bool was_here =
        atomic_load(&f->now.fired) && atomic_load(&f->now.at) == (int)self->number && partition == f->now.target;
    if (was_here && !f->now.was_wrong && (e->err.code == PT_E_VERIFY || f->now.what == OTHER_WITNESS))
        note_wrong(f, e, e->err.code == PT_OK);
    else if (e->err.code != PT_OK)
        problem(f, e->err.msg, self->number);
    if (e->err.code != PT_OK)
        return;
    if (fires(f, partition, FLIP_PROOF, self->number)) {
        flip(f, e->proof, e->n_proof_bytes);
        note_wrong(f, e, true);
    } else if (fires(f, partition, FLIP_PUBLIC, self->number)) {
        flip(f, e->public_inputs, PT_FR_BYTES);
        note_wrong(f, e, true);
    } else {
        send_older(self, e);
    }
    if (!was_here && !f->now.was_sent)
        keep_older(self, e);
}

static bool next(proving *base, proving_end *out)
{
    flip_rank *self = (flip_rank *)base;
    if (!proving_next(engine_proving_table(self->local), out))
        return false;
    self->n_under_way--;
    spoil(self, out);
    return true;
}

/* What was begun ends: what a rank makes is judged here, whether anybody still needs it. */
static void cancel(proving *base, wire_attempt attempt)
{
    (void)base;
    (void)attempt;
}

static const proving_ops ops = {
    .open_keys = open_keys, .key = key_of, .room = room, .begin = begin, .next = next, .cancel = cancel};

/* ---- the root's surroundings ---- */

static pt_status judge(void *ctx, const cluster_proof *proofs, size_t n, pt_err *verdicts, pt_err *err)
{
    flips *f = ctx;
    if (!f->trust_proofs &&
        proof_judge(engine_proving_look(f->ranks[f->curve][0].local).keys, proofs, n, verdicts, err) != PT_OK)
        return err->code;
    if (!f->trust_publics)
        public_judge_look(f->publics, proofs, n, verdicts);
    return PT_OK;
}

static void deliver(void *ctx, const cluster_proof *proof, const char *host)
{
    flips *f = ctx;
    pt_err err = {0};
    groth16_proof points;
    const groth16_vkey *vkey = &f->keys[f->curve]->vkey;
    (void)host;
    f->now.n_delivered[proof->partition]++;
    if (proof_bytes_read(vkey->curve, proof->bytes, proof->n_bytes, &points, &err) != PT_OK ||
        groth16_verify(vkey, proof->public_inputs, proof->n_public, &points, &err) != PT_OK)
        problem(f, "a false proof was published", proof->partition);
    if (memcmp(proof->public_inputs, f->statements[f->curve][proof->partition % N_STATEMENTS], PT_FR_BYTES) != 0)
        problem(f, "a proof of something else was published", proof->partition);
    if (proof->partition == f->now.target && f->now.was_wrong && (int)proof->rank == atomic_load(&f->now.at))
        problem(f, "what went wrong was proven again by the same rank", proof->rank);
}

static void failed(void *ctx, uint32_t partition, const pt_err *why)
{
    (void)why;
    problem(ctx, "a partition was given up", partition);
}

static void tell(void *ctx, const cluster_event *event)
{
    flips *f = ctx;
    const size_t n = strlen(f->now.lines);
    if (cluster_event_is_news(event->kind))
        snprintf(f->now.lines + n, sizeof f->now.lines - n, "rank %u on %s %s\n", event->rank, event->host, event->text);
}

/* ---- a trial ---- */

static bool make_conversation(flips *f, pt_err *err)
{
    if (transport_loop_create(2, f->own, err) != PT_OK || transport_loop_create(N_RANKS, f->others, err) != PT_OK ||
        transport_join_create(f->own[0], f->others[0], &f->seen, err) != PT_OK ||
        public_judge_create(&f->request, &f->publics, err) != PT_OK)
        return false;
    const coordinator_setup root = {.request = &f->request,
                                    .transport = f->seen,
                                    .calls = {.ctx = f, .judge = judge, .deliver = deliver, .failed = failed, .tell = tell},
                                    .build = "flips",
                                    .epoch = 1,
                                    .number = 1,
                                    .lease_s = 2 * trial_s_max, /* all ranks live */
                                    .tries_max = 4};
    coordinator_create(&root, clock_seconds(), &f->coordinator, err);
    for (uint32_t i = 0; i < N_RANKS && err->code == PT_OK; i++) {
        const worker_setup setup = {.transport = i == 0 ? f->own[1] : f->others[i],
                                    .proving = &f->ranks[f->curve][i].base,
                                    .build = "flips",
                                    .host = "here",
                                    .process = i,
                                    .n_threads = 1,
                                    .patience_s = INFINITY};
        worker_create(&setup, clock_seconds(), &f->workers[i], err);
    }
    return err->code == PT_OK;
}

static void end_conversation(flips *f)
{
    for (uint32_t i = 0; i < N_RANKS; i++) {
        worker_destroy(f->workers[i]);
        f->workers[i] = NULL;
    }
    coordinator_destroy(f->coordinator);
    public_judge_destroy(f->publics);
    transport_destroy(f->seen);
    for (uint32_t i = 0; i < N_RANKS; i++)
        transport_destroy(f->others[i]);
    transport_destroy(f->own[0]);
    transport_destroy(f->own[1]);
}

static bool turn(flips *f)
{
    const uint8_t *frame;
    size_t n_bytes;
    uint32_t from;
    bool did = false;
    const double now = clock_seconds();
    while (transport_receive(f->seen, &from, &frame, &n_bytes)) {
        coordinator_receive(f->coordinator, from, frame, n_bytes, now);
        did = true;
    }
    did |= coordinator_tick(f->coordinator, now);
    for (uint32_t i = 0; i < N_RANKS; i++) {
        while (transport_receive(i == 0 ? f->own[1] : f->others[i], &from, &frame, &n_bytes)) {
            worker_receive(f->workers[i], frame, n_bytes, now);
            did = true;
        }
        did |= worker_tick(f->workers[i], now);
    }
    return did;
}

/* Are all keys open, every partition ended, and every attempt at one? */
static bool is_over(flips *f, bool *begun, pt_err *err)
{
    const proving_key_state *key = key_of(&f->ranks[f->curve][0].base, 0);
    bool idle = true;
    if (!*begun && f->ranks[f->curve][0].opened && key != NULL) {
        *begun = true;
        coordinator_begin(f->coordinator, key->hash, NULL, NULL, clock_seconds());
    }
    for (uint32_t i = 0; i < N_RANKS; i++)
        idle &= f->ranks[f->curve][i].n_under_way == 0;
    return *begun && coordinator_is_over(f->coordinator, err) && idle;
}

static void talk(flips *f)
{
    const double end = clock_seconds() + trial_s_max;
    back_off idle = {0};
    pt_err err = {0};
    bool begun = false;
    while (!is_over(f, &begun, &err) && clock_seconds() < end)
        back_off_wait(&idle, turn(f));
    for (int i = 0; i < 4; i++)
        turn(f); /* the last answers */
    if (clock_seconds() >= end)
        problem(f, "it does not end", 0);
    if (err.code != PT_OK)
        problem(f, err.msg, 0);
}

/* Is a rank that went wrong named, and no other? What a cancelled attempt ends with is not sent, so nobody learns of it. */
static void check_names(flips *f)
{
    const bool late = f->now.was_wrong && !f->now.was_alone;
    for (uint32_t i = 0; i < N_RANKS; i++) {
        char wrong[60], failed_there[60];
        snprintf(wrong, sizeof wrong, "rank %u on here sent a wrong proof", i);
        snprintf(failed_there, sizeof failed_there, "rank %u on here miscomputed a proof", i);
        const bool guilty = f->now.was_wrong && (int)i == atomic_load(&f->now.at);
        const bool named = strstr(f->now.lines, f->now.was_sent ? wrong : failed_there) != NULL;
        if (guilty && !named && late)
            f->n_late++;
        else if (guilty != named)
            problem(f, guilty ? "a rank that went wrong was not named" : "a rank was named that did nothing wrong", i);
    }
}

static bool run_trial(flips *f, uint64_t seed)
{
    pt_err err = {0};
    f->now = (trial){
        .what = (fault)(seed / N_CURVES % N_FAULTS), .target = (uint32_t)(mix(seed) % 3), .draw = mix(seed + 1) >> 8};
    atomic_store(&f->now.at, -1);
    f->curve = (uint32_t)(seed % N_CURVES);
    char key[200], *paths[1] = {key};
    snprintf(key, sizeof key, "%s", f->keys[f->curve]->path);
    f->request = (request){.keys = paths, .n_keys = 1, .partitions = f->partitions, .n_partitions = N_PARTITIONS};
    char ids[N_PARTITIONS][12];
    for (uint32_t i = 0; i < N_PARTITIONS; i++) {
        snprintf(ids[i], sizeof ids[i], "p%u", i);
        f->partitions[i] = (request_partition){.id = ids[i], .witness = f->witnesses[f->curve][i]};
    }
    if (make_conversation(f, &err))
        talk(f);
    else
        problem(f, err.msg, 0);
    for (uint32_t i = 0; i < N_PARTITIONS; i++)
        if (f->now.n_delivered[i] != 1)
            problem(f, "a partition was not delivered once", i);
    check_names(f);
    end_conversation(f);
    f->n_trials[f->now.what] += atomic_load(&f->now.fired) || f->now.what == NOTHING;
    f->n_wrong[f->now.what] += f->now.was_wrong;
    return f->now.problem[0] == '\0';
}

/* ---- all of them ---- */

static void must(bool done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(2);
}

static void copy_file(const char *from, const char *to)
{
    char bytes[1 << 14];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    must(in != NULL && out != NULL, from);
    const size_t n = fread(bytes, 1, sizeof bytes, in);
    must(n > 0 && n < sizeof bytes && fwrite(bytes, 1, n, out) == n && fclose(out) == 0 && fclose(in) == 0, to);
}

static void make_witnesses(flips *f, uint32_t c)
{
    static const char *const kinds[N_STATEMENTS] = {"preimage", "preimage_other"};
    for (uint32_t i = 0; i < N_PARTITIONS; i++) {
        char golden[300];
        snprintf(golden, sizeof golden, "%s/golden/preimage/%s_%s.wtns", PT_TESTS_DIR, kinds[i % N_STATEMENTS],
                 curve_names[c]);
        snprintf(f->witnesses[c][i], PATH_ROOM, "%s/%s/%u", f->dir, curve_names[c], i);
        copy_file(golden, f->witnesses[c][i]);
        if (i >= N_STATEMENTS)
            continue;
        wtns witness;
        pt_err err = {0};
        must(wtns_read(golden, f->options.features, UINT32_MAX, &witness, &err) == PT_OK, err.msg);
        memcpy(f->statements[c][i], witness.values + PT_FR_BYTES, PT_FR_BYTES);
        wtns_clear(&witness);
    }
}

static void open_curve(flips *f, uint32_t c)
{
    char path[300];
    crew *threads;
    pt_err err = {0};
    const proving_key_options opening = {.features = f->options.features};
    const engine_proving_setup setup = {.options = &f->options, .n_ahead = 1};
    snprintf(path, sizeof path, "%s/%s", f->dir, curve_names[c]);
    must(mkdir(path, 0700) == 0, path);
    make_witnesses(f, c);
    snprintf(path, sizeof path, "%s/golden/preimage/preimage_%s.zkey", PT_TESTS_DIR, curve_names[c]);
    must(crew_create(1, &threads, &err) == PT_OK && proving_key_open(path, opening, threads, &f->keys[c], &err) == PT_OK,
         err.msg);
    crew_destroy(threads);
    for (uint32_t i = 0; i < N_RANKS; i++) {
        f->ranks[c][i] = (flip_rank){.base = {.ops = &ops}, .of = f, .number = i};
        must(engine_proving_create(&setup, &f->ranks[c][i].local, &err) == PT_OK, err.msg);
    }
}

static void close_curve(flips *f, uint32_t c)
{
    char path[60];
    for (uint32_t i = 0; i < N_RANKS; i++) {
        engine_proving_destroy(f->ranks[c][i].local);
        for (uint32_t k = 0; k < N_STATEMENTS; k++)
            free(f->ranks[c][i].older[k].public_inputs);
    }
    proving_key_close(f->keys[c]);
    for (uint32_t i = 0; i < N_PARTITIONS; i++)
        unlink(f->witnesses[c][i]);
    snprintf(path, sizeof path, "%s/%s", f->dir, curve_names[c]);
    rmdir(path);
}

static bool run_all(flips *f, uint64_t n, uint64_t first)
{
    for (uint64_t seed = first; seed < first + n; seed++) {
        if (run_trial(f, seed))
            continue;
        printf("seed %" PRIu64 ", %s, %s: %s\n%s", seed, curve_names[f->curve], fault_names[f->now.what], f->now.problem,
               f->now.lines);
        return false;
    }
    uint32_t n_wrong = 0;
    for (int i = 0; i < N_FAULTS; i++) {
        printf("%-20s %5u trials, %5u wrong\n", fault_names[i], f->n_trials[i], f->n_wrong[i]);
        n_wrong += f->n_wrong[i];
    }
    printf("%" PRIu64 " trials from %" PRIu64
           ": every published proof is right; %u wrong ones were found, proven by another rank, and the "
           "rank named, but for %u that came when nobody needed them any more\n",
           n, first, n_wrong, f->n_late);
    return true;
}

int main(int argc, char **argv)
{
    static flips f;
    int at = 1;
    for (; at < argc && argv[at][0] == '-'; at++) {
        f.trust_proofs |= strcmp(argv[at], "--trust-proofs") == 0;
        f.trust_publics |= strcmp(argv[at], "--trust-publics") == 0;
    }
    const uint64_t n = argc > at ? strtoull(argv[at], NULL, 10) : 24,
                   first = argc > at + 1 ? strtoull(argv[at + 1], NULL, 10) : 0;
    f.options =
        (cli){.n_threads = 1, .n_ranks = 1, .n_local = 1, .n_bound = 1, .quiet = true, .features = cpu_features_read()};
    f.options.knobs.of[KNOB_THREADS] = (knob_setting){.value = 1};
    f.options.knobs.of[KNOB_PIN] = (knob_setting){.value = CHOICE_OFF};
    snprintf(f.dir, sizeof f.dir, "/tmp/bit_flips.XXXXXX");
    must(mkdtemp(f.dir) != NULL, f.dir);
    watch_stages(watch, &f);
    for (uint32_t c = 0; c < N_CURVES; c++)
        open_curve(&f, c);
    const bool right = run_all(&f, n, first);
    for (uint32_t c = 0; c < N_CURVES; c++)
        close_curve(&f, c);
    rmdir(f.dir);
    return right != (f.trust_proofs || f.trust_publics) ? 0 : 1;
}
