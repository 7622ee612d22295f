/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a device with its self-test, and the count of its bytes. */
#include "tests/kernel/test_device.h"

#include <string.h>

#include "gpu/opencl_calls.h"

static int set_up(void **state)
{
    static test_device device;
    device = test_device_open_with((gpu_device_options){.memory_max = 10000});
    *state = &device;
    return 0;
}

static int tear_down(void **state)
{
    test_device_close(*state);
    return 0;
}

/* A driver that reads wrongly: one bit of all reads from the n-th on. */
static struct {
    const opencl *real;
    size_t n_reads, wrong_from;
} wrong;

static cl_int CL_API_CALL read_wrongly(cl_command_queue queue, cl_mem from, cl_bool blocking, size_t offset, size_t bytes,
                                       void *to, cl_uint n_events, const cl_event *events, cl_event *event)
{
    cl_int code = wrong.real->clEnqueueReadBuffer(queue, from, CL_TRUE, offset, bytes, to, n_events, events, event);
    (void)blocking;
    if (++wrong.n_reads >= wrong.wrong_from)
        ((unsigned char *)to)[bytes - 1] ^= 1;
    return code;
}

static pt_status open_wrong(const test_device *self, size_t wrong_from, unsigned curves, pt_err *err)
{
    opencl table = *self->cl;
    gpu_device *device;
    table.clEnqueueReadBuffer = read_wrongly;
    wrong.real = self->cl;
    wrong.n_reads = 0;
    wrong.wrong_from = wrong_from;
    if (test_device_of(&table, (gpu_device_options){.curves = curves}, &device, err) == PT_OK)
        gpu_device_close(device);
    return err->code;
}

static void a_wrong_answer_at_opening_is_an_error(void **state)
{
    pt_err err = {0};
    assert_int_equal(open_wrong(*state, 1, 0, &err), PT_E_INTERNAL);
    assert_non_null(strstr(err.msg, "self-test: kernel probe: word 255 is"));
}

static void a_wrong_answer_in_a_curve_is_an_error_where_it_is_tested(void **state)
{
    pt_err none = {0}, err = {0};
    assert_int_equal(open_wrong(*state, 2, 0, &none), PT_OK);
    assert_int_equal(open_wrong(*state, 2, GPU_BN254, &err), PT_E_INTERNAL);
    assert_non_null(strstr(err.msg, "it computes wrongly in G1 of bn254"));
}

static void bytes_are_counted_now_and_at_most(void **state)
{
    test_device *self = *state;
    gpu_buffer *first, *second;
    pt_err err = {0};
    gpu_device_forget_peak(self->device);
    gpu_buffer_create(self->device, "first", 6000, &first, &err);
    gpu_buffer_create(self->device, "second", 4000, &second, &err);
    ASSERT_OK(err);
    assert_int_equal(gpu_device_bytes(self->device), 10000);
    gpu_buffer_destroy(first);
    assert_int_equal(gpu_device_bytes(self->device), 4000);
    assert_int_equal(gpu_device_peak_bytes(self->device), 10000);
    gpu_device_forget_peak(self->device);
    assert_int_equal(gpu_device_peak_bytes(self->device), 4000);
    assert_int_equal(gpu_buffer_bytes(second), 4000);
    assert_string_equal(gpu_buffer_name(second), "second");
    gpu_buffer_destroy(second);
    gpu_buffer_destroy(NULL);
    assert_int_equal(gpu_device_bytes(self->device), 0);
}

static void what_does_not_fit_is_refused_with_the_figures(void **state)
{
    test_device *self = *state;
    gpu_buffer *first, *second = NULL;
    pt_err ok = {0}, beside = {0}, large = {0};
    const uint64_t buffer_max = gpu_device_describe(self->device)->buffer_max;
    gpu_buffer_create(self->device, "points", 6000, &first, &ok);
    ASSERT_OK(ok);
    gpu_device_forget_peak(self->device);
    assert_int_equal(gpu_buffer_create(self->device, "buckets", 4001, &second, &beside), PT_E_NOMEM);
    assert_non_null(strstr(beside.msg, "buffer buckets: 4001 bytes beside 6000 that are taken, of 10000"));
    assert_int_equal(gpu_buffer_create(self->device, "tables", buffer_max + 1, &second, &large), PT_E_NOMEM);
    assert_non_null(strstr(large.msg, "and one buffer may have"));
    assert_null(second);
    assert_int_equal(gpu_device_peak_bytes(self->device), 6000);
    gpu_buffer_destroy(first);
}

static void auto_opens_no_opencl_processor(void **state)
{
    const test_device *self = *state;
    const gpu_device_options options = test_device_options((gpu_device_options){0});
    gpu_device *device;
    pt_err err = {0};
    if (gpu_device_open(self->cl, NULL, &options, &device, &err) == PT_OK) {
        gpu_kind kind = gpu_device_describe(device)->kind;
        assert_true(kind == GPU_KIND_GPU || kind == GPU_KIND_ACCELERATOR);
        gpu_device_close(device);
    } else {
        assert_non_null(strstr(err.msg, "no GPU or accelerator"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_answer_at_opening_is_an_error),
        cmocka_unit_test(a_wrong_answer_in_a_curve_is_an_error_where_it_is_tested),
        cmocka_unit_test(bytes_are_counted_now_and_at_most),
        cmocka_unit_test(what_does_not_fit_is_refused_with_the_figures),
        cmocka_unit_test(auto_opens_no_opencl_processor),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
