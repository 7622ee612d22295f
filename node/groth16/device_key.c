/* SPDX-License-Identifier: Apache-2.0 */
#include "node/groth16/device_key.h"

#include <pthread.h>
#include <stdlib.h>

#include "gpu/gpu_msm.h"
#include "gpu/gpu_ntt.h"
#include "gpu/msm_tuned.h"
#include "gpu/pinned.h"
#include "gpu/spmv.h"
#include "node/groth16/device_selftest.h"

enum { A, B, C, N_VECTORS };
enum { PINNED_BYTES = 4 << 20 }; /* of a room: two halves in turn (gpu_pinned_send) */
enum { QUERY_A, QUERY_B1, QUERY_L, QUERY_B2, N_WITNESS_QUERIES };

struct device_room {
    device_key *key;
    gpu_queue *queue;
    gpu_buffer *witness, *vectors[N_VECTORS];
    gpu_pinned *pinned;                   /* what goes to them comes by */
    bool taken, has_lock, is_begun;       /* is_begun: its kernels are queued, and have not all been waited for */
    bool is_left;                         /* as its partition left it, for one that waited */
    uint64_t synthesis_end, quotient_end; /* places in the queue */
};

struct device_key {
    device_place place;
    const proving_key *key;
    device_plan plan;
    gpu_spmv *matrices; /* NULL: the processor multiplies */
    gpu_ntt *ntt;
    gpu_msm *witness, *h; /* used by who holds the lock */
    gpu_msm_points *queries[N_WITNESS_QUERIES], *points_h;
    device_room *rooms;
    pthread_mutex_t mutex;
    pthread_cond_t room_left;
    size_t n_waiting, n_using; /* partitions: for a room; in one, until what they left is cleared or another's */
    size_t n_left;             /* rooms */
    atomic_bool is_clear;      /* nothing of a partition lies in what all rooms compute in; written by who holds the lock */
    uint64_t busy_ns;
    bool locks_partitions;
};

void device_request_tune(const device_place *place, const proving_key *key, device_request *request, pt_err *damage)
{
    msm_tuned_key of = {key->curve->name, GPU_MSM_G1, key->domain_size, request->tables};
    request->h = msm_tuned_load(place->device, &of, damage);
    of.n = key->n_vars;
    request->witness[GPU_MSM_G1] = msm_tuned_load(place->device, &of, damage);
    of.group = GPU_MSM_G2;
    request->witness[GPU_MSM_G2] = msm_tuned_load(place->device, &of, damage);
}

/* Bytes of all buffers together: a rank's part of what may be planned for, or what others left of the whole, if that is less. */
device_request device_request_of(const device_place *place, const engine_options *options, uint64_t of_others, bool tables)
{
    const gpu_device_info *info = gpu_device_describe(place->device);
    const uint64_t taken = gpu_device_bytes(place->device), usual = gpu_device_memory_share(info->memory_bytes);
    const uint64_t asked = options->gpu_memory_bytes < info->memory_bytes ? options->gpu_memory_bytes : info->memory_bytes;
    const uint64_t all = asked != 0 ? asked : usual;
    const uint64_t own = all / (place->n_sharing != 0 ? place->n_sharing : 1);
    const uint64_t whole = all > usual ? all : usual, left = whole > of_others ? whole - of_others : 0;
    const bool others_count = of_others > 0 && left < own;
    const uint64_t most = others_count ? left : own;
    return (device_request){.bytes_max = most > taken ? most - taken : 0,
                            .of_others = others_count ? of_others : 0,
                            .buffer_max = info->buffer_max,
                            .local_bytes = info->local_bytes,
                            .group_max = info->group_max,
                            .n_rooms = device_rooms_of(options),
                            .synthesis = options->synthesis,
                            .g2 = options->g2,
                            .tables = tables};
}

/* ---- making ---- */

static pt_status make_room(device_key *self, device_room *room, pt_err *err)
{
    static const char *const names[N_VECTORS] = {"a of a partition", "b of a partition", "c of a partition"};
    gpu_device *device = self->place.device;
    const size_t witness_bytes = (size_t)self->key->n_vars * self->key->curve->fr_bytes;
    room->key = self;
    if ((self->place.is_timed ? gpu_queue_create : gpu_queue_create_untimed)(device, &room->queue, err) != PT_OK ||
        gpu_pinned_create(device, witness_bytes < PINNED_BYTES / 2 ? 2 * witness_bytes : PINNED_BYTES, &room->pinned,
                          err) != PT_OK ||
        gpu_buffer_create_secret(device, "witness of a partition", witness_bytes, &room->witness, err) != PT_OK)
        return err->code;
    for (int i = 0; i < N_VECTORS; i++)
        if (gpu_buffer_create_secret(device, names[i], self->plan.ntt.vector_bytes, &room->vectors[i], err) != PT_OK)
            return err->code;
    return PT_OK;
}

static pt_status make_rooms(device_key *self, pt_err *err)
{
    self->rooms = calloc(self->plan.n_rooms, sizeof *self->rooms);
    if (self->rooms == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for %zu partitions on a device", self->plan.n_rooms);
    for (size_t i = 0; i < self->plan.n_rooms; i++)
        if (make_room(self, &self->rooms[i], err) != PT_OK)
            return err->code;
    return PT_OK;
}

static pt_status check_parts(const proving_key *key, crew *threads, pt_err *err)
{
    for (int part = 0; part < KEY_PARTS; part++)
        if (proving_key_check_part(key, (key_part)part, threads, err) != PT_OK)
            return err->code;
    return PT_OK;
}

static pt_status send_points(device_key *self, gpu_queue *queue, pt_err *err)
{
    const proving_key *key = self->key;
    const size_t n = key->n_vars, first_private = (size_t)key->n_public + 1;
    const struct {
        gpu_msm_group group;
        const uint8_t *points;
        size_t first;
    } sent[N_WITNESS_QUERIES] = {[QUERY_A] = {GPU_MSM_G1, key->a, 0},
                                 [QUERY_B1] = {GPU_MSM_G1, key->b1, 0},
                                 [QUERY_L] = {GPU_MSM_G1, key->c, first_private},
                                 [QUERY_B2] = {GPU_MSM_G2, key->b2, 0}};
    for (int i = 0; i < (self->plan.g2 ? N_WITNESS_QUERIES : QUERY_B2); i++)
        if (gpu_msm_points_create(self->witness, queue, sent[i].group, sent[i].points, sent[i].first, n - sent[i].first,
                                  &self->queries[i], err) != PT_OK)
            return err->code;
    return gpu_msm_points_create(self->h, queue, GPU_MSM_G1, key->h, 0, key->domain_size, &self->points_h, err);
}

/* Known answers first, before there is memory taken: a driver that gives wrong ones is not worth the sending. */
static pt_status test_device(const device_key *self, pt_err *err)
{
    gpu_device *device = self->place.device;
    device_selftest_plan plan;
    if (device_selftest_plan_make(&self->plan, gpu_device_describe(device), &plan, err) != PT_OK)
        return err->code;
    return device_selftest(device, self->place.lock, self->key->curve, &plan, err);
}

/* What runs no kernel: those that the self-test had no use for are built here, and matrices are copied. */
static pt_status prepare(device_key *self, pt_err *err)
{
    const char *curve = self->key->curve->kernels;
    gpu_device *device = self->place.device;
    const spmv_circuit circuit = device_circuit(self->key);
    if ((self->plan.synthesis &&
         gpu_spmv_create(device, self->rooms[0].queue, curve, &circuit, &self->matrices, err) != PT_OK) ||
        gpu_msm_create(device, &self->plan.witness, curve, &self->witness, err) != PT_OK)
        return err->code;
    return gpu_msm_create(device, &self->plan.h, curve, &self->h, err);
}

/* What does, under the lock while it runs: twiddles and tables. */
static pt_status send_key(device_key *self, pt_err *err)
{
    const gpu_ntt_options options = {.joins = true, .lock = self->place.lock};
    gpu_queue *queue = self->rooms[0].queue;
    gpu_msm_lock_tables(self->witness, self->place.lock);
    gpu_msm_lock_tables(self->h, self->place.lock);
    if (gpu_ntt_create(self->place.device, queue, self->key->curve->kernels, self->key->log_domain, &options, &self->ntt,
                       err) == PT_OK)
        send_points(self, queue, err);
    return err->code;
}

pt_status device_key_create(const device_place *place, const proving_key *key, const device_plan *plan, crew *threads,
                            device_key **out, pt_err *err)
{
    if (check_parts(key, threads, err) != PT_OK)
        return err->code;
    device_key *self = calloc(1, sizeof *self);
    if (self == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to send it to a device", key->path);
    self->place = *place;
    self->key = key;
    self->plan = *plan;
    atomic_init(&self->is_clear, true);
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->room_left, NULL);
    if (test_device(self, err) == PT_OK && make_rooms(self, err) == PT_OK && prepare(self, err) == PT_OK &&
        send_key(self, err) == PT_OK)
        *out = self;
    else
        device_key_destroy(self);
    return err->code;
}

static void clear_room(device_room *room)
{
    gpu_queue_destroy(room->queue);
    gpu_buffer_destroy(room->witness);
    for (int i = 0; i < N_VECTORS; i++)
        gpu_buffer_destroy(room->vectors[i]);
    gpu_pinned_destroy(room->pinned);
}

void device_key_destroy(device_key *self)
{
    if (self == NULL)
        return;
    for (int i = 0; i < N_WITNESS_QUERIES; i++)
        gpu_msm_points_destroy(self->queries[i]);
    gpu_msm_points_destroy(self->points_h);
    gpu_msm_destroy(self->witness);
    gpu_msm_destroy(self->h);
    gpu_spmv_destroy(self->matrices);
    gpu_ntt_destroy(self->ntt);
    for (size_t i = 0; self->rooms != NULL && i < self->plan.n_rooms; i++)
        clear_room(&self->rooms[i]);
    free(self->rooms);
    pthread_cond_destroy(&self->room_left);
    pthread_mutex_destroy(&self->mutex);
    free(self);
}

void device_key_lock_partitions(device_key *self)
{
    self->locks_partitions = true;
}

const device_plan *device_key_planned(const device_key *self)
{
    return &self->plan;
}

uint64_t device_key_busy_ns(device_key *self)
{
    pthread_mutex_lock(&self->mutex);
    const uint64_t busy = self->busy_ns;
    pthread_mutex_unlock(&self->mutex);
    return busy;
}

/* ---- rooms ---- */

/* With the mutex held. What was left for who waited is taken first: it is overwritten then. */
static device_room *find_room(device_key *self)
{
    device_room *found = NULL;
    for (size_t i = 0; i < self->plan.n_rooms; i++) {
        device_room *room = &self->rooms[i];
        if (!room->taken && (found == NULL || room->is_left))
            found = room;
    }
    return found;
}

device_room *device_room_take(device_key *self)
{
    pthread_mutex_lock(&self->mutex);
    device_room *room = find_room(self);
    self->n_waiting++;
    for (; room == NULL; room = find_room(self))
        pthread_cond_wait(&self->room_left, &self->mutex);
    self->n_waiting--;
    self->n_using++;
    self->n_left -= room->is_left;
    room->is_left = false;
    room->taken = true;
    pthread_mutex_unlock(&self->mutex);
    return room;
}

/* ---- turns ---- */

static void count_busy(device_room *room)
{
    size_t n;
    uint64_t ns = 0;
    const gpu_time *times = gpu_queue_times(room->queue, &n);
    for (size_t i = 0; i < n; i++)
        ns += times[i].total_ns;
    gpu_queue_forget_times(room->queue);
    pthread_mutex_lock(&room->key->mutex);
    room->key->busy_ns += ns;
    pthread_mutex_unlock(&room->key->mutex);
}

static pt_status take_lock(device_room *room, pt_err *err)
{
    room->has_lock = room->has_lock || gpu_lock_take(room->key->place.lock, err) == PT_OK;
    return err->code;
}

static void give_lock(device_room *room)
{
    if (room->has_lock)
        gpu_lock_give(room->key->place.lock);
    room->has_lock = false;
}

/* Is this partition the only one that uses the key's buffers, and does none wait? */
static bool is_alone(device_key *self)
{
    pthread_mutex_lock(&self->mutex);
    const bool alone = self->n_using == 1 && self->n_waiting == 0;
    pthread_mutex_unlock(&self->mutex);
    return alone;
}

/* What all rooms compute in, by who holds the lock. A device that is lost keeps what it has: nobody can read it then. */
static void clear_shared(device_room *room)
{
    device_key *key = room->key;
    pt_err unheard = {0};
    gpu_msm_wipe(key->h, room->queue, &unheard);
    gpu_msm_wipe(key->witness, room->queue, &unheard);
    if (key->matrices != NULL)
        gpu_spmv_wipe(key->matrices, room->queue, &unheard);
    gpu_queue_wait(room->queue, &unheard);
    gpu_queue_forget_times(room->queue);
    atomic_store(&key->is_clear, unheard.code == PT_OK);
}

/* All that was queued ends before the device is another's, a fault or not. */
static pt_status end_turn(device_room *room, pt_err *err)
{
    device_key *key = room->key;
    pt_err second = {0};
    gpu_queue_wait(room->queue, err->code == PT_OK ? err : &second);
    gpu_msm_forget(key->h);
    gpu_msm_forget(key->witness);
    count_busy(room);
    room->is_begun = false;
    if (room->has_lock && is_alone(key)) /* now, rather than by another turn behind those of other processes */
        clear_shared(room);
    if (!key->locks_partitions)
        give_lock(room);
    return err->code;
}

/* ---- what is left of a partition ---- */

/* With the mutex held. */
static void leave(device_room *room)
{
    room->taken = false;
    pthread_cond_signal(&room->key->room_left);
}

/* To who waits for a room, whose partition overwrites all that is in it. To clear it first would take until kernels of others end, which
 * fill the device. */
static bool pass_on(device_room *room)
{
    device_key *self = room->key;
    pthread_mutex_lock(&self->mutex);
    const bool passes = self->n_left < self->n_waiting;
    if (passes) {
        room->is_left = true;
        self->n_left++;
        self->n_using--;
        leave(room);
    }
    pthread_mutex_unlock(&self->mutex);
    return passes;
}

/* Returns true if no other partition uses the key's buffers, or is to have a room that was left for it. */
static bool end_use(device_key *self)
{
    pthread_mutex_lock(&self->mutex);
    const bool last = --self->n_using == 0 && self->n_left == 0;
    pthread_mutex_unlock(&self->mutex);
    return last;
}

/* Two partitions that ended side by side have each left it to the other. */
static void clear_shared_later(device_room *room)
{
    pt_err unheard = {0};
    if (take_lock(room, &unheard) != PT_OK)
        return;
    clear_shared(room);
    give_lock(room);
}

static void wipe(device_room *room)
{
    pt_err unheard = {0};
    gpu_queue_wipe(room->queue, room->witness, &unheard);
    for (int i = 0; i < N_VECTORS; i++)
        gpu_queue_wipe(room->queue, room->vectors[i], &unheard);
    gpu_queue_wait(room->queue, &unheard);
    gpu_queue_forget_times(room->queue);
}

void device_room_give(device_room *room)
{
    device_key *self = room->key;
    pt_err unheard = {0};
    if (room->is_begun) /* it is given up between two stages */
        end_turn(room, &unheard);
    give_lock(room);
    if (pass_on(room))
        return;
    wipe(room);
    if (end_use(self) && !atomic_load(&self->is_clear))
        clear_shared_later(room);
    pthread_mutex_lock(&self->mutex);
    leave(room);
    pthread_mutex_unlock(&self->mutex);
}

/* ---- stages ---- */

pt_status device_room_witness(device_room *room, const uint8_t *witness, pt_err *err)
{
    if (room->key->locks_partitions && take_lock(room, err) != PT_OK)
        return err->code;
    const pt_status status =
        gpu_pinned_send(room->pinned, room->queue, room->witness, witness, gpu_buffer_bytes(room->witness), err);
    gpu_queue_forget_times(room->queue); /* a copy is not the device's work */
    return status;
}

pt_status device_room_vectors(device_room *room, const void *a, const void *b, const void *c, pt_err *err)
{
    const void *const from[N_VECTORS] = {a, b, c};
    for (int i = 0; i < N_VECTORS; i++)
        if (gpu_pinned_send(room->pinned, room->queue, room->vectors[i], from[i], room->key->plan.ntt.vector_bytes, err) !=
            PT_OK)
            return err->code;
    gpu_queue_forget_times(room->queue);
    return PT_OK;
}

typedef struct {
    gpu_msm_query of[N_WITNESS_QUERIES];
    size_t n;
} witness_queries;

/* b2: where the plan has it on the device. outs: NULL: they are queued, and come later */
static witness_queries queries_of(const device_key *key, uint8_t *const *outs)
{
    witness_queries out = {.n = key->plan.g2 ? N_WITNESS_QUERIES : QUERY_B2};
    for (size_t i = 0; i < out.n; i++)
        out.of[i] = (gpu_msm_query){key->queries[i], outs != NULL ? outs[i] : NULL};
    return out;
}

/* The commands of synthesis, where the device has it, and of all that follows. The first stage is handed over at once, so that the device has
 * it to do meanwhile. */
static pt_status queue_stages(device_room *room, pt_err *err)
{
    device_key *key = room->key;
    gpu_buffer *const *v = room->vectors;
    const gpu_msm_query h = {.points = key->points_h};
    const witness_queries witness = queries_of(key, NULL);
    if (key->matrices != NULL && (gpu_spmv_run(key->matrices, room->queue, room->witness, v[A], v[B], v[C], err) != PT_OK ||
                                  gpu_queue_flush(room->queue, err) != PT_OK))
        return err->code;
    if (gpu_queue_mark(room->queue, &room->synthesis_end, err) != PT_OK ||
        gpu_quotient_run(key->ntt, room->queue, v[A], v[B], v[C], err) != PT_OK ||
        gpu_queue_mark(room->queue, &room->quotient_end, err) != PT_OK || gpu_queue_flush(room->queue, err) != PT_OK)
        return err->code;
    if (gpu_msm_begin(key->h, room->queue, v[A], &h, 1, err) != PT_OK || gpu_queue_flush(room->queue, err) != PT_OK ||
        gpu_msm_begin(key->witness, room->queue, room->witness, witness.of, witness.n, err) != PT_OK)
        return err->code;
    return gpu_queue_flush(room->queue, err);
}

/* By the first stage that has kernels. */
static pt_status begin_turn(device_room *room, pt_err *err)
{
    if (room->is_begun || take_lock(room, err) != PT_OK)
        return err->code;
    room->is_begun = true;
    atomic_store(&room->key->is_clear, false);
    return queue_stages(room, err) == PT_OK ? PT_OK : end_turn(room, err);
}

static pt_status wait_until(device_room *room, uint64_t end, pt_err *err)
{
    return gpu_queue_wait_until(room->queue, end, err) == PT_OK ? PT_OK : end_turn(room, err);
}

pt_status device_room_synthesis(device_room *room, pt_err *err)
{
    return begin_turn(room, err) == PT_OK ? wait_until(room, room->synthesis_end, err) : err->code;
}

pt_status device_room_quotient(device_room *room, pt_err *err)
{
    return begin_turn(room, err) == PT_OK ? wait_until(room, room->quotient_end, err) : err->code;
}

pt_status device_room_sum_h(device_room *room, uint8_t *h, pt_err *err)
{
    const gpu_msm_query query = {room->key->points_h, h};
    return gpu_msm_end(room->key->h, room->queue, &query, 1, err) == PT_OK ? PT_OK : end_turn(room, err);
}

pt_status device_room_sum_witness(device_room *room, uint8_t *a, uint8_t *b1, uint8_t *l, uint8_t *b2, pt_err *err)
{
    uint8_t *const outs[N_WITNESS_QUERIES] = {[QUERY_A] = a, [QUERY_B1] = b1, [QUERY_L] = l, [QUERY_B2] = b2};
    const witness_queries queries = queries_of(room->key, outs);
    gpu_msm_end(room->key->witness, room->queue, queries.of, queries.n, err);
    return end_turn(room, err);
}
