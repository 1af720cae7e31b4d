/* SPDX-License-Identifier: BSD-2-Clause */
#include "fault.h"

#include "pd.h"

#include <sel4/sel4.h>
#include <stdio.h>

static const char *const names[] = {
    [seL4_Fault_CapFault] = "used a capability it does not have",
    [seL4_Fault_UnknownSyscall] = "made an unknown system call",
    [seL4_Fault_UserException] = "caused an exception",
    [seL4_Fault_Timeout] = "ran out of time",
    [seL4_Fault_VMFault] = "touched memory that is not there or not its own",
    [seL4_Fault_VCPUFault] = "left the guest, and no VMM serves it",
    [seL4_Fault_DebugException] = "ran into a breakpoint",
};

/* The words of a fault's message that say where. A VCPU's has the syndrome, a timeout's its data where others have the PC. */
static void where(seL4_Word label, seL4_Word *pc, seL4_Word *address)
{
    *pc = seL4_GetMR(label == seL4_Fault_UnknownSyscall ? seL4_UnknownSyscall_FaultIP : 0);
    *address = label == seL4_Fault_VMFault    ? seL4_GetMR(seL4_VMFault_Addr)
               : label == seL4_Fault_CapFault ? seL4_GetMR(seL4_CapFault_Addr)
                                              : 0;
}

/* Status codes of ESR_EL2: no entry at a level of the tables. */
enum { FAULT_STATUS_MASK = 0x3c, FAULT_STATUS_TRANSLATION = 0x04 };

static bool is_touch(const struct cpu *cpu, seL4_Word label, seL4_Word address)
{
    return label == seL4_Fault_VMFault && cpu->ads &&
           (seL4_GetMR(seL4_VMFault_FSR) & FAULT_STATUS_MASK) == FAULT_STATUS_TRANSLATION &&
           vmr_touched(cpu->ads, address);
}

enum fault fault_handle(seL4_Word badge, seL4_MessageInfo_t info)
{
    struct handle *handle = handle_of_badge(badge);
    seL4_Word label = seL4_MessageInfo_get_label(info), pc, address;
    if (!handle || handle->kind != HANDLE_FAULT) {
        return FAULT_NONE;
    }
    struct cpu *cpu = object_of(handle->object, cpu);
    where(label, &pc, &address);
    if (!cpu->pd) {
        return FAULT_FINAL;
    }
    if (is_touch(cpu, label, address)) {
        return FAULT_SERVED;
    }
    cpu->state = CPU_FAULTED;
    const char *what = label < sizeof names / sizeof names[0] && names[label] ? names[label] : "faulted";
    printf("roottask: PD %lu \"%s\" %s: pc %#lx, address %#lx\n", (unsigned long)cpu->pd->object.id, cpu->pd->name,
           what, (unsigned long)pc, (unsigned long)address);
    pd_end(cpu->pd, PD_FAULTED, label);
    return FAULT_FINAL;
}
