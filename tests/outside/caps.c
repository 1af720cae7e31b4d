/* SPDX-License-Identifier: BSD-2-Clause */
/* Capabilities are copied, diminished, moved, rotated, revoked. */
#include <assert.h>
#include <sel4/sel4.h>

#define ROOT  seL4_CapInitThreadCNode
#define DEPTH seL4_WordBits

static seL4_CPtr empty;

static seL4_CPtr create(seL4_Word type)
{
    seL4_BootInfo *bi = seL4_GetBootInfo();
    for (seL4_CPtr untyped = bi->untyped.start; untyped < bi->untyped.end; untyped++) {
        if (!bi->untypedList[untyped - bi->untyped.start].isDevice &&
            seL4_Untyped_Retype(untyped, type, 0, ROOT, 0, 0, empty, 1) == seL4_NoError) {
            return empty++;
        }
    }
    return seL4_CapNull;
}

static seL4_Word poll(seL4_CPtr notification)
{
    seL4_Word badge = 0;
    seL4_Poll(notification, &badge);
    return badge;
}

static void signals(seL4_CPtr through, seL4_CPtr notification, seL4_Word expected)
{
    seL4_Signal(through);
    assert(poll(notification) == expected);
}

static void copy_and_mint(seL4_CPtr n)
{
    seL4_CPtr copy = empty++, badged = empty++, again = empty++;
    assert(seL4_CNode_Copy(ROOT, copy, DEPTH, ROOT, n, DEPTH, seL4_AllRights) == seL4_NoError);
    assert(seL4_CNode_Copy(ROOT, copy, DEPTH, ROOT, n, DEPTH, seL4_AllRights) == seL4_DeleteFirst);
    assert(seL4_CNode_Mint(ROOT, badged, DEPTH, ROOT, copy, DEPTH, seL4_AllRights, 0x42) == seL4_NoError);
    signals(badged, n, 0x42);
    /* A badge cannot be changed. */
    assert(seL4_CNode_Mint(ROOT, again, DEPTH, ROOT, badged, DEPTH, seL4_AllRights, 0x43) != seL4_NoError);
    assert(seL4_CNode_Copy(ROOT, again, DEPTH, ROOT, badged, DEPTH, seL4_AllRights) == seL4_NoError);
    signals(again, n, 0x42);

    /* Revoking what has a badge takes its copies, not what it was made from. */
    assert(seL4_CNode_Revoke(ROOT, badged, DEPTH) == seL4_NoError);
    assert(seL4_DebugCapIdentify(again) == seL4_DebugCapIdentify(seL4_CapNull));
    signals(badged, n, 0x42);
    assert(seL4_CNode_Revoke(ROOT, n, DEPTH) == seL4_NoError);
    assert(seL4_DebugCapIdentify(badged) == 0 && seL4_DebugCapIdentify(copy) == 0);
    assert(seL4_DebugCapIdentify(n) != 0);
}

static void rights(seL4_CPtr n)
{
    seL4_CPtr weak = empty++, weaker = empty++;
    assert(seL4_CNode_Mint(ROOT, weak, DEPTH, ROOT, n, DEPTH, seL4_CanWrite, 5) == seL4_NoError);
    signals(weak, n, 5);
    /* Rights are the intersection: nothing is gained by asking for all, and nobody is told of a signal not sent. */
    assert(seL4_CNode_Copy(ROOT, weaker, DEPTH, ROOT, weak, DEPTH, seL4_CanRead) == seL4_NoError);
    signals(weaker, n, 0);
    assert(seL4_CNode_Delete(ROOT, weak, DEPTH) == seL4_NoError);
    assert(seL4_CNode_Mint(ROOT, weak, DEPTH, ROOT, n, DEPTH, seL4_CapRights_new(0, 0, 1, 0), 7) == seL4_NoError);
    signals(weak, n, 0);
    assert(seL4_CNode_Delete(ROOT, weaker, DEPTH) == seL4_NoError);
    assert(seL4_CNode_Delete(ROOT, weaker, DEPTH) == seL4_NoError); /* an empty slot is fine */
    /* A capability that may only be read still tells what was signalled. */
    seL4_Signal(n);
    assert(poll(weak) == 0);
    assert(seL4_CNode_Mint(ROOT, weaker, DEPTH, ROOT, n, DEPTH, seL4_NoRead, 8) == seL4_NoError);
    seL4_Signal(weaker);
    assert(poll(weak) == 8);
}

static void moves(seL4_CPtr n, seL4_CPtr m)
{
    seL4_CPtr a = empty++, b = empty++, c = empty++;
    assert(seL4_CNode_Mint(ROOT, a, DEPTH, ROOT, n, DEPTH, seL4_AllRights, 1) == seL4_NoError);
    assert(seL4_CNode_Mint(ROOT, b, DEPTH, ROOT, m, DEPTH, seL4_AllRights, 2) == seL4_NoError);
    assert(seL4_CNode_Move(ROOT, b, DEPTH, ROOT, a, DEPTH) == seL4_DeleteFirst);
    assert(seL4_CNode_Move(ROOT, a, DEPTH, ROOT, c, DEPTH) == seL4_DeleteFirst);
    assert(seL4_CNode_Move(ROOT, c, DEPTH, ROOT, c + 1, DEPTH) == seL4_FailedLookup);
    assert(seL4_GetMR(0) == 1); /* the source */
    assert(seL4_CNode_Move(ROOT, c, DEPTH, ROOT, a, DEPTH) == seL4_NoError);
    assert(seL4_DebugCapIdentify(a) == 0);
    signals(c, n, 1);

    /* c to b, b to a: and c again to where it is free. */
    assert(seL4_CNode_Rotate(ROOT, a, DEPTH, 0, ROOT, b, DEPTH, 0, ROOT, c, DEPTH) == seL4_NoError);
    signals(a, m, 2);
    signals(b, n, 1);
    assert(seL4_DebugCapIdentify(c) == 0);
    /* Source and destination the same: a swap. */
    assert(seL4_CNode_Rotate(ROOT, a, DEPTH, 0, ROOT, b, DEPTH, 0, ROOT, a, DEPTH) == seL4_NoError);
    signals(a, n, 1);
    signals(b, m, 2);
    assert(seL4_CNode_Rotate(ROOT, a, DEPTH, 0, ROOT, a, DEPTH, 0, ROOT, b, DEPTH) == seL4_IllegalOperation);
    assert(seL4_CNode_Rotate(ROOT, b, DEPTH, 0, ROOT, c, DEPTH, 0, ROOT, a, DEPTH) == seL4_DeleteFirst);
    assert(seL4_CNode_Rotate(ROOT, empty, DEPTH, 0, ROOT, c, DEPTH, 0, ROOT, a, DEPTH) == seL4_FailedLookup);
}

int main(void)
{
    empty = seL4_GetBootInfo()->empty.start;
    seL4_CPtr n = create(seL4_NotificationObject);
    seL4_CPtr m = create(seL4_NotificationObject);
    assert(n && m);
    copy_and_mint(n);
    rights(n);
    moves(n, m);
    return 0;
}
