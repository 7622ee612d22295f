/* SPDX-License-Identifier: Apache-2.0 */
#include "node/pipeline/engine_parts.h"

/* A device that fails so often in a row is lost. */
enum { DEVICE_FAULTS_MAX = 3 };

bool engine_move_near_device(const engine *self, pin_mask *before)
{
    const device_place *device = self->setup.device;
    return device != NULL && device->n_near > 0 && pin_move(device->near, device->n_near, before) == 0;
}

bool engine_device_is_off(engine *self)
{
    pthread_mutex_lock(&self->lock);
    const bool off = self->device_off;
    pthread_mutex_unlock(&self->lock);
    return off;
}

void engine_count_on_device(engine *self)
{
    pthread_mutex_lock(&self->lock);
    self->n_on_device++;
    self->n_device_faults = 0;
    pthread_mutex_unlock(&self->lock);
}

void engine_count_instead(engine *self)
{
    pthread_mutex_lock(&self->lock);
    self->n_left_device++;
    pthread_mutex_unlock(&self->lock);
}

/* Returns whether it is from now on that the device is used no more. */
static bool count_fault(engine *self, bool is_wrong)
{
    pthread_mutex_lock(&self->lock);
    const bool ends = !self->device_off && (++self->n_device_faults == DEVICE_FAULTS_MAX || is_wrong);
    self->device_off = self->device_off || ends;
    pthread_mutex_unlock(&self->lock);
    return ends;
}

void engine_device_failed(engine *self, bool is_wrong, const char *what)
{
    pt_err text = {0};
    const bool ends = count_fault(self, is_wrong);
    pt_fail(&text, PT_E_DEVICE, "%s%.200s", ends ? "the device is used no more: " : "", what);
    engine_tell(self, true, text.msg);
}
