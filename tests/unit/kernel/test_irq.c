/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts as objects: who gets one, whom it signals, what the controller is told. */
#include "object/irq.h"

#include "arch/irq.h"
#include "cpu.h"
#include "lib/machine.h"
#include "lib/unit.h"
#include "object/notification.h"

enum { SPI = 40, RESERVED = 27 };

static seL4_CPtr get(word_t intid)
{
    seL4_CPtr handler = machine_empty_slot();

    CHECK_EQ(invoke(CPTR_IRQ_CONTROL, IRQControlGet, CAPS(CPTR_CNODE), WORDS(intid, handler, 64)).error, seL4_NoError);
    return handler;
}

static struct notification *notification(seL4_CPtr cptr)
{
    return cap_object(machine_cap(cptr));
}

static seL4_CPtr badged(seL4_CPtr cptr, word_t badge)
{
    seL4_CPtr dest = machine_empty_slot();

    CHECK_EQ(invoke(CPTR_CNODE, CNodeMint, CAPS(CPTR_CNODE), WORDS(dest, 64, cptr, 64, 15, badge)).error, seL4_NoError);
    return dest;
}

static void issue(void)
{
    seL4_CPtr handler = get(SPI), other = machine_empty_slot();

    CHECK_EQ(cap_type(machine_cap(handler)), CAP_IRQ_HANDLER);
    CHECK(!fake_irq.enabled[SPI]);
    /* One at a time. */
    CHECK_EQ(invoke(CPTR_IRQ_CONTROL, IRQControlGet, CAPS(CPTR_CNODE), WORDS(SPI, other, 64)).error, seL4_RevokeFirst);
    /* Copies of the capability are not the last one. */
    seL4_CPtr copy = machine_copy(handler, seL4_AllRights);
    machine_delete(handler);
    CHECK_EQ(invoke(CPTR_IRQ_CONTROL, IRQControlGet, CAPS(CPTR_CNODE), WORDS(SPI, other, 64)).error, seL4_RevokeFirst);
    machine_delete(copy);
    CHECK_EQ(invoke(CPTR_IRQ_CONTROL, IRQControlGet, CAPS(CPTR_CNODE), WORDS(SPI, other, 64)).error, seL4_NoError);
    /* Revoking the control takes all handlers. */
    CHECK_EQ(invoke(CPTR_CNODE, CNodeRevoke, WORDS(CPTR_IRQ_CONTROL, 64)).error, seL4_NoError);
    CHECK(slot_is_empty(machine_slot(other)));
    get(SPI);
}

static void issue_errors(void)
{
    seL4_CPtr dest = machine_empty_slot();
    struct answer r;

    r = invoke(CPTR_IRQ_CONTROL, IRQControlGet, CAPS(CPTR_CNODE), WORDS(FAKE_IRQS, dest, 64));
    CHECK_EQ(r.error, seL4_RangeError);
    CHECK_EQ(r.word[0], 0);
    CHECK_EQ(r.word[1], FAKE_IRQS - 1);
    CHECK_EQ(invoke(CPTR_IRQ_CONTROL, IRQControlGet, CAPS(CPTR_CNODE), WORDS(~0ull, dest, 64)).error, seL4_RangeError);
    irq_reserve(RESERVED);
    CHECK_EQ(invoke(CPTR_IRQ_CONTROL, IRQControlGet, CAPS(CPTR_CNODE), WORDS(RESERVED, dest, 64)).error,
             seL4_RevokeFirst);
    CHECK_EQ(invoke(CPTR_IRQ_CONTROL, IRQControlGet, CAPS(CPTR_CNODE), WORDS(SPI, CPTR_TCB, 64)).error,
             seL4_DeleteFirst);
    CHECK_EQ(invoke(CPTR_IRQ_CONTROL, IRQControlGet, CAPS(CPTR_TCB), WORDS(SPI, dest, 64)).error, seL4_FailedLookup);
    CHECK_EQ(invoke(CPTR_IRQ_CONTROL, IRQControlGet, CAPS(CPTR_CNODE), WORDS(SPI, dest, 65)).error, seL4_RangeError);
    CHECK_EQ(invoke(CPTR_IRQ_CONTROL, IRQControlGet, CAPS(CPTR_CNODE), WORDS(SPI, dest)).error, seL4_TruncatedMessage);
    CHECK_EQ(invoke(CPTR_IRQ_CONTROL, IRQControlGet, WORDS(SPI, dest, 64)).error, seL4_TruncatedMessage);
    CHECK_EQ(invoke(CPTR_IRQ_CONTROL, IRQHandlerAck, ).error, seL4_IllegalOperation);
    CHECK_EQ(invoke(get(SPI), IRQControlGet, ).error, seL4_IllegalOperation);
}

static void trigger_and_target(void)
{
    seL4_CPtr a = machine_empty_slot(), b = machine_empty_slot();
    struct answer r;

    cpu_count = 2;
    CHECK_EQ(invoke(CPTR_IRQ_CONTROL, IRQControlGetTrigger, CAPS(CPTR_CNODE), WORDS(SPI, 1, a, 64)).error,
             seL4_NoError);
    CHECK(fake_irq.edge[SPI]);
    r = invoke(CPTR_IRQ_CONTROL, IRQControlGetTriggerCore, CAPS(CPTR_CNODE), WORDS(SPI + 1, 0, b, 64, 2));
    CHECK_EQ(r.error, seL4_RangeError);
    CHECK_EQ(r.word[1], 1);
    CHECK_EQ(invoke(CPTR_IRQ_CONTROL, IRQControlGetTriggerCore, CAPS(CPTR_CNODE), WORDS(SPI + 1, 0, b, 64, 1)).error,
             seL4_NoError);
    CHECK(!fake_irq.edge[SPI + 1]);
    CHECK_EQ(fake_irq.target[SPI + 1], 1);
    CHECK_EQ(invoke(CPTR_IRQ_CONTROL, IRQControlGetTriggerCore, CAPS(CPTR_CNODE), WORDS(SPI + 2, 0, b, 64)).error,
             seL4_TruncatedMessage);
    /* A fifth word means nothing without a target. */
    seL4_CPtr c = machine_empty_slot();
    CHECK_EQ(invoke(CPTR_IRQ_CONTROL, IRQControlGetTrigger, CAPS(CPTR_CNODE), WORDS(20, 1, c, 64, 0xffffffff)).error,
             seL4_NoError);
    CHECK(fake_irq.edge[20]);
}

static void deliver(void)
{
    seL4_CPtr handler = get(SPI), plain = machine_new(seL4_NotificationObject), n = badged(plain, 0x80);

    CHECK_EQ(invoke(handler, IRQHandlerSetNotification, CAPS(n)).error, seL4_NoError);
    CHECK(fake_irq.enabled[SPI]);
    irq_deliver(SPI, 0);
    CHECK_EQ(notification(n)->state, NOTIFICATION_ACTIVE);
    CHECK_EQ(notification(n)->badge, 0x80);
    /* Others may come at once, this one after Ack. */
    CHECK_EQ(fake_irq.drops[SPI], 1);
    CHECK_EQ(fake_irq.deactivations[SPI], 0);
    CHECK_EQ(invoke(handler, IRQHandlerAck, ).error, seL4_NoError);
    CHECK_EQ(fake_irq.deactivations[SPI], 1);
    /* Once is enough. */
    CHECK_EQ(invoke(handler, IRQHandlerAck, ).error, seL4_NoError);
    CHECK_EQ(fake_irq.deactivations[SPI], 1);
    CHECK(fake_irq.enabled[SPI]);
}

static void deliver_to_nobody(void)
{
    seL4_CPtr handler = get(SPI), n = machine_new(seL4_NotificationObject);

    irq_deliver(SPI, 0);
    CHECK(!fake_irq.enabled[SPI]);
    CHECK_EQ(fake_irq.drops[SPI], 1);
    CHECK_EQ(fake_irq.deactivations[SPI], 1);
    CHECK_EQ(invoke(handler, IRQHandlerAck, ).error, seL4_NoError);
    CHECK(!fake_irq.enabled[SPI]);
    CHECK_EQ(invoke(handler, IRQHandlerSetNotification, CAPS(n)).error, seL4_NoError);
    CHECK(fake_irq.enabled[SPI]);
    /* What the controller has no line for. */
    irq_deliver(IRQ_MAX, 0);
    CHECK_EQ(fake_irq.deactivations[IRQ_MAX], 1);
}

static void notification_errors(void)
{
    seL4_CPtr handler = get(SPI), n = machine_new(seL4_NotificationObject);
    struct answer r;

    r = invoke(handler, IRQHandlerSetNotification, CAPS(machine_copy(n, seL4_CanRead)));
    CHECK_EQ(r.error, seL4_InvalidCapability);
    CHECK_EQ(r.word[0], 1);
    CHECK_EQ(invoke(handler, IRQHandlerSetNotification, CAPS(machine_new(seL4_EndpointObject))).error,
             seL4_InvalidCapability);
    CHECK_EQ(invoke(handler, IRQHandlerSetNotification, ).error, seL4_TruncatedMessage);
    CHECK(slot_is_empty(&irq_slots[SPI]));
}

static void notification_replaced_and_deleted(void)
{
    seL4_CPtr handler = get(SPI), a = machine_new(seL4_NotificationObject), b = machine_new(seL4_NotificationObject);

    CHECK_EQ(invoke(handler, IRQHandlerSetNotification, CAPS(a)).error, seL4_NoError);
    CHECK_EQ(invoke(handler, IRQHandlerSetNotification, CAPS(a)).error, seL4_NoError);
    CHECK_EQ(invoke(handler, IRQHandlerSetNotification, CAPS(b)).error, seL4_NoError);
    irq_deliver(SPI, 0);
    CHECK_EQ(notification(a)->state, NOTIFICATION_IDLE);
    CHECK_EQ(notification(b)->state, NOTIFICATION_ACTIVE);
    CHECK_EQ(invoke(handler, IRQHandlerAck, ).error, seL4_NoError);
    /* The handler's copy keeps the object; revoking the original takes it too. */
    machine_delete(a);
    CHECK_EQ(invoke(CPTR_CNODE, CNodeRevoke, WORDS(b, 64)).error, seL4_NoError);
    CHECK(slot_is_empty(&irq_slots[SPI]));
    irq_deliver(SPI, 0);
    CHECK(!fake_irq.enabled[SPI]);
    CHECK_EQ(invoke(handler, IRQHandlerSetNotification, CAPS(b)).error, seL4_NoError);
    CHECK_EQ(invoke(handler, IRQHandlerClear, ).error, seL4_NoError);
    CHECK(slot_is_empty(&irq_slots[SPI]));
    CHECK(!fake_irq.enabled[SPI]);
}

static void handler_deleted_while_active(void)
{
    seL4_CPtr handler = get(SPI), n = machine_new(seL4_NotificationObject);

    CHECK_EQ(invoke(handler, IRQHandlerSetNotification, CAPS(n)).error, seL4_NoError);
    irq_deliver(SPI, 0);
    machine_delete(handler);
    CHECK(!fake_irq.enabled[SPI]);
    CHECK_EQ(fake_irq.deactivations[SPI], 1);
    CHECK(slot_is_empty(&irq_slots[SPI]));
    /* The next owner starts afresh. */
    handler = get(SPI);
    CHECK_EQ(invoke(handler, IRQHandlerAck, ).error, seL4_NoError);
    CHECK_EQ(fake_irq.deactivations[SPI], 1);
}

static void sgi(void)
{
    seL4_CPtr s = machine_empty_slot();

    cpu_count = 2;
    CHECK_EQ(invoke(CPTR_IRQ_CONTROL, IRQControlIssueSGISignal, CAPS(CPTR_CNODE), WORDS(16, 0, s, 64)).error,
             seL4_RangeError);
    CHECK_EQ(invoke(CPTR_IRQ_CONTROL, IRQControlIssueSGISignal, CAPS(CPTR_CNODE), WORDS(5, 2, s, 64)).error,
             seL4_RangeError);
    CHECK_EQ(invoke(CPTR_IRQ_CONTROL, IRQControlIssueSGISignal, CAPS(CPTR_CNODE), WORDS(5, 1, CPTR_TCB, 64)).error,
             seL4_DeleteFirst);
    CHECK_EQ(invoke(CPTR_IRQ_CONTROL, IRQControlIssueSGISignal, CAPS(CPTR_CNODE), WORDS(5, 1, s)).error,
             seL4_TruncatedMessage);
    CHECK_EQ(invoke(CPTR_IRQ_CONTROL, IRQControlIssueSGISignal, CAPS(CPTR_CNODE), WORDS(5, 1, s, 64)).error,
             seL4_NoError);
    irq_send_sgi(machine_cap(s));
    CHECK_EQ(fake_irq.sgis, 1);
    CHECK_EQ(fake_irq.sgi, 5);
    CHECK_EQ(fake_irq.sgi_target, 1);
}

static void deadline(void)
{
    seL4_CPtr timer = get(FAKE_TIMER), device = get(SPI), other = machine_empty_slot();

    fake_irq.deadline = 1;
    CHECK_EQ(invoke(timer, IRQHandlerSetDeadline, ).error, seL4_TruncatedMessage);
    CHECK_EQ(invoke(device, IRQHandlerSetDeadline, WORDS(1000)).error, seL4_IllegalOperation);
    cpu_count = 2;
    CHECK_EQ(
        invoke(CPTR_IRQ_CONTROL, IRQControlGetTriggerCore, CAPS(CPTR_CNODE), WORDS(FAKE_TIMER, 0, other, 64, 1)).error,
        seL4_NoError);
    CHECK_EQ(invoke(other, IRQHandlerSetDeadline, WORDS(1000)).error, seL4_IllegalOperation);
    CHECK_EQ(fake_irq.deadline, 1);
    CHECK_EQ(invoke(timer, IRQHandlerSetDeadline, WORDS(1000)).error, seL4_NoError);
    CHECK_EQ(fake_irq.deadline, 1000);
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"issue", issue},
        {"issue_errors", issue_errors},
        {"trigger_and_target", trigger_and_target},
        {"deliver", deliver},
        {"deliver_to_nobody", deliver_to_nobody},
        {"notification_errors", notification_errors},
        {"notification_replaced_and_deleted", notification_replaced_and_deleted},
        {"handler_deleted_while_active", handler_deleted_while_active},
        {"sgi", sgi},
        {"deadline", deadline},
    };

    return unit_run("irq", cases, UNIT_COUNT(cases), machine_setup);
}
