/* SPDX-License-Identifier: Apache-2.0 */
#define PT_GROUP 1
#define DEVICE_GROUP device_g1
#define DEVICE_SELFTEST device_selftest_g1
#define DEVICE_ADDITIONS device_additions_g1
#include "tests/kernel/device_group.inc.h"
