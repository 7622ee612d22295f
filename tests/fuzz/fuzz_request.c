/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_request.c - any bytes as a request; what is accepted is sound, and is read again from what it says. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "mpi/cluster/request.h"
#include "tests/fuzz/fuzz_input.h"

static const fuzz_bound bound = {.factor = 96, .fixed = 128 << 10};

static pt_status read_request(const uint8_t *bytes, size_t n_bytes, request *out)
{
    fuzz_input input;
    pt_err err = {0};
    fuzz_input_open(bytes, n_bytes, bound, &input);
    pt_status status = request_of_file(input.path, "out", out, &err);
    fuzz_input_check(&input, status, &err);
    fuzz_input_close(&input);
    return status;
}

/* Does a path of outputs lie right in their directory? */
static void check_output(const char *path, const char *id, const char *ending)
{
    const size_t len = strlen(id);
    FUZZ_REQUIRE(strncmp(path, "out/", 4) == 0 && strncmp(path + 4, id, len) == 0 && strcmp(path + 4 + len, ending) == 0);
    FUZZ_REQUIRE(strchr(path + 4, '/') == NULL && strlen(path + 4) <= 255);
}

static void check_request(const request *r)
{
    FUZZ_REQUIRE(r->n_partitions > 0 && r->n_keys > 0 && r->n_keys <= r->n_partitions && r->n_keys <= REQUEST_KEYS_MAX);
    for (uint32_t i = 0; i < r->n_partitions; i++) {
        const request_partition *p = &r->partitions[i];
        FUZZ_REQUIRE(p->key < r->n_keys && *p->witness != '\0' && strlen(p->witness) <= REQUEST_PATH_BYTES_MAX);
        for (const char *c = p->id; *c != '\0'; c++)
            FUZZ_REQUIRE((unsigned char)*c >= ' ' && *c != 0x7f);
        check_output(p->proof_path, p->id, ".proof.json");
        check_output(p->public_path, p->id, ".public.json");
        for (uint32_t k = 0; k < i; k++)
            FUZZ_REQUIRE(strcmp(p->id, r->partitions[k].id) != 0);
    }
    for (uint32_t i = 0; i < r->n_keys; i++)
        for (uint32_t k = 0; k < i; k++)
            FUZZ_REQUIRE(strcmp(r->keys[i], r->keys[k]) != 0);
}

static void write_line(FILE *out, const request *r, uint32_t partition)
{
    const request_partition *p = &r->partitions[partition];
    json_t *line = json_pack("{s:s, s:s, s:s, s:i}", "witness", p->witness, "key", r->keys[p->key], "id", p->id, "priority",
                             (int)p->priority);
    FUZZ_REQUIRE(line != NULL && json_dumpf(line, out, JSON_ENSURE_ASCII) == 0);
    json_decref(line);
    fputc('\n', out);
}

static void expect_same(const request *a, const request *b)
{
    FUZZ_REQUIRE(a->n_partitions == b->n_partitions && a->n_keys == b->n_keys);
    for (uint32_t i = 0; i < a->n_keys; i++)
        FUZZ_REQUIRE(strcmp(a->keys[i], b->keys[i]) == 0);
    for (uint32_t i = 0; i < a->n_partitions; i++) {
        const request_partition *x = &a->partitions[i], *y = &b->partitions[i];
        FUZZ_REQUIRE(strcmp(x->id, y->id) == 0 && strcmp(x->witness, y->witness) == 0);
        FUZZ_REQUIRE(x->key == y->key && x->priority == y->priority);
    }
}

static void read_again(const request *r)
{
    char *text = NULL;
    size_t n_bytes = 0;
    FILE *out = open_memstream(&text, &n_bytes);
    FUZZ_REQUIRE(out != NULL);
    for (uint32_t i = 0; i < r->n_partitions; i++)
        write_line(out, r, i);
    FUZZ_REQUIRE(fclose(out) == 0);
    request again = {0};
    FUZZ_REQUIRE(read_request((const uint8_t *)text, n_bytes, &again) == PT_OK);
    expect_same(r, &again);
    request_clear(&again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    request read = {0};
    if (read_request(bytes, n_bytes, &read) != PT_OK) {
        FUZZ_REQUIRE(read.partitions == NULL && read.keys == NULL);
        return 0;
    }
    check_request(&read);
    read_again(&read);
    request_clear(&read);
    return 0;
}
