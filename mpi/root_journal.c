/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "mpi/root_journal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "mpi/root_partitions.h"
#include "node/format/proof_bytes.h"

static pt_status identify(root_run *run, pt_err *err)
{
    for (uint32_t i = 0; i < run->request.n_partitions && err->code == PT_OK; i++) {
        const uint8_t *key_hash = run->key_hashes + (size_t)run->request.partitions[i].key * VKEY_HASH_BYTES;
        request_identity(&run->request, i, key_hash, run->identities + (size_t)i * JOURNAL_HASH_BYTES, err);
    }
    return err->code;
}

/* What earlier runs have proven is published again and not proven again. */
static pt_status recall(root_run *run, pt_err *err)
{
    for (uint32_t i = 0; i < run->request.n_partitions && err->code == PT_OK; i++) {
        journal_entry entry;
        bool found = false;
        if (journal_find(run->journal, run->identities + (size_t)i * JOURNAL_HASH_BYTES, &found, &entry, err) != PT_OK ||
            !found)
            continue;
        coordinator_set_done(run->coordinator, i);
        run->outcomes[i].seconds = entry.seconds;
        root_partition_tell(run, "resumed", NULL,
                            &(cluster_proof){.partition = i, .attempt = entry.attempt, .seconds = entry.seconds});
        root_partition_publish(run, i, entry.proof, entry.n_proof_bytes, entry.public_inputs, entry.n_public);
    }
    return err->code;
}

static void describe_run(const root_run *run, journal_setup *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *out = (journal_setup){.path = run->journal_path,
                           .n_partitions = run->stream != NULL ? 0 : run->request.n_partitions,
                           .host = run->host,
                           .process = (uint64_t)getpid(),
                           .now_unix = (double)now.tv_sec + (double)now.tv_nsec * 1e-9,
                           .resume = run->args->resume};
}

pt_status root_journal_open(root_run *run, pt_err *err)
{
    journal_setup setup;
    if (run->journal_path == NULL || run->args->plan)
        return PT_OK;
    if (run->new_dir != NULL && mkdir(run->new_dir, 0777) != 0 && errno != EEXIST)
        return pt_fail(err, PT_E_CREATE, "%s: can't make the directory: %s", run->new_dir, strerror(errno));
    describe_run(run, &setup);
    return journal_open(&setup, &run->journal, err);
}

pt_status root_journal_begin(root_run *run, pt_err *err)
{
    uint8_t hash[REQUEST_HASH_BYTES];
    journal_setup setup;
    if (run->journal == NULL)
        return PT_OK;
    describe_run(run, &setup);
    setup.request_hash = hash;
    request_hash(run->stream != NULL ? &(request){0} : &run->request, run->key_hashes, hash);
    if (run->stream != NULL) /* its partitions are looked up as they come */
        return journal_begin(run->journal, &setup, err);
    if (identify(run, err) == PT_OK && journal_begin(run->journal, &setup, err) == PT_OK)
        recall(run, err);
    return err->code;
}

void root_journal_close(root_run *run)
{
    if (run->args->resume)
        journal_close(run->journal);
    else
        journal_retire(run->journal);
    run->journal = NULL;
    if (run->new_dir != NULL)
        rmdir(run->new_dir);
}
