/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/memory_plan.h"

#include <inttypes.h>

#include "node/pipeline/secret_thread.h"

/* What a thread touches of its stack. */
enum {
    MEMBER_BYTES = SECRET_STACK_TASK_BYTES + SECRET_STACK_MORE_BYTES,
    DRIVER_BYTES = SECRET_STACK_JOB_BYTES + SECRET_STACK_MORE_BYTES
};

pt_status memory_plan_make(const memory_request *request, memory_plan *out, pt_err *err)
{
    memory_plan plan = {
        .of = *request, .stacks_fixed = (uint64_t)request->n_threads * MEMBER_BYTES, .stack_each = DRIVER_BYTES};
    const uint64_t each = request->partition + plan.stack_each;
    plan.fixed = request->points + request->matrices + request->twiddles + plan.stacks_fixed;
    plan.least = plan.fixed + each;
    if (request->budget < plan.least)
        return pt_fail(err, PT_E_NOMEM,
                       "memory: proving takes at least %" PRIu64 " bytes (key %" PRIu64 ", a partition %" PRIu64
                       "), but there are %" PRIu64,
                       plan.least, plan.fixed, each, request->budget);
    const uint64_t fits = (request->budget - plan.fixed) / each;
    plan.n_in_flight = request->n_in_flight;
    if (request->n_partitions != 0 && request->n_partitions < plan.n_in_flight)
        plan.n_in_flight = request->n_partitions;
    if (fits < plan.n_in_flight)
        plan.n_in_flight = (size_t)fits;
    plan.arenas = plan.n_in_flight * request->partition;
    plan.total = plan.fixed + plan.n_in_flight * each;
    *out = plan;
    return PT_OK;
}
