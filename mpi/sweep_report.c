/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/sweep_report.h"

#include <inttypes.h>
#include <string.h>

#include "mpi/table.h"
#include "node/bench/bench.h"
#include "node/format/text_write.h"

/* ---- options ---- */

static error_t parse_names(sweep_args *args, const char *text, const struct argp_state *state)
{
    args->asked.n_asked = 0;
    for (const char *at = text; at != NULL; at = strchr(at, ',') != NULL ? strchr(at, ',') + 1 : NULL) {
        char name[2 * MSM_ACCUMULATOR_NAME];
        pt_err err = {0};
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at, ","), at);
        if (args->asked.n_asked == SWEEP_MAX)
            return cli_usage_error(state, "--sweep takes at most %d accumulators", SWEEP_MAX);
        if (msm_accumulator_read(name, &args->asked.asked[args->asked.n_asked++], &err) != PT_OK)
            return cli_usage_error(state, "--sweep: %s", err.msg);
    }
    return 0;
}

error_t sweep_args_parse(sweep_args *args, int key, const char *arg, const struct argp_state *state)
{
    if (key != SWEEP_OPT_SWEEP && key != SWEEP_OPT_TUNE)
        return ARGP_ERR_UNKNOWN;
    args->given = true;
    args->asked.tune = args->asked.tune || key == SWEEP_OPT_TUNE;
    if (arg != NULL)
        return parse_names(args, arg, state);
    if (args->asked.n_asked == 0)
        sweep_ask_all(&args->asked);
    return 0;
}

pt_status sweep_args_check(const sweep_args *args, const memory_args *memory, const char *device, const char *plot,
                           unsigned scalars, pt_err *err)
{
    const char *name = args->asked.tune ? "--tune" : "--sweep";
    if (!args->given)
        return PT_OK;
    if (device == NULL || strcmp(device, "cpu") == 0)
        return pt_fail(err, PT_E_ARG, "%s: of which device? It needs --device", name);
    if (memory->map || memory->n_batches > 0 || memory->n_windows > 0 || plot != NULL)
        return pt_fail(err, PT_E_ARG, "%s goes with no --memory-map, --batches, --force-batches, --window or --plot", name);
    if (args->asked.tune && scalars != 0 && scalars != SCALARS_FULL)
        return pt_fail(err, PT_E_ARG, "--tune measures full scalars alone");
    return PT_OK;
}

/* ---- tables ---- */

void sweep_report_clear(sweep_report *self)
{
    for (size_t i = 0; i < self->n; i++)
        sweep_clear(&self->parts[i].found);
    *self = (sweep_report){.n = 0};
}

/* What all kernels of a step of an MSM took. */
static double share_of(const sweep_row *row, const char *const *names)
{
    double ms = 0;
    for (; *names != NULL; names++)
        for (size_t i = 0; i < row->n_shares; i++)
            if (strcmp(row->shares[i].name, *names) == 0)
                ms += row->shares[i].ms;
    return ms;
}

static double accumulate_ms(const sweep_row *row)
{
    return share_of(row, (const char *const[]){"msm_accumulate", "msm_walk", NULL});
}

static double combine_ms(const sweep_row *row)
{
    return share_of(row, (const char *const[]){"msm_combine", NULL});
}

static bool is_same_msm(const sweep_row *a, const sweep_row *b)
{
    return a->group == b->group && a->n == b->n && a->tables == b->tables && strcmp(a->scalars, b->scalars) == 0;
}

static const char *group_name(const sweep_row *row)
{
    return row->group == GPU_MSM_G1 ? "g1" : "g2";
}

/* The number, or nothing where the driver does not tell. */
static const char *told(const sweep_row *row, unsigned n, char room[16])
{
    snprintf(room, 16, "%u", n);
    return row->tells_registers ? room : "-";
}

static const char *verdict(const sweep_row *row, char room[24])
{
    snprintf(room, 24, "%+.1f %%", 100 * row->slower);
    return row->is_best ? "best" : row->differs ? room : "none";
}

static void add_row(table *rows, const sweep_row *row, pt_err *err)
{
    char name[MSM_ACCUMULATOR_NAME], registers[16], spills[16], difference[24];
    msm_accumulator_name(&row->accumulator, name);
    if (row->skipped[0] != '\0')
        table_add(rows, err, "%s\t\t\t\t\t\t\t\t\t\tskipped: %s", name, row->skipped);
    else
        table_add(rows, err, "%s\t%.4g\t%.4g\t%.4g\t%.2g\t%.4g\t%.4g\t%s\t%s\t%" PRIu64 "\t%s", name, row->pass_ms[0],
                  row->pass_ms[1], row->ms, row->sd_ms, accumulate_ms(row), combine_ms(row),
                  told(row, row->figures.registers, registers), told(row, row->figures.spill_bytes, spills),
                  row->local_bytes, verdict(row, difference));
}

/* Rows [first, end) are of one MSM. */
static pt_status print_msm(const sweep_part *part, size_t first, size_t end, bool tuned, FILE *stream, pt_err *err)
{
    const sweep_row *rows = part->found.rows;
    table *out;
    if (table_create("accumulator\t>ms, first\t>second\t>mean\t>sd\t>accumulate\t>combine\t>registers\t>spilled\t>local "
                     "bytes\tdifference",
                     &out, err) != PT_OK)
        return err->code;
    size_t measured = first;
    for (size_t i = first; i < end; i++) {
        add_row(out, &rows[i], err);
        measured = rows[i].skipped[0] == '\0' ? i : measured;
    }
    if (err->code == PT_OK) {
        fprintf(stream,
                "%s, msm_%s_%s%s of %" PRIu64
                " points: windows of %u bits, %zu samples each in two passes, compared with %s%s\n",
                part->curve->name, group_name(&rows[first]), rows[first].scalars, rows[first].tables ? "_tables" : "",
                rows[first].n, rows[measured].c, rows[measured].n_samples, rows[measured].checked,
                tuned ? "; the best is kept" : "");
        table_print(out, stream);
        fputc('\n', stream);
    }
    table_destroy(out);
    return err->code;
}

pt_status sweep_report_print(const sweep_report *self, FILE *stream, pt_err *err)
{
    for (size_t i = 0; i < self->n; i++) {
        const sweep *found = &self->parts[i].found;
        for (size_t first = 0, end; first < found->n && err->code == PT_OK; first = end) {
            for (end = first + 1; end < found->n && is_same_msm(&found->rows[first], &found->rows[end]); end++)
                ;
            print_msm(&self->parts[i], first, end, self->tuned, stream, err);
        }
    }
    if (err->code == PT_OK)
        fputs("Times are of all commands of an MSM, by their events. Difference: of the mean from the best one's; below 4 "
              "standard deviations of a sample, none.\n",
              stream);
    return err->code;
}

void sweep_report_say(const sweep_row *row, size_t pass, double ms)
{
    char name[MSM_ACCUMULATOR_NAME];
    const char *tables = row->tables ? " with tables" : "";
    msm_accumulator_name(&row->accumulator, name);
    if (row->skipped[0] != '\0')
        cli_say("%" PRIu64 " points%s: %s is skipped: %s", row->n, tables, name, row->skipped);
    else
        cli_say("%" PRIu64 " points%s, pass %zu of %d: %s, %.4g ms", row->n, tables, pass + 1, SWEEP_PASSES, name, ms);
}

/* ---- JSON and CSV ---- */

static json_t *shares_json(const sweep_row *row)
{
    json_t *out = json_object();
    for (size_t i = 0; i < row->n_shares && out != NULL; i++)
        if (json_object_set_new(out, row->shares[i].name, json_real(row->shares[i].ms)) != 0) {
            json_decref(out);
            out = NULL;
        }
    return out;
}

static json_t *row_json(const pt_curve *curve, const sweep_row *row)
{
    char name[MSM_ACCUMULATOR_NAME];
    msm_accumulator_name(&row->accumulator, name);
    json_t *out = json_pack("{s:s, s:s, s:I, s:s, s:b, s:s}", "curve", curve->name, "group", group_name(row), "size",
                            (json_int_t)row->n, "scalars", row->scalars, "tables", (int)row->tables, "accumulator", name);
    json_t *more =
        row->skipped[0] != '\0'
            ? json_pack("{s:s}", "skipped", row->skipped)
            : json_pack("{s:I, s:I, s:[f, f], s:f, s:f, s:o, s:I, s:I, s:s, s:b, s:b, s:f}", "window_bits",
                        (json_int_t)row->c, "n", (json_int_t)row->n_samples, "pass_ms", row->pass_ms[0], row->pass_ms[1],
                        "mean_ms", row->ms, "sd_ms", row->sd_ms, "kernels_ms", shares_json(row), "local_bytes",
                        (json_int_t)row->local_bytes, "device_bytes", (json_int_t)row->planned_bytes, "checked",
                        row->checked, "best", (int)row->is_best, "differs", (int)row->differs, "slower", row->slower);
    if (more != NULL && row->tells_registers &&
        (json_object_set_new(more, "registers", json_integer((json_int_t)row->figures.registers)) != 0 ||
         json_object_set_new(more, "spill_bytes", json_integer((json_int_t)row->figures.spill_bytes)) != 0)) {
        json_decref(more);
        more = NULL;
    }
    if (out == NULL || more == NULL || json_object_update(out, more) != 0) {
        json_decref(out);
        out = NULL;
    }
    json_decref(more);
    return out;
}

json_t *sweep_report_json(const sweep_report *self)
{
    json_t *out = json_array();
    for (size_t i = 0; i < self->n; i++)
        for (size_t k = 0; k < self->parts[i].found.n && out != NULL; k++)
            if (json_array_append_new(out, row_json(self->parts[i].curve, &self->parts[i].found.rows[k])) != 0) {
                json_decref(out);
                out = NULL;
            }
    return out;
}

static void write_line(const pt_curve *curve, const sweep_row *row, FILE *out)
{
    char name[MSM_ACCUMULATOR_NAME], registers[16], spills[16];
    const double figures[] = {row->pass_ms[0],    row->pass_ms[1], row->ms,    row->sd_ms,
                              accumulate_ms(row), combine_ms(row), row->slower};
    msm_accumulator_name(&row->accumulator, name);
    fprintf(out, "%s,%s,%" PRIu64 ",%s,%d,%s,", curve->name, group_name(row), row->n, row->scalars, row->tables, name);
    for (const char *c = row->skipped; *c != '\0'; c++)
        fputc(*c == ',' || *c == '"' ? ';' : *c, out);
    fprintf(out, ",%u,%zu", row->c, row->n_samples);
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        fputc(',', out);
        text_write_fixed(out, figures[i], 6);
    }
    fprintf(out, ",%s,%s,%" PRIu64 ",%" PRIu64 ",%d,%d\n",
            row->tells_registers ? told(row, row->figures.registers, registers) : "",
            row->tells_registers ? told(row, row->figures.spill_bytes, spills) : "", row->local_bytes, row->planned_bytes,
            row->is_best, row->differs);
}

void sweep_report_csv(const sweep_report *self, FILE *out)
{
    fputs("curve,group,size,scalars,tables,accumulator,skipped,window_bits,n,first_ms,second_ms,mean_ms,sd_ms,"
          "accumulate_ms,combine_ms,slower,registers,spill_bytes,local_bytes,device_bytes,best,differs\n",
          out);
    for (size_t i = 0; i < self->n; i++)
        for (size_t k = 0; k < self->parts[i].found.n; k++)
            write_line(self->parts[i].curve, &self->parts[i].found.rows[k], out);
}
