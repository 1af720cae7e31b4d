/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts, from a real device: the PL031 clock of the machine. */
#include "cases.h"
#include "lib/objects.h"
#include "lib/worker.h"
#include <sel4/sel4.h>

#define RTC_PADDR 0x9010000ul
#define RTC_IRQ   34
#define RTC       ((volatile seL4_Uint32 *)WINDOW)
enum { RTC_DR = 0, RTC_MR = 1, RTC_IMSC = 4, RTC_RIS = 5, RTC_ICR = 7 };

static seL4_CPtr new_handler(void)
{
    seL4_CPtr handler = new_slot();
    REQUIRE_OK(cspace_irq_control_get(&root_cspace, handler, seL4_CapIRQControl, RTC_IRQ, 0));
    return handler;
}

static void map_rtc(void)
{
    new_device_page_at(RTC_PADDR, WINDOW);
    RTC[RTC_IMSC] = 0;
    RTC[RTC_ICR] = 1;
}

/* Raises the interrupt: now, or when the clock's second ends. */
static void raise_rtc(void)
{
    RTC[RTC_IMSC] = 1;
    RTC[RTC_MR] = RTC[RTC_DR];
    for (unsigned i = 0; i < 300 && !(RTC[RTC_RIS] & 1); i++) {
        RTC[RTC_MR] = RTC[RTC_DR] + 1;
        sleep_us(10000);
    }
    REQUIRE_EQ(RTC[RTC_RIS] & 1, 1);
}

static seL4_Word poll(seL4_CPtr n)
{
    seL4_Word badge = 0;
    seL4_Poll(n, &badge);
    return badge;
}

static void get(void)
{
    seL4_CPtr handler = new_handler(), slot = new_slot();
    CHECK_EQ(seL4_IRQControl_Get(seL4_CapIRQControl, RTC_IRQ, ROOT_CNODE, slot, DEPTH), seL4_RevokeFirst);
    REQUIRE_OK(cspace_delete(&root_cspace, handler));
    CHECK_OK(seL4_IRQControl_Get(seL4_CapIRQControl, RTC_IRQ, ROOT_CNODE, slot, DEPTH));
    CHECK_EQ(seL4_IRQControl_Get(seL4_CapIRQControl, 5000, ROOT_CNODE, handler, DEPTH), seL4_RangeError);
    CHECK_EQ(seL4_IRQControl_Get(seL4_CapIRQControl, 50, ROOT_CNODE, seL4_CapInitThreadTCB, DEPTH), seL4_DeleteFirst);
    CHECK_OK(seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, 50, 1, ROOT_CNODE, handler, DEPTH, 0));
}

/* The kernel's own timer is not given away. */
static void reserved(void)
{
    seL4_CPtr slot = new_slot();
    CHECK(seL4_IRQControl_Get(seL4_CapIRQControl, 26, ROOT_CNODE, slot, DEPTH) != seL4_NoError);
    CHECK(slot_is_empty(slot));
}

static void arrives(void)
{
    seL4_CPtr handler = new_handler(), n = new_notification(), badged = new_badged(n, 0x20);
    map_rtc();
    REQUIRE_OK(seL4_IRQHandler_SetNotification(handler, badged));
    REQUIRE_OK(seL4_IRQHandler_Ack(handler));
    CHECK_EQ(poll(n), 0);
    raise_rtc();
    CHECK_EQ(poll(n), 0x20);
    /* Not again before it is acknowledged; again at once if the device still asks. */
    CHECK_EQ(poll(n), 0);
    REQUIRE_OK(seL4_IRQHandler_Ack(handler));
    CHECK_EQ(poll(n), 0x20);
    RTC[RTC_ICR] = 1;
    REQUIRE_OK(seL4_IRQHandler_Ack(handler));
    CHECK_EQ(poll(n), 0);
    raise_rtc();
    CHECK_EQ(poll(n), 0x20);
    RTC[RTC_IMSC] = 0;
    RTC[RTC_ICR] = 1;
}

static void wait_once(struct worker *w)
{
    seL4_Word badge;
    seL4_Wait(w->arg[0], &badge);
    w->result[0] = badge;
}

/* A driver waits for it. */
static void wakes_a_thread(void)
{
    seL4_CPtr handler = new_handler(), n = new_notification();
    map_rtc();
    REQUIRE_OK(seL4_IRQHandler_SetNotification(handler, new_badged(n, 1)));
    REQUIRE_OK(seL4_IRQHandler_Ack(handler));
    struct worker *w = worker_new(wait_once, MAIN_PRIORITY + 1);
    w->arg[0] = n;
    worker_run(w);
    raise_rtc();
    CHECK_EQ(w->result[0], 1);
    RTC[RTC_IMSC] = 0;
    RTC[RTC_ICR] = 1;
}

static void clear(void)
{
    seL4_CPtr handler = new_handler(), n = new_notification();
    map_rtc();
    REQUIRE_OK(seL4_IRQHandler_SetNotification(handler, new_badged(n, 1)));
    REQUIRE_OK(seL4_IRQHandler_Ack(handler));
    REQUIRE_OK(seL4_IRQHandler_Clear(handler));
    raise_rtc();
    CHECK_EQ(poll(n), 0);
    RTC[RTC_IMSC] = 0;
    RTC[RTC_ICR] = 1;
    CHECK_EQ(seL4_IRQHandler_SetNotification(handler, new_endpoint()), seL4_InvalidCapability);
}

/* The notification goes first, then the handler. */
static void delete_while_set(void)
{
    seL4_CPtr handler = new_handler(), n = new_notification();
    map_rtc();
    REQUIRE_OK(seL4_IRQHandler_SetNotification(handler, n));
    REQUIRE_OK(seL4_IRQHandler_Ack(handler));
    REQUIRE_OK(seL4_CNode_Revoke(ROOT_CNODE, n, DEPTH));
    REQUIRE_OK(cspace_delete(&root_cspace, n));
    raise_rtc();
    RTC[RTC_IMSC] = 0;
    RTC[RTC_ICR] = 1;
    REQUIRE_OK(cspace_delete(&root_cspace, handler));
    CHECK_OK(cspace_irq_control_get(&root_cspace, handler, seL4_CapIRQControl, RTC_IRQ, 0));
}

const struct test_case irq_cases[] = {
    {"irq_get", get},
    {"irq_reserved", reserved},
    {"irq_arrives", arrives},
    {"irq_wakes_a_thread", wakes_a_thread},
    {"irq_clear", clear},
    {"irq_delete_while_set", delete_while_set},
    {0, 0},
};
