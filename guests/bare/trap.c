/* SPDX-License-Identifier: BSD-2-Clause */
#include "trap.h"

#include "console.h"
#include "machine.h"

static volatile bool expected;
static volatile uint64_t seen;

void trap_expect(void)
{
    seen = 0;
    expected = true;
}

uint64_t trap_seen(void)
{
    __asm__ volatile("dsb sy\n isb" ::: "memory");
    expected = false;
    return seen;
}

uint64_t exception(uint64_t esr, uint64_t elr, uint64_t far);
uint64_t exception(uint64_t esr, uint64_t elr, uint64_t far)
{
    if (!expected) {
        put_text("\nexception:");
        say("ESR", esr);
        say("ELR", elr);
        say("FAR", far);
        put_text("\n");
        hvc(PSCI_SYSTEM_OFF, 0, 0, 0);
    }
    seen = esr;
    return elr + 4;
}
