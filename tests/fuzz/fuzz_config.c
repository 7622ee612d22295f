/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_config.c - any bytes as a configuration, for commands with few options, more and all; what is accepted is written as
 * `partita config --print` writes it, and read again. */
#include <stdio.h>
#include <string.h>

#include "mpi/config_file.h"
#include "tests/fuzz/fuzz_input.h"

static const fuzz_bound bound = {.factor = 2, .fixed = 128 << 10};

static pt_status read_config(const uint8_t *bytes, size_t n_bytes, const char *command, knobs *out)
{
    fuzz_input input;
    pt_err err = {0};
    const knobs before = *out;
    fuzz_input_open(bytes, n_bytes, bound, &input);
    pt_status status = config_file_read(input.path, command, out, &err);
    fuzz_input_check(&input, status, &err);
    FUZZ_REQUIRE(status == PT_OK || memcmp(out, &before, sizeof before) == 0);
    out->path = NULL; /* the input's */
    fuzz_input_close(&input);
    return status;
}

/* Each value is one that the knob can have, and of a knob that the command has. */
static void check_settings(const knobs *settings, const char *command)
{
    for (int id = 0; id < N_KNOBS; id++) {
        const knob *k = knob_of((knob_id)id);
        const knob_setting *setting = &settings->of[id];
        FUZZ_REQUIRE((setting->source == SOURCE_DEFAULT) == (setting->line == 0));
        FUZZ_REQUIRE(setting->source == SOURCE_DEFAULT || knob_is_of(k, command));
        FUZZ_REQUIRE(setting->source != SOURCE_COMMAND_LINE);
        FUZZ_REQUIRE(k->kind != KNOB_NAME || (setting->value != 0) == (setting->name[0] != '\0'));
        FUZZ_REQUIRE(k->words != NULL || k->kind == KNOB_NAME || setting->value == 0 ||
                     (setting->value >= k->min && setting->value <= k->max));
    }
}

/* A default that was written is a name when it is read. */
static bool is_same_name(const knob *k, const knob_setting *a, const knob_setting *b)
{
    char of_a[KNOB_TEXT_ROOM], of_b[KNOB_TEXT_ROOM];
    return strcmp(knob_text(k, a, of_a), knob_text(k, b, of_b)) == 0;
}

static void read_again(const knobs *settings, const char *command)
{
    char text[4096], value[KNOB_TEXT_ROOM];
    size_t len = (size_t)snprintf(text, sizeof text, "[%s]\n", command);
    knobs again = {0};
    for (int id = 0; id < N_KNOBS; id++)
        if (knob_is_of(knob_of((knob_id)id), command))
            len += (size_t)snprintf(text + len, sizeof text - len, "%s = %s\n", knob_of((knob_id)id)->name,
                                    knob_text(knob_of((knob_id)id), &settings->of[id], value));
    FUZZ_REQUIRE(len < sizeof text);
    FUZZ_REQUIRE(read_config((const uint8_t *)text, len, command, &again) == PT_OK);
    for (int id = 0; id < N_KNOBS; id++)
        FUZZ_REQUIRE(knob_of((knob_id)id)->kind == KNOB_NAME
                         ? is_same_name(knob_of((knob_id)id), &again.of[id], &settings->of[id])
                         : again.of[id].value == settings->of[id].value);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    static const char *const commands[] = {"verify", "bench", "config"};
    pt_status first = PT_OK;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        knobs settings = {0};
        pt_status status = read_config(bytes, n_bytes, commands[i], &settings);
        check_settings(&settings, commands[i]);
        if (status == PT_OK)
            read_again(&settings, commands[i]);
        first = i == 0 ? status : first;
        FUZZ_REQUIRE(status == first); /* a file is right or wrong, whoever reads it */
    }
    return 0;
}
