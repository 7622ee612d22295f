/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/scale_site.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "mpi/build_info.h"
#include "mpi/child_process.h"
#include "node/format/vkey_json.h"
#include "node/topo/topology.h"

/* A generated circuit with its keys, a row of the domain; and outputs. */
enum { BYTES_A_ROW = 2048, BYTES_MORE = 64 << 20, FOLDERS_OPEN = 16 };

static const char in_memory[] = "/dev/shm", usual[] = "/tmp";

/* ---- what is there ---- */

static pt_status find_program(scale_site *self, pt_err *err)
{
    const ssize_t n = readlink("/proc/self/exe", self->program, sizeof self->program - 1);
    if (n <= 0 || (size_t)n >= sizeof self->program - 1)
        return pt_fail(err, PT_E_INTERNAL, "this program does not find itself: %s",
                       n < 0 ? strerror(errno) : "its path is long");
    self->program[n] = '\0';
    return PT_OK;
}

/* One command to its end. what: for messages */
static pt_status run_one(const scale_site *self, const char *what, pt_status otherwise, char *const *words,
                         child_process *child, pt_err *err)
{
    const child_order order = {.words = words};
    if (child_process_start(&order, child, err) == PT_OK &&
        child_process_wait(child, 1, self->stop, NULL, NULL, err) == PT_OK)
        child_process_judge(child, what, otherwise, err);
    return err->code;
}

static pt_status find_mpirun(scale_site *self, pt_err *err)
{
    char name[SCALE_PATH_ROOM], version[] = "--version";
    char *const words[] = {name, version, NULL};
    child_process child = {0};
    snprintf(name, sizeof name, "%s", self->mpirun);
    if (run_one(self, self->mpirun, PT_E_DEVICE, words, &child, err) == PT_OK) {
        rewind(child.out);
        if (fgets(self->launcher, sizeof self->launcher, child.out) == NULL)
            snprintf(self->launcher, sizeof self->launcher, "%s", self->mpirun);
        self->launcher[strcspn(self->launcher, "\n")] = '\0';
    }
    child_process_clear(&child);
    return err->code;
}

static pt_status find_processors(scale_site *self, bool every_processor, pt_err *err)
{
    topology machine;
    if (topology_read(&machine, err) != PT_OK)
        return err->code;
    self->processors = calloc(machine.n_pus, sizeof *self->processors);
    for (size_t i = 0; i < machine.n_pus && self->processors != NULL; i++) {
        const topology_pu *pu = &machine.pus[i];
        if (pu->allowed && (every_processor || machine.cores[pu->core].allowed_pu == i))
            self->processors[self->n_processors++] = pu->os_index;
    }
    topology_clear(&machine);
    return self->processors != NULL ? PT_OK : pt_fail(err, PT_E_NOMEM, "no memory for the list of processors");
}

/* What was set for this command and is an option of prove. */
static void note_options(scale_site *self, const cli *options)
{
    for (unsigned i = 0; i < N_KNOBS; i++) {
        char text[KNOB_TEXT_ROOM];
        const knob *k = knob_of((knob_id)i);
        const knob_setting set = options->knobs.of[i];
        if (set.source != SOURCE_DEFAULT && set.value != 0 && knob_is_of(k, "prove") && i != KNOB_JSON && i != KNOB_QUIET &&
            i != KNOB_DEVICE)
            snprintf(self->option_texts[self->n_options++], sizeof self->option_texts[0], "--%s=%s", k->name,
                     knob_text(k, &set, text));
    }
}

pt_status scale_site_find(const cli *options, const scale_place *place, const atomic_bool *stop, scale_site *out,
                          pt_err *err)
{
    *out = (scale_site){.mpirun = place->mpirun != NULL ? place->mpirun : "mpirun", .stop = stop, .device = place->device};
    if (cli_under_mpirun())
        return pt_fail(err, PT_E_ARG, "bench scale starts mpirun itself, and can't be run under it");
    if (!build_info_has_mpi())
        return pt_fail(err, PT_E_DEVICE, "bench scale needs a build with MPI; this one is without");
    note_options(out, options);
    if (find_program(out, err) != PT_OK || scale_devices_find(place->device, &out->devices, err) != PT_OK ||
        find_mpirun(out, err) != PT_OK)
        return err->code;
    return find_processors(out, place->every_processor, err);
}

/* ---- the folder ---- */

static bool has_room(const char *folder, unsigned log_domain)
{
    struct statvfs info;
    const uint64_t needed = ((uint64_t)BYTES_A_ROW << log_domain) + BYTES_MORE;
    return access(folder, W_OK | X_OK) == 0 && statvfs(folder, &info) == 0 &&
           (uint64_t)info.f_bavail * info.f_frsize >= needed;
}

static pt_status make_folder(scale_site *self, const char *parent, unsigned log_domain, pt_err *err)
{
    char name[SCALE_PATH_ROOM];
    if (parent == NULL)
        parent = has_room(in_memory, log_domain) ? in_memory : usual;
    char *whole = realpath(parent, NULL); /* links to witnesses are of any place */
    if (whole == NULL)
        return pt_fail(err, PT_E_CREATE, "%s: can't make a folder in it: %s", parent, strerror(errno));
    const bool fits = snprintf(name, sizeof name, "%s/partita-scale-XXXXXX", whole) < SCALE_PATH_ROOM / 2;
    free(whole);
    if (!fits)
        return pt_fail(err, PT_E_ARG, "--dir: the path is too long");
    if (strpbrk(name, "*?[\\") != NULL)
        return pt_fail(err, PT_E_ARG, "--dir: the path may have none of * ? [ \\ in it");
    if (mkdtemp(name) == NULL)
        return pt_fail(err, PT_E_CREATE, "%s: can't make a folder in it: %s", parent, strerror(errno));
    snprintf(self->folder, sizeof self->folder, "%s", name);
    return PT_OK;
}

static void name_file(const scale_site *self, const char *name, char out[SCALE_PATH_ROOM])
{
    snprintf(out, SCALE_PATH_ROOM, "%.300s/%s", self->folder, name);
}

/* ---- the circuit ---- */

enum { WORDS_MAX = 16 };

/* This program with these words, NULL at the end. */
static pt_status run_self(scale_site *self, const char *const *arguments, pt_err *err)
{
    static const char quiet[] = "--quiet";
    char room[WORDS_MAX][SCALE_PATH_ROOM], *words[WORDS_MAX + 1], title[64];
    size_t n = 0;
    child_process child = {0};
    snprintf(room[n++], SCALE_PATH_ROOM, "%s", self->program);
    while (*arguments != NULL)
        snprintf(room[n++], SCALE_PATH_ROOM, "%s", *arguments++);
    snprintf(room[n++], SCALE_PATH_ROOM, "%s", quiet);
    for (size_t i = 0; i < n; i++)
        words[i] = room[i];
    words[n] = NULL;
    snprintf(title, sizeof title, "partita %s", words[1]);
    run_one(self, title, PT_E_INTERNAL, words, &child, err);
    child_process_clear(&child);
    return err->code;
}

static pt_status make_circuit(scale_site *self, const resident_source *source, pt_err *err)
{
    char folder[SCALE_PATH_ROOM], r1cs[SCALE_PATH_ROOM], zkey[SCALE_PATH_ROOM], domain[8], seed[24];
    snprintf(domain, sizeof domain, "2^%u", source->log_domain);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)source->seed);
    name_file(self, "circuit", folder);
    name_file(self, "circuit/circuit.r1cs", r1cs);
    name_file(self, "circuit/circuit.zkey", zkey);
    name_file(self, "circuit/circuit.wtns", self->witness);
    name_file(self, "circuit.ptkey", self->key);
    name_file(self, "vkey.json", self->vkey);
    const char *const kind = source->kind == CIRCUIT_BITS ? "bits" : "full";
    const char *const circuit[] = {"bench",     "circuit", "--domain", domain, "--curve", source->curve->name,
                                   "--witness", kind,      "--seed",   seed,   "-o",      folder,
                                   NULL};
    const char *const keys[] = {"setup", "--insecure", r1cs, "-o", zkey, "--vkey", self->vkey, NULL};
    const char *const prepare[] = {"prepare", zkey, "-o", self->key, NULL};
    if (run_self(self, circuit, err) != PT_OK || run_self(self, keys, err) != PT_OK ||
        run_self(self, prepare, err) != PT_OK)
        return err->code;
    unlink(r1cs);
    unlink(zkey);
    snprintf(self->circuit, sizeof self->circuit, "generated circuit of 2^%u, %s witness, %s, prepared key",
             source->log_domain, kind, source->curve->name);
    return PT_OK;
}

static pt_status write_vkey(const scale_site *self, const groth16_vkey *vkey, pt_err *err)
{
    char *text;
    size_t n_bytes;
    if (vkey_json_text(vkey, &text, &n_bytes, err) != PT_OK)
        return err->code;
    FILE *file = fopen(self->vkey, "we");
    const bool opened = file != NULL, written = opened && fwrite(text, 1, n_bytes, file) == n_bytes;
    if ((opened && fclose(file) != 0) || !written)
        pt_fail(err, PT_E_IO, "%s: write failed: %s", self->vkey, strerror(errno));
    free(text);
    return err->code;
}

/* Paths that hold wherever a rank runs. */
static pt_status find_file(const char *path, char out[SCALE_PATH_ROOM], pt_err *err)
{
    char *whole = realpath(path, NULL);
    const bool fits = whole != NULL && strlen(whole) < SCALE_PATH_ROOM;
    if (whole == NULL)
        pt_fail(err, PT_E_NOINPUT, "%s: %s", path, strerror(errno));
    else if (!fits)
        pt_fail(err, PT_E_ARG, "%s: the path is too long", path);
    else
        snprintf(out, SCALE_PATH_ROOM, "%s", whole);
    free(whole);
    return err->code;
}

static pt_status take_files(scale_site *self, const cli *options, const resident_source *source, pt_err *err)
{
    crew *threads;
    proving_key *key;
    if (find_file(source->key_path, self->key, err) != PT_OK ||
        find_file(source->witness_path, self->witness, err) != PT_OK || crew_create(1, &threads, err) != PT_OK)
        return err->code;
    name_file(self, "vkey.json", self->vkey);
    const proving_key_options unchecked = {.features = options->features, .check = KEY_CHECK_NONE};
    if (proving_key_open(self->key, unchecked, threads, &key, err) == PT_OK) {
        write_vkey(self, &key->vkey, err);
        snprintf(self->circuit, sizeof self->circuit, "%.120s, domain 2^%u, %s", source->key_path, key->log_domain,
                 key->curve->name);
        proving_key_close(key);
    }
    crew_destroy(threads);
    return err->code;
}

pt_status scale_site_furnish(scale_site *self, const cli *options, const scale_place *place, const resident_source *source,
                             pt_err *err)
{
    if (make_folder(self, place->parent, source->log_domain, err) != PT_OK)
        return err->code;
    return source->key_path != NULL ? take_files(self, options, source, err) : make_circuit(self, source, err);
}

/* ---- the end ---- */

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    remove(path);
    return 0;
}

void scale_site_remove(const scale_site *self, const char *name)
{
    char path[SCALE_PATH_ROOM];
    if (self->folder[0] == '\0')
        return;
    name_file(self, name, path);
    nftw(path, remove_one, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
}

void scale_site_clear(scale_site *self)
{
    scale_site_remove(self, "");
    free(self->processors);
    *self = (scale_site){0};
}
