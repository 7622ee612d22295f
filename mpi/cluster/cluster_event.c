/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/cluster_event.h"

static const struct {
    const char *name;
    bool is_news;
} kinds[CLUSTER_EVENT_END] = {
    [RANK_JOINED] = {"joined", false},
    [RANK_READY] = {"ready", false},
    [RANK_LOST] = {"lost", true},
    [RANK_BACK] = {"back", false},
    [RANK_REFUSED] = {"refused", true},
    [RANK_BARRED] = {"barred", true},
    [RANK_UNTOLD] = {"untold", true},
    [RANK_OFF_DEVICE] = {"off_device", true},
    [ATTEMPT_ASSIGNED] = {"assigned", false},
    [ATTEMPT_SECOND] = {"assigned_again", false},
    [ATTEMPT_PROVEN] = {"proven", false},
    [ATTEMPT_FAILED] = {"attempt_failed", false},
    [ATTEMPT_WRONG] = {"wrong_proof", true},
};

const char *cluster_event_name(cluster_event_kind kind)
{
    return kinds[kind].name;
}

bool cluster_event_is_news(cluster_event_kind kind)
{
    return kinds[kind].is_news;
}
