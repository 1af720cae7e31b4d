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
    bool uncleaned; /* whoever sees it there may look past the caches, and small pages are not cleaned before */
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

/* Of such frames there is a small one's worth in each entry of a table of the last level. */
static bool fills_table(struct cap frame)
{
    return level_of(frame) == PGTABLE_LAST_LEVEL - 1;
}

pte_t *frame_entries(struct cap frame, struct space *space, word_t *count)
{
    unsigned level = level_of(frame), reached = fills_table(frame) ? PGTABLE_LAST_LEVEL : level;

    if (!vspace_find(cap_mapped_asid(frame), space) || vspace_mapped_at(frame) >= pgtable_limit(space->stage)) {
        return 0;
    }
    pte_t *entries = pgtable_walk(space->root, space->stage, vspace_mapped_at(frame), &reached);
    *count = reached > level ? PGTABLE_ENTRIES : 1;
    return reached >= level && holds_frame(*entries, reached, frame) ? entries : 0;
}

void frame_unmap(struct cap c)
{
    struct space space;
    word_t count;
    pte_t *entries = frame_entries(c, &space, &count);

    if (!entries) {
        return;
    }
    bool valid = pte_is_valid(*entries);
    for (word_t i = 0; i < count; i++) {
        pte_write(&entries[i], 0);
    }
    if (valid && count > 1) {
        vspace_invalidate_all(&space);
    } else if (valid) {
        vspace_invalidate(&space, vspace_mapped_at(c));
    }
}

/*
 * New small pages are cleared, and what they held before may still be seen behind the caches: by a guest, which begins with caches off,
 * and by who maps them uncached. So they are cleaned first. Large ones were when they were made.
 */
static void clean_page(struct cap frame)
{
    if (!(cap_info(frame) & FRAME_DEVICE)) {
        cache_clean(cap_object(frame), 1ul << seL4_PageBits);
    }
}

/* Where the first frame goes and how; all that does not depend on the single frame. */
static inline __attribute__((always_inline)) int decode_mapping(struct invocation *inv, word_t count, struct mapping *m)
{
    if (!vspace_to_map(inv_extra(inv, 0), &m->space)) {
        return vspace_argument_error(inv);
    }
    m->vaddr = inv_word(inv, 0);
    m->rights = inv_word(inv, 1);
    m->attributes = inv_word(inv, 2);
    m->bits = cap_frame_bits(inv->cap);
    m->level = level_of(inv->cap);
    m->uncleaned = (m->space.stage == PGTABLE_STAGE2 || !(m->attributes & seL4_ARM_PageCacheable)) &&
                   m->level == PGTABLE_LAST_LEVEL;

    word_t limit = pgtable_limit(m->space.stage);
    if (m->vaddr >= limit || count > (limit - m->vaddr) >> m->bits) {
        /* An address too close to the end for its alignment is reported as that. */
        return m->vaddr < limit && m->vaddr & ((1ull << m->bits) - 1) ? (int)seL4_AlignmentError
                                                                      : inv_invalid_argument(inv, ARGUMENT_VADDR);
    }
    return m->vaddr & ((1ull << m->bits) - 1) ? seL4_AlignmentError : seL4_NoError;
}

static bool asks_for_parts(const struct mapping *m)
{
    return m->attributes & vesicle_ARM_SmallEntries && m->bits > seL4_PageBits;
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

/* A frame by all entries of a table, which have to be empty: to change them one by one would be seen half done. */
static int map_in_parts(struct invocation *inv, struct mapping *m)
{
    pte_t *entries, taken = 0;

    if (!fills_table(inv->cap)) {
        return inv_invalid_argument(inv, ARGUMENT_ATTRIBUTES);
    }
    m->level = PGTABLE_LAST_LEVEL;
    int error = check_cap(inv, m, inv->cap, m->vaddr);
    error = error ? error : find_entry(inv, m, m->vaddr, &entries);
    if (error) {
        return error;
    }
    for (word_t i = 0; i < PGTABLE_ENTRIES; i++) {
        taken |= entries[i];
    }
    if (!pte_is_empty(taken)) {
        return seL4_DeleteFirst;
    }
    pte_t value = entry_value(m, inv->cap);
    for (word_t i = 0; i < PGTABLE_ENTRIES; i++) {
        pte_write(&entries[i], value + (i << PGTABLE_PAGE_BITS));
    }
    tlb_publish();
    inv->slot->cap = cap_with_mapping(inv->cap, m->space.asid, m->vaddr);
    return seL4_NoError;
}

static int map(struct invocation *inv)
{
    struct mapping m;
    pte_t *entry;

    if (inv->length < 3 || inv->extra_count < 1) {
        return seL4_TruncatedMessage;
    }
    int error = decode_mapping(inv, 1, &m);
    if (!error && asks_for_parts(&m)) {
        return map_in_parts(inv, &m);
    }
    error = error ? error : check_cap(inv, &m, inv->cap, m.vaddr);
    error = error ? error : find_entry(inv, &m, m.vaddr, &entry);
    if (error) {
        return error;
    }
    pte_t value = entry_value(&m, inv->cap);
    if (m.uncleaned && place_is_free(&m, inv->cap, *entry)) {
        clean_page(inv->cap);
    }
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

/*
 * A range call, and how far it has come: it is broken off for interrupts. Then this stands packed in the message word that had the
 * count, and the call is made again. Who writes such a word himself only gets less done, for whatever is changed is checked right
 * before, what another thread did meanwhile being as strange.
 */
struct range {
    unsigned word; /* of the message */
    bool adjacent; /* slots_adjacent */
    bool checked;  /* all were looked at: from here on frames are mapped or unmapped */
    word_t count, at;
    word_t changed; /* frames unmapped, of those before `at` */
    word_t step;    /* frames between two looks for interrupts, when they are changed */
};

/* Such steps: while frames are only looked at, when they are cleaned, when their entries may fill tables. */
enum { RANGE_STEP = 64, CLEANED_STEP = 4, TABLE_STEP = 1 };

#define RANGE_PROGRESS      (1ull << 63)
#define RANGE_CHECKED       (1ull << 62)
#define RANGE_FIELD         0xffffull
#define RANGE_AT_SHIFT      16
#define RANGE_CHANGED_SHIFT 32
_Static_assert(VESICLE_PAGE_RANGE_MAX <= RANGE_FIELD, "numbers of frames fit");

/* Reads message word `word`. False if that is no number of frames. */
static bool range_begin(const struct invocation *inv, unsigned word, struct range *r)
{
    word_t value = inv_word(inv, word);

    *r = (struct range){.word = word, .count = value, .step = RANGE_STEP};
    if (value & RANGE_PROGRESS) {
        r->checked = value & RANGE_CHECKED;
        r->count = value & RANGE_FIELD;
        r->at = value >> RANGE_AT_SHIFT & RANGE_FIELD;
        r->changed = value >> RANGE_CHANGED_SHIFT & RANGE_FIELD;
    }
    r->adjacent = r->count >= 1 && r->count <= VESICLE_PAGE_RANGE_MAX && slots_adjacent(inv, r->count);
    return r->count >= 1 && r->count <= VESICLE_PAGE_RANGE_MAX && r->at < r->count && r->changed <= r->at;
}

/* Between two steps. True if the call is to be made again. */
static bool range_preempted(struct invocation *inv, const struct range *r)
{
    return r->at < r->count && preempt_point() &&
           message_set_word(inv->caller, r->word,
                            RANGE_PROGRESS | (r->checked ? RANGE_CHECKED : 0) | r->changed << RANGE_CHANGED_SHIFT |
                                r->at << RANGE_AT_SHIFT | r->count);
}

/* Slot i of a range; null if there is none. */
static struct slot *range_slot(const struct invocation *inv, const struct range *r, word_t i)
{
    struct lookup_failure failure;

    return r->adjacent ? inv->slot + i : cspace_lookup(inv->caller, inv->cptr + i, &failure);
}

static bool is_frame_of(const struct slot *s, struct cap first)
{
    return s && cap_type(s->cap) == CAP_FRAME && cap_frame_size(s->cap) == cap_frame_size(first);
}

/* Part of a range, done in one step: slots in one CNode, entries in one table. */
struct stretch {
    struct slot *slots;
    pte_t *entries;
    word_t vaddr, count;
};

/* The stretch that comes next. Null slots or entries where there are none. */
static struct stretch next_stretch(const struct invocation *inv, const struct mapping *m, const struct range *r)
{
    word_t vaddr = m->vaddr + (r->at << m->bits), room = PGTABLE_ENTRIES - (vaddr >> m->bits & (PGTABLE_ENTRIES - 1));
    word_t step = r->checked ? r->step : RANGE_STEP, left = r->count - r->at, count = left < step ? left : step;
    unsigned level = m->level;
    pte_t *entry =
        vaddr < pgtable_limit(m->space.stage) ? pgtable_walk(m->space.root, m->space.stage, vaddr, &level) : 0;

    return (struct stretch){
        .slots = range_slot(inv, r, r->at),
        .entries = level == m->level ? entry : 0,
        .vaddr = vaddr,
        .count = !r->adjacent   ? 1
                 : count < room ? count
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

/* The usual case: a frame like the first one, not mapped, the place empty. */
static inline bool is_usual(const struct slot *s, pte_t entry, struct cap like)
{
    return (differs(s->cap, like) | s->cap.w1 | entry) == 0;
}

/* From frame j of the stretch on, the first that is not usual. */
static inline word_t usual(const struct stretch *x, word_t j, struct cap like)
{
    while (j < x->count && is_usual(&x->slots[j], x->entries[j], like)) {
        j++;
    }
    return j;
}

/* Maps them from frame j of the stretch on, up to the first that is not usual. */
static inline word_t map_usual(const struct stretch *x, word_t j, struct cap like, const struct mapping *m,
                               pte_t common)
{
    word_t vaddr = x->vaddr + (j << m->bits), w1 = cap_with_mapping(like, m->space.asid, vaddr).w1;
    word_t step = cap_with_mapping(like, 0, 1ull << m->bits).w1, count = x->count;
    struct slot *slots = x->slots;
    pte_t *entries = x->entries;

    for (; j < count && is_usual(&slots[j], entries[j], like); j++, w1 += step) {
        slots[j].cap.w1 = w1;
        pte_write(&entries[j], common | cap_paddr(slots[j].cap).raw);
    }
    return j;
}

static int check_stretch(struct invocation *inv, const struct mapping *m, const struct stretch *x)
{
    if (!x->slots) {
        return inv_invalid_capability(inv, ARGUMENT_PAGE);
    }
    if (!x->entries) {
        pte_t *entry;
        return find_entry(inv, m, x->vaddr, &entry);
    }
    for (word_t j = usual(x, 0, inv->cap); j < x->count; j = usual(x, j + 1, inv->cap)) {
        int error = check_frame(inv, m, &x->slots[j], x->vaddr + (j << m->bits), x->entries[j]);
        if (error) {
            return error;
        }
    }
    return seL4_NoError;
}

/* Looks at all frames that were not looked at yet. */
static int check_range(struct invocation *inv, const struct mapping *m, struct range *r)
{
    do {
        struct stretch x = next_stretch(inv, m, r);
        int error = check_stretch(inv, m, &x);
        if (error) {
            return error;
        }
        r->at += x.count;
        if (range_preempted(inv, r)) {
            return INVOKE_PREEMPTED;
        }
    } while (r->at < r->count);
    r->checked = true;
    r->at = 0;
    return seL4_NoError;
}

/*
 * How many of the stretch were mapped. Fewer than all where something changed after the check, or two addresses of the range lead to one
 * slot, which was mapped a moment ago.
 */
static word_t map_stretch(struct invocation *inv, const struct mapping *m, const struct stretch *x, pte_t common)
{
    if (!x->slots || !x->entries) {
        return 0;
    }
    for (word_t j = 0; m->uncleaned && j < x->count; j++) {
        if (is_frame_of(&x->slots[j], inv->cap)) {
            clean_page(x->slots[j].cap);
        }
    }
    word_t j = map_usual(x, 0, inv->cap, m, common);
    for (; j < x->count; j = map_usual(x, j + 1, inv->cap, m, common)) {
        struct slot *s = &x->slots[j];
        word_t vaddr = x->vaddr + (j << m->bits);
        /* Mapped there already, other rights than the first, or not any more what it was. */
        if (check_frame(inv, m, s, vaddr, x->entries[j])) {
            break;
        }
        s->cap = cap_with_mapping(s->cap, m->space.asid, vaddr);
        set_entry(&m->space, vaddr, &x->entries[j], entry_value(m, s->cap));
    }
    return j;
}

/* The end of a call that did something: the count is the answer, whatever an attempt to go on left in the words. */
static int range_done(struct invocation *inv, word_t count)
{
    inv->reply_length = 0;
    inv_reply(inv, 0, count);
    return seL4_NoError;
}

static int map_range(struct invocation *inv)
{
    struct mapping m;
    struct range r;

    if (inv->length < 4 || inv->extra_count < 1) {
        return seL4_TruncatedMessage;
    }
    if (!range_begin(inv, 3, &r)) {
        return inv_range_error(inv, 1, VESICLE_PAGE_RANGE_MAX);
    }
    int error = decode_mapping(inv, r.count, &m);
    if (!error && asks_for_parts(&m)) {
        return inv_invalid_argument(inv, ARGUMENT_ATTRIBUTES);
    }
    r.step = !error && m.uncleaned ? CLEANED_STEP : RANGE_STEP;
    if (!error && !r.checked) {
        error = check_range(inv, &m, &r);
    }
    if (error) {
        return r.checked && r.at > 0 ? range_done(inv, r.at) : error;
    }

    pte_t common = entry_value(&m, inv->cap) - cap_paddr(inv->cap).raw;
    struct stretch x;
    word_t done;
    bool again;
    do {
        x = next_stretch(inv, &m, &r);
        done = map_stretch(inv, &m, &x, common);
        r.at += done;
        again = done == x.count && range_preempted(inv, &r);
    } while (done == x.count && r.at < r.count && !again);
    tlb_publish();
    if (again) {
        return INVOKE_PREEMPTED;
    }
    /* What was checked is not so any more, from the first frame on: the error is one of a call that did nothing. */
    return r.at > 0 ? range_done(inv, r.at) : check_stretch(inv, &m, &x);
}

/* All of them must be frames of one size. */
static int check_frames(struct invocation *inv, struct range *r)
{
    do {
        for (word_t end = r->at + RANGE_STEP; r->at < end && r->at < r->count; r->at++) {
            const struct slot *s = range_slot(inv, r, r->at);
            if (!s || (differs(s->cap, inv->cap) != 0 && !is_frame_of(s, inv->cap))) {
                return inv_invalid_capability(inv, ARGUMENT_PAGE);
            }
        }
        if (range_preempted(inv, r)) {
            return INVOKE_PREEMPTED;
        }
    } while (r->at < r->count);
    r->checked = true;
    r->at = 0;
    return seL4_NoError;
}

/*
 * Unmaps the frames of a stretch; those that are not mapped in it, one by one. What is no frame any more is passed by. True if entries
 * the hardware may hold went.
 */
static bool unmap_stretch(struct cap like, const struct mapping *m, const struct stretch *x, word_t *unmapped)
{
    word_t expected = cap_with_mapping(cap_null(), m->space.asid, x->vaddr).w1, changed = 0;
    word_t step = cap_with_mapping(cap_null(), 0, 1ull << m->bits).w1;
    unsigned level = m->level;
    pte_t gone = 0;

    for (word_t j = 0; x->slots && j < x->count; j++, expected += step) {
        struct slot *s = &x->slots[j];
        if (differs(s->cap, like) != 0 && !is_frame_of(s, like)) {
            continue;
        }
        changed += cap_mapped_asid(s->cap) != 0;
        if (s->cap.w1 == expected && x->entries && holds_frame(x->entries[j], level, s->cap)) {
            gone |= x->entries[j];
            pte_write(&x->entries[j], 0);
        } else {
            frame_unmap(s->cap);
        }
        s->cap.w1 = 0;
    }
    *unmapped += changed;
    return pte_is_valid(gone);
}

static int unmap_range(struct invocation *inv)
{
    struct mapping m = {.bits = cap_frame_bits(inv->cap), .level = level_of(inv->cap)};
    struct range r;

    if (inv->length < 1) {
        return seL4_TruncatedMessage;
    }
    if (!range_begin(inv, 0, &r)) {
        return inv_range_error(inv, 1, VESICLE_PAGE_RANGE_MAX);
    }
    int error = r.checked ? (int)seL4_NoError : check_frames(inv, &r);
    if (error) {
        return error;
    }

    /* What lies as the first of those left leads one to expect shares a walk and the invalidation. */
    const struct slot *first = range_slot(inv, &r, r.at);
    bool found = is_frame_of(first, inv->cap) && vspace_find(cap_mapped_asid(first->cap), &m.space);
    bool flush = false, again;
    word_t from = r.at;
    r.step = fills_table(inv->cap) ? TABLE_STEP : RANGE_STEP;
    m.vaddr = found ? vspace_mapped_at(first->cap) - (from << m.bits) : 0;
    do {
        struct stretch x =
            found ? next_stretch(inv, &m, &r) : (struct stretch){.slots = range_slot(inv, &r, r.at), .count = 1};
        flush |= unmap_stretch(inv->cap, &m, &x, &r.changed);
        r.at += x.count;
        again = range_preempted(inv, &r);
    } while (r.at < r.count && !again);
    if (flush) {
        vspace_invalidate_range(&m.space, m.vaddr + (from << m.bits), m.bits, r.at - from);
    }
    return again ? (int)INVOKE_PREEMPTED : range_done(inv, r.changed);
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
    /* Message registers do not outlive a system call, so the first word is free to carry the progress. */
    return preempt_point() && message_set_word(inv->caller, 0, start);
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
