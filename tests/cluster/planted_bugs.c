/* SPDX-License-Identifier: Apache-2.0 */
/* Bugs that the simulator must find, each put in place of a function by the linker (--wrap); one a program, chosen by what CMakeLists.txt
 * defines. */
#include "mpi/cluster/journal.h"
#include "mpi/cluster/ledger_parts.h"

#ifdef PLANT_NO_LEASE_CHECK
/* Who is not heard any more keeps what it has. */
uint32_t __wrap_ledger_expire(ledger *self, double now, uint32_t *lost);
uint32_t __wrap_ledger_expire(ledger *self, double now, uint32_t *lost)
{
    (void)self;
    (void)now;
    (void)lost;
    return 0;
}
#endif

#ifdef PLANT_NO_ATTEMPT_CHECK
/* A failure counts against whoever has the partition now, whatever attempt it is of. */
bool __wrap_ledger_holds(const ledger *self, ledger_lease lease);
bool __wrap_ledger_holds(const ledger *self, ledger_lease lease)
{
    return ledger_state(self, lease.partition) == PARTITION_LEASED;
}

ledger_answer __real_ledger_failure(ledger *self, ledger_lease from, bool again);
ledger_answer __wrap_ledger_failure(ledger *self, ledger_lease from, bool again);
ledger_answer __wrap_ledger_failure(ledger *self, ledger_lease from, bool again)
{
    for (uint32_t attempt = 1; attempt < 64; attempt++)
        for (uint32_t rank = 0; rank < 16; rank++) {
            const ledger_lease lease = {from.partition, attempt, rank};
            if (__real_ledger_failure(self, lease, again) == ANSWER_COUNTS)
                return ANSWER_COUNTS;
        }
    return ANSWER_STALE;
}
#endif

#ifdef PLANT_NO_PLACE_CHECK
/* The attempts at a partition that has another one's place number from 1 again. */
void __real_ledger_add(ledger *self, uint32_t place, int32_t priority);
void __wrap_ledger_add(ledger *self, uint32_t place, int32_t priority);
void __wrap_ledger_add(ledger *self, uint32_t place, int32_t priority)
{
    __real_ledger_add(self, place, priority);
    self->partitions[place].n_attempts = self->partitions[place].n_earlier = 0;
}
#endif
