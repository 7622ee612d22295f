/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/scale_site.h - what `bench scale` measures on: a folder of its own with a circuit, and processors. */
#ifndef PT_SCALE_SITE_H
#define PT_SCALE_SITE_H

#include <stdatomic.h>

#include "mpi/cli.h"
#include "mpi/scale_device.h"
#include "node/bench/resident.h"

enum { SCALE_PATH_ROOM = 512, SCALE_OPTIONS_MAX = 2 * N_KNOBS };

typedef struct scale_site {
    const char *mpirun;
    const atomic_bool *stop;
    char program[SCALE_PATH_ROOM]; /* this one */
    char folder[SCALE_PATH_ROOM];  /* "": none was made */
    char key[SCALE_PATH_ROOM], witness[SCALE_PATH_ROOM], vkey[SCALE_PATH_ROOM];
    char circuit[200];                               /* in words */
    char launcher[80];                               /* the first line of mpirun --version */
    char option_texts[N_KNOBS][KNOB_TEXT_ROOM + 24]; /* "--memory=8589934592": what was set for every prover */
    size_t n_options;
    const char *device; /* that ranks are told of; each prover is told of its own */
    scale_devices devices;
    unsigned *processors; /* the system's numbers, a core each, neighbours together */
    size_t n_processors;
} scale_site;

/** What there is to be asked for. */
typedef struct scale_place {
    const char *mpirun, *device; /* NULL: mpirun by PATH; the processor */
    const char
        *parent; /* of the folder; NULL: where memory is, if there is room, or else the system's for temporary files */
    bool every_processor; /* is a core */
} scale_place;

/** Find this program, mpirun, the processors and devices: what may be missing, before anything is made.
 *  owns    *out is the caller's (scale_site_clear), also after an error; stop is borrowed
 *  ranks   root only, here and below
 *  errors  PT_E_DEVICE no mpirun, or a build without MPI; PT_E_ARG under mpirun; of topology_read and scale_devices_find; PT_E_NOMEM */
pt_status scale_site_find(const cli *options, const scale_place *place, const atomic_bool *stop, scale_site *out,
                          pt_err *err);

/** Make the folder, and in it a circuit with a prepared key; or take the source's key and witness.
 *  errors  PT_E_CREATE the folder; of `bench circuit`, `setup` and `prepare`; of proving_key_open */
pt_status scale_site_furnish(scale_site *self, const cli *options, const scale_place *place, const resident_source *source,
                             pt_err *err);

/** Remove a folder in the site's, with all that is in it; "": the site's. */
void scale_site_remove(const scale_site *self, const char *name);

/** Remove what was made. */
void scale_site_clear(scale_site *self);

#endif
