/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/timeline_style.h"

/* One for each stage: told apart on white and on black. */
static const char *const colours[] = {"#8a8f98", "#4e79a7", "#59a14f", "#e8b92f", "#e15759", "#f28e2b",
                                      "#b07aa1", "#3fa9a2", "#9c755f", "#ff8fa3", "#6b6ecf", "#a0b44c"};
_Static_assert(STAGE_COUNT <= sizeof colours / sizeof *colours, "a colour for each stage");

const char *timeline_style_colour(stage s)
{
    return colours[s];
}

static const char light_style[] =
    "svg { font: 12px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; }\n"
    ".page { fill: #ffffff; }\n"
    ".back { fill: #f2f4f7; }\n"
    ".grid { stroke: #c9ced6; stroke-width: 1; shape-rendering: crispEdges; }\n"
    ".hatch { stroke: #d62728; stroke-width: 2; }\n"
    ".idle { fill: url(#idle); }\n"
    ".limit { stroke: #5b6472; stroke-dasharray: 4 3; }\n"
    ".whole { fill: #8a8f98; fill-opacity: 0.28; }\n"
    "text { fill: #1f2430; }\n"
    ".title { font-size: 18px; font-weight: 600; }\n"
    ".heading { font-size: 11px; font-weight: 600; }\n"
    ".quiet, .tick, .name { fill: #5b6472; }\n"
    ".tick { font-size: 11px; text-anchor: middle; }\n"
    ".name { font-size: 11px; text-anchor: end; }\n"
    ".rank { font-size: 12px; font-weight: 600; text-anchor: end; }\n"
    ".number { fill: #14171c; font-size: 10px; text-anchor: middle; pointer-events: none; }\n";

static const char dark_style[] = "@media (prefers-color-scheme: dark) {\n"
                                 "  .page { fill: #14171c; }\n"
                                 "  .back { fill: #1f242c; }\n"
                                 "  .grid { stroke: #3a424e; }\n"
                                 "  .limit { stroke: #9aa4b2; }\n"
                                 "  text { fill: #e6e9ee; }\n"
                                 "  .quiet, .tick, .name { fill: #9aa4b2; }\n"
                                 "}\n";

void timeline_style_write(FILE *out)
{
    fprintf(out, "<style>\n%s", light_style);
    for (size_t s = 0; s < STAGE_COUNT; s++)
        fprintf(out, ".s%zu { fill: %s; }\n", s, colours[s]);
    fprintf(out, "%s</style>\n", dark_style);
}
