/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/second_look.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "node/pipeline/secret_thread.h"

struct second_look {
    second_look_setup setup;
    secret_thread running;
    engine_job job;
    job_watch watch;
    atomic_bool over;
};

/* What nobody doubts: where the processor was first, its plainest instructions. */
static cpu_features trusted(const second_look *self)
{
    return self->setup.device != NULL ? self->setup.features : (cpu_features){0};
}

static void prove_again(second_look *self, const proving_key *key)
{
    const engine_setup alone = {.options = {.n_threads = self->setup.n_threads}, .features = trusted(self)};
    engine_run_alone(&alone, key, &self->job, &self->job.err);
}

static void *look(void *arg)
{
    second_look *self = arg;
    const proving_key_options opening = {.features = trusted(self), .check = KEY_CHECK_QUICK};
    proving_key *key = NULL;
    crew *threads = NULL;
    if (crew_create(1, &threads, &self->job.err) == PT_OK &&
        proving_key_open(self->setup.key_path, opening, threads, &key, &self->job.err) == PT_OK)
        prove_again(self, key);
    proving_key_close(key);
    crew_destroy(threads);
    atomic_store(&self->over, true);
    return NULL;
}

static bool is_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

pt_status second_look_begin(const second_look_setup *setup, second_look **out, pt_err *err)
{
    if (!is_file(setup->key_path) || (setup->witness.bytes == NULL && !is_file(setup->witness.path)))
        return pt_fail(err, PT_E_ARG, "%s: it can't be read twice", setup->witness.path);
    second_look *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for a second look");
    self->setup = *setup;
    self->watch = (job_watch){.cancel = setup->cancel};
    self->job = (engine_job){.witness = setup->witness, .watch = &self->watch};
    if (secret_thread_start(look, self, &self->running, err) != PT_OK) {
        free(self);
        return err->code;
    }
    *out = self;
    return PT_OK;
}

bool second_look_is_over(const second_look *self)
{
    return atomic_load(&self->over);
}

static void tell(const second_look_setup *setup)
{
    const bool on_device = setup->device != NULL;
    char text[600];
    snprintf(text, sizeof text,
             "%.200s: the first proof of it was miscomputed, %s made a right one: %s%.120s%s is at fault",
             setup->witness.path, on_device ? "the processor" : "the portable arithmetic",
             on_device ? "the device " : "this machine's processor or memory", on_device ? setup->device : "",
             on_device ? ", its driver or this machine's memory" : "");
    setup->told(setup->ctx, text);
}

void second_look_end(second_look *self, engine_job *job)
{
    secret_thread_join(&self->running);
    if (self->job.err.code == PT_OK) {
        tell(&self->setup);
        engine_job_clear(job);
        job->proof = self->job.proof;
        job->public_inputs = self->job.public_inputs;
        job->seconds += self->job.seconds;
        job->err = (pt_err){0};
        self->job.public_inputs = NULL;
    }
    engine_job_clear(&self->job);
    free(self);
}
