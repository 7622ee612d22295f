/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/second_look.h"

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

static void prove_again(second_look *self, const proving_key *key)
{
    const engine_setup alone = {.options = {.n_threads = self->setup.n_threads}};
    engine_run_alone(&alone, key, &self->job, &self->job.err);
}

static void *look(void *arg)
{
    second_look *self = arg;
    const proving_key_options portable = {.check = KEY_CHECK_QUICK};
    proving_key *key = NULL;
    crew *threads = NULL;
    if (crew_create(1, &threads, &self->job.err) == PT_OK &&
        proving_key_open(self->setup.key_path, portable, threads, &key, &self->job.err) == PT_OK)
        prove_again(self, key);
    proving_key_close(key);
    crew_destroy(threads);
    atomic_store(&self->over, true);
    return NULL;
}

pt_status second_look_begin(const second_look_setup *setup, second_look **out, pt_err *err)
{
    struct stat key, witness;
    if (stat(setup->key_path, &key) != 0 || !S_ISREG(key.st_mode) || stat(setup->witness_path, &witness) != 0 ||
        !S_ISREG(witness.st_mode))
        return pt_fail(err, PT_E_ARG, "%s: it can't be read twice", setup->witness_path);
    second_look *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for a second look");
    self->setup = *setup;
    self->watch = (job_watch){.cancel = setup->cancel};
    self->job = (engine_job){.witness = {.path = setup->witness_path}, .watch = &self->watch};
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

static void tell(const second_look_setup *setup, const char *witness)
{
    if (setup->device != NULL)
        run_log_say(
            setup->log, LOG_WARNING, "warning",
            "WARNING: %s: the first proof of it was miscomputed, the processor made a right one: the device %s, its driver "
            "or this machine's memory is at fault",
            witness, setup->device);
    else
        run_log_say(
            setup->log, LOG_WARNING, "warning",
            "WARNING: %s: the first proof of it was miscomputed, the portable arithmetic made a right one: this machine's "
            "processor or memory is at fault",
            witness);
}

void second_look_end(second_look *self, engine_job *job)
{
    secret_thread_join(&self->running);
    if (self->job.err.code == PT_OK) {
        tell(&self->setup, job->witness.path);
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
