/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/bench_device.h"

#include <stdlib.h>
#include <string.h>

#include "gpu/gpu_ntt.h"
#include "node/bench/bench_curve.h"
#include "node/bench/device_samples.h"
#include "node/bench/ntt_check.h"
#include "node/domain/quotient.h"
#include "node/pipeline/stage.h"

/* Transforms of a sample, queued one behind the other; of quotients, which have six each, so many times fewer. A device that is no GPU takes as
 * long for few. */
enum { N_QUEUED_GPU = 100, N_QUEUED_OTHERS = 4, QUOTIENTS_FEWER = 10, N_VECTORS = 3 };

/* Transforms that a GPU has to do while a sample is queued: some milliseconds of them, or more where that is not enough. */
enum { BALLAST_LOG = 22, N_BALLAST = 4, N_BALLAST_MAX = 64 };
static const double least_ahead_s = 1e-4;

typedef struct {
    const bench_job *job;
    unsigned log_n;
    size_t n;
    size_t n_queued;
    gpu_queue *queue, *timed; /* as proofs have it; with the time of each kernel */
    gpu_ntt *ntt, *ballast;   /* ballast: NULL: no GPU */
    gpu_buffer *vectors[N_VECTORS], *ballast_vector;
    fr *input[N_VECTORS]; /* a, b, c; the transform takes the first */
    fr *output[2];        /* the device's answer; the processor's, or scratch of a check */
    device_samples samples;
} device_ntt_bench;

/* What is measured, once. */
typedef pt_status (*ntt_work)(const device_ntt_bench *self, gpu_queue *queue, pt_err *err);

static const char *checked_by(const device_ntt_bench *self)
{
    return self->log_n <= DEVICE_LOG_CHECKED_MAX ? "processor, all values" : "definition at 3 points";
}

static pt_status write_inputs(const device_ntt_bench *self, size_t n_vectors, pt_err *err)
{
    for (size_t i = 0; i < n_vectors && err->code == PT_OK; i++)
        gpu_queue_write(self->queue, self->vectors[i], 0, self->input[i], self->n * sizeof(fr), err);
    gpu_queue_forget_times(self->timed);
    return err->code;
}

/* The answer is the first vector's. */
static pt_status read_answer(const device_ntt_bench *self, pt_err *err)
{
    return gpu_queue_read(self->queue, self->vectors[0], 0, self->n * sizeof(fr), self->output[0], err);
}

static pt_status differs(const device_ntt_bench *self, const char *what, size_t i, pt_err *err)
{
    return pt_fail(err, PT_E_INTERNAL, "benchmark: %s of 2^%u on %s: value %zu differs from the processor's", what,
                   self->log_n, gpu_device_describe(self->job->device)->name, i);
}

static pt_status queue_ballast(const device_ntt_bench *self, size_t n, pt_err *err)
{
    for (size_t i = 0; i < n; i++)
        if (gpu_ntt_run(self->ballast, self->queue, GPU_NTT_FORWARD, &self->ballast_vector, 1, err) != PT_OK)
            return err->code;
    return gpu_queue_flush(self->queue, err);
}

/* Seconds of n runs behind n_ballast of the ballast, from its end on. was_behind: it had not ended when they were queued. */
static pt_status time_behind(const device_ntt_bench *self, size_t n_ballast, ntt_work work, size_t n, double *seconds,
                             bool *was_behind, pt_err *err)
{
    double begin = clock_seconds();
    uint64_t ballast_end;
    if (queue_ballast(self, n_ballast, err) != PT_OK || gpu_queue_mark(self->queue, &ballast_end, err) != PT_OK)
        return err->code;
    for (size_t i = 0; i < n; i++)
        if (work(self, self->queue, err) != PT_OK)
            return err->code;
    const double queued = clock_seconds();
    if (n_ballast > 0) {
        if (gpu_queue_wait_until(self->queue, ballast_end, err) != PT_OK)
            return err->code;
        begin = clock_seconds();
    }
    *was_behind = n_ballast == 0 || begin - queued >= least_ahead_s;
    if (gpu_queue_wait(self->queue, err) == PT_OK)
        *seconds = clock_seconds() - begin;
    return err->code;
}

/* The same, while the device is nobody else's. */
static pt_status time_locked(const device_ntt_bench *self, size_t n_ballast, ntt_work work, size_t n, double *seconds,
                             bool *was_behind, pt_err *err)
{
    if (gpu_lock_take(self->job->lock, err) != PT_OK)
        return err->code;
    if (time_behind(self, n_ballast, work, n, seconds, was_behind, err) != PT_OK)
        gpu_queue_wait(self->queue, err); /* what is queued uses the device */
    gpu_lock_give(self->job->lock);
    return err->code;
}

static pt_status run_locked(const device_ntt_bench *self, ntt_work work, gpu_queue *queue, pt_err *err)
{
    if (gpu_lock_take(self->job->lock, err) != PT_OK)
        return err->code;
    work(self, queue, err);
    gpu_queue_wait(queue, err); /* after a fault too */
    gpu_lock_give(self->job->lock);
    return err->code;
}

/* Milliseconds of a run, of n that are queued one behind the other while the device has something else to do: small transforms are over sooner
 * than the host queues the next one. By the host's clock: of two queues, NVIDIA's driver may give a command in the one the time of what was there
 * long before it. */
static pt_status time_work(const device_ntt_bench *self, ntt_work work, size_t n, double *ms, pt_err *err)
{
    double seconds = 0;
    bool was_behind = false;
    for (size_t n_ballast = self->ballast != NULL ? N_BALLAST : 0; !was_behind && n_ballast <= N_BALLAST_MAX;
         n_ballast *= 2)
        if (time_locked(self, n_ballast, work, n, &seconds, &was_behind, err) != PT_OK)
            return err->code;
    if (!was_behind)
        return pt_fail(err, PT_E_INTERNAL, "benchmark: %s is through with %d transforms of 2^%d before others are queued",
                       gpu_device_describe(self->job->device)->name, N_BALLAST_MAX, BALLAST_LOG);
    *ms = 1e3 * seconds / (double)n;
    return PT_OK;
}

/* n runs for the whole, and one more for the shares. */
static pt_status take_sample(device_ntt_bench *self, ntt_work work, size_t i, size_t n, pt_err *err)
{
    double ms = 0;
    if (write_inputs(self, N_VECTORS, err) != PT_OK || time_work(self, work, n, &ms, err) != PT_OK ||
        write_inputs(self, N_VECTORS, err) != PT_OK || run_locked(self, work, self->timed, err) != PT_OK)
        return err->code;
    device_samples_take(&self->samples, i, ms, self->timed);
    return PT_OK;
}

/* ---- a transform ---- */

static pt_status run_forward(const device_ntt_bench *self, gpu_queue *queue, pt_err *err)
{
    return gpu_ntt_run(self->ntt, queue, GPU_NTT_FORWARD, self->vectors, 1, err);
}

static pt_status compare_forward(const device_ntt_bench *self, const ntt_domain *domain, pt_err *err)
{
    fr *expected = self->output[1];
    memcpy(expected, self->input[0], self->n * sizeof *expected);
    ntt_forward(domain, self->job->crew, expected);
    for (size_t i = 0; i < self->n; i++)
        if (!fr_eq(&expected[ntt_bits_reversed(i, self->log_n)], &self->output[0][i]))
            return differs(self, "ntt_forward", i, err);
    return PT_OK;
}

static pt_status check_forward(const device_ntt_bench *self, const ntt_domain *domain, uint64_t *state, pt_err *err)
{
    if (write_inputs(self, 1, err) != PT_OK || run_locked(self, run_forward, self->queue, err) != PT_OK ||
        read_answer(self, err) != PT_OK)
        return err->code;
    return domain != NULL ? compare_forward(self, domain, err)
                          : ntt_check_forward(self->log_n, self->input[0], self->output[0], true, state, err);
}

/* The check comes first: the device is awake then, and its kernels are built. */
static pt_status bench_forward(device_ntt_bench *self, const ntt_domain *domain, uint64_t *state, pt_err *err)
{
    if (check_forward(self, domain, state, err) != PT_OK)
        return err->code;
    for (size_t i = 0; i < self->job->n_repeats; i++)
        if (take_sample(self, run_forward, i, self->n_queued, err) != PT_OK)
            return err->code;
    return device_samples_report(&self->samples, "ntt_forward", self->n, checked_by(self), self->job->report, err);
}

/* ---- the six of a quotient ---- */

static pt_status compare_quotient(const device_ntt_bench *self, const ntt_domain *domain, pt_err *err)
{
    fr *own[N_VECTORS], *memory = malloc(N_VECTORS * self->n * sizeof *memory);
    if (memory == NULL)
        return pt_fail(err, PT_E_NOMEM, "benchmark: no memory for %zu values", N_VECTORS * self->n);
    for (size_t i = 0; i < N_VECTORS; i++) {
        own[i] = memory + i * self->n;
        memcpy(own[i], self->input[i], self->n * sizeof *memory);
    }
    quotient_run(domain, self->job->crew, own[0], own[1], own[2]);
    for (size_t i = 0; i < self->n && err->code == PT_OK; i++)
        if (!fr_eq(&own[0][i], &self->output[0][i]))
            differs(self, "quotient", i, err);
    free(memory);
    return err->code;
}

static pt_status run_quotient(const device_ntt_bench *self, gpu_queue *queue, pt_err *err)
{
    return gpu_quotient_run(self->ntt, queue, self->vectors[0], self->vectors[1], self->vectors[2], err);
}

static pt_status check_quotient(const device_ntt_bench *self, const ntt_domain *domain, uint64_t *state, pt_err *err)
{
    if (write_inputs(self, N_VECTORS, err) != PT_OK || run_locked(self, run_quotient, self->queue, err) != PT_OK ||
        read_answer(self, err) != PT_OK)
        return err->code;
    return domain != NULL ? compare_quotient(self, domain, err)
                          : ntt_check_quotient(self->log_n, self->job->crew, self->input, self->output[0], self->output[1],
                                               state, err);
}

static pt_status bench_quotient(device_ntt_bench *self, const ntt_domain *domain, uint64_t *state, pt_err *err)
{
    if (check_quotient(self, domain, state, err) != PT_OK)
        return err->code;
    const size_t n = self->n_queued > QUOTIENTS_FEWER ? self->n_queued / QUOTIENTS_FEWER : 1;
    for (size_t i = 0; i < self->job->n_repeats; i++)
        if (take_sample(self, run_quotient, i, n, err) != PT_OK)
            return err->code;
    return device_samples_report(&self->samples, "quotient", self->n, checked_by(self), self->job->report, err);
}

/* ---- a size ---- */

static pt_status bench_both(device_ntt_bench *self, uint64_t *state, pt_err *err)
{
    ntt_domain *domain = NULL;
    if (self->log_n <= DEVICE_LOG_CHECKED_MAX && ntt_domain_create(self->log_n, self->job->crew, &domain, err) != PT_OK)
        return err->code;
    if (device_samples_init(self->job->n_repeats, &self->samples, err) == PT_OK)
        bench_forward(self, domain, state, err);
    device_samples_clear(&self->samples);
    if (err->code == PT_OK && device_samples_init(self->job->n_repeats, &self->samples, err) == PT_OK)
        bench_quotient(self, domain, state, err);
    device_samples_clear(&self->samples);
    ntt_domain_destroy(domain);
    return err->code;
}

static pt_status open_device(device_ntt_bench *self, pt_err *err)
{
    const gpu_ntt_options options = {.forward = true, .joins = true, .lock = self->job->lock};
    gpu_device *device = self->job->device;
    if (gpu_queue_create_untimed(device, &self->queue, err) != PT_OK ||
        gpu_queue_create(device, &self->timed, err) != PT_OK ||
        gpu_ntt_create(device, self->queue, CURVE_KERNELS, self->log_n, &options, &self->ntt, err) != PT_OK)
        return err->code;
    for (size_t i = 0; i < N_VECTORS && err->code == PT_OK; i++)
        gpu_buffer_create(device, "vector", gpu_ntt_planned(self->ntt)->vector_bytes, &self->vectors[i], err);
    return err->code;
}

/* What is in its vector is nobody's. */
static pt_status take_ballast(device_ntt_bench *self, pt_err *err)
{
    const gpu_ntt_options options = {.forward = true, .lock = self->job->lock};
    gpu_device *device = self->job->device;
    if (gpu_device_describe(device)->kind == GPU_KIND_GPU &&
        gpu_ntt_create(device, self->queue, CURVE_KERNELS, BALLAST_LOG, &options, &self->ballast, err) == PT_OK)
        gpu_buffer_create(device, "ballast", gpu_ntt_planned(self->ballast)->vector_bytes, &self->ballast_vector, err);
    return err->code;
}

static void close_device(device_ntt_bench *self)
{
    for (size_t i = 0; i < N_VECTORS; i++)
        gpu_buffer_destroy(self->vectors[i]);
    gpu_buffer_destroy(self->ballast_vector);
    gpu_ntt_destroy(self->ntt);
    gpu_ntt_destroy(self->ballast);
    gpu_queue_destroy(self->queue);
    gpu_queue_destroy(self->timed);
}

static pt_status bench_size(device_ntt_bench *self, pt_err *err)
{
    uint64_t state = self->job->seed;
    fr *memory = malloc((N_VECTORS + 2) * self->n * sizeof *memory);
    if (memory == NULL)
        return pt_fail(err, PT_E_NOMEM, "benchmark: no memory for %zu bytes", (N_VECTORS + 2) * self->n * sizeof *memory);
    for (size_t i = 0; i < N_VECTORS; i++)
        self->input[i] = memory + i * self->n;
    for (size_t i = 0; i < 2; i++)
        self->output[i] = memory + (N_VECTORS + i) * self->n;
    for (size_t i = 0; i < N_VECTORS * self->n; i++)
        memory[i] = bench_draw_fr(&state);
    if (open_device(self, err) == PT_OK && take_ballast(self, err) == PT_OK)
        bench_both(self, &state, err);
    close_device(self);
    free(memory);
    return err->code;
}

pt_status bench_device_ntt(const bench_job *job, pt_err *err)
{
    const bool is_gpu = gpu_device_describe(job->device)->kind == GPU_KIND_GPU;
    for (size_t i = 0; i < job->n_sizes; i++) {
        const unsigned log_n = job->log_sizes[i];
        device_ntt_bench self = {
            .job = job, .log_n = log_n, .n = (size_t)1 << log_n, .n_queued = is_gpu ? N_QUEUED_GPU : N_QUEUED_OTHERS};
        if (bench_size(&self, err) != PT_OK)
            return err->code;
    }
    return PT_OK;
}
