/* SPDX-License-Identifier: BSD-2-Clause */
#include "debug.h"

#include "check/invariants.h"
#include "cpu.h"
#include "ipc/message.h"
#include "lib/printf.h"
#include "object/cnode.h"
#include "trace/dump.h"
#include "arch/aarch64/psci.h"
#include "arch/aarch64/uart.h"
#include <sel4/debug.h>
#include <sel4/invocation.h>

static word_t identify(struct tcb *caller, word_t cptr)
{
    struct lookup_failure failure;
    struct slot *s = cspace_lookup(caller, cptr, &failure);

    return s ? (word_t)cap_type(s->cap) : (word_t)CAP_NULL;
}

static void name_thread(struct tcb *caller, word_t cptr)
{
    struct lookup_failure failure;
    struct slot *s = cspace_lookup(caller, cptr, &failure);

    if (s && cap_type(s->cap) == CAP_TCB && caller->buffer) {
        struct tcb *t = cap_object(s->cap);
        const char *name = (const char *)caller->buffer->msg;
        unsigned i = 0;
        for (; i < sizeof t->name - 1 && name[i]; i++) {
            t->name[i] = name[i];
        }
        t->name[i] = 0;
    }
}

static void dump_scheduler(const struct cpu *cpu)
{
    kprintf("cpu %u: current %s priority %u\n", cpu->index, cpu->current->name, cpu->current->priority);
    for (int p = seL4_MaxPrio; p >= 0; p--) {
        for (const struct tcb *t = cpu->ready[p].head; t; t = t->queue_next) {
            kprintf("  ready    %u %s pc %lx\n", (unsigned)p, t->name, t->pc);
        }
    }
    for (const struct tcb *t = cpu->release_head; t; t = t->queue_next) {
        kprintf("  released %u %s pc %lx\n", t->priority, t->name, t->pc);
    }
}

#ifdef VESICLE_DEBUG
static enum vesicle_debug_check check_all(void)
{
    struct violation found;

    if (invariants_hold(&found)) {
        return vesicle_DebugCheckGood;
    }
    kprintf("kernel: invariant violated: %s (%p, %p)\n", found.what, found.object, found.other);
    return vesicle_DebugCheckViolated;
}
#else
static enum vesicle_debug_check check_all(void)
{
    return vesicle_DebugCheckNotBuiltIn;
}
#endif

bool debug_syscall(struct tcb *t)
{
    word_t *x = t->regs->x;

    switch (x[REG_SYSCALL]) {
    case vesicle_SysDebugPutChar:
        uart_putc((char)x[0]);
        return true;
    case vesicle_SysDebugHalt:
        kprintf("halted by thread %s\n", t->name);
        psci_system_off();
        return true;
    case vesicle_SysDebugSnapshot:
        x[0] = dump_objects(x[0]);
        return true;
    case vesicle_SysDebugCapIdentify:
        x[0] = identify(t, x[0]);
        return true;
    case vesicle_SysDebugNameThread:
        name_thread(t, x[0]);
        return true;
    case vesicle_SysDebugDumpScheduler:
        dump_scheduler(t->cpu);
        return true;
    case vesicle_SysDebugFPSwitches:
        x[0] = t->cpu->fp_switches;
        return true;
    case vesicle_SysDebugCheck:
        x[0] = check_all();
        return true;
    default:
        return false;
    }
}

/* Of so many threads without name; who makes them by the thousand shall not keep the kernel writing. */
enum { MOST_TOLD = 100 };

void debug_unhandled_fault(const struct tcb *t)
{
    static const char *const names[] = {
        [seL4_Fault_NullFault] = "no fault",
        [seL4_Fault_CapFault] = "capability fault",
        [seL4_Fault_UnknownSyscall] = "unknown system call",
        [seL4_Fault_UserException] = "user exception",
        [seL4_Fault_Timeout] = "timeout",
        [seL4_Fault_VMFault] = "VM fault",
        [seL4_Fault_VGICMaintenance] = "GIC maintenance",
        [seL4_Fault_VCPUFault] = "guest exit",
        [seL4_Fault_VPPIEvent] = "virtual PPI",
        [seL4_Fault_DebugException] = "debug exception",
    };

    if (!t->name[0]) {
        static unsigned told;
        if (told == MOST_TOLD) {
            return;
        }
        told++;
    }
    kprintf("kernel: thread \"%s\" stops: %s at pc 0x%lx (0x%lx 0x%lx 0x%lx), and it has no fault handler\n", t->name,
            names[t->fault.type], t->pc, t->fault.word[0], t->fault.word[1], t->fault.word[2]);
}
