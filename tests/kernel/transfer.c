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

const struct test_case transfer_cases[] = {
    {"transfer_one_cap", one_cap},
    {"transfer_received_is_derived", received_is_derived},
    {"transfer_without_grant", without_grant},
    {"transfer_no_receive_slot", no_receive_slot},
    {"transfer_second_cap_does_not_fit", second_cap_does_not_fit},
    {"transfer_unwrapped", unwrapped},
    {"transfer_in_reply", in_reply},
    {"transfer_bad_cap", bad_cap},
    {0, 0},
};
