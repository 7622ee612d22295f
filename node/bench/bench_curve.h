/* SPDX-License-Identifier: Apache-2.0 */
/* node/bench/bench_curve.h - the benchmarks of one curve and instruction set: the entry `bench` of pt_curve. Per curve. */
#ifndef PT_BENCH_CURVE_H
#define PT_BENCH_CURVE_H

#include "node/arith/fr.h"
#include "node/arith/g1.h"
#include "node/arith/g2.h"
#include "node/bench/bench.h"

#define bench_curve PT_NAME(bench_curve)
#define bench_arith PT_NAME(bench_arith)
#define bench_ntt PT_NAME(bench_ntt)
#define bench_msm PT_NAME(bench_msm)
#define bench_synth PT_NAME(bench_synth)
#define bench_verify PT_NAME(bench_verify)
#define bench_draw_fr PT_NAME(bench_draw_fr)

/** As bench_run, all kinds but BENCH_PROVE; the rows of BENCH_ARITH have digests for bench_run to compare between builds. */
pt_status bench_curve(const bench_job *job, pt_err *err);

pt_status bench_arith(const bench_job *job, pt_err *err);
pt_status bench_ntt(const bench_job *job, pt_err *err);
pt_status bench_msm(const bench_job *job, pt_err *err);
pt_status bench_synth(const bench_job *job, pt_err *err);
pt_status bench_verify(const bench_job *job, pt_err *err);

/** A uniform element, repeatable; canonical or Montgomery form as the reader likes. */
fr bench_draw_fr(uint64_t *state);

#endif
