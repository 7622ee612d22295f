/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gpu/device.h"

/* Does text hold part, in any letter case? */
static bool holds(const char *text, const char *part)
{
    size_t len = strlen(part);
    for (; strlen(text) >= len; text++)
        if (strncasecmp(text, part, len) == 0)
            return true;
    return false;
}

/* 0000:19:00.0, or 19:00.0 for that of domain 0 */
static bool is_pci(const gpu_device_info *info, const char *name)
{
    return info->pci[0] != '\0' && (strcasecmp(info->pci, name) == 0 ||
                                    (strncmp(info->pci, "0000:", 5) == 0 && strcasecmp(info->pci + 5, name) == 0));
}

static bool means(const gpu_device_info *info, const char *name)
{
    return is_pci(info, name) || holds(info->name, name) || holds(info->platform, name);
}

static bool is_index(const char *name, size_t *index)
{
    if (strspn(name, "0123456789") != strlen(name) || strlen(name) > 9)
        return false;
    *index = (size_t)atol(name);
    return true;
}

/* The fit devices come first: an unfit one is meant if no other is. Of those with one name the first is taken. */
static pt_status find_part(const gpu_device_list *list, const char *name, size_t *index, pt_err *err)
{
    const gpu_device_info *found = NULL;
    for (size_t i = 0; i < list->n; i++) {
        const gpu_device_info *info = &list->devices[i];
        if (!means(info, name) || (found != NULL && found->unfit[0] == '\0' && info->unfit[0] != '\0'))
            continue;
        if (found == NULL || found->unfit[0] != '\0')
            found = info;
        else if (strcmp(found->name, info->name) != 0 || strcmp(found->platform, info->platform) != 0)
            return pt_fail(err, PT_E_DEVICE, "device %s: may be %s (%zu) or %s (%zu)", name, found->name, found->index,
                           info->name, info->index);
    }
    if (found == NULL)
        return pt_fail(err, PT_E_DEVICE, "device %s: no device has this in its name (%zu are there: partita doctor)", name,
                       list->n);
    *index = found->index;
    return PT_OK;
}

pt_status gpu_device_find(const gpu_device_list *list, const char *name, size_t *index, pt_err *err)
{
    size_t at = 0;
    if (name[0] == '\0')
        return pt_fail(err, PT_E_DEVICE, "device: expected a number, a PCI address or a part of a name");
    if (!is_index(name, &at)) {
        if (find_part(list, name, &at, err) != PT_OK)
            return err->code;
    } else if (at >= list->n) {
        return pt_fail(err, PT_E_DEVICE, "device %s: there are %zu, counted from 0 (partita doctor)", name, list->n);
    }
    if (list->devices[at].unfit[0] != '\0')
        return pt_fail(err, PT_E_DEVICE, "device %s: %s: %s", name, list->devices[at].name, list->devices[at].unfit);
    *index = at;
    return PT_OK;
}

bool gpu_device_find_auto(const gpu_device_list *list, size_t *index)
{
    const gpu_device_info *best = NULL;
    for (size_t i = 0; i < list->n; i++) {
        const gpu_device_info *info = &list->devices[i];
        bool eligible = (info->kind == GPU_KIND_GPU || info->kind == GPU_KIND_ACCELERATOR) && info->unfit[0] == '\0';
        if (eligible && (best == NULL || info->memory_bytes > best->memory_bytes))
            best = info;
    }
    if (best != NULL)
        *index = best->index;
    return best != NULL;
}

static bool are_alike(const gpu_device_info *a, const gpu_device_info *b)
{
    return b->unfit[0] == '\0' && strcmp(a->name, b->name) == 0 && strcmp(a->platform, b->platform) == 0;
}

size_t gpu_device_take_turn(const gpu_device_list *list, const char *name, size_t turn, size_t n, size_t *index)
{
    const gpu_device_info *first = &list->devices[*index];
    size_t n_alike = 0;
    if (name != NULL && (is_index(name, &(size_t){0}) || is_pci(first, name)))
        return n;
    for (size_t i = 0; i < list->n; i++)
        n_alike += are_alike(first, &list->devices[i]);
    turn %= n_alike;
    for (size_t i = 0; i < list->n; i++)
        if (are_alike(first, &list->devices[i]) && turn-- == 0) {
            *index = i;
            break;
        }
    return (n + n_alike - 1) / n_alike;
}
