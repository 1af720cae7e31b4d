/* SPDX-License-Identifier: BSD-2-Clause */
#include "object/untyped.h"

#include "arch/cache.h"
#include "arch/memory.h"
#include "arch/preempt.h"
#include "object/cnode.h"
#include "object/schedcontext.h"
#include "object/tcb.h"
#include "object/vcpu.h"
#include <sel4/invocation.h>

/* What is made of memory: the first capability's type and information, and the size. Bits 0: the caller says how large. */
struct kind {
    uint8_t cap, bits;
    uint16_t info;
};

#define FRAME_INFO(size) ((size) | FRAME_READ | FRAME_WRITE)

static const struct kind kinds[seL4_ObjectTypeCount] = {
    [seL4_UntypedObject] = {CAP_UNTYPED, 0, 0},
    [seL4_CapTableObject] = {CAP_CNODE, 0, 0},
    [seL4_SchedContextObject] = {CAP_SCHED_CONTEXT, 0, 0},
    [seL4_TCBObject] = {CAP_TCB, seL4_TCBBits, 0},
    [seL4_EndpointObject] = {CAP_ENDPOINT, seL4_EndpointBits, CAP_RIGHTS_ALL},
    [seL4_NotificationObject] = {CAP_NOTIFICATION, seL4_NotificationBits, CAP_RIGHT_READ | CAP_RIGHT_WRITE},
    [seL4_ReplyObject] = {CAP_REPLY, seL4_ReplyBits, CAP_RIGHT_GRANT},
    [seL4_ARM_SmallPageObject] = {CAP_FRAME, seL4_PageBits, FRAME_INFO(FRAME_SMALL)},
    [seL4_ARM_LargePageObject] = {CAP_FRAME, seL4_LargePageBits, FRAME_INFO(FRAME_LARGE)},
    [seL4_ARM_HugePageObject] = {CAP_FRAME, seL4_HugePageBits, FRAME_INFO(FRAME_HUGE)},
    [seL4_ARM_PageTableObject] = {CAP_PAGE_TABLE, seL4_PageTableBits, 0},
    [seL4_ARM_VSpaceObject] = {CAP_VSPACE, seL4_VSpaceBits, 0},
    [vesicle_Stage2VSpaceObject] = {CAP_VSPACE, vesicle_Stage2VSpaceBits, VSPACE_STAGE2},
    [seL4_ARM_VCPUObject] = {CAP_VCPU, seL4_VCPUBits, 0},
};

unsigned untyped_object_bits(word_t type, word_t size_bits)
{
    if (type >= seL4_ObjectTypeCount) {
        return 0;
    }
    if (kinds[type].bits != 0) {
        return kinds[type].bits;
    }
    return (unsigned)size_bits + (type == seL4_CapTableObject ? seL4_SlotBits : 0u);
}

/* The first capability of an object. */
static struct cap object_cap(struct kind kind, paddr_t where, word_t size_bits, bool device)
{
    if (kind.cap == CAP_UNTYPED) {
        return cap_untyped_make(where, (unsigned)size_bits, device, 0);
    }
    return cap_make((enum cap_type)kind.cap, where,
                    kind.bits == 0 ? (unsigned)size_bits : kind.info | (device ? FRAME_DEVICE : 0u), 0);
}

/* What is more than cleared memory. */
static void init_object(struct cap c)
{
    if (cap_type(c) == CAP_TCB) {
        tcb_init(cap_object(c));
    } else if (cap_type(c) == CAP_VCPU) {
        vcpu_init(cap_object(c));
    }
}

struct cap untyped_make_object(word_t type, paddr_t where, word_t size_bits, bool device)
{
    struct cap c = object_cap(kinds[type], where, size_bits, device);

    init_object(c);
    return c;
}

/* Type and size: 0, or an error. */
static int check_type(struct invocation *inv, word_t type, word_t size_bits)
{
    if (type >= seL4_ObjectTypeCount) {
        return inv_invalid_argument(inv, 1);
    }
    if (kinds[type].bits != 0) {
        return 0;
    }
    switch (type) {
    case seL4_UntypedObject:
        if (size_bits < seL4_MinUntypedBits) {
            return inv_invalid_argument(inv, 2);
        }
        if (size_bits > seL4_MaxUntypedBits) {
            return inv_range_error(inv, seL4_MinUntypedBits, seL4_MaxUntypedBits);
        }
        break;
    case seL4_CapTableObject:
        if (size_bits == 0) {
            return inv_invalid_argument(inv, 2);
        }
        if (size_bits > seL4_MaxUntypedBits - seL4_SlotBits) {
            return inv_range_error(inv, 1, seL4_MaxUntypedBits - seL4_SlotBits);
        }
        break;
    case seL4_SchedContextObject:
        if (size_bits < seL4_MinSchedContextBits) {
            return inv_invalid_argument(inv, 2);
        }
        if (size_bits > seL4_MaxUntypedBits) {
            return inv_range_error(inv, seL4_MinSchedContextBits, seL4_MaxUntypedBits);
        }
        break;
    default:
        break;
    }
    return 0;
}

/*
 * Before there is any capability to it, memory is prepared: cleared, large frames cleaned too, since who looks past the caches must
 * not see what was there. (Small ones are cleaned when they are mapped for such, see frame.c.) That may take long. It goes from the
 * end down, in steps, and how far it came is noted in the place that comes last: the first free bytes. The capability says that
 * there is a note; nobody else can write there, and whatever else becomes of the untyped forgets it.
 */
struct note {
    word_t from;     /* offset in the untyped; from here on all is prepared */
    word_t end_kind; /* up to here; if it is cleaned, plus 1 */
};
_Static_assert(sizeof(struct note) == 1u << seL4_MinUntypedBits, "any free memory takes the note");

/* Bytes prepared between two looks for interrupts. */
#define PREPARE_STEP 0x4000ull

static __attribute__((noinline)) bool prepare_much(struct slot *s, word_t free, word_t start, word_t end, bool clean)
{
    char *memory = cap_object(s->cap);
    struct note *note = (struct note *)(memory + free);
    word_t from = end, end_kind = end + clean;

    if (cap_info(s->cap) & UNTYPED_NOTE && cap_untyped_free(s->cap) == free && note->end_kind == end_kind) {
        from = note->from;
    }
    while (from > start) {
        word_t next = (from - 1) & ~(PREPARE_STEP - 1), size;
        next = next > start ? next : start;
        size = from - next;
        if (clean) {
            cache_clear_pages(memory + next, size);
        } else {
            zero_memory(memory + next, size);
        }
        from = next;
        if (from > start && preempt_point()) {
            *note = (struct note){from, end_kind};
            s->cap = cap_untyped_make(cap_paddr(s->cap), cap_untyped_bits(s->cap), false, free);
            s->cap = cap_with_info(s->cap, UNTYPED_NOTE);
            return false;
        }
    }
    return true;
}

/* Prepares from offset `start` to `end` of the untyped in `s`, of which all from offset `free` on is free. False if preempted. */
static inline bool prepare(struct slot *s, word_t free, word_t start, word_t end, bool clean)
{
    if (clean || end - start > PREPARE_STEP) {
        return prepare_much(s, free, start, end, clean);
    }
    zero_memory((char *)cap_object(s->cap) + start, end - start);
    return true;
}

static int retype(struct invocation *inv)
{
    if (inv->length < 6 || inv->extra_count < 1) {
        return seL4_TruncatedMessage;
    }
    word_t type = inv_word(inv, 0), size_bits = inv_word(inv, 1);
    word_t index = inv_word(inv, 2), depth = inv_word(inv, 3), offset = inv_word(inv, 4), count = inv_word(inv, 5);
    struct cap untyped = inv->cap, node = inv_extra(inv, 0);
    bool device = cap_untyped_device(untyped);
    struct lookup_failure failure;

    int error = check_type(inv, type, size_bits);
    if (error) {
        return error;
    }
    if (depth != 0) {
        struct slot *s = cnode_lookup(node, index, depth, &failure);
        if (!s) {
            return inv_failed_lookup(inv, false, &failure);
        }
        node = s->cap;
    }
    if (cap_type(node) != CAP_CNODE) {
        failure = (struct lookup_failure){.type = seL4_MissingCapability, .bits_left = (uint8_t)depth};
        return inv_failed_lookup(inv, false, &failure);
    }
    word_t slots = 1ull << cap_cnode_radix(node);
    if (offset >= slots) {
        return inv_range_error(inv, 0, slots - 1);
    }
    if (count < 1 || count > seL4_UntypedRetypeMaxObjects) {
        return inv_range_error(inv, 1, seL4_UntypedRetypeMaxObjects);
    }
    if (count > slots - offset) {
        return inv_range_error(inv, 1, slots - offset);
    }
    struct slot *dest = cnode_slots(node) + offset;
    for (word_t i = 0; i < count; i++) {
        if (!slot_is_empty(&dest[i])) {
            return seL4_DeleteFirst;
        }
    }
    struct kind kind = kinds[type];
    if (device && kind.cap != CAP_FRAME && kind.cap != CAP_UNTYPED) {
        return inv_invalid_argument(inv, 1);
    }

    /* Without children all of the memory is free again. */
    unsigned bits = kind.bits ? kind.bits : untyped_object_bits(type, size_bits),
             untyped_bits = cap_untyped_bits(untyped);
    word_t total = 1ull << untyped_bits;
    bool parent = slot_has_children(inv->slot);
    word_t free = parent ? cap_untyped_free(untyped) : 0;
    unsigned zeroed = parent || cap_untyped_free(untyped) == 0 ? cap_info(untyped) & UNTYPED_ZEROED : 0;
    word_t start = bits > untyped_bits ? total : (free + (1ull << bits) - 1) & ~((1ull << bits) - 1);
    if (start > total || (total - start) >> bits < count) {
        return inv_not_enough_memory(inv, total - free);
    }

    word_t end = start + (count << bits);
    bool large_frames = kind.cap == CAP_FRAME && bits > seL4_PageBits;
    if (!device && kind.cap != CAP_UNTYPED && !zeroed && !prepare(inv->slot, free, start, end, large_frames)) {
        return INVOKE_PREEMPTED;
    }
    inv->slot->cap = cap_with_info(cap_untyped_make(cap_paddr(untyped), untyped_bits, device, end), zeroed);
    struct cap c = object_cap(kind, (paddr_t){cap_paddr(untyped).raw + start}, size_bits, device);
    if (kind.cap == CAP_UNTYPED) {
        c = cap_with_info(c, zeroed);
    }
    if (kind.cap == CAP_FRAME) {
        slot_insert_children(c, 1ull << bits, inv->slot, dest, count);
        return seL4_NoError;
    }
    for (word_t i = 0; i < count; i++, c.w0 += 1ull << bits) {
        init_object(c);
        slot_insert_child(c, inv->slot, &dest[i]);
    }
    return seL4_NoError;
}

int untyped_invoke(struct invocation *inv)
{
    return inv->label == vesicle_UntypedRetype ? retype(inv) : (int)seL4_IllegalOperation;
}
