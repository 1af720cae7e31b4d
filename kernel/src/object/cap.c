/* SPDX-License-Identifier: BSD-2-Clause */
#include "object/cap.h"

/* Objects of one fixed size. Frames, untypeds, CNodes, scheduling contexts and spaces compute theirs. */
static const uint8_t fixed_bits[CAP_NUM_TYPES] = {
    [CAP_ENDPOINT] = seL4_EndpointBits, [CAP_NOTIFICATION] = seL4_NotificationBits, [CAP_REPLY] = seL4_ReplyBits,
    [CAP_TCB] = seL4_TCBBits,           [CAP_PAGE_TABLE] = seL4_PageTableBits,      [CAP_ASID_POOL] = seL4_ASIDPoolBits,
    [CAP_VCPU] = seL4_VCPUBits,
};

unsigned cap_object_bits(struct cap c)
{
    switch (cap_type(c)) {
    case CAP_UNTYPED:
        return cap_untyped_bits(c);
    case CAP_CNODE:
        return cap_cnode_radix(c) + seL4_SlotBits;
    case CAP_ZOMBIE:
        if (cap_info(c) & CAP_ZOMBIE_LEAF) {
            return cap_info(c) & CAP_ZOMBIE_SIZE;
        }
        return cap_info(c) & CAP_ZOMBIE_TCB ? (unsigned)seL4_TCBBits : cap_cnode_radix(c) + seL4_SlotBits;
    case CAP_SCHED_CONTEXT:
        return cap_info(c);
    case CAP_FRAME:
        return cap_frame_bits(c);
    case CAP_VSPACE:
        return cap_vspace_is_stage2(c) ? vesicle_Stage2VSpaceBits : seL4_VSpaceBits;
    default:
        return cap_type(c) < CAP_NUM_TYPES ? fixed_bits[cap_type(c)] : 0;
    }
}

bool cap_is_physical(struct cap c)
{
    return cap_object_bits(c) != 0;
}

bool cap_fits(struct cap c, unsigned bits)
{
    return cap_is_physical(c) && cap_object_bits(c) <= bits;
}

/* A leaf's second word. */
#define LEAF_ASID_MASK 0xffffull

struct cap cap_make_leaf(struct cap c)
{
    return cap_make(CAP_ZOMBIE, cap_paddr(c), CAP_ZOMBIE_LEAF | cap_object_bits(c),
                    (word_t)cap_type(c) << CAP_TYPE_SHIFT | (cap_type(c) == CAP_ASID_POOL ? c.w1 & LEAF_ASID_MASK : 0));
}

struct cap cap_of_leaf(struct cap leaf)
{
    enum cap_type type = (enum cap_type)(leaf.w1 >> CAP_TYPE_SHIFT);
    unsigned info = type == CAP_SCHED_CONTEXT ? cap_info(leaf) & CAP_ZOMBIE_SIZE : 0;

    return cap_make(type, cap_paddr(leaf), info, leaf.w1 & LEAF_ASID_MASK);
}

bool cap_same_object(struct cap a, struct cap b)
{
    enum cap_type type = cap_type(a);

    if (type != cap_type(b)) {
        /* An object and the zombie it became are one. */
        bool alike = (type == CAP_ZOMBIE || cap_type(b) == CAP_ZOMBIE) && cap_is_physical(a) && cap_is_physical(b) &&
                     type != CAP_UNTYPED && cap_type(b) != CAP_UNTYPED;
        return alike && cap_paddr(a).raw == cap_paddr(b).raw;
    }
    switch (type) {
    case CAP_UNTYPED:
        /* Untypeds are never shared: they are not copied while they have children, and finality frees nothing. */
        return false;
    case CAP_IRQ_HANDLER:
        return a.w1 == b.w1;
    case CAP_NULL:
    case CAP_SGI_SIGNAL:
    case CAP_SCHED_CONTROL:
        return false;
    case CAP_FRAME:
        return cap_paddr(a).raw == cap_paddr(b).raw && cap_frame_size(a) == cap_frame_size(b);
    default:
        return cap_is_physical(a) ? cap_paddr(a).raw == cap_paddr(b).raw : true;
    }
}

bool cap_same_region(struct cap a, struct cap b)
{
    if (cap_type(a) == CAP_UNTYPED) {
        return cap_untyped_holds(a, b);
    }
    if (cap_type(a) == CAP_IRQ_CONTROL) {
        return cap_type(b) == CAP_IRQ_HANDLER || cap_type(b) == CAP_SGI_SIGNAL || cap_type(b) == CAP_IRQ_CONTROL;
    }
    if (cap_type(a) == CAP_SGI_SIGNAL || cap_type(a) == CAP_SCHED_CONTROL) {
        return cap_type(a) == cap_type(b) && a.w1 == b.w1;
    }
    return cap_same_object(a, b);
}

struct cap cap_mask_rights(struct cap c, word_t rights)
{
    switch (cap_type(c)) {
    case CAP_ENDPOINT:
    case CAP_NOTIFICATION:
        return cap_with_info(c, cap_info(c) & (unsigned)rights & CAP_RIGHTS_ALL);
    case CAP_REPLY:
        return cap_with_info(c, cap_info(c) & (unsigned)rights & CAP_RIGHT_GRANT);
    case CAP_FRAME: {
        unsigned info = cap_info(c);
        if (!(rights & CAP_RIGHT_WRITE)) {
            info &= ~FRAME_WRITE;
        }
        if (!(rights & CAP_RIGHT_READ)) {
            info &= ~FRAME_READ;
        }
        return cap_with_info(c, info);
    }
    case CAP_TCB:
        return rights & CAP_RIGHT_WRITE ? c : cap_with_info(c, cap_info(c) | TCB_SWITCH_ONLY);
    case CAP_VSPACE:
        return rights & CAP_RIGHT_WRITE ? c : cap_with_info(c, cap_info(c) | VSPACE_RUN_ONLY);
    default:
        return c;
    }
}

struct cap cap_set_data(struct cap c, word_t data)
{
    switch (cap_type(c)) {
    case CAP_ENDPOINT:
    case CAP_NOTIFICATION:
        if (c.w1 != 0) {
            return cap_null();
        }
        c.w1 = data;
        return c;
    case CAP_CNODE: {
        seL4_CNode_CapData_t d = {{data}};
        word_t size = seL4_CNode_CapData_get_guardSize(d);
        if (size + cap_cnode_radix(c) > seL4_WordBits) {
            return cap_null();
        }
        /* Of the guard, as many bits as its size says count. */
        word_t guard = seL4_CNode_CapData_get_guard(d) & (size == 0 ? 0 : ~0ull >> (seL4_WordBits - size));
        c.w1 = seL4_CNode_CapData_new(guard, size).words[0];
        return c;
    }
    default:
        return c;
    }
}
