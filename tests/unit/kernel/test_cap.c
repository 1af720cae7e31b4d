/* SPDX-License-Identifier: BSD-2-Clause */
/* Capabilities as values: sizes, what names the same object, rights, badges, guards. */
#include "lib/unit.h"
#include "object/cap.h"

static const paddr_t place = {0x7f1234567000ull};

static struct cap object(enum cap_type type, unsigned info)
{
    return cap_make(type, place, info, 0);
}

static void fields(void)
{
    struct cap c = cap_make(CAP_SMC, (paddr_t){CAP_ADDRESS_MASK}, CAP_INFO_MASK, ~0ull);

    CHECK_EQ(cap_type(c), CAP_SMC);
    CHECK_EQ(cap_paddr(c).raw, CAP_ADDRESS_MASK);
    CHECK_EQ(cap_info(c), CAP_INFO_MASK);
    c = cap_with_info(c, 5);
    CHECK_EQ(cap_info(c), 5);
    CHECK_EQ(cap_type(c), CAP_SMC);
    CHECK_EQ(cap_paddr(c).raw, CAP_ADDRESS_MASK);
    CHECK_EQ(c.w1, ~0ull);
    CHECK_EQ(cap_type(cap_null()), CAP_NULL);
}

static void untyped_fields(void)
{
    for (unsigned bits = seL4_MinUntypedBits; bits <= seL4_MaxUntypedBits; bits++) {
        const word_t offsets[] = {0, 16, (1ull << bits) - 16, 1ull << bits};
        for (unsigned i = 0; i < 4; i++) {
            for (int device = 0; device < 2; device++) {
                struct cap c = cap_untyped_make(place, bits, device, offsets[i]);
                CHECK_EQ(cap_untyped_bits(c), bits);
                CHECK_EQ(cap_untyped_device(c), device);
                CHECK_EQ(cap_untyped_free(c), offsets[i]);
                CHECK_EQ(cap_object_bits(c), bits);
            }
        }
    }
}

static void mapping_fields(void)
{
    const word_t addresses[] = {0, 0x1000, 0x7ffffffff000ull, 0xffff800000000000ull, ~0xfffull};

    for (unsigned i = 0; i < 5; i++) {
        struct cap c = cap_with_mapping(object(CAP_FRAME, 0), 0xffff, addresses[i]);
        CHECK_EQ(cap_mapped_vaddr(c), addresses[i]);
        CHECK_EQ(cap_mapped_asid(c), 0xffff);
        CHECK_EQ(cap_mapped_asid(cap_with_mapping(c, 0, addresses[i])), 0);
    }
}

static void sizes(void)
{
    static const struct {
        enum cap_type type;
        unsigned info, bits;
    } expected[] = {
        {CAP_ENDPOINT, CAP_RIGHTS_ALL, seL4_EndpointBits},
        {CAP_NOTIFICATION, CAP_RIGHTS_ALL, seL4_NotificationBits},
        {CAP_REPLY, 0, seL4_ReplyBits},
        {CAP_CNODE, 7, 7 + seL4_SlotBits},
        {CAP_TCB, 0, seL4_TCBBits},
        {CAP_SCHED_CONTEXT, 9, 9},
        {CAP_ZOMBIE, 7, 7 + seL4_SlotBits},
        {CAP_ZOMBIE, CAP_ZOMBIE_TCB, seL4_TCBBits},
        {CAP_ZOMBIE, CAP_ZOMBIE_TCB | CAP_ZOMBIE_LINK, seL4_TCBBits},
        {CAP_FRAME, FRAME_SMALL | FRAME_READ, seL4_PageBits},
        {CAP_FRAME, FRAME_LARGE | FRAME_EXIT, seL4_LargePageBits},
        {CAP_FRAME, FRAME_HUGE, seL4_HugePageBits},
        {CAP_PAGE_TABLE, 0, seL4_PageTableBits},
        {CAP_VSPACE, 0, seL4_VSpaceBits},
        {CAP_VSPACE, VSPACE_STAGE2, vesicle_Stage2VSpaceBits},
        {CAP_ASID_POOL, 0, seL4_ASIDPoolBits},
        {CAP_VCPU, 0, seL4_VCPUBits},
        {CAP_NULL, 0, 0},
        {CAP_IRQ_CONTROL, 0, 0},
        {CAP_IRQ_HANDLER, 0, 0},
        {CAP_SGI_SIGNAL, 0, 0},
        {CAP_SCHED_CONTROL, 0, 0},
        {CAP_ASID_CONTROL, 0, 0},
        {CAP_DOMAIN, 0, 0},
        {CAP_SMC, 0, 0},
    };

    for (unsigned i = 0; i < UNIT_COUNT(expected); i++) {
        struct cap c = object(expected[i].type, expected[i].info);
        CHECK_EQ(cap_object_bits(c), expected[i].bits);
        CHECK_EQ(cap_is_physical(c), expected[i].bits != 0);
    }
}

static void same_object(void)
{
    struct cap ep = object(CAP_ENDPOINT, CAP_RIGHTS_ALL), badged = ep, elsewhere = ep;

    badged.w1 = 7;
    elsewhere.w0 += 16;
    CHECK(cap_same_object(ep, badged));
    CHECK(!cap_same_object(ep, elsewhere));
    CHECK(!cap_same_object(ep, object(CAP_NOTIFICATION, 0)));
    /* Frames of different size at one address are different memory. */
    CHECK(cap_same_object(object(CAP_FRAME, FRAME_SMALL | FRAME_READ), object(CAP_FRAME, FRAME_SMALL)));
    CHECK(!cap_same_object(object(CAP_FRAME, FRAME_SMALL), object(CAP_FRAME, FRAME_LARGE)));
    /* Interrupts by number; what stands for no memory and is alone in the system is always the same. */
    CHECK(cap_same_object(cap_make(CAP_IRQ_HANDLER, (paddr_t){0}, 0, 40),
                          cap_make(CAP_IRQ_HANDLER, (paddr_t){0}, 0, 40)));
    CHECK(!cap_same_object(cap_make(CAP_IRQ_HANDLER, (paddr_t){0}, 0, 40),
                           cap_make(CAP_IRQ_HANDLER, (paddr_t){0}, 0, 41)));
    CHECK(
        cap_same_object(cap_make(CAP_IRQ_CONTROL, (paddr_t){0}, 0, 0), cap_make(CAP_IRQ_CONTROL, (paddr_t){0}, 0, 0)));
    /* An untyped never is somebody else's, an empty slot nobody's. */
    CHECK(!cap_same_object(cap_untyped_make(place, 12, false, 0), cap_untyped_make(place, 12, false, 0)));
    CHECK(!cap_same_object(cap_null(), cap_null()));
    /* A container under deletion still is the container; an untyped around it is not. */
    CHECK(cap_same_object(object(CAP_CNODE, 4), object(CAP_ZOMBIE, 4)));
    CHECK(cap_same_object(object(CAP_ZOMBIE, CAP_ZOMBIE_TCB), object(CAP_TCB, 0)));
    CHECK(!cap_same_object(cap_untyped_make(place, 12, false, 0), object(CAP_ZOMBIE, 4)));
    CHECK(!cap_same_object(object(CAP_ZOMBIE, 4), cap_untyped_make(place, 12, false, 0)));
}

static struct cap small_frame(uint64_t address)
{
    return cap_make(CAP_FRAME, (paddr_t){address}, FRAME_SMALL, 0);
}

static void same_region(void)
{
    struct cap untyped = cap_untyped_make((paddr_t){0x40000000}, 16, false, 0);
    struct cap irqs = cap_make(CAP_IRQ_CONTROL, (paddr_t){0}, 0, 0),
               irq = cap_make(CAP_IRQ_HANDLER, (paddr_t){0}, 0, 40);

    CHECK(cap_same_region(untyped, small_frame(0x40000000)));
    CHECK(cap_same_region(untyped, small_frame(0x4000f000)));
    CHECK(!cap_same_region(untyped, small_frame(0x40010000)));
    CHECK(!cap_same_region(untyped, small_frame(0x3ffff000)));
    CHECK(!cap_same_region(small_frame(0x40000000), untyped));
    CHECK(cap_same_region(untyped, untyped));
    /* Larger than the untyped, though it starts inside. */
    CHECK(!cap_same_region(untyped, cap_make(CAP_FRAME, (paddr_t){0x40000000}, FRAME_LARGE, 0)));
    CHECK(!cap_same_region(untyped, irq));
    /* The end of the address space does not wrap. */
    struct cap last = cap_untyped_make((paddr_t){0x800000000000}, 47, false, 0);
    CHECK(cap_same_region(last, small_frame(0xfffffffff000)));
    CHECK(!cap_same_region(last, small_frame(0x1000)));

    CHECK(cap_same_region(irqs, irq));
    CHECK(cap_same_region(irqs, cap_make(CAP_SGI_SIGNAL, (paddr_t){0}, 0, 3)));
    CHECK(!cap_same_region(irq, irqs));
    CHECK(!cap_same_region(irqs, small_frame(0)));
}

static void rights(void)
{
    for (unsigned has = 0; has <= CAP_RIGHTS_ALL; has++) {
        for (unsigned mask = 0; mask <= CAP_RIGHTS_ALL; mask++) {
            CHECK_EQ(cap_info(cap_mask_rights(object(CAP_ENDPOINT, has), mask)), has & mask);
            CHECK_EQ(cap_info(cap_mask_rights(object(CAP_NOTIFICATION, has), mask)), has & mask);
        }
    }
    CHECK_EQ(cap_info(cap_mask_rights(object(CAP_REPLY, CAP_RIGHT_GRANT), CAP_RIGHT_GRANT)), CAP_RIGHT_GRANT);
    CHECK_EQ(cap_info(cap_mask_rights(object(CAP_REPLY, CAP_RIGHT_GRANT), CAP_RIGHT_READ)), 0);
    unsigned frame = FRAME_LARGE | FRAME_DEVICE | FRAME_READ | FRAME_WRITE;
    CHECK_EQ(cap_info(cap_mask_rights(object(CAP_FRAME, frame), CAP_RIGHT_READ)), frame & ~FRAME_WRITE);
    CHECK_EQ(cap_info(cap_mask_rights(object(CAP_FRAME, frame), CAP_RIGHT_WRITE)), frame & ~FRAME_READ);
    CHECK_EQ(cap_info(cap_mask_rights(object(CAP_FRAME, frame), CAP_RIGHT_READ | CAP_RIGHT_WRITE)), frame);
    /* No rights to lose; the radix must stay. */
    CHECK_EQ(cap_info(cap_mask_rights(object(CAP_CNODE, 9), 0)), 9);
    /* What is left of a thread's and a space's without the right to write. */
    CHECK_EQ(cap_info(cap_mask_rights(object(CAP_TCB, 0), CAP_RIGHT_READ)), TCB_SWITCH_ONLY);
    CHECK_EQ(cap_info(cap_mask_rights(object(CAP_TCB, 0), CAP_RIGHT_WRITE)), 0);
    CHECK_EQ(cap_info(cap_mask_rights(object(CAP_VSPACE, VSPACE_STAGE2), 0)), VSPACE_STAGE2 | VSPACE_RUN_ONLY);
    CHECK_EQ(cap_info(cap_mask_rights(object(CAP_VSPACE, 0), CAP_RIGHT_WRITE)), 0);
    /* Rights beyond the defined bits are not made up. */
    CHECK_EQ(cap_info(cap_mask_rights(object(CAP_ENDPOINT, CAP_RIGHTS_ALL), ~0ull)), CAP_RIGHTS_ALL);
}

static void badges(void)
{
    struct cap c = cap_set_data(object(CAP_ENDPOINT, CAP_RIGHTS_ALL), ~0ull);

    CHECK_EQ(cap_badge(c), ~0ull);
    CHECK_EQ(cap_type(cap_set_data(c, 5)), CAP_NULL);
    CHECK_EQ(cap_type(cap_set_data(c, 0)), CAP_NULL);
    CHECK_EQ(cap_badge(cap_set_data(object(CAP_NOTIFICATION, 3), 5)), 5);
    CHECK_EQ(cap_badge(cap_set_data(object(CAP_NOTIFICATION, 3), 0)), 0);
    /* Types without data stay as they are. */
    c = object(CAP_TCB, 0);
    CHECK_EQ(cap_set_data(c, 5).w1, c.w1);
}

static struct cap with_guard(unsigned radix, word_t guard, unsigned size)
{
    return cap_set_data(object(CAP_CNODE, radix), seL4_CNode_CapData_new(guard, size).words[0]);
}

static void guards(void)
{
    struct cap c = with_guard(10, 0x2a5, 10);

    CHECK_EQ(cap_cnode_guard(c), 0x2a5);
    CHECK_EQ(cap_cnode_guard_size(c), 10);
    CHECK_EQ(cap_cnode_radix(c), 10);
    CHECK_EQ(cap_paddr(c).raw, place.raw);
    /* Bits of the guard beyond its size do not count. */
    CHECK_EQ(cap_cnode_guard(with_guard(10, 0x2a5, 4)), 5);
    CHECK_EQ(cap_cnode_guard(with_guard(10, 0x2a5, 0)), 0);
    /* Guard and index within one word. */
    CHECK_EQ(cap_type(with_guard(10, 0, 54)), CAP_CNODE);
    CHECK_EQ(cap_type(with_guard(10, 0, 55)), CAP_NULL);
    CHECK_EQ(cap_type(with_guard(1, 0, 63)), CAP_CNODE);
    CHECK_EQ(cap_type(with_guard(2, 0, 63)), CAP_NULL);
    /* A guard may be replaced. */
    CHECK_EQ(cap_cnode_guard_size(cap_set_data(c, seL4_CNode_CapData_new(1, 3).words[0])), 3);
}

int main(void)
{
    static const struct unit_case cases[] = {
        {"fields", fields},
        {"untyped_fields", untyped_fields},
        {"mapping_fields", mapping_fields},
        {"sizes", sizes},
        {"same_object", same_object},
        {"same_region", same_region},
        {"rights", rights},
        {"badges", badges},
        {"guards", guards},
    };

    return unit_run("cap", cases, UNIT_COUNT(cases), 0);
}
