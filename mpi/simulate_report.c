/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/simulate_report.h"

#include <inttypes.h>

#include "mpi/report_rows.h"
#include "mpi/table.h"
#include "node/format/text_write.h"

static double rate(const simulate_row *row)
{
    return row->setup.n_partitions / row->result.makespan_s;
}

static double speedup(const simulate_report *report, const simulate_row *row)
{
    return rate(row) / rate(&report->rows[0]);
}

/* The part of the time that all nodes had, between start and the last delivery, in which they made proofs that were needed. */
static double efficiency(const simulate_row *row)
{
    return row->result.needed_s / ((double)row->setup.n_ranks * row->setup.n_in_flight * row->result.makespan_s);
}

static double root_share(const simulate_row *row)
{
    return row->result.root_busy_s / row->result.makespan_s;
}

static double frames_a_second(const simulate_row *row)
{
    return (double)row->result.n_frames / row->result.makespan_s;
}

pt_status simulate_report_print(const simulate_report *report, FILE *stream, pt_err *err)
{
    table *rows;
    if (table_create(
            ">nodes\t>partitions\t>makespan, s\t>proofs/s\t>speedup\t>efficiency\t>root busy\t>frames/s\t>given twice",
            &rows, err) != PT_OK)
        return err->code;
    for (size_t i = 0; i < report->n; i++) {
        const simulate_row *r = &report->rows[i];
        table_add(rows, err, "%u\t%u\t%.2f\t%.4g\t%.2f\t%.2f %%\t%.2f %%\t%.0f\t%" PRIu64, r->setup.n_ranks,
                  r->setup.n_partitions, r->result.makespan_s, rate(r), speedup(report, r), 100 * efficiency(r),
                  100 * root_share(r), frames_a_second(r), r->result.n_twice);
    }
    if (err->code == PT_OK)
        table_print(rows, stream);
    table_destroy(rows);
    return err->code;
}

/* What stands in a file of a row besides its whole numbers. */
enum { N_FIGURES = 6 };
static const char *const figure_names[N_FIGURES] = {"makespan_seconds", "proofs_a_second", "speedup",
                                                    "efficiency",       "root_busy",       "frames_a_second"};

static void fill_figures(const simulate_report *report, const simulate_row *r, double out[N_FIGURES])
{
    const double figures[N_FIGURES] = {r->result.makespan_s, rate(r),       speedup(report, r),
                                       efficiency(r),        root_share(r), frames_a_second(r)};
    for (int i = 0; i < N_FIGURES; i++)
        out[i] = figures[i];
}

static void write_rows(const simulate_report *report, char separator, FILE *out)
{
    for (size_t i = 0; i < report->n; i++) {
        const simulate_row *r = &report->rows[i];
        double figures[N_FIGURES];
        fill_figures(report, r, figures);
        fprintf(out, "%u%c%u%c%" PRIu64, r->setup.n_ranks, separator, r->setup.n_partitions, separator, r->result.n_twice);
        for (int f = 0; f < N_FIGURES; f++) {
            fputc(separator, out);
            text_write_fixed(out, figures[f], 6);
        }
        fputc('\n', out);
    }
}

void simulate_report_csv(const simulate_report *report, FILE *out)
{
    fputs("nodes,partitions,given_twice", out);
    for (int f = 0; f < N_FIGURES; f++)
        fprintf(out, ",%s", figure_names[f]);
    fputc('\n', out);
    write_rows(report, ',', out);
}

static json_t *row_json(const void *of, size_t row)
{
    const simulate_report *report = of;
    const simulate_row *r = &report->rows[row];
    double figures[N_FIGURES];
    fill_figures(report, r, figures);
    json_t *out = json_pack("{s:I, s:I, s:I}", "nodes", (json_int_t)r->setup.n_ranks, "partitions",
                            (json_int_t)r->setup.n_partitions, "given_twice", (json_int_t)r->result.n_twice);
    for (int f = 0; f < N_FIGURES && out != NULL; f++)
        if (json_object_set_new(out, figure_names[f], json_real(figures[f])) != 0) {
            json_decref(out);
            out = NULL;
        }
    return out;
}

json_t *simulate_report_json(const simulate_report *report)
{
    return report_rows_json(report, report->n, row_json);
}

void simulate_report_plot(const simulate_report *report, FILE *out)
{
    fputs("set terminal svg size 1000,720 noenhanced background '#ffffff'\n"
          "set decimalsign '.'\nset logscale x 2\nset grid\nset lmargin 12\nset rmargin 4\nset key left bottom\n"
          "$nodes << END\n",
          out);
    write_rows(report, ' ', out);
    fputs("END\n"
          "set multiplot layout 2,1 title 'a simulated cluster'\n"
          "set ylabel '%'\nset yrange [0:105]\n"
          "plot $nodes using 1:(100*$7) with linespoints linewidth 2 linecolor rgb '#2f6f3e' title 'efficiency, %', \\\n"
          "     $nodes using 1:(100*$8) with linespoints linewidth 2 linecolor rgb '#b3402a' title 'root busy, %'\n"
          "set ylabel 'proofs/s'\nset xlabel 'nodes'\nset logscale y\nset yrange [*:*]\nset key left top\n"
          "plot $nodes using 1:5 with linespoints linewidth 2 linecolor rgb '#3d5a80' title 'proofs/s'\n"
          "unset multiplot\n",
          out);
}
