/* SPDX-License-Identifier: Apache-2.0 */
#include "node/arith/g1.h"

#define T_GROUP g1
#define T_COORDINATE fq
#define T_NAME "g1"
#include "tests/unit/group_laws.inc.h"
