/* SPDX-License-Identifier: BSD-2-Clause */
/* Notifications: signals collected and waited for, alone and bound to a thread. */
#include "cases.h"
#include "lib/objects.h"
#include "lib/worker.h"
#include <sel4/sel4.h>

enum { NTFN, EP, REPLY };

static void waiter(struct worker *w)
{
    seL4_Word badge;
    for (;;) {
        seL4_Wait(w->arg[NTFN], &badge);
        w->result[0]++;
        w->result[1] = badge;
    }
}

static void badges_are_collected(void)
{
    seL4_CPtr n = new_notification();
    seL4_Signal(new_badged(n, 0x1));
    seL4_Signal(new_badged(n, 0x8));
    seL4_Signal(new_badged(n, 0x8));
    seL4_Word badge = 0;
    seL4_Wait(n, &badge);
    CHECK_EQ(badge, 9);
    badge = 77;
    seL4_Poll(n, &badge);
    CHECK_EQ(badge, 0);
}

static void wakes_the_waiter(void)
{
    seL4_CPtr n = new_notification();
    struct worker *w = worker_new(waiter, MAIN_PRIORITY + 1);
    w->arg[NTFN] = n;
    worker_run(w);
    for (seL4_Word i = 1; i <= 3; i++) {
        seL4_Signal(new_badged(n, i));
        CHECK_EQ(w->result[0], i);
        CHECK_EQ(w->result[1], i);
    }
}

static void one_waiter_a_signal(void)
{
    seL4_CPtr n = new_notification(), badged = new_badged(n, 2);
    struct worker *low = worker_new(waiter, MAIN_PRIORITY + 1), *high = worker_new(waiter, MAIN_PRIORITY + 2);
    low->arg[NTFN] = high->arg[NTFN] = n;
    worker_run(low);
    worker_run(high);
    seL4_Signal(badged);
    CHECK_EQ(high->result[0], 1);
    CHECK_EQ(low->result[0], 0);
    REQUIRE_OK(seL4_TCB_Suspend(high->tcb));
    seL4_Signal(badged);
    CHECK_EQ(low->result[0], 1);
}

static void receiver(struct worker *w)
{
    seL4_Word badge;
    for (;;) {
        seL4_MessageInfo_t info = seL4_Recv(w->arg[EP], &badge, w->arg[REPLY]);
        w->result[0]++;
        w->result[1] = badge;
        w->result[2] = seL4_MessageInfo_get_label(info);
    }
}

/* A thread that receives on an endpoint also gets the signals of its bound notification. */
static void bound(void)
{
    seL4_CPtr n = new_notification(), ep = new_endpoint(), badged = new_badged(n, 0x40);
    struct worker *w = worker_new(receiver, MAIN_PRIORITY + 1);
    w->arg[EP] = ep;
    w->arg[REPLY] = new_reply();
    REQUIRE_OK(seL4_TCB_BindNotification(w->tcb, n));
    seL4_Signal(badged); /* before it receives */
    worker_run(w);
    CHECK_EQ(w->result[0], 1);
    CHECK_EQ(w->result[1], 0x40);
    seL4_Signal(badged); /* while it receives */
    CHECK_EQ(w->result[0], 2);
    CHECK_EQ(w->result[1], 0x40);
    seL4_Send(new_badged(ep, 3), seL4_MessageInfo_new(9, 0, 0, 0));
    CHECK_EQ(w->result[0], 3);
    CHECK_EQ(w->result[1], 3);
    CHECK_EQ(w->result[2], 9);
    REQUIRE_OK(seL4_TCB_UnbindNotification(w->tcb));
    seL4_Signal(badged);
    CHECK_EQ(w->result[0], 3);
    seL4_Word badge = 0;
    seL4_Poll(n, &badge);
    CHECK_EQ(badge, 0x40);
}

/* Bound while the thread receives and there is a signal: the thread gets it at once. */
static void bound_while_active(void)
{
    seL4_CPtr n = new_notification(), ep = new_endpoint();
    struct worker *w = worker_new(receiver, MAIN_PRIORITY + 1);
    w->arg[EP] = ep;
    w->arg[REPLY] = new_reply();
    worker_run(w);
    seL4_Signal(new_badged(n, 0x40));
    CHECK_EQ(w->result[0], 0);
    REQUIRE_OK(seL4_TCB_BindNotification(w->tcb, n));
    CHECK_EQ(w->result[0], 1);
    CHECK_EQ(w->result[1], 0x40);
    /* It receives again, both ways. */
    seL4_Signal(new_badged(n, 0x80));
    CHECK_EQ(w->result[1], 0x80);
    seL4_Send(new_badged(ep, 3), seL4_MessageInfo_new(9, 0, 0, 0));
    CHECK_EQ(w->result[1], 3);
}

/* Only its thread may wait on a bound notification. */
static void bound_elsewhere(void)
{
    seL4_CPtr n = new_notification(), fault_ep = new_endpoint(), reply = new_reply();
    struct worker *owner = worker_new(waiter, MAIN_PRIORITY + 1), *w = worker_new(waiter, MAIN_PRIORITY + 1);
    REQUIRE_OK(seL4_TCB_BindNotification(owner->tcb, n));
    worker_set_fault_ep(w, MAIN_PRIORITY + 1, fault_ep);
    w->arg[NTFN] = owner->arg[NTFN] = n;
    worker_run(w);
    seL4_MessageInfo_t info = seL4_NBRecv(fault_ep, 0, reply);
    CHECK_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_CapFault);
    worker_run(owner);
    seL4_Signal(new_badged(n, 1));
    CHECK_EQ(owner->result[0], 1);
}

static void delete_with_waiter(void)
{
    seL4_CPtr n = new_notification(), fault_ep = new_endpoint(), reply = new_reply();
    struct worker *w = worker_new(waiter, MAIN_PRIORITY + 1);
    worker_set_fault_ep(w, MAIN_PRIORITY + 1, fault_ep);
    w->arg[NTFN] = n;
    worker_run(w);
    REQUIRE_OK(cspace_delete(&root_cspace, n));
    seL4_MessageInfo_t info = seL4_NBRecv(fault_ep, 0, reply);
    CHECK_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_CapFault);
    CHECK_EQ(seL4_GetMR(seL4_CapFault_Addr), n);
}

/* The bound notification goes, or its thread: the other end does not notice. */
static void delete_bound(void)
{
    seL4_CPtr ep = new_endpoint(), n = new_notification();
    struct worker *w = worker_new(receiver, MAIN_PRIORITY + 1);
    w->arg[EP] = ep;
    w->arg[REPLY] = new_reply();
    REQUIRE_OK(seL4_TCB_BindNotification(w->tcb, n));
    worker_run(w);
    REQUIRE_OK(cspace_delete(&root_cspace, n));
    seL4_Send(ep, seL4_MessageInfo_new(9, 0, 0, 0));
    CHECK_EQ(w->result[2], 9);
    seL4_CPtr m = new_notification();
    REQUIRE_OK(seL4_TCB_BindNotification(w->tcb, m));
    workers_destroy();
    seL4_Signal(new_badged(m, 1));
    seL4_Word badge = 0;
    seL4_Poll(m, &badge);
    CHECK_EQ(badge, 1);
}

const struct test_case notification_cases[] = {
    {"notification_badges_are_collected", badges_are_collected},
    {"notification_wakes_the_waiter", wakes_the_waiter},
    {"notification_one_waiter_a_signal", one_waiter_a_signal},
    {"notification_bound", bound},
    {"notification_bound_while_active", bound_while_active},
    {"notification_bound_elsewhere", bound_elsewhere},
    {"notification_delete_with_waiter", delete_with_waiter},
    {"notification_delete_bound", delete_bound},
    {0, 0},
};
