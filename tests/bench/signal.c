/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals, of threads and of a device: the PL031 clock of the machine, whose interrupt a store raises. */
#include "bench.h"

#include "kernel/lib/objects.h"
#include "kernel/lib/test.h"
#include <sel4/sel4.h>

#define RTC_PADDR 0x9010000ul
#define RTC_IRQ   34
#define RTC       ((volatile seL4_Uint32 *)WINDOW)
enum { RTC_DR = 0, RTC_MR = 1, RTC_IMSC = 4, RTC_RIS = 5, RTC_ICR = 7 };

static void wait_always(struct worker *w)
{
    seL4_CPtr n = w->arg[0];
    for (;;) {
        seL4_WaitWithMRs(n, 0, 0, 0, 0, 0);
    }
}

static void signal(seL4_CPtr n, unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        seL4_Signal(n);
    }
}

static void row(const char *name, seL4_CPtr n)
{
    signal(n, WARM);
    struct counters start = counters_now();
    signal(n, ROUNDS);
    report(name, counters_between(start, counters_now()), ROUNDS);
    row_end();
}

static void signal_switch(void)
{
    seL4_CPtr n = new_notification();
    struct worker *w = worker_new(wait_always, MAIN_PRIORITY + 1);
    move_to_own_space(w);
    w->arg[0] = n;
    worker_run(w);
    row("signal_switch", n);
}

static void signal_idle(void)
{
    row("signal_idle", new_notification());
}

/* A driver. What it sees first when it goes on is the counters. */
static struct counters handler_start;

static void handle(struct worker *w)
{
    seL4_CPtr n = w->arg[0], handler = w->arg[1];
    for (;;) {
        seL4_WaitWithMRs(n, 0, 0, 0, 0, 0);
        handler_start = counters_now();
        RTC[RTC_IMSC] = 0;
        RTC[RTC_ICR] = 1;
        seL4_IRQHandler_Ack(handler);
    }
}

/* The clock matches but does not say so yet: a store to RTC_IMSC will raise the interrupt. */
static void prepare_rtc(void)
{
    do {
        RTC[RTC_MR] = RTC[RTC_DR];
    } while (!(RTC[RTC_RIS] & 1));
}

static void irq_to_thread(void)
{
    seL4_CPtr n = new_notification(), handler = new_slot();
    struct worker *w = worker_new(handle, MAIN_PRIORITY + 1);
    struct counters total = {0, 0};
    new_device_page_at(RTC_PADDR, WINDOW);
    RTC[RTC_IMSC] = 0;
    REQUIRE_OK(cspace_irq_control_get(&root_cspace, handler, seL4_CapIRQControl, RTC_IRQ, 0));
    REQUIRE_OK(seL4_IRQHandler_SetNotification(handler, n));
    w->arg[0] = n;
    w->arg[1] = handler;
    worker_run(w);
    for (unsigned i = 0; i < WARM + ROUNDS; i++) {
        prepare_rtc();
        struct counters start = counters_now();
        RTC[RTC_IMSC] = 1;
        while (*(volatile seL4_Uint32 *)&RTC[RTC_IMSC]) {
            /* An emulated machine may go on for a while before it looks for interrupts. */
        }
        if (i >= WARM) {
            counters_add(&total, counters_between(start, handler_start));
        }
    }
    report("irq_to_thread", total, ROUNDS);
    row_end();
}

void bench_signal(void)
{
    signal_switch();
    signal_idle();
    irq_to_thread();
}
