/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/bench/load.h"
#include "node/topo/process_figures.h"

static resident small_resident(const char *curve, size_t n_spans)
{
    const cpu_features features = cpu_features_read();
    const resident_source source = {
        .curve = pt_curve_by_name(curve, features), .log_domain = 5, .kind = CIRCUIT_FULL, .seed = 3};
    const engine_setup setup = {.options = {.n_threads = 2, .n_in_flight = 3}, .features = features};
    resident out;
    pt_err err = {0};
    if (resident_open(&source, &setup, n_spans, &out, &err) != PT_OK)
        fail_msg("%s", err.msg);
    return out;
}

static load_row put_load(const resident *on, load_shape shape)
{
    load_row row = {0};
    pt_err err = {0};
    if (load_run(on, shape, &row, &err) != PT_OK)
        fail_msg("%s", err.msg);
    return row;
}

static void every_partition_of_every_proof_is_proven(void **state)
{
    (void)state;
    static const char *const curves[] = {"bn254", "bls12_381"};
    static const load_shape shapes[] = {{1, 1, 2}, {5, 2, 2}, {3, 7, 2}};
    for (size_t c = 0; c < 2; c++) {
        resident on = small_resident(curves[c], load_spans(shapes[1]));
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
            const load_shape shape = shapes[i];
            load_row row = put_load(&on, shape);
            assert_int_equal(row.n_failed, 0);
            assert_int_equal(row.proofs.n, shape.n_proofs);
            assert_int_equal(row.stats.partitions.n, shape.n_proofs * shape.n_partitions);
            assert_int_equal(row.stats.stages[STAGE_MSM_G2].spans.n, shape.n_proofs * shape.n_partitions);
            assert_int_equal(row.n_lost, 0);
            assert_int_equal(row.n_proofs, shape.n_proofs);
            assert_int_equal(row.n_at_once, shape.n_at_once);
            assert_int_equal(row.n_partitions, shape.n_partitions);
            assert_int_equal(row.stats.n_threads, 2);
            assert_in_range(row.peak_bytes, row.arena_bytes + 1, process_figures_read().peak);
            assert_true(row.seconds > 0 && row.seconds < 1.5 * row.proofs.sum + 1);
            assert_true(row.proofs.longest <= row.seconds);
            assert_true(row.arena_bytes > 0);
        }
        resident_close(&on);
    }
}

/* One proof at a time: they follow one another, and their partitions alone lie over one another. */
static void no_more_proofs_are_under_way_than_asked_for(void **state)
{
    (void)state;
    const load_shape shape = {4, 1, 2};
    resident on = small_resident("bn254", load_spans(shape));
    load_row row = put_load(&on, shape);
    assert_true(row.proofs.sum <= row.seconds);
    timeline_list list;
    pt_err err = {0};
    assert_int_equal(timeline_read(on.timeline, &list, &err), PT_OK);
    for (size_t i = 0; i < list.n; i++)
        for (size_t j = 0; j < list.n; j++)
            if (list.spans[i].partition / 2 < list.spans[j].partition / 2)
                assert_true(list.spans[i].end <= list.spans[j].start);
    timeline_list_clear(&list);
    resident_close(&on);
}

/* They lie over one another, however slowly the second one's driver comes to work. */
static void as_many_proofs_are_under_way_as_asked_for(void **state)
{
    (void)state;
    const load_shape shape = {8, 2, 1};
    resident on = small_resident("bn254", load_spans(shape));
    load_row row = put_load(&on, shape);
    for (int i = 0; i < 100 && row.proofs.sum <= row.seconds; i++)
        row = put_load(&on, shape);
    assert_true(row.proofs.sum > row.seconds);
    resident_close(&on);
}

static void spans_that_had_no_room_are_counted(void **state)
{
    (void)state;
    enum { N = 3, N_ROOM = 5, N_STAGES = STAGE_VERIFY - STAGE_WITNESS + 1 };
    resident on = small_resident("bn254", N_ROOM);
    for (int i = 0; i < 2; i++) /* each load by itself */
        assert_int_equal(put_load(&on, (load_shape){N, 1, 1}).n_lost, N * N_STAGES - N_ROOM);
    resident_close(&on);
}

static void a_partition_that_fails_is_counted(void **state)
{
    (void)state;
    const load_shape shape = {3, 2, 1};
    resident on = small_resident("bn254", load_spans(shape));
    on.witness_path = "/no/such.wtns";
    load_row row = put_load(&on, shape);
    assert_int_equal(row.n_failed, 3);
    assert_int_equal(row.fault.code, PT_E_NOINPUT);
    assert_non_null(strstr(row.fault.msg, "/no/such.wtns"));
    resident_close(&on);
}

/* What came from the engine as a valid proof is looked at once more. */
static void a_wrong_proof_is_no_proof(void **state)
{
    (void)state;
    resident on = small_resident("bls12_381", 16);
    engine_job job;
    pt_err err = {0};
    resident_order(&on, &job);
    assert_int_equal(engine_submit(on.engine, &job, &err), PT_OK);
    assert_ptr_equal(engine_next(on.engine), &job);
    assert_int_equal(resident_judge(&on, &job, &err), PT_OK);
    memcpy(job.proof.a, job.proof.c, sizeof job.proof.a);
    assert_int_equal(resident_judge(&on, &job, &err), PT_E_INTERNAL);
    engine_job_clear(&job);
    resident_close(&on);
}

static void loads_after_the_first_map_nothing(void **state)
{
    (void)state;
    const load_shape shape = {6, 6, 1};
    resident on = small_resident("bn254", load_spans(shape));
    size_t n_mapped = put_load(&on, shape).n_mapped;
    assert_in_range(n_mapped, 1, 3);
    n_mapped += put_load(&on, shape).n_mapped;
    assert_in_range(n_mapped, 1, 3); /* one for each in flight, however long it took until all were */
    resident_close(&on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_partition_of_every_proof_is_proven),
        cmocka_unit_test(no_more_proofs_are_under_way_than_asked_for),
        cmocka_unit_test(as_many_proofs_are_under_way_as_asked_for),
        cmocka_unit_test(spans_that_had_no_room_are_counted),
        cmocka_unit_test(a_partition_that_fails_is_counted),
        cmocka_unit_test(a_wrong_proof_is_no_proof),
        cmocka_unit_test(loads_after_the_first_map_nothing),
    };
    return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
