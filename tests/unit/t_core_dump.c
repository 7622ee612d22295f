/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/core_dump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { LIMITED = 1, NOT_DUMPABLE = 2 };

/* What core_dump_forbid does to a process, seen in a child. */
static int forbidden(const char *launcher)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit;
        unsetenv("OMPI_COMM_WORLD_SIZE");
        unsetenv("PMIX_RANK");
        unsetenv("PMI_RANK");
        if (launcher != NULL)
            setenv(launcher, "0", 1);
        core_dump_forbid();
        getrlimit(RLIMIT_CORE, &limit);
        _exit((limit.rlim_cur == 0 && limit.rlim_max == 0 ? LIMITED : 0) |
              (prctl(PR_GET_DUMPABLE) == 0 ? NOT_DUMPABLE : 0));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void no_core_by_limit_nor_by_pipe(void **state)
{
    (void)state;
    assert_int_equal(forbidden(NULL), LIMITED | NOT_DUMPABLE);
}

static void ranks_may_read_one_another(void **state)
{
    (void)state;
    assert_int_equal(forbidden("PMIX_RANK"), LIMITED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_core_by_limit_nor_by_pipe),
        cmocka_unit_test(ranks_may_read_one_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
