/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/live_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "mpi/painter.h"
#include "mpi/printable.h"

enum { BAR_CELLS = 20 };

struct live_line {
    live_line_look *look;
    void *ctx;
    painter *painter;
};

static size_t terminal_columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col;
}

static void draw_bar(char *out, double fraction)
{
    int filled = (int)(fraction * BAR_CELLS);
    for (int i = 0; i < BAR_CELLS; i++)
        out[i] = i < filled ? '#' : '.';
    out[BAR_CELLS] = '\0';
}

/* The cursor goes back to column 0, so whatever is printed next overwrites the line. */
static void draw(void *ctx)
{
    const live_line *self = ctx;
    live_line_view view = {.seconds_left = -1};
    char bar[BAR_CELLS + 1], eta[32] = "", line[LIVE_LINE_ROOM + 128];
    if (!self->look(self->ctx, &view))
        return;
    draw_bar(bar, view.fraction);
    if (view.seconds_left >= 0)
        snprintf(eta, sizeof eta, "  ETA %.0f s", view.seconds_left);
    snprintf(line, sizeof line, "[%s] %s%s  %s", bar, view.doing, eta, view.name);
    printable_line(line);
    fprintf(stderr, "\r%.*s\033[K\r", (int)terminal_columns() - 1, line);
    fflush(stderr);
}

live_line *live_line_create(live_line_look *look, void *ctx)
{
    live_line *self = isatty(STDERR_FILENO) ? calloc(1, sizeof *self) : NULL;
    if (self == NULL)
        return NULL;
    *self = (live_line){.look = look, .ctx = ctx, .painter = painter_create(draw, self)};
    if (self->painter != NULL)
        return self;
    free(self);
    return NULL;
}

void live_line_end(live_line *self)
{
    if (self != NULL && painter_end(self->painter))
        fputs("\r\033[K", stderr);
}

void live_line_destroy(live_line *self)
{
    if (self == NULL)
        return;
    live_line_end(self);
    painter_destroy(self->painter);
    free(self);
}

void live_line_draw(live_line *self)
{
    painter_now(self->painter);
}
