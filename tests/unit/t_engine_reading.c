/* SPDX-License-Identifier: Apache-2.0 */
/* How many of an engine's drivers read witness files at once, and how a wait for one's turn, or for a stream, ends. */
#include "tests/unit/thread_tests.inc.h"

#include "tests/unit/engine_tests.inc.h"

#include <sys/stat.h>

static void as_many_files_are_read_at_once_as_there_are_io_threads(void **state)
{
    (void)state;
    rig r = rig_open((engine_setup){.options = {.n_in_flight = 3, .n_io_threads = 1}});
    gate first = {.at = STAGE_WITNESS}, second = {.at = STAGE_WITNESS};
    witness_file file = file_of(&circuits[0].right);
    engine_job jobs[3] = {job_at_gate(&r, 0, &first), job_at_gate(&r, 0, &second), job_of(&r, 1)};
    jobs[0].witness = jobs[1].witness = (input_source){.path = file.path};
    submit(&r, &jobs[0]);
    await(&first.there);
    submit(&r, &jobs[1]);
    while (engine_figures_now(r.engine).arenas.n_mapped < 2) /* the second has its memory, and next would read */
        sleep_ms(1);
    submit(&r, &jobs[2]);
    while (engine_figures_now(r.engine).arenas.kept_bytes == 0) /* the third, which is in memory, has ended */
        sleep_ms(1);
    assert_false(second.there);
    atomic_store(&first.go, true);
    await(&second.there);
    atomic_store(&second.go, true);
    for (size_t i = 0; i < 3; i++)
        expect_proof(&r, i / 2, &jobs[i]);
    fclose(file.stream);
    rig_close(&r);
}

/* The writer of a stream that is read may come late, or never. */
static void who_reads_a_stream_keeps_nobody_from_reading_files(void **state)
{
    (void)state;
    rig r = rig_open((engine_setup){.options = {.n_in_flight = 2, .n_io_threads = 1}});
    const witness_image *right = &circuits[0].right;
    witness_file file = file_of(right);
    gate reading = {.at = STAGE_WITNESS, .go = true}, other = {.at = STAGE_SYNTHESIS, .go = true};
    engine_job jobs[2] = {job_at_gate(&r, 0, &reading), job_at_gate(&r, 0, &other)};
    int ends[2];
    char path[40];
    assert_int_equal(pipe(ends), 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    jobs[0].witness = (input_source){.path = path};
    jobs[1].witness = (input_source){.path = file.path};
    submit(&r, &jobs[0]);
    await(&reading.there);
    submit(&r, &jobs[1]);
    const bool was_read = comes_true(&other.there); /* while the first has nothing to read */
    assert_int_equal(write(ends[1], right->bytes, right->n_bytes), right->n_bytes);
    close(ends[1]);
    for (size_t i = 0; i < 2; i++)
        expect_proof(&r, 0, &jobs[i]);
    assert_true(was_read);
    close(ends[0]);
    fclose(file.stream);
    rig_close(&r);
}

typedef enum { BY_CANCEL, BY_DEADLINE, BY_FLAG, BY_STOP, N_WAYS } way;

static const char *const endings[N_WAYS] = {"cancelled", "not proven by its deadline", "interrupted before it was begun",
                                            "interrupted before it was begun"};

static void raise_end(const rig *r, gate *waiting, atomic_bool *stop, way by)
{
    if (by == BY_CANCEL)
        atomic_store(&waiting->cancel, true);
    if (by == BY_FLAG)
        atomic_store(stop, true);
    if (by == BY_STOP)
        engine_stop(r->engine);
}

static void expect_a_place_to_read(const rig *r, const witness_file *file)
{
    gate reading = {.at = STAGE_WITNESS, .go = true};
    engine_job job = job_at_gate(r, 0, &reading);
    job.witness = (input_source){.path = file->path};
    submit(r, &job);
    const bool had_one = comes_true(&reading.there);
    atomic_store(&reading.cancel, !had_one);
    expect_next(r, &job);
    assert_true(had_one);
    assert_int_equal(job.err.code, PT_OK);
    engine_job_clear(&job);
}

/* One job reads, for as long as the test likes; the other has its memory and waits to read. Which is over before the first has read? */
static void end_a_wait_to_read(const witness_file *file, way by)
{
    atomic_bool stop = false;
    rig r = rig_open((engine_setup){.options = {.n_in_flight = 2, .n_io_threads = 1}, .stop = &stop});
    gate reading = {.at = STAGE_WITNESS}, waiting = {.at = STAGE_COUNT};
    engine_job first = job_at_gate(&r, 0, &reading), second = job_at_gate(&r, 0, &waiting);
    char message[100];
    snprintf(message, sizeof message, "%s: %s", file->path, endings[by]);
    first.witness = second.witness = (input_source){.path = file->path};
    submit(&r, &first);
    await(&reading.there);
    second.deadline = by == BY_DEADLINE ? clock_seconds() + 1 : 0;
    submit(&r, &second);
    while (engine_figures_now(r.engine).arenas.n_mapped < 2)
        sleep_ms(1);
    raise_end(&r, &waiting, &stop, by);
    for (int i = 0; i < 10000 && engine_figures_now(r.engine).arenas.kept_bytes == 0; i++)
        sleep_ms(1);
    const bool was_over = engine_figures_now(r.engine).arenas.kept_bytes > 0;
    atomic_store(&reading.go, true);
    expect_proof(&r, 0, &first);
    expect_failure(&r, &second, PT_E_NOMEM, message);
    assert_true(was_over);
    assert_int_equal(second.begun, by == BY_CANCEL || by == BY_DEADLINE);
    assert_int_equal(waiting.n_reports[STAGE_WITNESS], 0);
    if (second.begun) /* the engine was not stopped: the next one reads */
        expect_a_place_to_read(&r, file);
    rig_close(&r);
}

static void a_wait_to_read_ends_with_whatever_ends_its_job(void **state)
{
    (void)state;
    witness_file file = file_of(&circuits[0].right);
    for (way by = BY_CANCEL; by < N_WAYS; by++)
        end_a_wait_to_read(&file, by);
    fclose(file.stream);
}

/* Of a stream of which `there` has come, and nothing comes any more. */
static void end_a_wait_for_a_stream(const char *path, way by)
{
    atomic_bool stop = false;
    rig r = rig_open((engine_setup){.options = {.n_in_flight = 1}, .stop = &stop});
    gate reading = {.at = STAGE_WITNESS, .go = true};
    engine_job job = job_at_gate(&r, 0, &reading);
    char message[200];
    snprintf(message, sizeof message, "%s: %s", path, endings[by]);
    job.witness = (input_source){.path = path};
    job.deadline = by == BY_DEADLINE ? clock_seconds() + 0.2 : 0;
    submit(&r, &job);
    await(&reading.there);
    sleep_ms(30);
    raise_end(&r, &reading, &stop, by);
    expect_failure(&r, &job, PT_E_NOMEM, message);
    assert_int_equal(job.begun, by == BY_CANCEL || by == BY_DEADLINE);
    rig_close(&r);
}

/* One that has no writer yet, one whose writer sends nothing, and one whose writer has sent a part. */
static void a_wait_for_a_stream_ends_with_whatever_ends_its_job(void **state)
{
    (void)state;
    char dir[] = "/tmp/t_engine_reading.XXXXXX", fifo[60], path[40];
    int ends[2];
    assert_non_null(mkdtemp(dir));
    snprintf(fifo, sizeof fifo, "%s/witness", dir);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(pipe(ends), 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    for (way by = BY_CANCEL; by < N_WAYS; by++) {
        end_a_wait_for_a_stream(fifo, by);
        end_a_wait_for_a_stream(path, by);
        assert_int_equal(write(ends[1], circuits[0].right.bytes, 100), 100);
        end_a_wait_for_a_stream(path, by);
    }
    close(ends[0]);
    close(ends[1]);
    unlink(fifo);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_files_are_read_at_once_as_there_are_io_threads),
        cmocka_unit_test(who_reads_a_stream_keeps_nobody_from_reading_files),
        cmocka_unit_test(a_wait_to_read_ends_with_whatever_ends_its_job),
        cmocka_unit_test(a_wait_for_a_stream_ends_with_whatever_ends_its_job),
    };
    return cmocka_run_group_tests(tests, circuits_open, circuits_close);
}
