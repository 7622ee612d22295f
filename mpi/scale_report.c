/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/scale_report.h"

#include <math.h>

#include "mpi/build_info.h"
#include "mpi/gnuplot.h"
#include "mpi/printable.h"
#include "mpi/report_rows.h"
#include "mpi/table.h"
#include "node/format/text_write.h"

/* ---- figures ---- */

static const char *kind_of(const scale_row *row)
{
    return row->strong ? "strong" : "weak";
}

static const char *device_of(const scale_report *report)
{
    return report->devices->n > 0 ? report->devices->name : "cpu";
}

/* As many times the rate of the kind's first row as that had ranks. */
static double speedup(const scale_report *report, const scale_row *row)
{
    const scale_row *one = report->rows;
    while (one->strong != row->strong)
        one++;
    return one->rate.median > 0 ? row->rate.median / one->rate.median * (double)one->n_ranks : 0;
}

static double efficiency(const scale_report *report, const scale_row *row)
{
    return speedup(report, row) / (double)row->n_ranks;
}

/* What stands in a file of a row besides its whole numbers. */
enum { N_FIGURES = 21 };
static const char *const figure_names[N_FIGURES] = {"proofs_a_second",
                                                    "proofs_a_second_min",
                                                    "proofs_a_second_max",
                                                    "speedup",
                                                    "efficiency",
                                                    "of_independent",
                                                    "of_independent_min",
                                                    "of_independent_max",
                                                    "communication",
                                                    "communication_min",
                                                    "communication_max",
                                                    "independent_communication",
                                                    "more_cpu",
                                                    "p50_seconds",
                                                    "p99_seconds",
                                                    "start_seconds",
                                                    "start_seconds_max",
                                                    "independent_proofs_a_second",
                                                    "independent_proofs_a_second_min",
                                                    "independent_proofs_a_second_max",
                                                    "independent_start_seconds"};

static void fill_figures(const scale_report *report, const scale_row *r, double out[N_FIGURES])
{
    const double figures[N_FIGURES] = {r->rate.median,
                                       r->rate.min,
                                       r->rate.max,
                                       speedup(report, r),
                                       efficiency(report, r),
                                       r->of_independent.median,
                                       r->of_independent.min,
                                       r->of_independent.max,
                                       r->communication.median,
                                       r->communication.min,
                                       r->communication.max,
                                       r->independent_communication.median,
                                       r->more_cpu.median,
                                       r->p50_seconds,
                                       r->p99_seconds,
                                       r->start_seconds.median,
                                       r->start_seconds.max,
                                       r->independent_rate.median,
                                       r->independent_rate.min,
                                       r->independent_rate.max,
                                       r->independent_start_seconds.median};
    for (int i = 0; i < N_FIGURES; i++)
        out[i] = figures[i];
}

/* ---- text ---- */

static void write_head(const scale_report *report, const char *before, FILE *out)
{
    fprintf(out, "%s%s, %zu cores, %zu a rank, device %s; %s; partita %s; %s\n", before, report->machine,
            report->n_processors, report->cores_per_rank, device_of(report), report->launcher, build_info_text(),
            report->date);
    for (size_t i = 0; i < report->devices->n; i++)
        fprintf(out, "%s%zu%s%s%s", i == 0 ? before : "", report->devices->index[i],
                report->devices->pci[i][0] != '\0' ? " at " : "", report->devices->pci[i],
                i + 1 < report->devices->n ? ", " : ": the devices that ranks take in turn\n");
    fprintf(out, "%s%s; medians of %zu turns, ranks and independent provers by turns on the same cores\n", before,
            report->circuit, report->n_turns);
}

enum { PERCENT_ROOM = 24 };

static const char *percent_text(double share, char room[PERCENT_ROOM])
{
    if (isnan(share))
        return "-";
    snprintf(room, PERCENT_ROOM, "%.2f", 100 * share);
    return room;
}

pt_status scale_report_print(const scale_report *report, FILE *stream, pt_err *err)
{
    table *rows;
    if (table_create("kind\t>ranks\tdevices\t>partitions\t>proofs/s\t>speedup\t>efficiency\t>of "
                     "independent\t>communication, %\t>more "
                     "CPU, %\t>p50 s\t>p99 s\t>start-up s",
                     &rows, err) != PT_OK)
        return err->code;
    for (size_t i = 0; i < report->n; i++) {
        const scale_row *r = &report->rows[i];
        char shares[2][PERCENT_ROOM], devices[SCALE_DEVICES_ROOM];
        table_add(rows, err,
                  "%s\t%zu\t%s\t%zu\t%.3f (%.3f)\t%.2f\t%.3f\t%.3f (%.3f-%.3f)\t%s (%s)\t%.1f\t%.3f\t%.3f\t%.2f (%.2f)",
                  kind_of(r), r->n_ranks,
                  report->devices->n > 0 ? scale_devices_text(report->devices, r->n_ranks, devices) : "cpu",
                  r->n_partitions, r->rate.median, r->independent_rate.median, speedup(report, r), efficiency(report, r),
                  r->of_independent.median, r->of_independent.min, r->of_independent.max,
                  percent_text(r->communication.median, shares[0]),
                  percent_text(r->independent_communication.median, shares[1]), 100 * r->more_cpu.median, r->p50_seconds,
                  r->p99_seconds, r->start_seconds.median, r->independent_start_seconds.median);
    }
    if (err->code == PT_OK) {
        write_head(report, "", stream);
        fputc('\n', stream);
        table_print(rows, stream);
        fprintf(
            stream,
            "\n%zu proofs, all right (verified again by the portable build). In parentheses: the independent provers; of "
            "their ratio the least and the most.\n"
            "communication: the part of the ranks' processor time, from the first proof to the last, of the threads that "
            "do "
            "not prove: frames, coordinating, the root's checks, journal and files.\n"
            "more CPU: the part of all processor time, start-up, its end and mpirun with it, that independent provers do "
            "not need.\n%s",
            report->n_proofs,
            report->devices->n > 0 ? "devices: those that ranks had; xN: up to N ranks share each.\n" : "");
    }
    table_destroy(rows);
    return err->code;
}

/* ---- CSV ---- */

/* shape: otherwise is written for what is not known */
static void write_figure(double value, const char *otherwise, FILE *out)
{
    if (isnan(value))
        fputs(otherwise, out);
    else
        text_write_fixed(out, value, 6);
}

static void write_rows(const scale_report *report, FILE *out)
{
    for (size_t i = 0; i < report->n; i++) {
        const scale_row *r = &report->rows[i];
        double figures[N_FIGURES];
        char devices[SCALE_DEVICES_ROOM];
        fill_figures(report, r, figures);
        fprintf(out, "%s,%zu,%s,%zu", kind_of(r), r->n_ranks, scale_devices_text(report->devices, r->n_ranks, devices),
                r->n_partitions);
        for (int f = 0; f < N_FIGURES; f++) {
            fputc(',', out);
            write_figure(figures[f], "", out);
        }
        fputc('\n', out);
    }
}

void scale_report_csv(const scale_report *report, FILE *out)
{
    write_head(report, "# ", out);
    fputs("kind,ranks,devices,partitions", out);
    for (int f = 0; f < N_FIGURES; f++)
        fprintf(out, ",%s", figure_names[f]);
    fputc('\n', out);
    write_rows(report, out);
}

/* ---- JSON ---- */

/* Of each rank; none on the processor. */
static json_t *devices_json(const scale_devices *devices, size_t n_ranks)
{
    json_t *out = json_array();
    for (size_t rank = 0; rank < n_ranks && devices->n > 0 && out != NULL; rank++)
        if (json_array_append_new(out, json_integer((json_int_t)scale_devices_of(devices, rank))) != 0) {
            json_decref(out);
            out = NULL;
        }
    return out;
}

static json_t *row_json(const void *of, size_t row)
{
    const scale_report *report = of;
    const scale_row *r = &report->rows[row];
    double figures[N_FIGURES];
    fill_figures(report, r, figures);
    json_t *out = json_pack("{s:s, s:I, s:o, s:I}", "kind", kind_of(r), "ranks", (json_int_t)r->n_ranks, "devices",
                            devices_json(report->devices, r->n_ranks), "partitions", (json_int_t)r->n_partitions);
    for (int f = 0; f < N_FIGURES && out != NULL; f++)
        if (json_object_set_new(out, figure_names[f], isnan(figures[f]) ? json_null() : json_real(figures[f])) != 0) {
            json_decref(out);
            out = NULL;
        }
    return out;
}

json_t *scale_report_json(const scale_report *report)
{
    return json_pack("{s:s, s:s, s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:s, s:I, s:I, s:o}", "command", "bench", "kind",
                     "scale", "machine", printable_json(report->machine), "cores", (json_int_t)report->n_processors,
                     "cores_per_rank", (json_int_t)report->cores_per_rank, "device", printable_json(device_of(report)),
                     "launcher", printable_json(report->launcher), "build", build_info_json(), "circuit",
                     printable_json(report->circuit), "date", report->date, "turns", (json_int_t)report->n_turns, "proofs",
                     (json_int_t)report->n_proofs, "rows", report_rows_json(report, report->n, row_json));
}

/* ---- plot ---- */

/* One more plot of a panel for each kind. what: gnuplot's columns; title: its end */
static void write_curves(const scale_report *report, const char *what, const char *title, const char *before, FILE *out)
{
    for (size_t i = 0; i < report->n; i++) {
        const scale_row *r = &report->rows[i];
        if (i > 0 && r->strong == report->rows[i - 1].strong)
            continue;
        fprintf(out, "%s$%s using %s with linespoints linewidth 2 linecolor rgb '%s' title '%s%s'", before, kind_of(r),
                what, r->strong ? "#3d5a80" : "#2f6f3e", kind_of(r), title);
        before = ", \\\n     ";
    }
}

/* A datablock a kind, so that lines join what belongs together. */
static void write_blocks(const scale_report *report, FILE *out)
{
    for (size_t i = 0, n; i < report->n; i += n) {
        for (n = 1; i + n < report->n && report->rows[i + n].strong == report->rows[i].strong;)
            n++;
        fprintf(out, "$%s << END\n", kind_of(&report->rows[i]));
        for (size_t r = i; r < i + n; r++) {
            const scale_row *row = &report->rows[r];
            const double figures[] = {speedup(report, row), 100 * row->of_independent.median,
                                      100 * row->communication.median};
            fprintf(out, "%zu", row->n_ranks);
            for (size_t f = 0; f < sizeof figures / sizeof *figures; f++) {
                fputc(' ', out);
                write_figure(figures[f], "NaN", out);
            }
            fputc('\n', out);
        }
        fputs("END\n", out);
    }
}

void scale_report_plot(const scale_report *report, FILE *out)
{
    char title[400];
    fputs("set terminal svg size 1000,720 noenhanced background '#ffffff'\n"
          "set decimalsign '.'\nset grid\nset lmargin 12\nset rmargin 4\nset xtics 1\nset key left top\n",
          out);
    write_blocks(report, out);
    snprintf(title, sizeof title, "%.120s, %zu cores a rank; %.120s; partita %.60s; %.20s", report->machine,
             report->cores_per_rank, report->circuit, build_info_text(), report->date);
    fputs("set multiplot layout 2,1 title ", out);
    gnuplot_quote(title, out);
    fputs(" font ',10'\nset ylabel 'speedup'\nset yrange [0:*]\n", out);
    write_curves(report, "1:2", "", "plot ", out);
    fputs(", \\\n     x with lines dashtype 2 linecolor rgb '#888888' title 'as many times'\n"
          "set ylabel '%'\nset xlabel 'ranks'\nset key left center\n",
          out);
    write_curves(report, "1:3", ": of as many independent provers", "plot ", out);
    write_curves(report, "1:4", ": communication", ", \\\n     ", out);
    fputs("\nunset multiplot\n", out);
}
