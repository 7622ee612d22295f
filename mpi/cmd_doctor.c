/* SPDX-License-Identifier: Apache-2.0 */
/* partita doctor: what this machine offers, what is built in, and whether it computes right here. */
#include <stdio.h>
#include <stdlib.h>

#include "mpi/build_info.h"
#include "mpi/cli.h"
#include "mpi/device_rows.h"
#include "mpi/plan_svg.h"
#include "mpi/plan_view.h"
#include "mpi/self_test.h"
#include "node/curve.h"
#include "node/format/output_file.h"
#include "node/topo/machine.h"

enum { N_CURVES = 2, N_TESTS_MAX = 2 * 3 }; /* three instruction sets */
enum { OPT_TOPOLOGY = 1, OPT_SVG, OPT_READY, OPT_DEVICE };
enum { READY_MAX = 1 << 20 };

/* The command's own options. */
typedef struct {
    const char *topology, *svg; /* NULL: this machine, no picture */
    const char *device;         /* NULL: none in particular */
    size_t n_ready;
} doctor_options;

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    doctor_options *own = cli_own(state);
    switch (key) {
    case OPT_TOPOLOGY:
        own->topology = arg;
        return 0;
    case OPT_SVG:
        own->svg = arg;
        return 0;
    case OPT_DEVICE:
        own->device = arg;
        return 0;
    case OPT_READY:
        return cli_read_count(arg, 1, READY_MAX, &own->n_ready)
                   ? 0
                   : cli_usage_error(state, "--ready %s: expected a number from 1 to %d", arg, READY_MAX);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"topology", OPT_TOPOLOGY, "MACHINE", 0,
     "Plan for another machine: an XML file of lstopo, or hwloc's notation, \"pack:1 numa:1 l3:12 core:8 pu:2\"", 0},
    {"ready", OPT_READY, "N", 0, "Show the crews for N partitions that are ready (default: one for each L3 domain)", 0},
    {"device", OPT_DEVICE, "NAME", 0,
     "Test both curves' arithmetic on this OpenCL device too: its number, its PCI address or a part of its name", 0},
    {"svg", OPT_SVG, "FILE", 0, "Draw topology and placement", 0},
    {0},
};

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .doc = "Show what this machine offers, where a proof's threads would run and what is built in, and test every curve "
           "with every instruction set that this processor can run, and every OpenCL device, against known answers. Exit "
           "code 70 when an answer is "
           "wrong. With --topology only the plan is shown."
           "\v"
           "Examples:\n"
           "  partita doctor\n"
           "  partita doctor --json\n"
           "  partita doctor --device h200\n"
           "  partita doctor --ready 5 --svg plan.svg\n"
           "  partita doctor --topology \"pack:2 numa:4 l3:3 core:8 pu:2\" --ready 20\n",
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

/* A machine and its plan, while they are shown. */
typedef struct {
    topology machine;
    placement plan;
    plan_view view;
} planned;

/* The request of a run that has no end, with a key that can be used as it lies, of a size that is not known. */
static placement_request request_of(const cli *self, const topology *machine)
{
    placement_request request = {.options = knobs_engine_options(&self->knobs),
                                 .can_map = true,
                                 .copies_max = PLACEMENT_COPIES_MAX,
                                 .huge_pages = true};
    if (machine->own_machine) {
        request.quota_threads = machine_threads();
        request.huge_pages = machine_gives_huge_pages();
    }
    return request;
}

static void planned_clear(planned *made)
{
    plan_view_clear(&made->view);
    placement_clear(&made->plan);
    topology_clear(&made->machine);
}

/* owns: *out is the caller's, zeroed before, whatever is returned */
static pt_status make_plan(const cli *self, const doctor_options *own, planned *out, pt_err *err)
{
    pt_status status =
        own->topology == NULL ? topology_read(&out->machine, err) : topology_read_from(own->topology, &out->machine, err);
    if (status != PT_OK)
        return status;
    const placement_request request = request_of(self, &out->machine);
    if (placement_make(&out->machine, &request, &out->plan, err) != PT_OK)
        return err->code;
    return plan_view_init(own->topology, &out->machine, &out->plan, own->n_ready, &out->view, err);
}

static pt_status draw(const planned *made, const char *title, const char *path, pt_err *err)
{
    output_file *file;
    if (output_file_open(path, &file, err) != PT_OK)
        return err->code;
    plan_svg_write(&made->view, title, output_file_stream(file));
    return output_file_commit(file, err);
}

/* Show the plan alone. */
static pt_status show_plan(const cli *self, const planned *made, pt_err *err)
{
    if (!self->json)
        return plan_view_print(&made->view, stdout, err);
    return cli_print_json(json_pack("{s:s, s:o, s:o}", "command", "doctor", "topology",
                                    plan_view_topology_json(&made->view), "placement",
                                    plan_view_placement_json(&made->view)),
                          err);
}

static pt_status show(const cli *self, const planned *made, const char *processor, const device_rows *devices,
                      const test_result *results, size_t n, pt_err *err)
{
    if (self->json)
        return cli_print_json(json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "command", "doctor", "build",
                                        build_info_json(), "machine", machine_json(self, processor), "topology",
                                        plan_view_topology_json(&made->view), "placement",
                                        plan_view_placement_json(&made->view), "opencl", device_rows_json(devices),
                                        "self_test", tests_json(results, n)),
                              err);
    build_info_print(stdout);
    print_machine(self, processor);
    if (plan_view_print(&made->view, stdout, err) != PT_OK)
        return err->code;
    device_rows_print(devices, stdout);
    print_tests(results, n);
    return PT_OK;
}

/* Open and test the OpenCL devices. */
static pt_status read_devices(const char *name, device_rows *devices, pt_err *err)
{
    char *folder = NULL;
    if (cli_cache_folder(&folder, err) == PT_OK)
        device_rows_read(folder, name, devices, err);
    free(folder);
    return err->code;
}

static pt_status test_and_show(const cli *self, const doctor_options *own, const planned *made, const char *processor,
                               pt_err *err)
{
    size_t n = 0;
    test_result results[N_TESTS_MAX];
    device_rows devices = {0};
    if (run_tests(self->features, results, &n, err) == PT_OK && read_devices(own->device, &devices, err) == PT_OK)
        show(self, made, processor, &devices, results, n, err);
    const pt_err *wrong = device_rows_wrong(&devices);
    if (wrong != NULL)
        pt_fail(err, wrong->code, "%s", wrong->msg);
    device_rows_clear(&devices);
    if (err->code != PT_OK)
        return err->code;
    for (size_t i = 0; i < n; i++)
        if (!results[i].right)
            pt_fail(err, PT_E_INTERNAL, "%s, %s: wrong answer in the self-test", results[i].curve->name,
                    results[i].curve->isa);
    return err->code;
}

/* Refuse a picture that can't be written before the work. */
static pt_status check_svg(const doctor_options *own, pt_err *err)
{
    input_set inputs = {0};
    if (own->svg == NULL || input_set_init(&own->topology, own->topology == NULL ? 0 : 1, &inputs, err) != PT_OK)
        return err->code;
    output_file_check(own->svg, &inputs, err);
    input_set_clear(&inputs);
    return err->code;
}

pt_status cmd_doctor(cli *self, int argc, char **argv, pt_err *err)
{
    doctor_options own = {0};
    planned made = {0};
    char processor[256];
    if (cli_parse(self, &argp, argc, argv, &own, err) != PT_OK || self->answered ||
        cli_check_operands(self, argv[0], "no operands", 0, 0, err) != PT_OK || check_svg(&own, err) != PT_OK)
        return err->code;
    machine_processor_name(processor, sizeof processor);
    make_plan(self, &own, &made, err);
    if (err->code == PT_OK && own.topology == NULL)
        test_and_show(self, &own, &made, processor, err);
    else if (err->code == PT_OK)
        show_plan(self, &made, err);
    if (err->code == PT_OK && own.svg != NULL)
        draw(&made, own.topology == NULL ? processor : own.topology, own.svg, err);
    planned_clear(&made);
    return err->code;
}
