/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A method that fails has changed nothing: all memory that objects are in, all slots, tables and interrupts are compared with what they
 * were before. First operations of many steps, with each of their steps made to fail; then arguments at random.
 */
#include "lib/machine.h"
#include "lib/unit.h"
#include "object/irq.h"
#include "object/vspace.h"
#include <string.h>

#define VADDR 0x40000000ull

enum { PAGES = 16, RW = CAP_RIGHT_READ | CAP_RIGHT_WRITE, DEFAULT = seL4_ARM_Default_VMAttributes };

static seL4_CPtr space, guest, unassigned, page, endpoint, notification, tcb, other_tcb, context, cnode, small, reply,
    vcpu, handler, free_slot;

static void setup(void)
{
    machine_setup();
    small = machine_retype(CPTR_UNTYPED, seL4_UntypedObject, 14, 1);
    page = machine_retype(CPTR_UNTYPED, seL4_ARM_SmallPageObject, 0, PAGES);
    endpoint = machine_new(seL4_EndpointObject);
    notification = machine_new(seL4_NotificationObject);
    tcb = machine_new(seL4_TCBObject);
    other_tcb = machine_new(seL4_TCBObject);
    context = machine_retype(CPTR_UNTYPED, seL4_SchedContextObject, 8, 1);
    cnode = machine_retype(CPTR_UNTYPED, seL4_CapTableObject, 4, 1);
    reply = machine_new(seL4_ReplyObject);
    vcpu = machine_new(seL4_ARM_VCPUObject);
    unassigned = machine_new(seL4_ARM_VSpaceObject);
    space = machine_new_space();
    guest = machine_new_stage2();
    handler = machine_empty_slot();
    CHECK_EQ(invoke(CPTR_IRQ_CONTROL, IRQControlGet, CAPS(CPTR_CNODE), WORDS(40, handler, 64)).error, seL4_NoError);
    for (unsigned i = 0; i < 3; i++) {
        seL4_CPtr table = machine_new(seL4_ARM_PageTableObject);
        CHECK_EQ(invoke(table, PageTableMap, CAPS(space), WORDS(VADDR, DEFAULT)).error, seL4_NoError);
    }
    free_slot = machine_empty_slot();
}

/* All that is not the calling thread's own. */
static struct {
    uint8_t memory[1 << 19];
    struct slot slots[1 << CSPACE_BITS];
    struct slot thread_slots[TCB_NUM_SLOTS];
    struct slot irqs[FAKE_IRQS];
    struct asid_pool pool, *table[ASID_POOLS];
} before;

static const uint8_t *memory(void)
{
    return phys_to_virt(cap_paddr(machine_cap(CPTR_UNTYPED)));
}

static void snapshot(void)
{
    CHECK(cap_untyped_free(machine_cap(CPTR_UNTYPED)) <= sizeof before.memory);
    memcpy(before.memory, memory(), sizeof before.memory);
    memcpy(before.slots, machine_slot(0), sizeof before.slots);
    memcpy(before.thread_slots, machine_thread.slots, sizeof before.thread_slots);
    memcpy(before.irqs, irq_slots, sizeof before.irqs);
    memcpy(&before.pool, asid_table[0], sizeof before.pool);
    memcpy(before.table, asid_table, sizeof before.table);
}

static bool unchanged(void)
{
    return !memcmp(before.memory, memory(), sizeof before.memory) &&
           !memcmp(before.slots, machine_slot(0), sizeof before.slots) &&
           !memcmp(before.thread_slots, machine_thread.slots, sizeof before.thread_slots) &&
           !memcmp(before.irqs, irq_slots, sizeof before.irqs) && asid_table[0] &&
           !memcmp(&before.pool, asid_table[0], sizeof before.pool) &&
           !memcmp(before.table, asid_table, sizeof before.table);
}

/* The call must fail, and leave everything as it was. */
#define CHECK_FAILS(cptr, label, ...)                                                                                  \
    do {                                                                                                               \
        snapshot();                                                                                                    \
        CHECK(invoke(cptr, label, __VA_ARGS__).error != seL4_NoError);                                                 \
        CHECK(unchanged());                                                                                            \
    } while (0)

static void put_copy(seL4_CPtr src, seL4_CPtr dest)
{
    CHECK_EQ(invoke(CPTR_CNODE, CNodeCopy, CAPS(CPTR_CNODE), WORDS(dest, 64, src, 64, CAP_RIGHTS_ALL)).error,
             seL4_NoError);
}

static void retype(void)
{
    static const word_t types[] = {seL4_TCBObject, seL4_EndpointObject, seL4_ARM_SmallPageObject,
                                   seL4_ARM_PageTableObject, seL4_ARM_VCPUObject};
    enum { COUNT = 3 };

    /* A slot taken: the first, one in the middle, the last. */
    for (unsigned t = 0; t < UNIT_COUNT(types); t++) {
        for (unsigned i = 0; i < COUNT; i++) {
            put_copy(endpoint, free_slot + i);
            CHECK_FAILS(small, UntypedRetype, CAPS(CPTR_CNODE), WORDS(types[t], 0, 0, 0, free_slot, COUNT));
            machine_delete(free_slot + i);
        }
        CHECK_FAILS(small, UntypedRetype, CAPS(endpoint), WORDS(types[t], 0, 0, 0, free_slot, COUNT));
        CHECK_FAILS(small, UntypedRetype, CAPS(CPTR_CNODE), WORDS(types[t], 0, free_slot, 64, 0, COUNT));
        CHECK_FAILS(small, UntypedRetype, CAPS(CPTR_CNODE), WORDS(types[t], 0, 0, 0, 1 << CSPACE_BITS, COUNT));
        CHECK_FAILS(small, UntypedRetype, CAPS(CPTR_CNODE), WORDS(types[t], 0, 0, 0, (1 << CSPACE_BITS) - 2, COUNT));
    }
    /* Room for four pages, for which there are slots. */
    CHECK_FAILS(small, UntypedRetype, CAPS(CPTR_CNODE), WORDS(seL4_ARM_SmallPageObject, 0, 0, 0, free_slot, 5));
    CHECK_FAILS(CPTR_DEVICE_UNTYPED, UntypedRetype, CAPS(CPTR_CNODE), WORDS(seL4_TCBObject, 0, 0, 0, free_slot, 1));
}

static void ranges(void)
{
    for (unsigned i = 0; i < PAGES; i++) {
        word_t at = VADDR + i * 0x1000ull;
        /* The place of frame i is taken; frame i is mapped elsewhere; there is no frame i. */
        put_copy(page, free_slot);
        CHECK_EQ(invoke(free_slot, PageMap, CAPS(space), WORDS(at, RW, DEFAULT)).error, seL4_NoError);
        CHECK_FAILS(page, PageMapRange, CAPS(space), WORDS(VADDR, RW, DEFAULT, PAGES));
        machine_delete(free_slot);
        CHECK_EQ(invoke(page + i, PageMap, CAPS(space), WORDS(at + 0x100000, RW, DEFAULT)).error, seL4_NoError);
        CHECK_FAILS(page, PageMapRange, CAPS(space), WORDS(VADDR, RW, DEFAULT, PAGES));
        CHECK_EQ(invoke(page + i, PageUnmap, ).error, seL4_NoError);
        if (i > 0) {
            CHECK_EQ(invoke(CPTR_CNODE, CNodeMove, CAPS(CPTR_CNODE), WORDS(free_slot, 64, page + i, 64)).error,
                     seL4_NoError);
            CHECK_FAILS(page, PageMapRange, CAPS(space), WORDS(VADDR, RW, DEFAULT, PAGES));
            CHECK_FAILS(page, PageUnmapRange, WORDS(PAGES));
            CHECK_EQ(invoke(CPTR_CNODE, CNodeMove, CAPS(CPTR_CNODE), WORDS(page + i, 64, free_slot, 64)).error,
                     seL4_NoError);
        }
        /* The table ends before frame i. */
        CHECK_FAILS(page, PageMapRange, CAPS(space), WORDS(VADDR + 0x200000 - i * 0x1000ull, RW, DEFAULT, PAGES));
    }
    CHECK_FAILS(page, PageMapRange, CAPS(unassigned), WORDS(VADDR, RW, DEFAULT, PAGES));
}

static void threads(void)
{
    const word_t buffer = 0x7000;

    /* Each argument in turn is what it must not be. */
    CHECK_FAILS(tcb, TCBSetSpace, CAPS(notification, cnode, space), WORDS(0, 0, 0));
    CHECK_FAILS(tcb, TCBSetSpace, CAPS(endpoint, space, space), WORDS(0, 0, 0));
    CHECK_FAILS(tcb, TCBSetSpace, CAPS(endpoint, cnode, cnode), WORDS(0, 0, 0));
    CHECK_FAILS(tcb, TCBSetSpace, CAPS(endpoint, cnode, guest), WORDS(0, 0, 0));
    CHECK_FAILS(tcb, TCBSetSpace, CAPS(endpoint, cnode, unassigned), WORDS(0, 0, 0));
    CHECK_FAILS(tcb, TCBConfigure, CAPS(space, space, page), WORDS(0, 0, buffer));
    CHECK_FAILS(tcb, TCBConfigure, CAPS(cnode, cnode, page), WORDS(0, 0, buffer));
    CHECK_FAILS(tcb, TCBConfigure, CAPS(cnode, space, endpoint), WORDS(0, 0, buffer));
    CHECK_FAILS(tcb, TCBConfigure, CAPS(cnode, space, page), WORDS(0, 0, buffer + 1));
    CHECK_FAILS(tcb, TCBConfigure, CAPS(cnode, space), WORDS(0, 0, buffer));
    CHECK_FAILS(tcb, TCBSetSchedParams, CAPS(endpoint, context, endpoint), WORDS(0, 0));
    CHECK_FAILS(tcb, TCBSetSchedParams, CAPS(CPTR_TCB, context, endpoint), WORDS(0, 256));
    CHECK_FAILS(tcb, TCBSetSchedParams, CAPS(CPTR_TCB, context, endpoint), WORDS(256, 0));
    CHECK_FAILS(tcb, TCBSetSchedParams, CAPS(CPTR_TCB, endpoint, endpoint), WORDS(0, 0));
    CHECK_FAILS(tcb, TCBSetSchedParams, CAPS(CPTR_TCB, context, notification), WORDS(0, 0));
}

static void others(void)
{
    seL4_CPtr pool_memory = small;

    for (unsigned i = 0; i < 2; i++) {
        CHECK_FAILS(CPTR_ASID_CONTROL, ASIDControlMakePool, CAPS(pool_memory, CPTR_CNODE), WORDS(endpoint, 64));
        CHECK_FAILS(CPTR_ASID_CONTROL, ASIDControlMakePool, CAPS(pool_memory, CPTR_CNODE), WORDS(free_slot, 65));
        CHECK_FAILS(CPTR_ASID_CONTROL, ASIDControlMakePool, CAPS(pool_memory, CPTR_CNODE), WORDS(free_slot, 64));
        pool_memory = endpoint;
    }
    CHECK_FAILS(CPTR_ASID_POOL, ASIDPoolAssign, CAPS(space));
    CHECK_FAILS(CPTR_ASID_POOL, ASIDPoolAssign, CAPS(endpoint));
    CHECK_FAILS(CPTR_IRQ_CONTROL, IRQControlGet, CAPS(CPTR_CNODE), WORDS(41, endpoint, 64));
    CHECK_FAILS(CPTR_IRQ_CONTROL, IRQControlGet, CAPS(CPTR_CNODE), WORDS(40, free_slot, 64));
    CHECK_FAILS(handler, IRQHandlerSetNotification, CAPS(endpoint));
    CHECK_FAILS(vcpu, VCPUSetTCB, CAPS(endpoint));
    CHECK_FAILS(context, SchedContextBind, CAPS(endpoint));
    /* dest <- pivot <- src: each of them taken, empty or the same as another. */
    CHECK_FAILS(CPTR_CNODE, CNodeRotate, CAPS(CPTR_CNODE, CPTR_CNODE), WORDS(page, 64, 0, tcb, 64, 0, endpoint, 64));
    CHECK_FAILS(CPTR_CNODE, CNodeRotate, CAPS(CPTR_CNODE, CPTR_CNODE),
                WORDS(free_slot, 64, 0, free_slot + 1, 64, 0, endpoint, 64));
    CHECK_FAILS(CPTR_CNODE, CNodeRotate, CAPS(CPTR_CNODE, CPTR_CNODE),
                WORDS(free_slot, 64, 0, tcb, 64, 0, free_slot + 1, 64));
    CHECK_FAILS(CPTR_CNODE, CNodeRotate, CAPS(CPTR_CNODE, CPTR_CNODE), WORDS(free_slot, 64, 0, tcb, 64, 0, tcb, 64));
}

/* Methods of what is in `cptr`, from label to label. */
static word_t random_label(seL4_CPtr cptr)
{
    static const struct {
        enum cap_type type;
        word_t first, last;
    } labels[] = {
        {CAP_UNTYPED, vesicle_UntypedRetype, vesicle_UntypedRetype},
        {CAP_TCB, vesicle_TCBConfigure, vesicle_TCBSetTLSBase},
        {CAP_CNODE, vesicle_CNodeRevoke, vesicle_CNodeRotate},
        {CAP_FRAME, vesicle_PageMap, vesicle_PageGetAddress},
        {CAP_FRAME, vesicle_PageMapRange, vesicle_PageUnmapRange},
        {CAP_PAGE_TABLE, vesicle_PageTableMap, vesicle_PageTableUnmap},
        {CAP_IRQ_CONTROL, vesicle_IRQControlGet, vesicle_IRQControlIssueSGISignal},
        {CAP_IRQ_HANDLER, vesicle_IRQHandlerAck, vesicle_IRQHandlerClear},
        {CAP_IRQ_HANDLER, vesicle_IRQHandlerSetDeadline, vesicle_IRQHandlerSetDeadline},
        {CAP_SCHED_CONTEXT, vesicle_SchedContextBind, vesicle_SchedContextYieldTo},
        {CAP_ASID_CONTROL, vesicle_ASIDControlMakePool, vesicle_ASIDControlMakePool},
        {CAP_ASID_POOL, vesicle_ASIDPoolAssign, vesicle_ASIDPoolAssign},
        {CAP_VCPU, vesicle_VCPUSetTCB, vesicle_VCPUAckVPPI},
        {CAP_VCPU, vesicle_VCPUSetExitFrame, vesicle_VCPUSetConstIDReg},
    };
    unsigned start = (unsigned)unit_random(UNIT_COUNT(labels));

    for (unsigned i = 0; i < UNIT_COUNT(labels); i++) {
        unsigned k = (start + i) % UNIT_COUNT(labels);
        if (labels[k].type == cap_type(machine_cap(cptr))) {
            return labels[k].first + unit_random(labels[k].last - labels[k].first + 1);
        }
    }
    return unit_random(vesicle_NumInvocations);
}

static seL4_CPtr random_cptr(void)
{
    for (;;) {
        seL4_CPtr c = 1 + unit_random(free_slot + 3);
        if (!slot_is_empty(machine_slot(c))) {
            return c;
        }
    }
}

static word_t random_word(void)
{
    switch (unit_random(6)) {
    case 0:
        return 64;
    case 1:
        return unit_random(20);
    case 2:
        return free_slot + unit_random(4);
    case 3:
        return VADDR + (unit_random(600) << 12);
    case 4:
        return 1ull << unit_random(64);
    default:
        return random_cptr();
    }
}

/* Would it take away what the test stands on? */
static bool is_deadly(seL4_CPtr cptr, word_t label, word_t target)
{
    return cptr == CPTR_TCB || label == vesicle_CNodeRevoke || label == vesicle_SchedContextYieldTo ||
           (label >= vesicle_CNodeDelete && label <= vesicle_CNodeRotate && target < CPTR_FREE);
}

static void at_random(void)
{
    unsigned failed = 0, succeeded = 0;

    for (unsigned i = 0; i < 12000; i++) {
        if (i % 100 == 0) {
            setup();
        }
        struct arguments a = {.caps = (unsigned)unit_random(4), .words = (unsigned)unit_random(9)};
        a.words = unit_random(3) ? 8 : a.words;
        a.caps = unit_random(3) ? 3 : a.caps;
        for (unsigned k = 0; k < 3; k++) {
            a.cap[k] = unit_random(4) ? random_cptr() : CPTR_CNODE;
        }
        for (unsigned k = 0; k < 8; k++) {
            a.word[k] = random_word();
        }
        seL4_CPtr cptr = random_cptr();
        word_t label = random_label(cptr);
        bool moves = label == vesicle_CNodeMove || label == vesicle_CNodeMutate || label == vesicle_CNodeRotate;
        if (is_deadly(cptr, label, a.word[0]) ||
            (moves && (a.word[2] < CPTR_FREE || a.word[3] < CPTR_FREE || a.word[6] < CPTR_FREE))) {
            continue;
        }
        snapshot();
        machine_begin(cptr, label, a);
        if (!machine_attempt() || machine_thread.state != THREAD_RUNNING) {
            setup(); /* a fault, or it was stopped */
            continue;
        }
        if (machine_answer().error == seL4_NoError) {
            succeeded++;
        } else {
            failed++;
            CHECK(unchanged());
        }
    }
    CHECK(failed > 1000 && succeeded > 500);
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"retype", retype}, {"ranges", ranges}, {"threads", threads}, {"others", others}, {"at_random", at_random},
    };

    return unit_run("unchanged", cases, UNIT_COUNT(cases), setup);
}
