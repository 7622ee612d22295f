/* SPDX-License-Identifier: Apache-2.0 */
#include "node/groth16/device_plan.h"

#include <inttypes.h>
#include <stdio.h>

#include "gpu/spmv.h"

_Static_assert(sizeof(csr_entry) == sizeof(spmv_entry), "a key's entries are a device's");

spmv_circuit device_circuit(const proving_key *key)
{
    const csr *own = &key->circuit;
    const circuit_units units = key->curve->find_units(own);
    return (spmv_circuit){
        .n_rows = own->n_rows,
        .n_values = own->n_values,
        .values = own->values,
        .value_bytes = own->value_bytes,
        .zero = units.zero,
        .plus_one = units.plus_one,
        .minus_one = units.minus_one,
        .matrices = {{own->a.row_start, (const spmv_entry *)(const void *)own->a.entries},
                     {own->b.row_start, (const spmv_entry *)(const void *)own->b.entries}},
    };
}

static uint64_t witness_bytes(const proving_key *key)
{
    return (uint64_t)key->n_vars * key->curve->fr_bytes;
}

/* Those of a sum are its own plan's. */
static pt_status check_buffers(const device_request *request, const proving_key *key, const device_plan *plan,
                               uint64_t of_matrices, pt_err *err)
{
    const struct {
        const char *name;
        uint64_t bytes;
    } buffers[] = {{"matrices", of_matrices},           {"roots of unity", plan->ntt.roots_bytes},
                   {"twiddles", plan->ntt.block_bytes}, {"twiddles", plan->ntt.odd_bytes},
                   {"a witness", witness_bytes(key)},   {"a vector of the domain", plan->ntt.vector_bytes}};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        if (buffers[i].bytes > request->buffer_max)
            return pt_fail(err, PT_E_NOMEM,
                           "%s: on the device %s would take a buffer of %" PRIu64 " bytes, and one may have %" PRIu64
                           " bytes",
                           key->path, buffers[i].name, buffers[i].bytes, request->buffer_max);
    return PT_OK;
}

/* What stays, and a vector of the witness and three of the domain for each room. */
static pt_status count_fixed(const device_request *request, const proving_key *key, device_plan *plan, pt_err *err)
{
    const spmv_circuit circuit = device_circuit(key);
    uint64_t of_matrices = 0;
    if (gpu_ntt_plan_init(key->log_domain, (gpu_ntt_shape){0}, request->local_bytes, request->group_max, &plan->ntt, err) !=
            PT_OK ||
        (plan->synthesis && gpu_spmv_bytes(&circuit, &plan->matrices, &of_matrices, err) != PT_OK))
        return err->code;
    plan->twiddles = plan->ntt.roots_bytes + plan->ntt.block_bytes + plan->ntt.odd_bytes;
    plan->room = witness_bytes(key) + 3 * (uint64_t)plan->ntt.vector_bytes;
    plan->total = plan->matrices + plan->twiddles + plan->n_rooms * plan->room;
    return check_buffers(request, key, plan, of_matrices, err);
}

/* One MSM in so many bytes beside its scalars, which lie in a room. */
static pt_status plan_sum(const device_request *request, const proving_key *key, size_t n, bool g2, size_t n_g1,
                          uint64_t bytes, const msm_accumulator accumulators[2], gpu_msm_plan *out, pt_err *err)
{
    const gpu_msm_shape shape = {.scalar_bits = key->curve->fr_bits,
                                 .fq_bytes = key->curve->fq_bytes,
                                 .n = n,
                                 .n_queries = {n_g1, g2},
                                 .accumulators = {accumulators[GPU_MSM_G1], accumulators[GPU_MSM_G2]},
                                 .tables = request->tables,
                                 .n_slices = 1,
                                 .bytes_max = bytes + n * (uint64_t)key->curve->fr_bytes,
                                 .buffer_max = request->buffer_max,
                                 .local_max = request->local_bytes};
    return gpu_msm_plan_make(&shape, out, err);
}

static void add_sum(device_plan *plan, const gpu_msm_plan *of)
{
    uint64_t points = 0;
    for (int group = GPU_MSM_G1; group <= GPU_MSM_G2; group++)
        points += of->of.n_queries[group] * of->bytes.points[group];
    plan->points += points;
    plan->scratch += of->bytes.total - of->bytes.scalars - points; /* scalars lie in a room */
}

/* Each MSM has its share of what is left, by the bytes of its points. */
static pt_status plan_sums(const device_request *request, const proving_key *key, device_plan *plan, pt_err *err)
{
    enum { N_G1_QUERIES = 3 };
    const double of_witness = (double)key->n_vars * (N_G1_QUERIES + (plan->g2 ? 2 : 0)), of_h = (double)key->domain_size;
    const uint64_t left = request->bytes_max - plan->total;
    const uint64_t share = (uint64_t)((double)left * (of_h / (of_h + of_witness)));
    const msm_accumulator of_h_alone[2] = {request->h};
    if (plan_sum(request, key, key->domain_size, false, 1, share, of_h_alone, &plan->h, err) != PT_OK ||
        plan_sum(request, key, key->n_vars, plan->g2, N_G1_QUERIES, left - share, request->witness, &plan->witness, err) !=
            PT_OK)
        return err->code;
    add_sum(plan, &plan->h);
    add_sum(plan, &plan->witness);
    plan->total += plan->points + plan->scratch;
    return PT_OK;
}

static pt_status plan_with(const device_request *request, const proving_key *key, bool synthesis, bool g2, device_plan *out,
                           pt_err *err)
{
    device_plan plan = {.n_rooms = request->n_rooms, .synthesis = synthesis, .g2 = g2};
    if (count_fixed(request, key, &plan, err) != PT_OK)
        return err->code;
    if (plan.total >= request->bytes_max)
        return pt_fail(err, PT_E_NOMEM, "%s: on the device vectors, matrices and twiddles alone take %" PRIu64 " bytes",
                       key->path, plan.total);
    if (plan_sums(request, key, &plan, err) == PT_OK)
        *out = plan;
    return err->code;
}

/* The least that a choice takes; 0: no memory would do, for a buffer is too large. */
static uint64_t find_floor(const device_request *request, const proving_key *key, bool synthesis, bool g2)
{
    device_request with = *request;
    uint64_t refused = request->bytes_max, enough = (uint64_t)1 << 50;
    device_plan plan;
    with.bytes_max = enough;
    if (plan_with(&with, key, synthesis, g2, &plan, &(pt_err){0}) != PT_OK)
        return 0;
    while (enough - refused > 1) {
        with.bytes_max = refused + (enough - refused) / 2;
        if (plan_with(&with, key, synthesis, g2, &plan, &(pt_err){0}) == PT_OK)
            enough = with.bytes_max;
        else
            refused = with.bytes_max;
    }
    return enough;
}

static pt_status refuse(const device_request *request, const proving_key *key, bool synthesis, bool g2, pt_err *err)
{
    const uint64_t floor = find_floor(request, key, synthesis, g2);
    if (floor == 0)
        return err->code;
    char others[80] = "";
    if (request->of_others > 0)
        snprintf(others, sizeof others, ", beside %" PRIu64 " of other processes", request->of_others);
    *err = (pt_err){0};
    return pt_fail(err, PT_E_NOMEM,
                   "%s: on the device it takes at least %" PRIu64 " bytes with %zu partitions there at a time, of %" PRIu64
                   "%s",
                   key->path, floor, request->n_rooms, request->bytes_max, others);
}

pt_status device_plan_make(const device_request *request, const proving_key *key, device_plan *out, pt_err *err)
{
    const struct {
        bool synthesis, g2;
    } choices[] = {{true, true}, {false, true}, {true, false}, {false, false}};
    size_t last = 0;
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        if (request->synthesis == (choices[i].synthesis ? SIDE_CPU : SIDE_GPU) ||
            request->g2 == (choices[i].g2 ? SIDE_CPU : SIDE_GPU))
            continue;
        *err = (pt_err){0};
        last = i;
        if (plan_with(request, key, choices[i].synthesis, choices[i].g2, out, err) != PT_E_NOMEM)
            return err->code;
    }
    return refuse(request, key, choices[last].synthesis, choices[last].g2, err);
}

bool device_pays(const gpu_device_info *device, const proving_key *key, size_t n_threads)
{
    enum { MEASURED_UNITS = 132 };                                                /* of an H200 */
    static const double value_s = 15e-6, device_s = 5e-3, device_value_s = 30e-9; /* a value of the domain */
    const double n = key->domain_size, units = device->n_compute_units > 0 ? device->n_compute_units : 1;
    return device_s + device_value_s * n * MEASURED_UNITS / units < value_s * n / (double)n_threads;
}
