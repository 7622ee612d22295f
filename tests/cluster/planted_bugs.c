/* SPDX-License-Identifier: Apache-2.0 */
/* Bugs that the simulator must find, each put in place of a function by the linker (--wrap); one a program, chosen by what CMakeLists.txt
 * defines. */
#include "mpi/cluster/journal.h"
#include "mpi/cluster/ledger.h"

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
