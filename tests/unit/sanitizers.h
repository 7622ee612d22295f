/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/sanitizers.h - is this build sanitized? Then the sanitizer's allocator, shadow and static TLS are in what the system says
 * of the process. Constants, so that what is left out is compiled all the same. */
#ifndef PT_SANITIZERS_H
#define PT_SANITIZERS_H

#ifndef __has_feature /* clang's */
#define __has_feature(name) 0
#endif

#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
enum { SANITIZED_THREADS = 1 };
#else
enum { SANITIZED_THREADS = 0 };
#endif

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = SANITIZED_THREADS };
#endif

#endif
