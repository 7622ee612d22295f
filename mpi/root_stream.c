/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/root_stream.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mpi/line_input.h"
#include "mpi/line_output.h"
#include "mpi/printable.h"
#include "mpi/root_partitions.h"
#include "node/format/output_file.h"
#include "node/format/proof_bytes.h"

enum {
    PLACES = 4096,         /* partitions that have come and not ended, at the most; and for each rank beside the first */
    PLACES_A_RANK = 64,    /* so that all that it holds has a place, and what follows too */
    WAITING_MAX = 1 << 20, /* bytes of results that nobody has read: while there are more no line is taken */
    LINES_A_TURN = 64
};

static const double last_words_s = 2; /* that a reader has at the end of a run that is interrupted */

/* What has a place. */
typedef struct {
    uint64_t line; /* from 1; 0: the place is free */
    bool waits;    /* for its key */
} place;

struct root_stream {
    root_run *run;
    request_lines *lines;
    line_input input;
    line_output output;
    place *places;
    uint32_t *free_places, n_free, n_places;
    uint32_t n_waiting;
    uint32_t n_told, n_known; /* keys that the ranks are to open; those that are open here, or can't be opened */
    uint64_t n_done, n_failed, first_failed_line;
    pt_status first_failed;
    bool ends;     /* before the input did */
    pt_err unread; /* why the input can't be read any more: what came before is proven */
    pt_err fault;
};

static const char input_name[] = "standard input", output_name[] = "standard output";

/* ---- results ---- */

/* shape: line, rest: objects that make one; NULL: there was no memory. owns: they are released */
static void put_line(root_stream *self, json_t *line, json_t *rest)
{
    const bool whole = line != NULL && rest != NULL && json_object_update(line, rest) == 0;
    char *text = whole ? json_dumps(line, JSON_COMPACT) : NULL;
    if (text == NULL)
        pt_fail(&self->fault, PT_E_NOMEM, "%s: no memory for a result", output_name);
    else
        line_output_add(&self->output, text, &self->fault);
    free(text);
    json_decref(line);
    json_decref(rest);
}

static void count(root_stream *self, uint64_t line, pt_status status)
{
    self->n_done += status == PT_OK;
    self->n_failed += status != PT_OK;
    if (status == PT_OK || (self->first_failed_line != 0 && self->first_failed_line < line))
        return;
    self->first_failed_line = line;
    self->first_failed = status;
}

/* What a line asked for, and what became of it. */
static void put_result(root_stream *self, uint32_t i, const pt_err *how, double seconds)
{
    const request *r = &self->run->request;
    const request_partition *p = &r->partitions[i];
    json_t *line =
        json_pack("{s:I, s:o, s:o, s:o, s:i}", "line", (json_int_t)self->places[i].line, "id", printable_json(p->id), "key",
                  printable_json(r->keys[p->key]), "witness", printable_json(p->witness), "status", (int)how->code);
    json_t *rest = how->code != PT_OK ? json_pack("{s:o}", "error", printable_json(how->msg))
                                      : json_pack("{s:o, s:o, s:f}", "proof", printable_json(p->proof_path), "public",
                                                  printable_json(p->public_path), "seconds", seconds);
    put_line(self, line, rest);
    count(self, self->places[i].line, how->code);
}

void root_stream_ended(root_stream *self, uint32_t i)
{
    const root_outcome *o = &self->run->outcomes[i];
    put_result(self, i, &o->err, o->seconds);
    if (o->err.code != PT_OK)
        request_lines_give_back(self->lines, self->run->request.partitions[i].id);
    self->n_waiting -= self->places[i].waits;
    self->places[i] = (place){.line = 0};
    self->free_places[self->n_free++] = i;
}

/* A line that is no partition. id: "" where none can be told */
static void refuse_line(root_stream *self, const char *id, const pt_err *why)
{
    const uint64_t number = request_lines_count(self->lines);
    json_t *line = *id != '\0' ? json_pack("{s:I, s:o}", "line", (json_int_t)number, "id", printable_json(id))
                               : json_pack("{s:I}", "line", (json_int_t)number);
    put_line(self, line, json_pack("{s:i, s:o}", "status", (int)why->code, "error", printable_json(why->msg)));
    count(self, number, why->code);
    run_log_say(self->run->log, LOG_ERROR, "failed", "%s", why->msg);
}

/* ---- a partition's way in ---- */

static void fail_place(root_stream *self, uint32_t i, const pt_err *why)
{
    self->run->outcomes[i].seconds = 0;
    root_partition_end(self->run, i, why);
}

/* Its key is open. What earlier runs have proven is published again and not proven again. */
static void begin_partition(root_stream *self, uint32_t i)
{
    root_run *run = self->run;
    const request_partition *p = &run->request.partitions[i];
    uint8_t *identity = run->identities + (size_t)i * JOURNAL_HASH_BYTES;
    journal_entry entry;
    bool found = false;
    pt_err why = {0};
    if (request_identity(&run->request, i, run->key_hashes + (size_t)p->key * VKEY_HASH_BYTES, identity, &why) != PT_OK) {
        fail_place(self, i, &why);
        return;
    }
    if (journal_find(run->journal, identity, &found, &entry, &self->fault) != PT_OK)
        return;
    if (!found) {
        coordinator_add(run->coordinator, i);
        return;
    }
    run->outcomes[i].seconds = entry.seconds;
    root_partition_tell(run, "resumed", NULL,
                        &(cluster_proof){.partition = i, .attempt = entry.attempt, .seconds = entry.seconds});
    root_partition_publish(run, i, entry.proof, entry.n_proof_bytes, entry.public_inputs, entry.n_public);
}

/* A key that can't be opened is its partitions' fault alone. */
static void enter(root_stream *self, uint32_t i)
{
    const uint32_t key = self->run->request.partitions[i].key;
    const proving_key_state *state = proving_key_of(engine_proving_table(self->run->proving), key);
    self->n_waiting -= self->places[i].waits;
    self->places[i].waits = false;
    if (state->err.code != PT_OK)
        fail_place(self, i, &state->err);
    else
        begin_partition(self, i);
}

/* Other lines' files are not looked at: a name that ends as a result's is nobody's witness. */
static pt_status check_outputs(const request_partition *p, const char *key, pt_err *err)
{
    const char *const read[] = {key, p->witness};
    input_set inputs;
    if (input_set_init(read, sizeof read / sizeof *read, &inputs, err) != PT_OK)
        return err->code;
    if (output_file_check(p->public_path, &inputs, err) == PT_OK)
        output_file_check(p->proof_path, &inputs, err);
    input_set_clear(&inputs);
    return err->code;
}

/* A stream is read once, by the process that has it open: which rank that is nobody knows beforehand. */
static pt_status check_witness(const root_stream *self, const request_partition *p, pt_err *err)
{
    struct stat info;
    if (self->run->options->transport != NULL && stat(p->witness, &info) == 0 && !S_ISREG(info.st_mode))
        pt_fail(err, PT_E_NOINPUT, "%s: expected a file, which every rank can read", p->witness);
    return err->code;
}

static void take_line(root_stream *self, const char *text, size_t n_bytes)
{
    root_run *run = self->run;
    const uint32_t i = self->free_places[self->n_free - 1];
    char id[REQUEST_ID_BYTES_MAX + 1];
    bool any;
    pt_err why = {0};
    if (request_line_place(self->lines, text, n_bytes, &run->request, i, id, &any, &why) != PT_OK) {
        refuse_line(self, id, &why);
        return;
    }
    if (!any)
        return;
    self->n_free--;
    self->places[i] = (place){.line = request_lines_count(self->lines), .waits = true};
    self->n_waiting++;
    run->outcomes[i] = (root_outcome){.ended = false};
    const request_partition *p = &run->request.partitions[i];
    public_judge_note(run->publics, i);
    if (run->ship != NULL)
        ship_root_forget(run->ship, i);
    if (check_witness(self, p, &why) != PT_OK || check_outputs(p, run->request.keys[p->key], &why) != PT_OK)
        fail_place(self, i, &why);
    else if (p->key < self->n_known)
        enter(self, i);
}

/* ---- a turn ---- */

static bool take_lines(root_stream *self)
{
    const char *text;
    size_t n_bytes;
    bool did = line_input_look(&self->input, &self->unread);
    for (int i = 0; i < LINES_A_TURN && self->n_free > 0 && self->fault.code == PT_OK &&
                    line_output_waits(&self->output) < WAITING_MAX && line_input_next(&self->input, &text, &n_bytes);
         i++) {
        take_line(self, text, n_bytes);
        did = true;
    }
    return did;
}

/* One after the other: so one that has no room, or is none, is told from those beside it. */
static bool open_next_key(root_stream *self)
{
    root_run *run = self->run;
    if (self->n_told == self->n_known) {
        if (self->n_told == run->request.n_keys)
            return false;
        self->n_told++;
        coordinator_add_key(run->coordinator);
    }
    const uint32_t key = self->n_known;
    const proving_key_state *state = proving_key_of(engine_proving_table(run->proving), key);
    if (state == NULL)
        return false;
    self->n_known++;
    memcpy(run->key_hashes + (size_t)key * VKEY_HASH_BYTES, state->hash, VKEY_HASH_BYTES);
    coordinator_key_known(run->coordinator, key, state->err.code == PT_OK, clock_seconds());
    if (state->err.code == PT_OK)
        root_run_warn_of_key(run, key);
    for (uint32_t i = 0; i < self->n_places && self->fault.code == PT_OK; i++)
        if (self->places[i].waits && run->request.partitions[i].key == key)
            enter(self, i);
    return true;
}

static bool has_more(const root_stream *self)
{
    return self->n_waiting > 0 || !line_input_is_empty(&self->input);
}

bool root_stream_turn(root_stream *self, bool ends, pt_err *err)
{
    bool did = false;
    self->ends |= ends && has_more(self);
    if (!ends) {
        did = take_lines(self);
        did |= open_next_key(self);
    }
    did |= line_output_write(&self->output, &self->fault);
    if (ends || !has_more(self))
        coordinator_close(self->run->coordinator);
    if (self->fault.code != PT_OK)
        pt_fail(err, self->fault.code, "%s", self->fault.msg);
    return did;
}

bool root_stream_is_written(const root_stream *self)
{
    return line_output_waits(&self->output) == 0;
}

bool root_stream_opens_key(const root_stream *self)
{
    return self->n_told > self->n_known;
}

/* ---- the whole ---- */

static void tell_end(const root_stream *self, pt_status first, uint32_t n_left)
{
    char more[200];
    snprintf(more, sizeof more, "\"status\": %d, \"lines\": %zu, \"done\": %llu, \"failed\": %llu, \"left\": %u",
             (int)first, request_lines_count(self->lines), (unsigned long long)self->n_done,
             (unsigned long long)self->n_failed, n_left);
    run_log_event(self->run->log, &(run_event){.level = first == PT_OK ? LOG_INFO : LOG_ERROR,
                                               .name = "summary",
                                               .seconds = clock_seconds() - self->run->started,
                                               .more = more});
}

pt_status root_stream_sum_up(root_stream *self)
{
    const double until = clock_seconds() + last_words_s;
    uint32_t n_left = 0;
    pt_err unbegun = {0};
    pt_fail(&unbegun, PT_E_NOMEM, "interrupted before it was begun");
    for (uint32_t i = 0; i < self->n_places; i++)
        if (self->places[i].line != 0) {
            put_result(self, i, &unbegun, 0);
            self->n_failed--;
            n_left++;
        }
    while (!root_stream_is_written(self) && self->fault.code == PT_OK && clock_seconds() < until)
        if (!line_output_write(&self->output, &self->fault))
            usleep(1000);
    if (self->ends || n_left > 0)
        run_log_say(self->run->log, LOG_WARNING, "interrupted",
                    "interrupted: %u partitions that had come were not begun, and nothing more was read", n_left);
    if (self->unread.code != PT_OK)
        run_log_say(self->run->log, LOG_ERROR, "error", "%s", self->unread.msg);
    if (self->first_failed == PT_OK)
        self->first_failed = self->ends ? PT_E_NOMEM : self->unread.code;
    tell_end(self, self->first_failed, n_left);
    return self->first_failed;
}

static pt_status make(root_stream *self, pt_err *err)
{
    root_run *run = self->run;
    self->n_places = PLACES + PLACES_A_RANK * (uint32_t)(run->options->n_ranks - 1);
    self->places = calloc(self->n_places, sizeof *self->places);
    self->free_places = calloc(self->n_places, sizeof *self->free_places);
    if (self->places == NULL || self->free_places == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for %u partitions", self->n_places);
    while (self->n_free < self->n_places) {
        self->free_places[self->n_free] = self->n_places - 1 - self->n_free;
        self->n_free++;
    }
    self->output = (line_output){.file = STDOUT_FILENO, .name = output_name};
    if (request_open(self->n_places, &run->request, err) == PT_OK &&
        request_lines_create(input_name, run->args->out_dir, &self->lines, err) == PT_OK)
        line_input_init(STDIN_FILENO, input_name, REQUEST_LINE_BYTES_MAX, &self->input, err);
    return err->code;
}

pt_status root_stream_create(root_run *run, root_stream **out, pt_err *err)
{
    root_stream *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to read it", input_name);
    self->run = run;
    if (make(self, err) == PT_OK)
        *out = self;
    else
        root_stream_destroy(self);
    return err->code;
}

void root_stream_destroy(root_stream *self)
{
    if (self == NULL)
        return;
    request_lines_destroy(self->lines);
    line_input_clear(&self->input);
    line_output_clear(&self->output);
    free(self->places);
    free(self->free_places);
    free(self);
}
