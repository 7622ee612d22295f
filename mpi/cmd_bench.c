/* SPDX-License-Identifier: Apache-2.0 */
/* partita bench: measure this machine; and make circuits to measure with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mpi/bench_circuit.h"
#include "mpi/bench_load.h"
#include "mpi/bench_rows.h"
#include "mpi/bench_scale.h"
#include "mpi/bench_soak.h"
#include "mpi/cli.h"
#include "mpi/memory_map.h"
#include "mpi/report_file.h"
#include "mpi/sweep_report.h"
#include "node/bench/bench.h"
#include "node/bench/generated_key.h"
#include "node/bench/judge.h"
#include "node/groth16/device_choice.h"

enum { OPT_DOMAIN = 0x200, OPT_SIZE, OPT_CURVE, OPT_WITNESS, OPT_BATCH, OPT_GROUP, OPT_SCALARS, OPT_SEED };
enum { N_SIZES_MAX = 16, BATCH_MAX = 1000000, LOG_DOMAIN_DEFAULT = 12, N_REPEATS_DEFAULT = 7 };

typedef struct {
    unsigned log_sizes[N_SIZES_MAX]; /* of --size */
    size_t n_sizes;
    size_t batches[N_SIZES_MAX]; /* of --batch */
    size_t n_batches;
    unsigned log_domain; /* of --domain; 0: not given */
    const char *curve, *out_dir;
    const char *of_generated; /* an option that was given and says what to generate; NULL: none */
    unsigned given;           /* bit i: limited[i] */
    bool bits;
    unsigned groups, scalars;
    size_t seed;
    load_args load;
    scale_args scale;
    memory_args memory;
    sweep_args sweep;
} bench_args;

/* ---- options ---- */

/* Those that are not for every kind. */
static const struct {
    int key;
    const char *name;
    const char *kinds[7];
} limited[] = {
    {OPT_SIZE, "--size", {"ntt", "msm"}},
    {OPT_BATCH, "--batch", {"verify"}},
    {OPT_DOMAIN, "--domain", {"circuit", "synth", "prove", "load", "soak", "scale"}},
    {OPT_WITNESS, "--witness", {"circuit", "synth", "prove", "load", "soak", "scale"}},
    {LOAD_OPT_LOAD, "--load", {"load"}},
    {'c', "-c", {"load"}},
    {'j', "-j", {"load", "soak"}},
    {'p', "-p", {"load"}},
    {LOAD_OPT_CSV, "--csv", {"msm", "load", "scale"}},
    {LOAD_OPT_PLOT, "--plot", {"msm", "load", "scale"}},
    {LOAD_OPT_MINUTES, "--minutes", {"soak"}},
    {SCALE_OPT_RANKS, "--ranks", {"scale"}},
    {SCALE_OPT_CORES, "--cores-per-rank", {"scale"}},
    {SCALE_OPT_PER_RANK, "--per-rank", {"scale"}},
    {SCALE_OPT_KIND, "--kind", {"scale"}},
    {SCALE_OPT_SIBLINGS, "--siblings", {"scale"}},
    {SCALE_OPT_MPIRUN, "--mpirun", {"scale"}},
    {SCALE_OPT_DIR, "--dir", {"scale"}},
    {OPT_GROUP, "--group", {"msm"}},
    {OPT_SCALARS, "--scalars", {"msm"}},
    {MEMORY_OPT_MAP, "--memory-map", {"msm"}},
    {MEMORY_OPT_ASSUME, "--assume", {"msm"}},
    {MEMORY_OPT_BATCHES, "--batches", {"msm"}},
    {MEMORY_OPT_FORCE_BATCHES, "--force-batches", {"msm"}},
    {MEMORY_OPT_WINDOW, "--window", {"msm"}},
    {SWEEP_OPT_SWEEP, "--sweep", {"msm"}},
    {SWEEP_OPT_TUNE, "--tune", {"msm"}},
    {'o', "-o", {"circuit"}},
};

enum { N_LIMITED = sizeof limited / sizeof *limited };

static void note_given(bench_args *args, int key)
{
    for (unsigned i = 0; i < N_LIMITED; i++)
        if (limited[i].key == key)
            args->given |= 1u << i;
}

static bool is_among(const char *const *words, const char *word)
{
    while (*words != NULL && strcmp(*words, word) != 0)
        words++;
    return *words != NULL;
}

/* An option that says nothing about this kind was meant for another one. */
static pt_status check_given(const bench_args *args, const char *kind, pt_err *err)
{
    for (unsigned i = 0; i < N_LIMITED; i++)
        if ((args->given >> i & 1) != 0 && !is_among(limited[i].kinds, kind))
            return pt_fail(err, PT_E_ARG, "bench %s takes no %s (see partita bench --help)", kind, limited[i].name);
    return PT_OK;
}

static bool read_power(const char *text, unsigned *log_size)
{
    size_t n;
    if (!cli_read_count(text, 2, (size_t)1 << PT_LOG_DOMAIN_MAX, &n) || (n & (n - 1)) != 0)
        return false;
    *log_size = (unsigned)__builtin_ctzll(n);
    return true;
}

static error_t parse_size(bench_args *args, const char *arg, struct argp_state *state)
{
    if (args->n_sizes == N_SIZES_MAX)
        return cli_usage_error(state, "at most %d times --size", N_SIZES_MAX);
    if (!read_power(arg, &args->log_sizes[args->n_sizes]))
        return cli_usage_error(state, "--size takes 2^K with K from 1 to %d, not %s", PT_LOG_DOMAIN_MAX, arg);
    args->n_sizes++;
    return 0;
}

static error_t parse_batch(bench_args *args, const char *arg, struct argp_state *state)
{
    if (args->n_batches == N_SIZES_MAX)
        return cli_usage_error(state, "at most %d times --batch", N_SIZES_MAX);
    if (!cli_read_count(arg, 1, BATCH_MAX, &args->batches[args->n_batches]))
        return cli_usage_error(state, "--batch takes a number from 1 to %d, not %s", BATCH_MAX, arg);
    args->n_batches++;
    return 0;
}

/* One of the words, whose index is a bit of the mask. */
static error_t parse_mask(const char *option, const char *const *words, const char *arg, unsigned *mask,
                          struct argp_state *state)
{
    for (unsigned i = 0; words[i] != NULL; i++) {
        if (strcmp(arg, words[i]) == 0) {
            *mask = 1u << i;
            return 0;
        }
    }
    return cli_usage_error(state, "%s doesn't know %s", option, arg);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    static const char *const groups[] = {"g1", "g2", NULL}, *const scalars[] = {"full", "bits", "small", NULL};
    bench_args *args = cli_own(state);
    note_given(args, key);
    switch (key) {
    case OPT_DOMAIN:
        args->of_generated = "--domain";
        return read_power(arg, &args->log_domain)
                   ? 0
                   : cli_usage_error(state, "--domain takes 2^K with K from 1 to %d, not %s", PT_LOG_DOMAIN_MAX, arg);
    case OPT_SIZE:
        return parse_size(args, arg, state);
    case OPT_BATCH:
        return parse_batch(args, arg, state);
    case OPT_CURVE:
        args->of_generated = "--curve";
        args->curve = arg;
        return 0;
    case OPT_WITNESS:
        args->of_generated = "--witness";
        args->bits = strcmp(arg, "bits") == 0;
        return args->bits || strcmp(arg, "full") == 0 ? 0
                                                      : cli_usage_error(state, "--witness takes full or bits, not %s", arg);
    case OPT_GROUP:
        return parse_mask("--group", groups, arg, &args->groups, state);
    case OPT_SCALARS:
        return parse_mask("--scalars", scalars, arg, &args->scalars, state);
    case OPT_SEED:
        return cli_read_count(arg, 0, SIZE_MAX, &args->seed) ? 0
                                                             : cli_usage_error(state, "--seed takes a number, not %s", arg);
    case 'o':
        args->out_dir = arg;
        return 0;
    default: {
        const error_t of_load = load_args_parse(&args->load, key, arg, state);
        const error_t of_memory = of_load != ARGP_ERR_UNKNOWN ? of_load : memory_args_parse(&args->memory, key, arg, state);
        const error_t of_sweep =
            of_memory != ARGP_ERR_UNKNOWN ? of_memory : sweep_args_parse(&args->sweep, key, arg, state);
        return of_sweep != ARGP_ERR_UNKNOWN ? of_sweep : scale_args_parse(&args->scale, key, arg, state);
    }
    }
}

static const struct argp_option options[] = {
    {"size", OPT_SIZE, "2^K", 0, "ntt, msm: a size; may be given several times (default: 2^10, 2^12, 2^14)", 0},
    {"batch", OPT_BATCH, "N", 0, "verify: proofs in a batch; may be given several times (default: 1, 10, 100, 1000)", 0},
    {"domain", OPT_DOMAIN, "2^K", 0,
     "The domain of a generated circuit: circuit, synth, prove, load, soak (default: 2^12), scale (default: 2^16)", 0},
    {"witness", OPT_WITNESS, "KIND", 0, "Its witness: values uniform in Fr (full) or 0 and 1 (bits)", 0},
    {"curve", OPT_CURVE, "NAME", 0, "bn254 or bls12_381 (default: one after the other; load, soak, scale: bn254)", 0},
    {"load", LOAD_OPT_LOAD, "C:J,...", 0, "load: C proofs in all, J at a time (default: 5:5,10:10,15:15,20:15)", 0},
    {"proofs", 'c', "C", 0, "load: one load of C proofs, -j at a time", 0},
    {"at-once", 'j', "J", 0, "load: with -c; soak: partitions handed in at any time", 0},
    {"partitions", 'p', "P", 0, "load: partitions of each proof (default: 1)", 0},
    {"csv", LOAD_OPT_CSV, "FILE", 0, "msm, load, scale: write the figures to FILE as well", 0},
    {"plot", LOAD_OPT_PLOT, "FILE", 0, "load, scale, msm with --batches: draw them, an SVG, with gnuplot", 0},
    {"minutes", LOAD_OPT_MINUTES, "N", 0, "soak: go on for so long (default: 10)", 0},
    {"ranks", SCALE_OPT_RANKS, "N,...", 0,
     "scale: ranks of the MPI job (default: 1, 2, 4 and so on, as far as there are cores, and devices with --device)", 0},
    {"cores-per-rank", SCALE_OPT_CORES, "N", 0,
     "scale: cores of each rank, and of each independent prover (default: 1; with --device all, divided by the most ranks)",
     0},
    {"per-rank", SCALE_OPT_PER_RANK, "N", 0, "scale: partitions a rank (default: 20; with --device 200)", 0},
    {"kind", SCALE_OPT_KIND, "KIND", 0,
     "scale: weak, so many partitions for each rank, or strong, as many in all as the most ranks have (default: both)", 0},
    {"siblings", SCALE_OPT_SIBLINGS, NULL, 0, "scale: every processor is a core, as the guest of a host may see them", 0},
    {"mpirun", SCALE_OPT_MPIRUN, "FILE", 0, "scale: what starts ranks (default: mpirun, by PATH)", 0},
    {"dir", SCALE_OPT_DIR, "DIR", 0,
     "scale: where a folder is made for circuit and outputs, and removed (default: /dev/shm if it has room, or /tmp)", 0},
    {"group", OPT_GROUP, "G", 0, "msm: g1 or g2 (default: both)", 0},
    {"scalars", OPT_SCALARS, "KIND", 0, "msm: full, bits or small (default: all)", 0},
    {"memory-map", MEMORY_OPT_MAP, NULL, 0,
     "msm: show every buffer that is taken on the device, and with --device measure then", 0},
    {"assume", MEMORY_OPT_ASSUME, "LOCAL,MAXALLOC[,MEMORY]", 0,
     "msm: with --memory-map, for a device with so many bytes of local memory, in one buffer, and in all", 0},
    {"force-batches", MEMORY_OPT_FORCE_BATCHES, "N", 0, "msm: windows go in N batches on the device (default: the fastest)",
     0},
    {"batches", MEMORY_OPT_BATCHES, "N,...", 0, "msm: each of these numbers of batches, a row each: memory and time", 0},
    {"window", MEMORY_OPT_WINDOW, "BITS,...", 0,
     "msm: each of these widths of a window on the device, a row each (default: the fastest)", 0},
    {"sweep", SWEEP_OPT_SWEEP, "NAME,...", OPTION_ARG_OPTIONAL,
     "msm: every accumulator and its knobs on the device, or these, twice each: time by kernel, registers, differences", 0},
    {"tune", SWEEP_OPT_TUNE, NULL, 0, "msm: the same, and keep what is best on the device for proving", 0},
    {"seed", OPT_SEED, "N", 0, "Seed of generated values (default: 1)", 0},
    {"out", 'o', "DIR", 0, "circuit: write DIR/circuit.r1cs and DIR/circuit.wtns", 0},
    {0},
};

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .args_doc = "arith|ntt|msm|verify\nsynth|prove|load|soak|scale [KEY WITNESS]\ncircuit --domain 2^K --curve NAME -o DIR",
    .doc = "Measure this machine: medians and quartiles. Every result is compared with another way to compute it in the "
           "same run; one that differs ends the run with exit code 70. `load` puts loads on an engine, `soak` keeps one "
           "full and watches "
           "what it holds; `scale` puts the ranks of an MPI job beside as many independent provers. `circuit` makes a "
           "circuit of a given domain and a "
           "witness of it."
           "\v"
           "Examples:\n"
           "  partita bench arith\n"
           "  partita bench ntt --device auto --size 2^20\n"
           "  partita bench msm --size 2^16 --curve bn254 --group g1 --scalars full --threads 1\n"
           "  partita bench msm --size 2^20 --group g1 --device h200 --batches 1,2,4,8 --plot memory.svg\n"
           "  partita bench msm --size 2^20 --group g1 --device h200 --gpu-memory 120M\n"
           "  partita bench msm --size 2^20 --curve bn254 --group g1 --device h200 --tune\n"
           "  partita bench msm --size 2^20 --memory-map --assume 48K,35G,140G\n"
           "  partita bench prove circuit.zkey witness.wtns --json\n"
           "  partita bench verify --batch 1000 --threads 2\n"
           "  partita bench prove --domain 2^14 --witness bits\n"
           "  partita bench load circuit.zkey witness.wtns --load 5:5,10:10,20:15 --plot load.svg\n"
           "  partita bench soak --minutes 10 --domain 2^14\n"
           "  partita bench scale --cores-per-rank 2 --ranks 1,2,4,8 --csv scale.csv --plot scale.svg\n"
           "  partita bench scale --device h200 --domain 2^20 --ranks 1,2,4 --kind weak\n"
           "  partita bench circuit --domain 2^18 --curve bn254 --witness full -o circuits\n",
};

/* NULL: none was named. */
static const char *device_of(const cli *run)
{
    const knob_setting *asked = &run->knobs.of[KNOB_DEVICE];
    return asked->value != 0 ? asked->name : NULL;
}

/* ---- results ---- */

typedef struct {
    const cli *options;
    const bench_args *args;
    bench_kind kind;
    const char *kind_name;
    crew *crew;
    device_choice device;
    bench_rows rows;
    json_t *maps; /* of --memory-map, for --json; else NULL */
    sweep_report sweep;
} bench_cli;

static pt_status show_json(bench_cli *self, pt_err *err)
{
    const gpu_device_info *device = self->device.device != NULL ? gpu_device_describe(self->device.device) : NULL;
    json_t *maps = self->maps;
    json_t *swept = self->args->sweep.given ? sweep_report_json(&self->sweep) : NULL;
    self->maps = NULL;
    if (self->args->sweep.given && swept == NULL) {
        json_decref(maps);
        return pt_fail(err, PT_E_NOMEM, "no memory for the results");
    }
    return cli_print_json(json_pack("{s:s, s:s, s:s, s:o*, s:o*, s:o}", "command", "bench", "kind", self->kind_name,
                                    "device", device != NULL ? device->name : "cpu", "memory_maps", maps, "sweep", swept,
                                    "rows", bench_rows_json(&self->rows)),
                          err);
}

static void write_csv(const void *of, FILE *out)
{
    const bench_cli *self = of;
    if (self->args->sweep.given)
        sweep_report_csv(&self->sweep, out);
    else
        bench_rows_csv(&self->rows, out);
}

static void write_script(const void *rows, FILE *out)
{
    bench_rows_plot(rows, out);
}

static pt_status show(bench_cli *self, pt_err *err)
{
    const gpu_device_info *device = self->device.device != NULL ? gpu_device_describe(self->device.device) : NULL;
    const load_args *files = &self->args->load;
    if (self->options->json) {
        show_json(self, err);
    } else if (self->rows.n > 0 || self->sweep.n > 0) {
        if (device != NULL)
            printf("%s, %s, driver %s\n", device->name, device->platform, device->driver);
        if (self->args->sweep.given)
            sweep_report_print(&self->sweep, stdout, err);
        else
            bench_rows_print(&self->rows, stdout, err);
    }
    if (err->code == PT_OK && report_file_write(files->csv, write_csv, self, err) == PT_OK)
        report_file_draw(files->plot, write_script, &self->rows, err);
    return err->code;
}

/* ---- running ---- */

enum { N_DEFAULT_SIZES = 3 };
static const unsigned default_sizes[N_DEFAULT_SIZES] = {10, 12, 14};

static pt_status run_job(bench_cli *self, const pt_curve *curve, const proving_key *key, const wtns *witness, pt_err *err)
{
    static const size_t default_batches[] = {1, 10, 100, 1000};
    const bench_args *args = self->args;
    const size_t n_repeats = self->options->knobs.of[KNOB_REPEATS].value;
    bench_report report = {0};
    sweep_part *part = &self->sweep.parts[self->sweep.n];
    if (args->sweep.given) {
        *part = (sweep_part){curve, args->sweep.asked};
        self->sweep.tuned = args->sweep.asked.tune;
        self->sweep.n++;
    }
    const bench_job job = {
        .kind = self->kind,
        .curve = curve,
        .other = judge_other_build(curve),
        .crew = self->crew,
        .device = self->device.device,
        .lock = self->device.lock,
        .n_repeats = n_repeats != 0 ? n_repeats : N_REPEATS_DEFAULT,
        .seed = args->seed,
        .log_sizes = args->n_sizes > 0 ? args->log_sizes : default_sizes,
        .n_sizes = args->n_sizes > 0 ? args->n_sizes : N_DEFAULT_SIZES,
        .batches = args->n_batches > 0 ? args->batches : default_batches,
        .n_batches = args->n_batches > 0 ? args->n_batches : sizeof default_batches / sizeof *default_batches,
        .scalars = args->scalars != 0  ? args->scalars
                   : args->sweep.given ? SCALARS_FULL
                                       : SCALARS_ALL,
        .sweep = args->sweep.given ? &part->found : NULL,
        .groups = args->groups,
        .device_bytes = self->options->knobs.of[KNOB_GPU_MEMORY].value,
        .windows = args->memory.windows,
        .n_windows = args->memory.n_windows,
        .window_batches = args->memory.batches,
        .n_window_batches = args->memory.n_batches,
        .key = key,
        .witness = witness,
        .witness_path = self->options->n_operands == 3 ? self->options->operands[2] : "generated witness",
        .report = &report,
    };
    if (bench_run(&job, err) == PT_OK)
        bench_rows_add(&self->rows, curve, &report, err);
    bench_report_clear(&report);
    return err->code;
}

/* Of the device that is open, or of one that has what --assume says. */
static pt_status show_map(const bench_cli *self, const pt_curve *curve, pt_err *err)
{
    const bench_args *args = self->args;
    device_limits limits = args->memory.assumed;
    if (self->device.device != NULL) {
        const gpu_device_info *device = gpu_device_describe(self->device.device);
        limits = (device_limits){device->memory_bytes, device->buffer_max, device->local_bytes};
    }
    const memory_map_asked asked = {.curve = curve,
                                    .limits = &limits,
                                    .memory_bytes = self->options->knobs.of[KNOB_GPU_MEMORY].value,
                                    .log_sizes = args->n_sizes > 0 ? args->log_sizes : default_sizes,
                                    .n_sizes = args->n_sizes > 0 ? args->n_sizes : N_DEFAULT_SIZES,
                                    .groups = args->groups,
                                    .batches = args->memory.batches,
                                    .n_batches = args->memory.n_batches,
                                    .windows = args->memory.windows,
                                    .n_windows = args->memory.n_windows};
    return memory_map_show(&asked, self->maps, stdout, err);
}

static bool find_kind(const char *name, bench_kind *out)
{
    static const char *const names[] = {
        [BENCH_ARITH] = "arith", [BENCH_NTT] = "ntt",     [BENCH_MSM] = "msm",
        [BENCH_SYNTH] = "synth", [BENCH_PROVE] = "prove", [BENCH_VERIFY] = "verify",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (bench_kind)i;
            return true;
        }
    return false;
}

/* Does this kind measure with a key and a witness? */
static bool needs_key(bench_kind kind)
{
    return kind == BENCH_SYNTH || kind == BENCH_PROVE;
}

static pt_status run_files(bench_cli *self, pt_err *err)
{
    proving_key *key;
    wtns witness;
    char *const *operands = self->options->operands;
    if (proving_key_open(operands[1], (proving_key_options){.features = self->options->features}, self->crew, &key, err) !=
        PT_OK)
        return err->code;
    if (wtns_read(operands[2], self->options->features, key->n_vars, &witness, err) == PT_OK) {
        if (witness.curve != key->curve)
            pt_fail(err, PT_E_FORMAT, "%s: %s, but the key is of %s", operands[2], witness.curve->name, key->curve->name);
        else
            run_job(self, key->curve, key, &witness, err);
        wtns_clear(&witness);
    }
    proving_key_close(key);
    return err->code;
}

static pt_status run_curve(bench_cli *self, const pt_curve *curve, pt_err *err)
{
    const bench_args *args = self->args;
    proving_key *key;
    wtns witness;
    if (args->memory.map && show_map(self, curve, err) != PT_OK)
        return err->code;
    if (args->memory.assumed.buffer_max != 0)
        return PT_OK; /* there is nothing to measure */
    if (!needs_key(self->kind))
        return run_job(self, curve, NULL, NULL, err);
    if (generated_key_open(curve, self->options->features, args->log_domain != 0 ? args->log_domain : LOG_DOMAIN_DEFAULT,
                           args->bits ? CIRCUIT_BITS : CIRCUIT_FULL, args->seed, self->crew, &key, &witness, err) != PT_OK)
        return err->code;
    run_job(self, curve, key, &witness, err);
    wtns_clear(&witness);
    proving_key_close(key);
    return err->code;
}

static pt_status run_curves(bench_cli *self, pt_err *err)
{
    static const char *const both[] = {"bn254", "bls12_381"};
    const char *const *names = self->args->curve != NULL ? &self->args->curve : both;
    size_t n = self->args->curve != NULL ? 1 : sizeof both / sizeof *both;
    for (size_t i = 0; i < n; i++) {
        const pt_curve *curve = pt_curve_by_name(names[i], self->options->features);
        if (curve == NULL)
            return pt_fail(err, PT_E_ARG, "--curve takes bn254 or bls12_381, not %s", names[i]);
        if (run_curve(self, curve, err) != PT_OK)
            return err->code;
    }
    return PT_OK;
}

static pt_status open_device(bench_cli *self, pt_err *err)
{
    const char *name = device_of(self->options);
    char *folder = NULL;
    if (name == NULL || cli_cache_folder(&folder, err) == PT_OK)
        device_choice_open(name, folder, 0, 1, &self->device, err);
    free(folder);
    return err->code;
}

static pt_status measure(bench_cli *self, pt_err *err)
{
    const load_args *files = &self->args->load;
    if (self->options->json && self->args->memory.map && (self->maps = json_array()) == NULL)
        return pt_fail(err, PT_E_NOMEM, "no memory for the results");
    if (report_file_check(files->csv, files->plot, NULL, 0, err) != PT_OK)
        return err->code;
    if (open_device(self, err) != PT_OK || crew_create(self->options->n_threads, &self->crew, err) != PT_OK)
        return err->code;
    if ((self->options->n_operands == 3 ? run_files(self, err) : run_curves(self, err)) == PT_OK)
        show(self, err);
    return err->code;
}

/* ---- engines under load ---- */

static pt_status run_resident(const bench_cli *self, pt_err *err)
{
    const bench_args *args = self->args;
    const cli *own = self->options;
    const bool in_files = own->n_operands == 3, scales = strcmp(self->kind_name, "scale") == 0;
    const char *name = args->curve != NULL ? args->curve : "bn254";
    const resident_source source = {.key_path = in_files ? own->operands[1] : NULL,
                                    .witness_path = in_files ? own->operands[2] : NULL,
                                    .curve = pt_curve_by_name(name, own->features),
                                    .log_domain = args->log_domain != 0 ? args->log_domain
                                                  : scales              ? SCALE_LOG_DOMAIN_DEFAULT
                                                                        : LOG_DOMAIN_DEFAULT,
                                    .kind = args->bits ? CIRCUIT_BITS : CIRCUIT_FULL,
                                    .seed = args->seed};
    if (source.curve == NULL)
        return pt_fail(err, PT_E_ARG, "--curve takes bn254 or bls12_381, not %s", name);
    if (scales)
        return bench_scale(own, &args->scale, &source, err);
    return strcmp(self->kind_name, "load") == 0 ? bench_load(own, &args->load, &source, err)
                                                : bench_soak(own, &args->load, &source, err);
}

pt_status cmd_bench(cli *self, int argc, char **argv, pt_err *err)
{
    bench_args args = {.groups = GROUP_ALL, .seed = 1};
    bench_cli run = {.options = self, .args = &args};
    if (cli_parse(self, &argp, argc, argv, &args, err) != PT_OK || self->answered ||
        cli_check_operands(self, argv[0], "arith, ntt, msm, synth, prove, verify, load, soak, scale or circuit", 1, 3,
                           err) != PT_OK)
        return err->code;
    if (self->n_operands == 3 && args.of_generated != NULL)
        return pt_fail(err, PT_E_ARG, "%s is for what is generated, and can't be given with KEY WITNESS",
                       args.of_generated);
    const char *kind = run.kind_name = self->operands[0];
    static const char *const of_engines[] = {"load", "soak", "scale", NULL};
    const bool makes = strcmp(kind, "circuit") == 0, stays = is_among(of_engines, kind);
    const bool measures = find_kind(kind, &run.kind), keyed = stays || (measures && needs_key(run.kind));
    if (!(makes || stays || measures) || self->n_operands == 2 || (self->n_operands == 3 && !keyed))
        return pt_fail(
            err, PT_E_ARG,
            "expected arith, ntt, msm, verify, circuit, or synth, prove, load, soak or scale with KEY WITNESS or without "
            "(see %s --help)",
            argv[0]);
    static const char *const of_devices[] = {"arith", "ntt", "msm", "load", "soak", "scale", NULL};
    if (device_of(self) != NULL && !is_among(of_devices, kind))
        return pt_fail(err, PT_E_ARG, "bench %s takes no --device (see partita bench --help)", kind);
    if (check_given(&args, kind, err) != PT_OK)
        return err->code;
    args.scale.csv = args.load.csv;
    args.scale.plot = args.load.plot;
    args.scale.device = device_of(self);
    const bench_circuit_args circuit = {
        .dir = args.out_dir, .curve = args.curve, .log_domain = args.log_domain, .bits = args.bits, .seed = args.seed};
    if (makes)
        return bench_circuit(self, &circuit, err);
    if (stays)
        return run_resident(&run, err);
    if (memory_args_check(&args.memory, self, device_of(self), args.load.plot, err) != PT_OK ||
        sweep_args_check(&args.sweep, &args.memory, device_of(self), args.load.plot, args.scalars, err) != PT_OK)
        return err->code;
    args.sweep.asked.report = self->quiet ? NULL : sweep_report_say;
    measure(&run, err);
    json_decref(run.maps);
    bench_rows_clear(&run.rows);
    sweep_report_clear(&run.sweep);
    crew_destroy(run.crew);
    device_choice_close(&run.device);
    return err->code;
}
