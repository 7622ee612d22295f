/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/progress.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static progress_state nothing_known(void)
{
    progress_state state = {.current = STAGE_KEY};
    for (int s = 0; s < STAGE_COUNT; s++)
        state.known[s] = -1;
    return state;
}

static void nothing_is_estimated_before_a_stage_has_ended(void **unused)
{
    (void)unused;
    progress_state state = nothing_known();
    assert_true(progress_remaining(&state) < 0);
}

static void known_stages_are_taken_as_they_were(void **unused)
{
    (void)unused;
    progress_state state = nothing_known();
    for (int s = 0; s < STAGE_COUNT; s++)
        state.known[s] = s;
    state.current = STAGE_MSM_H;
    state.in_current = 2;
    double behind = STAGE_MSM_H - 2;
    for (int s = STAGE_MSM_H + 1; s < STAGE_COUNT; s++)
        behind += s;
    assert_true(fabs(progress_remaining(&state) - behind) < 1e-9);
}

static void a_further_partition_costs_all_stages_but_the_key(void **unused)
{
    (void)unused;
    progress_state state = nothing_known();
    double partition = 0;
    for (int s = 0; s < STAGE_COUNT; s++)
        state.known[s] = s + 1;
    for (int s = STAGE_WITNESS; s < STAGE_COUNT; s++)
        partition += s + 1;
    state.current = STAGE_QUOTIENT;
    double alone = progress_remaining(&state);
    state.n_partitions_left = 3;
    assert_true(fabs(progress_remaining(&state) - (alone + 3 * partition)) < 1e-9);
}

static void unknown_stages_scale_with_the_known_ones(void **unused)
{
    (void)unused;
    progress_state state = nothing_known();
    state.known[STAGE_KEY] = 1;
    state.current = STAGE_WITNESS;
    double once = progress_remaining(&state);
    assert_true(once > 1); /* the key is the smaller part of a proof */
    state.known[STAGE_KEY] = 10;
    assert_true(fabs(progress_remaining(&state) - (10 * once)) < 1e-6);
}

static void a_stage_that_takes_longer_than_thought_leaves_the_others(void **unused)
{
    (void)unused;
    progress_state state = nothing_known();
    for (int s = 0; s < STAGE_COUNT; s++)
        state.known[s] = 1;
    state.current = STAGE_WRITE;
    state.in_current = 100;
    assert_true(fabs(progress_remaining(&state)) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_estimated_before_a_stage_has_ended),
        cmocka_unit_test(known_stages_are_taken_as_they_were),
        cmocka_unit_test(a_further_partition_costs_all_stages_but_the_key),
        cmocka_unit_test(unknown_stages_scale_with_the_known_ones),
        cmocka_unit_test(a_stage_that_takes_longer_than_thought_leaves_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
