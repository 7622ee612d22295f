/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels from their text or from the cache. */
#include "tests/kernel/test_device.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gpu/binary_cache.h"
#include "kernels/embedded.h"
#include "kernels/shared/probe_args.h"
#include "tests/kernel/failing_opencl.h"

static const opencl *counting; /* the driver, its calls counted */
static char folder[32];

static int set_up(void **state)
{
    (void)state;
    counting = failing_opencl(test_opencl_or_skip());
    strcpy(folder, "/tmp/partita_cache.XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static gpu_device *open_device(const char *cache)
{
    gpu_device *device = NULL;
    pt_err err = {0};
    test_device_of(counting, (gpu_device_options){.cache_folder = cache}, &device, &err);
    ASSERT_OK(err);
    return device;
}

/* Build the kernel on a device of its own. Returns how many programs were built from source. */
static size_t builds_from_source(const char *cache, const char *options)
{
    pt_err err = {0};
    gpu_kernel *kernel;
    failing_opencl_set(0, CL_SUCCESS, false);
    gpu_device *device = open_device(cache); /* its self-test builds it without options */
    gpu_kernel_get(device, "probe", options, &kernel, &err);
    ASSERT_OK(err);
    assert_string_equal(gpu_kernel_describe(kernel)->name, "probe");
    assert_true(gpu_kernel_describe(kernel)->group_max >= 1);
    size_t n = failing_opencl_n_named("clCreateProgramWithSource");
    gpu_device_close(device);
    return n;
}

/* The path of the only entry. */
static void only_entry(const char *cache, char *path, size_t room)
{
    DIR *dir = opendir(cache);
    size_t n = 0;
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        if (entry->d_name[0] != '.') {
            n++;
            snprintf(path, room, "%s/%s", cache, entry->d_name);
        }
    closedir(dir);
    assert_int_equal(n, 1);
}

/* A cache of that name within the folder, and one entry in it that was built now. */
static void one_entry(const char *name, char cache[64], char path[512])
{
    snprintf(cache, 64, "%s/%s", folder, name);
    assert_int_equal(builds_from_source(cache, ""), 1);
    only_entry(cache, path, 512);
}

static void a_kernel_is_built_once_a_device(void **state)
{
    (void)state;
    pt_err err = {0};
    gpu_kernel *first, *again, *other;
    gpu_device *device = open_device(NULL);
    gpu_kernel_get(device, "probe", "", &first, &err);
    gpu_kernel_get(device, "probe", "", &again, &err);
    gpu_kernel_get(device, "probe", "-DPT_CURVE_BN254", &other, &err);
    ASSERT_OK(err);
    assert_ptr_equal(first, again);
    assert_ptr_not_equal(first, other);
    gpu_device_close(device);
}

static void a_kernel_that_was_built_is_taken_from_the_cache(void **state)
{
    (void)state;
    char cache[64], path[512];
    struct stat is;
    one_entry("a/b", cache, path);
    assert_int_equal(stat(cache, &is), 0);
    assert_int_equal(is.st_mode & 0777, 0700);
    assert_int_equal(builds_from_source(cache, ""), 0);
    assert_int_equal(builds_from_source(cache, "-DPT_CURVE_BN254"), 1); /* other options, another entry */
}

/* Its name is looked at by no byte beyond its end (AddressSanitizer), and nothing is kept in the root of the file system. */
static void an_empty_name_is_no_cache(void **state)
{
    (void)state;
    assert_int_equal(builds_from_source("", ""), 1);
    assert_int_equal(builds_from_source("", ""), 1);
}

/* Change one byte of the file, or cut it there. */
static void damage(const char *path, long at, bool cut)
{
    if (cut) {
        assert_int_equal(truncate(path, at), 0);
        return;
    }
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    fseek(file, at, SEEK_SET);
    int byte = fgetc(file);
    fseek(file, at, SEEK_SET);
    fputc(byte ^ 1, file);
    fclose(file);
}

static void a_damaged_entry_is_built_again_and_replaced(void **state)
{
    (void)state;
    char cache[64], path[512];
    struct stat is;
    one_entry("damaged", cache, path);
    assert_int_equal(stat(path, &is), 0);
    const long places[] = {0, 9, 30, 45, (long)is.st_size / 2, (long)is.st_size - 1};
    for (size_t i = 0; i < 2 * sizeof places / sizeof *places; i++) {
        damage(path, places[i / 2], i % 2);
        assert_int_equal(builds_from_source(cache, ""), 1);
        assert_int_equal(builds_from_source(cache, ""), 0);
    }
}

static void an_entry_that_the_driver_refuses_is_built_again(void **state)
{
    (void)state;
    char cache[64];
    pt_err err = {0};
    gpu_kernel *kernel;
    snprintf(cache, sizeof cache, "%s/refused", folder);
    assert_int_equal(builds_from_source(cache, "-DPT_CURVE_BN254"), 2);
    gpu_device *device = open_device(cache);
    failing_opencl_set(1, CL_INVALID_BINARY, false);
    gpu_kernel_get(device, "probe", "-DPT_CURVE_BN254", &kernel, &err);
    ASSERT_OK(err);
    assert_string_equal(failing_opencl_failed(), "clCreateProgramWithBinary");
    assert_int_equal(failing_opencl_n_named("clCreateProgramWithSource"), 1);
    gpu_device_close(device);
}

static void entries_that_others_can_write_are_not_used(void **state)
{
    (void)state;
    char cache[64], path[512];
    one_entry("others", cache, path);
    assert_int_equal(chmod(path, 0622), 0);
    assert_int_equal(builds_from_source(cache, ""), 1);
}

static void a_cache_that_cannot_be_written_is_no_error(void **state)
{
    (void)state;
    assert_int_equal(builds_from_source("/proc/nowhere", ""), 1);
}

/* In its own words: they differ from driver to driver. */
static void a_build_that_fails_tells_the_compilers_error(void **state)
{
    (void)state;
    pt_err err = {0};
    gpu_kernel *kernel;
    gpu_device *device = open_device(NULL);
    gpu_kernel_get(device, "probe", "-Dprobe_args=7", &kernel, &err);
    assert_int_equal(err.code, PT_E_DEVICE);
    const char *step = strstr(err.msg, "build of probe: CL_");
    assert_non_null(step);
    const char *told = strstr(step, "): ");
    assert_non_null(told);
    assert_true(strlen(told) > strlen("): "));
    gpu_device_close(device);
}

static void a_kernel_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    pt_err err = {0};
    gpu_kernel *kernel;
    gpu_device *device = open_device(NULL);
    assert_int_equal(gpu_kernel_get(device, "nowhere", "", &kernel, &err), PT_E_INTERNAL);
    assert_non_null(strstr(err.msg, "kernels/nowhere.cl"));
    gpu_device_close(device);
}

static void includes_are_expanded_with_their_places(void **state)
{
    (void)state;
    char *text;
    size_t len;
    pt_err err = {0};
    gpu_source_expand("probe", &text, &len, &err);
    ASSERT_OK(err);
    assert_int_equal(strlen(text), len);
    assert_null(strstr(text, "#include \"kernels/"));
    assert_memory_equal(text, "#line 1 \"kernels/probe.cl\"\n", 26);
    assert_non_null(strstr(text, "#line 1 \"kernels/shared/probe_args.h\"\n"));
    assert_non_null(strstr(text, "__kernel void probe("));
    free(text);
}

static void the_embedded_text_is_the_file(void **state)
{
    (void)state;
    size_t n;
    const embedded_file *files = embedded_files(&n);
    assert_true(n >= 2);
    for (size_t i = 0; i < n; i++) {
        char path[256], byte[1];
        snprintf(path, sizeof path, "%s/../%s", PT_TESTS_DIR, files[i].path);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        size_t len = (size_t)(files[i].end - files[i].text);
        char *text = test_malloc(len + 1);
        assert_int_equal(fread(text, 1, len, file), len);
        assert_int_equal(fread(byte, 1, 1, file), 0);
        assert_memory_equal(text, files[i].text, len);
        assert_int_equal(*files[i].end, 0);
        test_free(text);
        fclose(file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kernel_is_built_once_a_device),
        cmocka_unit_test(a_kernel_that_was_built_is_taken_from_the_cache),
        cmocka_unit_test(an_empty_name_is_no_cache),
        cmocka_unit_test(a_damaged_entry_is_built_again_and_replaced),
        cmocka_unit_test(an_entry_that_the_driver_refuses_is_built_again),
        cmocka_unit_test(entries_that_others_can_write_are_not_used),
        cmocka_unit_test(a_cache_that_cannot_be_written_is_no_error),
        cmocka_unit_test(a_build_that_fails_tells_the_compilers_error),
        cmocka_unit_test(a_kernel_that_is_not_there_is_an_error),
        cmocka_unit_test(includes_are_expanded_with_their_places),
        cmocka_unit_test(the_embedded_text_is_the_file),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
