/* SPDX-License-Identifier: Apache-2.0 */
/* timeline_sample N_PARTITIONS N_ROWS[:N_RANKS] SEED FILE...: a made-up run written as each FILE; its spans go to standard output, one a line,
 * for timeline_files.py to compare with. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mpi/timeline_files.h"

enum { N_PARTITIONS_MAX = 2000, N_ROWS_MAX = 64, N_RANKS_MAX = 16 };

/* Seconds that each stage takes, more or less. */
static const double usual[STAGE_COUNT] = {
    [STAGE_KEY] = 0.04,      [STAGE_WITNESS] = 0.01, [STAGE_SYNTHESIS] = 0.05, [STAGE_QUOTIENT] = 0.12,
    [STAGE_MSM_H] = 0.2,     [STAGE_MSM_G1] = 0.2,   [STAGE_MSM_G2] = 0.1,     [STAGE_ASSEMBLE] = 0.00002,
    [STAGE_VERIFY] = 0.0015, [STAGE_WRITE] = 0.0004};

typedef struct {
    timeline *recorder;
    uint64_t random;
    double free_at[N_ROWS_MAX]; /* of each row */
    size_t n_rows, n_ranks;     /* rows are dealt out to ranks; 0: there is no job */
} sample_run;

static double chance(sample_run *run)
{
    run->random = run->random * 6364136223846793005u + 1442695040888963407u;
    return (double)(run->random >> 11) * 0x1p-53;
}

static double record(sample_run *run, stage s, uint32_t partition, size_t row, double start)
{
    double seconds = usual[s] * (0.8 + 0.4 * chance(run));
    timeline_span span = {.start = start,
                          .end = start + seconds,
                          .cpu_seconds = seconds * (0.5 + 0.5 * chance(run)),
                          .bytes = (uint64_t)(1e8 * chance(run)),
                          .partition = partition,
                          .stage = (uint16_t)s,
                          .row = (uint16_t)(run->n_ranks == 0 ? row : row / run->n_ranks),
                          .rank = (uint16_t)(run->n_ranks == 0 ? 0 : row % run->n_ranks),
                          .domain = row % 3 == 2 ? TIMELINE_NO_DOMAIN : (uint16_t)(row / 2)};
    timeline_record(run->recorder, &span);
    return span.end;
}

/* The row that is free first takes the partition; now and then nobody has work, now and then two stages run at once. */
static void prove_partition(sample_run *run, uint32_t partition)
{
    size_t row = 0;
    for (size_t r = 1; r < run->n_rows; r++)
        row = run->free_at[r] < run->free_at[row] ? r : row;
    double at = run->free_at[row] + (chance(run) < 0.1 ? 0.3 : 0.0001), started = at;
    for (int s = STAGE_WITNESS; s < STAGE_COUNT; s++) {
        started = chance(run) < 0.05 ? started : at;
        at = record(run, (stage)s, partition, row, started);
    }
    run->free_at[row] = at;
}

/* Nobody has work until a while after the last stage ended. */
static void pause_all(sample_run *run)
{
    double last = 0;
    for (size_t r = 0; r < run->n_rows; r++)
        last = run->free_at[r] > last ? run->free_at[r] : last;
    for (size_t r = 0; r < run->n_rows; r++)
        run->free_at[r] = last + 0.05;
}

static void print_spans(const timeline_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        const timeline_span *s = &list->spans[i];
        printf("%s\t%" PRIu32 "\t%u\t%u\t%u\t%.17g\t%.17g\t%.17g\t%" PRIu64 "\n", stage_name((stage)s->stage), s->partition,
               (unsigned)s->row, (unsigned)s->domain, (unsigned)s->rank, s->start, s->end, s->cpu_seconds, s->bytes);
    }
}

static pt_status write_files(const sample_run *run, char **paths, interrupt *signals, pt_err *err)
{
    static const char *const names[] = {
        "plain", "<&>\"'", "back\\slash", "tab\tnew\nline", "\xc3\xa9 \xf0\x9f\x8e\xb5", "\xff\xc0\x80 bad"};
    timeline_list list;
    timeline_stats stats;
    timeline_rank ranks[N_RANKS_MAX + 1];
    for (size_t i = 0; i < run->n_ranks; i++)
        ranks[i] =
            (timeline_rank){.host = "node <&>", .n_threads = i + 1, .clock_error = (double)i * 1e-4, .is_there = true};
    ranks[run->n_ranks] = (timeline_rank){.host = "gone"};
    if (timeline_read(run->recorder, &list, err) != PT_OK)
        return err->code;
    print_spans(&list);
    if (timeline_stats_of(&list, run->n_rows, TIMELINE_GAP_SECONDS, &stats, err) == PT_OK) {
        const timeline_view view = {.list = &list,
                                    .stats = &stats,
                                    .n_lost = timeline_n_lost(run->recorder),
                                    .circuit = "circuit <\"&\xff>.zkey",
                                    .partition_names = names,
                                    .n_partition_names = sizeof names / sizeof *names,
                                    .ranks = ranks,
                                    .n_ranks = run->n_ranks == 0 ? 0 : run->n_ranks + 1};
        for (; *paths != NULL && err->code == PT_OK; paths++)
            timeline_files_write(*paths, &view, signals, err);
    }
    timeline_list_clear(&list);
    return err->code;
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return PT_E_ARG;
    size_t n_partitions = strtoul(argv[1], NULL, 10);
    sample_run run = {.n_rows = strtoul(argv[2], NULL, 10), .random = strtoull(argv[3], NULL, 10)};
    pt_err err = {0};
    const char *ranks = strchr(argv[2], ':');
    run.n_ranks = ranks == NULL ? 0 : strtoul(ranks + 1, NULL, 10);
    if (run.n_ranks > N_RANKS_MAX || n_partitions > N_PARTITIONS_MAX || run.n_rows < 1 || run.n_rows > N_ROWS_MAX)
        return PT_E_ARG;
    interrupt *signals = NULL;
    if (interrupt_create(&signals, &err) == PT_OK &&
        timeline_create(n_partitions * STAGE_COUNT, &run.recorder, &err) == PT_OK) {
        double ready = record(&run, STAGE_KEY, TIMELINE_NO_PARTITION, 0, 0.01);
        for (size_t r = 0; r < run.n_rows; r++)
            run.free_at[r] = ready;
        for (uint32_t p = 0; p < n_partitions; p++) {
            if (p % 16 == 8)
                pause_all(&run);
            prove_partition(&run, p);
        }
        write_files(&run, argv + 4, signals, &err);
    }
    timeline_destroy(run.recorder);
    interrupt_destroy(signals);
    if (err.code != PT_OK)
        fprintf(stderr, "%s\n", err.msg);
    return (int)err.code;
}
