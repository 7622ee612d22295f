/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of a proof that fails where no other rank can look at it: stages of a real engine are made to miscompute. */
#include <fcntl.h>
#include <pthread.h>
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

#include "mpi/cluster/engine_proving.h"
#include "node/format/proof_bytes.h"
#include "node/pipeline/secret_arena.h"
#include "tests/cluster/watched_stages.h"

enum { N_CURVES = 2, FILE_ROOM = 1 << 14, N_SEVERAL = 3, TURN_US = 1000, TURNS_MAX = 60000 };

static const char *const curve_names[N_CURVES] = {"bn254", "bls12_381"};

/* One machine that proves one partition, or N_SEVERAL of one witness. */
typedef struct {
    char dir[40], key[200], witness[60];
    uint8_t bytes[FILE_ROOM]; /* of the witness file */
    size_t n_bytes;
    cli options;
    engine_proving *local;
    atomic_int n_syntheses, n_quotients;
    atomic_int n_flips; /* sums in G2 that are still to be made wrong */
    bool holds;         /* the second synthesis until it is cancelled */
    atomic_bool held, cancelled;
    proving_end end;
    char said[2048]; /* on stderr */
} scene;

static pt_status watch(void *ctx, groth16_partition *p, stage s, pt_err *err)
{
    scene *self = ctx;
    (void)err;
    if (s == STAGE_WITNESS && atomic_fetch_add(&self->n_syntheses, 1) == 1 && self->holds) {
        atomic_store(&self->held, true);
        while (!atomic_load(&self->cancelled))
            usleep(TURN_US);
    }
    if (s == STAGE_QUOTIENT)
        atomic_fetch_add(&self->n_quotients, 1);
    if (s == STAGE_MSM_G2 && self->n_flips > 0) {
        self->n_flips--;
        ((uint8_t *)p->memory)[watched_layout(p->key).g2_sum] ^= 4;
    }
    return PT_OK;
}

static void write_witness(const scene *self)
{
    FILE *to = fopen(self->witness, "wb");
    assert_non_null(to);
    assert_int_equal(fwrite(self->bytes, 1, self->n_bytes, to), self->n_bytes);
    assert_int_equal(fclose(to), 0);
}

static void begin_on(scene *self, int curve, bool is_alone, const char *device)
{
    char golden[200];
    pt_err err = {0};
    *self = (scene){.dir = "/tmp/t_second_look.XXXXXX",
                    .options = {.n_threads = 1, .n_ranks = 1, .n_local = 1, .n_bound = 1, .features = cpu_features_read()}};
    self->options.knobs.of[KNOB_THREADS] = (knob_setting){.value = 1};
    self->options.knobs.of[KNOB_PIN] = (knob_setting){.value = CHOICE_OFF};
    knob_setting *asked = &self->options.knobs.of[KNOB_DEVICE];
    asked->value = device != NULL;
    snprintf(asked->name, sizeof asked->name, "%s", device != NULL ? device : "");
    assert_non_null(mkdtemp(self->dir));
    snprintf(self->witness, sizeof self->witness, "%s/w.wtns", self->dir);
    snprintf(self->key, sizeof self->key, "%s/golden/preimage/preimage_%s.zkey", PT_TESTS_DIR, curve_names[curve]);
    snprintf(golden, sizeof golden, "%s/golden/preimage/preimage_%s.wtns", PT_TESTS_DIR, curve_names[curve]);
    FILE *from = fopen(golden, "rb");
    assert_non_null(from);
    self->n_bytes = fread(self->bytes, 1, sizeof self->bytes, from);
    fclose(from);
    watch_stages(watch, self);
    const engine_proving_setup setup = {.options = &self->options, .n_partitions = 1, .is_alone = is_alone};
    assert_int_equal(engine_proving_create(&setup, &self->local, &err), PT_OK);
}

static void begin(scene *self, int curve, bool is_alone)
{
    begin_on(self, curve, is_alone, NULL);
}

static void end(scene *self)
{
    free(self->end.public_inputs);
    engine_proving_destroy(self->local);
    unlink(self->witness);
    rmdir(self->dir);
}

static void wait_for_end(scene *self)
{
    proving *p = engine_proving_table(self->local);
    int n = 0;
    while (!proving_next(p, &self->end) && n++ < TURNS_MAX) {
        if (atomic_load(&self->held) && !atomic_load(&self->cancelled)) {
            proving_cancel(p, (wire_attempt){0, 1});
            atomic_store(&self->cancelled, true);
        }
        usleep(TURN_US);
    }
    assert_true(n < TURNS_MAX);
}

/* With what is said meanwhile. */
static void prove(scene *self)
{
    proving *p = engine_proving_table(self->local);
    const char *const paths[] = {self->key};
    const proving_order order = {.attempt = {0, 1}, .id = "w", .witness = self->witness};
    const int before = dup(STDERR_FILENO);
    FILE *said = tmpfile();
    pt_err err = {0};
    assert_non_null(said);
    assert_int_equal(proving_open_keys(p, paths, 1, &err), PT_OK);
    while (proving_key_of(p, 0) == NULL)
        usleep(TURN_US);
    assert_int_equal(proving_key_of(p, 0)->err.code, PT_OK);
    dup2(fileno(said), STDERR_FILENO);
    const pt_status begun = proving_begin(p, &order, &err);
    if (begun == PT_OK)
        wait_for_end(self);
    dup2(before, STDERR_FILENO);
    close(before);
    rewind(said);
    self->said[fread(self->said, 1, sizeof self->said - 1, said)] = '\0';
    fclose(said);
    assert_int_equal(begun, PT_OK);
}

/* The last one's witness is in memory, as it is where the root has sent it. All have failed before one is asked for. */
static void prove_several(scene *self, proving_end *ends)
{
    proving *p = engine_proving_table(self->local);
    const char *const paths[] = {self->key};
    pt_err err = {0};
    assert_int_equal(proving_open_keys(p, paths, 1, &err), PT_OK);
    while (proving_key_of(p, 0) == NULL)
        usleep(TURN_US);
    for (uint32_t i = 0; i < N_SEVERAL; i++) {
        proving_order order = {.attempt = {i, 1}, .id = "w", .witness = self->witness};
        if (i + 1 == N_SEVERAL) {
            order.n_memory_bytes = self->n_bytes;
            order.memory = secret_alloc(self->n_bytes);
            assert_non_null(order.memory);
            memcpy(order.memory, self->bytes, self->n_bytes);
        }
        assert_int_equal(proving_begin(p, &order, &err), PT_OK);
    }
    while (atomic_load(&self->n_flips) > 0)
        usleep(TURN_US);
    for (int n = 0, turns = 0; n < N_SEVERAL; turns++) {
        assert_true(turns < TURNS_MAX);
        n += proving_next(p, &ends[n]);
        usleep(TURN_US);
    }
}

static void assert_right(const scene *self)
{
    const groth16_vkey *vkey = &engine_proving_look(self->local).keys[0].of[0]->vkey;
    groth16_proof proof;
    pt_err err = {0};
    assert_int_equal(proof_bytes_read(vkey->curve, self->end.proof, self->end.n_proof_bytes, &proof, &err), PT_OK);
    assert_int_equal(groth16_verify(vkey, self->end.public_inputs, self->end.n_public, &proof, &err), PT_OK);
}

static void what_was_miscomputed_is_right_the_second_time(void **state)
{
    (void)state;
    for (int curve = 0; curve < N_CURVES; curve++) {
        scene s;
        begin(&s, curve, true);
        write_witness(&s);
        s.n_flips = 1;
        prove(&s);
        assert_int_equal(s.end.err.code, PT_OK);
        assert_right(&s);
        assert_int_equal(s.n_syntheses, 2);
        assert_non_null(strstr(s.said, "WARNING"));
        assert_non_null(strstr(s.said, "miscomputed"));
        end(&s);
    }
}

static void a_device_that_miscomputed_is_named(void **state)
{
    (void)state;
    if (access("/etc/OpenCL/vendors/pocl.icd", F_OK) != 0)
        skip();
    setenv("OCL_ICD_VENDORS", "/etc/OpenCL/vendors/pocl.icd", 1);
    setenv("XDG_CACHE_HOME", "/dev/null", 1); /* where no kernels can be kept */
    for (int wrong_witness = 0; wrong_witness < 2; wrong_witness++) {
        scene s;
        begin_on(&s, 0, true, "portable");
        s.bytes[s.n_bytes - PT_FR_BYTES] ^= (uint8_t)wrong_witness;
        write_witness(&s);
        s.n_flips = 1 - wrong_witness;
        prove(&s);
        assert_int_equal(s.n_syntheses, 2);
        if (wrong_witness) {
            assert_int_equal(s.end.err.code, PT_E_VERIFY);
            assert_string_equal(s.said, "");
        } else {
            assert_int_equal(s.end.err.code, PT_OK);
            assert_right(&s);
            assert_non_null(strstr(s.said, "miscomputed, the processor made a right one: the device "));
            assert_non_null(strstr(s.said, gpu_device_describe(engine_proving_look(s.local).place->on.device)->name));
        }
        end(&s);
    }
}

/* Nor is it left to other ranks, whose devices may be wrong in the same way. */
static void each_proof_that_a_device_miscomputed_is_right_the_second_time(void **state)
{
    (void)state;
    if (access("/etc/OpenCL/vendors/pocl.icd", F_OK) != 0)
        skip();
    setenv("OCL_ICD_VENDORS", "/etc/OpenCL/vendors/pocl.icd", 1);
    setenv("XDG_CACHE_HOME", "/dev/null", 1);
    for (int is_alone = 0; is_alone < 2; is_alone++) {
        scene s;
        proving_end ends[N_SEVERAL];
        begin_on(&s, 0, is_alone, "portable");
        write_witness(&s);
        s.n_flips = N_SEVERAL;
        prove_several(&s, ends);
        for (int i = 0; i < N_SEVERAL; i++) {
            s.end = ends[i];
            assert_int_equal(s.end.err.code, PT_OK);
            assert_right(&s);
            free(s.end.public_inputs);
        }
        s.end.public_inputs = NULL;
        assert_int_equal(s.n_syntheses, 2 * N_SEVERAL);
        end(&s);
    }
}

static void a_witness_that_does_not_satisfy_is_at_fault_and_nothing_else(void **state)
{
    (void)state;
    for (int curve = 0; curve < N_CURVES; curve++) {
        scene s;
        begin(&s, curve, true);
        s.bytes[s.n_bytes - PT_FR_BYTES] ^= 1;
        write_witness(&s);
        prove(&s);
        assert_int_equal(s.end.err.code, PT_E_VERIFY);
        assert_int_equal(s.n_syntheses, 2);
        assert_string_equal(s.said, "");
        end(&s);
    }
}

static void what_is_miscomputed_twice_is_not_published(void **state)
{
    (void)state;
    scene s;
    begin(&s, 0, true);
    write_witness(&s);
    s.n_flips = 2;
    prove(&s);
    assert_int_equal(s.end.err.code, PT_E_VERIFY);
    assert_null(s.end.public_inputs);
    end(&s);
}

static void among_other_ranks_there_is_no_second_look(void **state)
{
    (void)state;
    scene s;
    begin(&s, 0, false);
    write_witness(&s);
    s.n_flips = 1;
    prove(&s);
    assert_int_equal(s.end.err.code, PT_E_VERIFY);
    assert_int_equal(s.n_syntheses, 1);
    end(&s);
}

static void *feed(void *arg)
{
    write_witness(arg);
    return NULL;
}

static void a_fifo_is_not_looked_at_twice(void **state)
{
    (void)state;
    scene s;
    pthread_t feeder;
    begin(&s, 0, true);
    assert_int_equal(mkfifo(s.witness, 0600), 0);
    assert_int_equal(pthread_create(&feeder, NULL, feed, &s), 0);
    s.n_flips = 1;
    prove(&s);
    pthread_join(feeder, NULL);
    assert_int_equal(s.end.err.code, PT_E_VERIFY);
    assert_int_equal(s.n_syntheses, 1);
    end(&s);
}

/* More than may wait in the engine would hold up the thread that hears the other ranks. */
static void a_rank_holds_no_more_than_may_wait(void **state)
{
    (void)state;
    for (uint32_t depth = 0; depth < 4; depth++) {
        scene s;
        pt_err err = {0};
        begin(&s, 0, true);
        engine_proving_destroy(s.local);
        s.options.knobs.of[KNOB_QUEUE_DEPTH] = (knob_setting){.value = depth};
        const engine_proving_setup setup = {.options = &s.options, .n_partitions = 8, .n_ahead = 2};
        const char *const paths[] = {s.key};
        assert_int_equal(engine_proving_create(&setup, &s.local, &err), PT_OK);
        proving *p = engine_proving_table(s.local);
        assert_int_equal(proving_open_keys(p, paths, 1, &err), PT_OK);
        while (proving_key_of(p, 0) == NULL)
            usleep(TURN_US);
        assert_int_equal(proving_room(p) - engine_proving_look(s.local).memory->n_in_flight, depth == 1 ? 1 : 2);
        end(&s);
    }
}

static void a_second_look_that_is_cancelled_changes_nothing(void **state)
{
    (void)state;
    scene s;
    begin(&s, 0, true);
    write_witness(&s);
    s.n_flips = 1;
    s.holds = true;
    prove(&s);
    assert_true(s.held);
    assert_int_equal(s.end.err.code, PT_E_VERIFY);
    assert_int_equal(s.n_quotients, 1);
    assert_string_equal(s.said, "");
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_miscomputed_is_right_the_second_time),
        cmocka_unit_test(a_device_that_miscomputed_is_named),
        cmocka_unit_test(each_proof_that_a_device_miscomputed_is_right_the_second_time),
        cmocka_unit_test(a_witness_that_does_not_satisfy_is_at_fault_and_nothing_else),
        cmocka_unit_test(what_is_miscomputed_twice_is_not_published),
        cmocka_unit_test(among_other_ranks_there_is_no_second_look),
        cmocka_unit_test(a_fifo_is_not_looked_at_twice),
        cmocka_unit_test(a_second_look_that_is_cancelled_changes_nothing),
        cmocka_unit_test(a_rank_holds_no_more_than_may_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
