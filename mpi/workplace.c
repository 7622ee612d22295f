/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/workplace.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "mpi/cluster/host_share.h"
#include "node/topo/machine.h"

enum { PARTITION_LEAST = 2 << 20 }; /* bytes; of the smallest circuits */

/* What is known of a key before it is opened: a file that can be read again can be read to several nodes. */
static void describe_key(const char *path, placement_request *request)
{
    struct stat status;
    request->can_map = true;
    request->copies_max = 1;
    if (path != NULL && stat(path, &status) == 0 && S_ISREG(status.st_mode)) {
        request->key_bytes = (uint64_t)status.st_size;
        request->partition_bytes = request->key_bytes / 2 + PARTITION_LEAST; /* of circuits as they are, a third */
        request->copies_max = PLACEMENT_COPIES_MAX;
    }
}

/* Of a host, what is left to this rank beside others; --memory is for all of them. */
static void share_host(const cli *options, workplace *place, placement_request *request)
{
    const host_rank rank = {options->local_rank, options->n_local, options->bound_rank, options->n_bound};
    const uint64_t budget = request->options.memory_bytes;
    const host_supply supply = {machine_threads(), budget != 0 ? budget : machine_memory_to_give()};
    const host_share share = host_share_take(&place->machine, &rank, &supply);
    request->quota_threads = share.n_threads;
    request->memory_bytes = share.memory_bytes;
    if (rank.n_local > 1 && share.memory_bytes != UINT64_MAX)
        place->memory_bytes = share.memory_bytes;
    if (share.warning[0] != '\0' && cli_under_mpirun() && options->rank == 0)
        run_log_say(&options->log, LOG_WARNING, "warning", "%s", share.warning);
}

/* --device auto is never an error: the processor proves then, and it is said why; that a device is there and fails is a warning. */
static pt_status open_device(const cli *options, workplace *place, pt_err *err)
{
    const knob_setting *asked = &options->knobs.of[KNOB_DEVICE];
    const char *name = asked->value != 0 ? asked->name : NULL;
    char *folder = NULL;
    pt_err reason = {0};
    if (name == NULL || cli_cache_folder(&folder, &reason) == PT_OK)
        device_choice_open(name, folder, options->local_rank, options->n_local, &place->device, &reason);
    free(folder);
    if (reason.code == PT_OK) {
        place->on = device_choice_place(&place->device);
        return PT_OK;
    }
    const bool is_there = place->device.is_there;
    device_choice_close(&place->device);
    if (!device_choice_is_auto(name))
        return pt_fail(err, reason.code, "--device %s: %s", name, reason.msg);
    if (is_there)
        place->device_fault = reason;
    if (options->rank == 0 && is_there)
        run_log_say(&options->log, LOG_WARNING, "off_device", "WARNING: --device auto: the processor proves: %s",
                    reason.msg);
    else if (options->rank == 0)
        run_log_say(&options->log, LOG_INFO, "device", "--device auto: the processor proves: %s", reason.msg);
    return PT_OK;
}

/* Threads are bound on the machine that was read, if it is this one and nobody has said otherwise. */
static pt_status find_near(choice pin, workplace *place, pt_err *err)
{
    if (place->on.device == NULL || pin == CHOICE_OFF || !place->machine.own_machine)
        return PT_OK;
    if (pci_near_read(&place->machine, gpu_device_describe(place->on.device)->pci, &place->near, err) == PT_OK) {
        place->on.near = place->near.processors;
        place->on.n_near = place->near.n;
    }
    return err->code;
}

pt_status workplace_init(const cli *options, const char *key_path, size_t n_partitions, workplace *out, pt_err *err)
{
    workplace place = {.placed = true};
    if (topology_read(&place.machine, err) != PT_OK)
        return err->code;
    placement_request request = {.options = knobs_engine_options(&options->knobs),
                                 .n_partitions = n_partitions,
                                 .huge_pages = machine_gives_huge_pages()};
    const size_t asked = request.options.n_threads;
    describe_key(key_path, &request);
    share_host(options, &place, &request);
    if (asked > place.machine.n_allowed_cores) {
        place.placed = false;
        if (request.options.pin == CHOICE_ON)
            pt_fail(err, PT_E_ARG, "--pin on: %zu threads can't be bound to %zu cores", asked,
                    place.machine.n_allowed_cores);
        else if (options->rank == 0)
            run_log_say(&options->log, LOG_WARNING, "warning", "WARNING: %zu threads on %zu cores: they are bound nowhere",
                        asked, place.machine.n_allowed_cores);
    } else {
        placement_make(&place.machine, &request, &place.where, err);
    }
    if (err->code == PT_OK && open_device(options, &place, err) == PT_OK &&
        find_near(request.options.pin, &place, err) == PT_OK)
        *out = place;
    else
        workplace_clear(&place);
    return err->code;
}

void workplace_clear(workplace *self)
{
    device_choice_close(&self->device);
    pci_near_clear(&self->near);
    if (self->placed)
        placement_clear(&self->where);
    topology_clear(&self->machine);
    *self = (workplace){.placed = false};
}

size_t workplace_threads(const workplace *self, const cli *options)
{
    return self->placed ? self->where.n_threads : options->n_threads;
}

size_t workplace_n_copies(const workplace *self)
{
    return self->placed ? placement_n_copies(&self->where) : 0;
}

pin_report workplace_check_key(const workplace *self, const key_copies *keys, uint64_t *huge_bytes)
{
    const proving_key *key = keys->of[0];
    const size_t n_bytes = (size_t)key->domain_size * 2 * key->curve->fq_bytes, n_copies = workplace_n_copies(self);
    pin_report all = {.n_pages = 0};
    *huge_bytes = 0;
    for (size_t i = 0; i < n_copies && i < keys->n; i++) {
        const memory_place place = placement_copy_place(&self->where, &self->machine, i);
        const pin_report one = pin_check_memory(place.machine, keys->of[i]->h, n_bytes, place.nodes, place.n_nodes);
        all.n_pages += one.n_pages;
        all.n_placed += one.n_placed;
        *huge_bytes += pin_huge_bytes(keys->of[i]->h, n_bytes);
    }
    return all;
}

/* What rank 0 says of its own device, at once. */
static void tell_of_device(void *ctx, bool is_fault, const char *text)
{
    const cli *options = ctx;
    if (is_fault)
        run_log_say(&options->log, LOG_WARNING, "off_device", "WARNING: the processor proves in the device's place: %s",
                    text);
    else
        run_log_say(&options->log, LOG_INFO, "device", "%s", text);
}

engine_setup workplace_setup(const workplace *self, const cli *options)
{
    engine_setup setup = {.options = knobs_engine_options(&options->knobs), .features = options->features};
    setup.options.n_threads = workplace_threads(self, options);
    if (self->memory_bytes != 0)
        setup.options.memory_bytes = self->memory_bytes;
    if (self->on.device != NULL) {
        setup.device = &self->on;
        setup.device_is_choice = setup.device_if_it_pays = device_choice_is_auto(options->knobs.of[KNOB_DEVICE].name);
        setup.told = tell_of_device;
        setup.ctx = (void *)(uintptr_t)options;
    }
    if (self->placed) {
        setup.where = &self->where;
        setup.machine = &self->machine;
    }
    return setup;
}
