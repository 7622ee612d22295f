/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "node/bench/load.h"
#include "node/topo/process_figures.h"
#include "tests/unit/stand_in_tests.inc.h"
#include "tests/unit/thread_tests.inc.h"

static resident resident_of(const char *curve, engine_options options, size_t n_spans)
{
    const cpu_features features = cpu_features_read();
    const resident_source source = {
        .curve = pt_curve_by_name(curve, features), .log_domain = 5, .kind = CIRCUIT_FULL, .seed = 3};
    const engine_setup setup = {.options = options, .features = features};
    resident out;
    pt_err err = {0};
    if (resident_open(&source, &setup, n_spans, &out, &err) != PT_OK)
        fail_msg("%s", err.msg);
    return out;
}

static resident small_resident(const char *curve, size_t n_spans)
{
    return resident_of(curve, (engine_options){.n_threads = 2, .n_in_flight = 3}, n_spans);
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

/* Which of the partitions fail, and how many have been begun. */
typedef struct {
    size_t first, n_begun;
} failing;

static pt_status fail_from_the_first(groth16_partition *partition, crew *threads, pt_err *err)
{
    failing *f = stand_in_ctx(partition);
    const size_t number = f->n_begun++;
    (void)threads;
    return number < f->first ? PT_OK : pt_fail(err, PT_E_VERIFY, "partition %zu", number);
}

/* One after the other. */
static void the_fault_is_that_of_the_first_partition_that_failed(void **state)
{
    enum { N = 4 };
    static stand_in stages;
    (void)state;
    resident on = small_resident("bn254", load_spans((load_shape){N, 1, 1}));
    for (size_t first = 0; first <= N; first++) {
        failing f = {.first = first};
        char message[20] = "";
        resident other = resident_with(&on, &f, &stages);
        stages.executors.run[STAGE_QUOTIENT] = fail_from_the_first;
        const load_row row = put_load(&other, (load_shape){N, 1, 1});
        if (first < N)
            snprintf(message, sizeof message, "partition %zu", first);
        assert_int_equal(row.n_failed, N - first);
        assert_string_equal(row.fault.msg, message);
        assert_int_equal(row.fault.code, first < N ? PT_E_VERIFY : PT_OK);
        engine_key_destroy(other.prepared);
    }
    resident_close(&on);
}

static pt_status hold_for_wrong(const groth16_batch *proofs, pt_err *verdicts, pt_err *err)
{
    (void)proofs;
    (void)err;
    pt_fail(verdicts, PT_E_VERIFY, "wrong");
    return PT_OK;
}

static pt_status be_without_memory(const groth16_batch *proofs, pt_err *verdicts, pt_err *err)
{
    (void)proofs;
    (void)verdicts;
    return pt_fail(err, PT_E_NOMEM, "no memory");
}

static void a_wrong_proof_is_counted_and_one_that_is_not_judged_is_an_error(void **state)
{
    enum { N = 3 };
    static stand_in stages;
    (void)state;
    resident on = small_resident("bn254", load_spans((load_shape){N, 1, 1}));
    resident other = resident_with(&on, NULL, &stages);
    pt_err err = {0};
    load_row row = {0};
    stages.curve.verify_batch = hold_for_wrong;
    row = put_load(&other, (load_shape){N, 1, 1});
    assert_int_equal(row.n_failed, N);
    assert_int_equal(row.fault.code, PT_E_INTERNAL);
    stages.curve.verify_batch = be_without_memory;
    assert_int_equal(load_run(&other, (load_shape){N, 1, 1}, &row, &err), PT_E_NOMEM);
    assert_string_equal(err.msg, "no memory");
    engine_key_destroy(other.prepared);
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

/* One in flight: the next one's memory is there when the last one's has been freed. */
static void memory_that_is_freed_is_counted_as_well(void **state)
{
    enum { N = 5, LOOKS = 10000 };
    (void)state;
    const load_shape shape = {N, 1, 1};
    resident on = resident_of("bn254", (engine_options){.n_threads = 1, .n_in_flight = 1, .arenas = ARENAS_FREED_BY_ONE},
                              load_spans(shape));
    for (size_t n_loads = 1; n_loads <= 2; n_loads++) { /* each by itself */
        assert_in_range(put_load(&on, shape).n_mapped, 2 * N - 1, 2 * N);
        for (int i = 0; i < LOOKS && engine_figures_now(on.engine).arenas.n_unmapped < n_loads * N; i++)
            sleep_ms(1);
        assert_int_equal(engine_figures_now(on.engine).arenas.n_unmapped, n_loads * N);
    }
    resident_close(&on);
}

static void the_peak_is_the_load_s_own_if_the_system_lets_it(void **state)
{
    enum { MANY_BYTES = 64 << 20 };
    (void)state;
    resident on = small_resident("bn254", load_spans((load_shape){1, 1, 1}));
    void *many = mmap(NULL, MANY_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(many, MAP_FAILED);
    memset(many, 1, MANY_BYTES);
    const uint64_t before = process_figures_read().peak;
    munmap(many, MANY_BYTES);
    const load_row row = put_load(&on, (load_shape){1, 1, 1});
    assert_int_equal(row.peak_is_own, row.peak_bytes + MANY_BYTES / 2 < before);
    assert_int_equal(row.peak_is_own, process_forget_peak());
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
        cmocka_unit_test(the_fault_is_that_of_the_first_partition_that_failed),
        cmocka_unit_test(a_wrong_proof_is_counted_and_one_that_is_not_judged_is_an_error),
        cmocka_unit_test(a_wrong_proof_is_no_proof),
        cmocka_unit_test(loads_after_the_first_map_nothing),
        cmocka_unit_test(memory_that_is_freed_is_counted_as_well),
        cmocka_unit_test(the_peak_is_the_load_s_own_if_the_system_lets_it),
    };
    return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
