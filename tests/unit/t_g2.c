/* SPDX-License-Identifier: Apache-2.0 */
#include "node/arith/g2.h"

#define T_GROUP g2
#define T_COORDINATE fq2
#define T_NAME "g2"
#include "tests/unit/group_laws.inc.h"
