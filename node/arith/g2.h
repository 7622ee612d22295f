/* SPDX-License-Identifier: Apache-2.0 */
/* node/arith/g2.h - G2: the sextic twist y^2 = x^3 + B' over Fq2. */
#ifndef PT_G2_H
#define PT_G2_H

#include "node/arith/fq2.h"
#include "node/arith/fr.h"

#define GROUP g2
#define GROUP_FIELD fq2
#define GROUP_B G2_B
#include "node/arith/group.inc.h"

static const g2_affine g2_generator = {G2_GENERATOR_X, G2_GENERATOR_Y};

/** r = psi(p): untwist, Frobenius, twist (eq. 20). On the subgroup of order r it is multiplication by q. */
static inline void g2_psi(g2_affine *r, const g2_affine *p)
{
    static const fq2 scale_x = PSI_X, scale_y = PSI_Y;
    fq2_conj(&r->x, &p->x);
    fq2_conj(&r->y, &p->y);
    fq2_mul(&r->x, &r->x, &scale_x);
    fq2_mul(&r->y, &r->y, &scale_y);
}

#endif
