/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/memory_map.h"

#include <inttypes.h>
#include <string.h>

#include "gpu/gpu_msm_map.h"
#include "mpi/table.h"
#include "node/bench/bench.h"

/* ---- options ---- */

/* One of the words between commas, at most 23 characters; returns what is behind it, or NULL at the end. */
static const char *next_word(const char *text, char word[24])
{
    const size_t len = strcspn(text, ",");
    snprintf(word, 24, "%.*s", len < 24 ? (int)len : 0, text);
    return text[len] == ',' ? text + len + 1 : NULL;
}

static bool read_bytes(const char *text, uint64_t *out)
{
    knob_setting setting = {0};
    if (!knob_read(knob_of(KNOB_GPU_MEMORY), text, &setting) || setting.value == 0)
        return false;
    *out = setting.value;
    return true;
}

/* LOCAL,MAXALLOC or LOCAL,MAXALLOC,MEMORY */
static error_t parse_assumed(memory_args *args, const char *text, const struct argp_state *state)
{
    uint64_t *const figures[] = {&args->assumed.local_bytes, &args->assumed.buffer_max, &args->assumed.memory_bytes};
    size_t n = 0;
    char word[24];
    for (const char *at = text; at != NULL && n <= 3; n++) {
        at = next_word(at, word);
        if (n == 3 || !read_bytes(word, figures[n]))
            n = 4;
    }
    return n == 2 || n == 3
               ? 0
               : cli_usage_error(state, "--assume takes LOCAL,MAXALLOC or LOCAL,MAXALLOC,MEMORY in bytes, not %s", text);
}

/* What an option's list of numbers may be. */
typedef struct {
    const char *option, *takes;
    size_t n_max, from, to;
} list_rule;

static error_t parse_list(const list_rule *rule, const char *text, const struct argp_state *state, unsigned *list,
                          size_t *n_list)
{
    char word[24];
    *n_list = 0;
    for (const char *at = text; at != NULL;) {
        size_t n;
        at = next_word(at, word);
        if (*n_list == rule->n_max || !cli_read_count(word, rule->from, rule->to, &n))
            return cli_usage_error(state, "%s takes %s from %zu to %zu, not %s", rule->option, rule->takes, rule->from,
                                   rule->to, text);
        list[(*n_list)++] = (unsigned)n;
    }
    return 0;
}

error_t memory_args_parse(memory_args *args, int key, const char *arg, const struct argp_state *state)
{
    static const list_rule several = {"--batches", "numbers of batches, as 1,2,4,", MEMORY_BATCHES_MAX, 1,
                                      MEMORY_BATCHES_MAX};
    static const list_rule one = {"--force-batches", "a number of batches", 1, 1, MEMORY_BATCHES_MAX};
    static const list_rule window = {"--window", "bits of a window, as 15,16,", MEMORY_WINDOWS_MAX, GPU_MSM_C_MIN,
                                     GPU_MSM_C_MAX};
    switch (key) {
    case MEMORY_OPT_MAP:
        args->map = true;
        return 0;
    case MEMORY_OPT_ASSUME:
        return parse_assumed(args, arg, state);
    case MEMORY_OPT_BATCHES:
        args->several = true;
        return parse_list(&several, arg, state, args->batches, &args->n_batches);
    case MEMORY_OPT_FORCE_BATCHES:
        args->one = true;
        return parse_list(&one, arg, state, args->batches, &args->n_batches);
    case MEMORY_OPT_WINDOW:
        return parse_list(&window, arg, state, args->windows, &args->n_windows);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

pt_status memory_args_check(const memory_args *args, const cli *options, const char *device, const char *plot, pt_err *err)
{
    const knob_setting *bound = &options->knobs.of[KNOB_GPU_MEMORY];
    const bool is_bound =
        bound->value != 0 && bound->source == SOURCE_COMMAND_LINE; /* a file may have it for other kinds */
    const bool is_assumed = args->assumed.buffer_max != 0, is_open = device != NULL && strcmp(device, "cpu") != 0;
    if (args->one && args->several)
        return pt_fail(err, PT_E_ARG, "--batches and --force-batches exclude each other");
    if (is_assumed && (!args->map || is_open))
        return pt_fail(err, PT_E_ARG, "--assume is for --memory-map without --device");
    if ((args->map || args->n_batches > 0 || args->n_windows > 0 || is_bound) && !is_assumed && !is_open)
        return pt_fail(err, PT_E_ARG, "%s: of which device? It needs --device%s",
                       args->map             ? "--memory-map"
                       : args->several       ? "--batches"
                       : args->one           ? "--force-batches"
                       : args->n_windows > 0 ? "--window"
                                             : "--gpu-memory",
                       args->map ? ", or --assume LOCAL,MAXALLOC" : "");
    if (plot != NULL && (!args->several || !is_open))
        return pt_fail(err, PT_E_ARG, "bench msm --plot draws what --batches on a --device takes");
    return PT_OK;
}

/* ---- maps ---- */

static pt_status print_map(const memory_map_asked *asked, const gpu_msm_plan *plan, FILE *stream, pt_err *err)
{
    const gpu_msm_map map = gpu_msm_map_of(plan);
    table *rows;
    if (table_create("buffer\t>number\t>bytes\tholds", &rows, err) != PT_OK)
        return err->code;
    for (size_t i = 0; i < map.n; i++)
        table_add(rows, err, "%s\t%zu\t%" PRIu64 "\t%s", map.rows[i].name, map.rows[i].n, map.rows[i].bytes,
                  map.rows[i].holds);
    table_add(rows, err, "all\t\t%" PRIu64 "\t%.1f MiB", plan->bytes.total, (double)plan->bytes.total / (1 << 20));
    if (err->code == PT_OK) {
        fprintf(stream,
                "%s, %s, %zu %s: %u windows of %u bits in %u %s of at most %u; %s; local memory of a work-group %" PRIu64
                " bytes\n",
                asked->curve->name, plan->of.n_queries[GPU_MSM_G1] > 0 ? "G1" : "G2", plan->of.n,
                plan->tables ? "points with tables" : "points", plan->n_windows, plan->c, plan->n_batches,
                plan->n_batches == 1 ? "batch" : "batches", plan->batch_windows,
                plan->resident ? "points resident" : "points in slices", gpu_msm_local_bytes(plan));
        if (!plan->resident)
            fprintf(stream, "%zu slices of %zu points\n", plan->n_slices, plan->slice_len);
        table_print(rows, stream);
        fputc('\n', stream);
    }
    table_destroy(rows);
    return err->code;
}

static json_t *buffers_json(const gpu_msm_plan *plan)
{
    const gpu_msm_map map = gpu_msm_map_of(plan);
    json_t *out = json_array();
    for (size_t i = 0; i < map.n && out != NULL; i++)
        if (json_array_append_new(out, json_pack("{s:s, s:I, s:I, s:s}", "name", map.rows[i].name, "number",
                                                 (json_int_t)map.rows[i].n, "bytes", (json_int_t)map.rows[i].bytes, "holds",
                                                 map.rows[i].holds)) != 0) {
            json_decref(out);
            out = NULL;
        }
    return out;
}

static pt_status add_map(const memory_map_asked *asked, const gpu_msm_plan *plan, json_t *rows, pt_err *err)
{
    json_t *map = json_pack("{s:s, s:s, s:I, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:I}", "curve",
                            asked->curve->name, "group", plan->of.n_queries[GPU_MSM_G1] > 0 ? "g1" : "g2", "size",
                            (json_int_t)plan->of.n, "tables", (int)plan->tables, "window_bits", (json_int_t)plan->c,
                            "windows", (json_int_t)plan->n_windows, "batches", (json_int_t)plan->n_batches, "batch_windows",
                            (json_int_t)plan->batch_windows, "slices", (json_int_t)plan->n_slices, "slice_points",
                            (json_int_t)plan->slice_len, "local_bytes", (json_int_t)gpu_msm_local_bytes(plan), "buffers",
                            buffers_json(plan), "total_bytes", (json_int_t)plan->bytes.total);
    if (json_array_append_new(rows, map) != 0)
        return pt_fail(err, PT_E_NOMEM, "no memory for a map of memory");
    return PT_OK;
}

static pt_status show_one(const memory_map_asked *asked, const device_msm_asked *msm, json_t *rows, FILE *stream,
                          pt_err *err)
{
    gpu_msm_plan plan;
    const gpu_msm_shape shape = device_shape_of(asked->curve, asked->limits, msm);
    if (gpu_msm_plan_make(&shape, &plan, err) != PT_OK || plan.tables != msm->tables)
        return err->code;
    return rows != NULL ? add_map(asked, &plan, rows, err) : print_map(asked, &plan, stream, err);
}

/* One size in one group: in every width and number of batches, points and tables. */
static pt_status show_size(const memory_map_asked *asked, bool g2, size_t n, json_t *rows, FILE *stream, pt_err *err)
{
    const size_t n_batches = asked->n_batches > 0 ? asked->n_batches : 1;
    const size_t n_kinds = 2 * n_batches * (asked->n_windows > 0 ? asked->n_windows : 1);
    for (size_t i = 0; i < n_kinds && err->code == PT_OK; i++) {
        const device_msm_asked msm = {.g2 = g2,
                                      .tables = i % 2 != 0,
                                      .n = n,
                                      .c = asked->n_windows > 0 ? asked->windows[i / 2 / n_batches] : 0,
                                      .n_batches = asked->n_batches > 0 ? asked->batches[i / 2 % n_batches] : 0,
                                      .memory_bytes = asked->memory_bytes};
        show_one(asked, &msm, rows, stream, err);
    }
    return err->code;
}

pt_status memory_map_show(const memory_map_asked *asked, json_t *rows, FILE *stream, pt_err *err)
{
    for (size_t i = 0; i < asked->n_sizes && err->code == PT_OK; i++)
        for (int g2 = 0; g2 <= 1 && err->code == PT_OK; g2++)
            if ((asked->groups & (g2 != 0 ? GROUP_G2 : GROUP_G1)) != 0)
                show_size(asked, g2 != 0, (size_t)1 << asked->log_sizes[i], rows, stream, err);
    return err->code;
}
