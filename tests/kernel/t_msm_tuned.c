/* SPDX-License-Identifier: Apache-2.0 */
/* Accumulators that were kept for a device: found, damaged, and proven with. */
#define _GNU_SOURCE /* gettid */
#include "tests/unit/engine_tests.inc.h"

#include <dirent.h>
#include <unistd.h>

#include "gpu/msm_tuned.h"
#include "node/groth16/device_key.h"
#include "tests/kernel/test_device.h"

static struct {
    test_device device;
    device_place place;
    tiny_circuit circuit;
    char folder[40], said[400];
} self;

static bool is_kept(const msm_accumulator *found, gpu_msm_group group)
{
    const msm_accumulator kept = group == GPU_MSM_G1 ? TEST_WALKER_G1 : TEST_WALKER_G2;
    return found->kind == kept.kind && found->group == kept.group && found->strands == kept.strands &&
           found->scratch == kept.scratch && found->shared == kept.shared;
}

static msm_accumulator load(const char *curve, gpu_msm_group group, size_t n, bool tables)
{
    pt_err damage = {0};
    const msm_tuned_key key = {curve, group, n, tables};
    const msm_accumulator found = msm_tuned_load(self.device.device, &key, &damage);
    ASSERT_OK(damage);
    return found;
}

static void store(gpu_msm_group group, size_t n, bool tables)
{
    pt_err err = {0};
    const msm_tuned_key key = {"bn254", group, n, tables};
    const msm_accumulator kept = group == GPU_MSM_G1 ? TEST_WALKER_G1 : TEST_WALKER_G2;
    msm_tuned_store(self.device.device, &key, &kept, &err);
    ASSERT_OK(err);
}

static void what_is_kept_is_found_for_its_curve_group_and_size(void **state)
{
    (void)state;
    store(GPU_MSM_G1, 1000, false);
    for (size_t n = 511; n <= 1026; n++) {
        const msm_accumulator found = load("bn254", GPU_MSM_G1, n, false);
        assert_int_equal(is_kept(&found, GPU_MSM_G1), n > 512 && n <= 1024);
    }
    const msm_accumulator others[] = {load("bls12_381", GPU_MSM_G1, 1000, false), load("bn254", GPU_MSM_G2, 1000, false),
                                      load("bn254", GPU_MSM_G1, 1000, true)};
    for (size_t i = 0; i < 3; i++)
        assert_true(others[i].kind == MSM_BY_TASKS && others[i].group == 0);
}

static void store_for_the_circuit(void)
{
    const proving_key *key = self.circuit.key;
    for (int tables = 0; tables <= 1; tables++) {
        store(GPU_MSM_G1, key->domain_size, tables != 0);
        store(GPU_MSM_G1, key->n_vars, tables != 0);
        store(GPU_MSM_G2, key->n_vars, tables != 0);
    }
}

static void hear(void *ctx, bool is_fault, const char *text)
{
    (void)ctx;
    if (is_fault)
        snprintf(self.said, sizeof self.said, "%s", text);
}

/* On the device, and right. */
static void prove(void)
{
    const engine_setup setup = {.options = {.n_threads = 1, .n_in_flight = 1, .synthesis = SIDE_GPU, .g2 = SIDE_GPU},
                                .features = cpu_features_read(),
                                .device = &self.place,
                                .told = hear};
    engine *on;
    engine_key *key;
    pt_err err = {0};
    const witness_image *witness = &self.circuit.right;
    engine_create(&setup, &on, &err);
    ASSERT_OK(err);
    engine_key_create(on, self.circuit.key, &key, &err);
    ASSERT_OK(err);
    engine_job job = {.key = key, .witness = {.path = "right.wtns", .bytes = witness->bytes, .n_bytes = witness->n_bytes}};
    engine_submit(on, &job, &err);
    ASSERT_OK(err);
    assert_ptr_equal(engine_next(on), &job);
    ASSERT_OK(job.err);
    assert_true(is_right(&self.circuit, &job));
    assert_int_equal(engine_figures_now(on).n_on_device, 1);
    engine_job_clear(&job);
    engine_destroy(on);
    engine_key_destroy(key);
}

/* All that was planned is taken, walkers' too. */
static void expect_bytes(const device_plan *plan)
{
    pt_err err = {0};
    crew *threads;
    device_key *key;
    crew_create(1, &threads, &err);
    ASSERT_OK(err);
    device_key_create(&self.place, self.circuit.key, plan, threads, &key, &err);
    ASSERT_OK(err);
    assert_int_equal(gpu_device_bytes(self.device.device), plan->total);
    device_key_destroy(key);
    crew_destroy(threads);
}

static void a_key_is_proven_with_by_what_was_kept(void **state)
{
    (void)state;
    const engine_options options = {.synthesis = SIDE_GPU, .g2 = SIDE_GPU};
    pt_err err = {0};
    device_plan plan;
    store_for_the_circuit();
    device_request request = device_request_of(&self.place, &options, 0, false);
    device_request_tune(&self.place, self.circuit.key, &request, &err);
    ASSERT_OK(err);
    device_plan_make(&request, self.circuit.key, &plan, &err);
    ASSERT_OK(err);
    assert_true(is_kept(&plan.h.accumulators[GPU_MSM_G1], GPU_MSM_G1));
    assert_true(is_kept(&plan.witness.accumulators[GPU_MSM_G1], GPU_MSM_G1) &&
                is_kept(&plan.witness.accumulators[GPU_MSM_G2], GPU_MSM_G2));
    assert_true(plan.witness.bytes.walk > 0);
    expect_bytes(&plan);
    prove();
    assert_string_equal(self.said, "");
}

/* A byte of every choice that was kept; kernels are kept in larger files. */
static size_t damage_choices(void)
{
    enum { CHOICE_BYTES_MAX = 1000 };
    DIR *dir = opendir(self.folder);
    size_t n = 0;
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[sizeof self.folder + sizeof entry->d_name + 1];
        snprintf(path, sizeof path, "%s/%s", self.folder, entry->d_name);
        FILE *file = strstr(path, ".kernel") != NULL ? fopen(path, "r+b") : NULL;
        if (file == NULL)
            continue;
        assert_int_equal(fseek(file, 0, SEEK_END), 0);
        const long bytes = ftell(file);
        if (bytes < CHOICE_BYTES_MAX) {
            assert_int_equal(fseek(file, bytes - 40, SEEK_SET), 0);
            fputc('!', file);
            n++;
        }
        assert_int_equal(fclose(file), 0);
    }
    closedir(dir);
    return n;
}

static void a_damaged_choice_is_none_and_told_of(void **state)
{
    (void)state;
    pt_err damage = {0};
    const msm_tuned_key key = {"bn254", GPU_MSM_G1, self.circuit.key->domain_size, false};
    store_for_the_circuit();
    assert_true(damage_choices() >= 4);
    const msm_accumulator found = msm_tuned_load(self.device.device, &key, &damage);
    assert_true(found.kind == MSM_BY_TASKS && found.group == 0);
    assert_int_equal(damage.code, PT_E_FORMAT);
    assert_non_null(strstr(damage.msg, ".kernel: damaged: sums on "));
    prove();
    assert_non_null(strstr(self.said, ".kernel: damaged: sums on "));
    store(key.group, key.n, key.tables); /* and kept anew */
    const msm_accumulator again = load(key.curve, key.group, key.n, key.tables);
    assert_true(is_kept(&again, GPU_MSM_G1));
}

static void without_a_folder_nothing_is_kept(void **state)
{
    (void)state;
    gpu_device *device;
    pt_err opened = {0}, err = {0}, damage = {0};
    const msm_tuned_key key = {"bn254", GPU_MSM_G1, 1000, false};
    test_device_of(self.device.cl, (gpu_device_options){0}, &device, &opened);
    ASSERT_OK(opened);
    assert_int_equal(msm_tuned_store(device, &key, &TEST_WALKER_G1, &err), PT_E_CREATE);
    assert_int_equal(msm_tuned_load(device, &key, &damage).kind, MSM_BY_TASKS);
    ASSERT_OK(damage);
    gpu_device_close(device);
}

static int set_up(void **state)
{
    char name[] = "/tmp/t_msm_tuned.XXXXXX";
    pt_err err = {0};
    (void)state;
    assert_non_null(mkdtemp(name));
    snprintf(self.folder, sizeof self.folder, "%s", name);
    self.device = test_device_open_with((gpu_device_options){.cache_folder = self.folder, .build_log = stderr});
    self.place.device = self.device.device;
    gpu_lock_open(self.folder, "device", &self.place.lock, &err);
    ASSERT_OK(err);
    self.circuit = circuit_open("bn254", 3);
    return 0;
}

static int tear_down(void **state)
{
    char command[60];
    (void)state;
    circuit_close(&self.circuit);
    gpu_lock_close(self.place.lock);
    test_device_close(&self.device);
    snprintf(command, sizeof command, "rm -r %s", self.folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_is_found_for_its_curve_group_and_size),
        cmocka_unit_test(a_key_is_proven_with_by_what_was_kept),
        cmocka_unit_test(a_damaged_choice_is_none_and_told_of),
        cmocka_unit_test(without_a_folder_nothing_is_kept),
    };
    return cmocka_run_group_tests_name("msm_tuned", tests, set_up, tear_down);
}
