/* SPDX-License-Identifier: Apache-2.0 */
/* What a device computes when it is opened, put beside known answers: drivers do give wrong ones. */
#include "gpu/device_state.h"
#include "gpu/queue.h"
#include "gpu/selftest.h"
#include "kernels/shared/probe_args.h"

enum { N_WORDS = 256, GROUP = 64 };

static uint32_t probe_word_of(uint32_t i)
{
    return i * 2654435761u;
}

static pt_status judge_probe(const gpu_device *device, const uint32_t *answers, uint32_t factor, pt_err *err)
{
    for (uint32_t i = 0; i < N_WORDS; i++) {
        const uint32_t expected = (uint32_t)((uint64_t)probe_word_of(i) * factor >> 32) + i;
        if (answers[i] != expected)
            return pt_fail(err, PT_E_INTERNAL, "%s: self-test: kernel probe: word %u is %#x, expected %#x",
                           device->info.name, i, answers[i], expected);
    }
    return PT_OK;
}

static pt_status run_probe(gpu_device *device, gpu_queue *queue, gpu_kernel *kernel, const gpu_buffer *in, gpu_buffer *out,
                           pt_err *err)
{
    const probe_args args = {.n = N_WORDS, .factor = 0xfedcba98};
    uint32_t answers[N_WORDS];
    if (gpu_queue_launch(queue, kernel, N_WORDS, GROUP,
                         GPU_ARGS(gpu_arg_buffer(in), gpu_arg_buffer(out), GPU_ARG_VALUE(args)), err) != PT_OK ||
        gpu_queue_read(queue, out, 0, sizeof answers, answers, err) != PT_OK)
        return err->code;
    return judge_probe(device, answers, args.factor, err);
}

static pt_status test_probe(gpu_device *device, gpu_queue *queue, pt_err *err)
{
    gpu_buffer *in = NULL, *out = NULL;
    gpu_kernel *kernel;
    uint32_t words[N_WORDS];
    for (uint32_t i = 0; i < N_WORDS; i++)
        words[i] = probe_word_of(i);
    if (gpu_kernel_get(device, "probe", "", &kernel, err) == PT_OK &&
        gpu_buffer_create(device, "self-test", sizeof words, &in, err) == PT_OK &&
        gpu_buffer_create(device, "self-test", sizeof words, &out, err) == PT_OK &&
        gpu_queue_write(queue, in, 0, words, sizeof words, err) == PT_OK)
        run_probe(device, queue, kernel, in, out, err);
    gpu_buffer_destroy(out);
    gpu_buffer_destroy(in);
    return err->code;
}

static pt_status test_curves(gpu_device *device, gpu_queue *queue, pt_err *err)
{
    static const struct {
        unsigned bit;
        const char *name;
    } curves[] = {{GPU_BN254, "bn254"}, {GPU_BLS12_381, "bls12_381"}};
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        for (int group = 1; group <= 2 && (device->options.curves & curves[i].bit); group++)
            if (gpu_selftest(device, queue, NULL, curves[i].name, group, err) != PT_OK)
                return err->code;
    return PT_OK;
}

pt_status gpu_device_test(gpu_device *device, pt_err *err)
{
    gpu_queue *queue;
    if (gpu_queue_create(device, &queue, err) != PT_OK)
        return err->code;
    if (test_probe(device, queue, err) == PT_OK)
        test_curves(device, queue, err);
    gpu_queue_destroy(queue);
    gpu_device_forget_peak(device);
    return err->code;
}
