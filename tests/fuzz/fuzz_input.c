/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memfd_create */
#include "tests/fuzz/fuzz_input.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "node/pipeline/engine.h"
#include "node/pipeline/secret_arena.h"
#include "tests/fuzz/memory_watch.h"

/* What is proven with: a proof of such a key takes milliseconds, also with sanitizers. */
enum { VARS_MAX = 32, DOMAIN_MAX = 16 };

enum { LIMIT_S = 3 };

_Noreturn void fuzz_finding(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: not true: %s\n", file, line, what);
    abort();
}

static void write_all(int fd, const uint8_t *bytes, size_t n_bytes)
{
    while (n_bytes > 0) {
        ssize_t written = write(fd, bytes, n_bytes);
        FUZZ_REQUIRE(written > 0);
        bytes += written;
        n_bytes -= (size_t)written;
    }
}

void fuzz_input_open(const uint8_t *bytes, size_t n_bytes, fuzz_bound bound, fuzz_input *out)
{
    json_set_alloc_funcs(malloc, free); /* those of memory_watch.c */
    int fd = memfd_create("input", MFD_CLOEXEC);
    FUZZ_REQUIRE(fd >= 0);
    write_all(fd, bytes, n_bytes);
    *out = (fuzz_input){.fd = fd, .n_bytes = n_bytes, .bound = bound, .begun = clock()};
    snprintf(out->path, sizeof out->path, "/proc/self/fd/%d", fd);
    memory_watch_begin();
}

void fuzz_input_close(fuzz_input *input)
{
    close(input->fd);
}

bool fuzz_is_printable(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text < 0x20 || *text > 0x7e)
            return false;
    return true;
}

void fuzz_input_check(const fuzz_input *input, pt_status status, const pt_err *err)
{
    const size_t held = memory_watch_peak(), bound = input->bound.factor * input->n_bytes + input->bound.fixed;
    if (held > bound)
        fprintf(stderr, "%zu bytes of memory for a file of %zu bytes, at most %zu expected\n", held, input->n_bytes, bound);
    FUZZ_REQUIRE(held <= bound);
    FUZZ_REQUIRE(clock() - input->begun <= LIMIT_S * CLOCKS_PER_SEC);
    memory_watch_begin();
    FUZZ_REQUIRE(status == PT_OK || status == PT_E_FORMAT);
    FUZZ_REQUIRE(err->code == status);
    if (status == PT_OK)
        return;
    FUZZ_REQUIRE(strncmp(err->msg, input->path, strlen(input->path)) == 0);
    FUZZ_REQUIRE(fuzz_is_printable(err->msg));
}

void fuzz_lint(const fuzz_input *input,
               pt_status (*lint)(const char *path, cpu_features features, crew *threads, lint_report *out, pt_err *err),
               crew *threads)
{
    lint_report report = {0};
    pt_err err = {0};
    memory_watch_begin(); /* what was done with a key before is no reading */
    fuzz_input_check(input, lint(input->path, cpu_features_read(), threads, &report, &err), &err);
    FUZZ_REQUIRE(err.code == PT_OK);
    FUZZ_REQUIRE(report.n <= LINT_FINDINGS_MAX);
    for (size_t i = 0; i < report.n; i++) {
        const lint_finding *f = &report.findings[i];
        FUZZ_REQUIRE(f->rule < LINT_RULES && f->message[0] != '\0');
        FUZZ_REQUIRE(memchr(f->message, '\0', sizeof f->message) != NULL &&
                     memchr(f->place, '\0', sizeof f->place) != NULL);
    }
}

void fuzz_prove(const proving_key *key, crew *threads)
{
    if (key->n_vars > VARS_MAX || key->domain_size > DOMAIN_MAX)
        return;
    const size_t value_bytes = key->curve->fr_bytes;
    uint8_t *values = secret_alloc(key->n_vars * value_bytes);
    FUZZ_REQUIRE(values != NULL);
    for (size_t i = 0; i < key->n_vars; i++)
        values[i * value_bytes] = 1;
    const wtns witness = {.curve = key->curve, .n = key->n_vars, .values = values};
    const engine_setup setup = {.options = {.n_threads = crew_size(threads)}, .features = cpu_features_read()};
    engine_job job = {.witness = {.path = "ones"}, .ready = &witness};
    pt_err err = {0};
    FUZZ_REQUIRE(engine_run_alone(&setup, key, &job, &err) == PT_OK);
    FUZZ_REQUIRE(job.err.code == PT_OK || job.err.code == PT_E_VERIFY || job.err.code == PT_E_FORMAT);
    engine_job_clear(&job);
    secret_free(values);
}
