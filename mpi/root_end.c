/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/root_end.h"

#include <time.h>

enum { NAP_MS = 20 }; /* nothing else is waited for: rank 0's threads are to have the core */

pt_status root_end_tell(transport *to, pt_err *err)
{
    for (uint32_t rank = 1; rank < to->n_ranks; rank++)
        if (transport_send(to, rank, NULL, 0, err) != PT_OK)
            return err->code;
    return PT_OK;
}

void root_end_wait(transport *from)
{
    const struct timespec nap = {.tv_nsec = NAP_MS * 1000 * 1000};
    const uint8_t *frame;
    size_t n_bytes;
    for (uint32_t rank; !transport_receive(from, &rank, &frame, &n_bytes) || n_bytes > 0;)
        nanosleep(&nap, NULL);
}
