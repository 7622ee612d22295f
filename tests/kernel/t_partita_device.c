/* SPDX-License-Identifier: Apache-2.0 */
/* The public API with a device: chosen by name, shared by keys and threads, and who proved. */
#include "node/partita.h"

#include <dirent.h>
#include <pthread.h>
#include <unistd.h>

#include "tests/kernel/test_device.h"
#include "tests/unit/format_tests.inc.h"

enum { N_CURVES = 2, N_THREADS = 4, N_PROOFS = 2 };

static const char *const KEYS[] = {GOLDEN("bn254.zkey"), GOLDEN("bls12_381.zkey")};
static const char *const WITNESSES[] = {GOLDEN("bn254.wtns"), GOLDEN("bls12_381.wtns")};

static char folder[] = "/tmp/t_partita_device.XXXXXX";

#define ASSERT_FINE(err, status)           \
    do {                                   \
        if ((status) != PARTITA_OK)        \
            fail_msg("%s", (err).message); \
    } while (0)

typedef struct {
    char text[512];
    int n, n_faults;
} told;

static void hear(void *ctx, bool is_fault, const char *text)
{
    told *t = ctx;
    snprintf(t->text, sizeof t->text, "%s", text);
    t->n++;
    t->n_faults += is_fault;
}

static partita_device *open_device(const char *name, told *t)
{
    const partita_device_options options = {.n_threads = 2, .cache_folder = folder, .told = hear, .ctx = t};
    partita_error err;
    partita_device *device;
    ASSERT_FINE(err, partita_device_open(name, &options, &device, &err));
    return device;
}

static partita_key *open_key(size_t curve, partita_device *device)
{
    const partita_key_options options = {.n_threads = 1, .device = device};
    partita_error err;
    partita_key *key;
    ASSERT_FINE(err, partita_key_open(KEYS[curve], &options, &key, &err));
    return key;
}

/* NULL, or what is wrong: cmocka's asserts are for one thread. */
static const char *prove_and_verify(const partita_key *key, size_t curve, bool on_device)
{
    partita_proof proof;
    partita_vkey *vkey;
    const char *wrong = NULL;
    if (partita_prove_file(key, WITNESSES[curve], NULL, &proof, NULL) != PARTITA_OK)
        return "no proof";
    if (partita_vkey_of_key(key, &vkey, NULL) != PARTITA_OK)
        return "no verifying key";
    const partita_statement statement = {proof.public_json, proof.proof_json};
    if (proof.on_device != on_device)
        wrong = "it was made elsewhere";
    else if (partita_verify(vkey, &statement, NULL) != PARTITA_OK)
        wrong = "it does not verify";
    partita_vkey_close(vkey);
    partita_proof_clear(&proof);
    return wrong;
}

static void assert_proves(const partita_key *key, size_t curve, bool on_device)
{
    const char *wrong = prove_and_verify(key, curve, on_device);
    if (wrong != NULL)
        fail_msg("%s", wrong);
}

/* ---- choosing ---- */

static void the_list_has_the_device_that_is_opened(void **state)
{
    partita_error err;
    partita_device_info *list = NULL, chosen;
    size_t n = 0, n_same = 0;
    told t = {.n = 0};
    (void)state;
    ASSERT_FINE(err, partita_device_list(&list, &n, &err));
    partita_device *device = open_device(test_device_name(), &t);
    partita_device_describe(device, &chosen);
    assert_string_not_equal(chosen.name, "");
    assert_string_equal(chosen.unfit, "");
    assert_true(chosen.memory_bytes > 0);
    for (size_t i = 0; i < n; i++)
        n_same += strcmp(list[i].name, chosen.name) == 0 && strcmp(list[i].platform, chosen.platform) == 0;
    assert_true(n_same > 0);
    assert_int_equal(t.n, 0);
    partita_device_close(device);
    partita_device_list_free(list);
    partita_device_list_free(NULL);
    partita_device_close(NULL);
}

static void the_processor_may_be_chosen(void **state)
{
    told t = {.n = 0};
    partita_device_info info;
    (void)state;
    partita_device *device = open_device("cpu", &t);
    partita_device_describe(device, &info);
    assert_string_equal(info.name, "");
    partita_key *key = open_key(0, device);
    assert_proves(key, 0, false);
    assert_int_equal(t.n, 0);
    partita_key_close(key);
    partita_device_close(device);
}

/* Whatever devices there are, the processor is sooner done with so small a key. */
static void auto_says_who_proves(void **state)
{
    told t = {.n = 0};
    (void)state;
    partita_device *device = open_device("auto", &t);
    partita_key *key = open_key(0, device);
    assert_proves(key, 0, false);
    assert_int_equal(t.n, 1);
    assert_int_equal(t.n_faults, 0);
    assert_non_null(strstr(t.text, "the processor proves"));
    partita_key_close(key);
    partita_device_close(device);
}

static void a_device_that_can_not_be_had_is_an_error(void **state)
{
    partita_error err;
    partita_device *device = (partita_device *)folder;
    (void)state;
    assert_int_equal(partita_device_open("no such", NULL, &device, &err), PARTITA_E_DEVICE);
    assert_non_null(strstr(err.message, "device no such: no device has this in its name"));
    assert_int_equal(partita_device_open(NULL, NULL, &device, &err), PARTITA_E_ARG);
    assert_int_equal(partita_device_open("cpu", NULL, NULL, &err), PARTITA_E_ARG);
    assert_int_equal(partita_device_list(NULL, NULL, &err), PARTITA_E_ARG);
    assert_ptr_equal(device, folder);
}

/* ---- proving ---- */

typedef struct {
    partita_key *const *keys;
    const char *wrong;
    pthread_t thread;
} caller;

static void *call(void *arg)
{
    caller *c = arg;
    for (size_t i = 0; i < N_PROOFS * N_CURVES && c->wrong == NULL; i++)
        c->wrong = prove_and_verify(c->keys[i % N_CURVES], i % N_CURVES, true);
    return NULL;
}

static size_t files_in(const char *path)
{
    size_t n = 0;
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
        n += entry->d_name[0] != '.';
    closedir(dir);
    return n;
}

static void threads_prove_on_the_device_with_keys_of_both_curves(void **state)
{
    told t = {.n = 0};
    partita_key *keys[N_CURVES];
    caller callers[N_THREADS];
    (void)state;
    partita_device *device = open_device(test_device_name(), &t);
    for (size_t i = 0; i < N_CURVES; i++)
        keys[i] = open_key(i, device);
    assert_true(files_in(folder) > 10); /* built kernels */
    for (size_t i = 0; i < N_THREADS; i++) {
        callers[i] = (caller){.keys = keys};
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call, &callers[i]), 0);
    }
    for (size_t i = 0; i < N_THREADS; i++)
        pthread_join(callers[i].thread, NULL);
    for (size_t i = 0; i < N_THREADS; i++)
        if (callers[i].wrong != NULL)
            fail_msg("thread %zu: %s", i, callers[i].wrong);
    assert_int_equal(t.n, 0);
    for (size_t i = 0; i < N_CURVES; i++)
        partita_key_close(keys[i]);
    partita_device_close(device);
}

static void a_job_that_fails_leaves_the_device_to_others(void **state)
{
    told t = {.n = 0};
    partita_error err;
    partita_proof proof = {.proof_json = NULL};
    partita_cancel_flag flag = {false};
    const partita_job cancelled = {.cancel = &flag};
    (void)state;
    partita_cancel(&flag);
    partita_device *device = open_device(test_device_name(), &t);
    partita_key *key = open_key(1, device);
    image witness = image_read(WITNESSES[1]);
    assert_int_equal(partita_prove_file(key, WITNESSES[0], NULL, &proof, &err), PARTITA_E_FORMAT);
    assert_int_equal(partita_prove_file(key, WITNESSES[1], &cancelled, &proof, &err), PARTITA_E_AGAIN);
    witness.bytes[witness.n - 32] ^= 1;
    assert_int_equal(partita_prove_memory(key, witness.bytes, witness.n, NULL, &proof, &err), PARTITA_E_VERIFY);
    assert_null(proof.proof_json);
    assert_proves(key, 1, true);
    free(witness.bytes);
    partita_key_close(key);
    partita_device_close(device);
}

static void too_little_memory_is_refused_with_the_least(void **state)
{
    const partita_device_options small = {.n_threads = 1, .n_workers = 1, .memory_bytes = 65536, .cache_folder = folder};
    partita_key_options options = {.n_threads = 1};
    partita_error err;
    partita_key *key = NULL;
    (void)state;
    ASSERT_FINE(err, partita_device_open(test_device_name(), &small, &options.device, &err));
    assert_int_equal(partita_key_open(KEYS[0], &options, &key, &err), PARTITA_E_AGAIN);
    assert_non_null(strstr(err.message, "with 1 partitions there at a time, of 65536"));
    assert_null(key);
    partita_device_close(options.device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list_has_the_device_that_is_opened),
        cmocka_unit_test(the_processor_may_be_chosen),
        cmocka_unit_test(auto_says_who_proves),
        cmocka_unit_test(a_device_that_can_not_be_had_is_an_error),
        cmocka_unit_test(threads_prove_on_the_device_with_keys_of_both_curves),
        cmocka_unit_test(a_job_that_fails_leaves_the_device_to_others),
        cmocka_unit_test(too_little_memory_is_refused_with_the_least),
    };
    char command[60];
    opencl_close(test_opencl_or_skip());
    if (mkdtemp(folder) == NULL)
        return 1;
    const int n_failed = cmocka_run_group_tests_name("partita_device", tests, NULL, NULL);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command) != 0 || n_failed != 0;
}
