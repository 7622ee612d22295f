/* SPDX-License-Identifier: Apache-2.0 */
/* mpi/scale_device.h - the devices that ranks of `bench scale` prove on, one each in turn, and whether they did. */
#ifndef PT_SCALE_DEVICE_H
#define PT_SCALE_DEVICE_H

#include <jansson.h>

#include "gpu/device.h"

enum { SCALE_DEVICES_MAX = 64 };

/** What ranks take in turn; {0}: the processor. */
typedef struct scale_devices {
    size_t n;
    size_t index[SCALE_DEVICES_MAX]; /* in the list of all devices, as --device takes it */
    char pci[SCALE_DEVICES_MAX][24]; /* "" where the driver does not say */
    char name[128];                  /* of all of them: they are alike */
} scale_devices;

/** The devices that ranks of this host have by a name: none for NULL and "cpu". None is opened.
 *  ranks   root only, here and below
 *  errors  PT_E_ARG "auto", which leaves open what is measured; PT_E_DEVICE no such device, or no OpenCL; PT_E_NOMEM */
pt_status scale_devices_find(const char *name, scale_devices *out, pt_err *err);

/** The same of a list: those that ranks take in turn which were told `name`, that means list->devices[first]. Pure. */
void scale_devices_take(const gpu_device_list *list, const char *name, size_t first, scale_devices *out);

/** The list's index of the one that a rank has. self->n > 0 */
size_t scale_devices_of(const scale_devices *self, size_t rank);

enum { SCALE_DEVICES_ROOM = 6 * SCALE_DEVICES_MAX + 16 };

/** Those that so many ranks have: "0 1", or "0 1 x2" where up to two ranks share one.
 *  shape   out[SCALE_DEVICES_ROOM]; "" of none
 *  returns out */
const char *scale_devices_text(const scale_devices *self, size_t n_ranks, char *out);

/** What a rank, or a prover, told of its device. */
typedef struct scale_told {
    bool told;
    size_t device;              /* its index */
    size_t n_proven, n_instead; /* partitions there, and by the processor in its place */
} scale_told;

/** From what `prove --stats --json` wrote; nothing of a rank that had no device.
 *  shape   all[n_ranks], zeros at first */
void scale_told_read(const json_t *of_prove, scale_told *all, size_t n_ranks);

/** Did every rank prove on its device, and together at least so many partitions?
 *  shape   all[n]: of the ranks from `first` on
 *  errors  PT_E_INTERNAL a rank that told nothing, or of another device; partitions that the processor proved */
pt_status scale_told_judge(const scale_devices *devices, const scale_told *all, size_t n, size_t first, size_t n_partitions,
                           pt_err *err);

#endif
