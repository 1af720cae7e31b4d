/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long does the kernel keep interrupts masked? A plugin for QEMU that counts the instructions of each core from one place
 * where an interrupt could be taken to the next. The kernel runs with interrupts masked; such places are
 *   - ERET to user level or a guest,
 *   - WFI of the idle loop,
 *   - a look at ISR_EL1, the preemption point of a long operation (arch/preempt.h).
 * Whether the look found an interrupt cannot be seen from here. If it did, the core goes on masked to its ERET. So what a look ends
 * is added to what comes after it when that ends in an ERET: no stretch is longer than what is reported.
 *
 * A core that waits for another one (for the kernel's lock, for an answer) looks, and sleeps with WFE until something changes. How often
 * it looks says something about this machine only, so what it executes between two WFEs close to each other is not counted.
 *
 *   -plugin libirqoff.so,report=FILE
 *
 * The report has the longest stretch, and the longest ones by the block of code that most of each was spent in.
 */
#include "qemu_plugin.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The kernel's image, layout.h. */
#define IMAGE      0xffff800000000000ull
#define IMAGE_SIZE 0x200000ull

enum { MAX_CPUS = 64, PLACES = 4096, SHOWN = 20 };
/* Instructions of one round of a waiting loop at most. */
enum { ROUND = 32 };

/* A64 encodings, DDI 0487 C6.2. */
#define INSN_ERET     0xd69f03e0u
#define INSN_WFI      0xd503207fu
#define INSN_WFE      0xd503205fu
#define INSN_MRS_ISR  0xd538c100u
#define INSN_MRS_MASK 0xffffffe0u

int __attribute__((visibility("default"))) qemu_plugin_version = 1;

/* A block of the kernel's code. */
struct block {
    uint64_t pc;
    uint32_t length;
};

/* An instruction that ends a stretch: so many of its block come after it. */
struct end {
    uint64_t pc;
    uint32_t behind;
    bool leaves; /* not a mere look at ISR_EL1 */
};

struct core {
    bool started;           /* boot is over */
    uint64_t count, before; /* this stretch; the one before it if a look at ISR_EL1 was between them */
    uint64_t first;
    uint64_t waited; /* `count` at the last WFE of this stretch, 0: none */
    /* The block most of the stretch was spent in, by majority vote. */
    uint64_t candidate, votes;
};

static struct core cores[MAX_CPUS];
/* The longest stretch for each `candidate`. Cores are threads of QEMU; a rare race loses an entry that comes again. */
static struct place {
    uint64_t pc, length, first, last;
    unsigned core;
} places[PLACES];
static uint64_t stretches;
static const char *report;

static void begin(struct core *c)
{
    c->count = 0;
    c->candidate = 0;
    c->votes = 0;
    c->first = 0;
    c->waited = 0;
}

static void run_block(unsigned vcpu, void *data)
{
    const struct block *b = data;
    struct core *c = &cores[vcpu % MAX_CPUS];

    if (c->first == 0) {
        c->first = b->pc;
    }
    c->count += b->length;
    if (c->candidate == b->pc) {
        c->votes += b->length;
    } else if (c->votes < b->length) {
        c->candidate = b->pc;
        c->votes = b->length - c->votes;
    } else {
        c->votes -= b->length;
    }
}

static void record(unsigned vcpu, const struct core *c, uint64_t length, uint64_t last)
{
    struct place *p = &places[(c->candidate >> 2) % PLACES];

    while (p->pc != 0 && p->pc != c->candidate) {
        p = p + 1 == places + PLACES ? places : p + 1;
    }
    if (length > p->length) {
        *p = (struct place){c->candidate, length, c->first, last, vcpu};
    }
}

static void run_end(unsigned vcpu, void *data)
{
    const struct end *e = data;
    struct core *c = &cores[vcpu % MAX_CPUS];
    uint64_t length = c->count - e->behind;

    if (c->started) {
        record(vcpu, c, e->leaves ? c->before + length : length, e->pc);
        __atomic_fetch_add(&stretches, 1, __ATOMIC_RELAXED);
    }
    c->started |= e->leaves;
    begin(c);
    c->count = e->behind;
    c->before = e->leaves ? 0 : length;
}

static void run_wait(unsigned vcpu, void *data)
{
    const struct end *e = data;
    struct core *c = &cores[vcpu % MAX_CPUS];
    uint64_t now = c->count - e->behind;

    if (c->waited != 0 && now - c->waited <= ROUND) {
        c->count = c->waited + e->behind;
    } else {
        c->waited = now;
    }
}

static void *keep(size_t size, const void *what)
{
    void *p = malloc(size); /* for as long as QEMU may run the block */

    if (!p) {
        abort();
    }
    return memcpy(p, what, size);
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    uint64_t pc = qemu_plugin_tb_vaddr(tb);
    size_t count = qemu_plugin_tb_n_insns(tb);

    (void)id;
    if (pc - IMAGE >= IMAGE_SIZE) {
        return;
    }
    struct block b = {pc, (uint32_t)count};
    qemu_plugin_register_vcpu_tb_exec_cb(tb, run_block, QEMU_PLUGIN_CB_NO_REGS, keep(sizeof b, &b));
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint32_t code;
        memcpy(&code, qemu_plugin_insn_data(insn), sizeof code);
        bool leaves = code == INSN_ERET || code == INSN_WFI;
        if (code == INSN_WFE) {
            struct end e = {pc + 4 * i, (uint32_t)(count - i - 1), false};
            qemu_plugin_register_vcpu_insn_exec_cb(insn, run_wait, QEMU_PLUGIN_CB_NO_REGS, keep(sizeof e, &e));
        }
        if (leaves || (code & INSN_MRS_MASK) == INSN_MRS_ISR) {
            struct end e = {pc + 4 * i, (uint32_t)(count - i - 1), leaves};
            qemu_plugin_register_vcpu_insn_exec_cb(insn, run_end, QEMU_PLUGIN_CB_NO_REGS, keep(sizeof e, &e));
        }
    }
}

static int longer(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    return x->length < y->length ? 1 : x->length > y->length ? -1 : 0;
}

static void finish(qemu_plugin_id_t id, void *data)
{
    FILE *f = report ? fopen(report, "w") : stderr;

    (void)id, (void)data;
    if (!f) {
        perror(report);
        return;
    }
    qsort(places, PLACES, sizeof *places, longer);
    fprintf(f, "irq_off_max %" PRIu64 "\nstretches %" PRIu64 "\n", places[0].length, stretches);
    for (unsigned i = 0; i < SHOWN && places[i].pc; i++) {
        fprintf(f, "stretch %" PRIu64 " core %u mostly 0x%" PRIx64 " from 0x%" PRIx64 " to 0x%" PRIx64 "\n",
                places[i].length, places[i].core, places[i].pc, places[i].first, places[i].last);
    }
    if (report) {
        fclose(f);
    }
}

int __attribute__((visibility("default")))
qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_plugin_info *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "report=", 7) == 0) {
            report = argv[i] + 7;
        } else {
            fprintf(stderr, "irqoff: no option %s\n", argv[i]);
            return -1;
        }
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    qemu_plugin_register_atexit_cb(id, finish, 0);
    return 0;
}
