/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "node/format/key_points.h"
#include "node/pipeline/engine_parts.h"
#include "node/topo/machine.h"

/* Without what its arena adds. */
static size_t partition_bytes(const engine *self, const proving_key *key)
{
    const stage_executors *by = self->setup.device != NULL ? key->curve->device : key->curve->cpu;
    return wtns_room_bytes(key->n_vars) + by->partition_bytes(key, self->n_threads);
}

size_t engine_partition_bytes(const engine *self, const proving_key *key)
{
    return arena_bytes(partition_bytes(self, key));
}

size_t engine_key_bytes(const proving_key *key)
{
    return key->curve->domain_bytes(key->log_domain);
}

static bool pays_on_device(const engine *self, const proving_key *key)
{
    return !self->setup.device_if_it_pays ||
           device_pays(gpu_device_describe(self->setup.device->device), key, self->n_threads);
}

static bool any_is_for_device(engine *self, const proving_key *const *keys, size_t n_keys)
{
    for (size_t i = 0; self->setup.device != NULL && !engine_device_is_off(self) && i < n_keys; i++)
        if (pays_on_device(self, keys[i]))
            return true;
    return false;
}

/* Nobody who asked for no number gets most of the machine's memory taken by arenas. */
static size_t wanted_in_flight(const engine *self, bool on_device, uint64_t budget, uint64_t partition)
{
    const uint64_t fits = budget / 2 / partition, least = ENGINE_IN_FLIGHT_LEAST * self->n_pools;
    const size_t most = engine_most_in_flight(self, on_device);
    if (self->setup.options.n_in_flight != 0 || fits >= most || least >= most)
        return most;
    return (size_t)(fits > least ? fits : least);
}

/* What the keys take together, and the largest partition. */
static void add_keys(const engine *self, const proving_key *const *keys, size_t n_keys, memory_request *request)
{
    const placement *where = self->setup.where;
    const uint64_t n_copies = where != NULL && where->home == KEY_COPY_A_NODE ? where->n_nodes : 1;
    for (size_t i = 0; i < n_keys; i++) {
        const uint64_t partition = engine_partition_bytes(self, keys[i]);
        request->points += n_copies * key_points_bytes(keys[i]);
        request->matrices += n_copies * csr_bytes(&keys[i]->circuit, keys[i]->n_coefficients);
        request->twiddles += engine_key_bytes(keys[i]);
        request->partition = partition > request->partition ? partition : request->partition;
    }
}

pt_status engine_plan(engine *self, const proving_key *const *keys, size_t n_keys, size_t n_partitions, memory_plan *out,
                      pt_err *err)
{
    const uint64_t asked = self->setup.options.memory_bytes;
    self->is_for_one = n_partitions == 1;
    if (self->budget == 0)
        self->budget = asked != 0 ? asked : machine_memory_to_give();
    memory_request request = {.n_threads = self->n_threads, .n_partitions = n_partitions, .budget = self->budget};
    add_keys(self, keys, n_keys, &request);
    request.n_in_flight = wanted_in_flight(self, any_is_for_device(self, keys, n_keys), request.budget, request.partition);
    if (memory_plan_make(&request, out, err) != PT_OK)
        return err->code;
    pthread_mutex_lock(&self->lock);
    self->n_in_flight = out->n_in_flight;
    pthread_mutex_unlock(&self->lock);
    arena_store_bound(self->arenas, out->arenas);
    return PT_OK;
}

void engine_key_add_copy(engine_key *self, const proving_key *copy)
{
    self->copies[self->n_copies++] = copy;
}

/* Does this key go to the device? Who left the choice to us hears it. */
static bool choose_device(const engine *self, const proving_key *key)
{
    const gpu_device_info *device = gpu_device_describe(self->setup.device->device);
    const bool pays = pays_on_device(self, key);
    pt_err text = {0};
    pt_fail(&text, PT_E_DEVICE, "%s: %s proves%s%s", key->path, pays ? device->name : "the processor",
            pays ? "" : ", likely sooner than ", pays ? "" : device->name);
    if (self->setup.device_is_choice)
        engine_tell(self, false, text.msg);
    return pays;
}

/* Where the device is a choice a fault of it is told, and none. */
static pt_status settle(const engine *self, const pt_err *reason, pt_err *err)
{
    if (reason->code != PT_OK && reason->code != PT_E_FORMAT && self->setup.device_is_choice)
        engine_tell(self, true, reason->msg);
    else if (reason->code != PT_OK)
        *err = *reason;
    return err->code;
}

static bool is_for_device(engine *self, const proving_key *key)
{
    return self->setup.device != NULL && !engine_device_is_off(self) && choose_device(self, key);
}

/* Tables of multiples are worth their making for several partitions. */
static pt_status plan_on_device(const engine *self, const proving_key *key, uint64_t planned_bytes, device_plan *out,
                                pt_err *err)
{
    const device_place *place = self->setup.device;
    const uint64_t of_others = place->claims != NULL ? gpu_claims_of_others(place->claims) : 0;
    device_request request = device_request_of(place, &self->setup.options, of_others, !self->is_for_one);
    pt_err damage = {0};
    request.bytes_max -= planned_bytes < request.bytes_max ? planned_bytes : request.bytes_max;
    device_request_tune(place, key, &request, &damage);
    if (damage.code != PT_OK)
        engine_tell(self, true, damage.msg);
    return device_plan_make(&request, key, out, err);
}

pt_status engine_plan_device(engine *self, const proving_key *key, uint64_t planned_bytes, device_plan *out, pt_err *err)
{
    pt_err reason = {0};
    *out = (device_plan){.n_rooms = 0};
    if (is_for_device(self, key))
        plan_on_device(self, key, planned_bytes, out, &reason);
    return settle(self, &reason, err);
}

/* What is planned is claimed before another process plans. */
static pt_status claim_on_device(const engine *self, engine_key *k, device_plan *plan, pt_err *err)
{
    k->claims = self->setup.device->claims;
    if (k->claims == NULL)
        return plan_on_device(self, k->key, 0, plan, err);
    if (gpu_claims_begin(k->claims, err) != PT_OK)
        return err->code;
    if (plan_on_device(self, k->key, 0, plan, err) == PT_OK)
        gpu_claims_add(k->claims, plan->total, &k->claim, err);
    gpu_claims_end(k->claims);
    return err->code;
}

static void drop_claim(engine_key *k)
{
    if (k->claims != NULL)
        gpu_claims_drop(k->claims, k->claim);
    k->claim = (gpu_claim){0};
}

/* Memory through which a partition goes to the device is taken near it too. */
static pt_status create_near_device(engine *self, engine_key *k, const device_plan *plan, pt_err *err)
{
    pin_mask before;
    const bool moved = engine_move_near_device(self, &before);
    device_key_create(self->setup.device, k->key, plan, seating_all(self->seating), &k->on_device, err);
    if (moved)
        pin_move_back(&before);
    return err->code;
}

static pt_status send_to_device(engine *self, engine_key *k, pt_err *err)
{
    device_plan plan;
    pt_err reason = {0};
    if (!is_for_device(self, k->key))
        return PT_OK;
    if (claim_on_device(self, k, &plan, &reason) == PT_OK && create_near_device(self, k, &plan, &reason) != PT_OK)
        drop_claim(k);
    if (k->on_device != NULL && self->setup.options.gpu_lock == GPU_LOCK_PARTITION)
        device_key_lock_partitions(k->on_device);
    return settle(self, &reason, err);
}

/* A device's partition takes a processor's room, and writes to little of it unless the processor must do its work. */
static size_t ready_bytes(const engine_key *k)
{
    const stage_executors *by = k->key->curve->device;
    const size_t written = k->on_device != NULL ? by->written_bytes(k->on_device) : 0;
    return written != 0 ? k->witness_bytes + written : k->partition_bytes;
}

pt_status engine_key_create(engine *self, const proving_key *key, engine_key **out, pt_err *err)
{
    engine_key *k = calloc(1, sizeof *k);
    if (k == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to prove with it", key->path);
    k->key = key;
    engine_key_add_copy(k, key);
    k->witness_bytes = wtns_room_bytes(key->n_vars);
    k->partition_bytes = partition_bytes(self, key);
    if (key->curve->domain_create(key->log_domain, seating_all(self->seating), &k->domain, err) == PT_OK &&
        send_to_device(self, k, err) == PT_OK) {
        k->ready_bytes = ready_bytes(k);
        *out = k;
    } else {
        engine_key_destroy(k);
    }
    return err->code;
}

double engine_key_device_seconds(const engine_key *self)
{
    return self->on_device != NULL ? 1e-9 * (double)device_key_busy_ns(self->on_device) : 0;
}

void engine_key_destroy(engine_key *self)
{
    if (self == NULL)
        return;
    device_key_destroy(self->on_device);
    drop_claim(self);
    self->key->curve->domain_destroy(self->domain);
    free(self);
}
