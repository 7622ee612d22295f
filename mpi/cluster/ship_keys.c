/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/ship_keys.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { ROOT = 0, TRIES_MAX = 3 /* of a key that arrives as something else */ };

static const double ask_s = 0.02, ask_long_s = 1; /* between two questions what a key is: twice as long each time */
static const double look_s = 0.1;                 /* and two looks whether another rank has fetched it */
static const double others_s = 2;                 /* that a host's other ranks leave to its first one */
static const double look_long_s = 1;              /* between looks of those that have waited for long */
static const double patience_s = 10;              /* that is long */

typedef enum {
    KEY_ASKED,   /* the root is asked what it is */
    KEY_LOOKED,  /* a thread looks into the cache, and begins it there if it may */
    KEY_WAITED,  /* another rank of this host fetches it */
    KEY_FETCHED, /* it comes */
    KEY_SETTLED, /* a thread checks it and gives it its name */
    KEY_HERE,
    KEY_FAILED
} key_state;

typedef struct {
    uint32_t index;
    key_state state;
    bool known;
    cached_key at; /* file -1: not here */
    ship_fetch fetch;
    double since, looked, pause; /* it is known; it was asked for or looked for; to the next question */
    unsigned tries;
    proving_key_state failure;
} shipped_key;

/* What a thread does with one key. */
typedef struct {
    const key_cache *cache;
    const atomic_bool *stop;
    shipped_key *key;
    cached_key at;           /* the key's, while the thread has it */
    bool settles, may_begin; /* else it looks */
    bool here, begun;        /* what came of a look */
    pt_err err;
    pthread_t thread;
    bool runs;
    atomic_bool done;
} key_job;

struct ship_keys {
    ship_keys_setup setup;
    ship_source *source;
    shipped_key **keys;
    const char **paths;
    uint32_t n_keys, current; /* current: those before it are here, or can't be had */
    key_job job;
    atomic_bool unwanted; /* nobody waits for the job */
};

/* ---- files ---- */

/* One that is not what its name says is as one that is not there. */
static void look(key_job *job)
{
    const cached_key wanted = job->at;
    bool busy = false;
    key_cache_find(job->cache, wanted.hash, wanted.n_bytes, &job->here, &job->at, &job->err);
    if (job->here && key_cache_check(&job->at, job->stop, &job->err) != PT_OK) {
        cached_key_close(&job->at);
        job->here = false;
        if (job->err.code == PT_E_FORMAT)
            job->err = (pt_err){0};
    }
    if (job->here || job->err.code != PT_OK || !job->may_begin)
        return;
    job->begun = key_cache_begin(job->cache, wanted.hash, wanted.n_bytes, &busy, &job->at, &job->err) == PT_OK && !busy;
}

static void *run_job(void *arg)
{
    key_job *job = arg;
    if (job->settles)
        key_cache_settle(&job->at, job->stop, &job->err);
    else
        look(job);
    atomic_store(&job->done, true);
    return NULL;
}

static void fail(shipped_key *k, const pt_err *why)
{
    k->state = KEY_FAILED;
    pt_fail(&k->failure.err, why->code, "%s", why->msg);
}

static void begin_job(ship_keys *self, shipped_key *k, bool settles, double now)
{
    const bool may_begin = self->setup.is_first || now - k->since > others_s;
    self->job = (key_job){.cache = &self->setup.cache,
                          .stop = &self->unwanted,
                          .key = k,
                          .at = k->at,
                          .settles = settles,
                          .may_begin = may_begin};
    k->state = settles ? KEY_SETTLED : KEY_LOOKED;
    k->looked = now;
    if (pthread_create(&self->job.thread, NULL, run_job, &self->job) == 0) {
        self->job.runs = true;
        return;
    }
    pt_fail(&self->job.err, PT_E_NOMEM, "can't start the thread that looks at keys");
    fail(k, &self->job.err);
}

/* ---- a job that has ended ---- */

static void begin_fetch(ship_keys *self, shipped_key *k, double now)
{
    const uint32_t source = k->tries == 0 ? self->setup.parent : ROOT;
    pt_err err = {0};
    if (ship_fetch_begin((wire_file){WIRE_OF_KEY, k->index, 0}, k->at.n_bytes, source, now, &k->fetch, &err) == PT_OK)
        k->state = KEY_FETCHED;
    else
        fail(k, &err);
}

static void end_look(ship_keys *self, shipped_key *k, double now)
{
    k->at = self->job.at;
    if (self->job.err.code != PT_OK)
        fail(k, &self->job.err);
    else if (self->job.here)
        k->state = KEY_HERE;
    else if (self->job.begun)
        begin_fetch(self, k, now);
    else
        k->state = KEY_WAITED;
}

/* What is not right is fetched anew, from the root. */
static void end_settling(ship_keys *self, shipped_key *k, double now)
{
    ship_fetch_clear(&k->fetch);
    if (self->job.err.code == PT_OK) {
        k->state = KEY_HERE;
        return;
    }
    key_cache_drop(&k->at);
    if (self->job.err.code == PT_E_FORMAT && ++k->tries < TRIES_MAX)
        begin_job(self, k, false, now);
    else
        fail(k, &self->job.err);
}

static bool end_job(ship_keys *self, double now)
{
    key_job *job = &self->job;
    if (!job->runs || !atomic_load(&job->done))
        return false;
    pthread_join(job->thread, NULL);
    job->runs = false;
    if (job->settles)
        end_settling(self, job->key, now);
    else
        end_look(self, job->key, now);
    return true;
}

/* ---- what is passed on ---- */

static pt_status find(void *ctx, wire_file file, ship_item *out, pt_err *err)
{
    const ship_keys *self = ctx;
    const shipped_key *k = file.kind == WIRE_OF_KEY && file.index < self->n_keys ? self->keys[file.index] : NULL;
    if (k == NULL || !k->known)
        return PT_OK;
    if (k->state == KEY_FAILED)
        return pt_fail(err, k->failure.err.code, "%s", k->failure.err.msg);
    const bool is_part = k->state == KEY_FETCHED;
    *out = (ship_item){.known = true,
                       .file = is_part || k->state == KEY_HERE ? k->at.file : -1,
                       .partial = is_part ? &k->fetch : NULL,
                       .n_bytes = k->at.n_bytes,
                       .hash = k->at.hash};
    return PT_OK;
}

/* ---- frames ---- */

static void learn(ship_keys *self, shipped_key *k, const wire_frame *chunk, double now)
{
    if (chunk->of.chunk.status != PT_OK) {
        pt_fail(&k->failure.err, chunk->of.chunk.status, "%s", chunk->of.chunk.message);
        k->state = KEY_FAILED;
        return;
    }
    if (chunk->of.chunk.total_bytes == 0 || chunk->of.chunk.n_bytes != 0)
        return;
    k->at.n_bytes = chunk->of.chunk.total_bytes;
    memcpy(k->at.hash, chunk->of.chunk.hash, sizeof k->at.hash);
    k->known = true;
    k->since = now;
    if (self->setup.no_cache.code != PT_OK)
        fail(k, &self->setup.no_cache);
    else
        begin_job(self, k, false, now);
}

static void write_piece(ship_keys *self, shipped_key *k, uint32_t from, const wire_frame *chunk, double now)
{
    bool fresh;
    pt_err err = {0};
    if (ship_fetch_take(&k->fetch, from, chunk, now, &fresh, &err) == PT_OK && fresh)
        key_cache_write(&k->at, chunk->of.chunk.offset, chunk->of.chunk.bytes, chunk->of.chunk.n_bytes, &err);
    if (err.code != PT_OK) {
        ship_fetch_clear(&k->fetch);
        key_cache_drop(&k->at);
        fail(k, &err);
    } else if (ship_fetch_is_whole(&k->fetch)) {
        begin_job(self, k, true, now);
    }
}

void ship_keys_take(ship_keys *self, const ship_line *line, uint32_t from, const wire_frame *frame, double now)
{
    if (frame->type == WIRE_WANT) {
        ship_source_take(self->source, line, from, frame);
        return;
    }
    const uint32_t i = frame->of.chunk.file.index;
    shipped_key *k = i < self->n_keys ? self->keys[i] : NULL;
    if (k != NULL && k->state == KEY_ASKED && from == ROOT)
        learn(self, k, frame, now);
    else if (k != NULL && k->state == KEY_FETCHED)
        write_piece(self, k, from, frame, now);
}

/* ---- time ---- */

static void ask_what(shipped_key *k, const ship_line *line, double now)
{
    wire_frame want = {.type = WIRE_WANT, .of.want = {.file = {WIRE_OF_KEY, k->index, 0}}};
    if (now - k->looked < k->pause)
        return;
    k->looked = now;
    k->pause = 2 * k->pause < ask_long_s ? 2 * k->pause : ask_long_s;
    line->send(line->ctx, ROOT, &want);
}

static bool ask_for_pieces(shipped_key *k, const ship_line *line, double now)
{
    wire_frame want;
    uint32_t to;
    bool did = false;
    while (ship_fetch_next(&k->fetch, now, &to, &want)) {
        line->send(line->ctx, to, &want);
        did = true;
    }
    return did;
}

static bool is_over(const shipped_key *k)
{
    return k->state == KEY_HERE || k->state == KEY_FAILED;
}

bool ship_keys_tick(ship_keys *self, const ship_line *line, double now)
{
    bool did = end_job(self, now);
    while (self->current < self->n_keys && is_over(self->keys[self->current]))
        self->current++;
    shipped_key *k = self->current < self->n_keys ? self->keys[self->current] : NULL;
    if (k != NULL && k->state == KEY_ASKED)
        ask_what(k, line, now);
    if (k != NULL && k->state == KEY_WAITED && now - k->looked > (now - k->since > patience_s ? look_long_s : look_s))
        begin_job(self, k, false, now);
    if (k != NULL && k->state == KEY_FETCHED)
        did |= ask_for_pieces(k, line, now);
    return ship_source_tick(self->source, line) || did;
}

/* ---- the whole ---- */

pt_status ship_keys_create(const ship_keys_setup *setup, ship_keys **out, pt_err *err)
{
    ship_keys *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for keys that are sent");
    self->setup = *setup;
    if (ship_source_create((ship_shelf){.ctx = self, .find = find}, setup->n_ranks, &self->source, err) == PT_OK)
        *out = self;
    else
        free(self);
    return err->code;
}

static void key_destroy(shipped_key *k)
{
    if (k->at.file >= 0 && k->state == KEY_HERE)
        cached_key_close(&k->at);
    else if (k->at.file >= 0)
        key_cache_drop(&k->at);
    ship_fetch_clear(&k->fetch);
    free(k);
}

void ship_keys_destroy(ship_keys *self)
{
    if (self == NULL)
        return;
    atomic_store(&self->unwanted, true);
    if (self->job.runs)
        pthread_join(self->job.thread, NULL);
    if (self->job.runs && self->job.begun)
        key_cache_drop(&self->job.at);
    else if (self->job.runs && self->job.here)
        cached_key_close(&self->job.at);
    for (uint32_t i = 0; i < self->n_keys; i++)
        key_destroy(self->keys[i]);
    ship_source_destroy(self->source);
    free(self->keys);
    free(self->paths);
    free(self);
}

static bool make_lists(ship_keys *self, uint32_t n)
{
    shipped_key **keys = realloc(self->keys, n * sizeof(shipped_key *));
    self->keys = keys != NULL ? keys : self->keys;
    const char **paths = realloc(self->paths, n * sizeof(char *));
    self->paths = paths != NULL ? paths : self->paths;
    return keys != NULL && paths != NULL;
}

pt_status ship_keys_want(ship_keys *self, uint32_t n_keys, double now, pt_err *err)
{
    if (n_keys <= self->n_keys)
        return PT_OK;
    bool whole = make_lists(self, n_keys);
    while (whole && self->n_keys < n_keys) {
        shipped_key *k = calloc(1, sizeof *k);
        whole = k != NULL;
        if (!whole)
            break;
        *k = (shipped_key){.index = self->n_keys, .at = {.file = -1}, .looked = now - ask_s, .pause = ask_s};
        self->paths[self->n_keys] = k->at.path;
        self->keys[self->n_keys++] = k;
    }
    return whole ? PT_OK : pt_fail(err, PT_E_NOMEM, "no memory for %u keys", n_keys);
}

bool ship_keys_is_at_work(const ship_keys *self)
{
    return self->job.runs;
}

uint32_t ship_keys_n_here(const ship_keys *self)
{
    return self->current;
}

const char *const *ship_keys_paths(const ship_keys *self)
{
    return self->paths;
}

const proving_key_state *ship_keys_failure(const ship_keys *self, uint32_t key)
{
    return key < self->n_keys && self->keys[key]->state == KEY_FAILED ? &self->keys[key]->failure : NULL;
}
