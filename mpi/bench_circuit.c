/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/bench_circuit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mpi/interrupt.h"
#include "mpi/printable.h"
#include "node/format/output_file.h"
#include "node/setup/circuit_generator.h"

static pt_status make_circuit_dir(const char *dir, const char *const paths[2], bool *made, pt_err *err)
{
    const input_set none = {0};
    struct stat info;
    *made = mkdir(dir, 0777) == 0;
    if (!*made && errno != EEXIST)
        return pt_fail(err, PT_E_CREATE, "%s: can't make the directory: %s", dir, strerror(errno));
    if (stat(dir, &info) != 0 || !S_ISDIR(info.st_mode))
        return pt_fail(err, PT_E_CREATE, "%s: expected a directory for -o", dir);
    if (output_file_check(paths[0], &none, err) == PT_OK)
        output_file_check(paths[1], &none, err);
    return err->code;
}

static pt_status write_circuit(const bench_circuit_args *args, const pt_curve *curve, const char *const paths[2],
                               const atomic_bool *cancel, pt_err *err)
{
    output_file *files[2];
    if (output_file_open(paths[0], &files[0], err) != PT_OK)
        return err->code;
    if (output_file_open(paths[1], &files[1], err) != PT_OK) {
        output_file_abandon(files[0]);
        return err->code;
    }
    const circuit_generator_job job = {.curve = curve,
                                       .log_domain = args->log_domain,
                                       .witness = args->bits ? CIRCUIT_BITS : CIRCUIT_FULL,
                                       .seed = args->seed,
                                       .r1cs = output_file_stream(files[0]),
                                       .wtns = output_file_stream(files[1]),
                                       .cancel = cancel};
    if (circuit_generate(&job, err) == PT_OK)
        return output_file_commit_all(files, 2, err);
    output_file_abandon(files[0]);
    output_file_abandon(files[1]);
    return err->code;
}

/* The generator reads the flag: no signal ends the process until the files, or nothing, are there. */
static pt_status write_circuit_dir(const bench_circuit_args *args, const pt_curve *curve, const char *const paths[2],
                                   pt_err *err)
{
    interrupt *signals;
    bool made = false;
    if (interrupt_create(&signals, err) != PT_OK)
        return err->code;
    interrupt_hold(signals);
    if (make_circuit_dir(args->dir, paths, &made, err) == PT_OK)
        write_circuit(args, curve, paths, interrupt_flag(signals), err);
    if (err->code != PT_OK && made)
        rmdir(args->dir);
    interrupt_release(signals);
    interrupt_destroy(signals);
    return err->code;
}

pt_status bench_circuit(const cli *options, const bench_circuit_args *args, pt_err *err)
{
    char paths[2][4096];
    const char *const both[2] = {paths[0], paths[1]};
    static const char *const names[2] = {"circuit.r1cs", "circuit.wtns"};
    if (args->dir == NULL || args->log_domain == 0 || args->curve == NULL)
        return pt_fail(err, PT_E_ARG, "bench circuit needs --domain 2^K, --curve NAME and -o DIR");
    for (int i = 0; i < 2; i++)
        if ((size_t)snprintf(paths[i], sizeof paths[i], "%s/%s", args->dir, names[i]) >= sizeof paths[i])
            return pt_fail(err, PT_E_ARG, "-o: the name is too long");
    const pt_curve *curve = pt_curve_by_name(args->curve, options->features);
    if (curve == NULL)
        return pt_fail(err, PT_E_ARG, "--curve takes bn254 or bls12_381, not %s", args->curve);
    if (write_circuit_dir(args, curve, both, err) != PT_OK || !options->json)
        return err->code;
    return cli_print_json(json_pack("{s:s, s:s, s:o, s:o}", "command", "bench", "kind", "circuit", "r1cs",
                                    printable_json(paths[0]), "wtns", printable_json(paths[1])),
                          err);
}
