/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/unfit_proving.h"

#include "node/pipeline/secret_arena.h"

static pt_status open_keys(proving *base, const char *const *paths, uint32_t n_keys, pt_err *err)
{
    (void)base, (void)paths, (void)n_keys;
    return err->code;
}

static const proving_key_state *key_of(proving *base, uint32_t number)
{
    (void)number;
    return &((unfit_proving *)base)->every;
}

static uint32_t room(const proving *base)
{
    (void)base;
    return 0;
}

/* Of a root that gives what there is no room for. */
static pt_status begin(proving *base, const proving_order *order, pt_err *err)
{
    const pt_err *why = &((unfit_proving *)base)->every.err;
    secret_free(order->memory);
    return pt_fail(err, why->code, "%s", why->msg);
}

static bool next(proving *base, proving_end *out)
{
    (void)base, (void)out;
    return false;
}

static void cancel(proving *base, wire_attempt attempt)
{
    (void)base, (void)attempt;
}

static const proving_ops ops = {
    .open_keys = open_keys, .key = key_of, .room = room, .begin = begin, .next = next, .cancel = cancel};

proving *unfit_proving_init(unfit_proving *self, const pt_err *why)
{
    *self = (unfit_proving){.base = {.ops = &ops}, .every = {.err = *why}};
    return &self->base;
}
