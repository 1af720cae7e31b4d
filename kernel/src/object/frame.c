/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames: pages of three sizes, and where they are mapped. */
#include "object/vspace.h"

#include "arch/cache.h"
#include "arch/memory.h"
#include "arch/preempt.h"
#include "arch/tlb.h"
#include "ipc/message.h"
#include "object/cnode.h"
#include "object/tcb.h"
#include <sel4/invocation.h>
#include <sel4/vesicle.h>

/* Arguments of Page_Map and Page_MapRange, as errors number them. */
enum { ARGUMENT_PAGE, ARGUMENT_VSPACE, ARGUMENT_VADDR, ARGUMENT_RIGHTS, ARGUMENT_ATTRIBUTES, ARGUMENT_COUNT };

/* Frames of one size side by side in a space, from `vaddr` on. */
struct mapping {
    struct space space;
    word_t vaddr;
    unsigned bits;  /* of a frame */
    unsigned level; /* at which such frames are mapped */
    word_t rights, attributes;
};

static unsigned level_of(struct cap frame)
{
    return PGTABLE_LAST_LEVEL - (unsigned)cap_frame_size(frame);
}

/* What the entry of `frame` is to be. */
static inline pte_t entry_value(const struct mapping *m, struct cap frame)
{
    unsigned info = cap_info(frame);
    struct pgtable_access access = {
        .read = info & FRAME_READ && m->rights & CAP_RIGHT_READ,
        .write = info & FRAME_WRITE && m->rights & CAP_RIGHT_WRITE,
        .execute = !(m->attributes & seL4_ARM_ExecuteNever),
        .cacheable = m->attributes & seL4_ARM_PageCacheable,
        .device = info & FRAME_DEVICE,
    };

    return pgtable_frame_entry(m->space.stage, m->level, access) | cap_paddr(frame).raw;
}

static bool holds_frame(pte_t entry, unsigned level, struct cap frame)
{
    return pte_is_frame(entry, level) && pte_paddr(entry).raw == cap_paddr(frame).raw;
}

/* Changes an entry that is empty or this frame's. */
static void set_entry(const struct space *space, word_t vaddr, pte_t *entry, pte_t value)
{
    pte_t old = *entry;

    if (old == value) {
        return;
    }
    if (!pte_is_valid(old)) {
        pte_write(entry, value);
        tlb_publish();
    } else if (pgtable_needs_break(space->stage, old, value)) {
        pte_write(entry, 0);
        vspace_invalidate(space, vaddr);
        pte_write(entry, value);
        tlb_publish();
    } else {
        pte_write(entry, value);
        vspace_invalidate(space, vaddr);
    }
}

/* The entry of `frame` in the space its capability names, if it is still there. */
static pte_t *mapped_entry(struct cap frame, struct space *space)
{
    unsigned level = level_of(frame);

    if (!vspace_find(cap_mapped_asid(frame), space) || vspace_mapped_at(frame) >= pgtable_limit(space->stage)) {
        return 0;
    }
    pte_t *entry = pgtable_walk(space->root, space->stage, vspace_mapped_at(frame), &level);
    return level == level_of(frame) && holds_frame(*entry, level, frame) ? entry : 0;
}

void frame_unmap(struct cap c)
{
    struct space space;
    pte_t *entry = mapped_entry(c, &space);

    if (entry) {
        bool valid = pte_is_valid(*entry);
        pte_write(entry, 0);
        if (valid) {
            vspace_invalidate(&space, vspace_mapped_at(c));
        }
    }
}

/* Where the first frame goes and how; all that does not depend on the single frame. */
static inline __attribute__((always_inline)) int decode_mapping(struct invocation *inv, word_t count, struct mapping *m)
{
    if (!vspace_of_cap(inv_extra(inv, 0), &m->space)) {
        return vspace_argument_error(inv);
    }
    m->vaddr = inv_word(inv, 0);
    m->rights = inv_word(inv, 1);
    m->attributes = inv_word(inv, 2);
    m->bits = cap_frame_bits(inv->cap);
    m->level = level_of(inv->cap);

    word_t limit = pgtable_limit(m->space.stage);
    if (m->vaddr >= limit || count > (limit - m->vaddr) >> m->bits) {
        /* An address too close to the end for its alignment is reported as that. */
        return m->vaddr < limit && m->vaddr & ((1ull << m->bits) - 1) ? (int)seL4_AlignmentError
                                                                      : inv_invalid_argument(inv, ARGUMENT_VADDR);
    }
    return m->vaddr & ((1ull << m->bits) - 1) ? seL4_AlignmentError : seL4_NoError;
}

/* May the frame be mapped at `vaddr` as far as its capability is concerned? */
static int check_cap(struct invocation *inv, const struct mapping *m, struct cap frame, word_t vaddr)
{
    if (cap_mapped_asid(frame) == 0) {
        return seL4_NoError;
    }
    if (cap_mapped_asid(frame) != m->space.asid) {
        return inv_invalid_capability(inv, ARGUMENT_VSPACE);
    }
    return vspace_mapped_at(frame) == vaddr ? (int)seL4_NoError : inv_invalid_argument(inv, ARGUMENT_VADDR);
}

/* Finds the entry for `vaddr`, if there are tables down to it. */
static int find_entry(struct invocation *inv, const struct mapping *m, word_t vaddr, pte_t **entry)
{
    unsigned level = m->level;

    *entry = pgtable_walk(m->space.root, m->space.stage, vaddr, &level);
    if (level == m->level) {
        return seL4_NoError;
    }
    return pte_is_empty(**entry) ? vspace_missing_table(inv, level) : (int)seL4_DeleteFirst;
}

/* Is the place free, or the frame's own? */
static bool place_is_free(const struct mapping *m, struct cap frame, pte_t entry)
{
    return pte_is_empty(entry) || (cap_mapped_asid(frame) != 0 && holds_frame(entry, m->level, frame));
}

static int map(struct invocation *inv)
{
    struct mapping m;
    pte_t *entry;

    if (inv->length < 3 || inv->extra_count < 1) {
        return seL4_TruncatedMessage;
    }
    int error = decode_mapping(inv, 1, &m);
    error = error ? error : check_cap(inv, &m, inv->cap, m.vaddr);
    error = error ? error : find_entry(inv, &m, m.vaddr, &entry);
    if (error) {
        return error;
    }
    pte_t value = entry_value(&m, inv->cap);
    if (pte_is_empty(*entry)) {
        pte_write(entry, value);
        tlb_publish();
    } else if (place_is_free(&m, inv->cap, *entry)) {
        set_entry(&m.space, m.vaddr, entry, value);
    } else {
        return seL4_DeleteFirst;
    }
    inv->slot->cap = cap_with_mapping(inv->cap, m.space.asid, m.vaddr);
    return seL4_NoError;
}

static int unmap(struct invocation *inv)
{
    frame_unmap(inv->cap);
    inv->slot->cap = cap_with_mapping(inv->cap, 0, 0);
    return seL4_NoError;
}

/*
 * Are the `count` slots from the invoked one on in one CNode, so that the next capability address is the next slot? Follows the
 * address by which the invoked slot was found.
 */
static bool slots_adjacent(const struct invocation *inv, word_t count)
{
    struct cap node = inv->caller->slots[TCB_CSPACE].cap;
    unsigned bits = seL4_WordBits;

    while (cap_type(node) == CAP_CNODE) {
        unsigned radix = cap_cnode_radix(node), level = radix + cap_cnode_guard_size(node);
        if (level == 0 || level > bits) {
            return false;
        }
        bits -= level;
        word_t index = inv->cptr >> bits & ((1ull << radix) - 1);
        struct slot *s = cnode_slots(node) + index;
        if (bits == 0) {
            return s == inv->slot && count <= (1ull << radix) - index;
        }
        node = s->cap;
    }
    return false;
}

/* Slot i of a range; null if there is none. */
static struct slot *range_slot(const struct invocation *inv, bool adjacent, word_t i)
{
    struct lookup_failure failure;

    return adjacent ? inv->slot + i : cspace_lookup(inv->caller, inv->cptr + i, &failure);
}

static bool is_frame_of(const struct slot *s, struct cap first)
{
    return s && cap_type(s->cap) == CAP_FRAME && cap_frame_size(s->cap) == cap_frame_size(first);
}

/* Part of a range: slots in one CNode, entries in one table. */
struct stretch {
    struct slot *slots;
    pte_t *entries;
    word_t vaddr, count;
};

/* The stretch that begins with frame i. Null slots or entries where there are none. */
static struct stretch stretch_at(const struct invocation *inv, const struct mapping *m, bool adjacent, word_t i,
                                 word_t count)
{
    word_t vaddr = m->vaddr + (i << m->bits), room = PGTABLE_ENTRIES - (vaddr >> m->bits & (PGTABLE_ENTRIES - 1));
    unsigned level = m->level;
    pte_t *entry =
        vaddr < pgtable_limit(m->space.stage) ? pgtable_walk(m->space.root, m->space.stage, vaddr, &level) : 0;

    return (struct stretch){
        .slots = range_slot(inv, adjacent, i),
        .entries = level == m->level ? entry : 0,
        .vaddr = vaddr,
        .count = !adjacent          ? 1
                 : count - i < room ? count - i
                                    : room,
    };
}

/* Zero if both are frames of the same size with the same rights. */
static inline word_t differs(struct cap a, struct cap b)
{
    return (a.w0 ^ b.w0) >> CAP_INFO_SHIFT;
}

static int check_frame(struct invocation *inv, const struct mapping *m, const struct slot *s, word_t vaddr, pte_t entry)
{
    if (!is_frame_of(s, inv->cap)) {
        return inv_invalid_capability(inv, ARGUMENT_PAGE);
    }
    int error = check_cap(inv, m, s->cap, vaddr);
    if (error) {
        return error;
    }
    return place_is_free(m, s->cap, entry) ? seL4_NoError : seL4_DeleteFirst;
}

static int check_range(struct invocation *inv, const struct mapping *m, bool adjacent, word_t count)
{
    struct stretch x;

    for (word_t i = 0; i < count; i += x.count) {
        x = stretch_at(inv, m, adjacent, i, count);
        if (!x.slots) {
            return inv_invalid_capability(inv, ARGUMENT_PAGE);
        }
        if (!x.entries) {
            pte_t *entry;
            return find_entry(inv, m, x.vaddr, &entry);
        }
        for (word_t j = 0; j < x.count; j++) {
            const struct slot *s = &x.slots[j];
            /* The usual case at once: like the first one, not mapped, the place empty. */
            if ((differs(s->cap, inv->cap) | s->cap.w1 | x.entries[j]) != 0) {
                int error = check_frame(inv, m, s, x.vaddr + (j << m->bits), x.entries[j]);
                if (error) {
                    return error;
                }
            }
        }
    }
    return seL4_NoError;
}

/* A frame that is mapped there already, or has other rights than the first. False if it turns out to be mapped elsewhere. */
static bool map_unlike(const struct mapping *m, struct slot *s, word_t vaddr, pte_t *entry)
{
    if (cap_mapped_asid(s->cap) != 0 && vspace_mapped_at(s->cap) != vaddr) {
        return false; /* two addresses of the range lead to one slot: it was mapped a moment ago */
    }
    s->cap = cap_with_mapping(s->cap, m->space.asid, vaddr);
    set_entry(&m->space, vaddr, entry, entry_value(m, s->cap));
    return true;
}

/* How many of the stretch were mapped. */
static word_t map_stretch(const struct mapping *m, const struct stretch *x, struct cap like, pte_t common)
{
    struct cap mapping = cap_with_mapping(like, m->space.asid, x->vaddr);
    word_t step = cap_with_mapping(like, 0, 1ull << m->bits).w1;

    for (word_t j = 0; j < x->count; j++, mapping.w1 += step) {
        struct slot *s = &x->slots[j];
        if ((differs(s->cap, like) | s->cap.w1) == 0) {
            s->cap.w1 = mapping.w1;
            pte_write(&x->entries[j], common | cap_paddr(s->cap).raw);
        } else if (!map_unlike(m, s, x->vaddr + (j << m->bits), &x->entries[j])) {
            return j;
        }
    }
    return x->count;
}

static int map_range(struct invocation *inv)
{
    word_t count = inv_word(inv, 3), mapped = 0, done;
    struct mapping m;
    struct stretch x;

    if (inv->length < 4 || inv->extra_count < 1) {
        return seL4_TruncatedMessage;
    }
    if (count < 1 || count > VESICLE_PAGE_RANGE_MAX) {
        return inv_range_error(inv, 1, VESICLE_PAGE_RANGE_MAX);
    }
    int error = decode_mapping(inv, count, &m);
    if (error) {
        return error;
    }
    bool adjacent = slots_adjacent(inv, count);
    error = check_range(inv, &m, adjacent, count);
    if (error) {
        return error;
    }

    pte_t common = entry_value(&m, inv->cap) - cap_paddr(inv->cap).raw;
    do {
        x = stretch_at(inv, &m, adjacent, mapped, count);
        done = map_stretch(&m, &x, inv->cap, common);
        mapped += done;
    } while (done == x.count && mapped < count);
    tlb_publish();
    inv_reply(inv, 0, mapped);
    return seL4_NoError;
}

/* Unmaps the frames of a stretch; those that are not mapped in it, one by one. True if entries the hardware may hold went. */
static bool unmap_stretch(const struct mapping *m, const struct stretch *x, word_t *unmapped)
{
    struct cap expected = cap_with_mapping(cap_null(), m->space.asid, x->vaddr);
    word_t step = cap_with_mapping(cap_null(), 0, 1ull << m->bits).w1;
    pte_t gone = 0;

    for (word_t j = 0; j < x->count; j++, expected.w1 += step) {
        struct slot *s = &x->slots[j];
        if (s->cap.w1 == expected.w1 && x->entries && holds_frame(x->entries[j], m->level, s->cap)) {
            gone |= x->entries[j];
            pte_write(&x->entries[j], 0);
        } else {
            frame_unmap(s->cap);
        }
        *unmapped += cap_mapped_asid(s->cap) != 0;
        s->cap.w1 = 0;
    }
    return pte_is_valid(gone);
}

static int unmap_range(struct invocation *inv)
{
    word_t count = inv_word(inv, 0), unmapped = 0;
    struct mapping m = {
        .vaddr = vspace_mapped_at(inv->cap), .bits = cap_frame_bits(inv->cap), .level = level_of(inv->cap)};
    struct stretch x;
    bool adjacent, flush = false;

    if (inv->length < 1) {
        return seL4_TruncatedMessage;
    }
    if (count < 1 || count > VESICLE_PAGE_RANGE_MAX) {
        return inv_range_error(inv, 1, VESICLE_PAGE_RANGE_MAX);
    }
    adjacent = slots_adjacent(inv, count);
    for (word_t i = 0; i < count; i++) {
        const struct slot *s = range_slot(inv, adjacent, i);
        if (!s || (differs(s->cap, inv->cap) != 0 && !is_frame_of(s, inv->cap))) {
            return inv_invalid_capability(inv, ARGUMENT_PAGE);
        }
    }

    /* What lies as the first frame leads one to expect shares a walk and the invalidation. */
    bool found = vspace_find(cap_mapped_asid(inv->cap), &m.space);
    for (word_t i = 0; i < count; i += x.count) {
        if (found) {
            x = stretch_at(inv, &m, adjacent, i, count);
        } else {
            x = (struct stretch){.slots = range_slot(inv, adjacent, i), .count = 1};
        }
        flush |= unmap_stretch(&m, &x, &unmapped);
    }
    if (flush) {
        vspace_invalidate_range(&m.space, m.vaddr, m.bits, count);
    }
    inv_reply(inv, 0, unmapped);
    return seL4_NoError;
}

void frame_cache(enum frame_cache_op op, paddr_t start, word_t size)
{
    const void *p = phys_to_virt(start);

    switch (op) {
    case FRAME_CLEAN:
        cache_clean(p, size);
        break;
    case FRAME_INVALIDATE:
        /*
         * Lines are written back before they go, as where DC IVAC is used under virtualization (DDI 0487 D7.5.9): what the memory held
         * before the kernel cleared it must not come back.
         */
    case FRAME_CLEAN_INVALIDATE:
        cache_clean_invalidate(p, size);
        break;
    case FRAME_UNIFY:
        cache_unify(p, size);
        break;
    }
}

bool frame_cache_preempted(struct invocation *inv, word_t start)
{
    /* The answer to a call overwrites the message, so its first word is free to carry the progress. */
    return inv->is_call && preempt_point() && message_set_word(inv->caller, 0, start);
}

static int cache(struct invocation *inv)
{
    enum frame_cache_op op = (enum frame_cache_op)(inv->label - vesicle_PageCleanData);
    word_t start = inv_word(inv, 0), end = inv_word(inv, 1), size = 1ull << cap_frame_bits(inv->cap);

    if (inv->length < 2) {
        return seL4_TruncatedMessage;
    }
    if (start >= size) {
        return inv_invalid_argument(inv, 1);
    }
    if (end <= start || end > size) {
        return inv_invalid_argument(inv, 2);
    }
    if (cap_info(inv->cap) & FRAME_DEVICE) {
        return seL4_IllegalOperation; /* the kernel has no address for it */
    }
    while (start < end) {
        word_t next = (start | (FRAME_CACHE_STEP - 1)) + 1;
        next = next < end ? next : end;
        frame_cache(op, (paddr_t){cap_paddr(inv->cap).raw + start}, next - start);
        start = next;
        if (start < end && frame_cache_preempted(inv, start)) {
            return INVOKE_PREEMPTED;
        }
    }
    return seL4_NoError;
}

static int get_address(struct invocation *inv)
{
    inv_reply(inv, 0, cap_paddr(inv->cap).raw);
    return seL4_NoError;
}

int page_invoke(struct invocation *inv)
{
    static int (*const methods[])(struct invocation *) = {
        [vesicle_PageMap] = map,
        [vesicle_PageUnmap] = unmap,
        [vesicle_PageCleanData] = cache,
        [vesicle_PageInvalidateData] = cache,
        [vesicle_PageCleanInvalidateData] = cache,
        [vesicle_PageUnifyInstruction] = cache,
        [vesicle_PageGetAddress] = get_address,
        [vesicle_PageMapRange] = map_range,
        [vesicle_PageUnmapRange] = unmap_range,
    };

    if (inv->label >= sizeof methods / sizeof *methods || !methods[inv->label]) {
        return seL4_IllegalOperation;
    }
    return methods[inv->label](inv);
}

bool vspace_boot_map_frame(struct slot *frame, struct slot *vspace, word_t vaddr, word_t rights, word_t attributes)
{
    struct mapping m = {.vaddr = vaddr, .rights = rights, .attributes = attributes, .level = level_of(frame->cap)};
    unsigned level = m.level;

    if (!vspace_of_cap(vspace->cap, &m.space)) {
        return false;
    }
    pte_t *entry = pgtable_walk(m.space.root, m.space.stage, vaddr, &level);
    if (level != m.level || !pte_is_empty(*entry)) {
        return false;
    }
    frame->cap = cap_with_mapping(frame->cap, m.space.asid, vaddr);
    set_entry(&m.space, vaddr, entry, entry_value(&m, frame->cap));
    return true;
}
