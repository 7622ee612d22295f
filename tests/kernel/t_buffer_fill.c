/* SPDX-License-Identifier: Apache-2.0 */
/* Fills, and the wipes of secret buffers: the very bytes; and of large buffers what a driver is asked for that counts patterns in 32 bits, as NVIDIA's does. */
#include "tests/kernel/test_device.h"

#include "gpu/device_state.h"
#include "gpu/opencl_calls.h"

#define GIB ((size_t)1 << 30)

enum { N_WORDS = 96, N_SECRET_MAX = 300 };

/* Between the device and its driver. */
static struct {
    opencl table;
    const opencl *real;
    bool is_large;     /* buffers are as large in their books alone: no fill or write is passed on */
    size_t begin, end; /* what these reached */
    size_t n_secret;   /* bytes of a buffer to look at before it goes */
    uint8_t secret[N_SECRET_MAX];
    cl_command_queue queue;
} driver;

static cl_int reach(cl_command_queue queue, size_t offset, size_t n, cl_event *event)
{
    if (driver.begin == driver.end)
        driver.begin = driver.end = offset;
    assert_int_equal(offset, driver.end);
    driver.end += n;
    return event != NULL ? driver.real->clEnqueueMarkerWithWaitList(queue, 0, NULL, event) : CL_SUCCESS;
}

static cl_int CL_API_CALL take_fill(cl_command_queue queue, cl_mem mem, const void *pattern, size_t pattern_bytes,
                                    size_t offset, size_t n, cl_uint n_waits, const cl_event *waits, cl_event *event)
{
    if (!driver.is_large)
        return driver.real->clEnqueueFillBuffer(queue, mem, pattern, pattern_bytes, offset, n, n_waits, waits, event);
    assert_true((offset + n) / pattern_bytes <= INT32_MAX);
    return reach(queue, offset, n, event);
}

static cl_int CL_API_CALL take_write(cl_command_queue queue, cl_mem mem, cl_bool blocking, size_t offset, size_t n,
                                     const void *from, cl_uint n_waits, const cl_event *waits, cl_event *event)
{
    if (!driver.is_large)
        return driver.real->clEnqueueWriteBuffer(queue, mem, blocking, offset, n, from, n_waits, waits, event);
    return reach(queue, offset, n, event);
}

static cl_int CL_API_CALL take_release(cl_mem mem)
{
    if (driver.n_secret > 0)
        assert_int_equal(
            driver.real->clEnqueueReadBuffer(driver.queue, mem, CL_TRUE, 0, driver.n_secret, driver.secret, 0, NULL, NULL),
            CL_SUCCESS);
    return driver.real->clReleaseMemObject(mem);
}

static void a_fill_is_of_its_words_alone(void **state)
{
    gpu_device *device = *state;
    uint32_t words[N_WORDS], expected[N_WORDS];
    gpu_buffer *buffer;
    gpu_queue *queue;
    pt_err err = {0};
    gpu_queue_create(device, &queue, &err);
    ASSERT_OK(err);
    gpu_buffer_create(device, "words", sizeof words, &buffer, &err);
    ASSERT_OK(err);
    memset(expected, 0, sizeof expected);
    gpu_queue_write(queue, buffer, 0, expected, sizeof expected, &err);
    for (uint32_t begin = 0; begin <= 33; begin++) {
        for (uint32_t n = 1; n <= N_WORDS - begin; n += n < 34 ? 1 : 15) {
            const uint32_t word = 0x01020304 * n + begin;
            gpu_queue_fill(queue, buffer, begin * sizeof word, word, n * sizeof word, &err);
            gpu_queue_read(queue, buffer, 0, sizeof words, words, &err);
            ASSERT_OK(err);
            for (uint32_t i = begin; i < begin + n; i++)
                expected[i] = word;
            assert_memory_equal(words, expected, sizeof words);
        }
    }
    gpu_buffer_destroy(buffer);
    gpu_queue_destroy(queue);
}

static void a_secret_is_zero_to_its_last_byte(void **state)
{
    static const uint8_t zeros[N_SECRET_MAX];
    gpu_device *device = *state;
    uint8_t ones[N_SECRET_MAX];
    gpu_buffer *secret;
    gpu_queue *queue;
    pt_err err = {0};
    gpu_queue_create(device, &queue, &err);
    memset(ones, 0xff, sizeof ones);
    for (size_t n = 1; n <= N_SECRET_MAX; n += n < 20 ? 1 : 7) {
        gpu_buffer_create_secret(device, "secret", n, &secret, &err);
        ASSERT_OK(err);
        gpu_queue_write(queue, secret, 0, ones, n, &err);
        ASSERT_OK(err);
        memset(driver.secret, 0xff, sizeof driver.secret);
        driver.n_secret = n;
        gpu_buffer_destroy(secret);
        driver.n_secret = 0;
        assert_memory_equal(driver.secret, zeros, n);
    }
    gpu_queue_destroy(queue);
}

static void expect_reached(const pt_err *err, size_t begin, size_t end)
{
    ASSERT_OK(*err);
    assert_int_equal(driver.begin, begin);
    assert_int_equal(driver.end, end);
    driver.begin = driver.end = 0;
}

static void patterns_of_large_buffers_are_few(void **state)
{
    static const size_t sizes[] = {2 * GIB, 4 * GIB + 1, 6 * GIB + 127, 40 * GIB + 3};
    gpu_device *device = *state;
    gpu_queue *queue;
    pt_err err = {0};
    gpu_queue_create_untimed(device, &queue, &err);
    ASSERT_OK(err);
    driver.is_large = true;
    gpu_buffer large = {.device = device, .name = "large", .bytes = 64 * GIB};
    gpu_queue_fill(queue, &large, 0, 7, 32 * GIB, &err), expect_reached(&err, 0, 32 * GIB);
    gpu_queue_fill(queue, &large, 40 * GIB, 7, 20 * GIB, &err), expect_reached(&err, 40 * GIB, 60 * GIB);
    gpu_queue_fill(queue, &large, 50 * GIB + 32, 7, 96, &err), expect_reached(&err, 50 * GIB + 32, 50 * GIB + 128);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        gpu_buffer *secret;
        gpu_buffer_create_secret(device, "secret", 16, &secret, &err);
        ASSERT_OK(err);
        device->bytes += sizes[i] - secret->bytes;
        secret->bytes = sizes[i];
        gpu_buffer_destroy(secret), expect_reached(&err, 0, sizes[i]);
    }
    driver.is_large = false;
    assert_int_equal(gpu_device_bytes(device), 0);
    gpu_queue_destroy(queue);
}

int main(void)
{
    gpu_device *device;
    pt_err err = {0};
    opencl *cl = test_opencl_or_skip();
    driver.real = cl;
    driver.table = *cl;
    driver.table.clEnqueueFillBuffer = take_fill;
    driver.table.clEnqueueWriteBuffer = take_write;
    driver.table.clReleaseMemObject = take_release;
    if (test_device_of(cl, (gpu_device_options){0}, &device, &err) != PT_OK) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    device->cl = &driver.table; /* its self-test is over */
    driver.queue = device->wipes;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_fill_is_of_its_words_alone, device),
        cmocka_unit_test_prestate(a_secret_is_zero_to_its_last_byte, device),
        cmocka_unit_test_prestate(patterns_of_large_buffers_are_few, device),
    };
    const int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    gpu_device_close(device);
    opencl_close(cl);
    return n_failed;
}
