/* SPDX-License-Identifier: BSD-2-Clause */
#include "fixture.h"

#include "check/invariants.h"
#include "cpu.h"
#include "ipc/message.h"
#include "lib/machine.h"
#include "lib/unit.h"
#include "syscall.h"
#include <gpi/backing.h>
#include <gpi/ut.h>
#include <sel4/ipc.h>
#include <sel4/trap.h>
#include <stdlib.h>

cspace_t own_space;
seL4_BootInfo boot_info;
__thread seL4_IPCBuffer *__sel4_ipc_buffer;

enum { MAX_BLOCKS = 64 };

bool backing_uses_ut, backing_keeps_ut;
static void *blocks[MAX_BLOCKS];
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

/* A root task's heap is made of untyped memory: so it does the same here, now and then. */
static void *allocate(void *cookie, size_t size)
{
    (void)cookie;
    if (backing_uses_ut) {
        ut_t *ut = ut_alloc_4k_untyped(NULL);
        seL4_CPtr slot = cspace_alloc_slot(&own_space);
        CHECK(ut != NULL && slot != seL4_CapNull);
        if (!backing_keeps_ut) {
            ut_free(ut, seL4_PageBits);
        }
        backing_keeps_ut = false;
        cspace_free_slot(&own_space, slot);
    }
    for (size_t i = 0; i < MAX_BLOCKS; i++) {
        if (!blocks[i]) {
            return blocks[i] = malloc(size);
        }
    }
    return NULL;
}

static void release(void *cookie, void *memory, size_t size)
{
    (void)cookie;
    (void)size;
    for (size_t i = 0; i < MAX_BLOCKS; i++) {
        if (blocks[i] == memory) {
            blocks[i] = NULL;
            free(memory);
            return;
        }
    }
    CHECK(!"not allocated");
}

size_t fixture_blocks(void)
{
    size_t n = 0;
    for (size_t i = 0; i < MAX_BLOCKS; i++) {
        n += blocks[i] != NULL;
    }
    return n;
}

/* The kernel never refuses these to who holds the capabilities. */
static bool cannot_fail(seL4_Word info)
{
    seL4_Word label = seL4_MessageInfo_get_label((seL4_MessageInfo_t){{info}});
    return label == vesicle_CNodeDelete || label == vesicle_CNodeRevoke;
}

void vesicle_trap(struct vesicle_trap *t, seL4_Word number, seL4_CPtr reply, seL4_CPtr second)
{
    word_t *x = machine_thread.regs->x;
    if (!cannot_fail(t->info) && ++calls == failing_call) {
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
    for (size_t i = 0; i < MAX_BLOCKS; i++) {
        free(blocks[i]);
        blocks[i] = NULL;
    }
    gpi_backing_set(&(struct gpi_backing){allocate, release, NULL});
    gpi_fail_allocation(0);
    backing_uses_ut = backing_keeps_ut = false;
    records_memory = calloc(records, sizeof(ut_t));
    cspace_init_root(&own_space, &boot_info);
    ut_init(&boot_info, &own_space, records_memory, records * sizeof(ut_t));
    fixture_fail_call(0);
}

void fixture_setup(void)
{
    fixture_setup_records(4096);
}

struct cap fixture_cap(seL4_CPtr slot)
{
    return machine_thread.fast_slots[slot].cap;
}

int fixture_occupied(seL4_CPtr slot)
{
    return cap_type(fixture_cap(slot)) != CAP_NULL;
}

size_t fixture_slots_used(void)
{
    size_t n = 0;
    for (seL4_CPtr slot = 0; slot <= machine_thread.fast_limit; slot++) {
        n += fixture_occupied(slot) != 0;
    }
    return n;
}

void fixture_check_kernel(void)
{
    /* The thread has no scheduling context: as the current one it would be found wrong. */
    struct violation found = {0};
    cpus[0].current = cpus[0].idle;
    bool good = invariants_hold(&found);
    cpus[0].current = &machine_thread;
    if (!good) {
        unit_fail(__FILE__, __LINE__, found.what);
    }
}

struct state fixture_state(void)
{
    fixture_check_kernel();
    ut_merge();
    return (struct state){ut_size_free(), fixture_slots_used(), slotmap_first(&own_space.map), fixture_blocks(),
                          machine_thread.fast_limit};
}

void fixture_check_state(struct state before)
{
    struct state now = fixture_state();
    CHECK_EQ(now.memory, before.memory);
    CHECK_EQ(now.slots_used, before.slots_used);
    CHECK_EQ(now.first_slot, before.first_slot);
    CHECK_EQ(now.blocks, before.blocks);
    CHECK_EQ(now.last_slot, before.last_slot);
}
