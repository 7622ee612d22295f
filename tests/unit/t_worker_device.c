/* SPDX-License-Identifier: Apache-2.0 */
/* A worker whose device fails: the root hears of it with the next report, and once a reason. */
#include "mpi/cluster/worker.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A proving with one key that is open, and what it says of its device. */
typedef struct {
    proving base;
    const char *fault;
} node;

/* A root that hears reports and nothing else. */
typedef struct {
    transport base;
    worker *self;
    node proves;
    wire_room written, read;
    uint32_t n_reports;
    char last_fault[WIRE_FAULT_MAX];
} talk;

static pt_status hear(transport *base, uint32_t to, const uint8_t *bytes, size_t n_bytes, pt_err *err)
{
    talk *t = (talk *)base;
    wire_frame frame;
    assert_int_equal(to, 0);
    assert_int_equal(wire_read(bytes, n_bytes, &t->read, &frame, err), PT_OK);
    if (frame.type == WIRE_REPORT) {
        t->n_reports++;
        snprintf(t->last_fault, sizeof t->last_fault, "%s", frame.of.report.device_fault);
    }
    return PT_OK;
}

static pt_status open_keys(proving *self, const char *const *paths, uint32_t n_keys, pt_err *err)
{
    (void)self;
    (void)paths;
    (void)n_keys;
    return err->code;
}

static const proving_key_state *key(proving *self, uint32_t number)
{
    static const proving_key_state open;
    (void)self;
    return number == 0 ? &open : NULL;
}

static uint32_t room(const proving *self)
{
    (void)self;
    return 1;
}

static bool next(proving *self, proving_end *out)
{
    (void)self;
    (void)out;
    return false;
}

static void device_fault(proving *self, char *out)
{
    snprintf(out, WIRE_FAULT_MAX, "%s", ((node *)self)->fault);
}

static void begin(talk *t, const proving_ops *ops)
{
    static const transport_ops to_root = {.send = hear};
    static const char *const keys[] = {"k"};
    wire_frame welcome = {.type = WIRE_WELCOME, .epoch = 7, .request = 9, .of.welcome = {1, keys}};
    pt_err err = {0};
    *t = (talk){.base = {.ops = &to_root, .rank = 1, .n_ranks = 2}, .proves = {.base = {ops}, .fault = ""}};
    const worker_setup setup = {.transport = &t->base,
                                .proving = &t->proves.base,
                                .build = "b",
                                .host = "h",
                                .n_threads = 1,
                                .patience_s = INFINITY};
    assert_int_equal(worker_create(&setup, 0, &t->self, &err), PT_OK);
    assert_int_equal(wire_write(&welcome, &t->written, &err), PT_OK);
    worker_receive(t->self, t->written.bytes, t->written.n_bytes, 0);
    worker_tick(t->self, 0);
}

static void end(talk *t)
{
    worker_destroy(t->self);
    wire_room_clear(&t->written);
    wire_room_clear(&t->read);
}

static void a_fault_is_reported_at_once_and_stays_in_reports(void **state)
{
    static const proving_ops ops = {
        .open_keys = open_keys, .key = key, .room = room, .next = next, .device_fault = device_fault};
    (void)state;
    talk t;
    begin(&t, &ops);
    const uint32_t n = t.n_reports;
    worker_tick(t.self, 0.1);
    assert_int_equal(t.n_reports, n);
    assert_string_equal(t.last_fault, "");
    t.proves.fault = "too hot";
    worker_tick(t.self, 0.2);
    assert_int_equal(t.n_reports, n + 1);
    assert_string_equal(t.last_fault, "too hot");
    worker_tick(t.self, 0.3);
    assert_int_equal(t.n_reports, n + 1);
    t.proves.fault = "on fire";
    worker_tick(t.self, 0.4);
    assert_int_equal(t.n_reports, n + 2);
    worker_tick(t.self, 5);
    assert_int_equal(t.n_reports, n + 3);
    assert_string_equal(t.last_fault, "on fire");
    end(&t);
}

static void a_proving_without_a_device_has_no_fault(void **state)
{
    static const proving_ops ops = {.open_keys = open_keys, .key = key, .room = room, .next = next};
    (void)state;
    talk t;
    begin(&t, &ops);
    worker_tick(t.self, 5);
    assert_true(t.n_reports > 1);
    assert_string_equal(t.last_fault, "");
    end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_is_reported_at_once_and_stays_in_reports),
        cmocka_unit_test(a_proving_without_a_device_has_no_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
