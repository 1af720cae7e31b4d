/* SPDX-License-Identifier: BSD-2-Clause */
#include "fixture.h"

#include "ipc/message.h"
#include "lib/machine.h"
#include "syscall.h"
#include <gpi/ut.h>
#include <sel4/ipc.h>
#include <sel4/trap.h>
#include <stdlib.h>

cspace_t own_space;
seL4_BootInfo boot_info;
__thread seL4_IPCBuffer *__sel4_ipc_buffer;

static void *records_memory;
static unsigned calls, failing_call;

void fixture_fail_call(unsigned n)
{
    failing_call = n;
    calls = 0;
}

unsigned fixture_calls(void)
{
    return calls;
}

void vesicle_trap(struct vesicle_trap *t, seL4_Word number, seL4_CPtr reply, seL4_CPtr second)
{
    word_t *x = machine_thread.regs->x;
    if (++calls == failing_call) {
        t->info = seL4_MessageInfo_new(seL4_NotEnoughMemory, 0, 0, 0).words[0];
        return;
    }
    word_t pc;
    do {
        x[REG_BADGE] = t->cap;
        x[REG_INFO] = t->info;
        for (unsigned i = 0; i < 4; i++) {
            x[REG_MSG + i] = t->mr[i];
        }
        x[REG_REPLY] = reply;
        x[REG_SYSCALL] = number;
        x[REG_DEST] = second;
        pc = machine_thread.pc += 4;
        syscall_handle(&machine_thread);
    } while (machine_thread.pc != pc); /* preempted: it is made again */
    t->cap = x[REG_BADGE];
    t->info = x[REG_INFO];
    for (unsigned i = 0; i < 4; i++) {
        t->mr[i] = x[REG_MSG + i];
    }
}

static void add_untyped(seL4_CPtr cptr, unsigned bits, bool device)
{
    seL4_UntypedDesc *desc = &boot_info.untypedList[boot_info.untyped.end - boot_info.untyped.start];
    *desc =
        (seL4_UntypedDesc){.paddr = cap_paddr(machine_cap(cptr)).raw, .sizeBits = (seL4_Uint8)bits, .isDevice = device};
    boot_info.untyped.end = cptr + 1;
}

void fixture_setup_records(size_t records)
{
    machine_setup();
    __sel4_ipc_buffer = machine_thread.buffer;
    boot_info = (seL4_BootInfo){.empty = {CPTR_FREE, 1u << CSPACE_BITS}, .initThreadCNodeSizeBits = CSPACE_BITS};
    boot_info.untyped = (seL4_SlotRegion){CPTR_UNTYPED, CPTR_UNTYPED};
    add_untyped(CPTR_UNTYPED, MACHINE_MEMORY_BITS, false);
    add_untyped(CPTR_DEVICE_UNTYPED, MACHINE_DEVICE_BITS, true);
    free(records_memory);
    records_memory = calloc(records, sizeof(ut_t));
    cspace_init_root(&own_space, &boot_info);
    ut_init(&boot_info, &own_space, records_memory, records * sizeof(ut_t));
    fixture_fail_call(0);
}

void fixture_setup(void)
{
    fixture_setup_records(4096);
}

int fixture_occupied(seL4_CPtr slot)
{
    return cap_type(machine_cap(slot)) != CAP_NULL;
}

size_t fixture_slots_used(void)
{
    size_t n = 0;
    for (seL4_CPtr slot = 0; slot < 1u << CSPACE_BITS; slot++) {
        n += fixture_occupied(slot) != 0;
    }
    return n;
}
