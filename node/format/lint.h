/* SPDX-License-Identifier: Apache-2.0 */
/* node/format/lint.h - what can be seen to be wrong with a key, a verifying key or a circuit. The rules: docs/usage.md.
 *
 * A finding is no error: a file that can't even be read as what it is has one finding, `malformed`. */
#ifndef PT_LINT_H
#define PT_LINT_H

#include <stdbool.h>

#include "node/arith/cpu_features.h"
#include "node/pipeline/crew.h"

typedef enum { LINT_NOTE, LINT_WARNING, LINT_ERROR } lint_severity;

typedef enum {
    LINT_MALFORMED,
    LINT_POINT_OFF_CURVE,
    LINT_POINT_OUTSIDE_SUBGROUP,
    LINT_POINT_AT_INFINITY,
    LINT_G1_G2_MISMATCH,
    LINT_GAMMA_EQUALS_DELTA,
    LINT_ALPHA_BETA_GENERATOR,
    LINT_GAMMA_NOT_GENERATOR,
    LINT_TEST_KEY,
    LINT_NO_CONTRIBUTION,
    LINT_NO_BEACON,
    LINT_IDLE_CONTRIBUTION,
    LINT_RECORD_MISMATCH,
    LINT_NO_RECORD,
    LINT_RECORD_IN_SOURCE,
    LINT_UNBOUND_PUBLIC,
    LINT_UNUSED_PUBLIC,
    LINT_UNCONSTRAINED_OUTPUT,
    LINT_UNUSED_SIGNAL,
    LINT_UNSATISFIABLE,
    LINT_TRIVIAL_CONSTRAINT,
    LINT_DOMAIN_TOO_LARGE,
    LINT_RULES
} lint_rule;

/** "gamma-equals-delta" and so on. */
const char *lint_rule_name(lint_rule rule);
lint_severity lint_rule_severity(lint_rule rule);

/** The rule of a name; false if there is none. */
bool lint_rule_find(const char *name, lint_rule *out);

/** "note", "warning", "error". */
const char *lint_severity_name(lint_severity severity);

typedef struct {
    lint_rule rule;
    char place[48];    /* "section 2 (delta2)", "vk_delta_2"; may be empty */
    char message[240]; /* one line */
} lint_finding;

/** No file has more: signals of one kind are one finding, and so are the points of one array. */
enum { LINT_FINDINGS_MAX = 64 };

/** Findings of one file, in the order of its places. Start with {0}. */
typedef struct {
    size_t n;
    lint_finding findings[LINT_FINDINGS_MAX];
} lint_report;

/** A zkey or a prepared key: every point, its verifying key, the record of its ceremony, its signals.
 *  shape   *out is added to
 *  errors  PT_E_NOINPUT, PT_E_NOMEM, PT_E_INTERNAL no random bits; never for what stands in the file */
pt_status lint_key(const char *path, cpu_features features, crew *threads, lint_report *out, pt_err *err);

/** A verification_key.json. Arguments and errors as lint_key. */
pt_status lint_vkey(const char *path, cpu_features features, crew *threads, lint_report *out, pt_err *err);

/** An r1cs. Arguments and errors as lint_key. */
pt_status lint_r1cs(const char *path, cpu_features features, crew *threads, lint_report *out, pt_err *err);

#endif
