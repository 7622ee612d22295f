/* SPDX-License-Identifier: Apache-2.0 */
/* Synthesis on a device beside node/circuit/synthesis: the same bytes. */
#include "tests/kernel/test_device.h"

#include <string.h>

#include "gpu/spmv.h"
#include "tests/unit/arith_tests.inc.h"
#include "tests/unit/domain_tests.inc.h"
#include "tests/kernel/spmv_case.h"

typedef struct {
    test_device device;
    test_rng rng;
} room;

static int set_up(void **state)
{
    room *self = test_calloc(1, sizeof *self);
    self->device = test_device_open();
    self->rng = rng_start();
    *state = self;
    return 0;
}

static int tear_down(void **state)
{
    room *self = *state;
    test_device_close(&self->device);
    test_free(self);
    return 0;
}

/* a, b and c of the device, one behind the other; the witness and they are new buffers. */
static void run_on_device(room *self, const spmv_circuit *view, const fr *witness, fr *out)
{
    gpu_buffer *w, *rows[3];
    gpu_spmv *spmv;
    pt_err err = {0};
    uint64_t planned, largest;
    const size_t row_bytes = view->n_rows * sizeof(fr);
    gpu_queue *queue = self->device.queue;
    gpu_spmv_bytes(view, &planned, &largest, &err);
    assert_true(largest <= planned && largest >= planned / 8); /* there are eight */
    gpu_spmv_create(self->device.device, queue, PT_CURVE_OPTION, view, &spmv, &err);
    ASSERT_OK(err);
    assert_int_equal(gpu_device_bytes(self->device.device), planned);
    gpu_buffer_create(self->device.device, "witness", N_SIGNALS * sizeof *witness, &w, &err);
    gpu_queue_write(queue, w, 0, witness, N_SIGNALS * sizeof *witness, &err);
    for (int i = 0; i < 3; i++) {
        gpu_buffer_create(self->device.device, "rows", row_bytes, &rows[i], &err);
        gpu_queue_fill(queue, rows[i], 0, UINT32_MAX, row_bytes, &err);
    }
    ASSERT_OK(err);
    gpu_spmv_run(spmv, queue, w, rows[0], rows[1], rows[2], &err);
    for (size_t i = 0; i < 3; i++)
        gpu_queue_read(queue, rows[i], 0, row_bytes, out + i * view->n_rows, &err);
    ASSERT_OK(err);
    for (int i = 0; i < 3; i++)
        gpu_buffer_destroy(rows[i]);
    gpu_buffer_destroy(w);
    gpu_spmv_destroy(spmv);
    assert_int_equal(gpu_device_bytes(self->device.device), 0);
}

static void expect_the_same_bytes(room *self, const instance *s, const spmv_circuit *view)
{
    const size_t n = s->circuit.n_rows;
    fr *expected = test_calloc(3 * n, sizeof *expected), *got = test_calloc(3 * n, sizeof *got);
    ON_CREW(2, synthesis_run(threads, &s->circuit, s->witness, NULL, expected, expected + n, expected + 2 * n));
    run_on_device(self, view, s->witness, got);
    for (size_t i = 0; i < 3 * n; i++)
        if (memcmp(&got[i], &expected[i], sizeof *got) != 0)
            fail_msg("%c differs in row %zu of %zu", "abc"[i / n], i % n, n);
    test_free(expected);
    test_free(got);
}

static void rows_of_every_length_are_those_of_the_host(void **state)
{
    enum { N_MAX = 700, N_FEW = 80 };
    room *self = *state;
    size_t lengths[N_MAX];
    instance s;
    const uint32_t n = test_device_is_interpreted(&self->device) ? N_FEW : N_MAX;
    for (size_t i = 0; i < n; i++)
        lengths[i] = i < n / 5 ? i : rng_next(&self->rng) % 5;
    instance_init(&s, &self->rng, lengths, n);
    const spmv_circuit view = view_of(&s.circuit);
    expect_the_same_bytes(self, &s, &view);
    instance_clear(&s);
}

static void long_rows_are_those_of_the_host(void **state)
{
    room *self = *state;
    const size_t lengths[] = {1, test_device_is_interpreted(&self->device) ? 1100 : 40000, 0, 1024, 1025, 2, 33};
    instance s;
    instance_init(&s, &self->rng, lengths, sizeof lengths / sizeof *lengths);
    const spmv_circuit view = view_of(&s.circuit);
    expect_the_same_bytes(self, &s, &view);
    instance_clear(&s);
}

static void a_dictionary_without_special_ones_gives_the_same(void **state)
{
    static const size_t lengths[] = {5, 0, 70, 1, 3, 9, 2, 2};
    room *self = *state;
    instance s;
    instance_init(&s, &self->rng, lengths, sizeof lengths / sizeof *lengths);
    spmv_circuit view = view_of(&s.circuit);
    view.zero = view.plus_one = view.minus_one = N_VALUES;
    expect_the_same_bytes(self, &s, &view);
    instance_clear(&s);
}

static void the_largest_values_give_the_same(void **state)
{
    static const size_t lengths[] = {33, 33, 1, 64, 2};
    room *self = *state;
    instance s;
    instance_init(&s, &self->rng, lengths, sizeof lengths / sizeof *lengths);
    for (size_t i = 0; i < N_SIGNALS; i++)
        s.witness[i] = s.witness[1]; /* r - 1 */
    for (size_t i = 5; i < N_VALUES; i++) {
        s.dictionary[i] = fr_modulus;
        s.dictionary[i].limb[0] -= i;
    }
    const spmv_circuit view = view_of(&s.circuit);
    expect_the_same_bytes(self, &s, &view);
    instance_clear(&s);
}

static void circuits_without_entries_or_of_one_row_are_those_of_the_host(void **state)
{
    static const size_t none[3], one[] = {1};
    room *self = *state;
    instance s;
    instance_init(&s, &self->rng, none, 3);
    spmv_circuit view = view_of(&s.circuit);
    expect_the_same_bytes(self, &s, &view);
    instance_clear(&s);
    instance_init(&s, &self->rng, one, 1);
    view = view_of(&s.circuit);
    expect_the_same_bytes(self, &s, &view);
    instance_clear(&s);
}

static void a_device_without_room_is_an_error_and_leaves_nothing(void **state)
{
    static const size_t lengths[] = {1000, 3, 2, 1};
    room *self = *state;
    instance s;
    pt_err err = {0};
    gpu_spmv *spmv;
    test_device small = test_device_open_with((gpu_device_options){.memory_max = 4096});
    instance_init(&s, &self->rng, lengths, 4);
    const spmv_circuit view = view_of(&s.circuit);
    assert_int_equal(gpu_spmv_create(small.device, small.queue, PT_CURVE_OPTION, &view, &spmv, &err), PT_E_NOMEM);
    assert_int_equal(gpu_device_bytes(small.device), 0);
    instance_clear(&s);
    test_device_close(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_every_length_are_those_of_the_host),
        cmocka_unit_test(long_rows_are_those_of_the_host),
        cmocka_unit_test(a_dictionary_without_special_ones_gives_the_same),
        cmocka_unit_test(the_largest_values_give_the_same),
        cmocka_unit_test(circuits_without_entries_or_of_one_row_are_those_of_the_host),
        cmocka_unit_test(a_device_without_room_is_an_error_and_leaves_nothing),
    };
    return cmocka_run_group_tests_name("spmv", tests, set_up, tear_down);
}
