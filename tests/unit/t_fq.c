/* SPDX-License-Identifier: Apache-2.0 */
#include "node/arith/fq.h"

#define T_FIELD fq
#define T_CONST(x) FQ_##x
#define T_NAME "fq"
#include "tests/unit/field_laws.inc.h"
