/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/inspect_lint.h"

#include <stdio.h>
#include <stdlib.h>

#include "mpi/printable.h"
#include "mpi/table.h"

/* Findings by severity, and those that count. */
typedef struct {
    size_t n[LINT_ERROR + 1], n_counting;
} tally;

static tally tally_of(const lint_report *report, const lint_allowance *allowance)
{
    tally t = {0};
    for (size_t i = 0; i < report->n; i++) {
        const lint_rule rule = report->findings[i].rule;
        t.n[lint_rule_severity(rule)]++;
        t.n_counting += lint_rule_severity(rule) != LINT_NOTE && !allowance->allowed[rule];
    }
    return t;
}

static pt_status find(const cli *self, const char *path, file_kind kind, lint_report *out, pt_err *err)
{
    crew *threads;
    pt_status (*lint)(const char *, cpu_features, crew *, lint_report *, pt_err *) = kind == FILE_VKEY   ? lint_vkey
                                                                                     : kind == FILE_R1CS ? lint_r1cs
                                                                                                         : lint_key;
    if (crew_create(self->n_threads, &threads, err) != PT_OK)
        return err->code;
    lint(path, self->features, threads, out, err);
    crew_destroy(threads);
    return err->code;
}

static pt_status print_table(const char *path, const lint_report *report, const lint_allowance *allowance, pt_err *err)
{
    table *rows;
    if (report->n == 0) {
        printf("%s: nothing found\n", path);
        return PT_OK;
    }
    if (table_create("severity\trule\tplace\tmessage", &rows, err) != PT_OK)
        return err->code;
    for (size_t i = 0; i < report->n; i++) {
        lint_finding f = report->findings[i];
        printable_line(f.message); /* no tabs either */
        table_add(rows, err, "%s%s\t%s\t%s\t%s", lint_severity_name(lint_rule_severity(f.rule)),
                  allowance->allowed[f.rule] ? " (allowed)" : "", lint_rule_name(f.rule), f.place, f.message);
    }
    if (err->code == PT_OK)
        table_print(rows, stdout);
    table_destroy(rows);
    return err->code;
}

static pt_status print_json(const char *path, file_kind kind, const lint_report *report, const lint_allowance *allowance,
                            pt_err *err)
{
    const tally t = tally_of(report, allowance);
    json_t *findings = json_array();
    for (size_t i = 0; i < report->n; i++) {
        const lint_finding *f = &report->findings[i];
        if (json_array_append_new(findings,
                                  json_pack("{s:s, s:s, s:s, s:o, s:b}", "severity",
                                            lint_severity_name(lint_rule_severity(f->rule)), "rule",
                                            lint_rule_name(f->rule), "place", f->place, "message",
                                            printable_json(f->message), "allowed", (int)allowance->allowed[f->rule])) != 0)
            pt_fail(err, PT_E_NOMEM, "no memory for the result");
    }
    return cli_print_json(json_pack("{s:s, s:o, s:s, s:I, s:I, s:I, s:o}", "command", "inspect", "file",
                                    printable_json(path), "kind", file_kind_name(kind), "errors",
                                    (json_int_t)t.n[LINT_ERROR], "warnings", (json_int_t)t.n[LINT_WARNING], "notes",
                                    (json_int_t)t.n[LINT_NOTE], "findings", findings),
                          err);
}

pt_status inspect_lint(const cli *self, const char *path, file_kind kind, const lint_allowance *allowance, pt_err *err)
{
    if (kind != FILE_ZKEY && kind != FILE_PREPARED && kind != FILE_VKEY && kind != FILE_R1CS)
        return pt_fail(err, PT_E_ARG, "%s: a %s, but --lint takes a key, a verification key or an r1cs", path,
                       file_kind_name(kind));
    lint_report *report = calloc(1, sizeof *report);
    if (report == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to lint it", path);
    if (find(self, path, kind, report, err) == PT_OK && (self->json ? print_json(path, kind, report, allowance, err)
                                                                    : print_table(path, report, allowance, err)) == PT_OK) {
        const tally t = tally_of(report, allowance);
        if (t.n_counting > 0)
            pt_fail(err, PT_E_FORMAT, "%s: lint: %zu error%s, %zu warning%s", path, t.n[LINT_ERROR],
                    t.n[LINT_ERROR] == 1 ? "" : "s", t.n[LINT_WARNING], t.n[LINT_WARNING] == 1 ? "" : "s");
    }
    free(report);
    return err->code;
}
