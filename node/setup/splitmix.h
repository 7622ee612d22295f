/* SPDX-License-Identifier: Apache-2.0 */
/* node/setup/splitmix.h - repeatable pseudo-random numbers for generated circuits and benchmarks; for nothing secret. */
#ifndef PT_SPLITMIX_H
#define PT_SPLITMIX_H

#include <stdint.h>

/** The next 64 bits; *state starts as the seed.
 *  source  Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014 */
static inline uint64_t splitmix_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

#endif
