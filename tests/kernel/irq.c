/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts, from a real device: the PL031 clock of the machine. */
#include "cases.h"
#include "lib/clock.h"
#include "lib/errors.h"
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

/* The kernel's own are not given away: GIC maintenance, its timer, the guests' timer. */
static void reserved(void)
{
    seL4_CPtr slot = new_slot();
    for (seL4_Word irq = 25; irq <= 27; irq++) {
        CHECK_EQ(seL4_IRQControl_Get(seL4_CapIRQControl, irq, ROOT_CNODE, slot, DEPTH), seL4_RevokeFirst);
        CHECK_EQ(seL4_IRQControl_GetTrigger(seL4_CapIRQControl, irq, 0, ROOT_CNODE, slot, DEPTH), seL4_RevokeFirst);
        CHECK_EQ(seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, irq, 0, ROOT_CNODE, slot, DEPTH, 0),
                 seL4_RevokeFirst);
    }
    CHECK(slot_is_empty(slot));
}

enum { GET, GET_TRIGGER, GET_TRIGGER_CORE, ISSUE_SGI, CONTROL_METHODS };

static seL4_Error control(unsigned method, seL4_Word irq, seL4_CPtr root, seL4_Word index, seL4_Word depth)
{
    seL4_IRQControl c = seL4_CapIRQControl;
    switch (method) {
    case GET:
        return seL4_IRQControl_Get(c, irq, root, index, depth);
    case GET_TRIGGER:
        return seL4_IRQControl_GetTrigger(c, irq, 1, root, index, depth);
    case GET_TRIGGER_CORE:
        return seL4_IRQControl_GetTriggerCore(c, irq, 1, root, index, depth, 0);
    default:
        return seL4_IRQControl_IssueSGISignal(c, irq == 60 ? 5 : irq, 0, root, index, depth);
    }
}

static void control_errors(void)
{
    seL4_CPtr slot = new_slot(), n = new_notification();
    const seL4_Word cores = seL4_GetBootInfo()->numNodes;
    for (unsigned m = 0; m < CONTROL_METHODS; m++) {
        CHECK_EQ(control(m, 5000, ROOT_CNODE, slot, DEPTH), seL4_RangeError);
        CHECK_EQ(seL4_GetMR(0), 0);
        CHECK_IN(seL4_GetMR(1), m == ISSUE_SGI ? 15 : 63, m == ISSUE_SGI ? 15 : 1019);
        CHECK_EQ(control(m, ~0ul, ROOT_CNODE, slot, DEPTH), seL4_RangeError);
        CHECK_EQ(control(m, 60, ROOT_CNODE, seL4_CapInitThreadTCB, DEPTH), seL4_DeleteFirst);
        CHECK_FAILED_LOOKUP(control(m, 60, n, slot, DEPTH), 0, seL4_InvalidRoot);
        CHECK_FAILED_LOOKUP(control(m, 60, ROOT_CNODE, slot, 3), 0, seL4_GuardMismatch);
        CHECK_RANGE_ERROR(control(m, 60, ROOT_CNODE, slot, 0), 1, seL4_WordBits);
        CHECK_RANGE_ERROR(control(m, 60, ROOT_CNODE, slot, 65), 1, seL4_WordBits);
        CHECK(slot_is_empty(slot));
        CHECK_OK(control(m, 60, ROOT_CNODE, slot, DEPTH));
        CHECK(!slot_is_empty(slot));
        REQUIRE_OK(cspace_delete(&root_cspace, slot));
    }
    CHECK_RANGE_ERROR(seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, 60, 0, ROOT_CNODE, slot, DEPTH, cores), 0,
                      cores - 1);
    CHECK_RANGE_ERROR(seL4_IRQControl_IssueSGISignal(seL4_CapIRQControl, 5, cores, ROOT_CNODE, slot, DEPTH), 0,
                      cores - 1);
    /* More words than the method has are not looked at. */
    seL4_SetCap(0, ROOT_CNODE);
    seL4_SetMR(4, 0xfffffffful);
    CHECK_OK(vesicle_invoke4(seL4_CapIRQControl, vesicle_IRQControlGetTrigger, 1, 5, 28, 0, slot, DEPTH));
}

static void handler_errors(void)
{
    seL4_CPtr handler = new_handler(), n = new_notification();
    CHECK_INVALID_CAPABILITY(seL4_IRQHandler_SetNotification(handler, new_endpoint()), 1);
    CHECK_INVALID_CAPABILITY(seL4_IRQHandler_SetNotification(handler, new_copy(n, seL4_CanRead)), 1);
    CHECK_OK(seL4_IRQHandler_SetNotification(handler, new_copy(n, seL4_CanWrite)));
    CHECK_OK(seL4_IRQHandler_SetNotification(handler, new_notification())); /* another one */
    CHECK_OK(seL4_IRQHandler_Clear(handler));
    CHECK_OK(seL4_IRQHandler_Clear(handler));
    CHECK_OK(seL4_IRQHandler_Ack(handler));
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

static seL4_CPtr new_signalling_handler(seL4_CPtr n)
{
    seL4_CPtr handler = new_handler();
    map_rtc();
    REQUIRE_OK(seL4_IRQHandler_SetNotification(handler, new_badged(n, 1)));
    REQUIRE_OK(seL4_IRQHandler_Ack(handler));
    return handler;
}

static struct worker *new_driver(seL4_CPtr n, seL4_Word priority)
{
    struct worker *w = worker_new(wait_once, priority);
    w->arg[0] = n;
    worker_run(w);
    return w;
}

/* A driver waits for it. */
static void wakes_a_thread(void)
{
    seL4_CPtr n = new_notification();
    new_signalling_handler(n);
    struct worker *w = new_driver(n, MAIN_PRIORITY + 1);
    raise_rtc();
    CHECK_EQ(w->result[0], 1);
    RTC[RTC_IMSC] = 0;
    RTC[RTC_ICR] = 1;
}

/* One interrupt wakes one thread, the most urgent; and whoever was interrupted goes on. */
static void wakes_one_by_one(void)
{
    seL4_CPtr n = new_notification(), handler = new_signalling_handler(n);
    struct worker *second = new_driver(n, MAIN_PRIORITY + 1), *first = new_driver(n, MAIN_PRIORITY + 2);
    raise_rtc();
    CHECK_EQ(first->result[0], 1);
    CHECK_EQ(second->done, 0);
    RTC[RTC_ICR] = 1;
    REQUIRE_OK(seL4_IRQHandler_Ack(handler));
    raise_rtc();
    CHECK_EQ(second->result[0], 1);
    CHECK_EQ(poll(n), 0);
    RTC[RTC_IMSC] = 0;
    RTC[RTC_ICR] = 1;
}

/* A driver that is less urgent than who is interrupted comes later. */
static void wakes_for_later(void)
{
    seL4_CPtr n = new_notification();
    new_signalling_handler(n);
    struct worker *w = worker_new(wait_once, MAIN_PRIORITY - 1);
    w->arg[0] = n;
    worker_run(w);
    sleep_us(10000);
    raise_rtc();
    RTC[RTC_IMSC] = 0;
    RTC[RTC_ICR] = 1;
    worker_wait(&w->done);
    CHECK_EQ(w->result[0], 1);
}

/* A driver without time of its own gets the notification's. */
static void lends_time(void)
{
    seL4_CPtr n = new_notification();
    new_signalling_handler(n);
    struct worker *w = new_driver(n, MAIN_PRIORITY + 1);
    REQUIRE_OK(seL4_SchedContext_Unbind(w->sc));
    REQUIRE_OK(seL4_SchedContext_Bind(w->sc, n));
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

/* What was latched for one handler is nothing to the next. */
static void latched(void)
{
    seL4_CPtr n = new_notification(), badged = new_badged(n, 1);
    map_rtc();
    for (unsigned again = 0; again < 2; again++) {
        seL4_CPtr handler = new_slot();
        REQUIRE_OK(cspace_irq_control_get(&root_cspace, handler, seL4_CapIRQControl, RTC_IRQ, 1));
        if (again) {
            REQUIRE_OK(seL4_IRQHandler_SetNotification(handler, badged));
            REQUIRE_OK(seL4_IRQHandler_Ack(handler));
            CHECK_EQ(poll(n), 0);
        }
        raise_rtc();
        CHECK_EQ(poll(n), again);
        RTC[RTC_IMSC] = 0;
        RTC[RTC_ICR] = 1;
        REQUIRE_OK(cspace_delete(&root_cspace, handler));
    }
}

/* The core's own timer: its deadline is set by the handler's capability. */
static void deadline(void)
{
    seL4_CPtr handler = new_slot(), n = new_notification();
    REQUIRE_OK(cspace_irq_control_get(&root_cspace, handler, seL4_CapIRQControl, VESICLE_TIMER_PPI, 0));
    REQUIRE_OK(vesicle_IRQHandler_SetDeadline(handler, ~0ul));
    REQUIRE_OK(seL4_IRQHandler_SetNotification(handler, new_badged(n, 4)));
    REQUIRE_OK(seL4_IRQHandler_Ack(handler));
    CHECK_EQ(poll(n), 0);
    seL4_Word wait = gpi_time_frequency() / 1000, until = gpi_time_ticks() + wait, badge = 0;
    CHECK_OK(vesicle_IRQHandler_SetDeadline(handler, until));
    seL4_Wait(n, &badge);
    seL4_Word now = gpi_time_ticks();
    CHECK_EQ(badge, 4);
    CHECK(now >= until);
    CHECK_TIME_IN(clock_ticks_to_us(now - until), 0, 20);
    /* It stays up until another deadline is set; it comes again when it was acknowledged. */
    CHECK_EQ(poll(n), 0);
    CHECK_OK(seL4_IRQHandler_Ack(handler));
    CHECK_EQ(poll(n), 4);
    CHECK_OK(vesicle_IRQHandler_SetDeadline(handler, gpi_time_ticks() + 3600 * gpi_time_frequency()));
    CHECK_OK(seL4_IRQHandler_Ack(handler));
    CHECK_EQ(poll(n), 0);
    /* An earlier one replaces it; one in the past is up at once. */
    CHECK_OK(vesicle_IRQHandler_SetDeadline(handler, 0));
    CHECK_EQ(poll(n), 4);
    CHECK_OK(vesicle_IRQHandler_SetDeadline(handler, ~0ul));
    CHECK_OK(seL4_IRQHandler_Ack(handler));
    CHECK_EQ(poll(n), 0);
}

static void deadline_errors(void)
{
    seL4_CPtr handler = new_slot();
    CHECK_EQ(vesicle_IRQHandler_SetDeadline(new_handler(), 0), seL4_IllegalOperation); /* of no timer */
    if (seL4_GetBootInfo()->numNodes > 1) {
        REQUIRE_OK(
            seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, VESICLE_TIMER_PPI, 0, ROOT_CNODE, handler, DEPTH, 1));
        CHECK_EQ(vesicle_IRQHandler_SetDeadline(handler, 0), seL4_IllegalOperation); /* of another core */
    }
}

const struct test_case irq_cases[] = {
    {"irq_get", get},
    {"irq_reserved", reserved},
    {"irq_control_errors", control_errors},
    {"irq_handler_errors", handler_errors},
    {"irq_arrives", arrives},
    {"irq_wakes_a_thread", wakes_a_thread},
    {"irq_wakes_one_by_one", wakes_one_by_one},
    {"irq_wakes_for_later", wakes_for_later},
    {"irq_lends_time", lends_time},
    {"irq_clear", clear},
    {"irq_delete_while_set", delete_while_set},
    {"irq_latched", latched},
    {"irq_deadline", deadline},
    {"irq_deadline_errors", deadline_errors},
    {0, 0},
};
