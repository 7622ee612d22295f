/* SPDX-License-Identifier: Apache-2.0 */
#include "node/format/lint_parts.h"
#include "node/format/vkey_json.h"

pt_status lint_vkey(const char *path, cpu_features features, crew *threads, lint_report *out, pt_err *err)
{
    static const lint_vkey_places places = {"vk_alpha_1", "vk_beta_2", "vk_gamma_2", "vk_delta_2", "IC"};
    groth16_vkey vkey;
    uint32_t sound;
    if (vkey_json_parse(path, features, &vkey, err) != PT_OK)
        return lint_take_error(out, path, err);
    const point_span spans[] = {{places.alpha1, 1, POINTS_IN_SUBGROUP_FINITE, vkey.alpha1, 1},
                                {places.beta2, 2, POINTS_IN_SUBGROUP_FINITE, vkey.beta2, 1},
                                {places.gamma2, 2, POINTS_IN_SUBGROUP_FINITE, vkey.gamma2, 1},
                                {places.delta2, 2, POINTS_IN_SUBGROUP_FINITE, vkey.delta2, 1},
                                {places.ic, 1, POINTS_IN_SUBGROUP, vkey.ic, (size_t)vkey.n_public + 1}};
    if (lint_points(out, threads, vkey.curve, path, spans, sizeof spans / sizeof *spans, &sound, err) == PT_OK)
        lint_vkey_points(out, &vkey, &places);
    groth16_vkey_clear(&vkey);
    return err->code;
}
