/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/lint.h"

#include <assert.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "node/format/lint_parts.h"

static const struct {
    const char *name;
    lint_severity severity;
} rules[LINT_RULES] = {
    [LINT_MALFORMED] = {"malformed", LINT_ERROR},
    [LINT_POINT_OFF_CURVE] = {"point-off-curve", LINT_ERROR},
    [LINT_POINT_OUTSIDE_SUBGROUP] = {"point-outside-subgroup", LINT_ERROR},
    [LINT_POINT_AT_INFINITY] = {"point-at-infinity", LINT_ERROR},
    [LINT_G1_G2_MISMATCH] = {"g1-g2-mismatch", LINT_ERROR},
    [LINT_GAMMA_EQUALS_DELTA] = {"gamma-equals-delta", LINT_ERROR},
    [LINT_ALPHA_BETA_GENERATOR] = {"alpha-beta-generator", LINT_ERROR},
    [LINT_GAMMA_NOT_GENERATOR] = {"gamma-not-generator", LINT_WARNING},
    [LINT_TEST_KEY] = {"test-key", LINT_ERROR},
    [LINT_NO_CONTRIBUTION] = {"no-contribution", LINT_ERROR},
    [LINT_NO_BEACON] = {"no-beacon", LINT_WARNING},
    [LINT_IDLE_CONTRIBUTION] = {"idle-contribution", LINT_WARNING},
    [LINT_RECORD_MISMATCH] = {"record-mismatch", LINT_ERROR},
    [LINT_NO_RECORD] = {"no-record", LINT_WARNING},
    [LINT_RECORD_IN_SOURCE] = {"record-in-source", LINT_NOTE},
    [LINT_UNBOUND_PUBLIC] = {"unbound-public", LINT_ERROR},
    [LINT_UNUSED_PUBLIC] = {"unused-public", LINT_WARNING},
    [LINT_UNCONSTRAINED_OUTPUT] = {"unconstrained-output", LINT_ERROR},
    [LINT_UNUSED_SIGNAL] = {"unused-signal", LINT_WARNING},
    [LINT_UNSATISFIABLE] = {"unsatisfiable", LINT_ERROR},
    [LINT_TRIVIAL_CONSTRAINT] = {"trivial-constraint", LINT_NOTE},
    [LINT_DOMAIN_TOO_LARGE] = {"domain-too-large", LINT_NOTE},
};

const char *lint_rule_name(lint_rule rule)
{
    return rules[rule].name;
}

lint_severity lint_rule_severity(lint_rule rule)
{
    return rules[rule].severity;
}

bool lint_rule_find(const char *name, lint_rule *out)
{
    for (int i = 0; i < LINT_RULES; i++)
        if (strcmp(name, rules[i].name) == 0) {
            *out = (lint_rule)i;
            return true;
        }
    return false;
}

const char *lint_severity_name(lint_severity severity)
{
    static const char *const names[] = {[LINT_NOTE] = "note", [LINT_WARNING] = "warning", [LINT_ERROR] = "error"};
    return names[severity];
}

/* ---- findings ---- */

void lint_add(lint_report *report, lint_rule rule, const char *place, const char *fmt, ...)
{
    assert(report->n < LINT_FINDINGS_MAX);
    lint_finding *finding = &report->findings[report->n++];
    finding->rule = rule;
    snprintf(finding->place, sizeof finding->place, "%s", place);
    va_list args;
    va_start(args, fmt);
    vsnprintf(finding->message, sizeof finding->message, fmt, args);
    va_end(args);
}

pt_status lint_take_error(lint_report *report, const char *path, pt_err *err)
{
    if (err->code != PT_E_FORMAT)
        return err->code;
    size_t len = strlen(path);
    bool named = strncmp(err->msg, path, len) == 0 && strncmp(err->msg + len, ": ", 2) == 0;
    lint_add(report, LINT_MALFORMED, "", "%s", named ? err->msg + len + 2 : err->msg);
    *err = (pt_err){0};
    return PT_OK;
}

void lint_indices_add(lint_indices *list, uint32_t index)
{
    if (list->n < sizeof list->first / sizeof *list->first)
        list->first[list->n] = index;
    list->n++;
}

void lint_indices_text(const lint_indices *list, size_t n_all, char out[LINT_INDICES_ROOM])
{
    const size_t room = LINT_INDICES_ROOM, kept = sizeof list->first / sizeof *list->first;
    int used = snprintf(out, room, "%zu of %zu: ", list->n, n_all);
    for (size_t i = 0; i < list->n && i < kept; i++)
        used += snprintf(out + used, room - (size_t)used, "%s%u", i == 0 ? "" : ", ", list->first[i]);
    if (list->n > kept)
        snprintf(out + used, room - (size_t)used, " and others");
}

/* ---- points ---- */

pt_status lint_points(lint_report *report, crew *threads, const pt_curve *curve, const char *path, const point_span *spans,
                      size_t n_spans, uint32_t *sound, pt_err *err)
{
    static const lint_rule of_fault[] = {[POINT_OFF_CURVE] = LINT_POINT_OFF_CURVE,
                                         [POINT_INFINITE] = LINT_POINT_AT_INFINITY,
                                         [POINT_OUTSIDE] = LINT_POINT_OUTSIDE_SUBGROUP};
    *sound = 0;
    for (size_t s = 0; s < n_spans; s++) {
        point_place bad;
        if (points_find_bad(threads, curve, path, &spans[s], 1, &bad, err) != PT_OK)
            return err->code;
        if (bad.span == 1)
            *sound |= (uint32_t)1 << s;
        else if (spans[s].n == 1)
            lint_add(report, of_fault[bad.fault], spans[s].where, "the point %s", point_fault_text(bad.fault));
        else
            lint_add(report, of_fault[bad.fault], spans[s].where, "point %zu of %zu %s", bad.index, spans[s].n,
                     point_fault_text(bad.fault));
    }
    return PT_OK;
}

static void lint_public(lint_report *report, const groth16_vkey *vkey, const char *place)
{
    const size_t g1_bytes = 2 * (size_t)vkey->curve->fq_bytes;
    lint_indices unbound = {0};
    for (uint32_t i = 1; i <= vkey->n_public; i++)
        if (sodium_is_zero(vkey->ic + i * g1_bytes, g1_bytes))
            lint_indices_add(&unbound, i);
    if (unbound.n == 0)
        return;
    char text[LINT_INDICES_ROOM];
    lint_indices_text(&unbound, vkey->n_public, text);
    lint_add(report, LINT_UNBOUND_PUBLIC, place, "a proof holds for any value of these public signals: %s", text);
}

void lint_vkey_points(lint_report *report, const groth16_vkey *vkey, const lint_vkey_places *places)
{
    const pt_curve *curve = vkey->curve;
    const size_t g1_bytes = 2 * (size_t)curve->fq_bytes, g2_bytes = 2 * g1_bytes;
    if (memcmp(vkey->alpha1, curve->g1_generator, g1_bytes) == 0)
        lint_add(report, LINT_ALPHA_BETA_GENERATOR, places->alpha1, "it is the generator: alpha is 1, known to everyone");
    if (memcmp(vkey->beta2, curve->g2_generator, g2_bytes) == 0)
        lint_add(report, LINT_ALPHA_BETA_GENERATOR, places->beta2, "it is the generator: beta is 1, known to everyone");
    if (groth16_gamma_is_delta(vkey))
        lint_add(report, LINT_GAMMA_EQUALS_DELTA, places->delta2, "delta is gamma: anyone can forge proofs");
    if (memcmp(vkey->delta2, curve->g2_generator, g2_bytes) == 0)
        lint_add(report, LINT_NO_CONTRIBUTION, places->delta2, "it is the generator: nobody contributed to phase 2");
    if (memcmp(vkey->gamma2, curve->g2_generator, g2_bytes) != 0)
        lint_add(report, LINT_GAMMA_NOT_GENERATOR, places->gamma2,
                 "a ceremony leaves gamma the generator: a single party's set-up, which knows its waste, made this key");
    lint_public(report, vkey, places->ic);
}
