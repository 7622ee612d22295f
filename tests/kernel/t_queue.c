/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel from its text to its answer: buffers, arguments, launches, copies, times. */
#include "tests/kernel/test_device.h"

#include <string.h>

#include "gpu/pinned.h"
#include "kernels/shared/probe_args.h"

enum { N = 1000, GROUP = 64 };

static uint32_t expected(uint32_t word, uint32_t factor, size_t i)
{
    return (uint32_t)((uint64_t)word * factor >> 32) + (uint32_t)i;
}

/* Words, their buffer, and one for the answers. */
typedef struct {
    test_device device;
    gpu_kernel *kernel;
    gpu_buffer *in, *out;
    uint32_t words[N], answers[N];
    probe_args args;
} probe_case;

static int set_up(void **state)
{
    pt_err err = {0};
    probe_case *self = test_calloc(1, sizeof *self);
    self->device = test_device_open();
    self->args = (probe_args){.n = N, .factor = 0xfedcba98};
    for (size_t i = 0; i < N; i++)
        self->words[i] = (uint32_t)(i * 2654435761u);
    gpu_kernel_get(self->device.device, "probe", "", &self->kernel, &err);
    gpu_buffer_create(self->device.device, "in", sizeof self->words, &self->in, &err);
    gpu_buffer_create(self->device.device, "out", sizeof self->answers, &self->out, &err);
    gpu_queue_write(self->device.queue, self->in, 0, self->words, sizeof self->words, &err);
    ASSERT_OK(err);
    *state = self;
    return 0;
}

static int tear_down(void **state)
{
    probe_case *self = *state;
    gpu_buffer_destroy(self->out);
    gpu_buffer_destroy(self->in);
    assert_int_equal(gpu_device_bytes(self->device.device), 0);
    test_device_close(&self->device);
    test_free(self);
    return 0;
}

static void launch(probe_case *self, pt_err *err)
{
    gpu_queue_launch(self->device.queue, self->kernel, N, GROUP,
                     GPU_ARGS(gpu_arg_buffer(self->in), gpu_arg_buffer(self->out), GPU_ARG_VALUE(self->args)), err);
}

static void pinned_memory_goes_to_the_device_and_comes_back(void **state)
{
    probe_case *self = *state;
    const uint64_t before = gpu_device_bytes(self->device.device);
    gpu_pinned *pinned;
    pt_err err = {0};
    gpu_pinned_create(self->device.device, 2 * sizeof self->words, &pinned, &err);
    ASSERT_OK(err);
    assert_int_equal(gpu_device_bytes(self->device.device), before);
    uint32_t *at = gpu_pinned_view(pinned);
    for (size_t i = 0; i < N; i++)
        at[i] = (uint32_t)(3 * i + 1);
    gpu_queue_write(self->device.queue, self->out, 0, at, sizeof self->words, &err);
    gpu_queue_read(self->device.queue, self->out, 0, sizeof self->words, at + N, &err);
    ASSERT_OK(err);
    assert_memory_equal(at, at + N, sizeof self->words);
    gpu_pinned_destroy(pinned);
}

static void a_kernel_computes_what_the_host_does(void **state)
{
    probe_case *self = *state;
    pt_err err = {0};
    launch(self, &err);
    gpu_queue_read(self->device.queue, self->out, 0, sizeof self->answers, self->answers, &err);
    ASSERT_OK(err);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(self->answers[i], expected(self->words[i], self->args.factor, i));
}

static void a_kernel_gets_its_arguments_at_each_launch(void **state)
{
    probe_case *self = *state;
    pt_err err = {0};
    uint32_t first[N];
    launch(self, &err);
    self->args.factor = 0x80000000;
    gpu_queue_read_later(self->device.queue, self->out, 0, sizeof first, first, &err);
    launch(self, &err);
    gpu_queue_read_later(self->device.queue, self->out, 0, sizeof self->answers, self->answers, &err);
    gpu_queue_wait(self->device.queue, &err);
    ASSERT_OK(err);
    assert_int_equal(first[N - 1], expected(self->words[N - 1], 0xfedcba98, N - 1));
    assert_int_equal(self->answers[N - 1], expected(self->words[N - 1], 0x80000000, N - 1));
}

static void fills_and_copies_keep_to_their_range(void **state)
{
    probe_case *self = *state;
    pt_err err = {0};
    gpu_queue_fill(self->device.queue, self->out, 0, 7, sizeof self->answers, &err);
    gpu_queue_copy(self->device.queue, self->in, 8, self->out, 4, 12, &err);
    gpu_queue_read(self->device.queue, self->out, 0, sizeof self->answers, self->answers, &err);
    ASSERT_OK(err);
    assert_int_equal(self->answers[0], 7);
    assert_memory_equal(self->answers + 1, self->words + 2, 12);
    assert_int_equal(self->answers[4], 7);
}

static void times_are_kept_by_name(void **state)
{
    probe_case *self = *state;
    pt_err err = {0};
    size_t n;
    gpu_queue_forget_times(self->device.queue);
    launch(self, &err);
    launch(self, &err);
    gpu_queue_read(self->device.queue, self->out, 0, 4, self->answers, &err);
    ASSERT_OK(err);
    const gpu_time *times = gpu_queue_times(self->device.queue, &n);
    assert_int_equal(n, 2);
    assert_string_equal(times[0].name, "probe");
    assert_int_equal(times[0].n, 2);
    assert_true(times[0].min_ns <= times[0].max_ns && times[0].max_ns <= times[0].total_ns);
    assert_string_equal(times[1].name, "read");
}

static void a_wait_ends_at_its_place(void **state)
{
    probe_case *self = *state;
    gpu_queue *queue = self->device.queue;
    pt_err err = {0};
    size_t n;
    gpu_queue_forget_times(queue);
    launch(self, &err);
    uint64_t first = 0, second = 0, third = 0;
    gpu_queue_mark(queue, &first, &err);
    launch(self, &err);
    gpu_queue_mark(queue, &second, &err);
    gpu_queue_wait_until(queue, first, &err);
    ASSERT_OK(err);
    assert_int_equal(gpu_queue_times(queue, &n)[0].n, 1);
    gpu_queue_wait_until(queue, first, &err); /* what is over is not waited for */
    assert_int_equal(gpu_queue_times(queue, &n)[0].n, 1);
    gpu_queue_wait_until(queue, second, &err);
    ASSERT_OK(err);
    assert_int_equal(gpu_queue_times(queue, &n)[0].n, 2);
    gpu_queue_mark(queue, &third, &err);
    ASSERT_OK(err);
    assert_int_equal(third, second);
}

static void a_queue_without_times_does_the_same(void **state)
{
    enum { N_FILLS = 1500 };
    probe_case *self = *state;
    pt_err err = {0};
    gpu_queue *untimed;
    size_t n;
    gpu_queue_create_untimed(self->device.device, &untimed, &err);
    ASSERT_OK(err);
    for (uint32_t i = 1; i <= N_FILLS; i++)
        gpu_queue_fill(untimed, self->out, 0, i, 4, &err);
    gpu_queue_read(untimed, self->out, 0, 4, self->answers, &err);
    ASSERT_OK(err);
    assert_int_equal(self->answers[0], N_FILLS);
    gpu_queue_times(untimed, &n);
    assert_int_equal(n, 0);
    gpu_queue_destroy(untimed);
}

static void more_commands_than_events_are_kept_still_count(void **state)
{
    enum { N_FILLS = 1500 };
    probe_case *self = *state;
    pt_err err = {0};
    size_t n;
    gpu_queue_forget_times(self->device.queue);
    for (uint32_t i = 0; i < N_FILLS; i++)
        gpu_queue_fill(self->device.queue, self->out, 0, i, 4, &err);
    gpu_queue_wait(self->device.queue, &err);
    ASSERT_OK(err);
    assert_int_equal(gpu_queue_times(self->device.queue, &n)->n, N_FILLS);
}

static void wrong_launches_and_ranges_are_refused(void **state)
{
    probe_case *self = *state;
    pt_err args = {0}, group = {0}, none = {0}, range = {0};
    gpu_queue_launch(self->device.queue, self->kernel, N, GROUP, GPU_ARGS(gpu_arg_buffer(self->in)), &args);
    assert_int_equal(args.code, PT_E_INTERNAL);
    assert_non_null(strstr(args.msg, "probe: 1 arguments, and the kernel has 3"));
    gpu_queue_launch(self->device.queue, self->kernel, N, (size_t)1 << 30, GPU_ARGS(gpu_arg_buffer(self->in)), &group);
    assert_int_equal(group.code, PT_E_ARG);
    gpu_queue_launch(self->device.queue, self->kernel, 0, GROUP, NULL, 0, &none);
    ASSERT_OK(none);
    gpu_queue_write(self->device.queue, self->out, 4, self->words, sizeof self->words, &range);
    assert_int_equal(range.code, PT_E_INTERNAL);
    assert_non_null(strstr(range.msg, "buffer out: 4000 bytes at 4, and it has 4000"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pinned_memory_goes_to_the_device_and_comes_back),
        cmocka_unit_test(a_kernel_computes_what_the_host_does),
        cmocka_unit_test(a_kernel_gets_its_arguments_at_each_launch),
        cmocka_unit_test(fills_and_copies_keep_to_their_range),
        cmocka_unit_test(times_are_kept_by_name),
        cmocka_unit_test(a_wait_ends_at_its_place),
        cmocka_unit_test(a_queue_without_times_does_the_same),
        cmocka_unit_test(more_commands_than_events_are_kept_still_count),
        cmocka_unit_test(wrong_launches_and_ranges_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
