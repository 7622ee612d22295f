/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/selftest.h"

#include <stdlib.h>
#include <string.h>

#include "kernels/shared/selftest_answers.h"

/* What is known of one curve's group: the words of a generator, and of the answers their number and hash. */
typedef struct {
    const char *curve;
    int group;
    const char *options;
    size_t n_words; /* of the generator: two coordinates */
    size_t fq_words;
    uint64_t answer;
    uint32_t generator[48];
} known_group;

static const known_group groups[] = {
    {"bn254", 1, "-DPT_CURVE_BN254 -DPT_GROUP=1", 16, 8, SELFTEST_BN254_G1_ANSWER, SELFTEST_BN254_G1_GENERATOR},
    {"bn254", 2, "-DPT_CURVE_BN254 -DPT_GROUP=2", 32, 8, SELFTEST_BN254_G2_ANSWER, SELFTEST_BN254_G2_GENERATOR},
    {"bls12_381", 1, "-DPT_CURVE_BLS12_381 -DPT_GROUP=1", 24, 12, SELFTEST_BLS12_381_G1_ANSWER,
     SELFTEST_BLS12_381_G1_GENERATOR},
    {"bls12_381", 2, "-DPT_CURVE_BLS12_381 -DPT_GROUP=2", 48, 12, SELFTEST_BLS12_381_G2_ANSWER,
     SELFTEST_BLS12_381_G2_GENERATOR},
};

static const known_group *group_of(const char *curve, int group, pt_err *err)
{
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (strcmp(groups[i].curve, curve) == 0 && groups[i].group == group)
            return &groups[i];
    pt_fail(err, PT_E_ARG, "self-test: no group G%d of %s", group, curve);
    return NULL;
}

/* fr of 8 words, fq, and a point of twice the affine one's words. */
static size_t n_answer_words(const known_group *known)
{
    return SELFTEST_N * (8 + known->fq_words + 2 * known->n_words);
}

uint64_t gpu_selftest_digest(const uint32_t *words, size_t n)
{
    uint64_t digest = 0xcbf29ce484222325;
    for (size_t i = 0; i < n; i++)
        digest = (digest ^ words[i]) * 0x100000001b3;
    return digest;
}

static pt_status judge(const char *who, const known_group *known, const uint32_t *words, pt_err *err)
{
    const uint64_t digest = gpu_selftest_digest(words, n_answer_words(known));
    if (digest == known->answer)
        return PT_OK;
    return pt_fail(err, PT_E_INTERNAL,
                   "%s: self-test: it computes wrongly in G%d of %s: the answers hash to %016llx, expected %016llx", who,
                   known->group, known->curve, (unsigned long long)digest, (unsigned long long)known->answer);
}

pt_status gpu_selftest_judge(const char *who, const char *curve, int group, const uint32_t *words, size_t n, pt_err *err)
{
    const known_group *known = group_of(curve, group, err);
    if (known == NULL)
        return err->code;
    if (n != n_answer_words(known))
        return pt_fail(err, PT_E_ARG, "self-test: %zu words, expected %zu", n, n_answer_words(known));
    return judge(who, known, words, err);
}

/* lock: NULL: none. Held while the kernel runs; the answers' reading waits for that. */
static pt_status answer(gpu_queue *queue, gpu_lock *lock, gpu_kernel *kernel, const gpu_buffer *generator,
                        const gpu_buffer *answers, size_t bytes, uint32_t *words, pt_err *err)
{
    if (gpu_lock_take(lock, err) != PT_OK)
        return err->code;
    if (gpu_queue_launch(queue, kernel, SELFTEST_N, SELFTEST_N,
                         GPU_ARGS(gpu_arg_buffer(generator), gpu_arg_buffer(answers)), err) == PT_OK)
        gpu_queue_read(queue, answers, 0, bytes, words, err);
    gpu_lock_give(lock);
    return err->code;
}

pt_status gpu_selftest(gpu_device *device, gpu_queue *queue, gpu_lock *lock, const char *curve, int group, pt_err *err)
{
    const known_group *known = group_of(curve, group, err);
    if (known == NULL)
        return err->code;
    const size_t bytes = 4 * n_answer_words(known);
    uint32_t *words = malloc(bytes);
    if (words == NULL)
        return pt_fail(err, PT_E_NOMEM, "self-test: no memory for %zu bytes", bytes);
    gpu_buffer *generator = NULL, *answers = NULL;
    gpu_kernel *kernel;
    if (gpu_kernel_get(device, "selftest", known->options, &kernel, err) == PT_OK &&
        gpu_buffer_create(device, "self-test", 4 * known->n_words, &generator, err) == PT_OK &&
        gpu_buffer_create(device, "self-test", bytes, &answers, err) == PT_OK &&
        gpu_queue_write(queue, generator, 0, known->generator, 4 * known->n_words, err) == PT_OK &&
        answer(queue, lock, kernel, generator, answers, bytes, words, err) == PT_OK)
        judge(gpu_device_describe(device)->name, known, words, err);
    gpu_buffer_destroy(answers);
    gpu_buffer_destroy(generator);
    free(words);
    return err->code;
}
