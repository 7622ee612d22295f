/* SPDX-License-Identifier: Apache-2.0 */
/* The library's devices: each is an engine, as the program has one, that all threads of the caller hand their jobs to. */
#include "node/partita_device.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/groth16/device_choice.h"

struct partita_device {
    device_choice choice;
    device_place place;
    engine *engine;
    pthread_mutex_t submitting, sending; /* the engine has one thread each for these */
};

static partita_device_info info_of(const gpu_device_info *from)
{
    partita_device_info out = {.memory_bytes = from->memory_bytes,
                               .is_accelerator = from->kind == GPU_KIND_GPU || from->kind == GPU_KIND_ACCELERATOR};
    snprintf(out.name, sizeof out.name, "%s", from->name);
    snprintf(out.platform, sizeof out.platform, "%s", from->platform);
    snprintf(out.pci, sizeof out.pci, "%s", from->pci);
    snprintf(out.unfit, sizeof out.unfit, "%s", from->unfit);
    return out;
}

/* ---- listing ---- */

/* No loader is no device. */
static pt_status list_devices(gpu_device_list *out, pt_err *err)
{
    opencl *cl;
    pt_err no_loader = {0};
    *out = (gpu_device_list){0};
    if (opencl_open(&cl, &no_loader) != PT_OK)
        return no_loader.code == PT_E_NOMEM ? pt_fail(err, PT_E_NOMEM, "%s", no_loader.msg) : PT_OK;
    gpu_device_list_init(cl, out, err);
    opencl_close(cl);
    return err->code;
}

partita_status partita_device_list(partita_device_info **out, size_t *n, partita_error *err)
{
    pt_err cause = {0};
    gpu_device_list list = {0};
    partita_device_info *infos = NULL;
    if (out == NULL || n == NULL)
        pt_fail(&cause, PT_E_ARG, "an argument is NULL that must not be");
    else if (list_devices(&list, &cause) == PT_OK && (infos = calloc(list.n + 1, sizeof *infos)) == NULL)
        pt_fail(&cause, PT_E_NOMEM, "no memory for a list of %zu devices", list.n);
    if (cause.code == PT_OK) {
        for (size_t i = 0; i < list.n; i++)
            infos[i] = info_of(&list.devices[i]);
        *out = infos;
        *n = list.n;
    }
    gpu_device_list_clear(&list);
    return partita_tell(&cause, err);
}

void partita_device_list_free(partita_device_info *list)
{
    free(list);
}

/* ---- opening ---- */

/* With auto no device is no error: the processor proves, and it is said why. */
static pt_status choose(partita_device *self, const char *name, const partita_device_options *options, pt_err *err)
{
    pt_err reason = {0};
    if (device_choice_open(name, options->cache_folder, 0, 1, &self->choice, &reason) == PT_OK)
        return PT_OK;
    device_choice_close(&self->choice);
    if (!device_choice_is_auto(name))
        return pt_fail(err, reason.code == PT_E_CREATE ? PT_E_DEVICE : reason.code, "%s", reason.msg);
    pt_err text = {0};
    pt_fail(&text, PT_E_DEVICE, "the processor proves: %s", reason.msg);
    if (options->told != NULL)
        options->told(options->ctx, false, text.msg);
    return PT_OK;
}

static pt_status start(partita_device *self, const char *name, const partita_device_options *options, pt_err *err)
{
    if (choose(self, name, options, err) != PT_OK)
        return err->code;
    self->place = device_choice_place(&self->choice);
    const engine_setup setup = {.options = {.n_threads = partita_threads(options->n_threads),
                                            .n_gpu_workers = options->n_workers,
                                            .gpu_memory_bytes = options->memory_bytes},
                                .features = cpu_features_read(),
                                .device = self->place.device != NULL ? &self->place : NULL,
                                .device_is_choice = device_choice_is_auto(name),
                                .device_if_it_pays = device_choice_is_auto(name),
                                .told = options->told,
                                .ctx = options->ctx};
    return engine_create(&setup, &self->engine, err);
}

partita_status partita_device_open(const char *name, const partita_device_options *options, partita_device **out,
                                   partita_error *err)
{
    const partita_device_options asked = options == NULL ? (partita_device_options){0} : *options;
    pt_err cause = {0};
    partita_device *self = NULL;
    if (name == NULL || out == NULL) {
        pt_fail(&cause, PT_E_ARG, "an argument is NULL that must not be");
    } else if ((self = calloc(1, sizeof *self)) == NULL) {
        pt_fail(&cause, PT_E_NOMEM, "no memory to open a device");
    } else {
        pthread_mutex_init(&self->submitting, NULL);
        pthread_mutex_init(&self->sending, NULL);
        if (start(self, name, &asked, &cause) == PT_OK)
            *out = self;
        else
            partita_device_close(self);
    }
    return partita_tell(&cause, err);
}

void partita_device_close(partita_device *device)
{
    if (device == NULL)
        return;
    engine_destroy(device->engine);
    device_choice_close(&device->choice);
    pthread_mutex_destroy(&device->sending);
    pthread_mutex_destroy(&device->submitting);
    free(device);
}

void partita_device_describe(const partita_device *device, partita_device_info *out)
{
    *out = device->place.device != NULL ? info_of(gpu_device_describe(device->place.device)) : (partita_device_info){0};
}

/* ---- keys and jobs ---- */

pt_status partita_device_send(partita_device *device, const proving_key *key, engine_key **out, pt_err *err)
{
    pthread_mutex_lock(&device->sending);
    engine_key_create(device->engine, key, out, err);
    pthread_mutex_unlock(&device->sending);
    return err->code;
}

pt_status partita_device_run(partita_device *device, engine_job *job, pt_err *err)
{
    pthread_mutex_lock(&device->submitting);
    const pt_status status = engine_submit(device->engine, job, err);
    pthread_mutex_unlock(&device->submitting);
    if (status == PT_OK)
        engine_wait(device->engine, job);
    return status;
}
