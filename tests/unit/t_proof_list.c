/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/proof_list.h"

#include "node/format/vkey_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int make_dir(void **state)
{
    char *dir = strdup("/tmp/partita_proofs_XXXXXX");
    *state = dir;
    return dir != NULL && mkdtemp(dir) != NULL ? 0 : -1;
}

static const char *const names[] = {"b.proof.json", "a.proof.json",     "b.public.json", "c.proof.json~", ".proof.json",
                                    "proof.json",   "a-1.proof.json",   "B.proof.json",  "d.proof.jso",   "e",
                                    "f.proof.json", "f.proof.json.json"};
enum { N_NAMES = sizeof names / sizeof *names };

static void path_in(const char *dir, const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", dir, name);
}

static int remove_dir(void **state)
{
    char path[128];
    for (size_t i = 0; i < N_NAMES; i++) {
        path_in(*state, names[i], path);
        unlink(path);
    }
    int left = rmdir(*state);
    free(*state);
    return left;
}

static void make_files(const char *dir)
{
    char path[128];
    for (size_t i = 0; i < N_NAMES; i++) {
        path_in(dir, names[i], path);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fclose(file);
    }
}

static void proofs_are_listed_by_name(void **state)
{
    static const char *const expected[] = {"B", "a-1", "a", "b", "f"};
    pt_err err = {0};
    proof_list found = {0};
    char path[128];
    make_files(*state);
    assert_int_equal(proof_list_of_dir(*state, &found, &err), PT_OK);
    assert_int_equal(found.n, 5);
    for (size_t i = 0; i < found.n; i++) {
        snprintf(path, sizeof path, "%s/%s.proof.json", (const char *)*state, expected[i]);
        assert_string_equal(found.items[i].proof_path, path);
        snprintf(path, sizeof path, "%s/%s.public.json", (const char *)*state, expected[i]);
        assert_string_equal(found.items[i].public_path, path);
    }
    proof_list_clear(&found);
    proof_list_clear(&found);
}

static void a_slash_at_the_end_is_not_doubled(void **state)
{
    pt_err err = {0};
    proof_list found = {0};
    char dir[128], path[128];
    make_files(*state);
    path_in(*state, "", dir);
    assert_int_equal(proof_list_of_dir(dir, &found, &err), PT_OK);
    path_in(*state, "B.proof.json", path);
    assert_string_equal(found.items[0].proof_path, path);
    proof_list_clear(&found);
}

static void no_proofs_are_no_input(void **state)
{
    pt_err err = {0};
    proof_list found = {0};
    assert_int_equal(proof_list_of_dir(*state, &found, &err), PT_E_NOINPUT);
    assert_non_null(strstr(err.msg, "no NAME.proof.json in it"));
    err = (pt_err){0};
    assert_int_equal(proof_list_of_dir("/nonexistent", &found, &err), PT_E_NOINPUT);
    assert_null(found.items);
}

#define GOLDEN(name) PT_TESTS_DIR "/golden/preimage/preimage_" name

/* One right, one false, one with an input too many, one of another curve, one that is not there. */
static void every_item_counts_its_steps_whatever_becomes_of_it(void **state)
{
    static const struct {
        const char *proof, *public_text;
        pt_status code;
    } cases[] = {{GOLDEN("bn254_proof.json"), NULL, PT_OK},
                 {GOLDEN("bn254_proof.json"), "[\"1\"]", PT_E_VERIFY},
                 {GOLDEN("bn254_proof.json"), "[\"1\", \"2\"]", PT_E_FORMAT},
                 {GOLDEN("bls12_381_proof.json"), NULL, PT_E_FORMAT},
                 {"none.proof.json", NULL, PT_E_NOINPUT}};
    enum { N = sizeof cases / sizeof *cases };
    const cpu_features features = cpu_features_read();
    atomic_size_t steps = 0;
    proof_list list = {.items = calloc(N, sizeof *list.items), .n = N, .steps = &steps};
    groth16_vkey vkey;
    crew *threads;
    pt_err err = {0};
    (void)state;
    assert_int_equal(crew_create(2, &threads, &err), PT_OK);
    assert_int_equal(vkey_json_read(GOLDEN("bn254_vkey.json"), features, threads, &vkey, &err), PT_OK);
    for (size_t i = 0; i < N; i++) {
        list.items[i].proof_path = strdup(cases[i].proof);
        list.items[i].public_path = strdup(GOLDEN("bn254_public.json"));
        list.items[i].public_text = cases[i].public_text;
    }
    proof_list_read(&list, &vkey, features, threads);
    assert_int_equal(atomic_load(&steps), N);
    assert_int_equal(proof_list_verify(&list, &vkey, threads, &err), PT_OK);
    assert_int_equal(atomic_load(&steps), N * (1 + GROTH16_BATCH_STEPS));
    for (size_t i = 0; i < N; i++)
        assert_int_equal(list.items[i].err.code, cases[i].code);
    proof_list_clear(&list);
    groth16_vkey_clear(&vkey);
    crew_destroy(threads);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(proofs_are_listed_by_name, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_slash_at_the_end_is_not_doubled, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(no_proofs_are_no_input, make_dir, remove_dir),
        cmocka_unit_test(every_item_counts_its_steps_whatever_becomes_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
