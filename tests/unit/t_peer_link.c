/* SPDX-License-Identifier: Apache-2.0 */
#include "mpi/cluster/peer_link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LONG = 1 << 20, N_HOSTILE = 200000 };

static uint8_t bytes[LONG];

static void queue(peer_link *link, size_t n_bytes)
{
    pt_err err = {0};
    assert_int_equal(peer_link_queue(link, bytes, n_bytes, &err), PT_OK);
}

/* Carry one packet over; returns false if there is none. A frame that it makes whole must have n_expected bytes. */
static bool carry(peer_link *from, peer_link *to, size_t n_expected, size_t *n_frames)
{
    uint8_t packet[LINK_PACKET_MAX];
    const uint8_t *frame;
    size_t n_frame_bytes;
    const size_t n = peer_link_next_packet(from, packet);
    assert_true(n <= LINK_PACKET_MAX);
    if (n > 0 && peer_link_take(to, packet, n, &frame, &n_frame_bytes)) {
        assert_int_equal(n_frame_bytes, n_expected);
        assert_memory_equal(frame, bytes, n_frame_bytes);
        peer_link_release(to);
        (*n_frames)++;
    }
    return n > 0;
}

static void frames_of_every_size_arrive(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, LINK_PART_MAX - 1, LINK_PART_MAX, LINK_PART_MAX + 1, 3 * LINK_PART_MAX, LONG};
    peer_link a = {0}, b = {0};
    size_t n_frames = 0, n_back = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        queue(&a, sizes[i]);
        while (carry(&a, &b, sizes[i], &n_frames) || carry(&b, &a, 0, &n_back))
            ;
        assert_int_equal(n_frames, i + 1);
    }
    assert_int_equal(n_back, 0);
    assert_null(a.first);
    assert_int_equal(a.waiting_bytes, 0);
    assert_true(b.room_bytes <= LINK_ROOM_KEPT);
    peer_link_clear(&a);
    peer_link_clear(&b);
}

static void a_peer_that_takes_nothing_gets_no_more_than_a_window(void **state)
{
    (void)state;
    peer_link a = {0};
    uint8_t packet[LINK_PACKET_MAX];
    size_t n = 0;
    queue(&a, LONG);
    while (peer_link_next_packet(&a, packet) > 0)
        n++;
    assert_int_equal(n, LINK_WINDOW);
    peer_link_clear(&a);
}

static void what_no_queue_holds_is_lost(void **state)
{
    (void)state;
    peer_link a = {0};
    while (a.waiting_bytes + sizeof(link_frame) + LONG <= LINK_QUEUE_MAX)
        queue(&a, LONG);
    const size_t n = a.n_waiting;
    queue(&a, LONG);
    assert_int_equal(a.n_waiting, n);
    queue(&a, 1);
    assert_int_equal(a.n_waiting, n + 1);
    peer_link_clear(&a);
}

static void a_farewell_comes_after_all_frames(void **state)
{
    (void)state;
    peer_link a = {0}, b = {0};
    size_t n_frames = 0, n_back = 0;
    queue(&a, LONG);
    a.farewell_out = LINK_ENDS_BADLY;
    while (carry(&a, &b, LONG, &n_frames))
        ;
    assert_int_equal(b.farewell_in, LINK_GOES_ON);
    while (b.farewell_in == LINK_GOES_ON)
        assert_true(carry(&a, &b, LONG, &n_frames) || carry(&b, &a, 0, &n_back));
    assert_int_equal(n_frames, 1);
    assert_int_equal(b.farewell_in, LINK_ENDS_BADLY);
    assert_int_equal(a.farewell_out, LINK_GOES_ON);
    peer_link_clear(&a);
    peer_link_clear(&b);
}

/* Fields of the packet's head, by their place. */
enum { MARK = 0, TAKEN = 4, FRAME = 8, PART = 12, FRAME_BYTES = 16 };

static void put(uint8_t *packet, int field, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        packet[field + i] = (uint8_t)(value >> 8 * i);
}

static void spoil_mark(uint8_t *packet, size_t *n_bytes)
{
    (void)n_bytes;
    packet[MARK] ^= 1;
}

static void spoil_frame(uint8_t *packet, size_t *n_bytes)
{
    (void)n_bytes;
    put(packet, FRAME, 7);
}

static void spoil_part(uint8_t *packet, size_t *n_bytes)
{
    (void)n_bytes;
    put(packet, PART, 0x80000001);
}

static void repeat_part(uint8_t *packet, size_t *n_bytes)
{
    *n_bytes = LINK_PACKET_MAX;
    put(packet, PART, 0);
    put(packet, FRAME, 9);
}

static void spoil_bytes(uint8_t *packet, size_t *n_bytes)
{
    (void)n_bytes;
    put(packet, FRAME_BYTES, 3 * LINK_PART_MAX - 4);
}

static void skip_part(uint8_t *packet, size_t *n_bytes)
{
    put(packet, PART, 2);
    *n_bytes -= 5;
}

static void begin_too_long(uint8_t *packet, size_t *n_bytes)
{
    (void)n_bytes;
    put(packet, PART, 0);
    put(packet, FRAME_BYTES, WIRE_FRAME_MAX + 1);
}

static void shorten(uint8_t *packet, size_t *n_bytes)
{
    (void)packet;
    *n_bytes -= 1;
}

static void cut_the_head(uint8_t *packet, size_t *n_bytes)
{
    (void)packet;
    *n_bytes = LINK_HEAD_BYTES - 1;
}

/* Of a frame in three parts the second is as `spoil` leaves it; the frame must not come, and the next one must. */
static void assert_spoiled(void (*spoil)(uint8_t *packet, size_t *n_bytes))
{
    peer_link a = {0}, b = {0};
    uint8_t packet[LINK_PACKET_MAX];
    const uint8_t *frame;
    size_t n_frame_bytes, n_frames = 0;
    queue(&a, 3 * LINK_PART_MAX - 5);
    queue(&a, 2 * LINK_PART_MAX);
    for (int i = 0; i < 3; i++) {
        size_t n = peer_link_next_packet(&a, packet);
        if (i == 1)
            spoil(packet, &n);
        assert_false(peer_link_take(&b, packet, n, &frame, &n_frame_bytes));
        assert_true(i != 1 || !b.joining || spoil == repeat_part);
    }
    assert_false(b.joining);
    while (carry(&a, &b, 2 * LINK_PART_MAX, &n_frames))
        ;
    assert_int_equal(n_frames, 1);
    assert_int_equal(b.n_taken, 5);
    peer_link_clear(&a);
    peer_link_clear(&b);
}

static void a_spoiled_part_costs_its_frame_alone(void **state)
{
    (void)state;
    assert_spoiled(spoil_mark);
    assert_spoiled(spoil_frame);
    assert_spoiled(spoil_part);
    assert_spoiled(repeat_part);
    assert_spoiled(spoil_bytes);
    assert_spoiled(skip_part);
    assert_spoiled(begin_too_long);
    assert_spoiled(shorten);
    assert_spoiled(cut_the_head);
}

static void what_was_never_sent_is_not_taken(void **state)
{
    (void)state;
    peer_link a = {0};
    uint8_t packet[LINK_PACKET_MAX], answer[LINK_HEAD_BYTES] = {0};
    const uint8_t *frame;
    size_t n_frame_bytes, n = 0;
    queue(&a, LONG);
    while (peer_link_next_packet(&a, packet) > 0)
        n++;
    memcpy(answer, packet, LINK_HEAD_BYTES);
    put(answer, FRAME_BYTES, LINK_NO_FRAME);
    put(answer, PART, 0);
    put(answer, TAKEN, LINK_WINDOW + 1);
    peer_link_take(&a, answer, sizeof answer, &frame, &n_frame_bytes);
    assert_int_equal(a.n_taken_there, 0);
    put(answer, TAKEN, LINK_WINDOW);
    peer_link_take(&a, answer, sizeof answer, &frame, &n_frame_bytes);
    assert_int_equal(a.n_taken_there, LINK_WINDOW);
    put(answer, TAKEN, LINK_WINDOW - 1);
    peer_link_take(&a, answer, sizeof answer, &frame, &n_frame_bytes);
    assert_int_equal(a.n_taken_there, LINK_WINDOW);
    peer_link_clear(&a);
}

/* A little of everything: whatever comes, no more memory is taken than has come, and no frame is longer than it may be. */
static void hostile_packets_hurt_nobody(void **state)
{
    (void)state;
    static const uint32_t totals[] = {
        0, 1, LINK_PART_MAX, 2 * LINK_PART_MAX, 5 * LINK_PART_MAX - 3, WIRE_FRAME_MAX, UINT32_MAX - 1};
    peer_link a = {0}, b = {0};
    uint8_t packet[LINK_PACKET_MAX];
    const uint8_t *frame;
    size_t n_frame_bytes, n_whole = 0;
    srand(7);
    queue(&a, 1);
    peer_link_next_packet(&a, packet);
    for (int i = 0; i < N_HOSTILE; i++) {
        const size_t n = rand() % 4 != 0 ? LINK_PACKET_MAX : (size_t)rand() % (LINK_PACKET_MAX + 1);
        put(packet, TAKEN, (uint32_t)rand());
        put(packet, FRAME, (uint32_t)rand() % 2);
        put(packet, PART, rand() % 3 != 0 ? b.part_in * b.joining : (uint32_t)rand() % 4);
        put(packet, FRAME_BYTES, totals[rand() % 7]);
        if (!peer_link_take(&b, packet, n, &frame, &n_frame_bytes))
            continue;
        assert_true(n_frame_bytes <= WIRE_FRAME_MAX);
        n_whole++;
        peer_link_release(&b);
    }
    assert_true(n_whole > 100);
    assert_true(b.room_bytes <= 64 * LINK_PACKET_MAX);
    peer_link_clear(&a);
    peer_link_clear(&b);
}

int main(void)
{
    for (size_t i = 0; i < LONG; i++)
        bytes[i] = (uint8_t)(i * 13 + (i >> 8) * 7);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_of_every_size_arrive),
        cmocka_unit_test(a_peer_that_takes_nothing_gets_no_more_than_a_window),
        cmocka_unit_test(what_no_queue_holds_is_lost),
        cmocka_unit_test(a_farewell_comes_after_all_frames),
        cmocka_unit_test(a_spoiled_part_costs_its_frame_alone),
        cmocka_unit_test(what_was_never_sent_is_not_taken),
        cmocka_unit_test(hostile_packets_hurt_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
