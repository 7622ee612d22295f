/* SPDX-License-Identifier: Apache-2.0 */
/* Damaged frames by the thousand: 1 to 8 bits flipped, cut short, or the beginning of one with the end of another. None is accepted; every one
 * of the frames that they were made of is.
 * usage: t_wire_corrupt [FRAMES [SEED]]     the seed is printed; the same two numbers make the same frames */
#include "mpi/cluster/wire.h"

#include <inttypes.h>
#include <stdio.h>

#include "tests/unit/wire_tests.inc.h"

enum { POOL = 64, FROM_ONE_POOL = 4096, FLIPS_MAX = 8 };
typedef enum { FLIPPED, CUT, SPLICED, KINDS } damage;

static const char *const words[KINDS] = {"flipped", "cut short", "spliced"};
static uint64_t n_frames = 20000, seed = 20261121;

typedef struct {
    uint64_t random;
    made_frame made;
    image pool[POOL];
    wire_room room;
    uint64_t n_sound, n_damaged[KINDS], n_accepted;
} run;

static bool is_accepted(run *r, const image *frame)
{
    pt_err err = {0};
    wire_frame out;
    return wire_read(frame->bytes, frame->n, &r->room, &out, &err) == PT_OK;
}

static void fill_pool(run *r)
{
    for (size_t i = 0; i < POOL; i++) {
        make_frame(&r->made, (wire_type)(1 + random_below(&r->random, WIRE_TYPE_END - 1)), &r->random);
        r->pool[i] = image_of_frame(&r->made.frame);
        assert_true(is_accepted(r, &r->pool[i]));
        r->n_sound++;
    }
}

static void empty_pool(run *r)
{
    for (size_t i = 0; i < POOL; i++)
        free(r->pool[i].bytes);
}

static const image *any_of_pool(run *r)
{
    return &r->pool[random_below(&r->random, POOL)];
}

static bool is_in_pool(const run *r, const image *frame)
{
    for (size_t i = 0; i < POOL; i++)
        if (r->pool[i].n == frame->n && memcmp(r->pool[i].bytes, frame->bytes, frame->n) == 0)
            return true;
    return false;
}

/* No bit twice, or it would be as it was. */
static image flipped(run *r)
{
    const image *from = any_of_pool(r);
    const uint32_t n_flips = 1 + random_below(&r->random, FLIPS_MAX);
    uint32_t bits[FLIPS_MAX];
    image out = image_of(from->bytes, from->n);
    for (uint32_t n = 0; n < n_flips;) {
        uint32_t i = 0;
        bits[n] = random_below(&r->random, (uint32_t)(8 * from->n));
        while (bits[i] != bits[n])
            i++;
        if (i < n)
            continue;
        out.bytes[bits[n] / 8] ^= (uint8_t)(1 << bits[n] % 8);
        n++;
    }
    return out;
}

static image cut(run *r)
{
    const image *from = any_of_pool(r);
    return image_of(from->bytes, random_below(&r->random, (uint32_t)from->n));
}

/* Of both at least a byte; drawn again when it is a frame as it was sent: two that are alike in all but the bytes that one of them brings. */
static image spliced(run *r)
{
    for (;;) {
        const image *a = any_of_pool(r), *b = any_of_pool(r);
        const size_t head = 1 + random_below(&r->random, (uint32_t)a->n - 1);
        const size_t tail = 1 + random_below(&r->random, (uint32_t)b->n - 1);
        image out = {malloc(head + tail), head + tail};
        assert_non_null(out.bytes);
        memcpy(out.bytes, a->bytes, head);
        memcpy(out.bytes + head, b->bytes + b->n - tail, tail);
        if (!is_in_pool(r, &out))
            return out;
        free(out.bytes);
    }
}

static void damage_one(run *r, uint64_t number)
{
    static image (*const make[KINDS])(run *) = {flipped, cut, spliced};
    const damage kind = (damage)random_below(&r->random, KINDS);
    image damaged = make[kind](r);
    r->n_damaged[kind]++;
    if (is_accepted(r, &damaged)) {
        r->n_accepted++;
        printf("frame %" PRIu64 " of seed %" PRIu64 ", %s: %zu bytes are accepted\n", number, seed, words[kind], damaged.n);
    }
    free(damaged.bytes);
}

static void no_damaged_frame_is_accepted(void **state)
{
    (void)state;
    run *r = calloc(1, sizeof *r);
    assert_non_null(r);
    r->random = seed;
    for (uint64_t i = 0; i < n_frames; i++) {
        if (i % FROM_ONE_POOL == 0) {
            empty_pool(r);
            fill_pool(r);
        }
        damage_one(r, i);
    }
    empty_pool(r);
    printf("seed %" PRIu64 ": %" PRIu64 " sound frames accepted; of %" PRIu64 " damaged ones (", seed, r->n_sound,
           n_frames);
    for (int kind = 0; kind < KINDS; kind++)
        printf("%s%" PRIu64 " %s", kind == 0 ? "" : ", ", r->n_damaged[kind], words[kind]);
    printf(") %" PRIu64 "\n", r->n_accepted);
    assert_int_equal(r->n_accepted, 0);
    wire_room_clear(&r->room);
    free(r);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_damaged_frame_is_accepted)};
    if (argc > 1)
        n_frames = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        seed = strtoull(argv[2], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
