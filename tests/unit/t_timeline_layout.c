/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/pipeline/timeline_layout.h"

enum { N_SPANS = 200 };

static timeline_list random_list(timeline_span *spans, size_t n, unsigned seed)
{
    timeline_list out;
    timeline *recorder;
    pt_err err = {0};
    srand(seed);
    assert_int_equal(timeline_create(n, &recorder, &err), PT_OK);
    for (size_t i = 0; i < n; i++) {
        double start = rand() % 500;
        spans[i] = (timeline_span){.start = start,
                                   .end = start + rand() % 30,
                                   .partition = rand() % 10 == 0 ? TIMELINE_NO_PARTITION : (uint32_t)(rand() % 20),
                                   .row = (uint16_t)(rand() % 5),
                                   .rank = (uint16_t)(rand() % 2)};
        timeline_record(recorder, &spans[i]);
    }
    assert_int_equal(timeline_read(recorder, &out, &err), PT_OK);
    timeline_destroy(recorder);
    return out;
}

static bool same_group(const timeline_span *a, const timeline_span *b, timeline_grouping by)
{
    return by == TIMELINE_BY_ROW ? a->rank == b->rank && a->row == b->row : a->partition == b->partition;
}

/* The most spans of i's group that run at one time: those that run when one of them starts. */
static size_t most_at_once(const timeline_list *list, size_t i, timeline_grouping by)
{
    size_t most = 0;
    for (size_t j = 0; j < list->n; j++) {
        size_t n = 0;
        for (size_t k = 0; k <= j; k++)
            n += same_group(&list->spans[k], &list->spans[i], by) && (k == j || list->spans[k].end > list->spans[j].start);
        most = same_group(&list->spans[j], &list->spans[i], by) && n > most ? n : most;
    }
    return most;
}

static void check_pair(const timeline_list *list, const timeline_layout *layout, size_t i, size_t j, timeline_grouping by)
{
    const timeline_span *a = &list->spans[i], *b = &list->spans[j];
    bool same = layout->places[i].group == layout->places[j].group;
    assert_int_equal(same, same_group(a, b, by));
    if (same && layout->places[i].lane == layout->places[j].lane)
        assert_true(a->end <= b->start || b->end <= a->start);
}

static void check_groups(const timeline_layout *layout, timeline_grouping by)
{
    uint32_t n_lanes = 0;
    for (size_t g = 0; g < layout->n_groups; g++) {
        const timeline_group *own = &layout->groups[g], *last = g == 0 ? NULL : own - 1;
        assert_int_equal(own->first_lane, n_lanes);
        n_lanes += own->n_lanes;
        if (last != NULL && by == TIMELINE_BY_ROW)
            assert_true(last->rank < own->rank || (last->rank == own->rank && last->number < own->number));
        else if (last != NULL)
            assert_true(last->number == TIMELINE_NO_PARTITION || last->number < own->number);
    }
}

static void no_lane_has_overlapping_spans_and_none_is_needless(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 6; seed++)
        for (timeline_grouping by = TIMELINE_BY_ROW; by <= TIMELINE_BY_PARTITION; by++) {
            timeline_span spans[N_SPANS];
            timeline_list list = random_list(spans, N_SPANS, seed);
            timeline_layout layout;
            pt_err err = {0};
            assert_int_equal(timeline_layout_of(&list, by, &layout, &err), PT_OK);
            check_groups(&layout, by);
            for (size_t i = 0; i < list.n; i++) {
                const timeline_group *group = &layout.groups[layout.places[i].group];
                assert_true(layout.places[i].lane < group->n_lanes);
                assert_true(group->start <= list.spans[i].start && group->end >= list.spans[i].end);
                assert_true(group->n_lanes <= most_at_once(&list, i, by));
                for (size_t j = 0; j < i; j++)
                    check_pair(&list, &layout, i, j, by);
            }
            timeline_layout_clear(&layout);
            timeline_list_clear(&list);
        }
}

static void nothing_has_no_groups(void **state)
{
    (void)state;
    timeline_layout layout;
    pt_err err = {0};
    assert_int_equal(timeline_layout_of(&(timeline_list){0}, TIMELINE_BY_ROW, &layout, &err), PT_OK);
    assert_int_equal(layout.n_groups, 0);
    timeline_layout_clear(&layout);
    timeline_layout_clear(&layout);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_lane_has_overlapping_spans_and_none_is_needless),
        cmocka_unit_test(nothing_has_no_groups),
    };
    return cmocka_run_group_tests_name("timeline_layout", tests, NULL, NULL);
}
