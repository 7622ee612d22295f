/* SPDX-License-Identifier: Apache-2.0 */
/* tests/kernel/test_device.h - the device that a test of kernels runs on: PoCL's, or the one that PARTITA_TEST_DEVICE names.
 *
 *     test_device device = test_device_open();     ends the program with 77, skipped, if there is none
 *     ... gpu_kernel_get(device.device, ...), gpu_queue_launch(device.queue, ...) ...
 *     test_device_close(&device); */
#ifndef PT_TEST_DEVICE_H
#define PT_TEST_DEVICE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gpu/queue.h"

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

static inline test_device test_device_open_with(const gpu_device_options *options)
{
    test_device out = {0};
    pt_err err = {0};
    const char *name = getenv("PARTITA_TEST_DEVICE");
    if (opencl_open(&out.cl, &err) != PT_OK ||
        gpu_device_open(out.cl, name == NULL ? "portable" : name, options, &out.device, &err) != PT_OK) {
        fprintf(stderr, "skipped: %s\n", err.msg);
        exit(name == NULL && err.code == PT_E_DEVICE ? 77 : 1);
    }
    gpu_queue_create(out.device, &out.queue, &err);
    ASSERT_OK(err);
    return out;
}

/** PARTITA_TEST_PORTABLE set: kernels without PTX. */
static inline test_device test_device_open(void)
{
    return test_device_open_with(
        &(gpu_device_options){.portable = getenv("PARTITA_TEST_PORTABLE") != NULL, .build_log = stderr});
}

/** Does Oclgrind interpret the kernels? Then small inputs say enough. */
static inline bool test_device_is_interpreted(const test_device *self)
{
    return strcmp(gpu_device_describe(self->device)->platform, "Oclgrind") == 0;
}

static inline void test_device_close(test_device *self)
{
    gpu_queue_destroy(self->queue);
    gpu_device_close(self->device);
    opencl_close(self->cl);
}

#endif
