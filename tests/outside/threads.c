/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers of threads: written, read, copied; thread pointers; who may use floating point. */
#include <assert.h>
#include <sel4/sel4.h>
#include <stddef.h>

#define ROOT  seL4_CapInitThreadCNode
#define SELF  seL4_CapInitThreadTCB
#define COUNT (sizeof(seL4_UserContext) / sizeof(seL4_Word))

static seL4_CPtr empty;
static char stack[4096] __attribute__((aligned(16)));

static seL4_CPtr create(seL4_Word type, seL4_Word bits)
{
    seL4_BootInfo *bi = seL4_GetBootInfo();
    for (seL4_CPtr untyped = bi->untyped.start; untyped < bi->untyped.end; untyped++) {
        if (!bi->untypedList[untyped - bi->untyped.start].isDevice &&
            seL4_Untyped_Retype(untyped, type, bits, ROOT, 0, 0, empty, 1) == seL4_NoError) {
            return empty++;
        }
    }
    return seL4_CapNull;
}

/* x19 = x0 + x1, x20 = TPIDR_EL0, then it spins. */
void add_and_spin(void);
__asm__(".global add_and_spin\n"
        "add_and_spin: add x19, x0, x1\n"
        "mrs x20, tpidr_el0\n"
        "1: b 1b\n");

static seL4_CPtr thread(seL4_CPtr fault_endpoint)
{
    seL4_CPtr tcb = create(seL4_TCBObject, 0);
    seL4_CPtr sc = create(seL4_SchedContextObject, seL4_MinSchedContextBits);
    assert(seL4_TCB_Configure(tcb, ROOT, 0, seL4_CapInitThreadVSpace, 0, 0, 0) == seL4_NoError);
    assert(seL4_SchedControl_Configure(seL4_GetBootInfo()->schedcontrol.start, sc, 500, 500, 0, 0) == seL4_NoError);
    assert(seL4_TCB_SetSchedParams(tcb, SELF, 0, seL4_MaxPrio, sc, fault_endpoint) == seL4_NoError);
    return tcb;
}

static seL4_UserContext read(seL4_CPtr tcb)
{
    seL4_UserContext regs;
    assert(seL4_TCB_ReadRegisters(tcb, 1, 0, COUNT, &regs) == seL4_NoError);
    return regs;
}

static void write_and_read(seL4_CPtr tcb)
{
    seL4_UserContext regs = {.pc = (seL4_Word)add_and_spin, .sp = (seL4_Word)stack};
    seL4_Word *words = (seL4_Word *)&regs;
    for (seL4_Word i = offsetof(seL4_UserContext, x0) / sizeof(seL4_Word); i < COUNT; i++) {
        words[i] = 0x1000 + i;
    }
    assert(seL4_TCB_WriteRegisters(tcb, 0, 0, COUNT, &regs) == seL4_NoError);
    seL4_UserContext back = read(tcb);
    for (seL4_Word i = 0; i < COUNT; i++) {
        assert(i == 2 || ((seL4_Word *)&back)[i] == words[i]);
    }
    /* A count below all leaves the others alone; the smallest is pc. */
    regs.pc = (seL4_Word)add_and_spin;
    regs.x0 = 30;
    regs.x1 = 12;
    regs.x2 = 99;
    assert(seL4_TCB_WriteRegisters(tcb, 0, 0, offsetof(seL4_UserContext, x2) / sizeof(seL4_Word), &regs) ==
           seL4_NoError);
    back = read(tcb);
    assert(back.x1 == 12 && back.x2 == 0x1005);
    assert(seL4_TCB_SetTLSBase(tcb, 0xabcd0) == seL4_NoError);
    assert(seL4_TCB_Resume(tcb) == seL4_NoError);
    do {
        seL4_Yield();
        back = read(tcb);
        assert(seL4_TCB_Resume(tcb) == seL4_NoError);
    } while (back.pc < (seL4_Word)add_and_spin + 8);
    assert(seL4_TCB_Suspend(tcb) == seL4_NoError);
    assert(back.pc == (seL4_Word)add_and_spin + 8);
    assert(back.x19 == 42 && back.x20 == 0xabcd0 && back.tpidr_el0 == 0xabcd0);
}

static void copy(seL4_CPtr from, seL4_CPtr to)
{
    seL4_UserContext source = read(from), none = {.x9 = 9, .x19 = 19};
    assert(seL4_TCB_WriteRegisters(to, 0, 0, COUNT, &none) == seL4_NoError);
    assert(seL4_TCB_CopyRegisters(to, from, 1, 0, 1, 0, 0) == seL4_NoError);
    seL4_UserContext copied = read(to);
    assert(copied.pc == source.pc && copied.sp == source.sp && copied.x0 == 30 && copied.x30 == source.x30);
    assert(copied.x9 == 9 && copied.x19 == 19);
    assert(seL4_TCB_CopyRegisters(to, from, 0, 0, 0, 1, 0) == seL4_NoError);
    copied = read(to);
    assert(copied.x19 == 42 && copied.x9 == source.x9 && copied.x28 == source.x28);
}

static void multiply(seL4_CPtr endpoint)
{
    volatile double x = 6.5;
    x = x * 2;
    seL4_Word right = x == 13.0;
    seL4_SendWithMRs(endpoint, seL4_MessageInfo_new(13, 0, 0, 1), &right, NULL, NULL, NULL);
}

static void floating_point(seL4_CPtr endpoint)
{
    seL4_CPtr tcb = thread(endpoint), reply = create(seL4_ReplyObject, 0);
    seL4_TCB_SetFlags_t result = seL4_TCB_SetFlags(tcb, seL4_TCBFlag_NoFlag, seL4_TCBFlag_fpuDisabled);
    assert(result.error == seL4_NoError && result.flags == seL4_TCBFlag_fpuDisabled);
    seL4_UserContext regs = {.pc = (seL4_Word)multiply, .sp = (seL4_Word)(stack + sizeof stack), .x0 = endpoint};
    assert(seL4_TCB_WriteRegisters(tcb, 1, 0, COUNT, &regs) == seL4_NoError);
    seL4_MessageInfo_t tag = seL4_Recv(endpoint, NULL, reply);
    assert(seL4_isUserException_tag(tag));
    assert(seL4_GetMR(seL4_UserException_FaultIP) - (seL4_Word)multiply < 64);
    result = seL4_TCB_SetFlags(tcb, seL4_TCBFlag_fpuDisabled, seL4_TCBFlag_NoFlag);
    assert(result.error == seL4_NoError && result.flags == 0);
    tag = seL4_ReplyRecv(endpoint, seL4_MessageInfo_new(0, 0, 0, 0), NULL, reply);
    assert(seL4_MessageInfo_get_label(tag) == 13 && seL4_GetMR(0) == 1);
}

int main(void)
{
    empty = seL4_GetBootInfo()->empty.start;
    seL4_CPtr first = thread(seL4_CapNull);
    write_and_read(first);
    copy(first, thread(seL4_CapNull));
    floating_point(create(seL4_EndpointObject, 0));
    return 0;
}
