/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that exits in all ways, each many times, between marks; tools/vesicle/bench_exits.py knows what is made of them. Its part is
 * a word of its kernel arguments:
 *   bench=one      all rows that need no second guest
 *   bench=pair     before each event it sleeps, so that another guest runs in between
 *   bench=partner  is that other guest
 *   bench=cross    rows between CPUs, of which the second one is on another core
 * After each row it says how many there were, and how long they took.
 */
#include "print.h"
#include "cpus.h"
#include "machine.h"
#include "rows.h"

enum { WARM_UP = 8, TIMES = 200, SLEEP_US = 20, PARTNER_US = 33, TREE_MAX = 1 << 16 };

char stacks[MAX_CPUS][STACK_SIZE] __attribute__((aligned(16)));
extern const char vectors[], vectors_marked[];

static volatile bool other_is_ready;

void secondary(void);
_Noreturn void secondary_main(unsigned cpu);
_Noreturn void main(const char *tree);
_Noreturn void exception(uint64_t esr, uint64_t elr, uint64_t far);

static _Noreturn void off(void)
{
    for (;;) {
        hvc(PSCI_SYSTEM_OFF, 0, 0, 0);
    }
}

void exception(uint64_t esr, uint64_t elr, uint64_t far)
{
    put_text("exception: ESR ");
    put_hex(esr);
    put_text(" ELR ");
    put_hex(elr);
    put_text(" FAR ");
    put_hex(far);
    put_text("\n");
    off();
}

/* Wherever in the device tree it stands: that is short, and nothing else in it looks like this. */
static bool is_asked(const char *tree, const char *words)
{
    for (unsigned at = 0; at < TREE_MAX; at++) {
        unsigned i = 0;
        while (words[i] && tree[at + i] == words[i]) {
            i++;
        }
        if (!words[i]) {
            return true;
        }
    }
    return false;
}

static void use_vectors(const char *table)
{
    WRITE_SYSREG(vbar_el1, table);
}

/* The image runs where it was loaded. */
static void call(void (*linked)(void))
{
    extern const char image[];
    ((void (*)(void))((uintptr_t)image + (uintptr_t)linked))();
}

static uint64_t once(const struct row *row, bool pair)
{
    if (pair) {
        pause_us(SLEEP_US);
    }
    use_vectors(row->irqs ? vectors_marked : vectors);
    uint64_t start = READ_SYSREG(cntvct_el0);
    call(row->once);
    uint64_t end = READ_SYSREG(cntvct_el0);
    use_vectors(vectors);
    return row->late ? taken_at - deadline : end - start;
}

static void run(const struct row *row, bool pair)
{
    uint64_t ticks = 0;
    if (row->before) {
        call(row->before);
    }
    for (unsigned i = 0; i < WARM_UP + TIMES; i++) {
        uint64_t took = once(row, pair);
        ticks += i < WARM_UP ? 0 : took;
    }
    put_text("ROW ");
    put_text(row->name);
    put_text(" warm-up ");
    put_number(WARM_UP);
    put_text(" times ");
    put_number(TIMES);
    put_text(" marks ");
    put_number(row->marks);
    put_text(" from ");
    put_number(row->from);
    put_text(" to ");
    put_number(row->to);
    put_text(row->idle ? " idle" : " busy");
    put_text(" ticks ");
    put_number(ticks);
    put_text("\n");
}

void secondary_main(unsigned cpu)
{
    (void)cpu;
    gic_begin_cpu();
    use_vectors(vectors_marked);
    other_is_ready = true;
    answer_sgis();
}

/* In the way of whoever measures. */
static _Noreturn void be_partner(void)
{
    for (;;) {
        pause_us(PARTNER_US);
        read32(PL011_BASE + 0x18);
        hvc(PSCI_VERSION, 0, 0, 0);
    }
}

void main(const char *tree)
{
    bool pair = is_asked(tree, "bench=pair"), cross = is_asked(tree, "bench=cross");
    unsigned where = pair ? ON_PAIR : cross ? ON_CROSS : ON_ONE;
    gic_begin();
    gic_begin_cpu();
    if (is_asked(tree, "bench=partner")) {
        be_partner();
    }
    if (where != ON_PAIR) {
        hvc(PSCI_CPU_ON, 1, (uint64_t)secondary, 1);
        while (!other_is_ready) {
            pause_us(SLEEP_US);
        }
    }
    for (unsigned i = 0; i < row_count; i++) {
        if (rows[i].where & where) {
            run(&rows[i], pair);
        }
    }
    put_text("ROWS-END\n");
    off();
}
