/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/lint_tests.inc.h - what the tests of the lints share: keys of both curves to damage, and findings as they should be. */
#ifndef PT_LINT_TESTS_H
#define PT_LINT_TESTS_H

#include "node/curve.h"
#include "node/format/lint.h"
#include "tests/unit/format_tests.inc.h"

enum { CURVES = 2 };
static const char *const LINT_KEYS[CURVES] = {GOLDEN("bn254.zkey"), GOLDEN("bls12_381.zkey")};

static inline const pt_curve *lint_curve(size_t which)
{
    return pt_curve_by_name(which == 0 ? "bn254" : "bls12_381", cpu_features_read());
}

typedef pt_status (*lint_function)(const char *, cpu_features, crew *, lint_report *, pt_err *);

static inline lint_report lint_at(lint_function lint, const char *path)
{
    crew *threads;
    lint_report report = {0};
    pt_err err = {0};
    assert_int_equal(crew_create(2, &threads, &err), PT_OK);
    if (lint(path, cpu_features_read(), threads, &report, &err) != PT_OK)
        fail_msg("%s", err.msg);
    crew_destroy(threads);
    return report;
}

/* These rules and no others, in this order; names apart by one blank. */
static inline void expect_rules(const lint_report *report, const char *names)
{
    char found[512] = "";
    for (size_t i = 0; i < report->n; i++) {
        strcat(found, i == 0 ? "" : " ");
        strcat(found, lint_rule_name(report->findings[i].rule));
    }
    assert_string_equal(found, names);
}

static inline void expect_finding(const lint_report *report, size_t index, const char *place, const char *part)
{
    assert_true(index < report->n);
    assert_string_equal(report->findings[index].place, place);
    if (strstr(report->findings[index].message, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", report->findings[index].message, part);
}

/* ---- keys ---- */

typedef enum { ALPHA1, BETA1, BETA2, GAMMA2, DELTA1, DELTA2 } header_point;

static inline size_t g1_bytes_of(size_t which)
{
    return which == 0 ? 64 : 96;
}

static inline uint8_t *point_in_header(const image *file, size_t which, header_point point)
{
    static const size_t g1_before[] = {0, 1, 2, 4, 6, 7};
    const size_t g1 = g1_bytes_of(which), counts = 4 + g1 / 2 + 4 + 32;
    return file->bytes + image_section(file, 2) + counts + 12 + g1_before[point] * g1;
}

/* A copy in which a section holds something else; without the section if bytes is NULL. The old one is freed. */
static inline image image_with(image file, uint32_t type, const void *bytes, size_t n)
{
    image out = {.bytes = malloc(1 << 20), .n = 12};
    memcpy(out.bytes, file.bytes, 12);
    image_u32(&out, 8, 0);
    for (size_t at = 12; at < file.n; at += 12 + image_get_u64(&file, at + 4))
        if (image_get_u32(&file, at) != type)
            image_add_section(&out, image_get_u32(&file, at), file.bytes + at + 12, image_get_u64(&file, at + 4));
    if (bytes != NULL)
        image_add_section(&out, type, bytes, n);
    free(file.bytes);
    return out;
}

/* Writes and frees the file. */
static inline lint_report lint_image(lint_function lint, image *file, const char *path)
{
    image_write(file, path);
    free(file->bytes);
    return lint_at(lint, path);
}

#endif
