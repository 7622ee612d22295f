/* SPDX-License-Identifier: Apache-2.0 */
#include "node/groth16/assemble.h"

#include <pthread.h>

#include "node/curve_entries.h"
#include "node/groth16/blinding.h"
#include "tests/unit/arith_tests.inc.h"

enum { STACK_BYTES = 2 << 20 }; /* ThreadSanitizer's static TLS takes some 700 KiB of it */

static fr drawn[2]; /* r and s, canonical */
static unsigned n_drawn;

/* In the place of the library's: r and s that the test knows. */
pt_status blinding_draw(const uint8_t *order, size_t n_bytes, uint8_t *out, pt_err *err)
{
    (void)order, (void)err;
    assert_int_equal(n_bytes, sizeof(fr));
    memcpy(out, &drawn[n_drawn++ % 2], n_bytes);
    return PT_OK;
}

/* A key's points and the five sums, as multiples of the generators; Montgomery form. */
typedef struct {
    fr alpha, beta, delta, a, b, l, h;
    uint8_t beta1[sizeof(g1_affine)], delta1[sizeof(g1_affine)];
    proving_key key;
    msm_sums sums;
    groth16_proof proof;
    pt_status status;
} fixture;

static void fixture_fill(fixture *f, test_rng *rng)
{
    fr *const scalars[] = {&f->alpha, &f->beta, &f->delta, &f->a, &f->b, &f->l, &f->h, &drawn[0], &drawn[1]};
    for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++)
        *scalars[i] = rng_fr(rng);
    f->key = (proving_key){.curve = &curve_table, .beta1 = f->beta1, .delta1 = f->delta1};
    g1_put(f->key.vkey.alpha1, &f->alpha);
    g1_put(f->beta1, &f->beta);
    g1_put(f->delta1, &f->delta);
    g2_put(f->key.vkey.beta2, &f->beta);
    g2_put(f->key.vkey.delta2, &f->delta);
    f->sums = (msm_sums){.a = g1_of(&f->a), .b1 = g1_of(&f->b), .l = g1_of(&f->l), .h = g1_of(&f->h), .b2 = g2_of(&f->b)};
}

/* r = x + y z. */
static fr plus_product(const fr *x, const fr *y, const fr *z)
{
    fr sum;
    fr_mul(&sum, y, z);
    fr_add(&sum, &sum, x);
    return sum;
}

static void a_proof_is_what_the_equations_say(void **state)
{
    for (int run = 0; run < 3; run++) {
        fixture f;
        pt_err err = {0};
        fr r, s, a, b, c;
        uint8_t expected[sizeof(g2_affine)];
        fixture_fill(&f, *state);
        if (run == 2)
            drawn[0] = drawn[1] = fr_zero;
        fr_to_mont(&r, &drawn[0]);
        fr_to_mont(&s, &drawn[1]);
        assert_int_equal(assemble_run(&f.key, &f.sums, &f.proof, &err), PT_OK);
        fr_add(&a, &f.alpha, &f.a), a = plus_product(&a, &r, &f.delta);
        fr_add(&b, &f.beta, &f.b), b = plus_product(&b, &s, &f.delta);
        fr_add(&c, &f.l, &f.h), c = plus_product(&c, &s, &a), c = plus_product(&c, &r, &b);
        fr_mul(&r, &r, &s), fr_neg(&r, &r), c = plus_product(&c, &r, &f.delta);
        g1_put(expected, &a);
        assert_memory_equal(f.proof.a, expected, sizeof(g1_affine));
        g2_put(expected, &b);
        assert_memory_equal(f.proof.b, expected, sizeof(g2_affine));
        g1_put(expected, &c);
        assert_memory_equal(f.proof.c, expected, sizeof(g1_affine));
    }
}

/* Far below all that is zeroed, so that it stays: the stack that is searched is the one in use. */
static const uint64_t MARK[2] = {0x6b72616d20612069, 0x6e20746865207361};

static __attribute__((noinline)) void leave_mark(void)
{
    volatile uint64_t frame[STACK_BYTES / 16], *deepest = frame;
    deepest[0] = MARK[0];
    deepest[1] = MARK[1];
}

static void *assemble_on_this_stack(void *arg)
{
    fixture *f = arg;
    pt_err err = {0};
    leave_mark();
    f->status = assemble_run(&f->key, &f->sums, &f->proof, &err);
    return NULL;
}

/* Does it stand in the stack, at a multiple of 8 bytes? Dead frames may be poisoned. */
static __attribute__((no_sanitize_address)) bool stack_has(const uint64_t *stack, const uint64_t *words, size_t n_words)
{
    for (size_t i = 0; i + n_words <= STACK_BYTES / 8; i++) {
        size_t same = 0;
        while (same < n_words && stack[i + same] == words[same])
            same++;
        if (same == n_words)
            return true;
    }
    return false;
}

/* What would undo the blinding, as assemble_run has it on its stack before it is zeroed: r, s, r s, [r s] delta, and the sums before
 * they are affine. */
static void assert_none_of_the_secrets(const uint64_t *stack, const fixture *f)
{
    fr rs;
    g1_affine delta1, alpha, beta1;
    g2_affine delta2, beta2;
    g1_xyzz delta, rs_delta, a, b1;
    g2_xyzz b2;
    g1_affine_load(&delta1, f->delta1), g1_affine_load(&alpha, f->key.vkey.alpha1), g1_affine_load(&beta1, f->beta1);
    g2_affine_load(&delta2, f->key.vkey.delta2), g2_affine_load(&beta2, f->key.vkey.beta2);
    g1_from_affine(&delta, &delta1);
    fr_to_mont(&rs, &drawn[0]), fr_mul(&rs, &rs, &drawn[1]);
    g1_mul_secret(&rs_delta, &delta, &rs);
    g1_mul_secret(&a, &delta, &drawn[0]), g1_add_mixed(&a, &a, &alpha), g1_add(&a, &f->sums.a, &a);
    g1_mul_secret(&b1, &delta, &drawn[1]), g1_add_mixed(&b1, &b1, &beta1), g1_add(&b1, &f->sums.b1, &b1);
    g2_from_affine(&b2, &delta2), g2_mul_secret(&b2, &b2, &drawn[1]);
    g2_add_mixed(&b2, &b2, &beta2), g2_add(&b2, &f->sums.b2, &b2);
    assert_false(stack_has(stack, drawn[0].limb, FR_LIMBS));
    assert_false(stack_has(stack, drawn[1].limb, FR_LIMBS));
    assert_false(stack_has(stack, rs.limb, FR_LIMBS));
    assert_false(stack_has(stack, rs_delta.x.limb, FQ_LIMBS));
    assert_false(stack_has(stack, a.x.limb, FQ_LIMBS));
    assert_false(stack_has(stack, b1.x.limb, FQ_LIMBS));
    assert_false(stack_has(stack, b2.x.c0.limb, FQ_LIMBS));
    assert_false(stack_has(stack, f->sums.l.x.limb, FQ_LIMBS));
}

static void no_secret_stays_on_the_stack(void **state)
{
    fixture f;
    uint64_t *stack = aligned_alloc(4096, STACK_BYTES);
    pthread_attr_t attributes;
    pthread_t thread;
    fixture_fill(&f, *state);
    assert_non_null(stack);
    memset(stack, 0, STACK_BYTES);
    pthread_attr_init(&attributes);
    assert_int_equal(pthread_attr_setstack(&attributes, stack, STACK_BYTES), 0);
    assert_int_equal(pthread_create(&thread, &attributes, assemble_on_this_stack, &f), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    assert_int_equal(f.status, PT_OK);
    assert_true(stack_has(stack, MARK, 2));
    assert_none_of_the_secrets(stack, &f);
    free(stack);
}

int main(void)
{
    skip_unless_supported();
    test_rng rng = rng_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_proof_is_what_the_equations_say, &rng),
        cmocka_unit_test_prestate(no_secret_stays_on_the_stack, &rng),
    };
    return cmocka_run_group_tests_name("assemble", tests, NULL, NULL);
}
