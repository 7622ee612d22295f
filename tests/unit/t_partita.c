/* SPDX-License-Identifier: Apache-2.0 */
/* The public API. Threads and memory: t_partita_threads.c. */
#include "node/partita.h"

#include <signal.h>

#include "tests/unit/format_tests.inc.h"

enum { N_PUBLIC = 1, WITNESS_N = 243 };

typedef struct {
    partita_key *key;
    partita_vkey *vkey;
    partita_proof proof;
    image witness;
} fixture;

static const char *const CURVES[] = {"bn254", "bls12_381"};
static const char *const KEYS[] = {GOLDEN("bn254.zkey"), GOLDEN("bls12_381.zkey")};
static const char *const VKEYS[] = {GOLDEN("bn254_vkey.json"), GOLDEN("bls12_381_vkey.json")};
static const char *const WITNESSES[] = {GOLDEN("bn254.wtns"), GOLDEN("bls12_381.wtns")};

static const partita_job ONE_THREAD = {1, NULL, NULL, NULL};

/* One of each curve. */
static int set_up(void **state)
{
    fixture *f = calloc(2, sizeof *f);
    *state = f;
    for (size_t i = 0; i < 2; i++) {
        const partita_key_options options = {.check = PARTITA_CHECK_QUICK, .n_threads = 1};
        if (partita_key_open(KEYS[i], &options, &f[i].key, NULL) != PARTITA_OK ||
            partita_vkey_open(VKEYS[i], &f[i].vkey, NULL) != PARTITA_OK ||
            partita_prove_file(f[i].key, WITNESSES[i], &ONE_THREAD, &f[i].proof, NULL) != PARTITA_OK)
            return -1;
        f[i].witness = image_read(WITNESSES[i]);
    }
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < 2; i++) {
        partita_key_close(f[i].key);
        partita_vkey_close(f[i].vkey);
        partita_proof_clear(&f[i].proof);
        free(f[i].witness.bytes);
    }
    free(f);
    return 0;
}

static partita_statement statement_of(const partita_proof *proof)
{
    return (partita_statement){proof->public_json, proof->proof_json};
}

static void assert_says(const partita_error *err, partita_status got, partita_status code, const char *part)
{
    assert_int_equal(got, code);
    assert_int_equal(err->code, code);
    if (strstr(err->message, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err->message, part);
}

static void assert_fine(const partita_error *err, partita_status got)
{
    if (got != PARTITA_OK)
        fail_msg("%d: %s", (int)got, err->message);
    assert_int_equal(err->code, PARTITA_OK);
    assert_string_equal(err->message, "");
}

static void a_key_tells_what_it_is(void **state)
{
    const fixture *f = *state;
    for (size_t i = 0; i < 2; i++) {
        partita_key_info info;
        partita_key_describe(f[i].key, &info);
        assert_string_equal(info.curve, CURVES[i]);
        assert_int_equal(info.n_wires, WITNESS_N);
        assert_int_equal(info.n_public, N_PUBLIC);
        assert_int_equal(info.domain_size, 256);
        assert_false(info.insecure);
    }
}

static void a_proof_of_a_file_verifies(void **state)
{
    const fixture *f = *state;
    partita_error err;
    for (size_t i = 0; i < 2; i++) {
        const partita_statement statement = statement_of(&f[i].proof);
        assert_fine(&err, partita_verify(f[i].vkey, &statement, &err));
        assert_says(&err, partita_verify(f[1 - i].vkey, &statement, &err), PARTITA_E_FORMAT, "proof: a proof of curve b");
    }
}

static void a_proof_of_memory_verifies(void **state)
{
    const fixture *f = *state;
    for (size_t i = 0; i < 2; i++) {
        partita_error err = {PARTITA_E_INTERNAL, "of an earlier call"};
        partita_proof proof;
        const image *file = &f[i].witness;
        uint8_t *unaligned = malloc(file->n + 1);
        memcpy(unaligned + 1, file->bytes, file->n);
        assert_fine(&err, partita_prove_memory(f[i].key, unaligned + 1, file->n, &ONE_THREAD, &proof, &err));
        assert_string_equal(proof.public_json, f[i].proof.public_json);
        assert_string_not_equal(proof.proof_json, f[i].proof.proof_json); /* other blinding */
        const partita_statement statement = statement_of(&proof);
        assert_fine(&err, partita_verify(f[i].vkey, &statement, &err));
        partita_proof_clear(&proof);
        assert_null(proof.proof_json);
        partita_proof_clear(&proof);
        free(unaligned);
    }
}

static void a_false_witness_gives_no_proof(void **state)
{
    const fixture *f = *state;
    partita_error err;
    partita_proof proof = {.proof_json = NULL};
    image witness = {malloc(f->witness.n), f->witness.n};
    memcpy(witness.bytes, f->witness.bytes, witness.n);
    witness.bytes[witness.n - 32] ^= 1;
    assert_says(&err, partita_prove_memory(f->key, witness.bytes, witness.n, &ONE_THREAD, &proof, &err), PARTITA_E_VERIFY,
                "witness: the proof does not verify");
    assert_null(proof.proof_json);
    assert_null(proof.public_json);
    free(witness.bytes);
}

static void a_witness_cut_short_anywhere_is_refused(void **state)
{
    const fixture *f = *state;
    static const size_t sizes[] = {0, 3, 11, 24, 70, 100, 7000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        partita_error err;
        partita_proof proof;
        assert_says(&err, partita_prove_memory(f->key, f->witness.bytes, sizes[i], &ONE_THREAD, &proof, &err),
                    PARTITA_E_FORMAT, "witness: ");
    }
}

static void a_witness_of_another_curve_is_refused(void **state)
{
    const fixture *f = *state;
    partita_error err;
    partita_proof proof;
    assert_says(&err, partita_prove_file(f->key, WITNESSES[1], &ONE_THREAD, &proof, &err), PARTITA_E_FORMAT,
                "a witness of curve bls12_381, but the key is of bn254");
}

static void files_that_are_not_there_are_named(void **state)
{
    const fixture *f = *state;
    partita_error err;
    partita_key *key;
    partita_vkey *vkey;
    partita_proof proof;
    assert_says(&err, partita_key_open("no.zkey", NULL, &key, &err), PARTITA_E_NOINPUT, "no.zkey: No such file");
    assert_says(&err, partita_vkey_open("no.json", &vkey, &err), PARTITA_E_NOINPUT, "no.json: No such file");
    assert_says(&err, partita_prove_file(f->key, "no.wtns", NULL, &proof, &err), PARTITA_E_NOINPUT, "no.wtns: No such");
}

static void null_where_it_may_not_be_is_an_argument_error(void **state)
{
    const fixture *f = *state;
    partita_error err;
    partita_proof proof;
    partita_key *key;
    partita_vkey *vkey;
    char *text;
    const partita_statement empty = {NULL, NULL};
    const partita_status statuses[] = {
        partita_key_open(NULL, NULL, &key, &err),
        partita_key_open(KEYS[0], NULL, NULL, &err),
        partita_prove_file(NULL, WITNESSES[0], NULL, &proof, &err),
        partita_prove_file(f->key, NULL, NULL, &proof, &err),
        partita_prove_file(f->key, WITNESSES[0], NULL, NULL, &err),
        partita_prove_memory(f->key, NULL, 100, NULL, &proof, &err),
        partita_vkey_open(NULL, &vkey, &err),
        partita_vkey_parse(NULL, 100, &vkey, &err),
        partita_vkey_of_key(NULL, &vkey, &err),
        partita_vkey_json(NULL, &text, &err),
        partita_verify(f->vkey, NULL, &err),
        partita_verify(f->vkey, &empty, &err),
        partita_verify(NULL, &empty, &err),
    };
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i] != PARTITA_E_ARG)
            fail_msg("call %zu returned %d", i, (int)statuses[i]);
    assert_non_null(strstr(err.message, "NULL"));
}

static void a_check_that_is_none_is_an_argument_error(void **state)
{
    (void)state;
    partita_error err;
    partita_key *key;
    const partita_key_options options = {.check = (partita_check)3, .n_threads = 1};
    assert_says(&err, partita_key_open(KEYS[0], &options, &key, &err), PARTITA_E_ARG, "3 is no check");
}

static void nobody_has_to_ask_for_the_message(void **state)
{
    (void)state;
    partita_key *key;
    assert_int_equal(partita_key_open("no.zkey", NULL, &key, NULL), PARTITA_E_NOINPUT);
    partita_key_close(NULL);
    partita_vkey_close(NULL);
    partita_proof_clear(NULL);
    partita_free(NULL);
}

static void the_key_s_verifying_key_is_snarkjs_s(void **state)
{
    const fixture *f = *state;
    for (size_t i = 0; i < 2; i++) {
        partita_error err;
        partita_vkey *own, *again;
        char *text;
        image file = image_read(VKEYS[i]);
        assert_fine(&err, partita_vkey_of_key(f[i].key, &own, &err));
        assert_fine(&err, partita_vkey_json(own, &text, &err));
        assert_int_equal(strlen(text), file.n);
        assert_memory_equal(text, file.bytes, file.n);
        assert_fine(&err, partita_vkey_parse(text, file.n, &again, &err));
        const partita_statement statement = statement_of(&f[i].proof);
        assert_fine(&err, partita_verify(again, &statement, &err));
        partita_vkey_close(own);
        partita_vkey_close(again);
        partita_free(text);
        free(file.bytes);
    }
}

static void a_batch_names_what_is_not_right(void **state)
{
    const fixture *f = *state;
    partita_error err, verdicts[5];
    partita_proof other;
    assert_fine(&err, partita_prove_file(f->key, WITNESSES[0], &ONE_THREAD, &other, &err));
    partita_statement statements[5];
    for (size_t i = 0; i < 5; i++)
        statements[i] = statement_of(i % 2 == 0 ? &f->proof : &other);
    assert_fine(&err, partita_verify_batch(f->vkey, statements, 5, 2, verdicts, &err));
    statements[1].public_json = "[\"1\"]";
    statements[3].proof_json = "{}";
    statements[4].public_json = "[]";
    assert_says(&err, partita_verify_batch(f->vkey, statements, 5, 0, verdicts, &err), PARTITA_E_VERIFY,
                "proof 1: invalid proof: the pairing equation");
    assert_fine(&verdicts[0], verdicts[0].code);
    assert_says(&verdicts[1], verdicts[1].code, PARTITA_E_VERIFY, "proof 1: ");
    assert_fine(&verdicts[2], verdicts[2].code);
    assert_says(&verdicts[3], verdicts[3].code, PARTITA_E_FORMAT, "proof 3: protocol is missing");
    assert_says(&verdicts[4], verdicts[4].code, PARTITA_E_FORMAT, "public values 4: 0 public inputs");
    assert_int_equal(partita_verify_batch(f->vkey, statements, 5, 1, NULL, NULL), PARTITA_E_VERIFY);
    partita_proof_clear(&other);
}

static void no_proofs_are_all_right(void **state)
{
    const fixture *f = *state;
    partita_error err;
    assert_fine(&err, partita_verify_batch(f->vkey, NULL, 0, 1, NULL, &err));
}

/* ---- progress and cancel ---- */

typedef struct {
    partita_stage seen[16];
    size_t n;
    partita_stage raise_at;
    partita_cancel_flag flag;
} watcher;

static void see(void *ctx, partita_stage stage)
{
    watcher *w = ctx;
    if (w->n < 16)
        w->seen[w->n++] = stage;
    if (stage == w->raise_at)
        partita_cancel(&w->flag);
}

static void progress_tells_each_stage_once_in_order(void **state)
{
    const fixture *f = *state;
    partita_error err;
    partita_proof proof;
    watcher w = {.n = 0};
    const partita_job job = {2, see, &w, &w.flag};
    assert_fine(&err, partita_prove_file(f->key, WITNESSES[0], &job, &proof, &err));
    partita_proof_clear(&proof);
    assert_int_equal(w.n, PARTITA_STAGE_VERIFY);
    for (size_t i = 0; i < w.n; i++) {
        assert_int_equal(w.seen[i], i + 1);
        assert_non_null(partita_stage_name(w.seen[i]));
    }
    assert_null(partita_stage_name((partita_stage)0));
    assert_null(partita_stage_name((partita_stage)(PARTITA_STAGE_VERIFY + 1)));
}

static void a_cancelled_job_ends_before_its_next_stage(void **state)
{
    const fixture *f = *state;
    for (int at = PARTITA_STAGE_WITNESS; at < PARTITA_STAGE_VERIFY; at++) {
        partita_error err;
        partita_proof proof = {.proof_json = NULL};
        watcher w = {.raise_at = (partita_stage)at};
        const partita_job job = {1, see, &w, &w.flag};
        assert_says(&err, partita_prove_file(f->key, WITNESSES[0], &job, &proof, &err), PARTITA_E_AGAIN, "cancelled");
        assert_null(proof.proof_json);
        assert_int_equal(w.n, at);
    }
}

static void a_flag_raised_before_begins_nothing(void **state)
{
    const fixture *f = *state;
    partita_error err;
    partita_proof proof;
    watcher w = {.n = 0};
    const partita_job job = {1, see, &w, &w.flag};
    partita_cancel(&w.flag);
    assert_says(&err, partita_prove_file(f->key, "no.wtns", &job, &proof, &err), PARTITA_E_AGAIN, "no.wtns: cancelled");
    assert_int_equal(w.n, 0);
}

/* ---- the process is the caller's ---- */

static sigset_t seen_mask;

static void see_mask(void *ctx, partita_stage stage)
{
    (void)ctx;
    if (stage == PARTITA_STAGE_SYNTHESIS)
        pthread_sigmask(SIG_BLOCK, NULL, &seen_mask);
}

static void only_the_caller_s_threads_take_signals(void **state)
{
    const fixture *f = *state;
    partita_proof proof;
    sigset_t before, after;
    const partita_job job = {1, see_mask, NULL, NULL};
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    assert_int_equal(partita_prove_file(f->key, WITNESSES[0], &job, &proof, NULL), PARTITA_OK);
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    partita_proof_clear(&proof);
    assert_int_equal(sigismember(&seen_mask, SIGINT), 1);
    assert_int_equal(sigismember(&seen_mask, SIGUSR1), 1);
    assert_int_equal(sigismember(&seen_mask, SIGBUS), 0);
    assert_int_equal(sigismember(&before, SIGINT), 0);
    assert_int_equal(sigismember(&after, SIGINT), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_tells_what_it_is),
        cmocka_unit_test(a_proof_of_a_file_verifies),
        cmocka_unit_test(a_proof_of_memory_verifies),
        cmocka_unit_test(a_false_witness_gives_no_proof),
        cmocka_unit_test(a_witness_cut_short_anywhere_is_refused),
        cmocka_unit_test(a_witness_of_another_curve_is_refused),
        cmocka_unit_test(files_that_are_not_there_are_named),
        cmocka_unit_test(null_where_it_may_not_be_is_an_argument_error),
        cmocka_unit_test(a_check_that_is_none_is_an_argument_error),
        cmocka_unit_test(nobody_has_to_ask_for_the_message),
        cmocka_unit_test(the_key_s_verifying_key_is_snarkjs_s),
        cmocka_unit_test(a_batch_names_what_is_not_right),
        cmocka_unit_test(no_proofs_are_all_right),
        cmocka_unit_test(progress_tells_each_stage_once_in_order),
        cmocka_unit_test(a_cancelled_job_ends_before_its_next_stage),
        cmocka_unit_test(a_flag_raised_before_begins_nothing),
        cmocka_unit_test(only_the_caller_s_threads_take_signals),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
