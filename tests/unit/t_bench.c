/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/bench.h"

#include "node/bench/generated_key.h"
#include "tests/unit/generated_tests.inc.h"

static const unsigned sizes[] = {1, 5, 8};

static bench_job small_job(bench_kind kind, crew *threads, bench_report *report)
{
    return (bench_job){.kind = kind,
                       .curve = own_curve(),
                       .crew = threads,
                       .n_repeats = 3,
                       .seed = 7,
                       .log_sizes = sizes,
                       .n_sizes = sizeof sizes / sizeof *sizes,
                       .scalars = SCALARS_ALL,
                       .groups = GROUP_ALL,
                       .witness_path = "w",
                       .report = report};
}

static crew *new_crew(void)
{
    pt_err err = {0};
    crew *threads;
    assert_int_equal(crew_create(2, &threads, &err), PT_OK);
    return threads;
}

static void expect_rows(const bench_report *report, size_t n_rows)
{
    assert_int_equal(report->n, n_rows);
    for (size_t i = 0; i < report->n; i++) {
        const bench_row *row = &report->rows[i];
        assert_true(row->min >= 0 && row->min <= row->p25 && row->p25 <= row->median && row->median <= row->p75);
        assert_int_equal(row->n_samples, 3);
        assert_non_null(row->checked);
    }
}

static void transforms_and_sums_are_measured_at_each_size(void **state)
{
    crew *threads = new_crew();
    bench_report ntt = {0}, msm = {0};
    pt_err err = {0};
    bench_job job = small_job(BENCH_NTT, threads, &ntt);
    assert_int_equal(bench_run(&job, &err), PT_OK);
    expect_rows(&ntt, 3 * 2);
    job = small_job(BENCH_MSM, threads, &msm);
    assert_int_equal(bench_run(&job, &err), PT_OK);
    expect_rows(&msm, 3 * 3 * 2);
    bench_report_clear(&ntt);
    bench_report_clear(&msm);
    crew_destroy(threads);
    (void)state;
}

static void batches_are_verified_and_their_bad_proof_found(void **state)
{
    static const size_t batches[] = {1, 3};
    crew *threads = new_crew();
    bench_report report = {0};
    pt_err err = {0};
    bench_job job = small_job(BENCH_VERIFY, threads, &report);
    job.batches = batches;
    job.n_batches = 2;
    job.other = pt_curve_by_name(PT_TEXT(PT_CURVE), (cpu_features){0});
    if (bench_run(&job, &err) != PT_OK)
        fail_msg("%s", err.msg);
    expect_rows(&report, 2 * 2);
    assert_string_equal(report.rows[3].name, "verify_one_bad");
    assert_int_equal(report.rows[3].size, 3);
    bench_report_clear(&report);
    crew_destroy(threads);
    (void)state;
}

static void masks_choose_groups_and_scalars(void **state)
{
    crew *threads = new_crew();
    bench_report report = {0};
    pt_err err = {0};
    bench_job job = small_job(BENCH_MSM, threads, &report);
    job.groups = GROUP_G2;
    job.scalars = SCALARS_BITS;
    assert_int_equal(bench_run(&job, &err), PT_OK);
    expect_rows(&report, 3);
    assert_string_equal(report.rows[0].name, "msm_g2_bits");
    bench_report_clear(&report);
    crew_destroy(threads);
    (void)state;
}

static void arithmetic_agrees_with_the_other_build(void **state)
{
    crew *threads = new_crew();
    bench_report report = {0};
    pt_err err = {0};
    bench_job job = small_job(BENCH_ARITH, threads, &report);
    job.other = pt_curve_by_name(PT_TEXT(PT_CURVE), (cpu_features){0});
    if (bench_run(&job, &err) != PT_OK)
        fail_msg("%s", err.msg);
    assert_true(report.n >= 12);
    assert_non_null(strstr(report.rows[0].checked, "another build"));
    bench_report_clear(&report);
    crew_destroy(threads);
    (void)state;
}

/* The other curve's results stand for a build that computes something else. */
static void a_build_that_differs_is_an_internal_error(void **state)
{
    crew *threads = new_crew();
    bench_report report = {0};
    pt_err err = {0};
    bench_job job = small_job(BENCH_ARITH, threads, &report);
    job.n_repeats = 1;
    job.other = pt_curve_by_name(strcmp(job.curve->name, "bn254") == 0 ? "bls12_381" : "bn254", (cpu_features){0});
    assert_int_equal(bench_run(&job, &err), PT_E_INTERNAL);
    bench_report_clear(&report);
    crew_destroy(threads);
    (void)state;
}

static void synthesis_and_proofs_are_measured_with_a_generated_key(void **state)
{
    crew *threads = new_crew();
    proving_key *key;
    wtns witness;
    pt_err err = {0};
    bench_report synth = {0}, prove = {0};
    if (generated_key_open(own_curve(), own_features(), 6, CIRCUIT_BITS, 1, threads, &key, &witness, &err) != PT_OK)
        fail_msg("%s", err.msg);
    bench_job job = small_job(BENCH_SYNTH, threads, &synth);
    job.key = key;
    job.witness = &witness;
    assert_int_equal(bench_run(&job, &err), PT_OK);
    expect_rows(&synth, 1);
    job.kind = BENCH_PROVE;
    job.report = &prove;
    assert_int_equal(bench_run(&job, &err), PT_OK);
    assert_string_equal(prove.rows[0].name, "prove");
    assert_true(prove.n > 4);
    wtns_clear(&witness);
    proving_key_close(key);
    bench_report_clear(&synth);
    bench_report_clear(&prove);
    crew_destroy(threads);
    (void)state;
}

static void a_witness_of_another_circuit_is_refused(void **state)
{
    crew *threads = new_crew();
    proving_key *key;
    wtns witness;
    pt_err err = {0};
    bench_report report = {0};
    assert_int_equal(generated_key_open(own_curve(), own_features(), 4, CIRCUIT_FULL, 1, threads, &key, &witness, &err),
                     PT_OK);
    bench_job job = small_job(BENCH_SYNTH, threads, &report);
    job.key = key;
    job.witness = &witness;
    witness.n--;
    assert_int_equal(bench_run(&job, &err), PT_E_FORMAT);
    witness.n++;
    wtns_clear(&witness);
    proving_key_close(key);
    crew_destroy(threads);
    (void)state;
}

static void domains_beyond_the_transform_s_are_argument_errors(void **state)
{
    const unsigned huge[] = {28};
    bench_report report = {0};
    pt_err err = {0};
    bench_job job = small_job(BENCH_NTT, NULL, &report);
    job.log_sizes = huge;
    job.n_sizes = 1;
    assert_int_equal(bench_run(&job, &err), PT_E_ARG);
    (void)state;
}

int main(void)
{
    skip_unless_supported();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transforms_and_sums_are_measured_at_each_size),
        cmocka_unit_test(batches_are_verified_and_their_bad_proof_found),
        cmocka_unit_test(masks_choose_groups_and_scalars),
        cmocka_unit_test(arithmetic_agrees_with_the_other_build),
        cmocka_unit_test(a_build_that_differs_is_an_internal_error),
        cmocka_unit_test(synthesis_and_proofs_are_measured_with_a_generated_key),
        cmocka_unit_test(a_witness_of_another_circuit_is_refused),
        cmocka_unit_test(domains_beyond_the_transform_s_are_argument_errors),
    };
    return cmocka_run_group_tests_name("bench", tests, NULL, NULL);
}
