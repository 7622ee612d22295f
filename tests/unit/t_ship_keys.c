/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and witnesses from a root to a chain of ranks, over a network that loses, doubles, reorders and damages, by a clock of its own. */
#define _GNU_SOURCE
#include "mpi/cluster/ship_in.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "mpi/cluster/ship_root.h"
#include "node/pipeline/secret_arena.h"
#include "node/setup/splitmix.h"

enum {
    RANKS_MAX = 5,
    UNDER_WAY_MAX = 4096,
    KEY_BYTES = 5 * WIRE_CHUNK_MAX + 12345,
    WITNESS_BYTES = 2 * WIRE_CHUNK_MAX + 7
};

typedef struct {
    uint32_t from, to;
    uint8_t *bytes;
    size_t n;
    double due;
} under_way;

/* Of each 1,000 frames. */
typedef struct {
    unsigned lost, doubled, late, damaged;
} troubles;

typedef struct network network;

typedef struct {
    network *in;
    uint32_t rank;
    ship_in ship;
    wire_room out, room;
    bool dead;
} rank_end;

struct network {
    uint32_t n_ranks;
    rank_end ends[RANKS_MAX];
    ship_root *root;
    under_way frames[UNDER_WAY_MAX];
    size_t n;
    troubles of;
    uint64_t random;
    double now;
    uint64_t n_from[RANKS_MAX]; /* pieces that each has sent */
    uint32_t spoilt_from;       /* whose pieces of the key are wrong, but whole; UINT32_MAX: nobody's */
};

static char room[] = "/tmp/t_ship_keys.XXXXXX", key_path[64], witness_path[64];
static char *keys[] = {key_path};
static request_partition partitions[] = {{.id = "w", .witness = witness_path}};
static request asked = {.keys = keys, .n_keys = 1, .partitions = partitions, .n_partitions = 1};
static uint8_t *key_bytes, *witness_bytes;

static uint8_t *write_random(const char *path, size_t n_bytes, uint64_t seed)
{
    uint8_t *bytes = malloc(n_bytes);
    assert_non_null(bytes);
    for (size_t i = 0; i < n_bytes; i++)
        bytes[i] = (uint8_t)(splitmix_next(&seed) >> 7);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n_bytes, f), n_bytes);
    fclose(f);
    return bytes;
}

static int make_room(void **state)
{
    (void)state;
    strcpy(room + sizeof room - 7, "XXXXXX");
    if (mkdtemp(room) == NULL)
        return -1;
    snprintf(key_path, sizeof key_path, "%s/key", room);
    snprintf(witness_path, sizeof witness_path, "%s/witness", room);
    key_bytes = write_random(key_path, KEY_BYTES, 1);
    witness_bytes = write_random(witness_path, WITNESS_BYTES, 2);
    return 0;
}

static int clear_room(void **state)
{
    char command[128];
    (void)state;
    free(key_bytes);
    free(witness_bytes);
    snprintf(command, sizeof command, "rm -rf %s", room);
    return system(command);
}

/* ---- the network ---- */

static unsigned below(network *net, unsigned n)
{
    return (unsigned)(splitmix_next(&net->random) % n);
}

static void put(network *net, uint32_t from, uint32_t to, const uint8_t *bytes, size_t n)
{
    under_way f = {.from = from, .to = to, .bytes = malloc(n), .n = n, .due = net->now + 0.001};
    assert_non_null(f.bytes);
    assert_true(net->n < UNDER_WAY_MAX);
    memcpy(f.bytes, bytes, n);
    if (below(net, 1000) < net->of.late)
        f.due += 0.001 * below(net, 1500);
    if (below(net, 1000) < net->of.damaged)
        f.bytes[below(net, (unsigned)n)] ^= 4;
    net->frames[net->n++] = f;
}

static size_t send_from(void *ctx, uint32_t to, wire_frame *frame)
{
    rank_end *end = ctx;
    network *net = end->in;
    pt_err err = {0};
    const bool spoilt = frame->type == WIRE_CHUNK && frame->of.chunk.n_bytes > 0 && end->rank == net->spoilt_from &&
                        frame->of.chunk.file.kind == WIRE_OF_KEY;
    frame->epoch = frame->request = 9;
    if (spoilt)
        ((uint8_t *)(uintptr_t)frame->of.chunk.bytes)[0] ^= 77;
    if (wire_write(frame, &end->out, &err) != PT_OK)
        fail_msg("%s", err.msg);
    net->n_from[end->rank] += frame->type == WIRE_CHUNK && frame->of.chunk.n_bytes > 0;
    for (unsigned i = below(net, 1000) < net->of.doubled ? 2 : 1; i > 0; i--)
        if (below(net, 1000) >= net->of.lost)
            put(net, end->rank, to, end->out.bytes, end->out.n_bytes);
    return end->out.n_bytes;
}

static void deliver(network *net, const under_way *f)
{
    rank_end *end = &net->ends[f->to];
    const ship_line line = {.ctx = end, .send = send_from};
    wire_frame frame;
    pt_err err = {0};
    if (end->dead || wire_read(f->bytes, f->n, &end->room, &frame, &err) != PT_OK)
        return;
    if (f->to == 0)
        ship_root_take(net->root, &line, f->from, &frame);
    else
        ship_in_take(&end->ship, &line, f->from, &frame, net->now);
}

static void deliver_due(network *net)
{
    for (size_t i = 0; i < net->n;) {
        under_way f = net->frames[i];
        if (f.due > net->now) {
            i++;
            continue;
        }
        memmove(&net->frames[i], &net->frames[i + 1], (--net->n - i) * sizeof f);
        deliver(net, &f);
        free(f.bytes);
    }
}

/* ---- ranks ---- */

static void name_cache(char out[64], uint32_t rank)
{
    snprintf(out, 64, "%s/cache%u", room, rank);
}

/* The rank wants the key, with a cache that it may share. */
static void begin_rank(network *net, uint32_t rank, uint32_t cache, ship_keys_setup *setup)
{
    char dir[64];
    pt_err err = {0};
    name_cache(dir, cache);
    if (key_cache_open(dir, 1 << 30, &setup->cache, &err) != PT_OK ||
        ship_keys_create(setup, &net->ends[rank].ship.keys, &err) != PT_OK ||
        ship_keys_want(net->ends[rank].ship.keys, 1, net->now, &err) != PT_OK)
        fail_msg("%s", err.msg);
}

/* Each on a host of its own. */
static network *make_network(uint32_t n_ranks, uint64_t seed, troubles of, bool chained)
{
    network *net = calloc(1, sizeof *net);
    pt_err err = {0};
    assert_non_null(net);
    net->n_ranks = n_ranks;
    net->random = seed;
    net->of = of;
    net->spoilt_from = UINT32_MAX;
    assert_int_equal(ship_root_create(&asked, RANKS_MAX, &net->root, &err), PT_OK);
    for (uint32_t i = 0; i < RANKS_MAX; i++) {
        net->ends[i].in = net;
        net->ends[i].rank = i;
    }
    for (uint32_t i = 1; i < n_ranks; i++) {
        ship_keys_setup setup = {.parent = chained ? i - 1 : 0, .is_first = true, .n_ranks = n_ranks};
        begin_rank(net, i, i, &setup);
    }
    return net;
}

/* Ranks 1 and 2 share a host and its cache; the second of them is not in the chain. */
static network *make_host_of_two(void)
{
    network *net = make_network(2, 1, (troubles){0}, true);
    ship_keys_setup setup = {.n_ranks = 3};
    begin_rank(net, 2, 1, &setup);
    net->n_ranks = 3;
    return net;
}

static void end_network(network *net)
{
    for (uint32_t i = 0; i < net->n_ranks; i++) {
        if (i > 0)
            ship_in_clear(&net->ends[i].ship);
        wire_room_clear(&net->ends[i].out);
        wire_room_clear(&net->ends[i].room);
    }
    for (size_t i = 0; i < net->n; i++)
        free(net->frames[i].bytes);
    ship_root_destroy(net->root);
    free(net);
}

static bool any_at_work(const network *net)
{
    for (uint32_t i = 1; i < net->n_ranks; i++)
        if (!net->ends[i].dead && ship_keys_is_at_work(net->ends[i].ship.keys))
            return true;
    return ship_root_is_at_work(net->root);
}

/* A step of a millisecond, or longer where nothing is under way. While a thread has a key no time goes by: it may get none. */
static void step(network *net)
{
    const bool waits = any_at_work(net);
    if (!waits)
        net->now += net->n == 0 ? 0.02 : 0.001;
    deliver_due(net);
    for (uint32_t i = 1; i < net->n_ranks; i++) {
        const ship_line line = {.ctx = &net->ends[i], .send = send_from};
        if (!net->ends[i].dead)
            ship_in_tick(&net->ends[i].ship, &line, net->now);
    }
    if (waits)
        usleep(20);
}

static bool all_have_ended(const network *net)
{
    for (uint32_t i = 1; i < net->n_ranks; i++)
        if (!net->ends[i].dead && ship_keys_n_here(net->ends[i].ship.keys) == 0 &&
            ship_keys_failure(net->ends[i].ship.keys, 0) == NULL)
            return false;
    return true;
}

static void run(network *net, double seconds)
{
    for (const double end = net->now + seconds; !all_have_ended(net) && net->now < end;)
        step(net);
}

static void expect_key(const network *net, uint32_t rank)
{
    const ship_keys *k = net->ends[rank].ship.keys;
    uint8_t *bytes = malloc(KEY_BYTES + 1);
    assert_int_equal(ship_keys_n_here(k), 1);
    FILE *f = fopen(ship_keys_paths(k)[0], "rb");
    assert_non_null(f);
    assert_int_equal(fread(bytes, 1, KEY_BYTES + 1, f), KEY_BYTES);
    assert_memory_equal(bytes, key_bytes, KEY_BYTES);
    fclose(f);
    free(bytes);
}

static void expect_keys(const network *net)
{
    for (uint32_t i = 1; i < net->n_ranks; i++)
        if (!net->ends[i].dead)
            expect_key(net, i);
}

static void clear_caches(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s/cache*", room);
    assert_int_equal(system(command), 0);
}

/* ---- keys ---- */

static void a_key_goes_down_the_chain_once(void **state)
{
    (void)state;
    network *net = make_network(RANKS_MAX, 1, (troubles){0}, true);
    run(net, 1000);
    expect_keys(net);
    for (uint32_t i = 0; i + 1 < RANKS_MAX; i++)
        assert_int_equal(net->n_from[i], 6);
    end_network(net);
}

static void pieces_are_passed_on_before_the_key_is_whole(void **state)
{
    (void)state;
    network *net = make_network(3, 1, (troubles){0}, true);
    while (net->n_from[1] == 0)
        step(net);
    assert_int_equal(ship_keys_n_here(net->ends[1].ship.keys), 0);
    run(net, 1000);
    expect_keys(net);
    end_network(net);
}

static void what_the_cache_has_is_not_sent(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        network *net = make_network(2, 1, (troubles){0}, true);
        run(net, 1000);
        expect_keys(net);
        assert_int_equal(net->n_from[0], i == 0 ? 6 : 0);
        end_network(net);
    }
}

static void what_is_damaged_in_the_cache_is_sent_anew(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        network *net = make_network(2, 1, (troubles){0}, true);
        run(net, 1000);
        expect_keys(net);
        assert_int_equal(net->n_from[0], 6);
        FILE *f = fopen(ship_keys_paths(net->ends[1].ship.keys)[0], "r+b");
        fseek(f, 4321, SEEK_SET);
        fputc(key_bytes[4321] ^ 1, f);
        fclose(f);
        end_network(net);
    }
}

static void every_rank_gets_its_key_over_a_bad_network(void **state)
{
    (void)state;
    static const troubles bad[] = {{.lost = 100},
                                   {.doubled = 300},
                                   {.late = 300},
                                   {.damaged = 100},
                                   {.lost = 100, .doubled = 100, .late = 100, .damaged = 100}};
    for (uint64_t seed = 0; seed < 10; seed++) {
        network *net = make_network(RANKS_MAX, seed, bad[seed % 5], true);
        run(net, 3000);
        expect_keys(net);
        end_network(net);
        clear_caches();
    }
}

/* Whoever waits for the dead asks the root. */
static void a_parent_that_dies_is_replaced_by_the_root(void **state)
{
    (void)state;
    for (uint64_t after = 1; after <= 6; after++) {
        network *net = make_network(4, after, (troubles){0}, true);
        while (net->n_from[1] < after)
            step(net);
        net->ends[1].dead = true;
        run(net, 1000);
        expect_keys(net);
        assert_true(net->n_from[2] >= 6);
        end_network(net);
        clear_caches();
    }
}

static void what_arrives_as_something_else_is_fetched_from_the_root(void **state)
{
    (void)state;
    network *net = make_network(3, 1, (troubles){0}, true);
    net->spoilt_from = 1;
    run(net, 1000);
    expect_keys(net);
    assert_int_equal(net->n_from[0], 12);
    end_network(net);
}

static void a_root_that_sends_something_else_is_not_believed(void **state)
{
    (void)state;
    network *net = make_network(2, 1, (troubles){0}, true);
    net->spoilt_from = 0;
    run(net, 1000);
    assert_int_equal(ship_keys_failure(net->ends[1].ship.keys, 0)->err.code, PT_E_FORMAT);
    assert_int_equal(net->n_from[0], 18);
    end_network(net);
}

static void a_key_that_the_root_has_not_is_told_of(void **state)
{
    (void)state;
    assert_int_equal(unlink(key_path), 0);
    network *net = make_network(2, 1, (troubles){0}, true);
    run(net, 1000);
    assert_int_equal(ship_keys_failure(net->ends[1].ship.keys, 0)->err.code, PT_E_NOINPUT);
    end_network(net);
}

/* It says that it has nothing yet whenever it is asked, and so is not taken for dead. */
static void a_parent_that_waits_itself_is_waited_for(void **state)
{
    (void)state;
    network *net = make_network(3, 1, (troubles){0}, true);
    cached_key other;
    key_cache cache;
    uint8_t hash[KEY_CACHE_HASH_BYTES];
    char dir[64];
    pt_err err = {0};
    bool busy;
    name_cache(dir, 1);
    crypto_generichash(hash, sizeof hash, key_bytes, KEY_BYTES, NULL, 0);
    assert_int_equal(key_cache_open(dir, 1 << 30, &cache, &err), PT_OK);
    assert_int_equal(key_cache_begin(&cache, hash, KEY_BYTES, &busy, &other, &err), PT_OK); /* by another job on its host */
    run(net, 60);
    assert_int_equal(net->n_from[0], 0);
    key_cache_drop(&other);
    run(net, 1000);
    expect_keys(net);
    assert_int_equal(net->n_from[0], 6);
    end_network(net);
}

/* Two ranks that share a cache: the second one, which is not its host's first, has what the first one fetched. */
static void a_host_fetches_once(void **state)
{
    (void)state;
    network *net = make_host_of_two();
    run(net, 1000);
    expect_keys(net);
    assert_int_equal(net->n_from[0], 6);
    end_network(net);
}

/* ---- witnesses ---- */

static proving_order order_of(uint32_t attempt)
{
    return (proving_order){.attempt = {0, attempt}, .id = "w", .witness = witness_path};
}

static ended_wait wait_for_witness(network *net, double seconds)
{
    ended_wait ended;
    for (const double end = net->now + seconds; net->now < end; step(net))
        if (ship_witnesses_next(&net->ends[1].ship.witnesses, &ended))
            return ended;
    fail_msg("no witness has come");
    return ended;
}

static void a_witness_arrives_over_a_bad_network(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        network *net = make_network(2, seed, (troubles){100, 100, 100, 100}, false);
        pt_err err = {0};
        const proving_order order = order_of(1);
        assert_int_equal(ship_witnesses_add(&net->ends[1].ship.witnesses, &order, net->now, &err), PT_OK);
        ended_wait ended = wait_for_witness(net, 1000);
        assert_int_equal(ended.how.code, PT_OK);
        assert_int_equal(ended.order.n_memory_bytes, WITNESS_BYTES);
        assert_memory_equal(ended.order.memory, witness_bytes, WITNESS_BYTES);
        secret_free(ended.order.memory);
        ended_wait_clear(&ended);
        end_network(net);
    }
}

static void a_witness_that_is_not_there_ends_its_order(void **state)
{
    (void)state;
    network *net = make_network(2, 1, (troubles){0}, false);
    pt_err err = {0};
    const proving_order order = order_of(1);
    assert_int_equal(unlink(witness_path), 0);
    assert_int_equal(ship_witnesses_add(&net->ends[1].ship.witnesses, &order, net->now, &err), PT_OK);
    ended_wait ended = wait_for_witness(net, 100);
    assert_int_equal(ended.how.code, PT_E_NOINPUT);
    assert_non_null(strstr(ended.how.msg, "/witness: No such file"));
    assert_null(ended.order.memory);
    ended_wait_clear(&ended);
    end_network(net);
}

/* What was on its way for a partition that has lost its place is not taken for the next one's. */
static void pieces_of_an_attempt_before_are_passed_over(void **state)
{
    (void)state;
    network *net = make_network(2, 1, (troubles){0}, false);
    ship_witnesses *w = &net->ends[1].ship.witnesses;
    pt_err err = {0};
    const proving_order first = order_of(1), second = order_of(2);
    assert_int_equal(ship_witnesses_add(w, &first, net->now, &err), PT_OK);
    while (net->n_from[0] < 2)
        step(net);
    ship_witnesses_cancel(w, first.attempt);
    free(witness_bytes);
    assert_int_equal(unlink(witness_path), 0);
    witness_bytes = write_random(witness_path, WITNESS_BYTES, 3);
    ship_root_forget(net->root, 0);
    assert_int_equal(ship_witnesses_add(w, &second, net->now, &err), PT_OK);
    ended_wait ended = wait_for_witness(net, 100);
    assert_memory_equal(ended.order.memory, witness_bytes, WITNESS_BYTES);
    secret_free(ended.order.memory);
    ended_wait_clear(&ended);
    end_network(net);
}

/* Two ranks that share a cache: the first one ends while it fetches, and the other one does it. */
static void another_rank_of_the_host_fetches_if_the_first_does_not(void **state)
{
    (void)state;
    network *net = make_host_of_two();
    while (net->n_from[0] < 3)
        step(net);
    ship_in_clear(&net->ends[1].ship);
    net->ends[1].dead = true;
    run(net, 1000);
    expect_key(net, 2);
    end_network(net);
}

static void what_is_cancelled_does_not_come(void **state)
{
    (void)state;
    network *net = make_network(2, 1, (troubles){0}, false);
    ship_witnesses *w = &net->ends[1].ship.witnesses;
    pt_err err = {0};
    for (uint32_t i = 1; i <= 3; i++) {
        const proving_order order = order_of(i);
        assert_int_equal(ship_witnesses_add(w, &order, net->now, &err), PT_OK);
    }
    step(net);
    ship_witnesses_cancel(w, (wire_attempt){0, 1});
    ship_witnesses_cancel(w, (wire_attempt){0, 3});
    ended_wait ended = wait_for_witness(net, 100);
    assert_int_equal(ended.order.attempt.attempt, 2);
    secret_free(ended.order.memory);
    ended_wait_clear(&ended);
    assert_null(w->first);
    end_network(net);
}

#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, make_room, clear_room)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ROOM(a_key_goes_down_the_chain_once),
        IN_ROOM(pieces_are_passed_on_before_the_key_is_whole),
        IN_ROOM(what_the_cache_has_is_not_sent),
        IN_ROOM(what_is_damaged_in_the_cache_is_sent_anew),
        IN_ROOM(every_rank_gets_its_key_over_a_bad_network),
        IN_ROOM(a_parent_that_dies_is_replaced_by_the_root),
        IN_ROOM(what_arrives_as_something_else_is_fetched_from_the_root),
        IN_ROOM(a_root_that_sends_something_else_is_not_believed),
        IN_ROOM(a_key_that_the_root_has_not_is_told_of),
        IN_ROOM(a_parent_that_waits_itself_is_waited_for),
        IN_ROOM(a_host_fetches_once),
        IN_ROOM(a_witness_arrives_over_a_bad_network),
        IN_ROOM(a_witness_that_is_not_there_ends_its_order),
        IN_ROOM(pieces_of_an_attempt_before_are_passed_over),
        IN_ROOM(another_rank_of_the_host_fetches_if_the_first_does_not),
        IN_ROOM(what_is_cancelled_does_not_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
