/* SPDX-License-Identifier: Apache-2.0 */
/* Sixteen threads of one process in the library at once: different circuits of both curves, keys of their own and shared ones, zkeys
 * and prepared keys, jobs that fail between those that don't. Run with a number for so many rounds. */
#define _GNU_SOURCE /* asprintf */
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>

#include "node/format/prepared_write.h"
#include "node/partita.h"
#include "node/setup/circuit_generator.h"
#include "node/setup/setup.h"
#include "tests/unit/format_tests.inc.h"
#include "tests/unit/sanitizers.h"

enum { N_THREADS = 16, N_CIRCUITS = 8, MAPPED_SLACK_BYTES = 64 << 10, RESIDENT_SLACK_BYTES = 512 << 10 };
enum {
    CHUNK_SLACK_BYTES = 64
}; /* glibc leaves a block 16 bytes more where the rest would be no chunk; the smallest leak is one a thread */

/* What is generated; the third of each curve is also proven with a prepared key. */
static const struct {
    const char *curve;
    unsigned log_domain;
    circuit_witness witness;
} CIRCUITS[N_CIRCUITS] = {
    {"bn254", 1, CIRCUIT_FULL},     {"bn254", 7, CIRCUIT_BITS},     {"bn254", 9, CIRCUIT_FULL},
    {"bn254", 10, CIRCUIT_FULL},    {"bls12_381", 2, CIRCUIT_FULL}, {"bls12_381", 6, CIRCUIT_BITS},
    {"bls12_381", 8, CIRCUIT_FULL}, {"bls12_381", 9, CIRCUIT_FULL},
};

static size_t n_rounds = 2;

/* ---- the circuits' files, in the current folder ---- */

static char *file_name(size_t circuit, const char *ending)
{
    char *name;
    return asprintf(&name, "%zu.%s", circuit, ending) < 0 ? NULL : name;
}

static FILE *create_file(size_t circuit, const char *ending)
{
    char *name = file_name(circuit, ending);
    FILE *stream = fopen(name, "wb");
    assert_non_null(stream);
    free(name);
    return stream;
}

static void expect_ok(const pt_err *err)
{
    if (err->code != PT_OK)
        fail_msg("%s", err->msg);
}

static void make_circuit(size_t i)
{
    pt_err err = {0};
    FILE *r1cs_file = create_file(i, "r1cs"), *wtns_file = create_file(i, "wtns");
    const pt_curve *curve = pt_curve_by_name(CIRCUITS[i].curve, cpu_features_read());
    const circuit_generator_job job = {curve, CIRCUITS[i].log_domain, CIRCUITS[i].witness, i + 1, r1cs_file, wtns_file,
                                       NULL};
    circuit_generate(&job, &err);
    expect_ok(&err);
    fclose(r1cs_file);
    fclose(wtns_file);
}

static void make_key(size_t i, crew *threads)
{
    pt_err err = {0};
    r1cs *circuit;
    groth16_vkey vkey = {0};
    char *path = file_name(i, "r1cs");
    FILE *zkey = create_file(i, "zkey");
    r1cs_open(path, cpu_features_read(), &circuit, &err);
    expect_ok(&err);
    const setup_job job = {.circuit = circuit, .circuit_path = path, .crew = threads, .zkey = zkey, .vkey = &vkey};
    setup_insecure(&job, &err);
    expect_ok(&err);
    groth16_vkey_clear(&vkey);
    r1cs_close(circuit);
    fclose(zkey);
    free(path);
}

static void prepare_key(size_t i, crew *threads)
{
    pt_err err = {0};
    proving_key *key;
    char *path = file_name(i, "zkey");
    FILE *stream = create_file(i, "ptkey");
    const proving_key_options options = {.features = cpu_features_read(), .check = KEY_CHECK_FULL};
    proving_key_open(path, options, threads, &key, &err);
    expect_ok(&err);
    prepared_write(key, threads, NULL, stream, "prepared key", &err);
    expect_ok(&err);
    fclose(stream);
    proving_key_close(key);
    free(path);
}

/* ---- one thread ---- */

typedef struct {
    size_t thread, circuit;
    const partita_key *shared; /* of that circuit, or NULL: a key of its own */
    pthread_barrier_t *start;
    partita_error err;
    const char *step; /* what failed */
} visitor;

static bool done(visitor *v, const char *step, partita_status got, partita_status expected)
{
    if (got == expected)
        return true;
    v->step = step;
    return false;
}

/* The same witness with its last value another: no proof may come of it. */
static bool refuse(visitor *v, const partita_key *key, const partita_job *job, image witness)
{
    partita_proof proof;
    uint8_t *last = witness.bytes + witness.n - 32;
    *last ^= 1;
    partita_status status = partita_prove_memory(key, witness.bytes, witness.n, job, &proof, &v->err);
    *last ^= 1;
    return done(v, "a false witness", status, PARTITA_E_VERIFY);
}

static bool check_proof(visitor *v, const partita_key *key, const partita_proof *proof)
{
    partita_vkey *vkey;
    const partita_statement twice[2] = {{proof->public_json, proof->proof_json}, {proof->public_json, proof->proof_json}};
    if (!done(v, "the verifying key", partita_vkey_of_key(key, &vkey, &v->err), PARTITA_OK))
        return false;
    bool right = done(v, "verify", partita_verify(vkey, twice, &v->err), PARTITA_OK) &&
                 done(v, "verify a batch", partita_verify_batch(vkey, twice, 2, 2, NULL, &v->err), PARTITA_OK);
    partita_vkey_close(vkey);
    return right;
}

static void visit_key(visitor *v, const partita_key *key)
{
    const partita_job job = {.n_threads = 1 + v->thread % 3};
    partita_proof proof = {.proof_json = NULL};
    char *path = file_name(v->circuit, "wtns");
    image witness = image_read(path);
    partita_status status = v->thread % 2 == 0 ? partita_prove_file(key, path, &job, &proof, &v->err)
                                               : partita_prove_memory(key, witness.bytes, witness.n, &job, &proof, &v->err);
    if (done(v, "prove", status, PARTITA_OK) && check_proof(v, key, &proof))
        refuse(v, key, &job, witness);
    partita_proof_clear(&proof);
    free(witness.bytes);
    free(path);
}

static void *visit(void *arg)
{
    visitor *v = arg;
    partita_key *own = NULL;
    const partita_key_options options = {.check = v->thread % 2 == 0 ? PARTITA_CHECK_FULL : PARTITA_CHECK_QUICK,
                                         .n_threads = 2};
    char *path = file_name(v->circuit, "zkey");
    pthread_barrier_wait(v->start);
    if (v->shared != NULL || done(v, "open the key", partita_key_open(path, &options, &own, &v->err), PARTITA_OK))
        visit_key(v, v->shared != NULL ? v->shared : own);
    partita_key_close(own);
    free(path);
    return NULL;
}

/* ---- all threads ---- */

/* The upper half of the threads share a key by twos. */
static void run_round(const partita_key *const shared[N_CIRCUITS])
{
    visitor visitors[N_THREADS];
    pthread_t threads[N_THREADS];
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, N_THREADS);
    for (size_t i = 0; i < N_THREADS; i++) {
        size_t circuit = i < N_CIRCUITS ? i : i % N_CIRCUITS / 2 * 2;
        visitors[i] =
            (visitor){.thread = i, .circuit = circuit, .shared = i < N_CIRCUITS ? NULL : shared[circuit], .start = &start};
        assert_int_equal(pthread_create(&threads[i], NULL, visit, &visitors[i]), 0);
    }
    for (size_t i = 0; i < N_THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&start);
    for (size_t i = 0; i < N_THREADS; i++)
        if (visitors[i].step != NULL)
            fail_msg("thread %zu, circuit %zu: %s: %s", i, visitors[i].circuit, visitors[i].step, visitors[i].err.message);
}

static partita_key *open_shared(size_t circuit)
{
    partita_error err;
    partita_key *key;
    char *path = file_name(circuit, circuit % 4 == 2 ? "ptkey" : "zkey");
    if (partita_key_open(path, NULL, &key, &err) != PARTITA_OK)
        fail_msg("%s", err.message);
    free(path);
    return key;
}

/* Keys are opened and closed in each round, so that a prepared key's parts are first read by threads that run at once. */
static void run_round_of_keys(void)
{
    partita_key *shared[N_CIRCUITS] = {NULL};
    for (size_t i = 0; i < N_CIRCUITS; i += 2)
        shared[i] = open_shared(i);
    run_round((const partita_key *const *)shared);
    for (size_t i = 0; i < N_CIRCUITS; i++)
        partita_key_close(shared[i]);
}

typedef struct {
    size_t allocated_bytes, mapped_bytes, resident_bytes, n_descriptors;
} footprint;

static size_t count_descriptors(void)
{
    size_t n = 0;
    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) != -1;
    return n;
}

static footprint measure(void)
{
    unsigned long mapped, resident;
    malloc_trim(0);
    FILE *statm = fopen("/proc/self/statm", "r");
    assert_non_null(statm);
    assert_int_equal(fscanf(statm, "%lu %lu", &mapped, &resident), 2);
    fclose(statm);
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const struct mallinfo2 heap = mallinfo2();
    return (footprint){heap.uordblks + heap.hblkhd, mapped * page, resident * page, count_descriptors()};
}

static void sixteen_threads_prove_and_leave_nothing(void **state)
{
    (void)state;
    run_round_of_keys(); /* what glibc keeps for good: stacks of threads, arenas */
    const footprint before = measure();
    for (size_t i = 0; i < n_rounds; i++)
        run_round_of_keys();
    const footprint after = measure();
    print_message("bytes before and after: allocated %zu, %zu; mapped %zu, %zu; resident %zu, %zu\n",
                  before.allocated_bytes, after.allocated_bytes, before.mapped_bytes, after.mapped_bytes,
                  before.resident_bytes, after.resident_bytes);
    assert_int_equal(after.n_descriptors, before.n_descriptors);
    if (SANITIZED) /* memory is the sanitizer's */
        return;
    assert_true(after.allocated_bytes <= before.allocated_bytes + CHUNK_SLACK_BYTES);
    assert_true(after.mapped_bytes <= before.mapped_bytes + MAPPED_SLACK_BYTES);
    assert_true(after.resident_bytes <= before.resident_bytes + RESIDENT_SLACK_BYTES);
}

static int set_up(void **state)
{
    pt_err err = {0};
    crew *threads;
    mallopt(M_ARENA_MAX, 1); /* how many arenas threads get is chance, and they stay mapped */
    if (scratch_enter(state) != 0 || crew_create(2, &threads, &err) != PT_OK)
        return -1;
    for (size_t i = 0; i < N_CIRCUITS; i++) {
        make_circuit(i);
        make_key(i, threads);
    }
    for (size_t i = 2; i < N_CIRCUITS; i += 4)
        prepare_key(i, threads);
    crew_destroy(threads);
    return 0;
}

/* What threads keep for their next malloc counts as allocated. Without that, all that is allocated is somebody's; glibc asks once,
 * at the start of a program. */
static void start_without_caches(char **argv)
{
    static const char tunable[] = "GLIBC_TUNABLES";
    if (getenv(tunable) != NULL || setenv(tunable, "glibc.malloc.tcache_count=0", 1) != 0)
        return;
    execv("/proc/self/exe", argv);
}

int main(int argc, char **argv)
{
    start_without_caches(argv);
    const struct CMUnitTest tests[] = {cmocka_unit_test(sixteen_threads_prove_and_leave_nothing)};
    if (argc > 1)
        n_rounds = strtoul(argv[1], NULL, 10);
    return cmocka_run_group_tests(tests, set_up, scratch_leave);
}
