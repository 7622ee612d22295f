/* SPDX-License-Identifier: Apache-2.0 */
/* Copies, fills and wipes of more than a command may move: a driver in between takes the commands and does nothing. */
#include "tests/kernel/test_device.h"

#include "gpu/device_state.h"
#include "gpu/opencl_calls.h"

#define GIB ((size_t)1 << 30)

enum { OFFSET = 64, OTHER_OFFSET = 4096 };

/* What was moved: from the first byte on without a gap. */
static struct {
    opencl table;
    const opencl *real;
    size_t n_commands, moved, largest;
    uint8_t *host;
} driver;

static cl_int moves(cl_command_queue queue, size_t offset, size_t first, size_t n, cl_event *event)
{
    assert_int_equal(offset, first + driver.moved);
    driver.n_commands++;
    driver.moved += n;
    driver.largest = n > driver.largest ? n : driver.largest;
    return event != NULL ? driver.real->clEnqueueMarkerWithWaitList(queue, 0, NULL, event) : CL_SUCCESS;
}

static cl_int CL_API_CALL takes_write(cl_command_queue queue, cl_mem mem, cl_bool blocking, size_t offset, size_t n,
                                      const void *from, cl_uint n_waits, const cl_event *waits, cl_event *event)
{
    (void)mem, (void)blocking, (void)n_waits, (void)waits;
    assert_ptr_equal(from, driver.host + driver.moved);
    return moves(queue, offset, OFFSET, n, event);
}

static cl_int CL_API_CALL takes_read(cl_command_queue queue, cl_mem mem, cl_bool blocking, size_t offset, size_t n,
                                     void *to, cl_uint n_waits, const cl_event *waits, cl_event *event)
{
    (void)mem, (void)blocking, (void)n_waits, (void)waits;
    assert_ptr_equal(to, driver.host + driver.moved);
    return moves(queue, offset, OFFSET, n, event);
}

static cl_int CL_API_CALL takes_fill(cl_command_queue queue, cl_mem mem, const void *pattern, size_t pattern_bytes,
                                     size_t offset, size_t n, cl_uint n_waits, const cl_event *waits, cl_event *event)
{
    (void)mem, (void)n_waits, (void)waits;
    if (pattern_bytes == 1) /* a wipe */
        assert_int_equal(*(const uint8_t *)pattern, 0);
    else
        assert_int_equal(*(const uint32_t *)pattern, 7);
    return moves(queue, offset, pattern_bytes == 1 ? 0 : OFFSET, n, event);
}

static cl_int CL_API_CALL takes_copy(cl_command_queue queue, cl_mem from, cl_mem to, size_t from_offset, size_t to_offset,
                                     size_t n, cl_uint n_waits, const cl_event *waits, cl_event *event)
{
    (void)from, (void)to, (void)n_waits, (void)waits;
    assert_int_equal(from_offset, OTHER_OFFSET + driver.moved);
    return moves(queue, to_offset, OFFSET, n, event);
}

static void begin(void)
{
    driver.n_commands = driver.moved = driver.largest = 0;
}

static void expect_pieces(const pt_err *err, size_t bytes)
{
    ASSERT_OK(*err);
    assert_int_equal(driver.moved, bytes);
    assert_int_equal(driver.n_commands, bytes / GIB + (bytes % GIB != 0));
    assert_true(driver.largest <= GIB);
}

static void no_command_moves_more_than_a_gib(void **state)
{
    gpu_device *device = *state;
    static const size_t sizes[] = {4, GIB, GIB + 4, 4 * GIB, 5 * GIB + 12};
    gpu_buffer large = {.device = device, .name = "large", .bytes = 6 * GIB}, other = large;
    gpu_queue *queue;
    pt_err err = {0};
    gpu_queue_create_untimed(device, &queue, &err);
    ASSERT_OK(err);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        begin(), gpu_queue_write(queue, &large, OFFSET, driver.host, sizes[i], &err), expect_pieces(&err, sizes[i]);
        begin(), gpu_queue_write_later(queue, &large, OFFSET, driver.host, sizes[i], &err), expect_pieces(&err, sizes[i]);
        begin(), gpu_queue_read(queue, &large, OFFSET, sizes[i], driver.host, &err), expect_pieces(&err, sizes[i]);
        begin(), gpu_queue_read_later(queue, &large, OFFSET, sizes[i], driver.host, &err), expect_pieces(&err, sizes[i]);
        begin(), gpu_queue_fill(queue, &large, OFFSET, 7, sizes[i], &err), expect_pieces(&err, sizes[i]);
        begin(), gpu_queue_copy(queue, &other, OTHER_OFFSET, &large, OFFSET, sizes[i], &err), expect_pieces(&err, sizes[i]);
    }
    begin();
    assert_int_equal(gpu_queue_write(queue, &large, OFFSET, driver.host, 6 * GIB, &err), PT_E_INTERNAL);
    assert_int_equal(driver.n_commands, 0);
    gpu_queue_destroy(queue);
}

/* A secret buffer that is as large in its books alone. */
static void nor_does_a_wipe(void **state)
{
    const size_t bytes = 6 * GIB + 16;
    gpu_device *device = *state;
    gpu_buffer *secret;
    pt_err err = {0};
    gpu_buffer_create_secret(device, "secret", 16, &secret, &err);
    ASSERT_OK(err);
    device->bytes += bytes - secret->bytes;
    secret->bytes = bytes;
    begin(), gpu_buffer_destroy(secret), expect_pieces(&err, bytes);
    assert_int_equal(gpu_device_bytes(device), 0);
}

int main(void)
{
    gpu_device *device;
    pt_err err = {0};
    opencl *cl = test_opencl_or_skip();
    uint8_t byte;
    driver.real = cl;
    driver.table = *cl;
    driver.host = &byte;
    driver.table.clEnqueueWriteBuffer = takes_write;
    driver.table.clEnqueueReadBuffer = takes_read;
    driver.table.clEnqueueFillBuffer = takes_fill;
    driver.table.clEnqueueCopyBuffer = takes_copy;
    if (test_device_of(cl, (gpu_device_options){0}, &device, &err) != PT_OK) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    device->cl = &driver.table; /* its self-test is over */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(no_command_moves_more_than_a_gib, device),
        cmocka_unit_test_prestate(nor_does_a_wipe, device),
    };
    const int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    gpu_device_close(device);
    opencl_close(cl);
    return n_failed;
}
