/* SPDX-License-Identifier: Apache-2.0 */
#define PT_GROUP 2
#define DEVICE_GROUP device_g2
#define DEVICE_SELFTEST device_selftest_g2
#define DEVICE_ADDITIONS device_additions_g2
#include "tests/kernel/device_group.inc.h"
