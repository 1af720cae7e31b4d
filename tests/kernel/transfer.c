/* SPDX-License-Identifier: BSD-2-Clause */
/* Capabilities in messages. */
#include "cases.h"
#include "lib/objects.h"
#include "lib/worker.h"
#include <sel4/sel4.h>

enum { EP, COUNT, FIRST };

static void send_caps(struct worker *w)
{
    for (seL4_Word i = 0; i < w->arg[COUNT]; i++) {
        seL4_SetCap((int)i, w->arg[FIRST + i]);
    }
    seL4_Send(w->arg[EP], seL4_MessageInfo_new(1, 0, w->arg[COUNT], 0));
}

static struct worker *start_sender(seL4_CPtr ep, seL4_Word count, seL4_CPtr first, seL4_CPtr second)
{
    struct worker *w = worker_new(send_caps, MAIN_PRIORITY + 1);
    w->arg[EP] = ep;
    w->arg[COUNT] = count;
    w->arg[FIRST] = first;
    w->arg[FIRST + 1] = second;
    worker_run(w);
    return w;
}

static void one_cap(void)
{
    seL4_CPtr ep = new_endpoint(), n = new_notification(), slot = new_slot();
    start_sender(ep, 1, new_badged(n, 6), 0);
    seL4_SetCapReceivePath(ROOT_CNODE, slot, DEPTH);
    seL4_MessageInfo_t info = seL4_NBWait(ep, 0);
    CHECK_EQ(seL4_MessageInfo_get_extraCaps(info), 1);
    CHECK_EQ(seL4_MessageInfo_get_capsUnwrapped(info), 0);
    seL4_Signal(slot);
    seL4_Word badge;
    seL4_Poll(n, &badge);
    CHECK_EQ(badge, 6);
}

/* What was received is derived from what was sent: revoking that takes it back. */
static void received_is_derived(void)
{
    seL4_CPtr ep = new_endpoint(), n = new_notification(), slot = new_slot();
    start_sender(ep, 1, n, 0);
    seL4_SetCapReceivePath(ROOT_CNODE, slot, DEPTH);
    seL4_NBWait(ep, 0);
    CHECK(!slot_is_empty(slot));
    REQUIRE_OK(cspace_revoke(&root_cspace, n));
    CHECK(slot_is_empty(slot));
}

static void without_grant(void)
{
    seL4_CPtr ep = new_endpoint(), slot = new_slot();
    start_sender(new_copy(ep, seL4_CapRights_new(1, 0, 1, 1)), 1, new_notification(), 0);
    seL4_SetCapReceivePath(ROOT_CNODE, slot, DEPTH);
    seL4_MessageInfo_t info = seL4_NBWait(ep, 0);
    CHECK_EQ(seL4_MessageInfo_get_label(info), 1);
    CHECK_EQ(seL4_MessageInfo_get_extraCaps(info), 0);
    CHECK(slot_is_empty(slot));
}

static void no_receive_slot(void)
{
    seL4_CPtr ep = new_endpoint(), n = new_notification();
    start_sender(ep, 1, n, 0);
    seL4_SetCapReceivePath(ROOT_CNODE, n, DEPTH); /* in use */
    seL4_MessageInfo_t info = seL4_NBWait(ep, 0);
    CHECK_EQ(seL4_MessageInfo_get_label(info), 1);
    CHECK_EQ(seL4_MessageInfo_get_extraCaps(info), 0);
}

static void second_cap_does_not_fit(void)
{
    seL4_CPtr ep = new_endpoint(), slot = new_slot();
    start_sender(ep, 2, new_notification(), new_notification());
    seL4_SetCapReceivePath(ROOT_CNODE, slot, DEPTH);
    seL4_MessageInfo_t info = seL4_NBWait(ep, 0);
    CHECK_EQ(seL4_MessageInfo_get_extraCaps(info), 1);
    CHECK(!slot_is_empty(slot));
}

/* A capability of the endpoint the message came through arrives as its badge. */
static void unwrapped(void)
{
    seL4_CPtr ep = new_endpoint(), slot = new_slot(), n = new_notification();
    start_sender(ep, 2, new_badged(ep, 0xabc), n);
    seL4_SetCapReceivePath(ROOT_CNODE, slot, DEPTH);
    seL4_MessageInfo_t info = seL4_NBWait(ep, 0);
    CHECK_EQ(seL4_MessageInfo_get_extraCaps(info), 2);
    CHECK_EQ(seL4_MessageInfo_get_capsUnwrapped(info), 1);
    CHECK_EQ(seL4_GetBadge(0), 0xabc);
    CHECK_EQ(seL4_DebugCapIdentify(slot), seL4_DebugCapIdentify(n));
}

static void call_with_slot(struct worker *w)
{
    seL4_SetCapReceivePath(ROOT_CNODE, w->arg[1], DEPTH);
    seL4_MessageInfo_t info = seL4_Call(w->arg[EP], seL4_MessageInfo_new(1, 0, 0, 0));
    w->result[0] = seL4_MessageInfo_get_extraCaps(info);
}

static void in_reply(void)
{
    seL4_CPtr ep = new_endpoint(), reply = new_reply(), slot = new_slot(), n = new_notification();
    struct worker *w = worker_new(call_with_slot, MAIN_PRIORITY + 1);
    w->arg[EP] = ep;
    w->arg[1] = slot;
    worker_run(w);
    seL4_NBRecv(ep, 0, reply);
    seL4_SetCap(0, n);
    seL4_Send(reply, seL4_MessageInfo_new(0, 0, 1, 0));
    CHECK_EQ(w->result[0], 1);
    CHECK_EQ(seL4_DebugCapIdentify(slot), seL4_DebugCapIdentify(n));
}

/* A capability that does not exist: the message arrives without any. */
static void bad_cap(void)
{
    seL4_CPtr ep = new_endpoint(), slot = new_slot();
    start_sender(ep, 2, new_notification(), ~0ul);
    seL4_SetCapReceivePath(ROOT_CNODE, slot, DEPTH);
    seL4_MessageInfo_t info = seL4_NBWait(ep, 0);
    CHECK_EQ(seL4_MessageInfo_get_label(info), 1);
    CHECK_EQ(seL4_MessageInfo_get_extraCaps(info), 0);
    CHECK(slot_is_empty(slot));
}

static void receive_cap(struct worker *w)
{
    seL4_Word badge;
    seL4_SetCapReceivePath(ROOT_CNODE, w->arg[1], DEPTH);
    seL4_MessageInfo_t info = seL4_Wait(w->arg[EP], &badge);
    w->result[0] = seL4_MessageInfo_get_extraCaps(info);
    w->result[1] = seL4_MessageInfo_get_capsUnwrapped(info);
    w->result[2] = seL4_GetBadge(0);
    w->result[3] = badge;
    w->result[4] = seL4_GetMR(119);
}

static struct worker *start_receiver(seL4_CPtr ep, seL4_CPtr slot)
{
    struct worker *w = worker_new(receive_cap, MAIN_PRIORITY + 1);
    w->arg[EP] = ep;
    w->arg[1] = slot;
    worker_run(w);
    return w;
}

/* The receiver waits: a capability, a badge and a full message at once. */
static void to_waiting_receiver(void)
{
    seL4_CPtr ep = new_endpoint(), n = new_notification(), slot = new_slot(), sent = new_badged(n, 6),
              badged = new_badged(ep, 0xb);
    struct worker *w = start_receiver(ep, slot);
    seL4_SetCap(0, sent);
    seL4_SetMR(119, 0x77);
    seL4_Send(badged, seL4_MessageInfo_new(1, 0, 1, 120));
    CHECK_EQ(w->done, 1);
    CHECK_EQ(w->result[0], 1);
    CHECK_EQ(w->result[1], 0);
    CHECK_EQ(w->result[3], 0xb);
    CHECK_EQ(w->result[4], 0x77);
    seL4_Signal(slot);
    seL4_Word badge = 0;
    seL4_Poll(n, &badge);
    CHECK_EQ(badge, 6);
}

static void unwrapped_for_waiting_receiver(void)
{
    seL4_CPtr ep = new_endpoint(), slot = new_slot();
    seL4_CPtr a = new_badged(ep, 0x51), b = new_badged(ep, 0x52), c = new_badged(ep, 0x53);
    struct worker *w = start_receiver(ep, slot);
    seL4_SetCap(0, a);
    seL4_SetCap(1, b);
    seL4_SetCap(2, c);
    seL4_Send(ep, seL4_MessageInfo_new(1, 0, 3, 0));
    CHECK_EQ(w->result[0], 3);
    CHECK_EQ(w->result[1], 7);
    CHECK_EQ(w->result[2], 0x51);
    CHECK(slot_is_empty(slot));
}

/* The capability of a message goes while its sender waits: the message arrives without. */
static void cap_deleted_on_the_way(void)
{
    seL4_CPtr ep = new_endpoint(), slot = new_slot(), cap = new_badged(new_notification(), 1);
    struct worker *w = start_sender(ep, 1, cap, 0);
    REQUIRE_OK(cspace_delete(&root_cspace, cap));
    seL4_SetCapReceivePath(ROOT_CNODE, slot, DEPTH);
    seL4_MessageInfo_t info = seL4_NBWait(ep, 0);
    CHECK_EQ(seL4_MessageInfo_get_label(info), 1);
    CHECK_EQ(seL4_MessageInfo_get_extraCaps(info), 0);
    CHECK(slot_is_empty(slot));
    CHECK_EQ(w->done, 1);
}

/* The receiver's slot, or the CNode it is in, goes while it waits. */
static void slot_deleted_on_the_way(void)
{
    seL4_CPtr ep = new_endpoint(), cnode = new_cnode(2), n = new_notification();
    struct worker *w = worker_new(receive_cap, MAIN_PRIORITY + 1);
    w->arg[EP] = ep;
    w->arg[1] = n; /* in use */
    worker_run(w);
    REQUIRE_OK(cspace_delete(&root_cspace, n));
    seL4_SetCap(0, new_notification());
    seL4_Send(ep, seL4_MessageInfo_new(1, 0, 1, 0));
    CHECK_EQ(w->result[0], 1); /* empty by now */
    CHECK(!slot_is_empty(n));
    start_sender(ep, 1, new_notification(), 0);
    seL4_SetCapReceivePath(cnode, 1, 2);
    REQUIRE_OK(cspace_delete(&root_cspace, cnode));
    CHECK_EQ(seL4_MessageInfo_get_extraCaps(seL4_NBWait(ep, 0)), 0);
}

/* What cannot be copied does not travel. */
static void underivable(void)
{
    seL4_CPtr ep = new_endpoint(), slot = new_slot();
    const seL4_CPtr stuck[] = {seL4_CapIRQControl, new_object(seL4_ARM_VSpaceObject, 0),
                               new_object(seL4_ARM_PageTableObject, 0)};
    for (unsigned i = 0; i < 3; i++) {
        start_sender(ep, 1, stuck[i], 0);
        seL4_SetCapReceivePath(ROOT_CNODE, slot, DEPTH);
        seL4_MessageInfo_t info = seL4_NBWait(ep, 0);
        CHECK_EQ(seL4_MessageInfo_get_label(info), 1);
        CHECK_EQ(seL4_MessageInfo_get_extraCaps(info), 0);
        CHECK(slot_is_empty(slot));
    }
}

const struct test_case transfer_cases[] = {
    {"transfer_one_cap", one_cap},
    {"transfer_received_is_derived", received_is_derived},
    {"transfer_without_grant", without_grant},
    {"transfer_no_receive_slot", no_receive_slot},
    {"transfer_second_cap_does_not_fit", second_cap_does_not_fit},
    {"transfer_unwrapped", unwrapped},
    {"transfer_in_reply", in_reply},
    {"transfer_bad_cap", bad_cap},
    {"transfer_to_waiting_receiver", to_waiting_receiver},
    {"transfer_unwrapped_for_waiting_receiver", unwrapped_for_waiting_receiver},
    {"transfer_cap_deleted_on_the_way", cap_deleted_on_the_way},
    {"transfer_slot_deleted_on_the_way", slot_deleted_on_the_way},
    {"transfer_underivable", underivable},
    {0, 0},
};
