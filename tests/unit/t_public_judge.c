/* SPDX-License-Identifier: Apache-2.0 */
/* The root's look at the public values of witness files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "mpi/cluster/public_judge.h"

enum { N_PUBLIC = 150, N_VALUES = 160, VALUE_BYTES = 32, ROOM = 8192 };

typedef struct {
    uint8_t bytes[ROOM];
    size_t n_bytes, values; /* values: offset of value 0 */
} image;

typedef struct {
    char path[40];
    request_partition partition;
    request request;
    uint8_t public_inputs[N_PUBLIC * VALUE_BYTES];
    cluster_proof proof;
    pt_err verdict;
    public_judge *judge;
} scene;

static void put(image *to, uint64_t value, size_t n_bytes)
{
    memcpy(to->bytes + to->n_bytes, &value, n_bytes);
    to->n_bytes += n_bytes;
}

/* Sections in any order, and one that nobody knows in front. */
static image witness_of(bool values_first)
{
    image out = {.n_bytes = 0};
    memcpy(out.bytes, "wtns", 4);
    out.n_bytes = 4;
    put(&out, 2, 4);
    put(&out, 3, 4);
    put(&out, 77, 4);
    put(&out, 5, 8);
    out.n_bytes += 5;
    for (int i = 0; i < 2; i++) {
        if ((i == 0) == values_first) {
            put(&out, 2, 4);
            put(&out, N_VALUES * VALUE_BYTES, 8);
            out.values = out.n_bytes;
            for (size_t k = 0; k < N_VALUES * VALUE_BYTES; k++)
                put(&out, k * 7 + k / 256, 1);
        } else {
            put(&out, 1, 4);
            put(&out, 40, 8);
            out.n_bytes += 40;
        }
    }
    return out;
}

static void rewrite(const scene *s, const image *file, size_t n_bytes)
{
    FILE *to = fopen(s->path, "r+");
    assert_non_null(to);
    assert_int_equal(fwrite(file->bytes, 1, n_bytes, to), n_bytes);
    assert_int_equal(fclose(to), 0);
    assert_int_equal(truncate(s->path, (off_t)n_bytes), 0);
}

/* A run begins when this file of n_bytes is there. */
static void begin(scene *s, const image *file, size_t n_bytes)
{
    pt_err err = {0};
    *s = (scene){.path = "/tmp/t_public_judge.XXXXXX"};
    close(mkstemp(s->path));
    rewrite(s, file, n_bytes);
    s->partition.witness = s->path;
    s->request = (request){.partitions = &s->partition, .n_partitions = 1};
    memcpy(s->public_inputs, file->bytes + file->values + VALUE_BYTES, sizeof s->public_inputs);
    s->proof = (cluster_proof){.public_inputs = s->public_inputs, .n_public = N_PUBLIC};
    assert_int_equal(public_judge_create(&s->request, &s->judge, &err), PT_OK);
}

static pt_status verdict_of(scene *s)
{
    s->verdict = (pt_err){0};
    public_judge_look(s->judge, &s->proof, 1, &s->verdict);
    return s->verdict.code;
}

static void end(scene *s)
{
    public_judge_destroy(s->judge);
    unlink(s->path);
}

static void the_public_values_of_its_witness_are_right(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        const image file = witness_of(order == 1);
        scene s;
        begin(&s, &file, file.n_bytes);
        assert_int_equal(verdict_of(&s), PT_OK);
        s.proof.n_public = 0;
        assert_int_equal(verdict_of(&s), PT_OK);
        end(&s);
    }
}

static void one_bit_of_any_value_is_found(void **state)
{
    (void)state;
    const image file = witness_of(false);
    scene s;
    begin(&s, &file, file.n_bytes);
    for (size_t i = 0; i < N_PUBLIC; i++) {
        uint8_t *at = &s.public_inputs[i * VALUE_BYTES + i % VALUE_BYTES];
        *at ^= (uint8_t)(1u << i % 8);
        assert_int_equal(verdict_of(&s), PT_E_VERIFY);
        *at ^= (uint8_t)(1u << i % 8);
    }
    assert_int_equal(verdict_of(&s), PT_OK);
    end(&s);
}

static void a_verdict_that_is_there_stays(void **state)
{
    (void)state;
    const image file = witness_of(false);
    scene s;
    begin(&s, &file, file.n_bytes);
    s.public_inputs[0] ^= 1;
    pt_err verdict = {0};
    pt_fail(&verdict, PT_E_VERIFY, "a false equation");
    public_judge_look(s.judge, &s.proof, 1, &verdict);
    assert_string_equal(verdict.msg, "a false equation");
    end(&s);
}

/* As long as when the run began: no rank can have read a whole witness of it. */
static void a_file_without_these_values_has_no_proof(void **state)
{
    (void)state;
    const image file = witness_of(false);
    const size_t lengths[] = {0, 11, 20, 28, file.values - 1, file.values + VALUE_BYTES * N_PUBLIC};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        scene s;
        begin(&s, &file, lengths[i]);
        assert_int_equal(verdict_of(&s), PT_E_VERIFY);
        end(&s);
    }
    image endless = file;
    memset(endless.bytes + 16, 0xff, 8); /* a section's length */
    scene s;
    begin(&s, &endless, endless.n_bytes);
    assert_int_equal(verdict_of(&s), PT_E_VERIFY);
    end(&s);
}

static void of_a_file_that_was_written_to_nothing_is_said(void **state)
{
    (void)state;
    const image file = witness_of(false);
    scene s;
    begin(&s, &file, file.n_bytes);
    image later = file;
    later.bytes[file.values + VALUE_BYTES] ^= 1;
    usleep(20000); /* a file's time goes in steps */
    rewrite(&s, &later, later.n_bytes);
    assert_int_equal(verdict_of(&s), PT_OK);
    end(&s);
}

static void of_what_is_no_file_or_is_gone_nothing_is_said(void **state)
{
    (void)state;
    const image file = witness_of(false);
    scene s;
    begin(&s, &file, file.n_bytes);
    s.public_inputs[0] ^= 1;
    assert_int_equal(verdict_of(&s), PT_E_VERIFY);
    unlink(s.path);
    assert_int_equal(verdict_of(&s), PT_OK);
    assert_int_equal(mkfifo(s.path, 0600), 0);
    assert_int_equal(verdict_of(&s), PT_OK);
    public_judge_destroy(s.judge);
    pt_err err = {0};
    assert_int_equal(public_judge_create(&s.request, &s.judge, &err), PT_OK);
    assert_int_equal(verdict_of(&s), PT_OK);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_public_values_of_its_witness_are_right),
        cmocka_unit_test(one_bit_of_any_value_is_found),
        cmocka_unit_test(a_verdict_that_is_there_stays),
        cmocka_unit_test(a_file_without_these_values_has_no_proof),
        cmocka_unit_test(of_a_file_that_was_written_to_nothing_is_said),
        cmocka_unit_test(of_what_is_no_file_or_is_gone_nothing_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
