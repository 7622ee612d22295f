/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of a key and partitions on a device, by way of the engine. Its driver fails at one call, reads wrongly, or is watched. */
#define _GNU_SOURCE /* gettid, cpu_set_t */
#include "tests/unit/engine_tests.inc.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <unistd.h>

#include "tests/kernel/failing_opencl.h"
#include "tests/kernel/test_device.h"

enum {
    N_ROOMS_MAX = 4,
    N_FILLED_MAX = 64,
    SAID_ROOM = 4096,
    SUMS_LEAST = 128, /* bytes of a point; other reads of a partition are shorter */
    COPY_LEAST = 64   /* bytes; of a tiny circuit's key and witness */
};

/* A driver that flips bits of one long read, after so many right ones. */
static struct {
    opencl calls;
    const opencl *below;
    size_t skip;
    bool lies, lies_to_jobs;
} liar;

/* Witnesses on the device: where each was sent, and whether it is still there; whether the latest was sent under the lock. */
static struct {
    size_t bytes, n;
    struct {
        cl_mem mem;
        bool is_there;
    } at[N_ROOMS_MAX];
    bool came_under_lock;
    pthread_mutex_t mutex;
} witnesses = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* Buffers that were filled behind the latest kernel that has them. */
static struct {
    bool looked_at;
    cl_mem at[N_FILLED_MAX];
    size_t n;
    pthread_mutex_t mutex;
} filled = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* What a lock is for, and what it is not for: kernels that ran without, and builds, buffers and long copies that others had to wait for. */
static struct {
    bool looked_at;
    atomic_size_t n_kernels, n_unlocked_kernels, n_locked_builds, n_locked_buffers, n_locked_copies;
} lock_use;

/* Where the threads may run that take pinned memory and that send witnesses by it. */
static struct {
    cpu_set_t taker, sender;
} feeders;

static struct {
    test_device device;
    device_place place;
    tiny_circuit circuit;
    char folder[40];
    const char *curve;
} self = {.curve = "bn254"};

static cl_int CL_API_CALL read_wrongly(cl_command_queue queue, cl_mem from, cl_bool blocking, size_t offset, size_t bytes,
                                       void *to, cl_uint n, const cl_event *after, cl_event *event)
{
    const bool now = liar.lies && bytes >= SUMS_LEAST;
    cl_int code =
        liar.below->clEnqueueReadBuffer(queue, from, now ? CL_TRUE : blocking, offset, bytes, to, n, after, event);
    if (now && liar.skip-- == 0)
        for (size_t i = 5; i < bytes; i += 32) /* not in one coordinate alone: of a point at infinity most do not count */
            ((uint8_t *)to)[i] ^= 1;
    return code;
}

/* The device's lock, as another process sees it. */
static bool is_locked(void)
{
    char path[60];
    snprintf(path, sizeof path, "%s/device.device", self.folder);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    const bool locked = flock(file, LOCK_EX | LOCK_NB) != 0;
    close(file);
    return locked;
}

static void note_witness(cl_mem mem, size_t bytes, bool is_there)
{
    size_t i = 0;
    pthread_mutex_lock(&witnesses.mutex);
    while (i < witnesses.n && witnesses.at[i].mem != mem)
        i++;
    if (bytes == witnesses.bytes && (i < witnesses.n || is_there) && i < N_ROOMS_MAX) {
        witnesses.at[i].mem = mem;
        witnesses.at[i].is_there = is_there;
        witnesses.n += i == witnesses.n;
    }
    pthread_mutex_unlock(&witnesses.mutex);
}

static cl_int CL_API_CALL note_write(cl_command_queue queue, cl_mem to, cl_bool blocking, size_t offset, size_t bytes,
                                     const void *from, cl_uint n, const cl_event *after, cl_event *event)
{
    note_witness(to, bytes, true);
    if (self.place.lock != NULL && bytes == 32 * self.circuit.key->n_vars) {
        pthread_mutex_lock(&witnesses.mutex);
        witnesses.came_under_lock = is_locked();
        sched_getaffinity(0, sizeof feeders.sender, &feeders.sender);
        pthread_mutex_unlock(&witnesses.mutex);
    }
    lock_use.n_locked_copies += lock_use.looked_at && bytes >= COPY_LEAST && is_locked();
    return liar.below->clEnqueueWriteBuffer(queue, to, blocking, offset, bytes, from, n, after, event);
}

/* No longer, if it is used. */
static void note_filled(cl_mem mem, bool is_filled)
{
    size_t i = 0;
    pthread_mutex_lock(&filled.mutex);
    while (i < filled.n && filled.at[i] != mem)
        i++;
    if (i < filled.n && !is_filled)
        filled.at[i] = filled.at[--filled.n];
    else if (i == filled.n && is_filled && i < N_FILLED_MAX)
        filled.at[filled.n++] = mem;
    pthread_mutex_unlock(&filled.mutex);
}

static cl_int CL_API_CALL note_argument(cl_kernel kernel, cl_uint i, size_t bytes, const void *value)
{
    cl_mem mem;
    if (filled.looked_at && bytes == sizeof mem && value != NULL) {
        memcpy(&mem, value, sizeof mem);
        note_filled(mem, false);
    }
    return liar.below->clSetKernelArg(kernel, i, bytes, value);
}

static cl_int CL_API_CALL note_fill(cl_command_queue queue, cl_mem to, const void *pattern, size_t pattern_bytes,
                                    size_t offset, size_t bytes, cl_uint n, const cl_event *after, cl_event *event)
{
    note_witness(to, bytes, false);
    if (filled.looked_at)
        note_filled(to, true);
    return liar.below->clEnqueueFillBuffer(queue, to, pattern, pattern_bytes, offset, bytes, n, after, event);
}

static cl_mem CL_API_CALL note_create(cl_context context, cl_mem_flags flags, size_t bytes, void *from, cl_int *code)
{
    if ((flags & CL_MEM_ALLOC_HOST_PTR) != 0)
        sched_getaffinity(0, sizeof feeders.taker, &feeders.taker);
    lock_use.n_locked_buffers += lock_use.looked_at && is_locked();
    return liar.below->clCreateBuffer(context, flags, bytes, from, code);
}

static cl_int CL_API_CALL note_build(cl_program program, cl_uint n, const cl_device_id *devices, const char *options,
                                     void(CL_CALLBACK *notify)(cl_program, void *), void *ctx)
{
    lock_use.n_locked_builds += lock_use.looked_at && is_locked();
    return liar.below->clBuildProgram(program, n, devices, options, notify, ctx);
}

static cl_int CL_API_CALL note_launch(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions, const size_t *offset,
                                      const size_t *global, const size_t *local, cl_uint n, const cl_event *after,
                                      cl_event *event)
{
    lock_use.n_kernels += lock_use.looked_at;
    lock_use.n_unlocked_kernels += lock_use.looked_at && !is_locked();
    return liar.below->clEnqueueNDRangeKernel(queue, kernel, dimensions, offset, global, local, n, after, event);
}

/* ---- one key, one engine, some partitions ---- */

typedef struct {
    engine_setup setup;
    size_t n_jobs;
    const witness_image *witness;
    bool lost;  /* the device, when the key is there */
    pt_err err; /* of the key, or the first job that failed */
    engine_figures figures;
    char said[SAID_ROOM];
} run;

static void hear(void *ctx, bool is_fault, const char *text)
{
    run *r = ctx;
    const size_t n = strlen(r->said);
    if (is_fault)
        snprintf(r->said + n, sizeof r->said - n, "%s\n", text);
}

static run run_of(bool is_choice)
{
    return (run){.setup = {.options = {.n_threads = 1, .n_in_flight = 1},
                           .features = cpu_features_read(),
                           .device = &self.place,
                           .device_is_choice = is_choice,
                           .told = hear},
                 .n_jobs = 1,
                 .witness = &self.circuit.right};
}

static void prove_one(engine *on, const engine_key *key, run *r)
{
    engine_job job = {.key = key,
                      .witness = {.path = "right.wtns", .bytes = r->witness->bytes, .n_bytes = r->witness->n_bytes}};
    pt_err err = {0};
    if (engine_submit(on, &job, &err) != PT_OK)
        fail_msg("%s", err.msg);
    assert_ptr_equal(engine_next(on), &job);
    if (job.err.code == PT_OK)
        assert_true(is_right(&self.circuit, &job));
    else if (r->err.code == PT_OK)
        r->err = job.err;
    engine_job_clear(&job);
}

static void go(run *r)
{
    engine *on;
    engine_key *key = NULL;
    pt_err err = {0};
    r->setup.ctx = r;
    if (engine_create(&r->setup, &on, &err) != PT_OK)
        fail_msg("%s", err.msg);
    const bool made = engine_key_create(on, self.circuit.key, &key, &r->err) == PT_OK;
    liar.lies = liar.lies || liar.lies_to_jobs;
    if (r->lost)
        failing_opencl_set(1, CL_DEVICE_NOT_AVAILABLE, true);
    if (made)
        for (size_t i = 0; i < r->n_jobs; i++)
            prove_one(on, key, r);
    r->figures = engine_figures_now(on);
    engine_destroy(on);
    engine_key_destroy(key);
    assert_int_equal(gpu_device_bytes(self.device.device), 0);
}

/* ---- all of them ---- */

static int set_up(void **state)
{
    char name[] = "/tmp/device_key_tests.XXXXXX";
    pt_err err = {0};
    (void)state;
    self.device.cl = test_opencl_or_skip();
    liar.below = failing_opencl(self.device.cl);
    liar.calls = *liar.below;
    liar.calls.clEnqueueReadBuffer = read_wrongly;
    liar.calls.clEnqueueWriteBuffer = note_write;
    liar.calls.clEnqueueFillBuffer = note_fill;
    liar.calls.clSetKernelArg = note_argument;
    liar.calls.clCreateBuffer = note_create;
    liar.calls.clBuildProgram = note_build;
    liar.calls.clEnqueueNDRangeKernel = note_launch;
    test_device_of(&liar.calls, (gpu_device_options){0}, &self.device.device, &err);
    ASSERT_OK(err);
    assert_non_null(mkdtemp(name));
    snprintf(self.folder, sizeof self.folder, "%s", name);
    self.place.device = self.device.device;
    gpu_lock_open(self.folder, "device", &self.place.lock, &err);
    ASSERT_OK(err);
    self.circuit = circuit_open(self.curve, 3);
    return 0;
}

static int tear_down(void **state)
{
    char command[60];
    (void)state;
    failing_opencl_set(0, CL_SUCCESS, false);
    circuit_close(&self.circuit);
    gpu_lock_close(self.place.lock);
    gpu_device_close(self.device.device);
    opencl_close(self.device.cl);
    snprintf(command, sizeof command, "rm -r %s", self.folder);
    return system(command);
}
