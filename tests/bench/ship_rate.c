/* SPDX-License-Identifier: Apache-2.0 */
/* ship_rate REPEATS FILE...: what --ship sends of a file in pieces, at each of zstd's levels that it has: bytes, the least time of packing and of
 * unpacking, and how long the file takes over links of three rates. Prints rows of a table; the level that would be chosen has a mark. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mpi/cluster/ship_level.h"
#include "mpi/cluster/wire.h"
#include "node/pipeline/stage.h"

enum { N_LINKS = 3 };

static const double link_rates[N_LINKS] = {12.5e6, 125e6, 1250e6}; /* bytes a second: 100 Mbit/s, 1 Gbit/s, 10 Gbit/s */

/* Of a whole file at one level. */
typedef struct {
    double sent_bytes, packing_s, unpacking_s;
} cost;

static _Noreturn void end(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static uint8_t *read_file(const char *path, size_t *n_bytes)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0)
        end(path, "can't be read");
    *n_bytes = (size_t)ftell(f);
    rewind(f);
    uint8_t *bytes = malloc(*n_bytes);
    if (bytes == NULL || fread(bytes, 1, *n_bytes, f) != *n_bytes)
        end(path, "can't be read");
    fclose(f);
    return bytes;
}

/* There and back; what comes must be what went. */
static void carry(const uint8_t *bytes, size_t n_bytes, uint64_t offset, uint64_t total, int level, cost *sum)
{
    static wire_room out, in;
    pt_err err = {0};
    wire_frame read;
    const wire_frame frame = {.type = WIRE_CHUNK,
                              .of.chunk = {.file = {WIRE_OF_WITNESS, 0, 1},
                                           .total_bytes = total,
                                           .offset = offset,
                                           .bytes = bytes,
                                           .n_bytes = (uint32_t)n_bytes,
                                           .level = level}};
    const double began = clock_seconds();
    if (wire_write(&frame, &out, &err) != PT_OK)
        end("a frame", err.msg);
    const double packed = clock_seconds();
    if (wire_read(out.bytes, out.n_bytes, &in, &read, &err) != PT_OK)
        end("a frame", err.msg);
    sum->unpacking_s += clock_seconds() - packed;
    sum->packing_s += packed - began;
    sum->sent_bytes += (double)out.n_bytes;
    if (read.of.chunk.n_bytes != n_bytes || memcmp(read.of.chunk.bytes, bytes, n_bytes) != 0)
        end("a frame", "it is not what was sent");
}

static cost measure(const uint8_t *bytes, size_t n_bytes, int level, int n_repeats)
{
    cost least = {0};
    for (int i = 0; i < n_repeats; i++) {
        cost once = {0};
        for (size_t at = 0; at < n_bytes; at += WIRE_CHUNK_MAX)
            carry(bytes + at, n_bytes - at < WIRE_CHUNK_MAX ? n_bytes - at : WIRE_CHUNK_MAX, at, n_bytes, level, &once);
        if (i == 0 || once.packing_s < least.packing_s)
            least.packing_s = once.packing_s;
        if (i == 0 || once.unpacking_s < least.unpacking_s)
            least.unpacking_s = once.unpacking_s;
        least.sent_bytes = once.sent_bytes;
    }
    return least;
}

static void print_file(const char *path, int n_repeats)
{
    size_t n_bytes;
    uint8_t *bytes = read_file(path, &n_bytes);
    const char *slash = strrchr(path, '/');
    cost costs[SHIP_LEVELS];
    ship_rate rates[SHIP_LEVELS];
    for (size_t i = 0; i < SHIP_LEVELS; i++) {
        costs[i] = measure(bytes, n_bytes, ship_levels[i], n_repeats);
        rates[i] = (ship_rate){(double)n_bytes, costs[i].sent_bytes, costs[i].packing_s};
    }
    for (size_t i = 0; i < SHIP_LEVELS; i++) {
        printf("| %s | %d | %.0f | %.3f | %.2f | %.2f |", slash == NULL ? path : slash + 1, ship_levels[i],
               costs[i].sent_bytes, costs[i].sent_bytes / (double)n_bytes, costs[i].packing_s * 1e3,
               costs[i].unpacking_s * 1e3);
        for (size_t link = 0; link < N_LINKS; link++)
            printf(" %.2f%s |", (costs[i].packing_s + costs[i].sent_bytes / link_rates[link]) * 1e3,
                   ship_level_choose(link_rates[link], rates) == i ? " *" : "");
        printf("\n");
    }
    free(bytes);
}

int main(int argc, char **argv)
{
    const int n_repeats = argc > 2 ? atoi(argv[1]) : 0;
    if (n_repeats < 1)
        end("usage", "ship_rate REPEATS FILE...");
    printf("| file | level | bytes sent | of plain | packing, ms | unpacking, ms | 100 Mbit/s, ms | 1 Gbit/s, ms | 10 "
           "Gbit/s, ms |\n");
    printf("|---|---|---|---|---|---|---|---|---|\n");
    for (int i = 2; i < argc; i++)
        print_file(argv[i], n_repeats);
    return 0;
}
