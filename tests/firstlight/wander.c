/* SPDX-License-Identifier: BSD-2-Clause */
#include "wander.h"

#include "guest.h"
#include "objects.h"

#include <gpi/console.h>
#include <sel4/sel4.h>
#include <stdio.h>

/* One move in this time. */
#define PERIOD_US 3000
#define BUDGET_US 2500

static struct {
    seL4_SlotRegion controls;
    unsigned vcpus;
    volatile unsigned moves;
} wander;

static void run(void *unused)
{
    (void)unused;
    unsigned cores = (unsigned)(wander.controls.end - wander.controls.start);
    for (unsigned i = 0;; i++) {
        seL4_Yield();
        /* Now the next core, now the one after it. */
        seL4_CPtr control = wander.controls.start + (i + i / 7) % cores;
        objects_check(seL4_SchedControl_Configure(control, guest_sched_context(i % wander.vcpus), TIMESLICE_US,
                                                  TIMESLICE_US, 0, 0),
                      "moving a vCPU");
        wander.moves++;
    }
}

void wander_start(seL4_SlotRegion controls, unsigned vcpus)
{
    wander.controls = controls;
    wander.vcpus = vcpus;
    seL4_CPtr sc = objects_make(seL4_SchedContextObject, seL4_MinSchedContextBits);
    objects_check(seL4_SchedControl_Configure(controls.end - 1, sc, BUDGET_US, PERIOD_US, 0, 0),
                  "giving the mover of vCPUs time");
    objects_check(seL4_SchedContext_Bind(sc, guest_thread(run, NULL, seL4_CapNull)), "starting the mover of vCPUs");
}

void wander_report(void)
{
    char line[64];
    (void)snprintf(line, sizeof line, "wander: %u moves\n", wander.moves);
    gpi_console_puts(line);
}
