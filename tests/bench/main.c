/* SPDX-License-Identifier: BSD-2-Clause */
/* Costs of the kernel's paths. One row a line; tests/bench/kernel.json has what they should be. */
#include "bench.h"
#include "kernel/lib/objects.h"
#include "kernel/lib/print.h"
#include "kernel/lib/test.h"
#include "kernel/lib/worker.h"
#include <gpi/power.h>

struct counters look_cost;
static bool counts_instructions;

static void line(const char *name, const char *kind, seL4_Word value)
{
    print_text("BENCH ");
    print_text(name);
    print_text(kind);
    print_decimal(value);
    print_text("\n");
}

void report(const char *name, struct counters total, seL4_Word count)
{
    if (counts_instructions) {
        line(name, " insns ", (total.insns + count / 2) / count);
    }
    line(name, " ns ", total.ticks * 1000 / count * 1000000 / clock_frequency());
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
    bench_ipc();
    bench_guest();
    print_text("BENCH-END\n");
    gpi_power_off();
}

int main(void)
{
    static const struct test_case rows[] = {{"rows", all_rows}, {0, 0}};
    static const struct test_case *const lists[] = {rows, 0};
    test_main("bench", lists, 0);
}
