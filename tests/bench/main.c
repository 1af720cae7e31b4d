/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Costs of the kernel's paths. One row a line; tests/bench/kernel.json has what they should be. On a machine with several
 * cores, only what happens between them is measured.
 */
#include "bench.h"
#include "kernel/lib/objects.h"
#include "kernel/lib/print.h"
#include "kernel/lib/test.h"
#include <gpi/power.h>
#include <sel4/sel4.h>

struct counters look_cost;
static bool counts_instructions;

static void begin_line(const char *name, const char *kind)
{
    print_text("BENCH ");
    print_text(name);
    print_text(kind);
}

static void line(const char *name, const char *kind, seL4_Word value)
{
    begin_line(name, kind);
    print_decimal(value);
    print_text("\n");
}

void report(const char *name, struct counters total, seL4_Word count)
{
    if (counts_instructions) {
        line(name, " insns ", (total.insns + count / 2) / count);
    }
    line(name, " ns ", total.ticks * 1000 / count * 1000000 / gpi_time_frequency());
}

/* Wall time is not exact: what comes on top may get lost in it. */
static seL4_Word above(seL4_Word total, seL4_Word base)
{
    return total > base ? total - base : 0;
}

void report_above(const char *name, struct counters total, struct counters base, seL4_Word count)
{
    struct counters d = {above(total.insns, base.insns), above(total.ticks, base.ticks)};
    report(name, d, count);
}

void report_ratio(const char *name, seL4_Word ticks, seL4_Word base_ticks)
{
    seL4_Word hundredths = ticks * 100 / base_ticks;
    begin_line(name, " value ");
    print_decimal(hundredths / 100);
    print_text(hundredths % 100 < 10 ? ".0" : ".");
    print_decimal(hundredths % 100);
    print_text("\n");
}

void report_none(const char *name, const char *why)
{
    begin_line(name, " none ");
    print_text(why);
    print_text("\n");
}

void move_to_own_space(struct worker *w)
{
    seL4_CPtr vspace = new_vspace();
    map_image(vspace);
    REQUIRE_OK(map_with_tables(new_copy(w->ipc_buffer_frame, seL4_AllRights), vspace, (seL4_Word)w->ipc_buffer,
                               seL4_ReadWrite, seL4_ARM_Default_VMAttributes));
    REQUIRE_OK(seL4_TCB_SetSpace(w->tcb, 0, ROOT_CNODE, 0, vspace, 0));
}

void row_end(void)
{
    workers_destroy();
    objects_free();
}

static void measure_look(void)
{
    counts_instructions = counters_init();
    for (unsigned i = 0; i < 16; i++) {
        struct counters start = counters_now();
        struct counters d = counters_since(start, counters_now());
        look_cost.insns = d.insns;
        look_cost.ticks = 0;
    }
}

static void all_rows(void)
{
    measure_look();
    if (seL4_GetBootInfo()->numNodes == 1) {
        bench_ipc();
        bench_signal();
        bench_methods();
        bench_guest();
        bench_libraries();
    }
    bench_cross_core();
    print_text("BENCH-END\n");
    gpi_power_off();
}

int main(void)
{
    static const struct test_case rows[] = {{"rows", all_rows}, {0, 0}};
    static const struct test_case *const lists[] = {rows, 0};
    test_main("bench", lists, 0);
}
