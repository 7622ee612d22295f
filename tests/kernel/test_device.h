/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/test_device.h - the device that a test of kernels runs on: PoCL's, or the one that PARTITA_TEST_DEVICE names. Where it can't
 * be opened the program ends: with 77, skipped, or with 1 if PARTITA_TEST_DEVICE is set.
 *
 *     test_device device = test_device_open();
 *     ... gpu_kernel_get(device.device, ...), gpu_queue_launch(device.queue, ...) ...
 *     test_device_close(&device); */
#ifndef PT_TEST_DEVICE_H
#define PT_TEST_DEVICE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gpu/msm_accumulator.h"
#include "gpu/queue.h"
#include "tests/unit/sanitizers.h"

/** What kernels of this program's curve are built with. */
#if defined(PT_CURVE_BN254)
#define PT_CURVE_OPTION "-DPT_CURVE_BN254"
#elif defined(PT_CURVE_BLS12_381)
#define PT_CURVE_OPTION "-DPT_CURVE_BLS12_381"
#endif

/** Walkers of few strands in small groups, so that a test's entries have many of them cut. The same in every test: they take seconds to build. */
#define TEST_WALKER_G1 \
    ((msm_accumulator){.kind = MSM_BY_WALK, .group = 4, .strands = 2, .scratch = MSM_SCRATCH_LOCAL, .shared = true})
#define TEST_WALKER_G2 ((msm_accumulator){.kind = MSM_BY_WALK, .group = 4, .strands = 2, .scratch = MSM_SCRATCH_GLOBAL})

/** The same with products in private memory, of either group. */
#define TEST_WALKER_PRIVATE \
    ((msm_accumulator){.kind = MSM_BY_WALK, .group = 4, .strands = 3, .scratch = MSM_SCRATCH_PRIVATE})

typedef struct {
    opencl *cl;
    gpu_device *device;
    gpu_queue *queue;
} test_device;

/** Fail the test with the message, if there is one. */
#define ASSERT_OK(err)                 \
    do {                               \
        if ((err).code != PT_OK)       \
            fail_msg("%s", (err).msg); \
    } while (0)

/** The device that is tested, as `--device` would name it. */
static inline const char *test_device_name(void)
{
    const char *name = getenv("PARTITA_TEST_DEVICE");
    return name == NULL ? "portable" : name;
}

/** These options; and kernels without PTX where PARTITA_TEST_PORTABLE is set. */
static inline gpu_device_options test_device_options(gpu_device_options options)
{
    options.portable = options.portable || getenv("PARTITA_TEST_PORTABLE") != NULL;
    return options;
}

/** gpu_device_open of the device that is tested: the one way to it. */
static inline pt_status test_device_of(const opencl *cl, gpu_device_options options, gpu_device **out, pt_err *err)
{
    const gpu_device_options all = test_device_options(options);
    return gpu_device_open(cl, test_device_name(), &all, out, err);
}

/** The device that is missing is skipped where none was asked for. */
static inline test_device test_device_open_with(gpu_device_options options)
{
    test_device out = {0};
    pt_err err = {0};
    if (opencl_open(&out.cl, &err) != PT_OK || test_device_of(out.cl, options, &out.device, &err) != PT_OK) {
        fprintf(stderr, "no device to test: %s\n", err.msg);
        exit(getenv("PARTITA_TEST_DEVICE") == NULL && err.code == PT_E_DEVICE ? 77 : 1);
    }
    gpu_queue_create(out.device, &out.queue, &err);
    ASSERT_OK(err);
    return out;
}

static inline test_device test_device_open(void)
{
    return test_device_open_with((gpu_device_options){.build_log = stderr});
}

/** For tests that put a table of calls of their own before OpenCL's: the device that is tested could be opened and is closed again. */
static inline opencl *test_opencl_or_skip(void)
{
    const test_device device = test_device_open();
    gpu_queue_destroy(device.queue);
    gpu_device_close(device.device);
    return device.cl;
}

/** Does Oclgrind interpret the kernels? Then small inputs say enough. */
static inline bool test_device_is_interpreted(const test_device *self)
{
    return strcmp(gpu_device_describe(self->device)->platform, "Oclgrind") == 0;
}

/** The same, or a sanitizer sees the host's part, which larger inputs do not change. */
static inline bool test_device_is_slow(const test_device *self)
{
    return SANITIZED || test_device_is_interpreted(self);
}

static inline void test_device_close(test_device *self)
{
    gpu_queue_destroy(self->queue);
    gpu_device_close(self->device);
    opencl_close(self->cl);
}

#endif
