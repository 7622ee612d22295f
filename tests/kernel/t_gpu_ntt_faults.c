/* SPDX-License-Identifier: Apache-2.0 */
/* Every call of OpenCL under a transform fails once: an error that says so or the right answer, and nothing is left. */
#include "tests/kernel/test_device.h"

#include <string.h>

#include "gpu/gpu_ntt.h"
#include "tests/kernel/failing_opencl.h"

enum { LOG_N = 3, N_WORDS = 8 << LOG_N, N_CALLS_MAX = 1000, FAULT = CL_OUT_OF_RESOURCES };

typedef struct {
    const opencl *cl;
    char folder[40]; /* of built kernels */
    uint32_t expected[N_WORDS];
} fixture;

/* From here on calls are counted: twiddles, the quotient of a = b = c, its answer. */
static void quotient(gpu_device *device, gpu_queue *queue, gpu_buffer *const *v, uint32_t *words, pt_err *err)
{
    const gpu_ntt_options options = {.shape = {.log_tile = 2, .log_each = 1}, .forward = true, .joins = true, .back = true};
    gpu_ntt *ntt = NULL;
    if (gpu_ntt_create(device, queue, "-DPT_CURVE_BN254", LOG_N, &options, &ntt, err) != PT_OK)
        return;
    for (int i = 0; i < GPU_NTT_VECTORS_MAX && err->code == PT_OK; i++)
        gpu_queue_write(queue, v[i], 0, words, sizeof(uint32_t) * N_WORDS, err);
    if (err->code == PT_OK && gpu_quotient_run(ntt, queue, v[0], v[1], v[2], err) == PT_OK)
        gpu_queue_read(queue, v[0], 0, sizeof(uint32_t) * N_WORDS, words, err);
    pt_err waited = {0};
    gpu_queue_wait(queue, &waited);
    gpu_ntt_destroy(ntt);
}

/* words: in and out; the n-th call fails, 0: none. */
static void use_once(const fixture *f, size_t n, uint32_t *words, pt_err *err)
{
    const char *kind;
    gpu_device *device;
    gpu_queue *queue;
    gpu_buffer *v[GPU_NTT_VECTORS_MAX];
    pt_err opened = {0};
    failing_opencl_set(0, CL_SUCCESS, false);
    test_device_of(f->cl, (gpu_device_options){.cache_folder = f->folder}, &device, &opened);
    ASSERT_OK(opened);
    gpu_queue_create(device, &queue, &opened);
    for (int i = 0; i < GPU_NTT_VECTORS_MAX; i++)
        gpu_buffer_create(device, "a vector", sizeof(uint32_t) * N_WORDS, &v[i], &opened);
    ASSERT_OK(opened);
    failing_opencl_set(n, FAULT, false);
    quotient(device, queue, v, words, err);
    gpu_queue_destroy(queue);
    for (int i = 0; i < GPU_NTT_VECTORS_MAX; i++)
        gpu_buffer_destroy(v[i]);
    assert_int_equal(gpu_device_bytes(device), 0);
    gpu_device_close(device);
    if (failing_opencl_n_live(&kind) != 0)
        fail_msg("call %zu failed: a %s is left", n, kind);
}

static void some_words(uint32_t *words)
{
    for (uint32_t i = 0; i < N_WORDS; i++)
        words[i] = i % 8 == 7 ? i : 0x9e3779b9u * i;
}

static void every_failed_call_is_an_error_or_the_right_answer(void **state)
{
    const fixture *f = *state;
    size_t n = 1, n_errors = 0;
    for (; n < N_CALLS_MAX; n++) {
        uint32_t words[N_WORDS];
        pt_err err = {0};
        some_words(words);
        use_once(f, n, words, &err);
        if (failing_opencl_failed() == NULL)
            break;
        if (err.code == PT_OK)
            assert_memory_equal(words, f->expected, sizeof words);
        else if (strstr(err.msg, opencl_error_name(FAULT)) == NULL)
            fail_msg("%s failed (call %zu), and the error is: %s", failing_opencl_failed(), n, err.msg);
        n_errors += err.code != PT_OK;
    }
    assert_true(n > 40 && n < N_CALLS_MAX && n_errors > 20);
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    pt_err err = {0};
    assert_non_null(f);
    f->cl = failing_opencl(test_opencl_or_skip());
    strcpy(f->folder, "/tmp/partita_ntt_faults.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    some_words(f->expected);
    use_once(f, 0, f->expected, &err); /* the cache has the kernels from here on */
    ASSERT_OK(err);
    *state = f;
    return 0;
}

static int clean_up(void **state)
{
    fixture *f = *state;
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", f->folder);
    free(f);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_failed_call_is_an_error_or_the_right_answer)};
    return cmocka_run_group_tests(tests, set_up, clean_up);
}
