/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/json_read.h"

#include <sodium.h>
#include <string.h>

#include "node/format/decimal.h"
#include "node/groth16/groth16.h"

static size_t count_of(input_source text, char character)
{
    const char *bytes = text.bytes;
    size_t n = 0;
    for (size_t i = 0; i < text.n_bytes; i++)
        n += bytes[i] == character;
    return n;
}

/* Before anything is allocated for it. Those within strings count too: no string of these files has any. */
static pt_status check_shape(input_source text, pt_err *err)
{
    const size_t objects = count_of(text, '{'), lists = count_of(text, '[');
    if (objects > JSON_OBJECTS_MAX)
        return pt_fail(err, PT_E_FORMAT, "%s: %zu objects, expected at most %d", text.path, objects, JSON_OBJECTS_MAX);
    if (lists > JSON_LISTS_FREE + text.n_bytes / JSON_BYTES_A_LIST)
        return pt_fail(err, PT_E_FORMAT, "%s: %zu lists in %zu bytes: too many for a key or a proof", text.path, lists,
                       text.n_bytes);
    return PT_OK;
}

/* jansson says so in some places, nothing in others, and takes a string for which it has no memory for an invalid token, or for
 * no name: neither ends with a quote otherwise, for a string that does not end has an error of its own. */
static bool is_short_of_memory(input_source text, const json_error_t *error)
{
    const size_t end = (size_t)error->position;
    if (error->text[0] == '\0' || json_error_code(error) == json_error_out_of_memory)
        return true;
    bool is_token = strncmp(error->text, "invalid token", 13) == 0 || strncmp(error->text, "string or '}'", 13) == 0;
    return is_token && end > 0 && end <= text.n_bytes && ((const char *)text.bytes)[end - 1] == '"';
}

/* Of all names and strings. The parser's own bound on depth bounds the recursion. */
static size_t characters_of(json_t *value)
{
    size_t n = json_is_string(value) ? json_string_length(value) : 0, i;
    const char *name;
    json_t *member;
    json_object_foreach(value, name, member) n += strlen(name) + characters_of(member);
    json_array_foreach(value, i, member) n += characters_of(member);
    return n;
}

/* jansson drops a character for which it has no memory and goes on: a proof that is right would be called wrong. Where the text
 * has escapes the characters are not counted; no writer of the files that are verified makes any. */
static bool is_whole(input_source text, json_t *root)
{
    const char *bytes = text.bytes;
    size_t n = 0;
    bool within = false;
    if (count_of(text, '\\') > 0)
        return true;
    for (size_t i = 0; i < text.n_bytes; i++) {
        if (bytes[i] == '"')
            within = !within;
        else
            n += within;
    }
    return n == characters_of(root);
}

pt_status json_parse(input_source text, size_t first_line, json_t **out, pt_err *err)
{
    json_error_t error;
    if (count_of(text, '\0') > 0) /* behind a number jansson passes over it, and counts its places wrong from there on */
        return pt_fail(err, PT_E_FORMAT, "%s: a NUL byte: not JSON", text.path);
    json_t *root = json_loadb(text.bytes, text.n_bytes, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL ? is_short_of_memory(text, &error) : !is_whole(text, root)) {
        json_decref(root);
        return pt_fail(err, PT_E_NOMEM, "%s: no memory to parse it", text.path);
    }
    /* jansson's text quotes the file, which may hold any character. */
    if (root == NULL)
        return pt_fail(err, PT_E_FORMAT, "%s: line %zu, column %d: %s", text.path,
                       first_line + (size_t)(error.line > 0 ? error.line - 1 : 0), error.column,
                       json_error_code(&error) == json_error_numeric_overflow ? "a number that is too large"
                                                                              : "not JSON, or a name that stands twice");
    *out = root;
    return PT_OK;
}

pt_status json_read(input_source from, json_t **out, pt_err *err)
{
    input_file file;
    pt_status status = input_file_read_from(from, (input_limits){.max_bytes = JSON_FILE_BYTES_MAX}, &file, err);
    if (status != PT_OK)
        return status;
    const input_source text = {.path = file.path, .bytes = file.bytes, .n_bytes = file.n_bytes};
    status = check_shape(text, err);
    if (status == PT_OK)
        status = json_parse(text, 1, out, err);
    input_file_close(&file);
    return status;
}

pt_status json_read_member(const char *path, const json_t *root, const char *name, const json_t **out, pt_err *err)
{
    if (!json_is_object(root))
        return pt_fail(err, PT_E_FORMAT, "%s: not an object, expected one with \"%s\"", path, name);
    const json_t *value = json_object_get(root, name);
    if (value == NULL)
        return pt_fail(err, PT_E_FORMAT, "%s: %s is missing", path, name);
    *out = value;
    return PT_OK;
}

pt_status json_read_protocol(const char *path, const json_t *root, pt_err *err)
{
    const json_t *value = NULL;
    pt_status status = json_read_member(path, root, "protocol", &value, err);
    if (status != PT_OK)
        return status;
    if (!json_is_string(value) || strcmp(json_string_value(value), "groth16") != 0)
        return pt_fail(err, PT_E_FORMAT, "%s: protocol: expected \"groth16\"", path);
    return PT_OK;
}

pt_status json_read_curve(const char *path, const json_t *root, cpu_features features, const pt_curve **out, pt_err *err)
{
    const json_t *value = json_object_get(root, "curve");
    const char *name = value == NULL ? "bn254" : json_string_value(value);
    const pt_curve *curve = name == NULL ? NULL : pt_curve_by_name(name, features);
    if (curve == NULL)
        return pt_fail(err, PT_E_FORMAT, "%s: curve: expected \"bn128\" or \"bls12381\"", path);
    *out = curve;
    return PT_OK;
}

static bool read_integer(const json_t *value, size_t n_bytes, uint8_t *out)
{
    return json_is_string(value) && decimal_to_bytes(json_string_value(value), json_string_length(value), n_bytes, out);
}

pt_status json_read_fr(const char *path, const pt_curve *curve, const char *where, const json_t *value, uint8_t *out,
                       pt_err *err)
{
    uint8_t canon[PT_FR_BYTES];
    if (!read_integer(value, curve->fr_bytes, canon) || curve->fr_find_unreduced(canon, curve->fr_bytes, 1) == 0)
        return pt_fail(err, PT_E_FORMAT, "%s: %s: expected a decimal string below r of %s", path, where, curve->name);
    memcpy(out, canon, curve->fr_bytes);
    return PT_OK;
}

/* A coordinate: of group 1 a string, of group 2 a list of two. */
static bool read_coordinate(const pt_curve *curve, unsigned group, const json_t *value, uint8_t *canon)
{
    if (group == 2 && json_array_size(value) != 2)
        return false;
    for (size_t i = 0; i < group; i++) {
        uint8_t *out = canon + i * curve->fq_bytes;
        if (!read_integer(group == 1 ? value : json_array_get(value, i), curve->fq_bytes, out) ||
            !curve->fq_is_reduced(out))
            return false;
    }
    return true;
}

static bool is_one(const uint8_t *canon, size_t n_bytes)
{
    return canon[0] == 1 && sodium_is_zero(canon + 1, n_bytes - 1);
}

pt_status json_read_point(const char *path, const pt_curve *curve, const char *where, unsigned group, const json_t *value,
                          uint8_t *out, pt_err *err)
{
    uint8_t canon[3][2 * DECIMAL_BYTES_MAX];
    size_t bytes = group * (size_t)curve->fq_bytes;
    bool good = json_array_size(value) == 3;
    for (size_t i = 0; good && i < 3; i++)
        good = read_coordinate(curve, group, json_array_get(value, i), canon[i]);
    if (!good)
        return pt_fail(err, PT_E_FORMAT, "%s: %s: expected [x, y, z] in decimal strings below q of %s", path, where,
                       curve->name);
    bool x_zero = sodium_is_zero(canon[0], bytes), y_zero = sodium_is_zero(canon[1], bytes);
    if (sodium_is_zero(canon[2], bytes) && x_zero && is_one(canon[1], bytes)) {
        memset(out, 0, 2 * bytes);
        return PT_OK;
    }
    /* (0, 0) means infinity within this program, so here it must not pass for a point. */
    if (!is_one(canon[2], bytes) || (x_zero && y_zero))
        return pt_fail(err, PT_E_FORMAT, "%s: %s: expected an affine point, z = 1, or infinity as [0, 1, 0]", path, where);
    for (size_t i = 0; i < group; i++) {
        curve->fq_to_mont(canon[0] + i * curve->fq_bytes, out + i * curve->fq_bytes);
        curve->fq_to_mont(canon[1] + i * curve->fq_bytes, out + (group + i) * curve->fq_bytes);
    }
    return PT_OK;
}
