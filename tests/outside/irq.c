/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts of a PL011 that has room to send (QEMU's virt machine: 0x9000000, INTID 33). */
#include <assert.h>
#include <sel4/sel4.h>
#include <stdint.h>

#define ROOT   seL4_CapInitThreadCNode
#define DEPTH  seL4_WordBits
#define VSPACE seL4_CapInitThreadVSpace
#define IRQ    33
#define PADDR  0x9000000ul
#define VADDR  0x7000000000ul
#define DR     0
#define IMSC   (0x38 / 4)
#define MIS    (0x40 / 4)
#define ICR    (0x44 / 4)
#define TX     (1u << 5)

static seL4_CPtr empty;
static volatile uint32_t *const uart = (uint32_t *)VADDR;

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

/** Cuts the UART's page out of the device untyped around it. */
static seL4_CPtr uart_frame(void)
{
    seL4_BootInfo *bi = seL4_GetBootInfo();
    for (seL4_CPtr untyped = bi->untyped.start; untyped < bi->untyped.end; untyped++) {
        seL4_UntypedDesc *desc = &bi->untypedList[untyped - bi->untyped.start];
        seL4_Word base = desc->paddr, bits = desc->sizeBits;
        if (!desc->isDevice || PADDR < base || PADDR >= base + (1ul << bits)) {
            continue;
        }
        /* Largest pieces first, up to the page; then the page. */
        while (base < PADDR) {
            while (base + (1ul << --bits) > PADDR) {
            }
            assert(seL4_Untyped_Retype(untyped, seL4_UntypedObject, bits, ROOT, 0, 0, empty++, 1) == seL4_NoError);
            base += 1ul << bits;
        }
        assert(seL4_Untyped_Retype(untyped, seL4_ARM_SmallPageObject, 0, ROOT, 0, 0, empty, 1) == seL4_NoError);
        assert(seL4_ARM_Page_GetAddress(empty).paddr == PADDR);
        return empty++;
    }
    return seL4_CapNull;
}

static void map_uart(void)
{
    seL4_CPtr frame = uart_frame();
    assert(frame);
    while (seL4_ARM_Page_Map(frame, VSPACE, VADDR, seL4_ReadWrite, seL4_ARM_ExecuteNever) == seL4_FailedLookup) {
        seL4_CPtr table = create(seL4_ARM_PageTableObject, 0);
        assert(seL4_ARM_PageTable_Map(table, VSPACE, VADDR, seL4_ARM_Default_VMAttributes) == seL4_NoError);
    }
}

static seL4_Word poll(seL4_CPtr notification)
{
    seL4_Word badge = 0;
    seL4_Poll(notification, &badge);
    return badge;
}

static seL4_CPtr get_handler(void)
{
    seL4_CPtr handler = empty++;
    assert(seL4_IRQControl_Get(seL4_CapIRQControl, 100000, ROOT, handler, DEPTH) == seL4_RangeError);
    assert(seL4_IRQControl_Get(seL4_CapIRQControl, IRQ, ROOT, seL4_CapInitThreadTCB, DEPTH) == seL4_DeleteFirst);
    assert(seL4_IRQControl_Get(seL4_CapIRQControl, IRQ, ROOT, handler, DEPTH) == seL4_NoError);
    assert(seL4_IRQControl_Get(seL4_CapIRQControl, IRQ, ROOT, handler + 1, DEPTH) == seL4_RevokeFirst);
    assert(seL4_CNode_Delete(ROOT, handler, DEPTH) == seL4_NoError);
    assert(seL4_IRQControl_GetTrigger(seL4_CapIRQControl, IRQ, 0, ROOT, handler, DEPTH) == seL4_NoError);
    return handler;
}

static void interrupts(seL4_CPtr handler, seL4_CPtr n)
{
    seL4_CPtr badged = empty++, readonly = empty++;
    assert(seL4_CNode_Mint(ROOT, badged, DEPTH, ROOT, n, DEPTH, seL4_AllRights, 0x1000) == seL4_NoError);
    assert(seL4_CNode_Mint(ROOT, readonly, DEPTH, ROOT, n, DEPTH, seL4_CanRead, 0x2000) == seL4_NoError);
    assert(seL4_IRQHandler_SetNotification(handler, handler) == seL4_InvalidCapability);
    assert(seL4_IRQHandler_SetNotification(handler, readonly) == seL4_InvalidCapability);
    assert(seL4_IRQHandler_SetNotification(handler, badged) == seL4_NoError);
    assert(seL4_IRQHandler_Ack(handler) == seL4_NoError);
    uart[ICR] = TX;
    uart[IMSC] = TX;
    for (int i = 0; i < 3; i++) {
        uart[DR] = '.';
        seL4_Word badge = 0;
        seL4_Wait(n, &badge);
        assert(badge == 0x1000 && (uart[MIS] & TX));
        /* Until it is acknowledged there is no other; and still asserted, it comes at once. */
        assert(poll(n) == 0);
        assert(seL4_IRQHandler_Ack(handler) == seL4_NoError);
        seL4_Wait(n, &badge);
        assert(badge == 0x1000);
        uart[ICR] = TX;
        assert(!(uart[MIS] & TX));
        assert(seL4_IRQHandler_Ack(handler) == seL4_NoError);
        assert(poll(n) == 0);
    }
    /* Without a notification nobody hears of it. */
    assert(seL4_IRQHandler_Clear(handler) == seL4_NoError);
    uart[DR] = '\n';
    assert(uart[MIS] & TX);
    assert(poll(n) == 0);
    uart[IMSC] = 0;
    uart[ICR] = TX;
    assert(seL4_CNode_Delete(ROOT, handler, DEPTH) == seL4_NoError);
    assert(seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, IRQ, 0, ROOT, handler, DEPTH, 0) == seL4_NoError);
}

int main(void)
{
    empty = seL4_GetBootInfo()->empty.start;
    map_uart();
    interrupts(get_handler(), create(seL4_NotificationObject, 0));
    return 0;
}
