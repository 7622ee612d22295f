/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/rank_view.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mpi/cli.h"
#include "mpi/painter.h"
#include "mpi/terminal.h"

static const double look_s = 0.1; /* between two looks at the ranks */

struct rank_view {
    run_log *log;
    int terminal;
    bool coloured;
    painter *painter;
    double set_at;        /* 0: never */
    pthread_mutex_t lock; /* of everything below */
    rank_page page;
    rank_row *rows;
};

/* Every line as far as it goes, then the cursor goes back to the first one: what is said next stands in their place. */
static void place(const char *text, FILE *out)
{
    size_t n_above = 0;
    for (const char *line = text, *end; line != NULL; line = end == NULL ? NULL : end + 1) {
        end = strchr(line, '\n');
        fwrite(line, 1, end == NULL ? strlen(line) : (size_t)(end - line), out);
        fputs(end == NULL ? "\033[K\033[J\r" : "\033[K\r\n", out);
        n_above += end != NULL;
    }
    if (n_above > 0)
        fprintf(out, "\033[%zuA", n_above);
}

/* At once: what others say does not come between. */
static void show(const char *text)
{
    char *placed = NULL;
    size_t n_bytes = 0;
    FILE *out = open_memstream(&placed, &n_bytes);
    if (out == NULL)
        return;
    place(text, out);
    if (fclose(out) == 0)
        fwrite(placed, 1, n_bytes, stderr);
    free(placed);
}

/* One line of the terminal stays free, so that nothing scrolls. */
static void draw(void *ctx)
{
    rank_view *self = ctx;
    const terminal_size size = terminal_look(self->terminal);
    const rank_page_room room = {.columns = size.columns, .lines = size.rows - 1, .coloured = self->coloured};
    char *text = NULL;
    size_t n_bytes = 0;
    pt_err err = {0};
    FILE *out = open_memstream(&text, &n_bytes);
    if (out == NULL)
        return;
    pthread_mutex_lock(&self->lock);
    rank_page_write(&self->page, &room, out, &err);
    pthread_mutex_unlock(&self->lock);
    if (fclose(out) == 0 && err.code == PT_OK)
        show(text);
    free(text);
}

rank_view *rank_view_create(uint32_t n_ranks, run_log *log)
{
    const int terminal = log->quiet || log->form == LOG_JSON ? -1 : terminal_open();
    rank_view *self = terminal < 0 ? NULL : calloc(1, sizeof *self);
    rank_row *rows = terminal < 0 ? NULL : calloc(n_ranks, sizeof *rows);
    painter *thread = self == NULL || rows == NULL ? NULL : painter_create(draw, self);
    if (thread == NULL) {
        free(rows);
        free(self);
        if (terminal >= 0)
            close(terminal);
        return NULL;
    }
    self->log = log;
    self->terminal = terminal;
    self->coloured = cli_may_colour();
    self->painter = thread;
    self->rows = rows;
    pthread_mutex_init(&self->lock, NULL);
    return self;
}

void rank_view_end(rank_view *self)
{
    if (self == NULL || !painter_end(self->painter))
        return;
    atomic_store(&self->log->is_drawn_over, false);
    if (self->set_at > 0)
        fputs("\r\033[J", stderr);
}

void rank_view_destroy(rank_view *self)
{
    if (self == NULL)
        return;
    rank_view_end(self);
    painter_destroy(self->painter);
    pthread_mutex_destroy(&self->lock);
    close(self->terminal);
    free(self->rows);
    free(self);
}

bool rank_view_is_due(const rank_view *self, double now)
{
    return self != NULL && now - self->set_at >= look_s;
}

void rank_view_set(rank_view *self, const rank_page *page, double now)
{
    const bool is_first = self->set_at == 0;
    pthread_mutex_lock(&self->lock);
    memcpy(self->rows, page->rows, page->n_rows * sizeof *self->rows);
    self->page = *page;
    self->page.rows = self->rows;
    pthread_mutex_unlock(&self->lock);
    self->set_at = now;
    if (is_first) {
        atomic_store(&self->log->is_drawn_over, true);
        painter_now(self->painter);
    }
}
