/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of capabilities: order and form. That all of an object stand together, and what is derived behind what it is of. */
#include "check/check.h"

#include "cpu.h"
#include "object/irq.h"

#define BIT_SET(map, i) ((map)[(i) / 64] >> (i) % 64 & 1)

static word_t start_of(const struct slot *s)
{
    return cap_paddr(s->cap).raw;
}

static word_t end_of(const struct slot *s)
{
    return start_of(s) + (1ull << cap_object_bits(s->cap));
}

static bool untyped_is_well_formed(struct cap c)
{
    unsigned bits = cap_untyped_bits(c);

    return (cap_info(c) & ~(cap_untyped_device(c) ? 0 : UNTYPED_NOTE | UNTYPED_ZEROED)) == 0 &&
           bits >= seL4_MinUntypedBits && bits <= seL4_MaxUntypedBits && cap_untyped_free(c) <= 1ull << bits;
}

static bool cnode_is_well_formed(struct cap c)
{
    unsigned radix = cap_cnode_radix(c), guard_size = cap_cnode_guard_size(c);

    return (cap_info(c) & ~(0x3fu | CNODE_IN_TCB)) == 0 && radix >= 1 && radix + guard_size <= seL4_WordBits &&
           (guard_size == seL4_WordBits || cap_cnode_guard(c) >> guard_size == 0);
}

static bool zombie_is_well_formed(struct cap c)
{
    unsigned radix = cap_info(c) & 0x3f;
    bool thread = cap_info(c) & CAP_ZOMBIE_TCB;
    word_t passed = c.w1 & ~(1ull << 63);

    return (cap_info(c) & ~(0x3fu | CAP_ZOMBIE_TCB | CAP_ZOMBIE_LINK)) == 0 && (thread ? radix == 0 : radix >= 1) &&
           passed <= (thread ? 1ull << (seL4_TCBBits - seL4_SlotBits) : 1ull << radix);
}

/* The size is that of what it was. */
static bool leaf_is_well_formed(struct cap c)
{
    return cap_make_leaf(cap_of_leaf(c)).w0 == c.w0 && cap_make_leaf(cap_of_leaf(c)).w1 == c.w1;
}

static bool frame_is_well_formed(struct cap c)
{
    unsigned info = cap_info(c), known = 3 | FRAME_DEVICE | FRAME_WRITE | FRAME_READ | FRAME_HELD;

    if ((info & ~known) != 0 || cap_frame_size(c) > FRAME_HUGE) {
        return false;
    }
    switch (info & FRAME_HELD) {
    case 0:
        break;
    case FRAME_EXIT:
        return c.w1 != 0;
    case FRAME_IPC_BUFFER:
        return c.w1 == 0;
    case FRAME_TRACE:
        return c.w1 < cpu_count;
    default:
        return false;
    }
    return cap_mapped_asid(c) ? (cap_mapped_vaddr(c) & ((1ull << cap_frame_bits(c)) - 1)) == 0 : c.w1 == 0;
}

static bool is_well_formed(struct cap c)
{
    unsigned info = cap_info(c);

    switch (cap_type(c)) {
    case CAP_UNTYPED:
        return untyped_is_well_formed(c);
    case CAP_ENDPOINT:
        return (info & ~CAP_RIGHTS_ALL) == 0;
    case CAP_NOTIFICATION:
        return (info & ~(CAP_RIGHT_READ | CAP_RIGHT_WRITE)) == 0;
    case CAP_REPLY:
        return (info & ~CAP_RIGHT_GRANT) == 0 && c.w1 == 0;
    case CAP_TCB:
        return (info & ~TCB_SWITCH_ONLY) == 0 && c.w1 == 0;
    case CAP_CNODE:
        return cnode_is_well_formed(c);
    case CAP_SCHED_CONTEXT:
        return info >= seL4_MinSchedContextBits && info <= seL4_MaxUntypedBits && c.w1 == 0;
    case CAP_SCHED_CONTROL:
        return info == 0 && c.w1 < cpu_count;
    case CAP_IRQ_HANDLER:
        return info == 0 && c.w1 < IRQ_LINES;
    case CAP_SGI_SIGNAL:
        return info == 0 && c.w1 >> 32 < cpu_count && (c.w1 & 0xffffffff) < 16;
    case CAP_ZOMBIE:
        return cap_is_leaf(c) ? leaf_is_well_formed(c) : zombie_is_well_formed(c);
    case CAP_FRAME:
        return frame_is_well_formed(c);
    case CAP_PAGE_TABLE:
        return info == 0 && (cap_mapped_asid(c) || c.w1 == 0);
    case CAP_VSPACE:
        return (info & ~(VSPACE_STAGE2 | VSPACE_IN_TCB | VSPACE_RUN_ONLY)) == 0 && c.w1 == cap_vspace_asid(c);
    case CAP_ASID_POOL:
        return info == 0 && c.w1 < 1ull << 16 && (c.w1 & ((1ull << seL4_ASIDPoolIndexBits) - 1)) == 0;
    default: /* the rest is nothing but its type, and for some an object */
        return cap_type(c) > CAP_NULL && cap_type(c) < CAP_NUM_TYPES && info == 0 && c.w1 == 0;
    }
}

/* Two capabilities of one object, which differ in rights, badge, guard at most. */
static bool agree(const struct slot *a, const struct slot *b)
{
    const word_t objects = ~(CAP_INFO_MASK << CAP_INFO_SHIFT);
    unsigned differences = cap_info(a->cap) ^ cap_info(b->cap);

    switch (cap_type(a->cap)) {
    case CAP_TCB:
        differences &= ~TCB_SWITCH_ONLY;
        break;
    case CAP_CNODE:
        differences &= ~CNODE_IN_TCB;
        break;
    case CAP_PAGE_TABLE:
        differences |= a->cap.w1 != b->cap.w1;
        break;
    case CAP_VSPACE:
        differences &= ~(VSPACE_IN_TCB | VSPACE_RUN_ONLY);
        differences |= a->cap.w1 != b->cap.w1;
        break;
    case CAP_FRAME:
        differences &= 3 | FRAME_DEVICE;
        break;
    case CAP_ENDPOINT:
    case CAP_NOTIFICATION:
    case CAP_REPLY:
        differences = 0;
        break;
    default:
        break;
    }
    return (a->cap.w0 & objects) == (b->cap.w0 & objects) && differences == 0;
}

/* Is what b names part of a family that begins with a? */
static bool is_descendant(const struct slot *a, const struct slot *b)
{
    return cap_same_region(a->cap, b->cap);
}

static bool overlap(const struct slot *a, const struct slot *b)
{
    return cap_is_physical(a->cap) && cap_is_physical(b->cap) && start_of(a) < end_of(b) && start_of(b) < end_of(a);
}

/*
 * b follows a. Memory is given out upwards and each new object stands directly behind its untyped, so addresses fall from one object
 * to the next, but for what is made of the former.
 */
static bool check_neighbours(const struct slot *a, const struct slot *b)
{
    if (cap_type(a->cap) == CAP_UNTYPED && is_descendant(a, b)) {
        return check(end_of(b) <= start_of(a) + cap_untyped_free(a->cap),
                     "an object lies beyond its untyped's watermark", a, b);
    }
    if (cap_same_object(a->cap, b->cap)) {
        return check(agree(a, b), "capabilities of one object do not agree", a, b);
    }
    return check(!cap_is_physical(a->cap) || !cap_is_physical(b->cap) || end_of(b) <= start_of(a),
                 "objects overlap, or are out of order", a, b);
}

/* Inside of a root untyped's family. */
static bool check_memory(const struct slot *root, const struct slot *s)
{
    bool device = cap_untyped_device(root->cap);
    enum cap_type type = cap_type(s->cap);

    if (type == CAP_UNTYPED) {
        return check(cap_untyped_device(s->cap) == device, "an untyped of the wrong kind of memory", s, root);
    }
    if (type == CAP_FRAME) {
        return check(!!(cap_info(s->cap) & FRAME_DEVICE) == device, "a frame of the wrong kind of memory", s, root);
    }
    return check(!device, "an object in a device's memory", s, root);
}

/* A family's first, against the families before it. */
static bool check_root(const struct slot *root)
{
    const struct slot *earlier = slot_next(&slot_list);

    while (earlier != root) {
        bool apart = cap_is_physical(root->cap)
                         ? !overlap(earlier, root)
                         : !is_descendant(earlier, root) || cap_type(root->cap) == CAP_SGI_SIGNAL;
        if (!check(apart, "what belongs together stands apart, or objects overlap", earlier, root)) {
            return false;
        }
        const struct slot *next = slot_next(earlier);
        while (next != root && is_descendant(earlier, next)) {
            next = slot_next(next);
        }
        earlier = next;
    }
    return true;
}

/* All handlers of one interrupt stand together. */
static bool check_handler(const struct slot *s, word_t *seen)
{
    word_t intid = s->cap.w1;

    if (cap_type(s->cap) != CAP_IRQ_HANDLER || !check_is_first(s)) {
        return true;
    }
    bool again = BIT_SET(seen, intid);
    seen[intid / 64] |= 1ull << intid % 64;
    return check(!again, "an interrupt's handlers stand apart", s, 0);
}

bool check_derivation(void)
{
    const struct slot *before = &slot_list, *root = 0;
    word_t handlers[IRQ_LINES / 64 + 1] = {0};

    if (!check(slot_is_empty(&slot_list) && !slot_prev(&slot_list), "the list's head is no head", 0, 0)) {
        return false;
    }
    for (const struct slot *s = slot_next(&slot_list); s; before = s, s = slot_next(s)) {
        word_t flags = s->next & SLOT_FLAGS;
        if (!check(slot_prev(s) == before, "a link back leads elsewhere", s, before) ||
            !check(flags == 0 || flags == SLOT_FLAGS, "unknown flags of a slot", s, 0) ||
            !check(is_well_formed(s->cap), "a malformed capability", s, 0) ||
            !check((cap_paddr(s->cap).raw & ((1ull << cap_object_bits(s->cap)) - 1)) == 0, "an object is not aligned",
                   s, 0) ||
            !check_handler(s, handlers)) {
            return false;
        }
        check_relate(RELATION_SLOTS, s, 0);
        if (!root || !is_descendant(root, s)) {
            root = s;
            if (!check_root(root)) {
                return false;
            }
        } else if (!check_neighbours(before, s) || (cap_type(root->cap) == CAP_UNTYPED && !check_memory(root, s))) {
            return false;
        }
    }
    return true;
}
