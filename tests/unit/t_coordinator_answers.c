/* SPDX-License-Identifier: Apache-2.0 */
/* What the coordinator makes of answers and reports: two ranks are given one partition, and one of them, or its device, is wrong. */
#include "mpi/cluster/coordinator.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N_RANKS = 3, FIRST = 1, SECOND = 2, EPOCH = 7, NUMBER = 9, PROOF_BYTES = 128, RIGHT = 1, WRONG = 2 };

/* A root whose frames go nowhere but into a count of what was acknowledged. */
typedef struct {
    transport base;
    coordinator *root;
    wire_room written, read;
    uint32_t attempt_of[N_RANKS], partition_of[N_RANKS]; /* as it was assigned */
    uint32_t n_acknowledged[N_RANKS], n_alive[N_RANKS];
    uint32_t n_judged, n_delivered, delivered_by;
    uint32_t wrong_rank; /* the last that was told to be wrong */
    uint32_t barred_rank;
    pt_err failure; /* of a partition */
    bool may_fail;
    uint32_t n_off_device;
    char last_fault[WIRE_FAULT_MAX + 64];
} conversation;

static pt_status note_frame(transport *base, uint32_t to, const uint8_t *bytes, size_t n_bytes, pt_err *err)
{
    conversation *c = (conversation *)base;
    wire_frame frame;
    assert_int_equal(wire_read(bytes, n_bytes, &c->read, &frame, err), PT_OK);
    if (frame.type == WIRE_ASSIGN)
        c->attempt_of[to] = frame.attempt.attempt, c->partition_of[to] = frame.attempt.partition;
    c->n_acknowledged[to] += frame.type == WIRE_ACK;
    c->n_alive[to] += frame.type == WIRE_ALIVE;
    return PT_OK;
}

static pt_status judge(void *ctx, const cluster_proof *proofs, size_t n, pt_err *verdicts, pt_err *err)
{
    conversation *c = ctx;
    for (size_t i = 0; i < n; i++, c->n_judged++)
        if (proofs[i].bytes[0] != RIGHT)
            pt_fail(&verdicts[i], PT_E_VERIFY, "not right");
    return err->code;
}

static void deliver(void *ctx, const cluster_proof *proof, const char *host)
{
    conversation *c = ctx;
    (void)host;
    c->n_delivered++;
    c->delivered_by = proof->rank;
}

static void failed(void *ctx, uint32_t partition, const pt_err *why)
{
    conversation *c = ctx;
    if (!c->may_fail)
        fail_msg("partition %u failed: %s", partition, why->msg);
    c->failure = *why;
}

static void tell(void *ctx, const cluster_event *event)
{
    conversation *c = ctx;
    if (event->kind == ATTEMPT_WRONG)
        c->wrong_rank = event->rank;
    if (event->kind == RANK_BARRED) {
        c->barred_rank = event->rank;
        snprintf(c->last_fault, sizeof c->last_fault, "%s", event->text);
    }
    if (event->kind == RANK_OFF_DEVICE) {
        c->n_off_device++;
        snprintf(c->last_fault, sizeof c->last_fault, "%u %s", event->rank, event->text);
    }
}

static void hear(conversation *c, uint32_t from, wire_frame frame)
{
    pt_err err = {0};
    if (frame.type != WIRE_HELLO) {
        frame.epoch = EPOCH;
        frame.request = NUMBER;
    }
    assert_int_equal(wire_write(&frame, &c->written, &err), PT_OK);
    coordinator_receive(c->root, from, c->written.bytes, c->written.n_bytes, 0);
}

static void join(conversation *c, uint32_t rank)
{
    hear(c, rank,
         (wire_frame){.type = WIRE_HELLO, .of.hello = {.build = "b", .host = "here", .process = rank, .n_threads = 1}});
    hear(c, rank, (wire_frame){.type = WIRE_READY});
    hear(c, rank,
         (wire_frame){.type = WIRE_REPORT, .of.report = {.number = 1, .n_may_hold = 1, .n_keys = 1, .n_ready = 1}});
}

static void report(conversation *c, uint32_t rank, uint64_t number, const char *device_fault)
{
    hear(c, rank,
         (wire_frame){.type = WIRE_REPORT,
                      .of.report = {.number = number, .n_keys = 1, .n_ready = 1, .device_fault = device_fault}});
}

static void answer(conversation *c, uint32_t rank, uint8_t how)
{
    const uint8_t proof[PROOF_BYTES] = {how};
    hear(c, rank,
         (wire_frame){.type = WIRE_RESULT,
                      .attempt = {c->partition_of[rank], c->attempt_of[rank]},
                      .of.result = {.proof = proof, .n_proof_bytes = sizeof proof}});
    coordinator_tick(c->root, 0);
}

static void fail_by_device(conversation *c, uint32_t rank)
{
    hear(c, rank,
         (wire_frame){.type = WIRE_FAILURE,
                      .attempt = {c->partition_of[rank], c->attempt_of[rank]},
                      .of.failure = {.status = PT_E_DEVICE, .message = "on fire"}});
    coordinator_tick(c->root, 0);
}

/* journal: NULL: none is kept */
static void create(conversation *c, uint32_t n_partitions, journal *kept, bool is_root_alone)
{
    static const transport_ops ops = {.send = note_frame};
    static char key[] = "k", id[] = "p", other[] = "q";
    static char *keys[] = {key};
    static request_partition partitions[] = {{.id = id, .witness = id}, {.id = other, .witness = other}};
    static request asked = {.keys = keys, .n_keys = 1, .partitions = partitions};
    static const uint8_t hash[WIRE_HASH_BYTES], identities[2][JOURNAL_HASH_BYTES] = {{1}, {2}};
    asked.n_partitions = n_partitions;
    *c = (conversation){.base = {.ops = &ops, .n_ranks = N_RANKS}};
    const coordinator_setup setup = {
        .request = &asked,
        .transport = &c->base,
        .calls = {.ctx = c, .judge = judge, .deliver = deliver, .failed = failed, .tell = tell},
        .build = "b",
        .epoch = EPOCH,
        .number = NUMBER,
        .lease_s = 3,
        .tries_max = 4,
        .is_root_alone = is_root_alone};
    pt_err err = {0};
    assert_int_equal(coordinator_create(&setup, 0, &c->root, &err), PT_OK);
    coordinator_begin(c->root, hash, kept, identities[0], 0);
}

/* One partition, which both ranks hold, or two, one each; the root's own worker does not come. */
static void begin_with(conversation *c, uint32_t n_partitions, journal *kept)
{
    create(c, n_partitions, kept, false);
    join(c, FIRST);
    join(c, SECOND);
    coordinator_tick(c->root, 0);
    assert_true(c->attempt_of[FIRST] > 0 && c->attempt_of[SECOND] > 0);
}

static void begin(conversation *c)
{
    begin_with(c, 1, NULL);
}

static void end(conversation *c)
{
    coordinator_destroy(c->root);
    wire_room_clear(&c->written);
    wire_room_clear(&c->read);
}

static void a_wrong_proof_behind_a_right_one_names_its_rank(void **state)
{
    (void)state;
    conversation c;
    begin(&c);
    answer(&c, SECOND, RIGHT);
    assert_int_equal(c.n_delivered, 1);
    answer(&c, FIRST, WRONG);
    assert_int_equal(c.wrong_rank, FIRST);
    assert_int_equal(c.n_acknowledged[FIRST], 1);
    const coordinator_figures f = coordinator_figures_now(c.root);
    assert_int_equal(f.n_wrong, 1);
    assert_int_equal(f.n_barred, 1);
    assert_int_equal(c.n_delivered, 1);
    end(&c);
}

static void a_right_proof_behind_a_right_one_is_thanked_for(void **state)
{
    (void)state;
    conversation c;
    begin(&c);
    answer(&c, SECOND, RIGHT);
    answer(&c, FIRST, RIGHT);
    assert_int_equal(c.n_acknowledged[FIRST], 1);
    const coordinator_figures f = coordinator_figures_now(c.root);
    assert_int_equal(f.n_wrong + f.n_barred, 0);
    assert_int_equal(c.n_delivered, 1);
    assert_int_equal(c.delivered_by, SECOND);
    end(&c);
}

/* Its acknowledgement was lost. */
static void a_proof_that_comes_again_is_not_judged_again(void **state)
{
    (void)state;
    conversation c;
    begin(&c);
    answer(&c, FIRST, RIGHT);
    answer(&c, FIRST, RIGHT);
    assert_int_equal(c.n_acknowledged[FIRST], 2);
    assert_int_equal(c.n_judged, 1);
    assert_int_equal(c.n_delivered, 1);
    end(&c);
}

static void a_right_proof_behind_a_wrong_one_is_delivered(void **state)
{
    (void)state;
    conversation c;
    begin(&c);
    answer(&c, FIRST, WRONG);
    assert_int_equal(c.wrong_rank, FIRST);
    answer(&c, SECOND, RIGHT);
    assert_int_equal(c.delivered_by, SECOND);
    end(&c);
}

/* While another one is under way, a result waits 5 ms for it. */
static void a_result_says_when_it_is_to_be_committed(void **state)
{
    (void)state;
    char path[] = "/tmp/t_coordinator_answers.XXXXXX";
    static const uint8_t hash[JOURNAL_HASH_BYTES] = {1};
    conversation c;
    journal *kept;
    pt_err err = {0};
    assert_non_null(mkdtemp(path));
    char file[sizeof path + 16];
    snprintf(file, sizeof file, "%s/journal.db", path);
    const journal_setup setup = {.path = file, .request_hash = hash, .n_partitions = 2, .host = "here", .process = 1};
    assert_int_equal(journal_open(&setup, &kept, &err), PT_OK);
    begin_with(&c, 2, kept);
    assert_true(isinf(coordinator_due(c.root)));
    hear(&c, FIRST,
         (wire_frame){.type = WIRE_RESULT,
                      .attempt = {0, c.attempt_of[FIRST]},
                      .of.result = {.proof = (const uint8_t[PROOF_BYTES]){RIGHT}, .n_proof_bytes = PROOF_BYTES}});
    coordinator_tick(c.root, 1);
    const double due = coordinator_due(c.root);
    assert_true(due > 1 && due <= 1.005 + 1e-9);
    coordinator_tick(c.root, 1 + 0.9 * (due - 1));
    assert_int_equal(c.n_delivered, 0);
    coordinator_tick(c.root, due);
    assert_int_equal(c.n_delivered, 1);
    assert_true(isinf(coordinator_due(c.root)));
    end(&c);
    journal_close(kept);
    char command[sizeof path + 8];
    snprintf(command, sizeof command, "rm -r %s", path);
    assert_int_equal(system(command), 0);
}

static void a_device_that_is_left_is_told_of_once_a_reason(void **state)
{
    (void)state;
    conversation c;
    begin(&c);
    report(&c, FIRST, 2, "");
    assert_int_equal(c.n_off_device, 0);
    report(&c, FIRST, 3, "too hot");
    assert_string_equal(c.last_fault, "1 proves with the processor in the device's place: too hot");
    report(&c, FIRST, 4, "too hot");
    report(&c, FIRST, 3, "late");
    assert_int_equal(c.n_off_device, 1);
    report(&c, SECOND, 2, "too hot");
    report(&c, FIRST, 5, "on fire");
    assert_int_equal(c.n_off_device, 3);
    assert_string_equal(c.last_fault, "1 proves with the processor in the device's place: on fire");
    end(&c);
}

/* A rank that fails at once takes no partition's tries from those that compute meanwhile. */
static void a_rank_whose_device_fails_costs_no_partition_its_tries(void **state)
{
    (void)state;
    conversation c;
    begin_with(&c, 2, NULL);
    for (uint32_t i = 1; i <= 3; i++) {
        assert_int_equal(coordinator_figures_now(c.root).n_barred, 0);
        assert_int_equal(c.attempt_of[FIRST], i);
        fail_by_device(&c, FIRST);
    }
    assert_int_equal(c.barred_rank, FIRST);
    assert_string_equal(c.last_fault, "fails by its device (on fire): it gets no more work");
    answer(&c, SECOND, RIGHT);
    answer(&c, SECOND, RIGHT);
    assert_int_equal(c.n_delivered, 2);
    end(&c);
}

static void faults_with_right_proofs_between_them_bar_nobody(void **state)
{
    (void)state;
    conversation c;
    begin_with(&c, 2, NULL);
    fail_by_device(&c, FIRST);
    fail_by_device(&c, FIRST);
    answer(&c, FIRST, RIGHT);
    fail_by_device(&c, FIRST);
    fail_by_device(&c, FIRST);
    assert_int_equal(coordinator_figures_now(c.root).n_barred, 0);
    end(&c);
}

static void a_device_that_fails_on_the_last_rank_fails_the_partition(void **state)
{
    (void)state;
    conversation c;
    begin(&c);
    for (int i = 0; i < 3; i++)
        fail_by_device(&c, FIRST);
    c.may_fail = true;
    fail_by_device(&c, SECOND);
    assert_int_equal(coordinator_figures_now(c.root).n_barred, 1);
    for (int second = 1; second < 600 && c.failure.code == PT_OK; second++)
        coordinator_tick(c.root, second); /* the root's own worker does not come */
    assert_int_equal(c.failure.code, PT_E_DEVICE);
    assert_string_equal(c.failure.msg, "on fire");
    end(&c);
}

/* A rank waits for the end of the job though it gets no work; one that hears nothing of the root takes it for dead, and leaves. */
static void a_refused_rank_hears_that_the_root_is_alive(void **state)
{
    (void)state;
    conversation c;
    create(&c, 1, NULL, false);
    join(&c, FIRST);
    hear(&c, SECOND,
         (wire_frame){.type = WIRE_HELLO, .of.hello = {.build = "other", .host = "there", .process = 1, .n_threads = 1}});
    coordinator_tick(c.root, 10);
    coordinator_tick(c.root, 20);
    assert_int_equal(coordinator_figures_now(c.root).n_barred, 1);
    assert_int_equal(c.n_alive[FIRST], 2);
    assert_int_equal(c.n_alive[SECOND], 2);
    assert_int_equal(c.n_alive[0], 0); /* not heard of yet */
    end(&c);
}

/* A witness that can be read once: others wait for a partition that they may never have. */
static void what_fails_where_the_root_alone_may_prove_has_failed(void **state)
{
    (void)state;
    conversation c;
    create(&c, 1, NULL, true);
    join(&c, 0);
    join(&c, FIRST);
    coordinator_tick(c.root, 0);
    assert_true(c.attempt_of[0] == 1 && c.attempt_of[FIRST] == 0);
    c.may_fail = true;
    fail_by_device(&c, 0);
    assert_int_equal(c.failure.code, PT_E_DEVICE);
    end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_proof_behind_a_right_one_names_its_rank),
        cmocka_unit_test(a_right_proof_behind_a_right_one_is_thanked_for),
        cmocka_unit_test(a_proof_that_comes_again_is_not_judged_again),
        cmocka_unit_test(a_right_proof_behind_a_wrong_one_is_delivered),
        cmocka_unit_test(a_result_says_when_it_is_to_be_committed),
        cmocka_unit_test(a_device_that_is_left_is_told_of_once_a_reason),
        cmocka_unit_test(a_rank_whose_device_fails_costs_no_partition_its_tries),
        cmocka_unit_test(faults_with_right_proofs_between_them_bar_nobody),
        cmocka_unit_test(a_device_that_fails_on_the_last_rank_fails_the_partition),
        cmocka_unit_test(a_refused_rank_hears_that_the_root_is_alive),
        cmocka_unit_test(what_fails_where_the_root_alone_may_prove_has_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
