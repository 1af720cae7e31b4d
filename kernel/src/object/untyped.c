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

unsigned untyped_object_bits(word_t type, word_t size_bits)
{
    static const uint8_t fixed[seL4_ObjectTypeCount] = {
        [seL4_TCBObject] = seL4_TCBBits,
        [seL4_EndpointObject] = seL4_EndpointBits,
        [seL4_NotificationObject] = seL4_NotificationBits,
        [seL4_ReplyObject] = seL4_ReplyBits,
        [seL4_ARM_HugePageObject] = seL4_HugePageBits,
        [seL4_ARM_VSpaceObject] = seL4_VSpaceBits,
        [seL4_ARM_SmallPageObject] = seL4_PageBits,
        [seL4_ARM_LargePageObject] = seL4_LargePageBits,
        [seL4_ARM_PageTableObject] = seL4_PageTableBits,
        [seL4_ARM_VCPUObject] = seL4_VCPUBits,
        [vesicle_Stage2VSpaceObject] = vesicle_Stage2VSpaceBits,
    };
    switch (type) {
    case seL4_UntypedObject:
    case seL4_SchedContextObject:
        return (unsigned)size_bits;
    case seL4_CapTableObject:
        return (unsigned)size_bits + seL4_SlotBits;
    default:
        return type < seL4_ObjectTypeCount ? fixed[type] : 0;
    }
}

/* The first capability of an object. */
static struct cap object_cap(word_t type, paddr_t where, word_t size_bits, bool device)
{
    static const uint8_t plain[seL4_ObjectTypeCount] = {
        [seL4_ReplyObject] = CAP_REPLY,
        [seL4_ARM_VSpaceObject] = CAP_VSPACE,
        [seL4_ARM_PageTableObject] = CAP_PAGE_TABLE,
        [seL4_ARM_VCPUObject] = CAP_VCPU,
    };
    unsigned frame = FRAME_READ | FRAME_WRITE | (device ? FRAME_DEVICE : 0);

    switch (type) {
    case seL4_UntypedObject:
        return cap_untyped_make(where, (unsigned)size_bits, device, 0);
    case seL4_TCBObject:
        return cap_make(CAP_TCB, where, 0, 0);
    case seL4_EndpointObject:
        return cap_make(CAP_ENDPOINT, where, CAP_RIGHTS_ALL, 0);
    case seL4_NotificationObject:
        return cap_make(CAP_NOTIFICATION, where, CAP_RIGHT_READ | CAP_RIGHT_WRITE, 0);
    case seL4_CapTableObject:
        return cap_make(CAP_CNODE, where, (unsigned)size_bits, 0);
    case seL4_SchedContextObject:
        return cap_make(CAP_SCHED_CONTEXT, where, (unsigned)size_bits, 0);
    case seL4_ReplyObject:
        return cap_make(CAP_REPLY, where, CAP_RIGHT_GRANT, 0);
    case seL4_ARM_SmallPageObject:
        return cap_make(CAP_FRAME, where, FRAME_SMALL | frame, 0);
    case seL4_ARM_LargePageObject:
        return cap_make(CAP_FRAME, where, FRAME_LARGE | frame, 0);
    case seL4_ARM_HugePageObject:
        return cap_make(CAP_FRAME, where, FRAME_HUGE | frame, 0);
    case vesicle_Stage2VSpaceObject:
        return cap_make(CAP_VSPACE, where, VSPACE_STAGE2, 0);
    default:
        return cap_make((enum cap_type)plain[type], where, 0, 0);
    }
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
    struct cap c = object_cap(type, where, size_bits, device);

    init_object(c);
    return c;
}

static bool is_frame(word_t type)
{
    return type == seL4_ARM_SmallPageObject || type == seL4_ARM_LargePageObject || type == seL4_ARM_HugePageObject;
}

/* Type and size: 0, or an error. */
static int check_type(struct invocation *inv, word_t type, word_t size_bits)
{
    if (type >= seL4_ObjectTypeCount) {
        return inv_invalid_argument(inv, 1);
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
 * Before there is any capability to it, memory is prepared: cleared, frames cleaned too, since who looks past the caches must not
 * see what was there. That may take long. It goes from the end down, in steps, and how far it came is noted in the place that
 * comes last: the first free bytes. The capability says that there is a note; nobody else can write there, and whatever else
 * becomes of the untyped forgets it.
 */
struct note {
    word_t from;     /* offset in the untyped; from here on all is prepared */
    word_t end_kind; /* up to here; for frames, plus 1 */
};
_Static_assert(sizeof(struct note) == 1u << seL4_MinUntypedBits, "any free memory takes the note");

/* Bytes prepared between two looks for interrupts. */
#define PREPARE_STEP 0x4000ull

/* Prepares from offset `start` to `end` of the untyped in `s`, of which all from offset `free` on is free. False if preempted. */
static bool prepare(struct slot *s, word_t free, word_t start, word_t end, bool frames)
{
    char *memory = cap_object(s->cap);
    struct note *note = (struct note *)(memory + free);
    word_t from = end, end_kind = end + frames;

    if (cap_info(s->cap) & UNTYPED_NOTE && cap_untyped_free(s->cap) == free && note->end_kind == end_kind) {
        from = note->from;
    }
    while (from > start) {
        word_t next = (from - 1) & ~(PREPARE_STEP - 1), size;
        next = next > start ? next : start;
        size = from - next;
        zero_memory(memory + next, size);
        if (frames) {
            cache_clean(memory + next, size);
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

static int retype(struct invocation *inv)
{
    word_t type = inv_word(inv, 0), size_bits = inv_word(inv, 1);
    word_t index = inv_word(inv, 2), depth = inv_word(inv, 3), offset = inv_word(inv, 4), count = inv_word(inv, 5);
    struct cap untyped = inv->cap, node = inv_extra(inv, 0);
    bool device = cap_untyped_device(untyped);
    struct lookup_failure failure;

    if (inv->length < 6 || inv->extra_count < 1) {
        return seL4_TruncatedMessage;
    }
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
    if (device && !is_frame(type) && type != seL4_UntypedObject) {
        return inv_invalid_argument(inv, 1);
    }

    /* Without children all of the memory is free again. */
    unsigned bits = untyped_object_bits(type, size_bits), untyped_bits = cap_untyped_bits(untyped);
    word_t total = 1ull << untyped_bits;
    word_t free = slot_has_children(inv->slot) ? cap_untyped_free(untyped) : 0;
    word_t start = bits > untyped_bits ? total : (free + (1ull << bits) - 1) & ~((1ull << bits) - 1);
    if (start > total || (total - start) >> bits < count) {
        return inv_not_enough_memory(inv, total - free);
    }

    paddr_t base = cap_paddr(untyped);
    if (!device && type != seL4_UntypedObject &&
        !prepare(inv->slot, free, start, start + (count << bits), is_frame(type))) {
        return INVOKE_PREEMPTED;
    }
    inv->slot->cap = cap_untyped_make(base, untyped_bits, device, start + (count << bits));
    struct cap c = object_cap(type, (paddr_t){base.raw + start}, size_bits, device);
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
