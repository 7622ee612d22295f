/* SPDX-License-Identifier: Apache-2.0 */
/* source  NVIDIA, PTX ISA: extended-precision integer arithmetic (add.cc, addc, sub.cc, subc, mad.cc, madc) */
#include "tests/kernel/ptx_run.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_OPERANDS_MAX = 4, N_INSTRUCTIONS_MAX = 32, N_STATEMENTS_MAX = 256 };

/* "madc.lo.cc.u32 %0, %9, %8, 0;": a number is an operand's or, without a %, a value. */
typedef struct {
    enum { ADD, SUB, MUL_LO, MUL_HI, MAD_LO, MAD_HI } verb;
    bool sets, takes; /* the carry */
    bool named[N_OPERANDS_MAX];
    uint32_t number[N_OPERANDS_MAX];
    size_t n_operands;
} ptx_instruction;

/* One statement, read once: its text is a literal, which stays where it is. */
typedef struct {
    const char *text;
    size_t n;
    ptx_instruction code[N_INSTRUCTIONS_MAX];
} ptx_statement;

static _Noreturn void refuse(const char *why, const char *text)
{
    fprintf(stderr, "ptx_run: %s: %.60s\n", why, text);
    abort();
}

static const char *read_verb(const char *text, ptx_instruction *out)
{
    static const struct {
        const char *name;
        int verb;
        bool takes;
    } verbs[] = {{"add.", ADD, false},       {"addc.", ADD, true},       {"sub.", SUB, false},
                 {"subc.", SUB, true},       {"mul.lo.", MUL_LO, false}, {"mul.hi.", MUL_HI, false},
                 {"mad.lo.", MAD_LO, false}, {"madc.lo.", MAD_LO, true}, {"mad.hi.", MAD_HI, false},
                 {"madc.hi.", MAD_HI, true}};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        size_t len = strlen(verbs[i].name);
        if (strncmp(text, verbs[i].name, len) != 0)
            continue;
        out->verb = verbs[i].verb;
        out->n_operands = verbs[i].verb < MAD_LO ? 3 : 4;
        out->takes = verbs[i].takes;
        out->sets = strncmp(text + len, "cc.", 3) == 0;
        len += out->sets ? 3 : 0;
        if (strncmp(text + len, "u32 ", 4) == 0)
            return text + len + 4;
    }
    refuse("no such instruction", text);
}

static const char *read_operands(const char *text, ptx_instruction *out)
{
    for (size_t i = 0; i < out->n_operands; i++) {
        text += strspn(text, " ");
        out->named[i] = *text == '%';
        char *end;
        out->number[i] = (uint32_t)strtoul(text + out->named[i], &end, 10);
        if (end == text + out->named[i] || *end != (i + 1 < out->n_operands ? ',' : ';'))
            refuse("no such operand", text);
        text = end + 1;
    }
    return text + strspn(text, " ");
}

static void read_statement(const char *text, ptx_statement *out)
{
    bool set = false;
    out->text = text;
    while (*text != '\0') {
        if (out->n == N_INSTRUCTIONS_MAX)
            refuse("too long", out->text);
        ptx_instruction *next = &out->code[out->n++];
        const char *rest = read_operands(read_verb(text, next), next);
        if (next->takes && !set)
            refuse("a carry from outside", text);
        set |= next->sets;
        text = rest;
    }
}

static const ptx_statement *statement_of(const char *text)
{
    static ptx_statement known[N_STATEMENTS_MAX]; /* one thread alone runs statements */
    size_t at = (uintptr_t)text * 0x9e3779b97f4a7c15 >> 56;
    while (known[at].text != NULL && known[at].text != text)
        at = (at + 1) % N_STATEMENTS_MAX;
    if (known[at].text == NULL)
        read_statement(text, &known[at]);
    return &known[at];
}

/* The carry, which of a difference is a borrow, is left in *carry. */
static uint32_t execute(const ptx_instruction *i, const uint32_t *value, unsigned *carry)
{
    const uint64_t taken = i->takes ? *carry : 0, product = (uint64_t)value[1] * value[2];
    uint64_t result = 0;
    switch (i->verb) {
    case ADD:
        result = (uint64_t)value[1] + value[2] + taken;
        break;
    case SUB:
        result = (uint64_t)value[1] - value[2] - taken;
        break;
    case MUL_LO:
    case MAD_LO:
        result = (uint32_t)product + (uint64_t)value[3] + taken;
        break;
    case MUL_HI:
    case MAD_HI:
        result = (product >> 32) + value[3] + taken;
        break;
    }
    if (i->sets)
        *carry = (unsigned)(result >> 32 & 1);
    return (uint32_t)result;
}

void ptx_run(const char *text, uint32_t *const *io, const uint32_t *in)
{
    const ptx_statement *statement = statement_of(text);
    size_t n_io = 0;
    unsigned carry = 0;
    while (io[n_io] != NULL)
        n_io++;
    for (const ptx_instruction *i = statement->code; i < statement->code + statement->n; i++) {
        uint32_t value[N_OPERANDS_MAX] = {0};
        for (size_t k = 0; k < i->n_operands; k++)
            value[k] = !i->named[k] ? i->number[k] : i->number[k] < n_io ? *io[i->number[k]] : in[i->number[k] - n_io];
        if (!i->named[0] || i->number[0] >= n_io)
            refuse("an operand that is not to be written", text);
        *io[i->number[0]] = execute(i, value, &carry);
    }
}
