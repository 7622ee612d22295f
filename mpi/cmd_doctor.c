/* SPDX-License-Identifier: Apache-2.0 */
/* partita doctor: what this machine offers, what is built in, and whether it computes right here. */
#include <stdio.h>

#include "mpi/build_info.h"
#include "mpi/cli.h"
#include "mpi/self_test.h"
#include "node/curve.h"
#include "node/topo/machine.h"

enum { N_CURVES = 2, N_TESTS_MAX = 2 * 3 }; /* three instruction sets */

static const struct argp argp = {
    .doc = "Show what this machine offers and what is built in, and test every curve with every instruction set that this "
           "processor can run against known answers. Exit code 70 when an answer is wrong."
           "\v"
           "Examples:\n"
           "  partita doctor\n"
           "  partita doctor --json\n",
};

typedef struct {
    const pt_curve *curve;
    bool right;
} test_result;

/* Test each curve with each instruction set that these features cover. */
static pt_status run_tests(cpu_features features, test_result *results, size_t *n_results, pt_err *err)
{
    static const char *const names[N_CURVES] = {"bn254", "bls12_381"};
    size_t n = 0, n_isas;
    const pt_isa *isas = pt_isa_list(&n_isas);
    for (size_t i = 0; i < n_isas && n + N_CURVES <= N_TESTS_MAX; i++)
        for (size_t c = 0; c < N_CURVES && cpu_features_cover(features, isas[i].needs); c++) {
            const pt_curve *curve = pt_curve_by_name(names[c], isas[i].needs);
            results[n] = (test_result){.curve = curve};
            if (self_test_curve(curve, &results[n].right, err) != PT_OK)
                return err->code;
            n++;
        }
    *n_results = n;
    return PT_OK;
}

static json_t *tests_json(const test_result *results, size_t n)
{
    json_t *out = json_array();
    int failed = 0;
    for (size_t i = 0; i < n; i++)
        failed |=
            json_array_append_new(out, json_pack("{s:s, s:s, s:b}", "curve", results[i].curve->name, "instruction_set",
                                                 results[i].curve->isa, "right", (int)results[i].right));
    if (failed == 0)
        return out;
    json_decref(out);
    return NULL;
}

static json_t *machine_json(const cli *self, const char *processor)
{
    machine_memory memory = machine_memory_read();
    cpu_features features = cpu_features_read();
    json_t *limit = memory.limit == UINT64_MAX ? json_null() : json_integer((json_int_t)memory.limit);
    return json_pack("{s:s, s:b, s:b, s:b, s:I, s:I, s:I, s:I, s:o}", "processor", processor, "bmi2", (int)features.bmi2,
                     "adx", (int)features.adx, "avx512_ifma", (int)features.avx512_ifma, "processors_online",
                     (json_int_t)machine_processors(), "threads", (json_int_t)self->n_threads, "memory_bytes",
                     (json_int_t)memory.total, "memory_available_bytes", (json_int_t)memory.available, "memory_limit_bytes",
                     limit);
}

static void print_machine(const cli *self, const char *processor)
{
    machine_memory memory = machine_memory_read();
    cpu_features features = cpu_features_read();
    printf("machine\n");
    printf("  %-16s  %s\n", "processor", processor);
    printf("  %-16s  MULX %s, ADX %s, AVX-512 IFMA %s\n", "features", features.bmi2 ? "yes" : "no",
           features.adx ? "yes" : "no", features.avx512_ifma ? "yes" : "no");
    printf("  %-16s  %zu of %zu processors\n", "threads", self->n_threads, machine_processors());
    printf("  %-16s  %.1f GB, %.1f GB available", "memory", (double)memory.total * 1e-9, (double)memory.available * 1e-9);
    if (memory.limit != UINT64_MAX)
        printf(", limited to %.1f GB", (double)memory.limit * 1e-9);
    printf("\n");
}

static void print_tests(const test_result *results, size_t n)
{
    printf("self-test\n");
    for (size_t i = 0; i < n; i++)
        printf("  %-16s  %-8s  %s\n", results[i].curve->name, results[i].curve->isa, results[i].right ? "right" : "WRONG");
}

static pt_status show(const cli *self, const test_result *results, size_t n, pt_err *err)
{
    char processor[256];
    machine_processor_name(processor, sizeof processor);
    if (self->json)
        return cli_print_json(json_pack("{s:s, s:o, s:o, s:o}", "command", "doctor", "build", build_info_json(), "machine",
                                        machine_json(self, processor), "self_test", tests_json(results, n)),
                              err);
    build_info_print(stdout);
    print_machine(self, processor);
    print_tests(results, n);
    return PT_OK;
}

pt_status cmd_doctor(cli *self, int argc, char **argv, pt_err *err)
{
    size_t n = 0;
    test_result results[N_TESTS_MAX];
    if (cli_parse(self, &argp, argc, argv, NULL, err) != PT_OK || self->answered ||
        cli_check_operands(self, argv[0], "no operands", 0, 0, err) != PT_OK)
        return err->code;
    if (run_tests(self->features, results, &n, err) != PT_OK || show(self, results, n, err) != PT_OK)
        return err->code;
    for (size_t i = 0; i < n; i++)
        if (!results[i].right)
            pt_fail(err, PT_E_INTERNAL, "%s, %s: wrong answer in the self-test", results[i].curve->name,
                    results[i].curve->isa);
    return err->code;
}
