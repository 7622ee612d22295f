/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptions of machines with a few bytes changed: read or refused, and what is read can be planned for. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "node/setup/splitmix.h"
#include "node/topo/placement.h"
#include "node/topo/topology_apart.h"

enum { ROOM = 1 << 15, N_XML = 120, N_NOTATION = 150 };

static size_t below(uint64_t *seed, size_t n)
{
    return (size_t)(splitmix_next(seed) % n);
}

static uint64_t seed_of(void)
{
    const char *given = getenv("PARTITA_SEED");
    const uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 11;
    print_message("  PARTITA_SEED=%" PRIu64 "\n", seed);
    return seed;
}

/* Change, remove, repeat or cut; the text stays NUL-terminated. */
static void damage(uint64_t *seed, char *text)
{
    static const char likely[] = "0123456789abcfx\"<>/= -:()[]";
    const size_t len = strlen(text), at = below(seed, len + 1), n = below(seed, len - at + 1) % 120;
    switch (below(seed, 4)) {
    case 0:
        if (at < len)
            text[at] = likely[below(seed, sizeof likely - 1)];
        return;
    case 1:
        memmove(text + at, text + at + n, len - at - n + 1);
        return;
    case 2:
        if (len + n < ROOM)
            memmove(text + at + n, text + at, len - at + 1);
        return;
    default:
        for (size_t i = at; i < at + n; i++)
            if (text[i] >= '0' && text[i] <= '9')
                text[i] = (char)('0' + below(seed, 10));
    }
}

static void read_or_refused(const char *source)
{
    topology machine = {0};
    placement plan = {0};
    pt_err err = {0};
    const pt_status status = topology_read_from(source, &machine, &err);
    if (status == PT_OK) {
        assert_true(topology_is_sound(&machine));
        assert_int_equal(placement_make(&machine, &(placement_request){0}, &plan, &err), PT_OK);
    } else {
        if (status != PT_E_FORMAT && status != PT_E_NOINPUT)
            fail_msg("%d: %s", (int)status, err.msg);
        assert_true(strlen(err.msg) > 0 && strchr(err.msg, '\n') == NULL);
        assert_null(machine.pus);
    }
    placement_clear(&plan);
    topology_clear(&machine);
}

static void load(const char *path, char *text)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, ROOM - 1, file)] = '\0';
    fclose(file);
}

static void damaged_xml_is_read_or_refused(void **state)
{
    (void)state;
    static char whole[ROOM], text[ROOM];
    char path[] = "/tmp/partita_topology_XXXXXX";
    uint64_t seed = seed_of();
    load(PT_TESTS_DIR "/topo/laptop_low_power.xml", whole);
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    for (int run = 0; run < N_XML; run++) {
        memcpy(text, whole, sizeof text);
        for (size_t i = 0, n = 1 + below(&seed, 4); i < n; i++)
            damage(&seed, text);
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, text, strlen(text), 0), strlen(text));
        read_or_refused(path);
    }
    close(fd);
    unlink(path);
}

static void damaged_notation_is_read_or_refused(void **state)
{
    (void)state;
    static char text[ROOM];
    uint64_t seed = seed_of();
    for (int run = 0; run < N_NOTATION; run++) {
        snprintf(text, sizeof text, "pack:2 [numa(memory=64GB)] l3:3(size=32MiB) core:8 pu:2");
        for (size_t i = 0, n = 1 + below(&seed, 4); i < n; i++)
            damage(&seed, text);
        read_or_refused(text);
    }
}

static pt_status crash(const char *source, topology *out, pt_err *err)
{
    (void)source;
    (void)out;
    (void)err;
    _exit(139);
}

static pt_status nonsense(const char *source, topology *out, pt_err *err)
{
    const pt_status status = topology_read_from(source, out, err);
    out->cores[1].domain = 7;
    return status;
}

static pt_status too_many(const char *source, topology *out, pt_err *err)
{
    const pt_status status = topology_read_from(source, out, err);
    out->n_pus = SIZE_MAX;
    return status;
}

static void a_reader_that_fails_is_told(void **state)
{
    (void)state;
    static const struct {
        topology_reader *read;
        const char *says;
    } cases[] = {{crash, "core:2 pu:1: hwloc can't read this topology"},
                 {nonsense, "core:2 pu:1: a topology that makes no sense"},
                 {too_many, "core:2 pu:1: a topology that makes no sense"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        topology machine = {0};
        pt_err err = {0};
        assert_int_equal(topology_read_apart(cases[i].read, "core:2 pu:1", &machine, &err), PT_E_FORMAT);
        assert_string_equal(err.msg, cases[i].says);
        assert_null(machine.pus);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_xml_is_read_or_refused),
        cmocka_unit_test(damaged_notation_is_read_or_refused),
        cmocka_unit_test(a_reader_that_fails_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
