/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/rank_page.h"

#include <stdlib.h>
#include <string.h>

#include "mpi/printable.h"

enum { BAR_CELLS = 20, LINE_ROOM = 512, HEAD_LINES = 2, HOST_WIDTH = 20 };

static const struct {
    const char *word, *colour; /* colour: SGR, or none */
    unsigned urgency;          /* of several ranks the most urgent come first */
} conditions[RANK_CONDITION_END] = {
    [RANK_IS_AWAITED] = {"not here yet", "33", 2},
    [RANK_OPENS_KEYS] = {"opening keys", "33", 1},
    [RANK_PROVES] = {"proving", "32", 0},
    [RANK_RESTS] = {"idle", NULL, 0},
    [RANK_IS_LOST] = {"lost", "31", 3},
    [RANK_GETS_NO_WORK] = {"gets no work", "31", 3},
};

/* ---- a line ---- */

/* The bytes of the first n characters, or of all. */
static size_t bytes_of(const char *text, size_t n)
{
    size_t i = 0;
    for (; text[i] != '\0'; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80 && n-- == 0)
            break;
    return i;
}

static size_t characters_of(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* A line that fits; what stands from `from` to `to` in a colour. */
static void put_line(const rank_page_room *room, FILE *out, char *line, size_t from, size_t to, const char *colour)
{
    printable_line(line);
    const size_t n = bytes_of(line, room->columns - 1);
    if (!room->coloured || colour == NULL || to > n) {
        fwrite(line, 1, n, out);
        return;
    }
    fwrite(line, 1, from, out);
    fprintf(out, "\033[%sm%.*s\033[0m", colour, (int)(to - from), line + from);
    fwrite(line + to, 1, n - to, out);
}

static void put_whole(const rank_page *page, const rank_page_room *room, FILE *out)
{
    char line[LINE_ROOM], bar[BAR_CELLS + 1], rate[48] = "", eta[48] = "", failed[48] = "";
    const uint32_t n_ended = page->n_done + page->n_failed;
    for (uint32_t i = 0; i < BAR_CELLS; i++)
        bar[i] = page->n_partitions > 0 && (uint64_t)i * page->n_partitions < (uint64_t)n_ended * BAR_CELLS ? '#' : '.';
    bar[BAR_CELLS] = '\0';
    if (page->per_second > 0)
        snprintf(rate, sizeof rate, "  %.3g/s", page->per_second);
    if (page->seconds_left >= 0)
        snprintf(eta, sizeof eta, "  ETA %.0f s", page->seconds_left);
    if (page->n_failed > 0)
        snprintf(failed, sizeof failed, "  %u failed", page->n_failed);
    if (page->is_open)
        snprintf(line, sizeof line, "%u partitions%s%s", n_ended, rate, failed);
    else
        snprintf(line, sizeof line, "[%s] %u/%u partitions%s%s%s", bar, n_ended, page->n_partitions, rate, eta, failed);
    put_line(room, out, line, 0, 0, NULL);
}

static void put_names(const rank_page_room *room, FILE *out)
{
    char line[] = "rank  host                  state         proofs  holds    heard     last";
    putc('\n', out);
    put_line(room, out, line, 0, 0, NULL);
}

static void put_row(const rank_row *row, const rank_page_room *room, FILE *out)
{
    const rank_figures *f = &row->now;
    char line[LINE_ROOM], host[RANK_PAGE_HOST], holds[32] = "-", heard[32] = "-", last[32] = "-";
    snprintf(host, sizeof host, "%.*s", (int)bytes_of(row->host, HOST_WIDTH), row->host);
    if (f->n_may_hold > 0 || f->n_held > 0)
        snprintf(holds, sizeof holds, "%u/%u", f->n_held, f->n_may_hold);
    if (f->heard_ago >= 0)
        snprintf(heard, sizeof heard, "%.1f s", f->heard_ago);
    if (f->last_seconds > 0)
        snprintf(last, sizeof last, "%.2f s", f->last_seconds);
    const int n = snprintf(line, sizeof line, "%4u  %s%*s  ", row->rank, host, (int)(HOST_WIDTH - characters_of(host)), "");
    snprintf(line + n, sizeof line - (size_t)n, "%-12s  %6u  %5s  %7s  %7s", conditions[f->condition].word, f->n_proven,
             holds, heard, last);
    putc('\n', out);
    put_line(room, out, line, (size_t)n, (size_t)n + strlen(conditions[f->condition].word),
             conditions[f->condition].colour);
}

/* ---- which ranks ---- */

/* The urgent first, then those whose proofs take longest. */
static int by_urgency(const void *a, const void *b)
{
    const rank_row *const *x = a, *const *y = b;
    const unsigned ux = conditions[(*x)->now.condition].urgency, uy = conditions[(*y)->now.condition].urgency;
    if (ux != uy)
        return ux > uy ? -1 : 1;
    if ((*x)->now.last_seconds != (*y)->now.last_seconds)
        return (*x)->now.last_seconds > (*y)->now.last_seconds ? -1 : 1;
    return ((*x)->rank > (*y)->rank) - ((*x)->rank < (*y)->rank);
}

static void put_rest(const rank_row *const *rows, size_t n, const rank_page_room *room, FILE *out)
{
    size_t n_of[RANK_CONDITION_END] = {0};
    char line[LINE_ROOM];
    int at = snprintf(line, sizeof line, "      and %zu more:", n);
    for (size_t i = 0; i < n; i++)
        n_of[rows[i]->now.condition]++;
    for (size_t c = 0, any = 0; c < RANK_CONDITION_END; c++)
        if (n_of[c] > 0)
            at += snprintf(line + at, sizeof line - (size_t)at, "%s %zu %s", any++ > 0 ? "," : "", n_of[c],
                           conditions[c].word);
    putc('\n', out);
    put_line(room, out, line, 0, 0, NULL);
}

pt_status rank_page_write(const rank_page *page, const rank_page_room *room, FILE *out, pt_err *err)
{
    const rank_row **rows = calloc(page->n_rows + 1, sizeof *rows);
    if (rows == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory to show %zu ranks", page->n_rows);
    for (size_t i = 0; i < page->n_rows; i++)
        rows[i] = &page->rows[i];
    put_whole(page, room, out);
    if (room->lines > HEAD_LINES) {
        const size_t n_lines = room->lines - HEAD_LINES;
        const size_t n_shown = page->n_rows <= n_lines ? page->n_rows : n_lines - 1;
        if (n_shown < page->n_rows)
            qsort(rows, page->n_rows, sizeof *rows, by_urgency);
        put_names(room, out);
        for (size_t i = 0; i < n_shown; i++)
            put_row(rows[i], room, out);
        if (n_shown < page->n_rows)
            put_rest(rows + n_shown, page->n_rows - n_shown, room, out);
    }
    free(rows);
    return PT_OK;
}
