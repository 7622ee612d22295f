/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/workplace.h"

#include "node/topo/machine.h"

pt_status workplace_init(const cli *options, size_t n_partitions, workplace *out, pt_err *err)
{
    workplace place = {.placed = true};
    if (topology_read(&place.machine, err) != PT_OK)
        return err->code;
    placement_request request = {.options = knobs_engine_options(&options->knobs),
                                 .quota_threads = machine_threads(),
                                 .n_partitions = n_partitions,
                                 .can_map = true,
                                 .copies_max = 1,
                                 .huge_pages = machine_gives_huge_pages()};
    const size_t asked = request.options.n_threads;
    if (asked > place.machine.n_allowed_cores) {
        place.placed = false;
        if (request.options.pin == CHOICE_ON)
            pt_fail(err, PT_E_ARG, "--pin on: %zu threads can't be bound to %zu cores", asked,
                    place.machine.n_allowed_cores);
        else
            cli_say("WARNING: %zu threads on %zu cores: they are bound nowhere", asked, place.machine.n_allowed_cores);
    } else {
        placement_make(&place.machine, &request, &place.where, err);
    }
    if (err->code == PT_OK)
        *out = place;
    else
        workplace_clear(&place);
    return err->code;
}

void workplace_clear(workplace *self)
{
    if (self->placed)
        placement_clear(&self->where);
    topology_clear(&self->machine);
    *self = (workplace){.placed = false};
}

size_t workplace_threads(const workplace *self, const cli *options)
{
    return self->placed ? self->where.n_threads : options->n_threads;
}

bool workplace_key_place(const workplace *self, memory_place *out)
{
    return self->placed && placement_key_place(&self->where, &self->machine, out);
}

pin_report workplace_check_key(const workplace *self, const proving_key *key, uint64_t *huge_bytes)
{
    memory_place place;
    const size_t n_bytes = (size_t)key->domain_size * 2 * key->curve->fq_bytes;
    *huge_bytes = 0;
    if (!workplace_key_place(self, &place))
        return (pin_report){.n_pages = 0};
    *huge_bytes = pin_huge_bytes(key->h, n_bytes);
    return pin_check_memory(place.machine, key->h, n_bytes, place.nodes, place.n_nodes);
}

engine_setup workplace_setup(const workplace *self, const cli *options)
{
    engine_setup setup = {.options = knobs_engine_options(&options->knobs), .features = options->features};
    setup.options.n_threads = workplace_threads(self, options);
    if (self->placed) {
        setup.where = &self->where;
        setup.machine = &self->machine;
    }
    return setup;
}
