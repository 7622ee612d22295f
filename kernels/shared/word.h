/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/shared/word.h - 32 bits, as host and device call them. */
#ifndef PT_WORD_H
#define PT_WORD_H

#if defined(__OPENCL_VERSION__) || defined(PT_DEVICE_CODE)
typedef uint pt_word;
#else
#include <stdint.h>
typedef uint32_t pt_word;
#endif

#endif
