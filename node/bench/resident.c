/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/resident.h"

#include "node/bench/generated_key.h"
#include "node/bench/judge.h"
#include "node/topo/placement.h"

static pt_status open_key(const resident_source *source, const engine_setup *setup, resident *self, pt_err *err)
{
    const proving_key_options opening = {.features = setup->features};
    crew *threads = engine_crew(self->engine);
    self->witness_path = source->witness_path;
    if (source->key_path != NULL)
        key_copies_open(source->key_path, opening, setup->where, setup->machine, threads, &self->keys, err);
    else if (generated_key_open(source->curve, setup->features, source->log_domain, source->kind, source->seed, threads,
                                &self->keys.of[0], &self->witness, err) == PT_OK)
        self->keys.n = 1;
    self->key = self->keys.of[0];
    return err->code;
}

pt_status resident_open(const resident_source *source, const engine_setup *setup, size_t n_spans, resident *out,
                        pt_err *err)
{
    engine_setup own = *setup;
    *out = (resident){.n_threads = setup->options.n_threads};
    if (timeline_create(n_spans, &out->timeline, err) != PT_OK)
        return err->code;
    own.timeline = out->timeline;
    if (engine_create(&own, &out->engine, err) != PT_OK || open_key(source, setup, out, err) != PT_OK ||
        engine_plan(out->engine, &out->key, 1, 0, &out->memory, err) != PT_OK ||
        engine_key_create(out->engine, out->key, &out->prepared, err) != PT_OK)
        return err->code;
    for (size_t i = 1; i < out->keys.n; i++)
        engine_key_add_copy(out->prepared, out->keys.of[i]);
    const pt_curve *other = judge_other_build(out->key->curve);
    out->other = other != NULL ? other : out->key->curve;
    return PT_OK;
}

void resident_close(resident *self)
{
    engine_destroy(self->engine);
    engine_key_destroy(self->prepared);
    wtns_clear(&self->witness);
    key_copies_close(&self->keys);
    timeline_destroy(self->timeline);
    *self = (resident){0};
}

void resident_order(const resident *self, engine_job *out)
{
    const bool in_file = self->witness_path != NULL;
    *out = (engine_job){.key = self->prepared,
                        .witness = {.path = in_file ? self->witness_path : "generated witness"},
                        .ready = in_file ? NULL : &self->witness};
}

pt_status resident_judge(const resident *self, const engine_job *job, pt_err *err)
{
    if (job->err.code != PT_OK)
        return pt_fail(err, job->err.code, "%s", job->err.msg);
    return judge_proof(self->other, &self->key->vkey, &job->proof, job->public_inputs, err);
}
