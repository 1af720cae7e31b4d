/* SPDX-License-Identifier: BSD-2-Clause */
/* CSpace addresses: guards, depths, the four failures; the methods of CNodes and their errors. */
#include "core_fixture.h"

#include "arch/preempt.h"
#include "lib/unit.h"
#include "object/cnode.h"

static struct tcb *thread;

/* A CNode whose guard is set. */
static struct cap guarded(seL4_CPtr node, word_t guard, unsigned size)
{
    return cap_set_data(machine_cap(node), seL4_CNode_CapData_new(guard, size).words[0]);
}

static seL4_CPtr new_cnode(unsigned radix)
{
    return machine_retype(CPTR_UNTYPED, seL4_CapTableObject, radix, 1);
}

static void set_cspace(struct cap root, seL4_CPtr src)
{
    struct slot *s = &thread->slots[TCB_CSPACE];

    slot_clear(s);
    slot_insert_derived(root, machine_slot(src), s);
    tcb_update_cspace(thread);
}

static void setup(void)
{
    core_setup();
    thread = core_thread(1);
}

static void expect_failure(word_t cptr, struct lookup_failure expected)
{
    struct lookup_failure f = {0};

    CHECK(cspace_lookup(thread, cptr, &f) == 0);
    CHECK_EQ(f.type, expected.type);
    if (expected.type == seL4_InvalidRoot) {
        return;
    }
    CHECK_EQ(f.bits_left, expected.bits_left);
    if (expected.type != seL4_MissingCapability) {
        CHECK_EQ(f.bits_found, expected.bits_found);
    }
    if (expected.type == seL4_GuardMismatch) {
        CHECK_EQ(f.guard, expected.guard);
    }
}

static void one_level(void)
{
    seL4_CPtr node = new_cnode(6);
    struct lookup_failure f;

    set_cspace(guarded(node, 0x15, 58), node);
    struct slot *slots = cnode_slots(machine_cap(node));
    for (word_t i = 0; i < 64; i++) {
        CHECK(cspace_lookup(thread, 0x15ull << 6 | i, &f) == &slots[i]);
    }
    expect_failure(0x14ull << 6, (struct lookup_failure){seL4_GuardMismatch, 64, 58, 0x15});
    expect_failure(0, (struct lookup_failure){seL4_GuardMismatch, 64, 58, 0x15});
    expect_failure(1ull << 63 | 0x15ull << 6, (struct lookup_failure){seL4_GuardMismatch, 64, 58, 0x15});
}

/* All 64 bits by one CNode without a guard's bits set: looked up at once. */
static void whole_address(void)
{
    seL4_CPtr node = new_cnode(6);
    struct lookup_failure f;

    set_cspace(guarded(node, 0, 58), node);
    struct slot *slots = cnode_slots(machine_cap(node));
    for (word_t i = 0; i < 64; i++) {
        CHECK(cspace_lookup(thread, i, &f) == &slots[i]);
    }
    expect_failure(64, (struct lookup_failure){seL4_GuardMismatch, 64, 58, 0});
    expect_failure(~0ull, (struct lookup_failure){seL4_GuardMismatch, 64, 58, 0});
    /* Nothing of it is left with another CSpace. */
    set_cspace(guarded(node, 1, 58), node);
    expect_failure(0, (struct lookup_failure){seL4_GuardMismatch, 64, 58, 1});
    expect_failure(5, (struct lookup_failure){seL4_GuardMismatch, 64, 58, 1});
}

/* Three levels: 20 guard + 4, 0 + 8, 24 guard + 8. */
static void levels(void)
{
    seL4_CPtr a = new_cnode(4), b = new_cnode(8), c = new_cnode(8);
    struct lookup_failure f;

    set_cspace(guarded(a, 0xabcde, 20), a);
    slot_insert_derived(machine_cap(b), machine_slot(b), cnode_slots(machine_cap(a)) + 3);
    slot_insert_derived(guarded(c, 0x123456, 24), machine_slot(c), cnode_slots(machine_cap(b)) + 0x77);
    slot_insert_derived(machine_cap(CPTR_TCB), machine_slot(CPTR_TCB), cnode_slots(machine_cap(a)) + 4);
    word_t prefix = 0xabcdeull << 44 | 3ull << 40 | 0x77ull << 32;
    CHECK(cspace_lookup(thread, prefix | 0x12345642, &f) == cnode_slots(machine_cap(c)) + 0x42);

    expect_failure(prefix | 0x12345742, (struct lookup_failure){seL4_GuardMismatch, 32, 24, 0x123456});
    /* An empty slot with 40 bits to go; then with 32. */
    expect_failure(0xabcdeull << 44 | 5ull << 40,
                   (struct lookup_failure){.type = seL4_MissingCapability, .bits_left = 40});
    expect_failure(0xabcdeull << 44 | 3ull << 40 | 0x78ull << 32,
                   (struct lookup_failure){.type = seL4_MissingCapability, .bits_left = 32});
    /* No CNode in the way. */
    expect_failure(0xabcdeull << 44 | 4ull << 40, (struct lookup_failure){seL4_DepthMismatch, 40, 24, 0});
    /* A CNode that wants more bits than are left. */
    slot_insert_derived(machine_cap(b), machine_slot(b), cnode_slots(machine_cap(c)) + 1);
    CHECK(cspace_lookup(thread, prefix | 0x12345601, &f) == cnode_slots(machine_cap(c)) + 1);
    struct slot *s = cnode_slots(machine_cap(b)) + 0x79;
    slot_insert_derived(guarded(c, 0, 28), machine_slot(c), s);
    expect_failure(0xabcdeull << 44 | 3ull << 40 | 0x79ull << 32,
                   (struct lookup_failure){seL4_DepthMismatch, 32, 36, 0});
    slot_clear(s);
    slot_insert_derived(guarded(c, 0, 40), machine_slot(c), s);
    expect_failure(0xabcdeull << 44 | 3ull << 40 | 0x79ull << 32,
                   (struct lookup_failure){seL4_GuardMismatch, 32, 40, 0});

    slot_clear(&thread->slots[TCB_CSPACE]);
    expect_failure(0, (struct lookup_failure){.type = seL4_InvalidRoot});
    slot_insert_derived(machine_cap(CPTR_TCB), machine_slot(CPTR_TCB), &thread->slots[TCB_CSPACE]);
    expect_failure(0, (struct lookup_failure){.type = seL4_InvalidRoot});
}

static void depths(void)
{
    seL4_CPtr a = new_cnode(4), b = new_cnode(8);
    struct lookup_failure f;
    struct cap root = guarded(a, 0x5, 4);

    slot_insert_derived(machine_cap(b), machine_slot(b), cnode_slots(root) + 2);
    CHECK(cnode_lookup(root, 0x52, 8, &f) == cnode_slots(root) + 2);
    CHECK(cnode_lookup(root, 0x5234, 16, &f) == cnode_slots(machine_cap(b)) + 0x34);
    /* Bits above the depth do not count. */
    CHECK(cnode_lookup(root, ~0xffull | 0x52, 8, &f) == cnode_slots(root) + 2);
    CHECK(cnode_lookup(root, 0x52, 7, &f) == 0);
    CHECK_EQ(f.type, seL4_GuardMismatch);
    CHECK(cnode_lookup(root, 0x5, 4, &f) == 0);
    CHECK_EQ(f.type, seL4_DepthMismatch);
    CHECK_EQ(f.bits_left, 4);
    CHECK_EQ(f.bits_found, 8);
    CHECK(cnode_lookup(root, 0x5230, 12, &f) == 0);
    /* Too deep for a slot that holds no CNode. */
    CHECK(cnode_lookup(root, 0x53000, 20, &f) == 0);
    CHECK_EQ(f.type, seL4_DepthMismatch);
    CHECK_EQ(f.bits_left, 12);
    CHECK_EQ(f.bits_found, 8);
    CHECK(cnode_lookup(machine_cap(CPTR_TCB), 0, 8, &f) == 0);
    CHECK_EQ(f.type, seL4_InvalidRoot);
    CHECK(cnode_lookup(cap_null(), 0, 8, &f) == 0);
    CHECK_EQ(f.type, seL4_InvalidRoot);
}

/* What the caller of a method is told. */
static void failure_words(void)
{
    seL4_CPtr node = new_cnode(4), holder = new_cnode(4), slot = machine_empty_slot();

    slot_insert_derived(guarded(node, 0x9, 4), machine_slot(node), cnode_slots(machine_cap(holder)));
    struct answer r = invoke(holder, CNodeDelete, WORDS(0x081, 12));
    CHECK_EQ(r.error, seL4_FailedLookup);
    CHECK_EQ(r.word[0], 0);
    CHECK_EQ(r.word[1], seL4_GuardMismatch);
    CHECK_EQ(r.word[2], 8);
    CHECK_EQ(r.word[3], 0x9);
    CHECK_EQ(r.word[4], 4);
    r = invoke(holder, CNodeDelete, WORDS(0, 3));
    CHECK_EQ(r.error, seL4_FailedLookup);
    CHECK_EQ(r.word[1], seL4_DepthMismatch);
    CHECK_EQ(r.word[2], 3);
    CHECK_EQ(r.word[3], 4);
    /* The source of a copy is told from its destination. */
    r = invoke(CPTR_CNODE, CNodeCopy, CAPS(holder), WORDS(slot, 64, 1, 4, CAP_RIGHTS_ALL));
    CHECK_EQ(r.error, seL4_FailedLookup);
    CHECK_EQ(r.word[0], 1);
    CHECK_EQ(r.word[1], seL4_MissingCapability);
    CHECK_EQ(r.word[2], 4);
    r = invoke(CPTR_CNODE, CNodeCopy, CAPS(CPTR_TCB), WORDS(slot, 64, CPTR_TCB, 64, CAP_RIGHTS_ALL));
    CHECK_EQ(r.error, seL4_FailedLookup);
    CHECK_EQ(r.word[0], 1);
    CHECK_EQ(r.word[1], seL4_InvalidRoot);
    r = invoke(CPTR_CNODE, CNodeDelete, WORDS(0, 0));
    CHECK_EQ(r.error, seL4_RangeError);
    CHECK_EQ(r.word[0], 1);
    CHECK_EQ(r.word[1], 64);
    CHECK_EQ(invoke(CPTR_CNODE, CNodeDelete, WORDS(0, 65)).error, seL4_RangeError);
}

static void truncated(void)
{
    CHECK_EQ(invoke(CPTR_CNODE, CNodeDelete, WORDS(1)).error, seL4_TruncatedMessage);
    CHECK_EQ(invoke(CPTR_CNODE, CNodeCopy, WORDS(20, 64, 1, 64, 15)).error, seL4_TruncatedMessage);
    CHECK_EQ(invoke(CPTR_CNODE, CNodeCopy, CAPS(CPTR_CNODE), WORDS(20, 64, 1, 64)).error, seL4_TruncatedMessage);
    CHECK_EQ(invoke(CPTR_CNODE, CNodeMint, CAPS(CPTR_CNODE), WORDS(20, 64, 1, 64, 15)).error, seL4_TruncatedMessage);
    CHECK_EQ(invoke(CPTR_CNODE, CNodeMove, CAPS(CPTR_CNODE), WORDS(20, 64, 1)).error, seL4_TruncatedMessage);
    CHECK_EQ(invoke(CPTR_CNODE, CNodeRotate, CAPS(CPTR_CNODE), WORDS(20, 64, 0, 1, 64, 0, 2, 64)).error,
             seL4_TruncatedMessage);
    CHECK_EQ(invoke(CPTR_CNODE, UntypedRetype, WORDS(1, 2, 3, 4, 5, 6)).error, seL4_IllegalOperation);
    CHECK_EQ(invoke(CPTR_CNODE, InvalidInvocation, WORDS(1, 2)).error, seL4_IllegalOperation);
}

static struct answer copy(seL4_CPtr dest, seL4_CPtr src, seL4_CapRights_t rights)
{
    return invoke(CPTR_CNODE, CNodeCopy, CAPS(CPTR_CNODE), WORDS(dest, 64, src, 64, rights.words[0]));
}

static struct answer mint(seL4_CPtr dest, seL4_CPtr src, word_t data)
{
    return invoke(CPTR_CNODE, CNodeMint, CAPS(CPTR_CNODE), WORDS(dest, 64, src, 64, CAP_RIGHTS_ALL, data));
}

static void copy_and_mint(void)
{
    seL4_CPtr ep = machine_new(seL4_EndpointObject), a = machine_empty_slot(), b = machine_empty_slot();

    CHECK_EQ(copy(a, ep, seL4_CanRead).error, seL4_NoError);
    CHECK_EQ(cap_info(machine_cap(a)), CAP_RIGHT_READ);
    CHECK_EQ(copy(a, ep, seL4_AllRights).error, seL4_DeleteFirst);
    /* Rights do not come back. */
    CHECK_EQ(copy(b, a, seL4_AllRights).error, seL4_NoError);
    CHECK_EQ(cap_info(machine_cap(b)), CAP_RIGHT_READ);
    machine_delete(a);
    machine_delete(b);
    CHECK_EQ(mint(a, ep, 7).error, seL4_NoError);
    CHECK_EQ(cap_badge(machine_cap(a)), 7);
    CHECK_EQ(mint(b, a, 8).error, seL4_IllegalOperation);
    CHECK(slot_is_empty(machine_slot(b)));
    /* Guards. */
    seL4_CPtr node = new_cnode(4);
    CHECK_EQ(mint(b, node, seL4_CNode_CapData_new(3, 10).words[0]).error, seL4_NoError);
    CHECK_EQ(cap_cnode_guard(machine_cap(b)), 3);
    machine_delete(b);
    CHECK_EQ(mint(b, node, seL4_CNode_CapData_new(0, 61).words[0]).error, seL4_IllegalOperation);
    /* What is not copied. */
    CHECK_EQ(copy(b, CPTR_IRQ_CONTROL, seL4_AllRights).error, seL4_IllegalOperation);
    CHECK(slot_is_empty(machine_slot(b)));
}

static void move_and_mutate(void)
{
    seL4_CPtr node = new_cnode(4), to = machine_empty_slot(), back = machine_empty_slot();

    CHECK_EQ(invoke(CPTR_CNODE, CNodeMove, CAPS(CPTR_CNODE), WORDS(to, 64, node, 64)).error, seL4_NoError);
    CHECK(slot_is_empty(machine_slot(node)));
    CHECK_EQ(cap_type(machine_cap(to)), CAP_CNODE);
    CHECK_EQ(invoke(CPTR_CNODE, CNodeMutate, CAPS(CPTR_CNODE),
                    WORDS(back, 64, to, 64, seL4_CNode_CapData_new(2, 8).words[0]))
                 .error,
             seL4_NoError);
    CHECK_EQ(cap_cnode_guard(machine_cap(back)), 2);
    CHECK_EQ(cap_cnode_guard_size(machine_cap(back)), 8);
    CHECK(slot_is_empty(machine_slot(to)));
    CHECK_EQ(invoke(CPTR_CNODE, CNodeMove, CAPS(CPTR_CNODE), WORDS(back, 64, to, 64)).error, seL4_DeleteFirst);
    struct answer r = invoke(CPTR_CNODE, CNodeMove, CAPS(CPTR_CNODE), WORDS(to, 64, node, 64));
    CHECK_EQ(r.error, seL4_FailedLookup);
    CHECK_EQ(r.word[0], 1);
    CHECK_EQ(r.word[1], seL4_MissingCapability);
    /* A move keeps what a copy would not: a frame's mapping, an untyped's children. */
    seL4_CPtr untyped = machine_retype(CPTR_UNTYPED, seL4_UntypedObject, 12, 1);
    machine_retype(untyped, seL4_EndpointObject, 0, 1);
    word_t free = cap_untyped_free(machine_cap(untyped));
    CHECK_EQ(invoke(CPTR_CNODE, CNodeMove, CAPS(CPTR_CNODE), WORDS(to, 64, untyped, 64)).error, seL4_NoError);
    CHECK_EQ(cap_untyped_free(machine_cap(to)), free);
    CHECK(slot_has_children(machine_slot(to)));
}

static struct answer rotate(seL4_CPtr dest, seL4_CPtr pivot, seL4_CPtr src)
{
    return invoke(CPTR_CNODE, CNodeRotate, CAPS(CPTR_CNODE, CPTR_CNODE), WORDS(dest, 64, 0, pivot, 64, 0, src, 64));
}

static void rotate_three(void)
{
    seL4_CPtr ep = machine_new(seL4_EndpointObject), n = machine_new(seL4_NotificationObject);
    seL4_CPtr empty = machine_empty_slot();

    CHECK_EQ(rotate(empty, ep, n).error, seL4_NoError);
    CHECK_EQ(cap_type(machine_cap(empty)), CAP_ENDPOINT);
    CHECK_EQ(cap_type(machine_cap(ep)), CAP_NOTIFICATION);
    CHECK(slot_is_empty(machine_slot(n)));
    /* Two places: they change. */
    CHECK_EQ(rotate(empty, ep, empty).error, seL4_NoError);
    CHECK_EQ(cap_type(machine_cap(empty)), CAP_NOTIFICATION);
    CHECK_EQ(cap_type(machine_cap(ep)), CAP_ENDPOINT);
    /* Errors. */
    CHECK_EQ(rotate(n, ep, ep).error, seL4_IllegalOperation);
    CHECK_EQ(rotate(ep, ep, empty).error, seL4_IllegalOperation);
    CHECK_EQ(rotate(CPTR_TCB, ep, empty).error, seL4_DeleteFirst);
    CHECK_EQ(rotate(n, machine_empty_slot(), ep).error, seL4_FailedLookup);
    CHECK_EQ(rotate(n, ep, machine_empty_slot()).error, seL4_FailedLookup);
    CHECK_EQ(cap_type(machine_cap(empty)), CAP_NOTIFICATION);
    CHECK_EQ(cap_type(machine_cap(ep)), CAP_ENDPOINT);
}

/* What a preempted deletion left is nobody's to copy or move, and no place to put anything. */
static void half_deleted(void)
{
    seL4_CPtr node = new_cnode(6), to = machine_empty_slot();

    fake_preempt_after = 3;
    CHECK(!slot_delete(machine_slot(node)));
    fake_preempt_after = -1;
    CHECK_EQ(cap_type(machine_cap(node)), CAP_ZOMBIE);
    CHECK_EQ(copy(to, node, seL4_AllRights).error, seL4_FailedLookup);
    CHECK_EQ(invoke(CPTR_CNODE, CNodeMove, CAPS(CPTR_CNODE), WORDS(to, 64, node, 64)).error, seL4_FailedLookup);
    CHECK_EQ(rotate(to, node, CPTR_TCB).error, seL4_FailedLookup);
    CHECK_EQ(copy(node, CPTR_TCB, seL4_AllRights).error, seL4_DeleteFirst);
    CHECK_EQ(invoke(node, CNodeDelete, WORDS(0, 6)).error, seL4_InvalidCapability);
    machine_delete(node);
}

/* A method stopped by an interrupt is called again, until it is done. */
static void preempted(void)
{
    seL4_CPtr node = new_cnode(8), ep = machine_new(seL4_EndpointObject);

    for (word_t i = 0; i < 256; i++) {
        CHECK_EQ(invoke(node, CNodeCopy, CAPS(CPTR_CNODE), WORDS(i, 8, ep, 64, CAP_RIGHTS_ALL)).error, seL4_NoError);
    }
    word_t *x = machine_thread.regs->x;
    unsigned calls = 0;
    do {
        x[0] = CPTR_CNODE;
        x[1] = seL4_MessageInfo_new(vesicle_CNodeRevoke, 0, 0, 2).words[0];
        x[2] = ep;
        x[3] = 64;
        x[7] = vesicle_SysCall;
        machine_thread.pc = 0x1004;
        fake_preempt_after = 20;
        syscall_handle(&machine_thread);
        calls++;
        /* The registers of the call stay as they are for the next try. */
        CHECK(machine_thread.pc == 0x1004 || (x[0] == CPTR_CNODE && x[2] == ep && x[3] == 64));
    } while (machine_thread.pc != 0x1004);
    fake_preempt_after = -1;
    CHECK(calls > 8 && calls < 30);
    CHECK(!slot_has_children(machine_slot(ep)));
    CHECK(!slot_is_empty(machine_slot(ep)));
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"one_level", one_level},
        {"whole_address", whole_address},
        {"levels", levels},
        {"depths", depths},
        {"failure_words", failure_words},
        {"truncated", truncated},
        {"copy_and_mint", copy_and_mint},
        {"move_and_mutate", move_and_mutate},
        {"rotate_three", rotate_three},
        {"half_deleted", half_deleted},
        {"preempted", preempted},
    };

    return unit_run("cnode", cases, UNIT_COUNT(cases), setup);
}
