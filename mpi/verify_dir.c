/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/verify_dir.h"

#include <stdio.h>
#include <unistd.h>

#include "mpi/printable.h"
#include "node/format/proof_list.h"
#include "node/pipeline/stage.h"

typedef struct {
    const cli *options;
    const groth16_vkey *vkey;
    const char *path;
    proof_list dir;
    size_t n_valid;
    double read_seconds, verify_seconds;
} dir_run;

/* On a terminal the line is overwritten by what comes next. */
static void show_stage(const dir_run *run, const char *doing)
{
    char line[512];
    if (run->options->quiet)
        return;
    snprintf(line, sizeof line, "%s: %s %zu proof%s", run->path, doing, run->dir.n, run->dir.n == 1 ? "" : "s");
    printable_line(line);
    fprintf(stderr, isatty(STDERR_FILENO) ? "\r%s\033[K\r" : "%s\n", line);
    fflush(stderr);
}

static pt_status check_all(dir_run *run, crew *threads, pt_err *err)
{
    double start = clock_seconds();
    show_stage(run, "reading");
    proof_list_read(&run->dir, run->vkey, run->options->features, threads);
    run->read_seconds = clock_seconds() - start;
    start = clock_seconds();
    show_stage(run, "verifying");
    proof_list_verify(&run->dir, run->vkey, threads, err);
    run->verify_seconds = clock_seconds() - start;
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
    crew *threads = NULL;
    if (proof_list_of_dir(dir, &run.dir, err) == PT_OK && crew_create(self->n_threads, &threads, err) == PT_OK &&
        check_all(&run, threads, err) == PT_OK) {
        pt_status first = tell_bad(&run);
        if (!self->json)
            print_count(&run);
        if (!self->json || print_json(&run, err) == PT_OK)
            err->code = first; /* its message has been told */
    }
    crew_destroy(threads);
    proof_list_clear(&run.dir);
    return err->code;
}
