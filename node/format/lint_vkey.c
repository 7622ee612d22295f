/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/lint_parts.h"
#include "node/format/vkey_json.h"

pt_status lint_vkey(const char *path, cpu_features features, crew *threads, lint_report *out, pt_err *err)
{
    groth16_vkey vkey;
    point_span spans[VKEY_JSON_PLACES];
    uint32_t sound;
    if (vkey_json_parse(path, features, &vkey, err) != PT_OK)
        return lint_take_error(out, path, err);
    vkey_json_spans(&vkey, spans);
    const lint_vkey_places places = {spans[0].where, spans[1].where, spans[2].where, spans[3].where, spans[4].where};
    if (lint_points(out, threads, vkey.curve, path, spans, VKEY_JSON_PLACES, &sound, err) == PT_OK)
        lint_vkey_points(out, &vkey, &places);
    groth16_vkey_clear(&vkey);
    return err->code;
}
