/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/bench_rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mpi/gnuplot.h"
#include "mpi/report_rows.h"
#include "mpi/table.h"
#include "node/format/text_write.h"

static const double mib = 1 << 20;

pt_status bench_rows_add(bench_rows *self, const pt_curve *curve, const bench_report *report, pt_err *err)
{
    if (self->n + report->n > self->room) {
        const size_t room = 2 * (self->n + report->n);
        measured_row *grown = realloc(self->rows, room * sizeof *grown);
        if (grown == NULL)
            return pt_fail(err, PT_E_NOMEM, "no memory for %zu rows of results", room);
        self->rows = grown;
        self->room = room;
    }
    for (size_t i = 0; i < report->n; i++)
        self->rows[self->n++] = (measured_row){curve, report->rows[i]};
    return PT_OK;
}

void bench_rows_clear(bench_rows *self)
{
    free(self->rows);
    *self = (bench_rows){0};
}

/* ---- tables ---- */

static const char *size_text(uint64_t size, char *room, size_t room_bytes)
{
    if (size > 1 && (size & (size - 1)) == 0)
        snprintf(room, room_bytes, "2^%d", __builtin_ctzll(size));
    else
        snprintf(room, room_bytes, "%" PRIu64, size);
    return room;
}

static pt_status print_times(const bench_rows *self, FILE *stream, pt_err *err)
{
    table *times;
    char size[24];
    if (table_create("curve\tname\t>size\t>threads\t>median\t>p25\t>p75\t>min\tunit\t>n\tcompared with", &times, err) !=
        PT_OK)
        return err->code;
    for (size_t i = 0; i < self->n; i++) {
        const bench_row *row = &self->rows[i].row;
        table_add(times, err, "%s\t%s\t%s\t%zu\t%.4g\t%.4g\t%.4g\t%.4g\t%s\t%zu\t%s", self->rows[i].curve->name, row->name,
                  size_text(row->size, size, sizeof size), row->n_threads, row->median, row->p25, row->p75, row->min,
                  row->unit, row->n_samples, row->checked);
    }
    if (err->code == PT_OK)
        table_print(times, stream);
    table_destroy(times);
    return err->code;
}

/* Is it a whole MSM on a device, not the share of a kernel? */
static bool has_room(const bench_row *row)
{
    return row->room.c != 0 && strchr(row->name, '.') == NULL;
}

static bool is_any_on_device(const bench_rows *self)
{
    for (size_t i = 0; i < self->n; i++)
        if (has_room(&self->rows[i].row))
            return true;
    return false;
}

static pt_status print_memory(const bench_rows *self, FILE *stream, pt_err *err)
{
    table *memory;
    char size[24];
    if (table_create("curve\tname\t>size\t>window bits\t>windows\t>batches\t>slices\t>bytes planned\t>bytes "
                     "taken\t>MiB\t>median\tunit",
                     &memory, err) != PT_OK)
        return err->code;
    for (size_t i = 0; i < self->n; i++) {
        const bench_row *row = &self->rows[i].row;
        const bench_msm_room *room = &row->room;
        if (has_room(row))
            table_add(memory, err, "%s\t%s\t%s\t%u\t%u\t%u\t%zu\t%" PRIu64 "\t%" PRIu64 "\t%.1f\t%.4g\t%s",
                      self->rows[i].curve->name, row->name, size_text(row->size, size, sizeof size), room->c,
                      room->n_windows, room->n_batches, room->n_slices, room->planned_bytes, room->taken_bytes,
                      (double)room->taken_bytes / mib, row->median, row->unit);
    }
    if (err->code == PT_OK) {
        fputc('\n', stream);
        table_print(memory, stream);
        fputs("What was taken of the device equals the plan to the byte.\n", stream);
    }
    table_destroy(memory);
    return err->code;
}

pt_status bench_rows_print(const bench_rows *self, FILE *stream, pt_err *err)
{
    if (print_times(self, stream, err) == PT_OK && is_any_on_device(self))
        print_memory(self, stream, err);
    return err->code;
}

/* ---- JSON and CSV ---- */

static json_t *row_json(const void *of, size_t i)
{
    const bench_rows *self = of;
    const pt_curve *curve = self->rows[i].curve;
    const bench_row *row = &self->rows[i].row;
    const bench_msm_room *room = &row->room;
    json_t *out = json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:f, s:f, s:f, s:f, s:I, s:s}", "curve", curve->name, "isa",
                            curve->isa, "name", row->name, "size", (json_int_t)row->size, "threads",
                            (json_int_t)row->n_threads, "unit", row->unit, "median", row->median, "p25", row->p25, "p75",
                            row->p75, "min", row->min, "n", (json_int_t)row->n_samples, "checked", row->checked);
    if (room->c != 0 && out != NULL &&
        json_object_set_new(out, "device_memory",
                            json_pack("{s:I, s:I, s:I, s:I, s:b, s:I, s:I}", "window_bits", (json_int_t)room->c, "windows",
                                      (json_int_t)room->n_windows, "batches", (json_int_t)room->n_batches, "slices",
                                      (json_int_t)room->n_slices, "tables", (int)room->tables, "planned_bytes",
                                      (json_int_t)room->planned_bytes, "taken_bytes", (json_int_t)room->taken_bytes)) !=
            0) {
        json_decref(out);
        return NULL;
    }
    return out;
}

json_t *bench_rows_json(const bench_rows *self)
{
    return report_rows_json(self, self->n, row_json);
}

void bench_rows_csv(const bench_rows *self, FILE *out)
{
    fputs("curve,isa,name,size,threads,unit,median,p25,p75,min,n,checked,window_bits,windows,batches,slices,tables,"
          "planned_bytes,taken_bytes\n",
          out);
    for (size_t i = 0; i < self->n; i++) {
        const pt_curve *curve = self->rows[i].curve;
        const bench_row *row = &self->rows[i].row;
        const bench_msm_room *room = &row->room;
        const double figures[] = {row->median, row->p25, row->p75, row->min};
        fprintf(out, "%s,%s,%s,%" PRIu64 ",%zu,%s", curve->name, curve->isa, row->name, row->size, row->n_threads,
                row->unit);
        for (size_t f = 0; f < sizeof figures / sizeof *figures; f++) {
            fputc(',', out);
            text_write_fixed(out, figures[f], 6);
        }
        fprintf(out, ",%zu,%s,%u,%u,%u,%zu,%d,%" PRIu64 ",%" PRIu64 "\n", row->n_samples, row->checked, room->c,
                room->n_windows, room->n_batches, room->n_slices, room->tables, room->planned_bytes, room->taken_bytes);
    }
}

/* ---- plot ---- */

/* The MSM's name without its number of batches. */
static size_t stem_len(const bench_row *row)
{
    const char *end = strstr(row->name, "_batches_");
    return end != NULL ? (size_t)(end - row->name) : strlen(row->name);
}

/* Do both stand on one curve of the plot? */
static bool is_alike(const measured_row *a, const measured_row *b)
{
    const size_t len = stem_len(&a->row);
    return a->curve == b->curve && a->row.size == b->row.size && has_room(&b->row) && len == stem_len(&b->row) &&
           memcmp(a->row.name, b->row.name, len) == 0;
}

static bool begins_curve(const bench_rows *self, size_t i)
{
    for (size_t before = 0; before < i; before++)
        if (is_alike(&self->rows[i], &self->rows[before]))
            return false;
    return has_room(&self->rows[i].row);
}

static void write_block(const bench_rows *self, size_t first, FILE *out)
{
    fprintf(out, "$curve%zu << END\n", first);
    for (size_t i = first; i < self->n; i++)
        if (is_alike(&self->rows[first], &self->rows[i])) {
            const bench_row *row = &self->rows[i].row;
            text_write_fixed(out, (double)row->room.taken_bytes / mib, 6);
            fputc(' ', out);
            text_write_fixed(out, row->median, 6);
            fprintf(out, " %u\n", row->room.n_batches);
        }
    fputs("END\n", out);
}

void bench_rows_plot(const bench_rows *self, FILE *out)
{
    const char *before = "plot ";
    char size[24];
    fputs("set terminal svg size 1000,600 noenhanced background '#ffffff'\n"
          "set decimalsign '.'\nset grid\nset lmargin 12\nset key right top\nset yrange [0:*]\nset xrange [0:*]\n"
          "set xlabel 'MiB taken of the device; beside a point the batches that its windows go in'\nset ylabel 'ms'\n",
          out);
    for (size_t i = 0; i < self->n; i++)
        if (begins_curve(self, i))
            write_block(self, i, out);
    for (size_t i = 0; i < self->n; i++) {
        const bench_row *row = &self->rows[i].row;
        if (!begins_curve(self, i))
            continue;
        fprintf(out, "%s$curve%zu using 1:2 with linespoints linewidth 2 title '%s %.*s, %s', \\\n     ", before, i,
                self->rows[i].curve->name, (int)stem_len(row), row->name, size_text(row->size, size, sizeof size));
        fprintf(out, "$curve%zu using 1:2:3 with labels offset 1,1 notitle", i);
        before = ", \\\n     ";
    }
    fputc('\n', out);
}
