/* SPDX-License-Identifier: Apache-2.0 */
#define PT_GROUP 1
#define SUM_CODE sum_code_g1
#include "tests/kernel/sum_code.inc.h"
