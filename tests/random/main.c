/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random system calls of several threads on all cores. The first thread looks after them: it rebuilds the worlds they ruin, has the
 * kernel check itself, and sees to it that what they have no capability of stays as it was.
 */
#include "bystander.h"
#include "kernel/lib/bootinfo.h"
#include "kernel/lib/clock.h"
#include "kernel/lib/objects.h"
#include "kernel/lib/print.h"
#include "kernel/lib/test.h"
#include "world.h"
#include <gpi/thread.h>

enum {
    CALLS = 1000000,
    SEED = 1,
    TICK_US = 2000,
    TICK_BUDGET_US = 200,
    CALLS_A_CHECK = 10000, /* the kernel's check of itself */
    REPORTS = 10,
};

/* The first thread waits here: for the next period, or for a core with nothing to do. */
static seL4_CPtr tick;
static volatile seL4_Word ticks;

struct helper {
    struct gpi_thread thread;
    seL4_CPtr go;
    volatile bool idle;
    seL4_IPCBuffer buffer; /* for the stubs; the kernel has none */
    char stack[4096] __attribute__((aligned(4096)));
};
static struct helper ticker, idlers[MAX_CORES];

static void ticker_loop(void *argument)
{
    (void)argument;
    for (;;) {
        seL4_Yield();
        ticks++;
        seL4_Signal(tick);
    }
}

/* Below all others of its core. */
static void idler_loop(void *argument)
{
    struct helper *h = argument;

    seL4_SetIPCBuffer(&h->buffer);
    for (;;) {
        seL4_Wait(h->go, 0);
        h->idle = true;
        seL4_Signal(tick);
    }
}

static void start_helper(struct helper *h, void (*entry)(void *), unsigned core, unsigned priority, seL4_Word budget)
{
    struct gpi_thread_config config = {
        .entry = entry,
        .argument = h,
        .authority = seL4_CapInitThreadTCB,
        .priority = priority,
        .sched_control = sched_control(core),
        .budget = budget,
        .period = TICK_US,
        .cspace_root = ROOT_CNODE,
        .vspace_root = seL4_CapInitThreadVSpace,
        .stack = h->stack,
        .stack_size = sizeof h->stack,
    };
    h->idle = false;
    REQUIRE_OK(gpi_thread_create(&h->thread, &root_cspace, &config));
    REQUIRE_OK(gpi_thread_start(&h->thread));
}

static void start_helpers(void)
{
    tick = new_notification();
    start_helper(&ticker, ticker_loop, 0, seL4_MaxPrio, TICK_BUDGET_US);
    for (unsigned i = 0; i < seL4_GetBootInfo()->numNodes; i++) {
        idlers[i].go = new_notification();
        start_helper(&idlers[i], idler_loop, i, IDLER_PRIORITY, TICK_US);
    }
}

static void wake_idle_cores(void)
{
    for (unsigned i = 0; i < seL4_GetBootInfo()->numNodes; i++) {
        if (idlers[i].idle) {
            idlers[i].idle = false;
            worlds_wake(i);
            seL4_Signal(idlers[i].go);
        }
    }
}

static seL4_Word argument(const char *name, seL4_Word otherwise)
{
    seL4_Word value;
    return bootinfo_argument(name, &value) ? value : otherwise;
}

static void say(const char *what, seL4_Word value)
{
    print_text(" ");
    print_text(what);
    print_text(" ");
    print_decimal(value);
}

static void report(seL4_Word checks)
{
    const struct world_totals *t = world_totals();
    print_text("random:");
    say("calls", t->calls);
    say("worlds", t->built);
    say("restarts", t->restarts);
    say("repairs", t->repairs);
    say("checks", checks);
    say("ms", clock_us() / 1000);
    print_text("\n");
}

static void report_methods(void)
{
    const struct world_totals *t = world_totals();
    for (unsigned i = 1; i < vesicle_NumInvocations; i++) {
        print_text("random:");
        say("method", i);
        say("called", t->invocations[i]);
        say("successful", t->successes[i]);
        print_text("\n");
    }
}

static bool checked;

static void check_kernel(void)
{
    enum vesicle_debug_check result = vesicle_DebugCheck();
    REQUIRE(result != vesicle_DebugCheckViolated);
    checked = result == vesicle_DebugCheckGood;
}

static bool finished;

static void random_calls(void)
{
    seL4_Word calls = argument("calls", CALLS), seed = argument("seed", SEED),
              per_check = argument("check", CALLS_A_CHECK);
    unsigned count = seL4_GetBootInfo()->numNodes > 1 ? MAX_WORLDS : 2;
    seL4_Word reported = 0, checks = 0, seen = 0;

    REQUIRE_OK(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, SUPERVISOR_PRIORITY));
    print_text("random:");
    say("seed", seed);
    say("calls", calls);
    say("cores", seL4_GetBootInfo()->numNodes);
    print_text("\n");
    bystanders_init();
    bystanders_add_memory();
    worlds_init(seed, count);
    bystanders_add_memory();
    for (unsigned i = 0; i < count; i++) {
        world_build(i);
    }
    start_helpers();
    for (unsigned i = 0; i < seL4_GetBootInfo()->numNodes; i++) {
        seL4_Signal(idlers[i].go);
    }
    while (world_totals()->calls < calls) {
        seL4_Wait(tick, 0);
        wake_idle_cores();
        bool ticked = seen != ticks;
        seen = ticks;
        for (unsigned i = 0; i < count; i++) {
            if (ticked) {
                world_tend(i);
            }
            if (world_is_over(i)) {
                world_build(i);
            }
        }
        if (ticked) {
            bystanders_glance();
        }
        if (world_totals()->calls / per_check > checks) {
            checks = world_totals()->calls / per_check;
            check_kernel();
            bystanders_check();
        }
        if (world_totals()->calls * REPORTS / calls > reported) {
            reported = world_totals()->calls * REPORTS / calls;
            report(checks);
        }
    }
    for (unsigned i = 0; i < count; i++) {
        world_end(i);
    }
    bystanders_check();
    print_text("random: round trips of bystanders: ");
    print_decimal(bystanders_stop());
    print_text("\n");
    check_kernel();
    if (!checked) {
        print_text("random: this kernel cannot check itself\n");
    }
    gpi_thread_destroy(&ticker.thread);
    for (unsigned i = 0; i < seL4_GetBootInfo()->numNodes; i++) {
        gpi_thread_destroy(&idlers[i].thread);
    }
    report_methods();
    finished = true;
}

static void back_to_normal(void)
{
    seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, MAIN_PRIORITY);
    if (!finished) {
        worlds_print_calls();
    }
}

int main(void)
{
    static const struct test_case cases[] = {{"random_calls", random_calls}, {0, 0}};
    static const struct test_case *const lists[] = {cases, 0};
    static const struct test_hooks hooks = {.after_case = back_to_normal};
    test_main("randomtest", lists, &hooks);
}
