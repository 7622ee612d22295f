/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/wire_tests.inc.h - what the tests of frames share: a frame's bytes, and what reading them should come to. */
#ifndef PT_WIRE_TESTS_H
#define PT_WIRE_TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/wire_frames.inc.h"

/* A frame's bytes alone, so that a sanitizer sees a read behind them; the caller's to free(). */
typedef struct {
    uint8_t *bytes;
    size_t n;
} image;

static inline image image_of(const uint8_t *bytes, size_t n)
{
    image copy = {malloc(n + (n == 0)), n};
    assert_non_null(copy.bytes);
    memcpy(copy.bytes, bytes, n);
    return copy;
}

static inline image image_of_frame(const wire_frame *frame)
{
    pt_err err = {0};
    wire_room room = {0};
    if (wire_write(frame, &room, &err) != PT_OK)
        fail_msg("%s", err.msg);
    image written = image_of(room.bytes, room.n_bytes);
    wire_room_clear(&room);
    return written;
}

static inline void expect_reads_alike(const wire_frame *frame)
{
    pt_err err = {0};
    wire_room room = {0};
    wire_frame out;
    image written = image_of_frame(frame);
    if (wire_read(written.bytes, written.n, &room, &out, &err) != PT_OK)
        fail_msg("%s", err.msg);
    assert_true(frames_alike(frame, &out));
    wire_room_clear(&room);
    free(written.bytes);
}

static inline void expect_refused_as(const image *damaged, pt_status status, const char *part)
{
    static const wire_frame untouched = {.type = WIRE_STOP, .epoch = 77};
    pt_err err = {0};
    wire_room room = {0};
    wire_frame out = untouched;
    assert_int_equal(wire_read(damaged->bytes, damaged->n, &room, &out, &err), status);
    assert_int_equal(err.code, status);
    if (strstr(err.msg, part) == NULL)
        fail_msg("\"%s\" is not in: %s", part, err.msg);
    assert_memory_equal(&out, &untouched, sizeof out);
    wire_room_clear(&room);
}

static inline void expect_refused(const image *damaged, const char *part)
{
    expect_refused_as(damaged, PT_E_FORMAT, part);
}

#endif
