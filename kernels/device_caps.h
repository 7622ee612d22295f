/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/device_caps.h - the one place where devices and their compilers differ.
 *
 * needs   PT_PTX=1 from the host where the device's compiler takes NVIDIA's PTX in asm statements
 * gives   PT_FN       a small device function, always inlined
 *         PT_GROUP_FN one with a barrier in it: inlined everywhere, for PoCL 3.1 fails where two calls of it remain
 *         PT_PRODUCT  a long one (a field product): inlined on GPUs, called on processors, whose compilers are slow and need no unrolling
 *         PT_CALLED   a function that is called everywhere. Give it words and vectors: NVIDIA passes them in registers, structs through memory
 *         PT_UNROLL   before a loop over words: unrolled on GPUs, so that words live in registers
 *         PT_ROLLED   before a loop that is not to be unrolled, for its instructions would be too many
 *         PT_CONSTANT a table known when the kernel is compiled; PT_CONSTANT_SPACE in pointers to it
 *
 * PT_DEVICE_CODE: a host's compiler reads this as C, between the words of tests/kernel/cl_words.h. */
#ifndef PT_DEVICE_CAPS_H
#define PT_DEVICE_CAPS_H

#if defined(PT_DEVICE_CODE) || defined(__x86_64__) || defined(__aarch64__) || defined(__powerpc64__) || defined(__riscv)
#define PT_ON_PROCESSOR 1
#else
#define PT_ON_PROCESSOR 0
#endif

#ifndef PT_PTX
#define PT_PTX 0
#endif

#ifdef PT_DEVICE_CODE
#define PT_CONSTANT static const __attribute__((unused))
#define PT_CONSTANT_SPACE const
#else
#define PT_CONSTANT __constant
#define PT_CONSTANT_SPACE __constant
#endif

#if PT_ON_PROCESSOR
#define PT_FN static inline __attribute__((unused))
#define PT_PRODUCT static __attribute__((noinline, unused))
#define PT_UNROLL
#define PT_ROLLED
#else
#define PT_FN static inline __attribute__((always_inline))
#define PT_PRODUCT static inline __attribute__((always_inline))
#define PT_UNROLL _Pragma("unroll")
#define PT_ROLLED _Pragma("unroll 1")
#endif

#define PT_CALLED static __attribute__((noinline, unused))
#define PT_GROUP_FN static inline __attribute__((always_inline, unused))

#define PT_JOIN_(a, b) a##b
#define PT_JOIN(a, b) PT_JOIN_(a, b)

#endif
