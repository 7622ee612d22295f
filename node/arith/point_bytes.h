/* SPDX-License-Identifier: Apache-2.0 */
/* node/arith/point_bytes.h - points compressed to x and flags: the encodings of node/format/proof_bytes.h. */
#ifndef PT_POINT_BYTES_H
#define PT_POINT_BYTES_H

#include "node/arith/curve_build.h"

#define g1_compress PT_NAME(g1_compress)
#define g2_compress PT_NAME(g2_compress)
#define g1_decompress PT_NAME(g1_decompress)
#define g2_decompress PT_NAME(g2_decompress)

/** Write x, big-endian, of G2 c1 before c0, and in its first byte which y.
 *  shape   point: as in a key file, on the curve; out: FQ_BYTES in G1, twice as many in G2 */
void g1_compress(const uint8_t *point, uint8_t *out);
void g2_compress(const uint8_t *point, uint8_t *out);

/** Read what g1_compress wrote, and nothing else: of a point's encodings one is right. Not: is it in the subgroup.
 *  shape   point: as in a key file; written on success alone
 *  returns NULL, or what is wrong with the bytes */
const char *g1_decompress(const uint8_t *bytes, uint8_t *point);
const char *g2_decompress(const uint8_t *bytes, uint8_t *point);

#endif
