/* SPDX-License-Identifier: BSD-2-Clause */
/* CNodes: copies, badges, moves, revocation, guards and depth. */
#include "cases.h"
#include "lib/errors.h"
#include "lib/objects.h"
#include "lib/worker.h"
#include <gpi/cspace.h>
#include <sel4/sel4.h>

static seL4_Word poll(seL4_CPtr notification)
{
    seL4_Word badge = 0;
    seL4_Poll(notification, &badge);
    return badge;
}

static void copy(void)
{
    seL4_CPtr n = new_notification();
    seL4_CPtr dest = new_slot();
    REQUIRE_OK(seL4_CNode_Copy(ROOT_CNODE, dest, DEPTH, ROOT_CNODE, n, DEPTH, seL4_AllRights));
    CHECK_EQ(seL4_DebugCapIdentify(dest), seL4_DebugCapIdentify(n));
    CHECK_EQ(seL4_CNode_Copy(ROOT_CNODE, dest, DEPTH, ROOT_CNODE, n, DEPTH, seL4_AllRights), seL4_DeleteFirst);
    seL4_CPtr empty = new_slot();
    seL4_CPtr free = new_slot();
    CHECK_EQ(seL4_CNode_Copy(ROOT_CNODE, free, DEPTH, ROOT_CNODE, empty, DEPTH, seL4_AllRights), seL4_FailedLookup);
    CHECK_EQ(seL4_GetMR(0), 1);
    CHECK_EQ(seL4_GetMR(1), seL4_MissingCapability);
    CHECK(slot_is_empty(free));
}

static void mint(void)
{
    seL4_CPtr n = new_notification();
    seL4_CPtr five = new_badged(n, 5);
    seL4_Signal(five);
    CHECK_EQ(poll(n), 5);
    seL4_Signal(five);
    seL4_Signal(new_badged(n, 0x10));
    CHECK_EQ(poll(n), 0x15);
    /* A badged capability cannot be badged again. */
    seL4_CPtr again = new_slot();
    CHECK_EQ(seL4_CNode_Mint(ROOT_CNODE, again, DEPTH, ROOT_CNODE, five, DEPTH, seL4_AllRights, 6),
             seL4_IllegalOperation);
    CHECK(slot_is_empty(again));
}

static void move(void)
{
    seL4_CPtr n = new_notification();
    seL4_CPtr dest = new_slot();
    REQUIRE_OK(seL4_CNode_Move(ROOT_CNODE, dest, DEPTH, ROOT_CNODE, n, DEPTH));
    CHECK(slot_is_empty(n));
    seL4_Signal(dest);
    seL4_Word badge = 99;
    seL4_Poll(dest, &badge);
    CHECK_EQ(badge, 0);
    /* The moved capability keeps its place: it is still what its object hangs on. */
    REQUIRE_OK(seL4_CNode_Move(ROOT_CNODE, n, DEPTH, ROOT_CNODE, dest, DEPTH));
    CHECK_EQ(seL4_CNode_Move(ROOT_CNODE, dest, DEPTH, ROOT_CNODE, dest, DEPTH), seL4_FailedLookup);
}

static void mutate(void)
{
    seL4_CPtr n = new_notification();
    seL4_CPtr copied = new_copy(n, seL4_AllRights);
    seL4_CPtr dest = new_slot();
    REQUIRE_OK(seL4_CNode_Mutate(ROOT_CNODE, dest, DEPTH, ROOT_CNODE, copied, DEPTH, 7));
    CHECK(slot_is_empty(copied));
    seL4_Signal(dest);
    CHECK_EQ(poll(n), 7);
}

static void delete_one(void)
{
    seL4_CPtr n = new_notification();
    seL4_CPtr copied = new_copy(n, seL4_AllRights);
    REQUIRE_OK(seL4_CNode_Delete(ROOT_CNODE, n, DEPTH));
    CHECK(slot_is_empty(n));
    CHECK(!slot_is_empty(copied));
    seL4_Signal(copied);
    REQUIRE_OK(seL4_CNode_Delete(ROOT_CNODE, n, DEPTH)); /* an empty slot can be deleted */
}

static void revoke(void)
{
    seL4_CPtr n = new_notification();
    enum { COUNT = 64 };
    seL4_CPtr copies = new_slots(COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        REQUIRE_OK(cspace_mint(&root_cspace, copies + i, &root_cspace, n, seL4_AllRights, i + 1));
    }
    REQUIRE_OK(seL4_CNode_Revoke(ROOT_CNODE, n, DEPTH));
    for (unsigned i = 0; i < COUNT; i++) {
        CHECK(slot_is_empty(copies + i));
    }
    CHECK(!slot_is_empty(n));
    seL4_Signal(n);
}

/* What was derived from a derived capability goes too; its siblings stay. */
static void revoke_subtree(void)
{
    seL4_CPtr untyped = new_untyped(12);
    seL4_CPtr child = new_slot(), grandchild = new_slot(), sibling = new_slot();
    REQUIRE_OK(cspace_untyped_retype(&root_cspace, untyped, child, seL4_UntypedObject, 10));
    REQUIRE_OK(cspace_untyped_retype(&root_cspace, untyped, sibling, seL4_UntypedObject, 10));
    REQUIRE_OK(cspace_untyped_retype(&root_cspace, child, grandchild, seL4_NotificationObject, 0));
    REQUIRE_OK(seL4_CNode_Revoke(ROOT_CNODE, child, DEPTH));
    CHECK(slot_is_empty(grandchild));
    CHECK(!slot_is_empty(child));
    CHECK(!slot_is_empty(sibling));
    REQUIRE_OK(seL4_CNode_Revoke(ROOT_CNODE, untyped, DEPTH));
    CHECK(slot_is_empty(child));
    CHECK(slot_is_empty(sibling));
}

static void rotate(void)
{
    seL4_CPtr a = new_badged(new_notification(), 1);
    seL4_CPtr n = new_notification();
    seL4_CPtr b = new_badged(n, 2);
    seL4_CPtr dest = new_slot();
    seL4_Uint32 type = seL4_DebugCapIdentify(a);
    /* b -> dest, a -> b */
    REQUIRE_OK(seL4_CNode_Rotate(ROOT_CNODE, dest, DEPTH, 0, ROOT_CNODE, b, DEPTH, 0, ROOT_CNODE, a, DEPTH));
    CHECK(slot_is_empty(a));
    CHECK_EQ(seL4_DebugCapIdentify(b), type);
    seL4_Signal(dest);
    CHECK_EQ(poll(n), 2);
    /* Swap: dest is src. */
    REQUIRE_OK(seL4_CNode_Rotate(ROOT_CNODE, b, DEPTH, 0, ROOT_CNODE, dest, DEPTH, 0, ROOT_CNODE, b, DEPTH));
    seL4_Signal(b);
    CHECK_EQ(poll(n), 2);
}

static void rights(void)
{
    seL4_CPtr n = new_notification();
    seL4_CPtr read_only = new_copy(n, seL4_CanRead);
    seL4_Signal(read_only);
    CHECK_EQ(poll(n), 0);
    seL4_CPtr badged = new_slot();
    REQUIRE_OK(cspace_mint(&root_cspace, badged, &root_cspace, n, seL4_CanWrite, 4));
    seL4_Signal(badged);
    CHECK_EQ(poll(read_only), 4);
    /* Rights never come back. */
    seL4_CPtr more = new_slot();
    REQUIRE_OK(cspace_mint(&root_cspace, more, &root_cspace, read_only, seL4_AllRights, 8));
    seL4_Signal(more);
    CHECK_EQ(poll(n), 0);
}

/* Two levels of CNodes, with a guard in the second. */
static void guards_and_depth(void)
{
    enum { RADIX = 3, GUARD = 0x2a, GUARD_BITS = 6 };
    seL4_CPtr top = new_cnode(RADIX), bottom = new_cnode(RADIX), n = new_notification();
    seL4_Word data = seL4_CNode_CapData_new(GUARD, GUARD_BITS).words[0];
    REQUIRE_OK(seL4_CNode_Mint(top, 5, RADIX, ROOT_CNODE, bottom, DEPTH, seL4_AllRights, data));
    seL4_Word address = 5ul << (GUARD_BITS + RADIX) | GUARD << RADIX | 6;
    seL4_Word depth = RADIX + GUARD_BITS + RADIX;
    REQUIRE_OK(seL4_CNode_Mint(top, address, depth, ROOT_CNODE, n, DEPTH, seL4_AllRights, 3));
    /* It is slot 6 of the lower one. */
    seL4_CPtr back = new_slot();
    REQUIRE_OK(seL4_CNode_Move(ROOT_CNODE, back, DEPTH, bottom, 6, RADIX));
    seL4_Signal(back);
    CHECK_EQ(poll(n), 3);

    CHECK_EQ(seL4_CNode_Delete(top, address ^ 1ul << RADIX, depth), seL4_FailedLookup);
    CHECK_EQ(seL4_GetMR(1), seL4_GuardMismatch);
    CHECK_EQ(seL4_GetMR(2), GUARD_BITS + RADIX);
    CHECK_EQ(seL4_GetMR(3), GUARD);
    CHECK_EQ(seL4_GetMR(4), GUARD_BITS);
    CHECK_EQ(seL4_CNode_Delete(top, 5ul << 2, RADIX + 2), seL4_FailedLookup);
    CHECK_EQ(seL4_GetMR(1), seL4_GuardMismatch);
    CHECK_EQ(seL4_CNode_Delete(top, 4ul << 9, depth), seL4_FailedLookup); /* slot 4 is empty */
    CHECK_EQ(seL4_CNode_Delete(ROOT_CNODE, 0, 65), seL4_RangeError);
    CHECK_EQ(seL4_GetMR(0), 1);
    CHECK_EQ(seL4_GetMR(1), 64);
    CHECK_EQ(seL4_CNode_Delete(ROOT_CNODE, 0, 0), seL4_RangeError);
}

static void signal_both(struct worker *w)
{
    seL4_Signal(w->arg[0]);
    seL4_Signal(w->arg[1]);
}

/* A thread with a space of two levels reaches what lies in it. */
static ut_t *leaf_ut(void *cookie)
{
    (void)cookie;
    return ut_alloc_4k_untyped(0);
}

static void free_leaf_ut(void *cookie, ut_t *ut)
{
    (void)cookie;
    ut_free(ut, seL4_PageBits);
}

static void two_level_cspace(void)
{
    static cspace_t space;
    cspace_alloc_t alloc = {leaf_ut, free_leaf_ut, 0};
    REQUIRE_EQ(cspace_create_two_level(&root_cspace, &space, alloc), 0);
    seL4_CPtr n = new_notification();
    seL4_CPtr first = cspace_alloc_slot(&space), last = first;
    for (unsigned i = 0; i < 200; i++) {
        last = cspace_alloc_slot(&space);
    }
    CHECK_OK(cspace_mint(&space, first, &root_cspace, n, seL4_AllRights, 1));
    CHECK_OK(cspace_mint(&space, last, &root_cspace, n, seL4_AllRights, 2));
    struct worker *w = worker_new(signal_both, MAIN_PRIORITY + 1);
    w->arg[0] = first;
    w->arg[1] = last;
    CHECK_OK(seL4_TCB_SetSpace(w->tcb, 0, space.root_cnode, 0, seL4_CapInitThreadVSpace, 0));
    worker_run(w);
    CHECK_EQ(poll(n), 3);
    seL4_TCB_Suspend(w->tcb);
    cspace_destroy(&space);
    seL4_Signal(n);
}

static void one_level_cspace(void)
{
    static cspace_t space;
    REQUIRE_EQ(cspace_create_one_level(&root_cspace, &space), 0);
    seL4_CPtr n = new_notification();
    seL4_CPtr slot = cspace_alloc_slot(&space);
    CHECK_OK(cspace_mint(&space, slot, &root_cspace, n, seL4_AllRights, 9));
    struct worker *w = worker_new(signal_both, MAIN_PRIORITY + 1);
    w->arg[0] = slot;
    w->arg[1] = slot;
    CHECK_OK(seL4_TCB_SetSpace(w->tcb, 0, space.root_cnode, 0, seL4_CapInitThreadVSpace, 0));
    worker_run(w);
    CHECK_EQ(poll(n), 9);
    seL4_TCB_Suspend(w->tcb);
    cspace_destroy(&space);
}

/* The last capability of a CNode takes along what only it holds: the memory can be used again. */
static void delete_container(void)
{
    seL4_CPtr untyped = new_untyped(12), cnode = new_cnode(4);
    REQUIRE_OK(seL4_Untyped_Retype(untyped, seL4_UntypedObject, 12, cnode, 0, 0, 3, 1));
    REQUIRE_OK(seL4_CNode_Copy(cnode, 4, 4, ROOT_CNODE, cnode, DEPTH, seL4_AllRights)); /* a circle */
    seL4_CPtr slot = new_slot();
    CHECK_EQ(cspace_untyped_retype(&root_cspace, untyped, slot, seL4_UntypedObject, 12), seL4_NotEnoughMemory);
    REQUIRE_OK(seL4_CNode_Delete(cnode, 4, 4));
    REQUIRE_OK(seL4_CNode_Delete(ROOT_CNODE, cnode, DEPTH));
    CHECK(slot_is_empty(cnode));
    CHECK_OK(cspace_untyped_retype(&root_cspace, untyped, slot, seL4_UntypedObject, 12));
}

/* A CNode that holds the last capability of itself. */
static void delete_self_reference(void)
{
    seL4_CPtr cnode = new_cnode(4), n = new_notification();
    REQUIRE_OK(seL4_CNode_Mint(cnode, 2, 4, ROOT_CNODE, n, DEPTH, seL4_AllRights, 1));
    REQUIRE_OK(seL4_CNode_Copy(cnode, 9, 4, ROOT_CNODE, cnode, DEPTH, seL4_AllRights));
    REQUIRE_OK(seL4_CNode_Revoke(cnode, 9, 4));
    REQUIRE_OK(seL4_CNode_Delete(cnode, 9, 4));
    seL4_Signal(n);
}

static void send_once(struct worker *w)
{
    seL4_Send(w->arg[0], seL4_MessageInfo_new(w->arg[1], 0, 0, 0));
}

/* The sends of one badge are ended: the sender tries again, and finds its capability gone. */
static void cancel_badged_sends(void)
{
    seL4_CPtr ep = new_endpoint(), fault_ep = new_endpoint(), reply = new_reply();
    seL4_CPtr one = new_badged(ep, 1), two = new_badged(ep, 2), one_used = new_copy(one, seL4_AllRights);
    struct worker *a = worker_new(send_once, MAIN_PRIORITY + 2), *b = worker_new(send_once, MAIN_PRIORITY + 1);
    worker_set_fault_ep(a, MAIN_PRIORITY + 2, fault_ep);
    a->arg[0] = one_used;
    a->arg[1] = 11;
    b->arg[0] = two;
    b->arg[1] = 22;
    worker_run(a);
    worker_run(b);
    REQUIRE_OK(cspace_delete(&root_cspace, one_used));
    REQUIRE_OK(seL4_CNode_CancelBadgedSends(ROOT_CNODE, one, DEPTH));
    seL4_Word badge;
    seL4_MessageInfo_t info = seL4_NBRecv(fault_ep, &badge, reply);
    CHECK_EQ(seL4_MessageInfo_get_label(info), seL4_Fault_CapFault);
    CHECK_EQ(seL4_GetMR(seL4_CapFault_Addr), one_used);
    info = seL4_NBWait(ep, &badge);
    CHECK_EQ(badge, 2);
    CHECK_EQ(seL4_MessageInfo_get_label(info), 22);
    seL4_NBWait(ep, &badge);
    CHECK_EQ(badge, 0);
    CHECK(b->done);
    CHECK(!a->done);
}

/* Any other kind of endpoint capability, and no endpoint: nothing is cancelled. */
static void cancel_errors(void)
{
    seL4_CPtr ep = new_endpoint(), n = new_notification();
    const seL4_CapRights_t less[] = {seL4_CapRights_new(0, 1, 1, 1), seL4_CapRights_new(1, 0, 1, 1),
                                     seL4_CapRights_new(1, 1, 0, 1), seL4_CapRights_new(1, 1, 1, 0)};
    for (unsigned i = 0; i < 4; i++) {
        seL4_CPtr slot = new_slot();
        REQUIRE_OK(cspace_mint(&root_cspace, slot, &root_cspace, ep, less[i], 5));
        CHECK_EQ(seL4_CNode_CancelBadgedSends(ROOT_CNODE, slot, DEPTH), seL4_IllegalOperation);
    }
    CHECK_EQ(seL4_CNode_CancelBadgedSends(ROOT_CNODE, n, DEPTH), seL4_IllegalOperation);
    CHECK_EQ(seL4_CNode_CancelBadgedSends(ROOT_CNODE, new_slot(), DEPTH), seL4_IllegalOperation);
    CHECK_OK(seL4_CNode_CancelBadgedSends(ROOT_CNODE, new_badged(ep, 5), DEPTH)); /* nobody sends */
    /* Without badge it stands for nobody. */
    struct worker *w = worker_new(send_once, MAIN_PRIORITY + 1);
    w->arg[0] = ep;
    w->arg[1] = 3;
    worker_run(w);
    CHECK_OK(seL4_CNode_CancelBadgedSends(ROOT_CNODE, ep, DEPTH));
    CHECK_EQ(seL4_MessageInfo_get_label(seL4_NBWait(ep, 0)), 3);
}

enum { DELETE, REVOKE, CANCEL, COPY, MINT, MOVE, MUTATE, ROTATE_DEST, DEST_METHODS };

/* Each method with the slot at (index, depth) of `root` as its destination, everything else right. */
static seL4_Error with_dest(unsigned method, seL4_CPtr root, seL4_Word index, seL4_Word depth, seL4_CPtr src)
{
    switch (method) {
    case DELETE:
        return seL4_CNode_Delete(root, index, depth);
    case REVOKE:
        return seL4_CNode_Revoke(root, index, depth);
    case CANCEL:
        return seL4_CNode_CancelBadgedSends(root, index, depth);
    case COPY:
        return seL4_CNode_Copy(root, index, depth, ROOT_CNODE, src, DEPTH, seL4_AllRights);
    case MINT:
        return seL4_CNode_Mint(root, index, depth, ROOT_CNODE, src, DEPTH, seL4_AllRights, 1);
    case MOVE:
        return seL4_CNode_Move(root, index, depth, ROOT_CNODE, src, DEPTH);
    case MUTATE:
        return seL4_CNode_Mutate(root, index, depth, ROOT_CNODE, src, DEPTH, 1);
    default:
        return seL4_CNode_Rotate(root, index, depth, 0, ROOT_CNODE, src, DEPTH, 0, ROOT_CNODE, src, DEPTH);
    }
}

static void destinations(void)
{
    enum { RADIX = 4 };
    seL4_CPtr src = new_notification(), cnode = new_cnode(RADIX), guarded = new_slot();
    seL4_Word guard = seL4_CNode_CapData_new(0x5, 4).words[0];
    REQUIRE_OK(cspace_mint(&root_cspace, guarded, &root_cspace, cnode, seL4_AllRights, guard));
    REQUIRE_OK(seL4_CNode_Copy(cnode, 1, RADIX, ROOT_CNODE, src, DEPTH, seL4_AllRights));
    for (unsigned m = 0; m < DEST_METHODS; m++) {
        CHECK_RANGE_ERROR(with_dest(m, cnode, 2, 0, src), 1, seL4_WordBits);
        CHECK_RANGE_ERROR(with_dest(m, cnode, 2, seL4_WordBits + 1, src), 1, seL4_WordBits);
        CHECK_FAILED_LOOKUP(with_dest(m, cnode, 2, RADIX - 1, src), 0, seL4_DepthMismatch);
        CHECK_EQ(seL4_GetMR(2), RADIX - 1);
        CHECK_EQ(seL4_GetMR(3), RADIX);
        /* Slot 2 is empty, slot 1 holds no CNode: three bits too many. */
        CHECK_FAILED_LOOKUP(with_dest(m, cnode, 2 << 3, RADIX + 3, src), 0, seL4_DepthMismatch);
        CHECK_EQ(seL4_GetMR(2), 3);
        CHECK_EQ(seL4_GetMR(3), RADIX);
        CHECK_FAILED_LOOKUP(with_dest(m, cnode, 1 << 3, RADIX + 3, src), 0, seL4_DepthMismatch);
        CHECK_FAILED_LOOKUP(with_dest(m, guarded, 0x42, 8, src), 0, seL4_GuardMismatch);
        CHECK_EQ(seL4_GetMR(2), 8);
        CHECK_EQ(seL4_GetMR(3), 0x5);
        CHECK_EQ(seL4_GetMR(4), 4);
        if (m >= COPY && m != ROTATE_DEST) {
            CHECK_EQ(with_dest(m, cnode, 1, RADIX, src), seL4_DeleteFirst);
        }
    }
    CHECK(!slot_is_empty(src));
}

/* Copy, Mint, Move, Mutate with the slot at (index, depth) of `root` as their source. */
static seL4_Error with_source(unsigned method, seL4_CPtr dest, seL4_CPtr root, seL4_Word index, seL4_Word depth)
{
    switch (method) {
    case COPY:
        return seL4_CNode_Copy(ROOT_CNODE, dest, DEPTH, root, index, depth, seL4_AllRights);
    case MINT:
        return seL4_CNode_Mint(ROOT_CNODE, dest, DEPTH, root, index, depth, seL4_AllRights, 1);
    case MOVE:
        return seL4_CNode_Move(ROOT_CNODE, dest, DEPTH, root, index, depth);
    default:
        return seL4_CNode_Mutate(ROOT_CNODE, dest, DEPTH, root, index, depth, 1);
    }
}

static void sources(void)
{
    enum { RADIX = 4 };
    seL4_CPtr dest = new_slot(), cnode = new_cnode(RADIX), n = new_notification();
    for (unsigned m = COPY; m <= MUTATE; m++) {
        CHECK_RANGE_ERROR(with_source(m, dest, cnode, 1, 0), 1, seL4_WordBits);
        CHECK_RANGE_ERROR(with_source(m, dest, cnode, 1, seL4_WordBits + 1), 1, seL4_WordBits);
        CHECK_FAILED_LOOKUP(with_source(m, dest, n, 1, DEPTH), 1, seL4_InvalidRoot);
        CHECK_FAILED_LOOKUP(with_source(m, dest, cnode, 1, RADIX), 1, seL4_MissingCapability);
        CHECK_EQ(seL4_GetMR(2), RADIX);
        CHECK_FAILED_LOOKUP(with_source(m, dest, cnode, 1, RADIX - 1), 1, seL4_DepthMismatch);
        CHECK_FAILED_LOOKUP(with_source(m, dest, cnode, 1, DEPTH), 1, seL4_DepthMismatch);
        CHECK(slot_is_empty(dest));
    }
}

static bool derives(unsigned method, seL4_CPtr src, seL4_Error error)
{
    seL4_CPtr dest = new_slot();
    CHECK_EQ(with_source(method, dest, ROOT_CNODE, src, DEPTH), error);
    return !slot_is_empty(dest);
}

/* What cannot be copied, and what a copy is. */
static void derivation(void)
{
    seL4_CPtr untyped = new_untyped(13), used = new_untyped(13), child = new_slot();
    REQUIRE_OK(cspace_untyped_retype(&root_cspace, used, child, seL4_EndpointObject, 0));
    for (unsigned m = COPY; m <= MINT; m++) {
        CHECK(!derives(m, used, seL4_RevokeFirst));
        CHECK(!derives(m, seL4_CapIRQControl, seL4_IllegalOperation));
        CHECK(!derives(m, new_object(seL4_ARM_VSpaceObject, 0), seL4_IllegalOperation));
        CHECK(!derives(m, new_object(seL4_ARM_PageTableObject, 0), seL4_IllegalOperation));
    }
    CHECK(derives(COPY, untyped, seL4_NoError));
    CHECK(derives(COPY, new_vspace(), seL4_NoError));
    CHECK(derives(COPY, new_frame(seL4_PageBits), seL4_NoError));
    CHECK(derives(COPY, new_object(seL4_TCBObject, 0), seL4_NoError));
    CHECK(derives(COPY, new_object(seL4_SchedContextObject, seL4_MinSchedContextBits), seL4_NoError));
    CHECK(derives(COPY, new_reply(), seL4_NoError));
    CHECK(derives(COPY, seL4_CapASIDControl, seL4_NoError));
    /* A copy of an untyped capability takes the memory: the original has none left until the copy goes. */
    seL4_CPtr memory = new_untyped(13), copied = new_copy(memory, seL4_AllRights), slot = new_slot();
    CHECK_NOT_ENOUGH_MEMORY(cspace_untyped_retype(&root_cspace, memory, slot, seL4_EndpointObject, 0), 0);
    CHECK_OK(cspace_untyped_retype(&root_cspace, copied, slot, seL4_EndpointObject, 0));
    /* All of it can be moved. */
    CHECK(derives(MOVE, used, seL4_NoError));
    CHECK(derives(MOVE, slot, seL4_NoError));
}

/* Guards that do not fit, badges where there is one, capabilities with children. */
static void data_errors(void)
{
    seL4_CPtr cnode = new_cnode(4), n = new_notification(), five = new_badged(n, 5);
    seL4_Word too_long = seL4_CNode_CapData_new(0, 61).words[0];
    seL4_CPtr dest = new_slot();
    CHECK_EQ(seL4_CNode_Mint(ROOT_CNODE, dest, DEPTH, ROOT_CNODE, cnode, DEPTH, seL4_AllRights, too_long),
             seL4_IllegalOperation);
    CHECK_EQ(seL4_CNode_Mutate(ROOT_CNODE, dest, DEPTH, ROOT_CNODE, cnode, DEPTH, too_long), seL4_IllegalOperation);
    CHECK_EQ(seL4_CNode_Mutate(ROOT_CNODE, dest, DEPTH, ROOT_CNODE, five, DEPTH, 6), seL4_IllegalOperation);
    CHECK_EQ(seL4_CNode_Mutate(ROOT_CNODE, dest, DEPTH, ROOT_CNODE, n, DEPTH, 6), seL4_IllegalOperation);
    CHECK(slot_is_empty(dest));
    CHECK(!slot_is_empty(n));
    /* Data of what has none is ignored. */
    seL4_CPtr reply = new_reply();
    CHECK_OK(seL4_CNode_Mutate(ROOT_CNODE, dest, DEPTH, ROOT_CNODE, reply, DEPTH, 6));
}

static seL4_Error rotate_slots(seL4_CPtr dest, seL4_CPtr pivot, seL4_CPtr src)
{
    return seL4_CNode_Rotate(ROOT_CNODE, dest, DEPTH, 0, ROOT_CNODE, pivot, DEPTH, 0, ROOT_CNODE, src, DEPTH);
}

static void rotate_errors(void)
{
    seL4_CPtr cnode = new_cnode(4), n = new_notification(), a = new_badged(n, 1), b = new_badged(n, 2),
              empty = new_slot(), dest = new_slot();
    CHECK_EQ(rotate_slots(dest, a, a), seL4_IllegalOperation);
    CHECK_EQ(rotate_slots(a, a, b), seL4_IllegalOperation);
    CHECK_EQ(rotate_slots(n, a, b), seL4_DeleteFirst);
    CHECK_FAILED_LOOKUP(rotate_slots(dest, empty, b), 1, seL4_MissingCapability);
    CHECK_FAILED_LOOKUP(rotate_slots(dest, a, empty), 1, seL4_MissingCapability);
    CHECK_EQ(seL4_GetMR(2), DEPTH);
    CHECK_FAILED_LOOKUP(seL4_CNode_Rotate(ROOT_CNODE, dest, DEPTH, 0, n, a, DEPTH, 0, ROOT_CNODE, b, DEPTH), 1,
                        seL4_InvalidRoot);
    CHECK_FAILED_LOOKUP(seL4_CNode_Rotate(ROOT_CNODE, dest, DEPTH, 0, ROOT_CNODE, a, DEPTH, 0, n, b, DEPTH), 1,
                        seL4_InvalidRoot);
    CHECK_RANGE_ERROR(seL4_CNode_Rotate(ROOT_CNODE, dest, DEPTH, 0, cnode, 1, 65, 0, ROOT_CNODE, b, DEPTH), 1, 64);
    CHECK_RANGE_ERROR(seL4_CNode_Rotate(ROOT_CNODE, dest, DEPTH, 0, ROOT_CNODE, a, DEPTH, 0, cnode, 1, 0), 1, 64);
    /* New badges where there are some, for either. */
    CHECK_EQ(seL4_CNode_Rotate(ROOT_CNODE, dest, DEPTH, 9, ROOT_CNODE, a, DEPTH, 0, ROOT_CNODE, b, DEPTH),
             seL4_IllegalOperation);
    CHECK_EQ(seL4_CNode_Rotate(ROOT_CNODE, dest, DEPTH, 0, ROOT_CNODE, a, DEPTH, 9, ROOT_CNODE, b, DEPTH),
             seL4_IllegalOperation);
    CHECK(slot_is_empty(dest));
    seL4_Signal(a);
    seL4_Signal(b);
    CHECK_EQ(poll(n), 3);
}

/* Both get a badge on the way. */
static void rotate_with_badges(void)
{
    seL4_CPtr n = new_notification(), a = new_copy(n, seL4_AllRights), b = new_copy(n, seL4_AllRights),
              dest = new_slot();
    REQUIRE_OK(seL4_CNode_Rotate(ROOT_CNODE, dest, DEPTH, 0x10, ROOT_CNODE, a, DEPTH, 0x20, ROOT_CNODE, b, DEPTH));
    CHECK(slot_is_empty(b));
    seL4_Signal(dest);
    CHECK_EQ(poll(n), 0x10);
    seL4_Signal(a);
    CHECK_EQ(poll(n), 0x20);
}

static void wrong_invocations(void)
{
    seL4_CPtr n = new_notification(), empty = new_slot();
    /* A method that a CNode does not have, and what is no CNode. */
    CHECK_EQ(seL4_TCB_Suspend(ROOT_CNODE), seL4_IllegalOperation);
    CHECK_FAILED_LOOKUP(seL4_CNode_Copy(ROOT_CNODE, empty, DEPTH, n, n, DEPTH, seL4_AllRights), 1, seL4_InvalidRoot);
}

const struct test_case cnode_cases[] = {
    {"cnode_copy", copy},
    {"cnode_mint", mint},
    {"cnode_move", move},
    {"cnode_mutate", mutate},
    {"cnode_delete", delete_one},
    {"cnode_revoke", revoke},
    {"cnode_revoke_subtree", revoke_subtree},
    {"cnode_rotate", rotate},
    {"cnode_rights", rights},
    {"cnode_guards_and_depth", guards_and_depth},
    {"cnode_two_level_cspace", two_level_cspace},
    {"cnode_one_level_cspace", one_level_cspace},
    {"cnode_delete_container", delete_container},
    {"cnode_delete_self_reference", delete_self_reference},
    {"cnode_cancel_badged_sends", cancel_badged_sends},
    {"cnode_cancel_errors", cancel_errors},
    {"cnode_destinations", destinations},
    {"cnode_sources", sources},
    {"cnode_derivation", derivation},
    {"cnode_data_errors", data_errors},
    {"cnode_rotate_errors", rotate_errors},
    {"cnode_rotate_with_badges", rotate_with_badges},
    {"cnode_wrong_invocations", wrong_invocations},
    {0, 0},
};
