/* SPDX-License-Identifier: BSD-2-Clause */
/* Untyped memory: where objects come to lie, what is cleared, every error. */
#include "core_fixture.h"

#include "arch/cache.h"
#include "arch/preempt.h"
#include "lib/unit.h"
#include "object/cnode.h"
#include "object/untyped.h"
#include <string.h>

static seL4_CPtr untyped; /* 2^16 bytes */

static void setup(void)
{
    core_setup();
    untyped = machine_retype(CPTR_UNTYPED, seL4_UntypedObject, 16, 1);
}

static struct answer retype(seL4_CPtr from, word_t type, word_t bits, seL4_CPtr dest, word_t count)
{
    return invoke(from, UntypedRetype, CAPS(CPTR_CNODE), WORDS(type, bits, 0, 0, dest, count));
}

static word_t offset_of(seL4_CPtr object)
{
    return cap_paddr(machine_cap(object)).raw - cap_paddr(machine_cap(untyped)).raw;
}

static void watermark(void)
{
    CHECK_EQ(offset_of(machine_retype(untyped, seL4_EndpointObject, 0, 3)), 0);
    CHECK_EQ(cap_untyped_free(machine_cap(untyped)), 48);
    /* Aligned to its size. */
    seL4_CPtr t = machine_retype(untyped, seL4_TCBObject, 0, 2);
    CHECK_EQ(offset_of(t), 2048);
    CHECK_EQ(offset_of(t + 1), 4096);
    CHECK_EQ(cap_untyped_free(machine_cap(untyped)), 6144);
    CHECK_EQ(offset_of(machine_retype(untyped, seL4_EndpointObject, 0, 1)), 6144);
    CHECK_EQ(offset_of(machine_retype(untyped, seL4_ARM_SmallPageObject, 0, 1)), 8192);
}

static void reset_when_childless(void)
{
    seL4_CPtr a = machine_retype(untyped, seL4_ARM_SmallPageObject, 0, 2);

    machine_delete(a);
    CHECK_EQ(offset_of(machine_retype(untyped, seL4_EndpointObject, 0, 1)), 8192);
    CHECK_EQ(invoke(CPTR_CNODE, CNodeRevoke, WORDS(untyped, 64)).error, seL4_NoError);
    CHECK_EQ(offset_of(machine_retype(untyped, seL4_EndpointObject, 0, 1)), 0);
}

static void memory_is_cleared(void)
{
    char *memory = cap_object(machine_cap(untyped));

    memset(memory, 0xa5, 1 << 16);
    seL4_CPtr page = machine_retype(untyped, seL4_ARM_SmallPageObject, 0, 1);
    seL4_CPtr node = machine_retype(untyped, seL4_CapTableObject, 4, 1);
    for (unsigned i = 0; i < 4096; i++) {
        CHECK_EQ(memory[offset_of(page) + i], 0);
    }
    for (unsigned i = 0; i < 16; i++) {
        CHECK(slot_is_empty(cnode_slots(machine_cap(node)) + i));
    }
    /* Nothing behind them is touched. */
    CHECK_EQ((unsigned char)memory[cap_untyped_free(machine_cap(untyped))], 0xa5);
    /* Untyped memory is cleared when it becomes something. */
    machine_retype(untyped, seL4_UntypedObject, 12, 1);
    CHECK_EQ((unsigned char)memory[2 * 4096], 0xa5);
}

static bool is_zeroed(seL4_CPtr untyped_cptr)
{
    return cap_info(machine_cap(untyped_cptr)) & UNTYPED_ZEROED;
}

/* What a page made of `from` begins with; the page is gone again. */
static unsigned char first_byte(seL4_CPtr from)
{
    seL4_CPtr page = machine_retype(from, seL4_ARM_SmallPageObject, 0, 1);
    unsigned char byte = *(unsigned char *)cap_object(machine_cap(page));

    machine_delete(page);
    return byte;
}

/* Memory that is said to be zero is not cleared, the first time; once something was made of it, it is as all other memory. */
static void memory_is_zeroed(void)
{
    memset(cap_object(machine_cap(untyped)), 0xa5, 1 << 16);
    machine_slot(untyped)->cap = cap_with_info(machine_cap(untyped), UNTYPED_ZEROED);
    seL4_CPtr half = machine_retype(untyped, seL4_UntypedObject, 15, 1);
    CHECK(is_zeroed(untyped) && is_zeroed(half));
    CHECK_EQ(first_byte(untyped), 0xa5);
    CHECK_EQ(first_byte(half), 0xa5);
    CHECK_EQ(first_byte(half), 0);
    CHECK(!is_zeroed(half));
    /* The watermark passed the other half's first page only. */
    CHECK_EQ(first_byte(untyped), 0xa5);
    CHECK(is_zeroed(untyped));
    machine_delete(half);
    CHECK_EQ(first_byte(untyped), 0);
    CHECK(!is_zeroed(untyped));
    CHECK(!is_zeroed(machine_retype(untyped, seL4_UntypedObject, 15, 1)));
}

static void zeroed_copies(void)
{
    memset(cap_object(machine_cap(untyped)), 0xa5, 1 << 16);
    machine_slot(untyped)->cap = cap_with_info(machine_cap(untyped), UNTYPED_ZEROED);
    seL4_CPtr copy = machine_copy(untyped, seL4_AllRights);
    CHECK(!is_zeroed(untyped) && !is_zeroed(copy));
    CHECK_EQ(first_byte(copy), 0);
    machine_delete(copy);
    CHECK_EQ(first_byte(untyped), 0);
}

static void objects(void)
{
    static const struct {
        word_t type, size_bits;
        enum cap_type cap;
        unsigned bits, info;
    } expected[] = {
        {seL4_TCBObject, 0, CAP_TCB, seL4_TCBBits, 0},
        {seL4_EndpointObject, 0, CAP_ENDPOINT, seL4_EndpointBits, CAP_RIGHTS_ALL},
        {seL4_NotificationObject, 0, CAP_NOTIFICATION, seL4_NotificationBits, CAP_RIGHT_READ | CAP_RIGHT_WRITE},
        {seL4_CapTableObject, 3, CAP_CNODE, 3 + seL4_SlotBits, 3},
        {seL4_SchedContextObject, 8, CAP_SCHED_CONTEXT, 8, 8},
        {seL4_ReplyObject, 0, CAP_REPLY, seL4_ReplyBits, CAP_RIGHT_GRANT},
        {seL4_ARM_SmallPageObject, 0, CAP_FRAME, 12, FRAME_SMALL | FRAME_READ | FRAME_WRITE},
        {seL4_ARM_LargePageObject, 0, CAP_FRAME, 21, FRAME_LARGE | FRAME_READ | FRAME_WRITE},
        {seL4_ARM_PageTableObject, 0, CAP_PAGE_TABLE, seL4_PageTableBits, 0},
        {seL4_ARM_VSpaceObject, 0, CAP_VSPACE, seL4_VSpaceBits, 0},
        {vesicle_Stage2VSpaceObject, 0, CAP_VSPACE, vesicle_Stage2VSpaceBits, VSPACE_STAGE2},
        {seL4_ARM_VCPUObject, 0, CAP_VCPU, seL4_VCPUBits, 0},
        {seL4_UntypedObject, 5, CAP_UNTYPED, 5, 0},
    };

    for (unsigned i = 0; i < UNIT_COUNT(expected); i++) {
        seL4_CPtr c = machine_retype(CPTR_UNTYPED, expected[i].type, expected[i].size_bits, 1);
        CHECK_EQ(cap_type(machine_cap(c)), expected[i].cap);
        CHECK_EQ(cap_object_bits(machine_cap(c)), expected[i].bits);
        CHECK_EQ(cap_info(machine_cap(c)), expected[i].info);
        CHECK_EQ(untyped_object_bits(expected[i].type, expected[i].size_bits), expected[i].bits);
        CHECK_EQ(cap_paddr(machine_cap(c)).raw & ((1ull << expected[i].bits) - 1), 0);
        CHECK(slot_is_parent(machine_slot(CPTR_UNTYPED), machine_slot(c)));
        machine_delete(c);
    }
}

static void range(struct answer r, word_t least, word_t greatest)
{
    CHECK_EQ(r.error, seL4_RangeError);
    CHECK_EQ(r.word[0], least);
    CHECK_EQ(r.word[1], greatest);
}

static void invalid(struct answer r, word_t argument)
{
    CHECK_EQ(r.error, seL4_InvalidArgument);
    CHECK_EQ(r.word[0], argument);
}

static void size_errors(void)
{
    seL4_CPtr to = machine_empty_slot();

    invalid(retype(untyped, seL4_ObjectTypeCount, 0, to, 1), 1);
    invalid(retype(untyped, ~0ull, 0, to, 1), 1);
    invalid(retype(untyped, seL4_UntypedObject, seL4_MinUntypedBits - 1, to, 1), 2);
    range(retype(untyped, seL4_UntypedObject, seL4_MaxUntypedBits + 1, to, 1), seL4_MinUntypedBits,
          seL4_MaxUntypedBits);
    range(retype(untyped, seL4_UntypedObject, ~0ull, to, 1), seL4_MinUntypedBits, seL4_MaxUntypedBits);
    invalid(retype(untyped, seL4_CapTableObject, 0, to, 1), 2);
    CHECK_EQ(retype(untyped, seL4_CapTableObject, 64, to, 1).error, seL4_RangeError);
    CHECK_EQ(retype(untyped, seL4_CapTableObject, ~0ull, to, 1).error, seL4_RangeError);
    invalid(retype(untyped, seL4_SchedContextObject, seL4_MinSchedContextBits - 1, to, 1), 2);
    CHECK_EQ(retype(untyped, seL4_SchedContextObject, 64, to, 1).error, seL4_RangeError);
    CHECK(slot_is_empty(machine_slot(to)));
    CHECK_EQ(cap_untyped_free(machine_cap(untyped)), 0);
}

static void destination_errors(void)
{
    seL4_CPtr node = machine_retype(CPTR_UNTYPED, seL4_CapTableObject, 4, 1), to = machine_empty_slot();
    struct answer r;

    range(invoke(untyped, UntypedRetype, CAPS(node), WORDS(seL4_EndpointObject, 0, 0, 0, 16, 1)), 0, 15);
    range(invoke(untyped, UntypedRetype, CAPS(node), WORDS(seL4_EndpointObject, 0, 0, 0, 15, 2)), 1, 1);
    range(invoke(untyped, UntypedRetype, CAPS(node), WORDS(seL4_EndpointObject, 0, 0, 0, 2, 15)), 1, 14);
    range(invoke(untyped, UntypedRetype, CAPS(node), WORDS(seL4_EndpointObject, 0, 0, 0, 0, 0)), 1, 256);
    range(retype(untyped, seL4_EndpointObject, 0, to, seL4_UntypedRetypeMaxObjects + 1), 1, 256);
    CHECK_EQ(retype(untyped, seL4_EndpointObject, 0, to, ~0ull).error, seL4_RangeError);
    /* Any occupied slot of several. */
    slot_insert_derived(machine_cap(CPTR_TCB), machine_slot(CPTR_TCB), cnode_slots(machine_cap(node)) + 9);
    CHECK_EQ(invoke(untyped, UntypedRetype, CAPS(node), WORDS(seL4_EndpointObject, 0, 0, 0, 6, 4)).error,
             seL4_DeleteFirst);
    CHECK_EQ(invoke(untyped, UntypedRetype, CAPS(node), WORDS(seL4_EndpointObject, 0, 0, 0, 6, 3)).error, seL4_NoError);

    r = invoke(untyped, UntypedRetype, CAPS(CPTR_TCB), WORDS(seL4_EndpointObject, 0, 0, 0, 0, 1));
    CHECK_EQ(r.error, seL4_FailedLookup);
    CHECK_EQ(r.word[0], 0);
    /* A path to the node. */
    r = invoke(untyped, UntypedRetype, CAPS(CPTR_CNODE), WORDS(seL4_EndpointObject, 0, node, 64, 0, 1));
    CHECK_EQ(r.error, seL4_NoError);
    CHECK_EQ(cap_type(cnode_slots(machine_cap(node))->cap), CAP_ENDPOINT);
    r = invoke(untyped, UntypedRetype, CAPS(CPTR_CNODE), WORDS(seL4_EndpointObject, 0, CPTR_TCB, 64, 1, 1));
    CHECK_EQ(r.error, seL4_FailedLookup);
    CHECK_EQ(r.word[1], seL4_MissingCapability);
    r = invoke(untyped, UntypedRetype, CAPS(CPTR_CNODE), WORDS(seL4_EndpointObject, 0, 1ull << 63 | node, 64, 1, 1));
    CHECK_EQ(r.error, seL4_FailedLookup);
    CHECK_EQ(r.word[1], seL4_GuardMismatch);
    CHECK_EQ(r.word[2], 64);

    CHECK_EQ(invoke(untyped, UntypedRetype, CAPS(CPTR_CNODE), WORDS(1, 0, 0, 0, to)).error, seL4_TruncatedMessage);
    CHECK_EQ(invoke(untyped, UntypedRetype, WORDS(1, 0, 0, 0, to, 1)).error, seL4_TruncatedMessage);
    CHECK_EQ(invoke(untyped, CNodeDelete, WORDS(0, 64)).error, seL4_IllegalOperation);
    CHECK(slot_is_empty(machine_slot(to)));
}

static void not_enough_memory(void)
{
    seL4_CPtr to = machine_empty_slot();
    struct answer r = retype(untyped, seL4_ARM_LargePageObject, 0, to, 1);

    CHECK_EQ(r.error, seL4_NotEnoughMemory);
    CHECK_EQ(r.word[0], 1 << 16);
    CHECK_EQ(retype(untyped, seL4_UntypedObject, seL4_MaxUntypedBits, to, 256).error, seL4_NotEnoughMemory);
    CHECK_EQ(retype(untyped, seL4_ARM_SmallPageObject, 0, to, 17).error, seL4_NotEnoughMemory);
    machine_retype(untyped, seL4_ARM_SmallPageObject, 0, 15);
    machine_retype(untyped, seL4_EndpointObject, 0, 1);
    to = machine_empty_slot();
    r = retype(untyped, seL4_ARM_SmallPageObject, 0, to, 1);
    CHECK_EQ(r.error, seL4_NotEnoughMemory);
    CHECK_EQ(r.word[0], 4096 - 16);
    CHECK(slot_is_empty(machine_slot(to)));
    /* The last byte can be used. */
    CHECK_EQ(retype(untyped, seL4_EndpointObject, 0, to, 255).error, seL4_NoError);
    CHECK_EQ(retype(untyped, seL4_EndpointObject, 0, to + 255, 1).error, seL4_NotEnoughMemory);
}

/* Of an untyped and its copy only one gives memory. */
static void copies(void)
{
    seL4_CPtr copy = machine_copy(untyped, seL4_AllRights);
    seL4_CPtr to = machine_empty_slot();

    CHECK_EQ(retype(untyped, seL4_EndpointObject, 0, to, 1).error, seL4_NotEnoughMemory);
    CHECK_EQ(retype(copy, seL4_EndpointObject, 0, to, 1).error, seL4_NoError);
    CHECK_EQ(retype(untyped, seL4_EndpointObject, 0, to + 1, 1).error, seL4_NotEnoughMemory);
    CHECK_EQ(invoke(CPTR_CNODE, CNodeCopy, CAPS(CPTR_CNODE), WORDS(to + 1, 64, untyped, 64, CAP_RIGHTS_ALL)).error,
             seL4_RevokeFirst);
    CHECK_EQ(invoke(CPTR_CNODE, CNodeCopy, CAPS(CPTR_CNODE), WORDS(to + 1, 64, copy, 64, CAP_RIGHTS_ALL)).error,
             seL4_RevokeFirst);
    /* With the copy deleted the object is the original's, and still there. */
    machine_delete(copy);
    CHECK_EQ(retype(untyped, seL4_EndpointObject, 0, to + 1, 1).error, seL4_NotEnoughMemory);
    machine_delete(to);
    CHECK_EQ(retype(untyped, seL4_EndpointObject, 0, to + 1, 1).error, seL4_NoError);
}

/* The same with the original deleted first. */
static void copy_stays(void)
{
    seL4_CPtr copy = machine_copy(untyped, seL4_AllRights), to = machine_empty_slot();

    machine_delete(untyped);
    CHECK_EQ(retype(copy, seL4_EndpointObject, 0, to, 1).error, seL4_NoError);
    /* Its memory does not go back while the copy is there. */
    CHECK(slot_has_children(machine_slot(CPTR_UNTYPED)));
    CHECK_EQ(invoke(CPTR_CNODE, CNodeRevoke, WORDS(CPTR_UNTYPED, 64)).error, seL4_NoError);
    CHECK(slot_is_empty(machine_slot(copy)) && slot_is_empty(machine_slot(to)));
}

static void device(void)
{
    seL4_CPtr to = machine_empty_slot();

    invalid(retype(CPTR_DEVICE_UNTYPED, seL4_EndpointObject, 0, to, 1), 1);
    invalid(retype(CPTR_DEVICE_UNTYPED, seL4_CapTableObject, 4, to, 1), 1);
    invalid(retype(CPTR_DEVICE_UNTYPED, seL4_TCBObject, 0, to, 1), 1);
    /* There is no memory behind it: it would crash here if it were cleared. */
    CHECK_EQ(retype(CPTR_DEVICE_UNTYPED, seL4_ARM_HugePageObject, 0, to, 1).error, seL4_NoError);
    CHECK_EQ(cap_info(machine_cap(to)), FRAME_HUGE | FRAME_READ | FRAME_WRITE | FRAME_DEVICE);
    seL4_CPtr child = machine_retype(CPTR_DEVICE_UNTYPED, seL4_UntypedObject, 30, 1);
    CHECK(cap_untyped_device(machine_cap(child)));
    CHECK_EQ(cap_paddr(machine_cap(child)).raw, MACHINE_DEVICE + (1ull << 30));
    seL4_CPtr page = machine_retype(child, seL4_ARM_SmallPageObject, 0, 1);
    CHECK(cap_info(machine_cap(page)) & FRAME_DEVICE);
    invalid(retype(child, seL4_EndpointObject, 0, machine_empty_slot(), 1), 1);
}

/* Many objects in one call: adjacent slots, adjacent memory, all of them children. */
static void many(void)
{
    seL4_CPtr first = machine_retype(untyped, seL4_NotificationObject, 0, 256);

    for (unsigned i = 0; i < 256; i++) {
        CHECK_EQ(offset_of(first + i), i << seL4_NotificationBits);
    }
    CHECK_EQ(invoke(CPTR_CNODE, CNodeRevoke, WORDS(untyped, 64)).error, seL4_NoError);
    for (unsigned i = 0; i < 256; i++) {
        CHECK(slot_is_empty(machine_slot(first + i)));
    }
}

static bool is_clear(const char *memory, word_t size)
{
    for (word_t i = 0; i < size; i++) {
        if (memory[i] != 0) {
            return false;
        }
    }
    return true;
}

static void begin_large_page(seL4_CPtr from, seL4_CPtr to)
{
    machine_begin(from, vesicle_UntypedRetype,
                  (struct arguments){CAPS(CPTR_CNODE), WORDS(seL4_ARM_LargePageObject, 0, 0, 0, to, 1)});
}

/* Preempted after every `steps` steps: nothing is to be seen of it until it is done, and nothing is done twice. */
static void in_steps(long steps)
{
    const word_t size = 1ull << seL4_LargePageBits;
    seL4_CPtr from = machine_retype(CPTR_UNTYPED, seL4_UntypedObject, seL4_LargePageBits + 1, 1);
    char *memory = cap_object(machine_cap(from));
    seL4_CPtr first = machine_retype(from, seL4_EndpointObject, 0, 1), to = machine_empty_slot();
    size_t cleaned = fake_cache.cleaned;
    unsigned preempted = 0;

    memset(memory + 16, 0x5a, 2 * size - 16);
    begin_large_page(from, to);
    for (fake_preempt_after = steps; !machine_attempt(); fake_preempt_after = steps) {
        preempted++;
        CHECK(slot_is_empty(machine_slot(to)));
        CHECK_EQ(cap_untyped_free(machine_cap(from)), 16);
    }
    fake_preempt_after = -1;
    CHECK_EQ(machine_answer().error, seL4_NoError);
    CHECK(steps > 0 ? preempted > 2 : preempted > 100);
    CHECK_EQ(fake_cache.cleaned - cleaned, size);
    CHECK_EQ(cap_paddr(machine_cap(to)).raw, virt_to_phys(memory).raw + size);
    CHECK(is_clear(memory + size, size));
    CHECK_EQ(cap_untyped_free(machine_cap(from)), 2 * size);
    CHECK_EQ(cap_info(machine_cap(from)), 0);
    machine_delete(to);
    machine_delete(first);
    machine_delete(from);
}

static void preempted(void)
{
    in_steps(0);
    in_steps(1);
    in_steps(31);
}

/* A large page from the untyped's very start: the note of what is prepared lies in it. */
static void preempted_at_the_start(void)
{
    const word_t size = 1ull << seL4_LargePageBits;
    seL4_CPtr from = machine_retype(CPTR_UNTYPED, seL4_UntypedObject, seL4_LargePageBits, 1), to = machine_empty_slot();

    begin_large_page(from, to);
    for (fake_preempt_after = 3; !machine_attempt(); fake_preempt_after = 3) {
        CHECK(slot_is_empty(machine_slot(to)));
    }
    fake_preempt_after = -1;
    CHECK_EQ(machine_answer().error, seL4_NoError);
    CHECK(is_clear(cap_object(machine_cap(from)), size));
}

/* What happens to the untyped between two attempts: what was prepared counts as long as nobody could have touched it. */
static void preempted_and_changed(void)
{
    const word_t size = 1ull << seL4_LargePageBits;
    seL4_CPtr from = machine_retype(CPTR_UNTYPED, seL4_UntypedObject, seL4_LargePageBits + 1, 1);
    char *memory = cap_object(machine_cap(from));
    enum { NOTHING, USED, EMPTIED, COPIED, MOVED, OTHER_KIND, CHANGES };

    for (unsigned change = 0; change < CHANGES; change++) {
        seL4_CPtr first = machine_retype(from, seL4_EndpointObject, 0, 1), to = machine_empty_slot(), other;
        memset(memory + 16, 0x5a, 2 * size - 16);
        begin_large_page(from, to);
        fake_preempt_after = 100; /* of 127 */
        CHECK(!machine_attempt());
        fake_preempt_after = -1;
        size_t cleaned = fake_cache.cleaned;
        word_t offset = size;
        switch (change) {
        case USED:
            /* All of it becomes something else, is written to, and is given back. */
            other = machine_retype(from, seL4_UntypedObject, seL4_LargePageBits, 1);
            memset(memory + size, 0x77, size);
            machine_delete(other);
            machine_delete(first);
            offset = 0;
            break;
        case EMPTIED:
            machine_delete(first);
            offset = 0;
            break;
        case COPIED:
            machine_delete(first);
            other = machine_copy(from, seL4_AllRights);
            CHECK_EQ(cap_info(machine_cap(from)), 0);
            CHECK_EQ(cap_info(machine_cap(other)), 0);
            machine_delete(other);
            offset = 0;
            break;
        case MOVED:
            other = machine_empty_slot();
            CHECK_EQ(invoke(CPTR_CNODE, CNodeMove, CAPS(CPTR_CNODE), WORDS(other, 64, from, 64)).error, seL4_NoError);
            from = other;
            break;
        case OTHER_KIND:
            /* Prepared as something that need not be cleaned. */
            machine_begin(from, vesicle_UntypedRetype,
                          (struct arguments){CAPS(CPTR_CNODE), WORDS(seL4_CapTableObject,
                                                                     seL4_LargePageBits - seL4_SlotBits, 0, 0, to, 1)});
            fake_preempt_after = 120;
            CHECK(!machine_attempt());
            fake_preempt_after = -1;
            CHECK_EQ(fake_cache.cleaned, cleaned);
            break;
        default:
            break;
        }
        begin_large_page(from, to);
        CHECK(machine_attempt());
        CHECK_EQ(machine_answer().error, seL4_NoError);
        CHECK_EQ(cap_paddr(machine_cap(to)).raw, virt_to_phys(memory).raw + offset);
        CHECK(is_clear(memory + offset, size));
        CHECK_EQ(fake_cache.cleaned - cleaned, change == NOTHING || change == MOVED ? size - 101 * 0x4000 : size);
        CHECK_EQ(invoke(CPTR_CNODE, CNodeRevoke, WORDS(from, 64)).error, seL4_NoError);
    }
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"watermark", watermark},
        {"reset_when_childless", reset_when_childless},
        {"memory_is_cleared", memory_is_cleared},
        {"memory_is_zeroed", memory_is_zeroed},
        {"zeroed_copies", zeroed_copies},
        {"objects", objects},
        {"size_errors", size_errors},
        {"destination_errors", destination_errors},
        {"not_enough_memory", not_enough_memory},
        {"copies", copies},
        {"copy_stays", copy_stays},
        {"device", device},
        {"many", many},
        {"preempted", preempted},
        {"preempted_at_the_start", preempted_at_the_start},
        {"preempted_and_changed", preempted_and_changed},
    };

    return unit_run("untyped", cases, UNIT_COUNT(cases), setup);
}
