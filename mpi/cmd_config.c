/* SPDX-License-Identifier: Apache-2.0 */
/* partita config: every knob with its value, its default and where the value is from. What is printed is a configuration file. */
#include <stdio.h>
#include <string.h>

#include "mpi/cli.h"
#include "mpi/printable.h"
#include "mpi/table.h"

enum { OPT_PRINT = 1, OPT_FOR };

typedef struct {
    cli *all;
    bool print;
} config_args;

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    config_args *args = cli_own(state);
    switch (key) {
    case OPT_PRINT:
        args->print = true;
        return 0;
    case OPT_FOR:
        if (knob_command_find(arg) == N_KNOB_COMMANDS)
            return cli_usage_error(state, "--for %s: expected the name of a command", arg);
        args->all->command = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"print", OPT_PRINT, NULL, 0, "Show each option: its value, where that is from, its default, and what it is", 0},
    {"for", OPT_FOR, "COMMAND", 0, "The options of COMMAND, with its section of the file", 0},
    {0},
};

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .doc = "Show what a run would be set to by --config FILE and by the options given here; what is printed can be saved "
           "as such a FILE. Without --print, FILE is checked and nothing else is done."
           "\v"
           "Examples:\n"
           "  partita config --print\n"
           "  partita config --print --for bench --config partita.ini --threads 8\n"
           "  partita config --print > partita.ini\n"
           "  partita config --config partita.ini\n",
};

static json_t *knob_json(const knobs *settings, knob_id id)
{
    static const char *const kinds[] = {"default", "file", "file", "command line"};
    char value[KNOB_TEXT_ROOM];
    const knob *k = knob_of(id);
    const knob_setting *setting = &settings->of[id];
    json_t *out = json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", k->name, "value", knob_text(k, setting, value), "default",
                            k->otherwise, "source", kinds[setting->source], "meaning", k->meaning);
    if (out == NULL || setting->line == 0 ||
        (json_object_set_new(out, "file", printable_json(settings->path)) == 0 &&
         json_object_set_new(out, "line", json_integer((json_int_t)setting->line)) == 0))
        return out;
    json_decref(out);
    return NULL;
}

static pt_status print_json(const cli *self, pt_err *err)
{
    json_t *items = json_array();
    for (int id = 0; id < N_KNOBS; id++)
        if (knob_is_of(knob_of((knob_id)id), self->command) &&
            json_array_append_new(items, knob_json(&self->knobs, (knob_id)id)) != 0)
            pt_fail(err, PT_E_NOMEM, "no memory for the result");
    return cli_print_json(json_pack("{s:s, s:s, s:o}", "command", "config", "for", self->command, "knobs", items), err);
}

/* Everything behind a value is a comment of the file that this is. */
static pt_status print_file(const cli *self, pt_err *err)
{
    table *rows;
    if (table_create("# option\t  value\t; source\tdefault\twhat it is", &rows, err) != PT_OK)
        return err->code;
    for (int i = 0; i < N_KNOBS; i++) {
        char value[KNOB_TEXT_ROOM], place[KNOB_PLACE_ROOM];
        const knob_id id = (knob_id)i;
        const knob *k = knob_of(id);
        if (knob_is_of(k, self->command))
            table_add(rows, err, "%s\t= %s\t; %s\t%s\t%s", k->name, knob_text(k, &self->knobs.of[id], value),
                      knobs_place(&self->knobs, id, place), k->otherwise, k->meaning);
    }
    if (err->code == PT_OK) {
        printf("[%s]\n", strcmp(self->command, "config") == 0 ? "partita" : self->command);
        table_print(rows, stdout);
    }
    table_destroy(rows);
    return err->code;
}

pt_status cmd_config(cli *self, int argc, char **argv, pt_err *err)
{
    config_args args = {.all = self};
    if (cli_parse(self, &argp, argc, argv, &args, err) != PT_OK || self->answered ||
        cli_check_operands(self, argv[0], "no operands", 0, 0, err) != PT_OK || !args.print)
        return err->code;
    /* A file's json = on is shown, not followed. */
    const knob_setting *json = &self->knobs.of[KNOB_JSON];
    return json->source == SOURCE_COMMAND_LINE && json->value != 0 ? print_json(self, err) : print_file(self, err);
}
