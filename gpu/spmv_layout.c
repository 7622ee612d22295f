/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/spmv_layout.h"

enum { PLUS, MINUS, PRODUCTS, N_CLASSES };

/* The entries of a row, or of a task, by what their coefficients ask for. */
typedef struct {
    size_t n[N_CLASSES];
} row_classes;

static size_t pieces_of(size_t n)
{
    return (n + SPMV_TASK_MAX - 1) / SPMV_TASK_MAX;
}

/* Piece i of n in n_pieces begins here; 128 bits, as n i may have 64. */
static size_t piece_begin(size_t n, size_t n_pieces, size_t i)
{
    return (size_t)((unsigned __int128)n * i / n_pieces);
}

static int class_of(const spmv_circuit *circuit, uint32_t value)
{
    return value == circuit->plus_one ? PLUS : value == circuit->minus_one ? MINUS : PRODUCTS;
}

static row_classes classes_of_row(const spmv_circuit *circuit, const spmv_matrix *m, size_t row)
{
    row_classes c = {{0}};
    for (uint64_t i = m->row_start[row]; i < m->row_start[row + 1]; i++)
        if (m->entries[i].value != circuit->zero)
            c.n[class_of(circuit, m->entries[i].value)]++;
    return c;
}

static size_t classes_sum(const row_classes *c)
{
    return c->n[PLUS] + c->n[MINUS] + c->n[PRODUCTS];
}

/* What of a row, whose classes follow one another, lies in [begin, end). */
static row_classes classes_within(const row_classes *row, size_t begin, size_t end)
{
    row_classes part;
    size_t first = 0;
    for (int k = 0; k < N_CLASSES; k++) {
        const size_t last = first + row->n[k], low = first > begin ? first : begin, high = last < end ? last : end;
        part.n[k] = high > low ? high - low : 0;
        first = last;
    }
    return part;
}

/* Rising with a falling number of products, and among equals with a falling number of the others. */
static size_t kind_of(const row_classes *task)
{
    return (SPMV_TASK_MAX - task->n[PRODUCTS]) * (SPMV_TASK_MAX + 1) + SPMV_TASK_MAX - task->n[PLUS] - task->n[MINUS];
}

/* Rows without an entry have a task too: it writes the zero. */
static size_t tasks_of(const row_classes *row)
{
    const size_t n = pieces_of(classes_sum(row));
    return n > 0 ? n : 1;
}

static row_classes task_of(const row_classes *row, size_t n_tasks, size_t i)
{
    const size_t n = classes_sum(row);
    return classes_within(row, piece_begin(n, n_tasks, i), piece_begin(n, n_tasks, i + 1));
}

/* Level 0 joins the sums of a row's tasks, level 1 those of level 0, until one is left. */
static void count_joins(size_t n_sums, spmv_counts *counts)
{
    for (size_t level = 0; n_sums > 1; level++) {
        counts->n_partials += n_sums;
        n_sums = pieces_of(n_sums);
        counts->level_begin[level + 1] += n_sums;
        counts->n_levels = counts->n_levels > level + 1 ? counts->n_levels : level + 1;
    }
}

static void numbers_to_begins(size_t *numbers, size_t n)
{
    size_t before = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t own = numbers[i];
        numbers[i] = before;
        before += own;
    }
}

static pt_status fail_as_too_large(const spmv_circuit *circuit, size_t matrix, pt_err *err)
{
    const uint64_t n = circuit->matrices[matrix].row_start[circuit->n_rows];
    return pt_fail(err, PT_E_ARG, "matrix %c: %llu entries in %u rows are more than a word numbers",
                   matrix == 0 ? 'A' : 'B', (unsigned long long)n, circuit->n_rows);
}

/* Tasks are at most rows and a 32nd of the entries, partial sums fewer yet: a word numbers them if it numbers rows and entries. */
pt_status spmv_count(const spmv_circuit *circuit, size_t matrix, spmv_counts *out, pt_err *err)
{
    const spmv_matrix *m = &circuit->matrices[matrix];
    spmv_counts c = {0};
    if (circuit->n_rows > SPMV_PARTIAL)
        return pt_fail(err, PT_E_ARG, "a circuit of %u rows: a device numbers %u at most", circuit->n_rows, SPMV_PARTIAL);
    if (m->row_start[circuit->n_rows] > UINT32_MAX)
        return fail_as_too_large(circuit, matrix, err);
    for (size_t row = 0; row < circuit->n_rows; row++) {
        const row_classes classes = classes_of_row(circuit, m, row);
        const size_t n_tasks = tasks_of(&classes);
        for (size_t i = 0; i < n_tasks; i++) {
            const row_classes task = task_of(&classes, n_tasks, i);
            c.kind_begin[kind_of(&task)]++;
        }
        c.n_entries += classes_sum(&classes);
        c.n_tasks += n_tasks;
        count_joins(n_tasks, &c);
    }
    for (size_t level = 0; level < c.n_levels; level++)
        c.level_begin[level + 1] += c.level_begin[level];
    c.n_joins = c.level_begin[c.n_levels];
    numbers_to_begins(c.kind_begin, SPMV_KINDS);
    *out = c;
    return PT_OK;
}

/* What is filled, and how far. */
typedef struct {
    const spmv_circuit *circuit;
    const spmv_matrix *matrix;
    spmv_counts at; /* level_begin, kind_begin: where the next one goes; n_entries, n_partials: so many there are */
    spmv_entry *entries;
    spmv_task *tasks;
    spmv_join_task *joins;
} filling;

static void fill_entries(const filling *f, size_t row, const row_classes *classes)
{
    size_t at[N_CLASSES], first = f->at.n_entries;
    for (int k = 0; k < N_CLASSES; k++) {
        at[k] = first;
        first += classes->n[k];
    }
    for (uint64_t i = f->matrix->row_start[row]; i < f->matrix->row_start[row + 1]; i++) {
        const spmv_entry e = f->matrix->entries[i];
        if (e.value != f->circuit->zero)
            f->entries[at[class_of(f->circuit, e.value)]++] = e;
    }
}

static void fill_joins(filling *f, size_t row, size_t n_sums)
{
    size_t first = f->at.n_partials - n_sums; /* of what this level adds up */
    for (size_t level = 0; n_sums > 1; level++) {
        const size_t n = pieces_of(n_sums), out = f->at.n_partials;
        for (size_t i = 0; i < n; i++) {
            const size_t begin = piece_begin(n_sums, n, i), end = piece_begin(n_sums, n, i + 1);
            f->joins[f->at.level_begin[level]++] =
                (spmv_join_task){.first = (uint32_t)(first + begin),
                                 .out = n > 1 ? SPMV_PARTIAL | (uint32_t)(out + i) : (uint32_t)row,
                                 .n = (uint32_t)(end - begin)};
        }
        f->at.n_partials += n > 1 ? n : 0;
        first = out;
        n_sums = n;
    }
}

static void fill_row(filling *f, size_t row)
{
    const row_classes classes = classes_of_row(f->circuit, f->matrix, row);
    const size_t n = tasks_of(&classes), slot = f->at.n_partials;
    fill_entries(f, row, &classes);
    for (size_t i = 0; i < n; i++) {
        const row_classes t = task_of(&classes, n, i);
        f->tasks[f->at.kind_begin[kind_of(&t)]++] =
            (spmv_task){.first = (uint32_t)f->at.n_entries,
                        .out = n > 1 ? SPMV_PARTIAL | (uint32_t)(slot + i) : (uint32_t)row,
                        .counts = (uint32_t)(t.n[PLUS] | t.n[MINUS] << 8 | t.n[PRODUCTS] << 16)};
        f->at.n_entries += classes_sum(&t);
    }
    if (n > 1) {
        f->at.n_partials += n;
        fill_joins(f, row, n);
    }
}

void spmv_fill(const spmv_circuit *circuit, size_t matrix, const spmv_counts *counts, spmv_entry *entries, spmv_task *tasks,
               spmv_join_task *joins)
{
    filling f = {.circuit = circuit,
                 .matrix = &circuit->matrices[matrix],
                 .at = *counts,
                 .entries = entries,
                 .tasks = tasks,
                 .joins = joins};
    f.at.n_entries = f.at.n_partials = 0;
    for (size_t row = 0; row < circuit->n_rows; row++)
        fill_row(&f, row);
}
