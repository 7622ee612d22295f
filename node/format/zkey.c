/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/zkey.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "node/format/binfile.h"
#include "node/format/curve_read.h"
#include "node/format/key_points.h"

enum { COEFFICIENTS_A_TASK = 8192 };

/* ---- header ---- */

static pt_status read_protocol(const binfile *file, pt_err *err)
{
    binfile_cursor cursor;
    uint32_t protocol = 0;
    pt_status status = binfile_seek(file, ZKEY_SECTION_PROTOCOL, &cursor, err);
    if (status == PT_OK)
        status = binfile_u32(&cursor, "the protocol", &protocol, err);
    if (status == PT_OK)
        status = binfile_finish(&cursor, err);
    if (status == PT_OK && protocol != ZKEY_PROTOCOL_GROTH16)
        status = pt_fail(err, PT_E_FORMAT, "%s: section 1: protocol %u, expected 1 (Groth16)", file->input.path, protocol);
    return status;
}

static pt_status read_counts(binfile_cursor *cursor, proving_key *key, pt_err *err)
{
    pt_status status = binfile_u32(cursor, "nVars", &key->n_vars, err);
    if (status == PT_OK)
        status = binfile_u32(cursor, "nPublic", &key->n_public, err);
    if (status == PT_OK)
        status = binfile_u32(cursor, "domainSize", &key->domain_size, err);
    if (status != PT_OK)
        return status;
    const char *path = cursor->file->input.path;
    uint32_t size = key->domain_size;
    if (key->n_vars <= key->n_public)
        return pt_fail(err, PT_E_FORMAT, "%s: section 2: %u public of %u signals, expected one more signal at least", path,
                       key->n_public, key->n_vars);
    if (size == 0 || (size & (size - 1)) != 0)
        return pt_fail(err, PT_E_FORMAT, "%s: section 2: domain size %u is not a power of two", path, size);
    key->log_domain = (unsigned)__builtin_ctz(size);
    if (key->log_domain > PT_LOG_DOMAIN_MAX)
        return pt_fail(err, PT_E_FORMAT, "%s: section 2: domain 2^%u, but 2^%d is the largest whose coset has roots in Fr",
                       path, key->log_domain, PT_LOG_DOMAIN_MAX);
    return PT_OK;
}

static pt_status read_header(proving_key *key, cpu_features features, pt_err *err)
{
    binfile_cursor cursor;
    pt_status status = binfile_seek(key->zkey_file, ZKEY_SECTION_HEADER, &cursor, err);
    if (status == PT_OK)
        status = curve_read_q_r(&cursor, features, &key->curve, err);
    if (status == PT_OK)
        status = read_counts(&cursor, key, err);
    if (status != PT_OK)
        return status;
    size_t g1_bytes = 2 * (size_t)key->curve->fq_bytes, g2_bytes = 2 * g1_bytes;
    const uint8_t *points;
    status = binfile_bytes(&cursor, "the verifying key", 3 * g1_bytes + 3 * g2_bytes, &points, err);
    if (status == PT_OK)
        status = binfile_finish(&cursor, err);
    if (status != PT_OK)
        return status;
    groth16_vkey *vkey = &key->vkey;
    vkey->curve = key->curve;
    vkey->n_public = key->n_public;
    memcpy(vkey->alpha1, points, g1_bytes);
    key->beta1 = points + g1_bytes;
    memcpy(vkey->beta2, points + 2 * g1_bytes, g2_bytes);
    memcpy(vkey->gamma2, points + 2 * g1_bytes + g2_bytes, g2_bytes);
    key->delta1 = points + 2 * g1_bytes + 2 * g2_bytes;
    memcpy(vkey->delta2, points + 3 * g1_bytes + 2 * g2_bytes, g2_bytes);
    return PT_OK;
}

/* ---- arrays of points ---- */

static pt_status read_ic(proving_key *key, pt_err *err)
{
    size_t n = (size_t)key->n_public + 1, g1_bytes = 2 * (size_t)key->curve->fq_bytes;
    const uint8_t *ic;
    pt_status status = binfile_array(key->zkey_file, ZKEY_SECTION_IC, "IC", n, g1_bytes, &ic, err);
    if (status != PT_OK)
        return status;
    key->vkey.ic = malloc(n * g1_bytes);
    if (key->vkey.ic == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for %zu points of IC", key->path, n);
    memcpy(key->vkey.ic, ic, n * g1_bytes);
    return PT_OK;
}

static pt_status read_queries(proving_key *key, pt_err *err)
{
    size_t g1_bytes = 2 * (size_t)key->curve->fq_bytes, n_private = (size_t)key->n_vars - key->n_public - 1;
    const struct {
        uint32_t type;
        const char *name;
        size_t n, point_bytes;
        const uint8_t **points;
    } queries[] = {{ZKEY_SECTION_A, "A", key->n_vars, g1_bytes, &key->a},
                   {ZKEY_SECTION_B1, "B1", key->n_vars, g1_bytes, &key->b1},
                   {ZKEY_SECTION_B2, "B2", key->n_vars, 2 * g1_bytes, &key->b2},
                   {ZKEY_SECTION_C, "C", n_private, g1_bytes, &key->c},
                   {ZKEY_SECTION_H, "H", key->domain_size, g1_bytes, &key->h}};
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        pt_status status = binfile_array(key->zkey_file, queries[i].type, queries[i].name, queries[i].n,
                                         queries[i].point_bytes, queries[i].points, err);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

static pt_status check_points(const proving_key *key, key_check check, crew *threads, pt_err *err)
{
    if (check == KEY_CHECK_LINT)
        return PT_OK;
    const point_rule of_queries = check == KEY_CHECK_FULL ? POINTS_IN_SUBGROUP : POINTS_ON_CURVE;
    return key_points_check(key, KEY_ALPHA1, check == KEY_CHECK_NONE ? KEY_IC : KEY_H, of_queries, threads, err);
}

/* ---- coefficients ---- */

typedef struct {
    const proving_key *key;
    const uint8_t *records;
    size_t n, record_bytes;
    atomic_size_t first_bad; /* n: none */
} coefficient_check;

static bool record_in_bounds(const proving_key *key, const uint8_t *record)
{
    return binfile_load_u32(record) < 2 && binfile_load_u32(record + 4) < key->domain_size &&
           binfile_load_u32(record + 8) < key->n_vars;
}

static void check_records(void *ctx, size_t item, size_t thread)
{
    coefficient_check *c = ctx;
    (void)thread;
    size_t begin = item * COEFFICIENTS_A_TASK;
    size_t end = c->n - begin < COEFFICIENTS_A_TASK ? c->n : begin + COEFFICIENTS_A_TASK;
    size_t bad = begin;
    while (bad < end && record_in_bounds(c->key, c->records + bad * c->record_bytes))
        bad++;
    const uint8_t *values = c->records + begin * c->record_bytes + ZKEY_COEFFICIENT_HEADER_BYTES;
    size_t reduced = c->key->curve->fr_find_unreduced(values, c->record_bytes, bad - begin);
    bad = begin + reduced;
    size_t seen = atomic_load(&c->first_bad);
    while (bad < end && bad < seen && !atomic_compare_exchange_weak(&c->first_bad, &seen, bad))
        ;
}

static pt_status fail_at_record(const coefficient_check *c, size_t index, pt_err *err)
{
    const proving_key *key = c->key;
    const uint8_t *record = c->records + index * c->record_bytes;
    const char *path = key->path;
    uint32_t matrix = binfile_load_u32(record), row = binfile_load_u32(record + 4), signal = binfile_load_u32(record + 8);
    if (matrix >= 2)
        return pt_fail(err, PT_E_FORMAT, "%s: section 4: coefficient %zu: matrix %u, expected 0 or 1", path, index, matrix);
    if (row >= key->domain_size)
        return pt_fail(err, PT_E_FORMAT, "%s: section 4: coefficient %zu: constraint %u, but the domain has %u", path,
                       index, row, key->domain_size);
    if (signal >= key->n_vars)
        return pt_fail(err, PT_E_FORMAT, "%s: section 4: coefficient %zu: signal %u, but the circuit has %u", path, index,
                       signal, key->n_vars);
    return pt_fail(err, PT_E_FORMAT, "%s: section 4: coefficient %zu: its value is not below r of %s", path, index,
                   key->curve->name);
}

/* A set-up adds a row A = signal s for the 1 and each public signal, behind the constraints: a key whose coefficients are these
 * rows alone, from row 0 on, is of a circuit without a constraint. */
static bool has_constraint(const coefficient_check *c)
{
    if (c->n != (size_t)c->key->n_public + 1)
        return c->n != 0;
    for (size_t i = 0; i < c->n; i++) {
        const uint8_t *record = c->records + i * c->record_bytes;
        if (binfile_load_u32(record) != 0 || binfile_load_u32(record + 4) != i || binfile_load_u32(record + 8) != i)
            return true;
    }
    return false;
}

static pt_status read_coefficients(proving_key *key, crew *threads, pt_err *err)
{
    binfile_cursor cursor;
    uint32_t n = 0;
    pt_status status = binfile_seek(key->zkey_file, ZKEY_SECTION_COEFFICIENTS, &cursor, err);
    if (status == PT_OK)
        status = binfile_u32(&cursor, "the number of coefficients", &n, err);
    if (status != PT_OK)
        return status;
    coefficient_check c = {
        .key = key, .n = n, .record_bytes = ZKEY_COEFFICIENT_HEADER_BYTES + (size_t)key->curve->fr_bytes, .first_bad = n};
    status = binfile_bytes(&cursor, "the array of coefficients", c.n * c.record_bytes, &c.records, err);
    if (status == PT_OK)
        status = binfile_finish(&cursor, err);
    if (status != PT_OK)
        return status;
    crew_run(threads, (c.n + COEFFICIENTS_A_TASK - 1) / COEFFICIENTS_A_TASK, check_records, &c);
    size_t bad = atomic_load(&c.first_bad);
    if (bad < c.n)
        return fail_at_record(&c, bad, err);
    if (!has_constraint(&c))
        return pt_fail(err, PT_E_FORMAT, "%s: section 4: the circuit has no constraint", key->path);
    key->n_coefficients = c.n;
    status = csr_init(threads, c.records, c.n, key->domain_size, key->curve->fr_bytes, &key->circuit, err);
    input_file_release(&key->zkey_file->input, c.records, c.n * c.record_bytes);
    return status;
}

/* ---- the whole ---- */

pt_status zkey_open(const char *path, proving_key_options options, crew *threads, proving_key **out, pt_err *err)
{
    proving_key *key = calloc(1, sizeof *key);
    if (key == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to open it", path);
    pt_status status =
        binfile_open(path, (binfile_kind){.magic = "zkey", .version = 1, .place = options.place}, &key->zkey_file, err);
    if (status == PT_OK) {
        key->path = key->zkey_file->input.path;
        status = read_protocol(key->zkey_file, err);
    }
    if (status == PT_OK)
        status = read_header(key, options.features, err);
    if (status == PT_OK)
        status = read_ic(key, err);
    if (status == PT_OK)
        status = read_queries(key, err);
    /* Coefficients first: their pages are given back before those of the points are touched. */
    if (status == PT_OK)
        status = read_coefficients(key, threads, err);
    if (status == PT_OK)
        status = check_points(key, options.check, threads, err);
    if (status != PT_OK) {
        proving_key_close(key);
        return status;
    }
    key->insecure = binfile_find(key->zkey_file, ZKEY_SECTION_INSECURE) != NULL;
    *out = key;
    return PT_OK;
}

pt_status zkey_fingerprint(const binfile *file, uint8_t out[ZKEY_FINGERPRINT_BYTES], pt_err *err)
{
    static const uint32_t types[] = {ZKEY_SECTION_HEADER, ZKEY_SECTION_IC};
    crypto_generichash_state hash;
    if (sodium_init() < 0)
        return pt_fail(err, PT_E_NOMEM, "%s: libsodium can't be used", file->input.path);
    crypto_generichash_init(&hash, NULL, 0, ZKEY_FINGERPRINT_BYTES);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const binfile_section *section = binfile_find(file, types[i]);
        if (section == NULL)
            return pt_fail(err, PT_E_FORMAT, "%s: section %u is missing", file->input.path, types[i]);
        const uint64_t n_bytes = section->n_bytes;
        crypto_generichash_update(&hash, (const uint8_t *)&n_bytes, sizeof n_bytes);
        crypto_generichash_update(&hash, file->input.bytes + section->offset, section->n_bytes);
    }
    crypto_generichash_final(&hash, out, ZKEY_FINGERPRINT_BYTES);
    return PT_OK;
}
