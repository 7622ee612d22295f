/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/lint_record.h"

#include <string.h>

#include "node/format/lint_parts.h"
#include "node/format/prepared_key.h"
#include "node/format/zkey.h"

enum { HASH_BYTES = 64 };
enum { TYPE_CONTRIBUTION = 0, TYPE_BEACON = 1 };

static const char place[] = "section 10";

/* What was read of a record. Points are views of the file. */
typedef struct {
    uint32_t n, last_type;
    const uint8_t *last_delta1;
    lint_indices idle; /* contributions, from 1, that left delta as it was */
} ceremony;

/* {delta after it G1, the proof of knowing its secret: two of G1, one of G2, a hash; type u32, n u32, n bytes of name and beacon} */
static pt_status read_contribution(binfile_cursor *cursor, const pt_curve *curve, uint32_t number, ceremony *out,
                                   pt_err *err)
{
    const size_t g1_bytes = 2 * (size_t)curve->fq_bytes, g2_bytes = 2 * g1_bytes;
    const uint8_t *delta1, *skipped;
    uint32_t n_bytes = 0;
    pt_status status = binfile_bytes(cursor, "a contribution's delta", g1_bytes, &delta1, err);
    if (status == PT_OK)
        status = binfile_bytes(cursor, "a contribution's proof", 2 * g1_bytes + g2_bytes + HASH_BYTES, &skipped, err);
    if (status == PT_OK)
        status = binfile_u32(cursor, "a contribution's type", &out->last_type, err);
    if (status == PT_OK)
        status = binfile_u32(cursor, "the length of a contribution's parameters", &n_bytes, err);
    if (status == PT_OK)
        status = binfile_bytes(cursor, "a contribution's parameters", n_bytes, &skipped, err);
    if (status != PT_OK)
        return status;
    if (out->last_type > TYPE_BEACON)
        return pt_fail(err, PT_E_FORMAT, "section 10: contribution %u: type %u, expected 0 or 1 (a beacon)", number,
                       out->last_type);
    if (out->last_delta1 != NULL && memcmp(delta1, out->last_delta1, g1_bytes) == 0)
        lint_indices_add(&out->idle, number);
    out->last_delta1 = delta1;
    return PT_OK;
}

static pt_status read_record(const proving_key *key, ceremony *out, pt_err *err)
{
    binfile_cursor cursor;
    const uint8_t *hash;
    pt_status status = binfile_seek(key->zkey_file, ZKEY_SECTION_RECORD, &cursor, err);
    if (status == PT_OK)
        status = binfile_bytes(&cursor, "the circuit's hash", HASH_BYTES, &hash, err);
    if (status == PT_OK)
        status = binfile_u32(&cursor, "the number of contributions", &out->n, err);
    for (uint32_t i = 1; status == PT_OK && i <= out->n; i++)
        status = read_contribution(&cursor, key->curve, i, out, err);
    return status == PT_OK ? binfile_finish(&cursor, err) : status;
}

static void judge(lint_report *report, const proving_key *key, const ceremony *c)
{
    const pt_curve *curve = key->curve;
    const size_t g1_bytes = 2 * (size_t)curve->fq_bytes;
    bool generator = memcmp(key->vkey.delta2, curve->g2_generator, 2 * g1_bytes) == 0;
    if (c->n == 0) {
        if (!generator) /* said already of delta2 */
            lint_add(report, LINT_NO_CONTRIBUTION, place, "nobody contributed to phase 2");
        return;
    }
    if (memcmp(c->last_delta1, key->delta1, g1_bytes) != 0)
        lint_add(report, LINT_RECORD_MISMATCH, place, "the last of %u contributions leaves another delta than the key's",
                 c->n);
    if (c->idle.n > 0) {
        char text[LINT_INDICES_ROOM];
        lint_indices_text(&c->idle, c->n, text);
        lint_add(report, LINT_IDLE_CONTRIBUTION, place, "delta is what it was before contributions %s", text);
    }
    if (c->last_type != TYPE_BEACON)
        lint_add(report, LINT_NO_BEACON, place, "the last of %u contributions is not a beacon", c->n);
}

void lint_record(lint_report *report, const proving_key *key)
{
    ceremony c = {0};
    pt_err err = {0};
    if (key->prepared != NULL)
        lint_add(report, LINT_RECORD_IN_SOURCE, "",
                 "the record of its ceremony stands in the zkey that it was made of: %.150s",
                 key->prepared->header.source_name);
    else if (binfile_find(key->zkey_file, ZKEY_SECTION_RECORD) == NULL)
        lint_add(report, LINT_NO_RECORD, place, "it is missing: who contributed can't be seen");
    else if (read_record(key, &c, &err) != PT_OK)
        lint_take_error(report, key->path, &err);
    else
        judge(report, key, &c);
}
