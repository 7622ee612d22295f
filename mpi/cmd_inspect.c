/* SPDX-License-Identifier: Apache-2.0 */
/* partita inspect: check a file and show what it holds. The kind is found by content, never by name. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mpi/cli.h"
#include "mpi/file_kind.h"
#include "mpi/inspect_bundle.h"
#include "mpi/inspect_lint.h"
#include "mpi/printable.h"
#include "mpi/table.h"
#include "node/format/prepared_key.h"
#include "node/format/proof_json.h"
#include "node/format/r1cs.h"
#include "node/format/vkey_json.h"
#include "node/format/wtns.h"

enum { OPT_CHECK = 1, OPT_LINT, OPT_ALLOW };

/* The command's own options. */
typedef struct {
    key_check check;
    bool check_given, lint, allow_given;
    lint_allowance allowance;
} inspect_options;

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    inspect_options *own = cli_own(state);
    lint_rule rule;
    switch (key) {
    case OPT_CHECK:
        own->check_given = true;
        return cli_read_check(arg, &own->check) ? 0 : cli_usage_error(state, "--check is full, quick or none, not %s", arg);
    case OPT_LINT:
        own->lint = true;
        return 0;
    case OPT_ALLOW:
        if (!lint_rule_find(arg, &rule))
            return cli_usage_error(state, "--allow %s: no rule of --lint has this name", arg);
        own->allow_given = own->allowance.allowed[rule] = true;
        return 0;
    case ARGP_KEY_END:
        if (own->lint && own->check_given)
            return cli_usage_error(state, "--lint checks everything: it goes without --check");
        return own->allow_given && !own->lint ? cli_usage_error(state, "--allow is for --lint") : 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"check", OPT_CHECK, "WHAT", 0,
     "What a key is checked for: quick (its points are on the curve, a prepared key's checksums are right; the default), "
     "full (the points are in the subgroup; a prepared key's content and its source beside it are what they were) or "
     "none",
     0},
    {"lint", OPT_LINT, NULL, 0,
     "Look for what is wrong with a key, a verification key or an r1cs; errors and warnings end with 65", 0},
    {"allow", OPT_ALLOW, "RULE", 0, "With --lint: show what this rule finds, but do not count it (may be given again)", 0},
    {0},
};

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .args_doc = "FILE",
    .doc = "Check a file and show what it holds: a zkey, prepared key, wtns, r1cs, bundle, verification_key.json, "
           "proof.json or public.json. The kind is found by content. Points, indices and values are checked as `prove` and "
           "`verify` "
           "check them."
           "\v"
           "Examples:\n"
           "  partita inspect circuit.zkey\n"
           "  partita inspect circuit.ptkey --check full\n"
           "  partita inspect witness.wtns --json\n"
           "  partita inspect circuit.zkey --lint --allow no-beacon\n",
};

static json_int_t count(size_t n)
{
    return (json_int_t)n;
}

/* What a prepared key says beside what every key does; false without memory. */
static bool add_prepared_facts(const proving_key *key, json_t *facts)
{
    const prepared_header *h = &key->prepared->header;
    char hash[2 * PREPARED_HASH_BYTES + 1];
    sodium_bin2hex(hash, sizeof hash, h->source_hash, sizeof h->source_hash);
    json_t *layout = json_array();
    int failed = 0;
    for (int i = 0; i < PREPARED_ARRAYS; i++) {
        const prepared_place *p = &h->places[i];
        failed |=
            json_array_append_new(layout, json_pack("{s:s, s:I, s:I, s:I}", "array", prepared_array_name((prepared_array)i),
                                                    "elements", count(p->n_bytes / p->element_bytes), "offset",
                                                    count(p->offset), "bytes", count(p->n_bytes)));
    }
    failed |= json_object_set_new(facts, "format_version", json_integer(h->version));
    failed |= json_object_set_new(facts, "source", printable_json(h->source_name));
    failed |= json_object_set_new(facts, "source_bytes", json_integer(count(h->source_bytes)));
    failed |= json_object_set_new(facts, "source_blake2b", json_string(hash));
    failed |= json_object_set_new(facts, "layout", layout);
    return failed == 0;
}

static json_t *key_facts(const proving_key *key)
{
    json_t *out = json_pack("{s:s, s:I, s:I, s:I, s:i, s:I, s:I, s:b, s:b}", "curve", key->curve->name, "n_vars",
                            count(key->n_vars), "n_public", count(key->n_public), "domain_size", count(key->domain_size),
                            "log_domain", (int)key->log_domain, "n_coefficients", count(key->n_coefficients),
                            "n_distinct_coefficients", count(key->circuit.n_values), "insecure", (int)key->insecure,
                            "gamma_equals_delta", (int)groth16_gamma_is_delta(&key->vkey));
    if (out == NULL || key->prepared == NULL || add_prepared_facts(key, out))
        return out;
    json_decref(out);
    return NULL;
}

static json_t *inspect_key(const cli *self, const char *path, key_check check, pt_err *err)
{
    crew *threads;
    proving_key *key;
    json_t *out = NULL;
    const proving_key_options opening = {.features = self->features, .check = check};
    if (crew_create(self->n_threads, &threads, err) != PT_OK)
        return NULL;
    if (proving_key_open(path, opening, threads, &key, err) == PT_OK) {
        /* A full check was part of opening it. */
        if (key->prepared == NULL || check != KEY_CHECK_QUICK || prepared_key_check(key, check, threads, err) == PT_OK)
            out = key_facts(key);
        proving_key_close(key);
    }
    crew_destroy(threads);
    return out;
}

/* How many values are 0, 1, below 2^64 but neither, and larger: what the prover's speed depends on. */
static void count_sizes(const wtns *witness, size_t counts[4])
{
    for (size_t i = 0; i < witness->n; i++) {
        const uint8_t *value = witness->values + i * PT_FR_BYTES;
        size_t len = PT_FR_BYTES;
        while (len > 0 && value[len - 1] == 0)
            len--;
        if (len == 0)
            counts[0]++;
        else if (len == 1 && value[0] == 1)
            counts[1]++;
        else
            counts[len <= 8 ? 2 : 3]++;
    }
}

static json_t *inspect_wtns(const cli *self, const char *path, pt_err *err)
{
    wtns witness;
    size_t counts[4] = {0};
    if (wtns_read(path, self->features, UINT32_MAX, &witness, err) != PT_OK)
        return NULL;
    count_sizes(&witness, counts);
    json_t *out = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "curve", witness.curve->name, "n_values", count(witness.n),
                            "n_zero", count(counts[0]), "n_one", count(counts[1]), "n_below_2^64", count(counts[2]),
                            "n_larger", count(counts[3]));
    wtns_clear(&witness);
    return out;
}

static json_t *inspect_r1cs(const cli *self, const char *path, pt_err *err)
{
    r1cs *circuit;
    if (r1cs_open(path, self->features, &circuit, err) != PT_OK)
        return NULL;
    json_t *terms =
        json_pack("[I, I, I]", count(circuit->n_terms[0]), count(circuit->n_terms[1]), count(circuit->n_terms[2]));
    json_t *out = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "curve", circuit->curve->name, "n_constraints",
                            count(circuit->n_constraints), "n_wires", count(circuit->n_wires), "n_public",
                            count(circuit->n_public), "n_outputs", count(circuit->n_outputs), "n_public_inputs",
                            count(circuit->n_public_inputs), "n_private_inputs", count(circuit->n_private_inputs),
                            "n_labels", count(circuit->n_labels), "n_terms", terms);
    r1cs_close(circuit);
    return out;
}

static json_t *inspect_vkey(const cli *self, const char *path, pt_err *err)
{
    crew *threads;
    groth16_vkey vkey;
    if (crew_create(self->n_threads, &threads, err) != PT_OK)
        return NULL;
    pt_status status = vkey_json_read(path, self->features, threads, &vkey, err);
    crew_destroy(threads);
    if (status != PT_OK)
        return NULL;
    json_t *out = json_pack("{s:s, s:I, s:b}", "curve", vkey.curve->name, "n_public", count(vkey.n_public),
                            "gamma_equals_delta", (int)groth16_gamma_is_delta(&vkey));
    groth16_vkey_clear(&vkey);
    return out;
}

static json_t *inspect_proof(const cli *self, const char *path, pt_err *err)
{
    groth16_proof proof;
    if (proof_json_read(path, self->features, &proof, err) != PT_OK)
        return NULL;
    const pt_curve *curve = proof.curve;
    bool inside = curve->g1_find_outside(proof.a, 1) == 1 && curve->g2_find_outside(proof.b, 1) == 1 &&
                  curve->g1_find_outside(proof.c, 1) == 1;
    return json_pack("{s:s, s:b, s:b}", "curve", curve->name, "points_on_curve", 1, "points_in_subgroup", (int)inside);
}

/* A list of public inputs names no curve: show every one whose scalar field holds all values. */
static json_t *inspect_public(const cli *self, const char *path, pt_err *err)
{
    static const char *const names[] = {"bn254", "bls12_381"};
    json_t *curves = json_array();
    size_t n = 0;
    int failed = 0;
    pt_err first = {0};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        uint8_t *values = NULL;
        pt_err reason = {0};
        if (public_json_read(path, pt_curve_by_name(names[i], self->features), &values, &n, &reason) == PT_OK)
            failed |= json_array_append_new(curves, json_string(names[i]));
        else /* not of this curve, or not readable now */
            pt_fail(reason.code == PT_E_FORMAT ? &first : err, reason.code, "%s", reason.msg);
        free(values);
    }
    if (json_array_size(curves) > 0 && failed == 0 && err->code == PT_OK)
        return json_pack("{s:I, s:o}", "n_public", count(n), "possible_curves", curves);
    json_decref(curves);
    if (failed != 0)
        pt_fail(err, PT_E_NOMEM, "%s: no memory to show it", path);
    if (first.code != PT_OK)
        pt_fail(err, first.code, "%s", first.msg);
    return NULL;
}

static json_t *inspect(const cli *self, const char *path, file_kind kind, key_check check, pt_err *err)
{
    switch (kind) {
    case FILE_ZKEY:
    case FILE_PREPARED:
        return inspect_key(self, path, check, err);
    case FILE_WTNS:
        return inspect_wtns(self, path, err);
    case FILE_R1CS:
        return inspect_r1cs(self, path, err);
    case FILE_VKEY:
        return inspect_vkey(self, path, err);
    case FILE_PROOF:
        return inspect_proof(self, path, err);
    case FILE_PUBLIC:
        return inspect_public(self, path, err);
    case FILE_BUNDLE:
        return inspect_bundle(self, path, err);
    }
    return NULL;
}

static pt_status print_layout(json_t *layout, pt_err *err)
{
    size_t i;
    json_t *place;
    table *rows;
    if (table_create("array\t>elements\t>offset\t>bytes", &rows, err) != PT_OK)
        return err->code;
    json_array_foreach(layout, i, place)
        table_add(rows, err, "%s\t%lld\t%lld\t%lld", json_string_value(json_object_get(place, "array")),
                  (long long)json_integer_value(json_object_get(place, "elements")),
                  (long long)json_integer_value(json_object_get(place, "offset")),
                  (long long)json_integer_value(json_object_get(place, "bytes")));
    if (err->code == PT_OK)
        table_print(rows, stdout);
    table_destroy(rows);
    return err->code;
}

/* One line a fact; lists and flags in words; a layout and a bundle's lists are tables. */
static pt_status print_facts(const char *path, file_kind kind, json_t *facts, pt_err *err)
{
    const char *key;
    json_t *value;
    printf("%s: %s\n", path, file_kind_name(kind));
    json_object_foreach(facts, key, value)
    {
        if (strcmp(key, "layout") == 0 || (kind == FILE_BUNDLE && json_is_array(value)))
            continue; /* a table below */
        char *text = json_is_boolean(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        if (text == NULL && !json_is_boolean(value))
            return pt_fail(err, PT_E_NOMEM, "%s: no memory to show it", path);
        char title[64];
        snprintf(title, sizeof title, "%s", strncmp(key, "n_", 2) == 0 ? key + 2 : key);
        for (char *c = title; *c != '\0'; c++)
            *c = *c == '_' ? ' ' : *c;
        if (json_is_string(value))
            printf("  %-22s  %s\n", title, json_string_value(value));
        else
            printf("  %-22s  %s\n", title, text != NULL ? text : (json_is_true(value) ? "yes" : "no"));
        free(text);
    }
    if (kind == FILE_BUNDLE)
        return inspect_bundle_print(facts, err);
    json_t *layout = json_object_get(facts, "layout");
    return layout == NULL ? PT_OK : print_layout(layout, err);
}

pt_status cmd_inspect(cli *self, int argc, char **argv, pt_err *err)
{
    file_kind kind;
    inspect_options own = {.check = KEY_CHECK_QUICK};
    if (cli_parse(self, &argp, argc, argv, &own, err) != PT_OK || self->answered ||
        cli_check_operands(self, argv[0], "FILE", 1, 1, err) != PT_OK)
        return err->code;
    const char *path = self->operands[0];
    if (file_kind_find(path, &kind, err) != PT_OK)
        return err->code;
    if (own.lint)
        return inspect_lint(self, path, kind, &own.allowance, err);
    json_t *facts = inspect(self, path, kind, own.check, err);
    if (facts == NULL)
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to show it", path);
    if (!self->json) {
        print_facts(path, kind, facts, err);
        json_decref(facts);
        return err->code;
    }
    return cli_print_json(json_pack("{s:s, s:o, s:s, s:o}", "command", "inspect", "file", printable_json(path), "kind",
                                    file_kind_name(kind), "holds", facts),
                          err);
}
