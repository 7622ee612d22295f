/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* asprintf */
#include "mpi/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mpi/build_info.h"
#include "mpi/config_file.h"
#include "mpi/core_dump.h"
#include "mpi/input_truncated.h"
#include "mpi/printable.h"
#include "node/curve.h"
#include "node/topo/machine.h"

enum { OPT_CONFIG = 0x100, OPT_HELP, OPT_VERSION };

static const struct argp_option common_options[] = {
    {"config", OPT_CONFIG, "FILE", 0, "Read options from FILE; those of the command line go before them", 0},
    {"help", OPT_HELP, NULL, 0, "Show this help", 1},
    {"version", OPT_VERSION, NULL, 0, "Show version and build options", 1},
    {0},
};
enum { N_COMMON_OPTIONS = sizeof common_options / sizeof *common_options };

void cli_say(const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    printable_line(text);
    /* The live line of progress leaves the cursor in column 0: erase what stands there. */
    fprintf(stderr, "%spartita: %s\n", isatty(STDERR_FILENO) ? "\033[K" : "", text);
}

void cli_prepare_environment(void)
{
    setenv("HWLOC_HIDE_ERRORS", "2", 0);
    if (!cli_under_mpirun())
        setenv("HWLOC_PLUGINS_PATH", "", 0);
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0';
}

pt_status cli_cache_folder(char **out, pt_err *err)
{
    const char *caches = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    const char *above = NULL, *below = "";
    if (caches != NULL && caches[0] == '/') { /* the XDG specification: a relative one is ignored */
        above = caches;
    } else if (home != NULL && home[0] == '/') {
        above = home;
        below = "/.cache";
    }
    char *folder = NULL;
    if (above != NULL && asprintf(&folder, "%s%s/partita/kernels", above, below) < 0)
        return pt_fail(err, PT_E_NOMEM, "no memory for the name of the folder of built kernels");
    *out = folder;
    return PT_OK;
}

bool cli_may_redraw(void)
{
    static const char *const marks[] = {"OMPI_MCA_orte_tag_output", "OMPI_MCA_orte_timestamp_output",
                                        "OMPI_MCA_orte_xml_output"};
    const char *terminal = getenv("TERM");
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (is_set(marks[i]))
            return false;
    return terminal == NULL || strcmp(terminal, "dumb") != 0;
}

bool cli_may_colour(void)
{
    return !is_set("NO_COLOR"); /* no-color.org */
}

bool cli_under_mpirun(void)
{
    static const char *const marks[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (getenv(marks[i]) != NULL)
            return true;
    return false;
}

bool cli_read_count(const char *text, size_t min, size_t max, size_t *out)
{
    bool power = strncmp(text, "2^", 2) == 0;
    const char *digits = power ? text + 2 : text;
    if (*digits < '0' || *digits > '9')
        return false;
    char *end;
    errno = 0;
    unsigned long long value = strtoull(digits, &end, 10);
    if (errno != 0 || *end != '\0' || (power && value > 62))
        return false;
    if (power)
        value = 1ULL << value;
    if (value < min || value > max)
        return false;
    *out = (size_t)value;
    return true;
}

void *cli_own(const struct argp_state *state)
{
    return ((const cli *)state->input)->own;
}

error_t cli_usage_error(const struct argp_state *state, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    pt_fail(((const cli *)state->input)->err, PT_E_ARG, "%s (see %s --help)", text, state->name);
    return EINVAL;
}

/* argp would break the lines of the examples, and explains what everyone knows. */
static char *filter_help(int key, const char *text, void *input)
{
    (void)input;
    return key == ARGP_KEY_HELP_POST_DOC || key == ARGP_KEY_HELP_DUP_ARGS_NOTE ? NULL : (char *)(uintptr_t)text;
}

static void print_help(const struct argp_state *state)
{
    const char *examples = strchr(state->root_argp->doc, '\v');
    struct argp_state speaking = *state;
    speaking.flags = 0; /* ARGP_NO_ERRS would silence the help as well */
    argp_state_help(&speaking, stdout, ARGP_HELP_SHORT_USAGE | ARGP_HELP_LONG | ARGP_HELP_DOC);
    if (examples != NULL)
        printf("\n%s", examples + 1);
}

/* Help and version end the parse: what follows on the command line no longer matters. */
static error_t answer(cli *self, int key, const struct argp_state *state)
{
    if (key == OPT_HELP)
        print_help(state);
    else
        build_info_print(stdout);
    self->answered = true;
    return ECANCELED;
}

static error_t parse_knob(int key, char *arg, struct argp_state *state)
{
    char expected[KNOB_TEXT_ROOM];
    knob_setting setting = {.source = SOURCE_COMMAND_LINE};
    cli *self = state->input;
    if (key < KNOB_KEY || key >= KNOB_KEY + N_KNOBS)
        return ARGP_ERR_UNKNOWN;
    knob_id id = (knob_id)(key - KNOB_KEY);
    if (arg == NULL) /* a flag */
        arg = "on";
    if (!knob_read(knob_of(id), arg, &setting))
        return cli_usage_error(state, "--%s %s: expected %s", knob_of(id)->name, arg, knob_expects(knob_of(id), expected));
    knobs_set(&self->knobs, id, setting);
    return 0;
}

static error_t parse_common(int key, char *arg, struct argp_state *state)
{
    cli *self = state->input;
    switch (key) {
    case OPT_CONFIG:
        self->config_path = arg;
        return 0;
    case OPT_HELP:
    case OPT_VERSION:
        return answer(self, key, state);
    default:
        return parse_knob(key, arg, state);
    }
}

/* The option of this long name (len characters) or short key; NULL if there is none. */
static const struct argp_option *find_option(const struct argp_option *options, const char *name, size_t len)
{
    for (; options != NULL && (options->name != NULL || options->key != 0); options++) {
        bool is_long = options->name != NULL && strlen(options->name) == len && strncmp(options->name, name, len) == 0;
        if (is_long || (len == 1 && options->key == name[0]))
            return options;
    }
    return NULL;
}

/* getopt refused an argument and does not say why: look at the one before which it stopped. */
static error_t explain_refusal(const struct argp_state *state)
{
    const char *arg = state->argv[state->next > 1 ? state->next - 1 : 1];
    const char *name = arg + strspn(arg, "-");
    size_t len = strcspn(name, "=");
    const struct argp_option *option = NULL;
    for (const struct argp_child *c = state->root_argp->children; option == NULL && c->argp != NULL; c++)
        option = find_option(c->argp->options, name, len);
    if (option == NULL)
        return cli_usage_error(state, "unknown option %s", arg);
    if (option->arg != NULL)
        return cli_usage_error(state, "option %s needs a value: %s", arg, option->arg);
    return cli_usage_error(state, "option --%s takes no value", option->name);
}

static error_t parse_root(int key, char *arg, struct argp_state *state)
{
    (void)arg;
    cli *self = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        for (size_t i = 0; state->root_argp->children[i].argp != NULL; i++)
            state->child_inputs[i] = self;
        return 0;
    case ARGP_KEY_ARGS:
        self->operands = state->argv + state->next;
        self->n_operands = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_ERROR:
        if (!self->answered && self->err->code == PT_OK)
            return explain_refusal(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The command line alone. */
static pt_status parse_arguments(cli *self, const struct argp *own, int argc, char **argv, pt_err *err)
{
    const struct argp options_only = {.options = own->options, .parser = own->parser};
    knob_options options[N_KNOB_GROUPS];
    struct argp_option common[N_KNOBS + N_COMMON_OPTIONS];
    for (int group = 0; group < N_KNOB_GROUPS; group++)
        knob_options_of(self->command, (knob_group)group, &options[group]);
    memcpy(common, options[KNOBS_OF_ALL].options, options[KNOBS_OF_ALL].n * sizeof *common);
    memcpy(common + options[KNOBS_OF_ALL].n, common_options, sizeof common_options);
    const struct argp of_command = {.options = options[KNOBS_OF_COMMAND].options, .parser = parse_knob};
    const struct argp of_engine = {.options = options[KNOBS_OF_ENGINE].options, .parser = parse_knob};
    const struct argp of_all = {.options = common, .parser = parse_common};
    const struct argp_child children[] = {{&options_only, 0, NULL, 0},
                                          {&of_command, 0, NULL, 0},
                                          {&of_engine, 0, "Options of the engine:", 50},
                                          {&of_all, 0, "Common options:", 100},
                                          {0}};
    const struct argp root = {
        .parser = parse_root, .args_doc = own->args_doc, .doc = own->doc, .children = children, .help_filter = filter_help};
    self->err = err;
    error_t refused = argp_parse(&root, argc, argv, ARGP_NO_ERRS | ARGP_NO_HELP | ARGP_NO_EXIT, NULL, self);
    self->err = NULL;
    if (refused != 0 && !self->answered)
        return pt_fail(err, refused == ENOMEM ? PT_E_NOMEM : PT_E_ARG, "%s: %s", argv[0], strerror(refused));
    return PT_OK;
}

static pt_status restrict_isa(cli *self, pt_err *err)
{
    char place[KNOB_PLACE_ROOM], name[KNOB_TEXT_ROOM];
    size_t n, i = 0;
    const pt_isa *isas = pt_isa_list(&n);
    if (self->knobs.of[KNOB_ISA].value == 0)
        return PT_OK;
    knob_text(knob_of(KNOB_ISA), &self->knobs.of[KNOB_ISA], name);
    while (i < n && strcmp(name, isas[i].name) != 0)
        i++;
    if (i == n || !cpu_features_cover(cpu_features_read(), isas[i].needs))
        return pt_fail(err, PT_E_DEVICE, "isa %s (%s): this %s lacks it", name, knobs_place(&self->knobs, KNOB_ISA, place),
                       i == n ? "build" : "processor");
    self->features = isas[i].needs;
    return PT_OK;
}

/* What the knobs that all commands have come to. */
static pt_status settle(cli *self, pt_err *err)
{
    const knob_setting *of = self->knobs.of;
    if (of[KNOB_THREADS].value != 0)
        self->n_threads = of[KNOB_THREADS].value;
    self->json = of[KNOB_JSON].value != 0;
    self->quiet = of[KNOB_QUIET].value != 0;
    self->allow_core = of[KNOB_ALLOW_CORE].value != 0;
    if (self->allow_core)
        core_dump_allow();
    else
        core_dump_forbid();
    return restrict_isa(self, err);
}

/* As far as the options are known. */
static void begin_log(cli *self)
{
    const knob_setting *of = self->knobs.of;
    self->log.form = (log_form)of[KNOB_LOG].value;
    self->log.quiet = of[KNOB_QUIET].value != 0;
    self->log.rank = (uint32_t)self->rank;
    gethostname(self->log.host, sizeof self->log.host - 1);
    if (self->log.form == LOG_JSON)
        input_truncated_watch(LOG_JSON);
}

pt_status cli_parse(cli *self, const struct argp *own, int argc, char **argv, void *values, pt_err *err)
{
    self->own = values;
    pt_status status = parse_arguments(self, own, argc, argv, err);
    self->own = NULL;
    begin_log(self); /* which tells of what is wrong with the rest */
    if (status != PT_OK || self->answered)
        return status;
    if (self->config_path != NULL && config_file_read(self->config_path, self->command, &self->knobs, err) != PT_OK)
        return err->code;
    begin_log(self);
    if (settle(self, err) != PT_OK)
        return err->code;
    if (self->n_ranks > 1 && !self->quiet && !self->on_every_rank)
        cli_say("note: rank 0 does the work; the other %zu of %zu ranks idle", self->n_ranks - 1, self->n_ranks);
    return PT_OK;
}

pt_status cli_check_operands(const cli *self, const char *command, const char *expected, size_t min, size_t max,
                             pt_err *err)
{
    if (self->n_operands >= min && self->n_operands <= max)
        return PT_OK;
    return pt_fail(err, PT_E_ARG, "expected %s, got %zu argument%s (see %s --help)", expected, self->n_operands,
                   self->n_operands == 1 ? "" : "s", command);
}

bool cli_read_check(const char *text, key_check *out)
{
    static const char *const names[] = {[KEY_CHECK_QUICK] = "quick", [KEY_CHECK_FULL] = "full", [KEY_CHECK_NONE] = "none"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i]) == 0) {
            *out = (key_check)i;
            return true;
        }
    return false;
}

pt_status cli_print_json(json_t *value, pt_err *err)
{
    if (value == NULL || err->code != PT_OK) {
        json_decref(value);
        return pt_fail(err, PT_E_NOMEM, "no memory for the result");
    }
    int failed = json_dumpf(value, stdout, JSON_INDENT(2)) | (putchar('\n') == EOF);
    json_decref(value);
    if (failed != 0 && !ferror(stdout))
        return pt_fail(err, PT_E_NOMEM, "no memory to print the result");
    return failed != 0 ? pt_fail(err, PT_E_IO, "standard output: write failed") : PT_OK;
}
