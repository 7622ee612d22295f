/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/bench_load.h"

#include <stdlib.h>
#include <string.h>

#include "mpi/printable.h"
#include "mpi/report_file.h"
#include "mpi/run_plan.h"
#include "mpi/workplace.h"

enum { PROOFS_MAX = 10000, PARTITIONS_MAX = 100, N_ALONE_DEFAULT = 7 };
static const double minutes_max = 60 * 24 * 30;

typedef struct {
    const cli *options;
    const load_args *args;
    workplace place;
    resident resident;
    load_shape shapes[LOAD_ROWS_MAX]; /* the first is alone */
    load_row rows[LOAD_ROWS_MAX];
    size_t n;
    char circuit[120], checked[60];
} load_bench;

/* ---- options ---- */

/* C:J,C:J... */
static error_t parse_loads(load_args *args, const char *text, const struct argp_state *state)
{
    for (const char *at = text; at != NULL; at = strchr(at, ',') != NULL ? strchr(at, ',') + 1 : NULL) {
        char pair[48];
        snprintf(pair, sizeof pair, "%.*s", (int)strcspn(at, ","), at);
        char *at_once = strchr(pair, ':');
        if (args->n_loads == LOAD_ROWS_MAX - 1)
            return cli_usage_error(state, "--load takes at most %d loads", LOAD_ROWS_MAX - 1);
        load_shape *load = &args->loads[args->n_loads++];
        if (at_once != NULL)
            *at_once++ = '\0';
        if (at_once == NULL || strcspn(at, ",") >= sizeof pair || !cli_read_count(pair, 1, PROOFS_MAX, &load->n_proofs) ||
            !cli_read_count(at_once, 1, PROOFS_MAX, &load->n_at_once))
            return cli_usage_error(state, "--load takes C:J,C:J..., proofs in all and at a time, not %s", text);
    }
    return 0;
}

static error_t parse_count(char name, const char *text, size_t max, size_t *out, const struct argp_state *state)
{
    return cli_read_count(text, 1, max, out)
               ? 0
               : cli_usage_error(state, "-%c takes a number from 1 to %zu, not %s", name, max, text);
}

static error_t parse_minutes(const char *text, double *out, const struct argp_state *state)
{
    char *end;
    bool begins = *text >= '0' && *text <= '9';
    *out = strtod(text, &end);
    return begins && *end == '\0' && *out > 0 && *out <= minutes_max
               ? 0
               : cli_usage_error(state, "--minutes takes a number of minutes above 0, such as 10 or 0.5, not %s", text);
}

error_t load_args_parse(load_args *args, int key, const char *arg, const struct argp_state *state)
{
    switch (key) {
    case LOAD_OPT_LOAD:
        return parse_loads(args, arg, state);
    case LOAD_OPT_CSV:
        args->csv = arg;
        return 0;
    case LOAD_OPT_PLOT:
        args->plot = arg;
        return 0;
    case LOAD_OPT_MINUTES:
        return parse_minutes(arg, &args->minutes, state);
    case 'c':
        return parse_count('c', arg, PROOFS_MAX, &args->n_proofs, state);
    case 'j':
        return parse_count('j', arg, PROOFS_MAX, &args->n_at_once, state);
    case 'p':
        return parse_count('p', arg, PARTITIONS_MAX, &args->n_partitions, state);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- before ---- */

static pt_status plan_loads(load_bench *self, pt_err *err)
{
    static const load_shape usual[] = {{5, 5, 1}, {10, 10, 1}, {15, 15, 1}, {20, 15, 1}};
    const load_args *args = self->args;
    const bool one = args->n_proofs > 0 || args->n_at_once > 0;
    const load_shape single = {args->n_proofs, args->n_at_once, 1};
    const load_shape *asked = one ? &single : args->n_loads > 0 ? args->loads : usual;
    const size_t n = one ? 1 : args->n_loads > 0 ? args->n_loads : sizeof usual / sizeof *usual;
    const size_t n_alone = self->options->knobs.of[KNOB_REPEATS].value;
    if (one && (args->n_loads > 0 || args->n_proofs == 0 || args->n_at_once == 0))
        return pt_fail(err, PT_E_ARG, "bench load takes -c and -j together, or --load");
    self->shapes[0] = (load_shape){.n_proofs = n_alone != 0 ? n_alone : N_ALONE_DEFAULT, .n_at_once = 1};
    memcpy(self->shapes + 1, asked, n * sizeof *asked);
    self->n = n + 1;
    for (size_t i = 0; i < self->n; i++)
        self->shapes[i].n_partitions = args->n_partitions != 0 ? args->n_partitions : 1;
    return PT_OK;
}

static pt_status check_files(const load_args *args, const resident_source *source, pt_err *err)
{
    const char *const inputs[] = {source->key_path, source->witness_path};
    return report_file_check(args->csv, args->plot, inputs, source->key_path != NULL ? 2 : 0, err);
}

/* ---- running ---- */

static void name_circuit(load_bench *self, const resident_source *source)
{
    const proving_key *key = self->resident.key;
    if (source->key_path != NULL) {
        snprintf(self->circuit, sizeof self->circuit, "%s", source->key_path);
        printable_line(self->circuit);
    } else {
        snprintf(self->circuit, sizeof self->circuit, "generated circuit of 2^%u, %s witness, %s", key->log_domain,
                 source->kind == CIRCUIT_BITS ? "bits" : "full", key->curve->name);
    }
    const pt_curve *other = self->resident.other;
    snprintf(self->checked, sizeof self->checked, "verified again by the %s build: %s",
             other == key->curve ? "same" : "other", other->isa);
}

static pt_status run_loads(load_bench *self, pt_err *err)
{
    const load_shape first = {1, 1, self->shapes[0].n_partitions};
    if (load_run(&self->resident, first, &self->rows[0], err) != PT_OK)
        return err->code;
    if (self->rows[0].n_failed > 0) {
        *err = self->rows[0].fault;
        return err->code;
    }
    for (size_t i = 0; i < self->n; i++) {
        if (load_run(&self->resident, self->shapes[i], &self->rows[i], err) != PT_OK)
            return err->code;
        if (!self->options->quiet)
            cli_say("%zu of %zu loads are done", i + 1, self->n);
    }
    return PT_OK;
}

static void write_script(const void *report, FILE *out)
{
    load_report_plot(report, out);
}

static void write_csv(const void *report, FILE *out)
{
    load_report_csv(report, out);
}

static pt_status show(const load_bench *self, const load_report *report, pt_err *err)
{
    const proving_key *key = self->resident.key;
    if (!self->options->json)
        return load_report_print(report, stdout, err);
    return cli_print_json(json_pack("{s:s, s:s, s:o, s:s, s:s, s:I, s:I, s:s, s:o, s:o}", "command", "bench", "kind",
                                    "load", "circuit", printable_json(report->circuit), "curve", key->curve->name,
                                    "instruction_set", key->curve->isa, "domain", (json_int_t)key->domain_size, "threads",
                                    (json_int_t)workplace_threads(&self->place, self->options), "checked", report->checked,
                                    "memory_plan", run_plan_memory_json(&self->resident.memory), "loads",
                                    load_report_json(report)),
                          err);
}

static pt_status check_rows(const load_bench *self, pt_err *err)
{
    for (size_t i = 0; i < self->n; i++)
        if (self->rows[i].n_failed > 0)
            return pt_fail(err, self->rows[i].fault.code, "%zu partitions under load %zu:%zu failed, the first: %s",
                           self->rows[i].n_failed, self->rows[i].n_proofs, self->rows[i].n_at_once,
                           self->rows[i].fault.msg);
    return PT_OK;
}

/* Figures of a run in which a partition failed are shown, and no file is made of them. */
static pt_status report_loads(const load_bench *self, pt_err *err)
{
    const load_report report = {self->circuit, self->checked, self->rows, self->n};
    if (show(self, &report, err) != PT_OK || check_rows(self, err) != PT_OK ||
        report_file_write(self->args->csv, write_csv, &report, err) != PT_OK)
        return err->code;
    return report_file_draw(self->args->plot, write_script, &report, err);
}

static pt_status open_resident(load_bench *self, const resident_source *source, pt_err *err)
{
    size_t n_spans = 0;
    for (size_t i = 0; i < self->n; i++)
        n_spans = n_spans > load_spans(self->shapes[i]) ? n_spans : load_spans(self->shapes[i]);
    if (workplace_init(self->options, source->key_path, 0, &self->place, err) != PT_OK)
        return err->code;
    self->place.on.is_timed = true;
    const engine_setup setup = workplace_setup(&self->place, self->options);
    return resident_open(source, &setup, n_spans, &self->resident, err);
}

pt_status bench_load(const cli *options, const load_args *args, const resident_source *source, pt_err *err)
{
    load_bench self = {.options = options, .args = args};
    if (args->minutes > 0)
        return pt_fail(err, PT_E_ARG, "--minutes is an option of bench soak");
    if (plan_loads(&self, err) != PT_OK || check_files(args, source, err) != PT_OK)
        return err->code;
    if (open_resident(&self, source, err) == PT_OK) {
        name_circuit(&self, source);
        if (run_loads(&self, err) == PT_OK)
            report_loads(&self, err);
    }
    resident_close(&self.resident);
    workplace_clear(&self.place);
    return err->code;
}
