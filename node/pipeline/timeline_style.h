/* SPDX-License-Identifier: Apache-2.0 */
/* node/pipeline/timeline_style.h - how pictures of timelines look: colours of stages, on white and on black. */
#ifndef PT_TIMELINE_STYLE_H
#define PT_TIMELINE_STYLE_H

#include <stdio.h>

#include "node/pipeline/stage.h"

/** The colour of a stage in every picture: "#59a14f". */
const char *timeline_style_colour(stage s);

/** The style element of a picture; ".s3" is the class of stage 3. */
void timeline_style_write(FILE *out);

#endif
