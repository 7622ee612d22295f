/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "tests/unit/engine_tests.inc.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "node/pipeline/key_copies.h"
#include "node/topo/placement.h"

#define GOLDEN PT_TESTS_DIR "/golden/preimage/preimage_"

/* In the place of the library's: opens of a name are counted, and after so many of them another file has it. */
static struct {
    const char *path, *other;
    size_t n_opens, after; /* 0: it stays */
} change;

int open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    const unsigned mode = (flags & O_CREAT) != 0 ? va_arg(more, unsigned) : 0;
    va_end(more);
    const long file = syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (change.path != NULL && strcmp(path, change.path) == 0 && ++change.n_opens == change.after)
        assert_int_equal(rename(change.other, change.path), 0);
    return (int)file;
}

/* Two nodes of one pool of one thread. */
typedef struct {
    topology machine;
    placement plan;
} two_nodes;

static void two_nodes_open(size_t copies_max, two_nodes *out)
{
    pt_err err = {0};
    assert_int_equal(topology_read_from("numa:2(memory=8GiB) l3:1 core:1 pu:1", &out->machine, &err), PT_OK);
    const placement_request request = {.options = {.pin = CHOICE_OFF}, .can_map = true, .copies_max = copies_max};
    assert_int_equal(placement_make(&out->machine, &request, &out->plan, &err), PT_OK);
}

static void two_nodes_close(two_nodes *on)
{
    placement_clear(&on->plan);
    topology_clear(&on->machine);
}

static pt_status open_keys(const char *path, const two_nodes *on, key_copies *out, pt_err *err)
{
    crew *threads;
    assert_int_equal(crew_create(1, &threads, NULL), PT_OK);
    const proving_key_options options = {.features = cpu_features_read()};
    key_copies_open(path, options, on != NULL ? &on->plan : NULL, on != NULL ? &on->machine : NULL, threads, out, err);
    crew_destroy(threads);
    return err->code;
}

static void a_key_is_opened_as_often_as_the_plan_has_copies(void **state)
{
    (void)state;
    for (size_t copies_max = 0; copies_max <= 2; copies_max++) {
        two_nodes on;
        key_copies keys;
        pt_err err = {0};
        two_nodes_open(copies_max, &on);
        assert_int_equal(open_keys(GOLDEN "bls12_381.zkey", &on, &keys, &err), PT_OK);
        assert_int_equal(keys.n, copies_max == 2 ? 2 : 1);
        for (size_t i = 1; i < keys.n; i++) {
            assert_ptr_not_equal(keys.of[i]->h, keys.of[0]->h);
            assert_memory_equal(keys.of[i]->h, keys.of[0]->h,
                                (size_t)keys.of[0]->domain_size * 2 * keys.of[0]->curve->fq_bytes);
        }
        key_copies_close(&keys);
        assert_int_equal(keys.n, 0);
        two_nodes_close(&on);
    }
}

static void without_a_plan_a_key_is_mapped(void **state)
{
    (void)state;
    key_copies keys;
    pt_err err = {0};
    assert_int_equal(open_keys(GOLDEN "bn254.zkey", NULL, &keys, &err), PT_OK);
    assert_int_equal(keys.n, 1);
    key_copies_close(&keys);
}

static void no_key_leaves_nothing_open(void **state)
{
    (void)state;
    two_nodes on;
    key_copies keys = {0};
    pt_err err = {0};
    two_nodes_open(2, &on);
    assert_int_equal(open_keys("/no/such.zkey", &on, &keys, &err), PT_E_NOINPUT);
    assert_int_equal(keys.n, 0);
    two_nodes_close(&on);
}

static void copy_file(const char *from, const char *to)
{
    char command[512];
    assert_true((size_t)snprintf(command, sizeof command, "cp '%s' '%s'", from, to) < sizeof command);
    assert_int_equal(system(command), 0);
}

static void a_file_that_changes_between_two_copies_is_refused(void **state)
{
    (void)state;
    char folder[] = "/tmp/t_key_copies_XXXXXX", path[64], other[64];
    two_nodes on;
    key_copies keys = {0};
    pt_err err = {0};
    two_nodes_open(2, &on);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/key.zkey", folder);
    snprintf(other, sizeof other, "%s/other.zkey", folder);
    copy_file(GOLDEN "bn254.zkey", path);
    copy_file(GOLDEN "bls12_381.zkey", other);
    change.path = path;
    change.other = other;
    assert_int_equal(open_keys(path, NULL, &keys, &err), PT_OK);
    key_copies_close(&keys);
    change.after = 2 * change.n_opens; /* once more, and then it is another */
    assert_int_equal(open_keys(path, &on, &keys, &err), PT_E_FORMAT);
    assert_non_null(strstr(err.msg, "it changed while it was opened"));
    assert_int_equal(keys.n, 0);
    change.path = NULL;
    unlink(path);
    rmdir(folder);
    two_nodes_close(&on);
}

/* The copy for the second node is another key of the same size: what begins there can't satisfy it. */
static void a_partition_reads_the_copy_of_the_node_where_it_begins(void **state)
{
    enum { N = 3 };
    (void)state;
    const cpu_features features = cpu_features_read();
    two_nodes on;
    proving_key *another;
    wtns unused = {0};
    crew *threads;
    pt_err err = {0};
    two_nodes_open(2, &on);
    assert_int_equal(crew_create(1, &threads, &err), PT_OK);
    assert_int_equal(
        generated_key_open(circuits[1].key->curve, features, 4, CIRCUIT_FULL, 99, threads, &another, &unused, &err), PT_OK);
    crew_destroy(threads);
    for (int with_copy = 0; with_copy < 2; with_copy++) {
        rig r = rig_open((engine_setup){.options = {.n_in_flight = N}, .where = &on.plan, .machine = &on.machine});
        engine_job jobs[N];
        gate gates[N];
        if (with_copy)
            engine_key_add_copy(r.keys[1], another);
        for (size_t i = 0; i < N; i++) { /* the first gets both nodes, the next two one each */
            gates[i] = (gate){.at = STAGE_WITNESS};
            jobs[i] = job_at_gate(&r, 1, &gates[i]);
            submit(&r, &jobs[i]);
            await(&gates[i].there);
        }
        for (size_t i = 0; i < N; i++)
            atomic_store(&gates[i].go, true);
        expect_proof(&r, 1, &jobs[0]);
        expect_proof(&r, 1, &jobs[1]);
        if (with_copy) {
            expect_next(&r, &jobs[2]);
            assert_int_equal(jobs[2].err.code, PT_E_VERIFY);
            engine_job_clear(&jobs[2]);
        } else {
            expect_proof(&r, 1, &jobs[2]);
        }
        rig_close(&r);
    }
    wtns_clear(&unused);
    proving_key_close(another);
    two_nodes_close(&on);
}

static void a_plan_counts_every_copy(void **state)
{
    (void)state;
    uint64_t points[2];
    for (size_t i = 0; i < 2; i++) {
        two_nodes on;
        memory_plan plan;
        pt_err err = {0};
        two_nodes_open(i + 1, &on);
        rig r = rig_open((engine_setup){.where = &on.plan, .machine = &on.machine});
        const proving_key *key = circuits[1].key;
        assert_int_equal(engine_plan(r.engine, &key, 1, 1, &plan, &err), PT_OK);
        points[i] = plan.of.points;
        rig_close(&r);
        two_nodes_close(&on);
    }
    assert_int_equal(points[1], 2 * points[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_opened_as_often_as_the_plan_has_copies),
        cmocka_unit_test(without_a_plan_a_key_is_mapped),
        cmocka_unit_test(no_key_leaves_nothing_open),
        cmocka_unit_test(a_file_that_changes_between_two_copies_is_refused),
        cmocka_unit_test(a_partition_reads_the_copy_of_the_node_where_it_begins),
        cmocka_unit_test(a_plan_counts_every_copy),
    };
    return cmocka_run_group_tests(tests, circuits_open, circuits_close);
}
