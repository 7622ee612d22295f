/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/load_report.h"

#include <inttypes.h>
#include <string.h>

#include "mpi/gnuplot.h"
#include "mpi/report_rows.h"
#include "mpi/stage_table.h"
#include "mpi/table.h"
#include "node/format/text_write.h"
#include "node/pipeline/timeline_style.h"

enum { LINE_ROOM = 480 }; /* LOAD_ROWS_MAX cells */

/* ---- figures ---- */

static double over(double a, double b)
{
    return b > 0 ? a / b : 0;
}

static double seconds_a_proof(const load_row *row)
{
    return over(row->seconds, (double)row->n_proofs);
}

/* Mean time of a partition, times that of rows[0]. */
static double inflation(const load_report *report, const load_row *row)
{
    return over(row->stats.partitions.mean, report->rows[0].stats.partitions.mean);
}

static double cpu_a_span(const load_row *row, size_t s)
{
    return over(row->stats.stages[s].cpu_seconds, (double)row->stats.stages[s].spans.n);
}

static double cpu_inflation(const load_report *report, const load_row *row, size_t s)
{
    return over(cpu_a_span(row, s), cpu_a_span(&report->rows[0], s));
}

/* Of a partition. */
static double device_seconds(const load_row *row)
{
    return over(row->device_seconds, (double)(row->n_proofs * row->n_partitions));
}

static double device_busy(const load_row *row)
{
    return over(row->device_seconds, row->seconds);
}

static size_t n_partitions(const load_report *report)
{
    size_t n = 0;
    for (size_t i = 0; i < report->n; i++)
        n += report->rows[i].n_proofs * report->rows[i].n_partitions;
    return n;
}

static size_t n_right(const load_report *report)
{
    size_t n = n_partitions(report);
    for (size_t i = 0; i < report->n; i++)
        n -= report->rows[i].n_failed;
    return n;
}

static bool occurs(const load_report *report, size_t s)
{
    for (size_t i = 0; i < report->n; i++)
        if (report->rows[i].stats.stages[s].spans.n > 0)
            return true;
    return false;
}

/* ---- tables ---- */

static pt_status print_loads(const load_report *report, FILE *stream, pt_err *err)
{
    table *rows;
    if (table_create("load\t>s/proof\t>proofs/h\t>mean proof s\t>p50 s\t>p95 s\t>p99 s\t>partition s\t>inflation\t>in "
                     "flight\t>busy\t>gaps\t>gaps s"
                     "\t>peak MB\t>arenas MB\t>mapped\t>failed",
                     &rows, err) != PT_OK)
        return err->code;
    for (size_t i = 0; i < report->n; i++) {
        const load_row *r = &report->rows[i];
        table_add(rows, err,
                  "c=%zu j=%zu p=%zu\t%.3f\t%.1f\t%.4f\t%.4f\t%.4f\t%.4f\t%.3f\t%.3f\t%.1f\t%.1f "
                  "%%\t%zu\t%.3f\t%.1f%s\t%.1f\t%zu\t%zu",
                  r->n_proofs, r->n_at_once, r->n_partitions, seconds_a_proof(r), over(3600, seconds_a_proof(r)),
                  r->proofs.mean, r->proofs.p50, r->proofs.p95, r->proofs.p99, r->stats.partitions.mean,
                  inflation(report, r), r->stats.in_flight, 100 * r->stats.utilisation, r->stats.idle.n, r->stats.idle.sum,
                  (double)r->peak_bytes * 1e-6, r->peak_is_own ? "" : "*", (double)r->arena_bytes * 1e-6, r->n_mapped,
                  r->n_failed);
    }
    if (err->code == PT_OK)
        table_print(rows, stream);
    table_destroy(rows);
    return err->code;
}

/* Nothing where the processor proves. */
static pt_status print_device(const load_report *report, FILE *stream, pt_err *err)
{
    table *rows;
    if (report->n == 0 || report->rows[0].device_seconds <= 0)
        return PT_OK;
    if (table_create("device\t>ms a partition\t>inflation\t>busy", &rows, err) != PT_OK)
        return err->code;
    for (size_t i = 0; i < report->n; i++) {
        const load_row *r = &report->rows[i];
        table_add(rows, err, "c=%zu j=%zu p=%zu\t%.2f\t%.3f\t%.1f %%", r->n_proofs, r->n_at_once, r->n_partitions,
                  1e3 * device_seconds(r), over(device_seconds(r), device_seconds(&report->rows[0])), 100 * device_busy(r));
    }
    if (err->code == PT_OK)
        table_print(rows, stream);
    table_destroy(rows);
    fputc('\n', stream);
    return err->code;
}

/* One cell of a table of stages, behind a tab. */
typedef void (*cell_writer)(const load_report *report, const load_row *row, size_t s, char *out, size_t room);

static void wall_cell(const load_report *report, const load_row *row, size_t s, char *out, size_t room)
{
    (void)report;
    snprintf(out, room, "\t%.2f", 1e3 * row->stats.stages[s].spans.mean);
}

static void cpu_cell(const load_report *report, const load_row *row, size_t s, char *out, size_t room)
{
    snprintf(out, room, "\t%.2f (%.3f)", 1e3 * cpu_a_span(row, s), cpu_inflation(report, row, s));
}

static void append(char *line, const char *text)
{
    size_t len = strlen(line);
    snprintf(line + len, LINE_ROOM - len, "%s", text);
}

static pt_status print_stages(const load_report *report, const char *title, cell_writer write_cell, FILE *stream,
                              pt_err *err)
{
    table *rows;
    char line[LINE_ROOM], cell[64];
    snprintf(line, sizeof line, "%s", title);
    for (size_t i = 0; i < report->n; i++) {
        snprintf(cell, sizeof cell, "\t>j=%zu", report->rows[i].n_at_once);
        append(line, cell);
    }
    if (table_create(line, &rows, err) != PT_OK)
        return err->code;
    for (size_t s = 0; s < STAGE_COUNT; s++) {
        if (!occurs(report, s))
            continue;
        snprintf(line, sizeof line, "%s", stage_name((stage)s));
        for (size_t i = 0; i < report->n; i++) {
            write_cell(report, &report->rows[i], s, cell, sizeof cell);
            append(line, cell);
        }
        table_add(rows, err, "%s", line);
    }
    if (err->code == PT_OK)
        table_print(rows, stream);
    table_destroy(rows);
    return err->code;
}

pt_status load_report_print(const load_report *report, FILE *stream, pt_err *err)
{
    if (print_loads(report, stream, err) != PT_OK)
        return err->code;
    fputc('\n', stream);
    if (print_device(report, stream, err) != PT_OK)
        return err->code;
    if (print_stages(report, "mean ms", wall_cell, stream, err) != PT_OK)
        return err->code;
    fputc('\n', stream);
    if (print_stages(report, "CPU ms (times the first)", cpu_cell, stream, err) != PT_OK)
        return err->code;
    fprintf(stream, "\n%s: %zu of %zu proofs are right (%s)\n", report->circuit, n_right(report), n_partitions(report),
            report->checked);
    for (size_t i = 0; i < report->n; i++)
        if (!report->rows[i].peak_is_own) {
            fputs("* the peak until then: the system does not let it begin anew\n", stream);
            break;
        }
    return PT_OK;
}

/* ---- CSV ---- */

/* A stage's name as the beginning of a column's: "msm_h". */
static void write_column(FILE *out, size_t s, const char *figure)
{
    fputc(',', out);
    for (const char *c = stage_name((stage)s); *c != '\0'; c++)
        fputc(*c == ' ' ? '_' : *c, out);
    fputs(figure, out);
}

static void write_number(FILE *out, double value)
{
    fputc(',', out);
    text_write_fixed(out, value, 6);
}

static void write_row(const load_report *report, const load_row *r, FILE *out)
{
    fprintf(out, "%zu,%zu,%zu,%zu,%" PRIu64 ",%d,%" PRIu64 ",%zu", r->n_proofs, r->n_at_once, r->n_partitions, r->n_failed,
            r->peak_bytes, r->peak_is_own, r->arena_bytes, r->n_mapped);
    const double figures[] = {r->seconds,         seconds_a_proof(r),   r->proofs.mean,           r->proofs.p50,
                              r->proofs.p95,      r->proofs.p99,        r->stats.partitions.mean, inflation(report, r),
                              r->stats.in_flight, r->stats.utilisation, (double)r->stats.idle.n,  r->stats.idle.sum,
                              device_seconds(r),  device_busy(r)};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        write_number(out, figures[i]);
    for (size_t s = 0; s < STAGE_COUNT; s++)
        if (occurs(report, s)) {
            write_number(out, r->stats.stages[s].spans.mean);
            write_number(out, cpu_a_span(r, s));
            write_number(out, cpu_inflation(report, r, s));
        }
    fputc('\n', out);
}

void load_report_csv(const load_report *report, FILE *out)
{
    fputs("proofs,at_once,partitions,failed,peak_bytes,peak_is_own,arena_bytes,mapped,seconds,seconds_a_proof,mean_proof_"
          "seconds,p50_proof_seconds,p95_proof_seconds,p99_proof_seconds,"
          "mean_partition_seconds,inflation,in_flight,utilisation,gaps,gap_seconds,device_seconds,device_busy",
          out);
    for (size_t s = 0; s < STAGE_COUNT; s++)
        if (occurs(report, s)) {
            write_column(out, s, "_seconds");
            write_column(out, s, "_cpu_seconds");
            write_column(out, s, "_cpu_inflation");
        }
    fputc('\n', out);
    for (size_t i = 0; i < report->n; i++)
        write_row(report, &report->rows[i], out);
}

/* ---- JSON ---- */

static json_t *cpu_inflation_json(const load_report *report, const load_row *row)
{
    json_t *out = json_object();
    for (size_t s = 0; s < STAGE_COUNT && out != NULL; s++)
        if (row->stats.stages[s].spans.n > 0 &&
            json_object_set_new(out, stage_name((stage)s), json_real(cpu_inflation(report, row, s))) != 0) {
            json_decref(out);
            out = NULL;
        }
    return out;
}

static json_t *row_json(const void *of, size_t row)
{
    const load_report *report = of;
    const load_row *r = &report->rows[row];
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:b, s:I, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:o, s:o}",
                     "proofs", (json_int_t)r->n_proofs, "at_once", (json_int_t)r->n_at_once, "partitions",
                     (json_int_t)r->n_partitions, "failed", (json_int_t)r->n_failed, "peak_memory_bytes",
                     (json_int_t)r->peak_bytes, "peak_is_own", (int)r->peak_is_own, "arena_bytes",
                     (json_int_t)r->arena_bytes, "arenas_mapped", (json_int_t)r->n_mapped, "seconds", r->seconds,
                     "seconds_a_proof", seconds_a_proof(r), "mean_proof_seconds", r->proofs.mean, "p50_proof_seconds",
                     r->proofs.p50, "p95_proof_seconds", r->proofs.p95, "p99_proof_seconds", r->proofs.p99, "inflation",
                     inflation(report, r), "device_seconds", device_seconds(r), "device_busy", device_busy(r),
                     "cpu_inflation", cpu_inflation_json(report, r), "timeline", stage_table_json(&r->stats, r->n_lost));
}

json_t *load_report_json(const load_report *report)
{
    return report_rows_json(report, report->n, row_json);
}

/* ---- plot ---- */

static void write_datablock(const load_report *report, FILE *out)
{
    fputs("$loads << END\n", out);
    for (size_t i = 0; i < report->n; i++) {
        const load_row *r = &report->rows[i];
        fprintf(out, "\"%zu:%zu\"", r->n_proofs, r->n_at_once);
        const double figures[] = {seconds_a_proof(r), inflation(report, r), 100 * r->stats.utilisation};
        for (size_t f = 0; f < sizeof figures / sizeof *figures; f++) {
            fputc(' ', out);
            text_write_fixed(out, figures[f], 6);
        }
        for (size_t s = 0; s < STAGE_COUNT; s++)
            if (occurs(report, s)) {
                fputc(' ', out);
                text_write_fixed(out, cpu_a_span(r, s), 6);
            }
        fputc('\n', out);
    }
    fputs("END\n", out);
}

/* One layer of the bars for each stage. */
static void write_layers(const load_report *report, FILE *out)
{
    unsigned column = 5;
    for (size_t s = 0; s < STAGE_COUNT; s++)
        if (occurs(report, s)) {
            fprintf(out, "%s$loads using %u:xtic(1) linecolor rgb '%s' title '%s'", column == 5 ? "plot " : ", \\\n     ",
                    column, timeline_style_colour((stage)s), stage_name((stage)s));
            column++;
        }
    fputc('\n', out);
}

void load_report_plot(const load_report *report, FILE *out)
{
    fputs("set terminal svg size 1000,720 noenhanced background '#ffffff'\n"
          "set decimalsign '.'\nset style fill solid 1 noborder\nset boxwidth 0.7\nset grid ytics\n"
          "set lmargin 10\nset rmargin 40\nset key at screen 0.99, graph 1 right top\nset yrange [0:*]\n",
          out);
    write_datablock(report, out);
    fputs("set multiplot layout 2,1 title ", out);
    gnuplot_quote(report->circuit, out);
    fputs(
        "\nset ylabel 's/proof'\nset y2tics\nset y2range [0:*]\n"
        "plot $loads using 2:xtic(1) with boxes linecolor rgb '#b8c4d6' title 's/proof', \\\n"
        "     $loads using 0:4 axes x1y2 with linespoints linewidth 2 linecolor rgb '#2f6f3e' title 'threads busy, %', \\\n"
        "     $loads using 0:(100*$3) axes x1y2 with linespoints linewidth 2 linecolor rgb '#b3402a' "
        "title 'mean partition, % of the first'\n"
        "unset y2tics\nset ylabel 'CPU s a partition'\nset xlabel 'proofs in all : at a time'\n"
        "set style histogram rowstacked\nset style data histograms\n",
        out);
    write_layers(report, out);
    fputs("unset multiplot\n", out);
}
