/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/cluster/key_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { N_BYTES = 3000 };

static char room[] = "/tmp/t_key_cache.XXXXXX", dir[64];

static int make_room(void **state)
{
    (void)state;
    strcpy(room + sizeof room - 7, "XXXXXX");
    if (mkdtemp(room) == NULL)
        return -1;
    snprintf(dir, sizeof dir, "%s/cache", room);
    return 0;
}

static int clear_room(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", room);
    return system(command);
}

/* The n-th of many keys. */
static void make_key(int n, uint8_t bytes[N_BYTES], uint8_t hash[KEY_CACHE_HASH_BYTES])
{
    memset(bytes, n, N_BYTES);
    crypto_generichash(hash, KEY_CACHE_HASH_BYTES, bytes, N_BYTES, NULL, 0);
}

static key_cache open_cache(uint64_t max_bytes)
{
    key_cache cache;
    pt_err err = {0};
    if (key_cache_open(dir, max_bytes, &cache, &err) != PT_OK)
        fail_msg("%s", err.msg);
    return cache;
}

/* Begin to fetch the n-th key. */
static pt_status begin(const key_cache *cache, int n, bool *busy, cached_key *out, pt_err *err)
{
    uint8_t bytes[N_BYTES], hash[KEY_CACHE_HASH_BYTES];
    make_key(n, bytes, hash);
    return key_cache_begin(cache, hash, N_BYTES, busy, out, err);
}

static bool find(const key_cache *cache, int n, cached_key *out)
{
    uint8_t bytes[N_BYTES], hash[KEY_CACHE_HASH_BYTES];
    pt_err err = {0};
    bool found;
    make_key(n, bytes, hash);
    assert_int_equal(key_cache_find(cache, hash, N_BYTES, &found, out, &err), PT_OK);
    return found;
}

static bool is_there(const key_cache *cache, int n)
{
    cached_key key;
    const bool found = find(cache, n, &key);
    if (found)
        cached_key_close(&key);
    return found;
}

/* And keep it in use. */
static cached_key fetch(const key_cache *cache, int n)
{
    uint8_t bytes[N_BYTES], hash[KEY_CACHE_HASH_BYTES];
    cached_key key;
    pt_err err = {0};
    bool busy;
    make_key(n, bytes, hash);
    if (begin(cache, n, &busy, &key, &err) != PT_OK || key_cache_write(&key, 0, bytes, N_BYTES, &err) != PT_OK ||
        key_cache_settle(&key, NULL, &err) != PT_OK)
        fail_msg("%s", err.msg);
    assert_false(busy);
    return key;
}

/* Used so many seconds ago. */
static void put_aged(const key_cache *cache, int n, time_t age)
{
    cached_key key = fetch(cache, n);
    const time_t when = time(NULL) - age;
    const struct timespec times[2] = {{.tv_sec = when}, {.tv_sec = when}};
    futimens(key.file, times);
    cached_key_close(&key);
}

static void what_was_fetched_is_found_and_right(void **state)
{
    (void)state;
    const key_cache cache = open_cache(1 << 20);
    cached_key key;
    pt_err err = {0};
    assert_false(find(&cache, 1, &key));
    put_aged(&cache, 1, 0);
    assert_true(find(&cache, 1, &key));
    assert_int_equal(key_cache_check(&key, NULL, &err), PT_OK);
    cached_key_close(&key);
    assert_false(is_there(&cache, 2));
}

static void what_is_not_whole_is_not_found(void **state)
{
    (void)state;
    const key_cache cache = open_cache(1 << 20);
    cached_key key;
    pt_err err = {0};
    bool busy;
    assert_int_equal(begin(&cache, 1, &busy, &key, &err), PT_OK);
    assert_false(is_there(&cache, 1));
    key_cache_drop(&key);
    assert_false(is_there(&cache, 1));
    assert_int_equal(rmdir(room), -1);
}

static void what_is_not_what_was_wanted_gets_no_name(void **state)
{
    (void)state;
    const key_cache cache = open_cache(1 << 20);
    cached_key key;
    pt_err err = {0};
    bool busy;
    assert_int_equal(begin(&cache, 1, &busy, &key, &err), PT_OK);
    assert_int_equal(key_cache_write(&key, 7, (const uint8_t *)"other", 5, &err), PT_OK);
    assert_int_equal(key_cache_settle(&key, NULL, &err), PT_E_FORMAT);
    key_cache_drop(&key);
    assert_false(is_there(&cache, 1));
}

static void damage_is_found_and_the_file_taken_out(void **state)
{
    (void)state;
    const key_cache cache = open_cache(1 << 20);
    cached_key key;
    pt_err err = {0};
    put_aged(&cache, 1, 0);
    assert_true(find(&cache, 1, &key));
    const int file = open(key.path, O_WRONLY);
    assert_int_equal(pwrite(file, "x", 1, 1234), 1);
    close(file);
    assert_int_equal(key_cache_check(&key, NULL, &err), PT_E_FORMAT);
    cached_key_close(&key);
    assert_false(is_there(&cache, 1));
    put_aged(&cache, 1, 0);
    assert_true(is_there(&cache, 1));
}

static void one_that_was_cut_short_is_taken_out(void **state)
{
    (void)state;
    const key_cache cache = open_cache(1 << 20);
    put_aged(&cache, 1, 0);
    cached_key key;
    assert_true(find(&cache, 1, &key));
    assert_int_equal(truncate(key.path, 100), 0);
    cached_key_close(&key);
    assert_false(is_there(&cache, 1));
    assert_int_equal(access(key.path, F_OK), -1);
}

static void the_least_recently_used_goes_first(void **state)
{
    (void)state;
    const key_cache cache = open_cache(3 * N_BYTES);
    put_aged(&cache, 1, 300);
    put_aged(&cache, 2, 400);
    put_aged(&cache, 3, 200);
    assert_true(is_there(&cache, 2)); /* used just now */
    put_aged(&cache, 4, 0);
    assert_false(is_there(&cache, 1));
    assert_true(is_there(&cache, 2) && is_there(&cache, 3) && is_there(&cache, 4));
}

static void what_is_in_use_stays(void **state)
{
    (void)state;
    const key_cache cache = open_cache(2 * N_BYTES);
    cached_key first = fetch(&cache, 1), second = fetch(&cache, 2), third;
    pt_err err = {0};
    bool busy;
    assert_int_equal(begin(&cache, 3, &busy, &third, &err), PT_E_CREATE);
    assert_non_null(strstr(err.msg, "6000 are in use"));
    cached_key_close(&first);
    put_aged(&cache, 3, 0);
    assert_false(is_there(&cache, 1));
    assert_true(is_there(&cache, 2));
    cached_key_close(&second);
}

static void a_key_that_is_larger_than_the_cache_is_refused(void **state)
{
    (void)state;
    const key_cache cache = open_cache(N_BYTES - 1);
    cached_key key;
    pt_err err = {0};
    bool busy;
    assert_int_equal(begin(&cache, 1, &busy, &key, &err), PT_E_CREATE);
    assert_non_null(strstr(err.msg, "a key of 3000 bytes, but --cache-size is 2999"));
    const key_cache larger = open_cache(N_BYTES);
    put_aged(&larger, 1, 0);
}

static void what_a_killed_one_left_counts_for_nothing(void **state)
{
    (void)state;
    const key_cache cache = open_cache(N_BYTES);
    cached_key key;
    pt_err err = {0};
    bool busy;
    const pid_t child = fork();
    if (child == 0) {
        begin(&cache, 1, &busy, &key, &err);
        raise(SIGKILL);
    }
    waitpid(child, NULL, 0);
    put_aged(&cache, 2, 0); /* has room */
    put_aged(&cache, 1, 0); /* and so has this */
    assert_true(is_there(&cache, 1));
}

/* As many processes as want it fetch it at the same time; all find it, one has fetched it. */
static int fetch_or_wait(const key_cache *cache)
{
    uint8_t bytes[N_BYTES], hash[KEY_CACHE_HASH_BYTES];
    cached_key key;
    pt_err err = {0};
    bool found = false, busy;
    make_key(1, bytes, hash);
    for (int i = 0; i < 10000; i++, usleep(500)) {
        if (key_cache_find(cache, hash, N_BYTES, &found, &key, &err) != PT_OK)
            return 100;
        if (found)
            return key_cache_check(&key, NULL, &err) == PT_OK ? 0 : 101;
        if (key_cache_begin(cache, hash, N_BYTES, &busy, &key, &err) != PT_OK)
            return 102;
        if (busy)
            continue;
        usleep(20000);
        return key_cache_write(&key, 0, bytes, N_BYTES, &err) == PT_OK && key_cache_settle(&key, NULL, &err) == PT_OK ? 1
                                                                                                                      : 103;
    }
    return 104;
}

static void of_many_processes_one_fetches(void **state)
{
    (void)state;
    enum { N = 8 };
    const key_cache cache = open_cache(1 << 20);
    pid_t children[N];
    int n_fetched = 0;
    for (int i = 0; i < N; i++)
        if ((children[i] = fork()) == 0)
            _exit(fetch_or_wait(&cache));
    for (int i = 0; i < N; i++) {
        int how = -1;
        waitpid(children[i], &how, 0);
        assert_true(WIFEXITED(how));
        assert_true(WEXITSTATUS(how) <= 1);
        n_fetched += WEXITSTATUS(how);
    }
    assert_int_equal(n_fetched, 1);
}

static int count_files(void)
{
    char command[128];
    int n = -1;
    snprintf(command, sizeof command, "ls %s | wc -l", dir);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%d", &n), 1);
    pclose(f);
    return n;
}

/* Who looked before another one had it, and asks after. */
static void what_is_there_is_not_fetched_again(void **state)
{
    (void)state;
    const key_cache cache = open_cache(1 << 20);
    cached_key key;
    pt_err err = {0};
    bool busy = false;
    put_aged(&cache, 1, 0);
    assert_int_equal(begin(&cache, 1, &busy, &key, &err), PT_OK);
    assert_true(busy);
    assert_true(is_there(&cache, 1));
    assert_int_equal(count_files(), 1);
}

/* A disk that is full, as far as a process that may write no large files can tell. */
static void no_room_on_the_disk_is_a_failed_write(void **state)
{
    (void)state;
    const key_cache cache = open_cache(1 << 20);
    int how = -1;
    const pid_t child = fork();
    if (child == 0) {
        cached_key key;
        pt_err err = {0};
        bool busy;
        const struct rlimit least = {N_BYTES - 1, N_BYTES - 1};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &least);
        const pt_status status = begin(&cache, 1, &busy, &key, &err);
        _exit(status == PT_E_IO && strstr(err.msg, "no room for 3000 bytes") != NULL ? 0 : 1);
    }
    waitpid(child, &how, 0);
    assert_int_equal(how, 0);
    assert_int_equal(count_files(), 0);
}

static void a_directory_that_others_may_write_to_is_refused(void **state)
{
    (void)state;
    key_cache cache;
    pt_err err = {0};
    assert_int_equal(mkdir(dir, 0700), 0);
    assert_int_equal(chmod(dir, 0777), 0);
    assert_int_equal(key_cache_open(dir, 1, &cache, &err), PT_E_CREATE);
    assert_non_null(strstr(err.msg, "others may write"));
    assert_int_equal(chmod(dir, 0700), 0);
    err = (pt_err){0};
    assert_int_equal(key_cache_open(dir, 1, &cache, &err), PT_OK);
    err = (pt_err){0};
    assert_int_equal(key_cache_open("/dev/null", 1, &cache, &err), PT_E_CREATE);
    err = (pt_err){0};
    assert_int_equal(key_cache_open("/proc/none/cache", 1, &cache, &err), PT_E_CREATE);
}

static void a_hash_is_of_so_many_bytes(void **state)
{
    (void)state;
    uint8_t bytes[N_BYTES], hash[KEY_CACHE_HASH_BYTES], same[KEY_CACHE_HASH_BYTES];
    pt_err err = {0};
    const key_cache cache = open_cache(1 << 20);
    cached_key key = fetch(&cache, 5);
    make_key(5, bytes, hash);
    assert_int_equal(key_cache_hash(key.file, "it", N_BYTES, NULL, same, &err), PT_OK);
    assert_memory_equal(hash, same, sizeof hash);
    assert_int_equal(key_cache_hash(key.file, "it", N_BYTES + 1, NULL, same, &err), PT_E_NOINPUT);
    atomic_bool stop;
    atomic_init(&stop, true);
    err = (pt_err){0};
    assert_int_equal(key_cache_hash(key.file, "it", N_BYTES, &stop, same, &err), PT_E_NOMEM);
    cached_key_close(&key);
}

#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, make_room, clear_room)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ROOM(what_was_fetched_is_found_and_right),
        IN_ROOM(what_is_not_whole_is_not_found),
        IN_ROOM(what_is_not_what_was_wanted_gets_no_name),
        IN_ROOM(damage_is_found_and_the_file_taken_out),
        IN_ROOM(one_that_was_cut_short_is_taken_out),
        IN_ROOM(the_least_recently_used_goes_first),
        IN_ROOM(what_is_in_use_stays),
        IN_ROOM(a_key_that_is_larger_than_the_cache_is_refused),
        IN_ROOM(what_a_killed_one_left_counts_for_nothing),
        IN_ROOM(of_many_processes_one_fetches),
        IN_ROOM(what_is_there_is_not_fetched_again),
        IN_ROOM(no_room_on_the_disk_is_a_failed_write),
        IN_ROOM(a_directory_that_others_may_write_to_is_refused),
        IN_ROOM(a_hash_is_of_so_many_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
