/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/verify_dir.h"

#include <stdio.h>

#include "mpi/interrupt.h"
#include "mpi/live_line.h"
#include "mpi/printable.h"
#include "node/format/proof_list.h"
#include "node/pipeline/stage.h"

typedef struct {
    const cli *options;
    const groth16_vkey *vkey;
    const char *path;
    proof_list dir;
    atomic_size_t steps; /* of the list */
    live_line *line;     /* NULL: none is shown */
    size_t n_valid;
    double start, read_seconds, verify_seconds;
} dir_run;

static bool look(void *ctx, live_line_view *out)
{
    dir_run *run = ctx;
    const size_t n = run->dir.n, n_all = n * (1 + GROTH16_BATCH_STEPS), n_done = atomic_load(&run->steps);
    out->fraction = (double)n_done / (double)n_all;
    if (n_done > 0 && n_done < n_all)
        out->seconds_left = (clock_seconds() - run->start) * (1 / out->fraction - 1);
    if (n_done < n)
        snprintf(out->doing, sizeof out->doing, "reading %zu/%zu", n_done, n);
    else if (n_done < n_all)
        snprintf(out->doing, sizeof out->doing, "verifying %zu/%zu", (n_done - n) / GROTH16_BATCH_STEPS, n);
    else
        snprintf(out->doing, sizeof out->doing, "looking for bad ones of %zu", n);
    snprintf(out->name, sizeof out->name, "%s", run->path);
    return true;
}

/* A stage begins. */
static void show_stage(const dir_run *run, const char *doing)
{
    char line[LIVE_LINE_ROOM];
    if (run->line != NULL)
        live_line_draw(run->line);
    if (run->line != NULL || run->options->quiet)
        return;
    snprintf(line, sizeof line, "%s: %s %zu proof%s", run->path, doing, run->dir.n, run->dir.n == 1 ? "" : "s");
    printable_line(line);
    fprintf(stderr, "%s\n", line);
}

static pt_status check_proofs(dir_run *run, crew *threads, pt_err *err)
{
    run->dir.steps = &run->steps;
    run->start = clock_seconds();
    run->line = run->options->quiet ? NULL : live_line_create(look, run);
    show_stage(run, "reading");
    proof_list_read(&run->dir, run->vkey, run->options->features, threads);
    run->read_seconds = clock_seconds() - run->start;
    show_stage(run, "verifying");
    proof_list_verify(&run->dir, run->vkey, threads, err);
    run->verify_seconds = clock_seconds() - run->start - run->read_seconds;
    live_line_destroy(run->line);
    run->line = NULL;
    return err->code;
}

/* Until there are verdicts to tell, nothing is lost by ending at once: so does every signal. */
static pt_status check_all(dir_run *run, pt_err *err)
{
    interrupt *signals;
    crew *threads = NULL;
    if (interrupt_create(&signals, err) != PT_OK)
        return err->code;
    interrupt_allow_exit(signals, true);
    if (proof_list_of_dir(run->path, &run->dir, err) == PT_OK &&
        crew_create(run->options->n_threads, &threads, err) == PT_OK)
        check_proofs(run, threads, err);
    crew_destroy(threads);
    interrupt_destroy(signals);
    return err->code;
}

/* Tell each bad one; the code of the first. */
static pt_status tell_bad(dir_run *run)
{
    pt_status first = PT_OK;
    for (size_t i = 0; i < run->dir.n; i++) {
        const pt_err *verdict = &run->dir.items[i].err;
        if (verdict->code == PT_OK) {
            run->n_valid++;
            continue;
        }
        cli_say("%s", verdict->msg);
        first = first == PT_OK ? verdict->code : first;
    }
    return first;
}

static pt_status print_json(const dir_run *run, pt_err *err)
{
    json_t *bad = json_array();
    for (size_t i = 0; i < run->dir.n; i++) {
        const proof_list_item *item = &run->dir.items[i];
        if (item->err.code != PT_OK &&
            json_array_append_new(bad, json_pack("{s:o, s:i, s:o}", "proof", printable_json(item->proof_path), "status",
                                                 (int)item->err.code, "error", printable_json(item->err.msg))) != 0)
            pt_fail(err, PT_E_NOMEM, "no memory for the result");
    }
    return cli_print_json(json_pack("{s:s, s:o, s:s, s:I, s:I, s:o, s:{s:f, s:f}}", "command", "verify", "dir",
                                    printable_json(run->path), "curve", run->vkey->curve->name, "n", (json_int_t)run->dir.n,
                                    "n_valid", (json_int_t)run->n_valid, "bad", bad, "seconds", "read", run->read_seconds,
                                    "verify", run->verify_seconds),
                          err);
}

static void print_count(const dir_run *run)
{
    size_t n = run->dir.n, n_bad = n - run->n_valid;
    printf("%zu proof%s: %zu valid", n, n == 1 ? "" : "s", run->n_valid);
    if (n_bad > 0)
        printf(", %zu bad", n_bad);
    printf(" (%s; read in %.3f s, verified in %.3f s)\n", run->vkey->curve->name, run->read_seconds, run->verify_seconds);
}

pt_status verify_dir(const cli *self, const groth16_vkey *vkey, const char *dir, pt_err *err)
{
    dir_run run = {.options = self, .vkey = vkey, .path = dir};
    if (check_all(&run, err) == PT_OK) {
        pt_status first = tell_bad(&run);
        if (!self->json)
            print_count(&run);
        if (!self->json || print_json(&run, err) == PT_OK)
            err->code = first; /* its message has been told */
    }
    proof_list_clear(&run.dir);
    return err->code;
}
