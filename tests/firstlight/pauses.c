/* SPDX-License-Identifier: BSD-2-Clause */
#include "pauses.h"

#include "guest.h"
#include "objects.h"

#include "vmm/pause.h"
#include "vmm/vm.h"

#include <gpi/console.h>
#include <sel4/sel4.h>
#include <stdio.h>

/* It is paused for one of these times, then runs for some. */
#define PERIOD_US 4000
#define BUDGET_US 3000
#define RUNS      5

static struct {
    struct vm *vm;
    volatile unsigned count;
} pauses;

static void run(void *unused)
{
    (void)unused;
    for (;;) {
        for (unsigned i = 0; i < RUNS; i++) {
            seL4_Yield();
        }
        if (vm_pause(pauses.vm)) {
            seL4_Yield();
            pauses.count += vm_resume(pauses.vm);
        }
    }
}

void pauses_start(struct vm *vm, seL4_CPtr sched_control)
{
    pauses.vm = vm;
    seL4_CPtr sc = objects_make(seL4_SchedContextObject, seL4_MinSchedContextBits);
    objects_check(seL4_SchedControl_Configure(sched_control, sc, BUDGET_US, PERIOD_US, 0, 0),
                  "giving the thread that pauses time");
    objects_check(seL4_SchedContext_Bind(sc, guest_thread(run, NULL, seL4_CapNull)), "starting the thread that pauses");
}

void pauses_report(void)
{
    char line[64];
    (void)snprintf(line, sizeof line, "pauses: %u\n", pauses.count);
    gpi_console_puts(line);
}
