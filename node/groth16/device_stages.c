/* SPDX-License-Identifier: Apache-2.0 */
/* The stages on a device (device_key.h). In a partition's memory, at different times:
 *
 *   state | a | b | c            where the processor has the synthesis
 *   state | bit sums: of H, then of A, B1, L and B2
 *   state | MSM over the witness where it has the sum in G2 */
#include "node/curve_entries.h"
#include "node/groth16/device_key.h"
#include "node/groth16/partition_state.h"
#include "node/groth16/prover.h"
#include "node/msm/bit_fold.h"

enum { SUMS_A, SUMS_B1, SUMS_L, N_G1_SUMS };

#define G1_SUMS_BYTES ((size_t)DEVICE_SUMS_MAX * sizeof(g1_xyzz))
#define G2_SUMS_BYTES ((size_t)DEVICE_SUMS_MAX * sizeof(g2_xyzz))
_Static_assert(FR_BITS - 1 + GPU_MSM_C_MAX <= DEVICE_SUMS_MAX, "the bit sums of a query have room");

#define WRITTEN_BYTES (PARTITION_STATE_BYTES + N_G1_SUMS * G1_SUMS_BYTES + G2_SUMS_BYTES) /* without the processor's */

/* The processor may have to do any stage. */
static size_t partition_bytes(const proving_key *key, size_t n_threads)
{
    const size_t of_processor = cpu_executors.partition_bytes(key, n_threads);
    return of_processor > WRITTEN_BYTES ? of_processor : WRITTEN_BYTES;
}

/* Where the device has all stages that take room. */
static size_t written_bytes(const struct device_key *device)
{
    const device_plan *plan = device_key_planned(device);
    return plan->synthesis && plan->g2 ? WRITTEN_BYTES : 0;
}

static uint8_t *g1_sums_of(const groth16_partition *p, size_t i)
{
    return (uint8_t *)partition_scratch_of(p) + i * G1_SUMS_BYTES;
}

static uint8_t *g2_sums_of(const groth16_partition *p)
{
    return g1_sums_of(p, N_G1_SUMS);
}

static bit_fold_shape fold_of(const gpu_msm_plan *plan)
{
    const gpu_msm_results results = gpu_msm_results_of(plan);
    return (bit_fold_shape){.n_repeats = results.n_repeats, .n_sets = results.n_sets, .width = plan->c};
}

static void fold_g1(const gpu_msm_plan *plan, const groth16_partition *p, size_t i, g1_xyzz *out)
{
    const bit_fold_shape shape = fold_of(plan);
    bit_fold_g1(&shape, (const g1_xyzz *)(const void *)g1_sums_of(p, i), out);
}

/* The vectors of the processor's synthesis lie as it has them. */
static pt_status send_vectors(groth16_partition *p, pt_err *err)
{
    const uint8_t *vectors = partition_scratch_of(p);
    const size_t each = cpu_vector_bytes(p->key);
    return device_room_vectors(p->room, vectors, vectors + each, vectors + 2 * each, err);
}

static pt_status run_synthesis(groth16_partition *p, crew *threads, pt_err *err)
{
    const device_plan *plan = device_key_planned(p->device);
    p->n_written = written_bytes(p->device);
    p->room = device_room_take(p->device);
    if (device_room_witness(p->room, p->witness, err) != PT_OK)
        return err->code;
    if (plan->synthesis)
        return device_room_synthesis(p->room, err);
    return cpu_executors.run[STAGE_SYNTHESIS](p, threads, err) == PT_OK ? send_vectors(p, err) : err->code;
}

static pt_status run_quotient(groth16_partition *p, crew *threads, pt_err *err)
{
    (void)threads;
    return device_room_quotient(p->room, err);
}

static pt_status run_msm_h(groth16_partition *p, crew *threads, pt_err *err)
{
    (void)threads;
    if (device_room_sum_h(p->room, g1_sums_of(p, 0), err) == PT_OK)
        fold_g1(&device_key_planned(p->device)->h, p, 0, &partition_state_of(p)->sums.h);
    return err->code;
}

static void leave_room(groth16_partition *p)
{
    if (p->room != NULL)
        device_room_give(p->room);
    p->room = NULL;
}

/* The witness is sorted once for all its sums, so that in G2 is with them. Then the room is another's. */
static pt_status run_msm_g1(groth16_partition *p, crew *threads, pt_err *err)
{
    const gpu_msm_plan *plan = &device_key_planned(p->device)->witness;
    msm_sums *sums = &partition_state_of(p)->sums;
    (void)threads;
    if (device_room_sum_witness(p->room, g1_sums_of(p, SUMS_A), g1_sums_of(p, SUMS_B1), g1_sums_of(p, SUMS_L),
                                g2_sums_of(p), err) != PT_OK)
        return err->code;
    leave_room(p);
    fold_g1(plan, p, SUMS_A, &sums->a);
    fold_g1(plan, p, SUMS_B1, &sums->b1);
    fold_g1(plan, p, SUMS_L, &sums->l);
    return PT_OK;
}

static pt_status sum_b2(groth16_partition *p, crew *threads, pt_err *err)
{
    const msm_size size = {p->key->n_vars, p->n_threads, 0, 1};
    const msm_query query = {p->key->b2, 0, p->key->n_vars};
    msm *witness;
    if (msm_begin(threads, (const fr *)(const void *)p->witness, &size, partition_scratch_of(p), &witness, err) != PT_OK)
        return err->code;
    return msm_sum(threads, witness, NULL, 0, NULL, &query, 1, &partition_state_of(p)->sums.b2, err);
}

static pt_status run_msm_g2(groth16_partition *p, crew *threads, pt_err *err)
{
    const device_plan *plan = device_key_planned(p->device);
    const bit_fold_shape shape = fold_of(&plan->witness);
    if (!plan->g2)
        return sum_b2(p, threads, err);
    bit_fold_g2(&shape, (const g2_xyzz *)(const void *)g2_sums_of(p), &partition_state_of(p)->sums.b2);
    return PT_OK;
}

static pt_status run_assemble(groth16_partition *p, crew *threads, pt_err *err)
{
    return cpu_executors.run[STAGE_ASSEMBLE](p, threads, err);
}

static pt_status run_verify(groth16_partition *p, crew *threads, pt_err *err)
{
    return cpu_executors.run[STAGE_VERIFY](p, threads, err);
}

const stage_executors device_executors = {
    .name = "device",
    .run = {[STAGE_SYNTHESIS] = run_synthesis,
            [STAGE_QUOTIENT] = run_quotient,
            [STAGE_MSM_H] = run_msm_h,
            [STAGE_MSM_G1] = run_msm_g1,
            [STAGE_MSM_G2] = run_msm_g2,
            [STAGE_ASSEMBLE] = run_assemble,
            [STAGE_VERIFY] = run_verify},
    .leave = leave_room,
    .partition_bytes = partition_bytes,
    .written_bytes = written_bytes,
};
