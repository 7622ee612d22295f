/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/prepared_key.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "node/format/key_points.h"
#include "node/format/prepared_check.h"
#include "node/format/prepared_source.h"

/* ---- header ---- */

static pt_status check_version(const prepared_header *h, const char *path, pt_err *err)
{
    if (h->byte_order == PREPARED_BYTE_ORDER_FOREIGN)
        return pt_fail(err, PT_E_FORMAT, "%s: foreign: written on a machine of another byte order, prepare it again", path);
    if (h->byte_order != PREPARED_BYTE_ORDER)
        return pt_fail(err, PT_E_FORMAT, "%s: header: byte order 0x%08x, expected 0x%08x", path, h->byte_order,
                       PREPARED_BYTE_ORDER);
    if (h->version != PREPARED_VERSION)
        return pt_fail(err, PT_E_FORMAT,
                       "%s: stale: version %u, written by another version of Partita (this one: %d), prepare it again",
                       path, h->version, PREPARED_VERSION);
    return PT_OK;
}

static pt_status fail_truncated(const input_file *in, uint64_t expected, pt_err *err)
{
    return pt_fail(err, PT_E_FORMAT, "%s: truncated: %zu bytes of %llu", in->path, in->n_bytes,
                   (unsigned long long)expected);
}

/* The header's own hash stands behind the sums. */
static pt_status check_header_hash(const input_file *in, const prepared_header *h, pt_err *err)
{
    uint8_t hash[PREPARED_HASH_BYTES];
    if (h->header_bytes < sizeof *h + PREPARED_HASH_BYTES)
        return pt_fail(err, PT_E_FORMAT, "%s: header: damaged: %llu bytes, expected more than %zu", in->path,
                       (unsigned long long)h->header_bytes, sizeof *h);
    if (h->header_bytes > in->n_bytes)
        return fail_truncated(in, h->header_bytes, err);
    size_t hashed = (size_t)h->header_bytes - PREPARED_HASH_BYTES;
    crypto_generichash(hash, sizeof hash, in->bytes, hashed, NULL, 0);
    if (memcmp(hash, in->bytes + hashed, sizeof hash) != 0)
        return pt_fail(err, PT_E_FORMAT, "%s: header: damaged: its BLAKE2b differs, prepare it again", in->path);
    return PT_OK;
}

static pt_status check_counts(const prepared_header *h, const char *path, pt_err *err)
{
    uint32_t size = h->domain_size;
    if (h->n_vars <= h->n_public)
        return pt_fail(err, PT_E_FORMAT, "%s: header: %u public of %u signals", path, h->n_public, h->n_vars);
    if (size == 0 || (size & (size - 1)) != 0 || size > (uint32_t)1 << PT_LOG_DOMAIN_MAX)
        return pt_fail(err, PT_E_FORMAT, "%s: header: domain size %u is no power of two up to 2^%d", path, size,
                       PT_LOG_DOMAIN_MAX);
    if (h->n_entries[0] > UINT32_MAX || h->n_entries[1] > UINT32_MAX)
        return pt_fail(err, PT_E_FORMAT, "%s: header: more than 2^32 entries", path);
    for (int i = 0; i < PREPARED_QUERIES; i++)
        if (h->n_infinite[i] > UINT32_MAX)
            return pt_fail(err, PT_E_FORMAT, "%s: header: more than 2^32 points at infinity", path);
    if (memchr(h->source_name, '\0', sizeof h->source_name) == NULL)
        return pt_fail(err, PT_E_FORMAT, "%s: header: the name of its source does not end", path);
    return PT_OK;
}

static pt_status check_curve(const prepared_header *h, const char *path, cpu_features features, const pt_curve **out,
                             pt_err *err)
{
    const pt_curve *curve = h->fr_bytes <= sizeof h->r ? pt_curve_by_r(h->r, h->fr_bytes, features) : NULL;
    if (curve == NULL)
        return pt_fail(err, PT_E_FORMAT, "%s: header: the prime r is neither BN254's nor BLS12-381's", path);
    if (h->fq_bytes != curve->fq_bytes || memcmp(h->q, curve->q, curve->fq_bytes) != 0)
        return pt_fail(err, PT_E_FORMAT, "%s: header: the prime r is that of %s, but the prime q is not", path,
                       curve->name);
    *out = curve;
    return PT_OK;
}

/* The counts alone say where everything stands. */
static pt_status check_layout(const input_file *in, const prepared_header *h, pt_err *err)
{
    prepared_header planned = *h;
    prepared_layout_plan(&planned);
    for (uint32_t i = 0; i < PREPARED_ARRAYS; i++)
        if (memcmp(&planned.places[i], &h->places[i], sizeof *h->places) != 0)
            return pt_fail(err, PT_E_FORMAT, "%s: header: layout: %s does not stand where the counts ask for it", in->path,
                           prepared_array_name((prepared_array)i));
    if (planned.header_bytes != h->header_bytes || planned.file_bytes != h->file_bytes)
        return pt_fail(err, PT_E_FORMAT, "%s: header: layout: its sizes are not what the counts ask for", in->path);
    if (in->n_bytes < h->file_bytes)
        return fail_truncated(in, h->file_bytes, err);
    if (in->n_bytes > h->file_bytes)
        return pt_fail(err, PT_E_FORMAT, "%s: %zu bytes behind its end", in->path, in->n_bytes - (size_t)h->file_bytes);
    size_t padding = (size_t)(h->places[0].offset - h->header_bytes);
    if (!sodium_is_zero(in->bytes + h->header_bytes, padding))
        return pt_fail(err, PT_E_FORMAT, "%s: header: the bytes behind it are not zero", in->path);
    return PT_OK;
}

static pt_status read_header(proving_key *key, cpu_features features, pt_err *err)
{
    const input_file *in = &key->prepared->input;
    prepared_header *h = &key->prepared->header;
    if (in->n_bytes < sizeof *h)
        return fail_truncated(in, sizeof *h, err);
    memcpy(h, in->bytes, sizeof *h);
    key->prepared->sums = in->bytes + sizeof *h;
    if (sodium_init() < 0)
        return pt_fail(err, PT_E_NOMEM, "%s: libsodium can't be used", in->path);
    if (check_version(h, in->path, err) != PT_OK || check_header_hash(in, h, err) != PT_OK ||
        check_curve(h, in->path, features, &key->curve, err) != PT_OK || check_counts(h, in->path, err) != PT_OK)
        return err->code;
    return check_layout(in, h, err);
}

/* ---- the key's views ---- */

static const uint8_t *array_of(const prepared_key *prepared, prepared_array array)
{
    return prepared->input.bytes + prepared->header.places[array].offset;
}

/* The file is mapped read-only, and nobody writes through a key's circuit. */
static csr_matrix matrix_of(const prepared_key *prepared, prepared_array row_start, prepared_array entries)
{
    return (csr_matrix){.row_start = (uint64_t *)(uintptr_t)array_of(prepared, row_start),
                        .entries = (csr_entry *)(uintptr_t)array_of(prepared, entries)};
}

static void view_arrays(proving_key *key)
{
    const prepared_key *p = key->prepared;
    const prepared_header *h = &p->header;
    key->n_vars = h->n_vars;
    key->n_public = h->n_public;
    key->domain_size = h->domain_size;
    key->log_domain = (unsigned)__builtin_ctz(h->domain_size);
    key->insecure = (h->flags & PREPARED_INSECURE) != 0;
    key->beta1 = h->beta1;
    key->delta1 = h->delta1;
    key->a = array_of(p, PREPARED_A);
    key->b1 = array_of(p, PREPARED_B1);
    key->b2 = array_of(p, PREPARED_B2);
    key->c = array_of(p, PREPARED_C);
    key->h = array_of(p, PREPARED_H);
    key->n_coefficients = (size_t)(h->n_entries[0] + h->n_entries[1]);
    key->circuit = (csr){.n_rows = h->domain_size,
                         .n_values = h->n_values,
                         .values = (uint8_t *)(uintptr_t)array_of(p, PREPARED_VALUES),
                         .value_bytes = h->fr_bytes,
                         .a = matrix_of(p, PREPARED_ROW_START_A, PREPARED_ENTRIES_A),
                         .b = matrix_of(p, PREPARED_ROW_START_B, PREPARED_ENTRIES_B)};
}

static pt_status copy_vkey(proving_key *key, pt_err *err)
{
    const prepared_header *h = &key->prepared->header;
    size_t ic_bytes = (size_t)h->places[PREPARED_IC].n_bytes;
    groth16_vkey *v = &key->vkey;
    v->curve = key->curve;
    v->n_public = key->n_public;
    memcpy(v->alpha1, h->alpha1, sizeof v->alpha1);
    memcpy(v->beta2, h->beta2, sizeof v->beta2);
    memcpy(v->gamma2, h->gamma2, sizeof v->gamma2);
    memcpy(v->delta2, h->delta2, sizeof v->delta2);
    v->ic = malloc(ic_bytes);
    if (v->ic == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory for %zu bytes of IC", key->path, ic_bytes);
    memcpy(v->ic, array_of(key->prepared, PREPARED_IC), ic_bytes);
    return PT_OK;
}

/* ---- the whole ---- */

static pt_status fill_key(proving_key *key, proving_key_options options, crew *threads, pt_err *err)
{
    if (read_header(key, options.features, err) != PT_OK)
        return err->code;
    view_arrays(key);
    if (prepared_check_arrays(key, PREPARED_IC, PREPARED_IC, threads, err) != PT_OK || copy_vkey(key, err) != PT_OK ||
        (options.check != KEY_CHECK_LINT &&
         key_points_check(key, KEY_ALPHA1, KEY_IC, POINTS_IN_SUBGROUP, threads, err) != PT_OK) ||
        prepared_source_check(key->prepared, err) != PT_OK)
        return err->code;
    return options.check == KEY_CHECK_FULL ? prepared_key_check(key, KEY_CHECK_FULL, threads, err) : PT_OK;
}

pt_status prepared_key_open(const char *path, proving_key_options options, crew *threads, proving_key **out, pt_err *err)
{
    proving_key *key = calloc(1, sizeof *key);
    prepared_key *prepared = calloc(1, sizeof *prepared);
    if (key == NULL || prepared == NULL) {
        free(key);
        free(prepared);
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to open it", path);
    }
    key->prepared = prepared;
    const input_limits limits = {.magic = PREPARED_MAGIC, .max_bytes = SIZE_MAX, .place = options.place};
    pt_status status = input_file_map(path, limits, &prepared->input, err);
    if (status == PT_OK) {
        key->path = prepared->input.path;
        status = fill_key(key, options, threads, err);
    }
    if (status != PT_OK)
        proving_key_close(key);
    else
        *out = key;
    return status;
}

void prepared_key_close(prepared_key *prepared)
{
    if (prepared == NULL)
        return;
    input_file_close(&prepared->input);
    free(prepared);
}
